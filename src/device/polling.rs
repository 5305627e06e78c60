// SPDX-License-Identifier: GPL-2.0

//! Commands that wait for their sender to poll for them.
//!
//! A command with an outcome is kept in the list of its hardware queue until the host's latency is
//! over and somebody polls that queue. Whoever takes it out of the list is the one to give it back.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::SpinLock,
    time::{
        Delta,
        Instant,
        Monotonic, //
    }, //
};

use crate::scsi::{
    Command,
    IoLimits,
    Prepared, //
};

/// A command, and when it may be found.
struct Waiting {
    command: Prepared,
    since: Instant<Monotonic>,
    delay: Delta,
}

impl Waiting {
    /// Returns whether the latency is over.
    fn is_due(&self) -> bool {
        self.since.elapsed() >= self.delay
    }
}

/// The list of one hardware queue, in the order in which the commands came.
type List = SpinLock<KVec<Waiting>>;

/// The polled queues of a host. Operations may be called in process context, without sleeping.
pub(super) struct Polling {
    /// The number of the first polled queue.
    first: u32,
    queues: KVec<Pin<KBox<List>>>,
}

impl Polling {
    /// Makes a list for each polled queue, with room for as many commands as the queue takes.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(limits: &IoLimits) -> Result<Self> {
        let mut queues = KVec::new();
        for _ in 0..limits.poll_queues {
            let list = KVec::with_capacity(usize::from(limits.can_queue), GFP_KERNEL)?;
            let queue = KBox::pin_init(new_spinlock!(list), GFP_KERNEL)?;
            queues.push(queue, GFP_KERNEL)?;
        }
        Ok(Self {
            first: u32::from(limits.nr_hw_queues),
            queues,
        })
    }

    /// Returns the list of a hardware queue, counted among all of the host's.
    fn list(&self, hw_queue: u32) -> Option<&List> {
        let at = usize::try_from(hw_queue.checked_sub(self.first)?).ok()?;
        self.queues.get(at).map(|queue| &**queue)
    }

    /// Keeps a command until `delay` is over and its queue is polled.
    ///
    /// # Errors
    ///
    /// Gives the command back if its queue is not polled.
    pub(super) fn keep(&self, command: Prepared, delay: Delta) -> Result<(), Prepared> {
        let queue = command.command().hw_queue();
        let Some(list) = queue.and_then(|queue| self.list(queue)) else {
            return Err(command);
        };
        let waiting = Waiting {
            command,
            since: Instant::now(),
            delay,
        };
        let kept = list.lock().push_within_capacity(waiting);
        kept.map_err(|full| full.0.command)
    }

    /// Returns whether a command of the hardware queue is due.
    pub(super) fn has_due(&self, hw_queue: u32) -> bool {
        self.list(hw_queue)
            .is_some_and(|list| list.lock().iter().any(Waiting::is_due))
    }

    /// Takes the first command of the hardware queue out that is due.
    pub(super) fn take_due(&self, hw_queue: u32) -> Option<Prepared> {
        take(self.list(hw_queue)?, Waiting::is_due)
    }

    /// Takes a command out of any queue that `wanted` says is wanted, due or not.
    pub(super) fn take(&self, mut wanted: impl FnMut(&Command) -> bool) -> Option<Prepared> {
        self.queues
            .iter()
            .find_map(|list| take(list, |waiting| wanted(waiting.command.command())))
    }
}

/// Takes the first command out of a list that `wanted` says is wanted.
fn take(list: &List, wanted: impl FnMut(&Waiting) -> bool) -> Option<Prepared> {
    let mut list = list.lock();
    let at = list.iter().position(wanted)?;
    let waiting = list.remove(at).ok()?;
    Some(waiting.command)
}
