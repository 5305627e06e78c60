// SPDX-License-Identifier: GPL-2.0

//! Commands that a rule, or a link that swallows them, holds.
//!
//! The list owns a parked command, so that whoever takes it out of the list is the one to complete
//! it: the clock when its time is over, a release, the error handler, the loss of the link, or
//! teardown.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    }, //
};

use crate::{
    device::rules::Entry,
    fault::{
        action::OnAbort,
        trigger::Trigger, //
    },
    ffi::task,
    scsi::{
        Command,
        Prepared,
        View, //
    }, //
};

/// A command, and how far it has come.
pub(super) enum Held {
    /// It was not carried out yet.
    Queued(Command),
    /// It was, and has an outcome.
    Done(Prepared),
}

impl Held {
    /// Returns the command.
    pub(super) fn command(&self) -> &Command {
        match self {
            Self::Queued(command) => command,
            Self::Done(prepared) => prepared.command(),
        }
    }

    /// Returns the command without its outcome.
    pub(super) fn into_command(self) -> Command {
        match self {
            Self::Queued(command) => command,
            Self::Done(prepared) => prepared.into_command(),
        }
    }
}

/// A command, and why and how long it is held.
pub(super) struct Parked {
    /// The command.
    pub(super) held: Held,
    /// Where it was held.
    pub(super) trigger: Trigger,
    /// The rule; `None`: the link has swallowed it.
    pub(super) entry: Option<Arc<Entry>>,
    /// Since when, in nanoseconds of the monotonic clock.
    pub(super) since_ns: u64,
    /// Until when.
    due_ns: Option<u64>,
    /// What becomes of an abort.
    pub(super) on_abort: OnAbort,
}

impl Parked {
    /// Describes a command that is held from now on.
    pub(super) fn new(
        held: Held,
        trigger: Trigger,
        entry: Option<Arc<Entry>>,
        limit_ms: Option<u32>,
        on_abort: OnAbort,
    ) -> Self {
        let since_ns = task::monotonic_ns();
        Self {
            held,
            trigger,
            entry,
            since_ns,
            due_ns: limit_ms.map(|ms| since_ns.saturating_add(u64::from(ms) * 1_000_000)),
            on_abort,
        }
    }

    /// Returns what can be seen of the command.
    pub(super) fn view(&self) -> &View {
        self.held.command()
    }

    /// Returns whether this rule holds the command.
    pub(super) fn is_held_by(&self, entry: &Arc<Entry>) -> bool {
        self.entry
            .as_ref()
            .is_some_and(|holder| Arc::ptr_eq(holder, entry))
    }

    /// Returns whether the command is held for a limited time.
    pub(super) fn has_deadline(&self) -> bool {
        self.due_ns.is_some()
    }

    /// Returns whether the command was held for as long as it may be.
    pub(super) fn is_due(&self) -> bool {
        self.due_ns
            .is_some_and(|due_ns| due_ns <= task::monotonic_ns())
    }
}

/// The parked commands of a host. All operations may be called in atomic context, but not in an
/// interrupt.
#[pin_data]
pub(super) struct Parking {
    #[pin]
    list: SpinLock<KVec<Parked>>,
}

impl Parking {
    /// Creates an empty parking.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            list <- new_spinlock!(KVec::new()),
        })
    }

    /// Parks a command.
    ///
    /// # Errors
    ///
    /// Gives it back if there is no memory.
    pub(super) fn park(&self, parked: Parked) -> Result<(), Held> {
        let mut list = self.list.lock();
        if list.reserve(1, GFP_ATOMIC).is_err() {
            return Err(parked.held);
        }
        let entry = parked.entry.clone();
        match list.push_within_capacity(parked) {
            Ok(()) => {
                if let Some(entry) = entry {
                    entry.enter();
                }
                Ok(())
            }
            Err(failed) => Err(failed.0.held),
        }
    }

    /// Takes the first command out that `wanted` says is wanted.
    pub(super) fn take(&self, mut wanted: impl FnMut(&Parked) -> bool) -> Option<Parked> {
        let mut list = self.list.lock();
        let at = list.iter().position(&mut wanted)?;
        let parked = list.remove(at).ok()?;
        if let Some(entry) = &parked.entry {
            entry.leave();
        }
        Some(parked)
    }

    /// Returns when the first hold ends, in nanoseconds of the monotonic clock.
    pub(super) fn due_ns(&self) -> Option<u64> {
        let list = self.list.lock();
        list.iter().filter_map(|parked| parked.due_ns).min()
    }
}
