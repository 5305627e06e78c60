// SPDX-License-Identifier: GPL-2.0

//! The conditions that there are, and what they need.

use core::fmt;

use crate::fault::{
    text::words,
    trigger::{
        Class,
        Trigger, //
    }, //
};

words! {
    /// A condition, by the name of its attribute.
    pub(crate) enum Condition {
        /// The logical unit: `*`, or C:T:L with `*` for any number.
        ///
        /// For a trigger that is not of one unit, the units that an action on units is done to.
        Lun = "lun",
        /// The command; see [`OpcodeSet::parse`](crate::fault::opcode::OpcodeSet::parse).
        Opcode = "opcode",
        /// The bits of the CDB to compare, from its first byte on, in hexadecimal.
        CdbMask = "cdb_mask",
        /// What these bits must be.
        CdbValue = "cdb_value",
        /// Blocks, one of which the command must be about: up to 8 numbers or ranges.
        Lba = "lba",
        /// The number of blocks: a number or a range. A command that means all of them has more
        /// than any number, one without blocks has none that could match.
        Len = "len",
        /// Which way the data goes: `none`, `in`, `out`, or `flush` for SYNCHRONIZE CACHE.
        Direction = "direction",
        /// Who sent the command.
        Origin = "origin",
        /// The hardware queue: up to 16 numbers or ranges, as in the two below.
        Hwq = "hwq",
        /// The CPU.
        Cpu = "cpu",
        /// The command's number in its hardware queue.
        Tag = "tag",
        /// Whether the command is polled for, 0 or 1.
        Polled = "polled",
        /// `>=` and how often the command must have been tried before.
        Retries = "retries",
        /// Whether the device's queue is full, 0 or 1.
        Qfull = "qfull",
        /// The runtime power management state of the host's device.
        RpmState = "rpm_state",
        /// The state of the link, `up` or `down`.
        LinkState = "link_state",
        /// What the system does: a list of suspend, freeze, hibernate, resume, thaw, restore and
        /// poweroff.
        PmEvent = "pm_event",
    }
}

/// What a condition needs of the trigger, to hold ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A command.
    Command,
    /// A hardware queue.
    Queue,
    /// A logical unit.
    Unit,
    /// A callback of system sleep.
    Sleep,
}

impl Need {
    /// Returns whether the trigger has it.
    pub(super) const fn is_met_by(self, trigger: Trigger) -> bool {
        match self {
            Self::Command => trigger.has_command(),
            Self::Queue => {
                trigger.has_command() || matches!(trigger, Trigger::MqPoll | Trigger::Commit)
            }
            Self::Unit => trigger.has_unit(),
            Self::Sleep => {
                matches!(trigger.class(), Class::Sleep) && !matches!(trigger, Trigger::Shutdown)
            }
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "needs a trigger with a command, such as queue",
            Self::Queue => "needs a trigger with a hardware queue, such as queue or commit",
            Self::Unit => "needs a trigger of a logical unit, or an action on one",
            Self::Sleep => "needs a trigger of system sleep, such as suspend",
        })
    }
}

impl Condition {
    /// Returns what the condition needs of the trigger, if anything.
    pub(super) const fn need(self) -> Option<Need> {
        match self {
            Self::Lun => Some(Need::Unit),
            Self::Opcode
            | Self::CdbMask
            | Self::CdbValue
            | Self::Lba
            | Self::Len
            | Self::Direction
            | Self::Origin
            | Self::Tag
            | Self::Polled
            | Self::Retries
            | Self::Qfull => Some(Need::Command),
            Self::Hwq => Some(Need::Queue),
            Self::Cpu | Self::RpmState | Self::LinkState => None,
            Self::PmEvent => Some(Need::Sleep),
        }
    }
}
