// SPDX-License-Identifier: GPL-2.0

//! Commands that a rule holds.
//!
//! The list owns a parked command, so that whoever takes it out of the list is the one to complete
//! it: the watcher when its time is over, a release, the error handler, the loss of the link, or
//! teardown.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    },
    time::{
        Instant,
        Monotonic, //
    }, //
};

use crate::{
    device::rules::Entry,
    scsi::Command, //
};

/// A command, and why and how long it is held.
pub(super) struct Parked {
    command: Command,
    entry: Arc<Entry>,
    since: Instant<Monotonic>,
    limit_ms: Option<u32>,
}

impl Parked {
    /// Returns the command.
    pub(super) fn command(&self) -> &Command {
        &self.command
    }

    /// Returns whether this rule holds the command.
    pub(super) fn is_held_by(&self, entry: &Arc<Entry>) -> bool {
        Arc::ptr_eq(&self.entry, entry)
    }

    /// Returns whether the command is held for a limited time.
    pub(super) fn has_deadline(&self) -> bool {
        self.limit_ms.is_some()
    }

    /// Returns whether the command was held for as long as it may be.
    pub(super) fn is_due(&self) -> bool {
        self.left_ms() == Some(0)
    }

    /// Returns for how many milliseconds the command may still be held; `None`: without an end.
    fn left_ms(&self) -> Option<u32> {
        let held = u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.limit_ms.map(|limit| limit.saturating_sub(held))
    }
}

struct List {
    parked: KVec<Parked>,
    /// Changes whenever a command is parked.
    generation: u64,
    /// Whether somebody watches the deadlines.
    watched: bool,
}

/// The parked commands of a host. All operations may be called in atomic context.
#[pin_data]
pub(super) struct Parking {
    #[pin]
    list: SpinLock<List>,
}

/// What the watcher of the deadlines waits for.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    /// When the first deadline is over, in milliseconds from now.
    pub(super) after_ms: u32,
    generation: u64,
}

impl Parking {
    /// Creates an empty parking.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            list <- new_spinlock!(List {
                parked: KVec::new(),
                generation: 0,
                watched: false,
            }),
        })
    }

    /// Parks a command.
    ///
    /// Returns whether the caller has to start a watcher.
    ///
    /// # Errors
    ///
    /// Gives the command back if there is no memory.
    pub(super) fn park(
        &self,
        command: Command,
        entry: Arc<Entry>,
        limit_ms: Option<u32>,
    ) -> Result<bool, Command> {
        let mut list = self.list.lock();
        if list.parked.reserve(1, GFP_ATOMIC).is_err() {
            return Err(command);
        }
        entry.enter();
        let parked = Parked {
            command,
            entry,
            since: Instant::now(),
            limit_ms,
        };
        if let Err(failed) = list.parked.push_within_capacity(parked) {
            failed.0.entry.leave();
            return Err(failed.0.command);
        }
        list.generation = list.generation.wrapping_add(1);
        let starts = limit_ms.is_some() && !list.watched;
        list.watched |= starts;
        Ok(starts)
    }

    /// Takes the first command out that `wanted` says is wanted.
    pub(super) fn take(&self, mut wanted: impl FnMut(&Parked) -> bool) -> Option<Command> {
        let mut list = self.list.lock();
        let at = list.parked.iter().position(&mut wanted)?;
        let parked = list.parked.remove(at).ok()?;
        parked.entry.leave();
        Some(parked.command)
    }

    /// Returns what the watcher has to wait for, or `None` when it has to end.
    pub(super) fn watch(&self) -> Option<Watch> {
        let mut list = self.list.lock();
        let first = list.parked.iter().filter_map(Parked::left_ms).min();
        list.watched = first.is_some();
        first.map(|after_ms| Watch {
            after_ms,
            generation: list.generation,
        })
    }

    /// Returns whether the watcher has to look again before its time is over.
    pub(super) fn has_changed(&self, watch: &Watch) -> bool {
        let list = self.list.lock();
        list.generation != watch.generation || list.parked.is_empty()
    }
}
