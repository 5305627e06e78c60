// SPDX-License-Identifier: GPL-2.0

//! What happens, as rules see it.

use crate::fault::{
    text::words,
    trigger::Trigger, //
};

words! {
    /// Who sent a command.
    pub(crate) enum Origin {
        /// A file system or another user of the block device.
        Fs = "fs",
        /// A passthrough request: SG_IO and the like.
        Passthrough = "passthrough",
        /// Power management, with RQF_PM set.
        Pm = "pm",
        /// The error handler.
        Eh = "eh",
        /// The mid layer itself, with a reserved tag.
        Reserved = "reserved",
        /// A scan, for a device that is not visible yet.
        Scan = "scan",
    }
}

/// Which way the data of a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// There are none.
    None,
    /// To the initiator.
    In,
    /// To the unit.
    Out,
}

words! {
    /// What runtime power management says of the host's device.
    pub(crate) enum RpmState {
        /// In use, `RPM_ACTIVE`.
        Active = "active",
        /// On the way down, `RPM_SUSPENDING`.
        Suspending = "suspending",
        /// Not in use, `RPM_SUSPENDED`.
        Suspended = "suspended",
        /// On the way up, `RPM_RESUMING`.
        Resuming = "resuming",
    }
}

words! {
    /// What the system does while it sleeps or wakes, `PM_EVENT_*` of include/linux/pm.h.
    pub(crate) enum PmEvent {
        /// It goes to sleep.
        Suspend = "suspend",
        /// It is about to make or to load an image of its memory.
        Freeze = "freeze",
        /// It made an image and powers off.
        Hibernate = "hibernate",
        /// It wakes from sleep.
        Resume = "resume",
        /// It made an image, or failed to, and goes on.
        Thaw = "thaw",
        /// It runs from an image.
        Restore = "restore",
        /// It powers off.
        Poweroff = "poweroff",
    }
}

/// Where a logical unit is: the last three numbers of H:C:T:L, as the mid layer prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bus of the host adapter.
    pub(crate) channel: u32,
    /// Target on that bus.
    pub(crate) id: u32,
    /// Logical unit of that target; 0 for the target itself.
    pub(crate) lun: u64,
}

/// What can be said of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommandFacts<'a> {
    /// The CDB, as long as the command has it.
    pub(crate) cdb: &'a [u8],
    /// Who sent it.
    pub(crate) origin: Origin,
    /// Which way its data goes.
    pub(crate) direction: Direction,
    /// Its number in its hardware queue.
    pub(crate) tag: u32,
    /// Its completion is polled for.
    pub(crate) polled: bool,
    /// How often it was tried before.
    pub(crate) retries: u32,
    /// With it the device has as many commands as its queue depth allows.
    pub(crate) queue_full: bool,
    /// Bytes of data; the `size` of lib/fault-inject's `space`.
    pub(crate) data_len: usize,
}

/// Something that a rule may apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    /// Where it happens.
    pub(crate) trigger: Trigger,
    /// The unit that it happens to, or the target; see [`Trigger::has_unit`].
    pub(crate) lun: Option<Place>,
    /// The command; see [`Trigger::has_command`].
    pub(crate) command: Option<CommandFacts<'a>>,
    /// The hardware queue, of the command or that is polled or committed.
    pub(crate) hw_queue: Option<u32>,
    /// The CPU on which it happens.
    pub(crate) cpu: u32,
    /// The state of the host's device.
    pub(crate) rpm_state: RpmState,
    /// The link is not up.
    pub(crate) link_down: bool,
    /// What the system does; for the callbacks of system sleep.
    pub(crate) pm_event: Option<PmEvent>,
    /// The task is one of those that `task_filter` selects: `current->make_it_fail`.
    pub(crate) task_fails: bool,
    /// Monotonic time in nanoseconds.
    pub(crate) now_ns: u64,
}
