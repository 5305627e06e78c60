// SPDX-License-Identifier: GPL-2.0

//! What a rule does.

mod args;
mod pairs;
mod result;

pub(crate) use self::{
    args::{
        AscList,
        Data,
        EhRet,
        OnAbort,
        QueueRet,
        StateArg, //
    },
    pairs::valid,
    result::{
        Completion,
        HostByte,
        Information,
        SamStatus,
        SenseFormat, //
    }, //
};

pub(crate) use crate::link::text::Bounce;

pub(super) use self::pairs::valid_return;

use crate::{
    fault::{
        errno::Errno,
        text::words, //
    },
    protocol::profile::AccessState, //
};

words! {
    /// The kind of thing that a rule does.
    pub(crate) enum ActionKind {
        /// The command ends with `host_byte`, `status` and `sense`.
        Result = "result",
        /// The command is not taken.
        QueueRet = "queue_ret",
        /// The callback fails.
        Errno = "errno",
        /// The callback of the error handler returns something.
        Eh = "eh",
        /// The command or callback is claimed to have worked.
        Succeed = "succeed",
        /// The command transfers less than it should.
        Short = "short",
        /// The command transfers nothing.
        NoData = "nodata",
        /// The command transfers wrong data.
        Corrupt = "corrupt",
        /// The command is about other blocks.
        Misdirect = "misdirect",
        /// The command writes the first of its blocks only.
        Torn = "torn",
        /// The command or callback takes longer.
        Delay = "delay",
        /// The command never ends; a queue that is polled has nothing.
        Drop = "drop",
        /// The command or callback is held until it is released.
        Stall = "stall",
        /// The link goes down.
        LinkDown = "link_down",
        /// The link comes up.
        LinkUp = "link_up",
        /// The link goes down and comes up by itself.
        Bounce = "bounce",
        /// The unit has unit attentions.
        Ua = "ua",
        /// The unit stops, as by START STOP UNIT.
        StopLun = "stop_lun",
        /// The unit is not ready for some time.
        NotReady = "not_ready",
        /// The unit's medium is removed.
        MediumOut = "medium_out",
        /// The unit's medium is inserted.
        MediumIn = "medium_in",
        /// The unit has another capacity.
        Capacity = "capacity",
        /// The unit's target port group has another state.
        Alua = "alua",
        /// The unit goes away.
        LunGone = "lun_gone",
        /// The unit comes back.
        LunBack = "lun_back",
        /// The host is removed, as if it were unplugged.
        RemoveHost = "remove_host",
        /// The mid layer scans the host.
        Rescan = "rescan",
        /// The error handler runs, `scsi_schedule_eh()`.
        ScheduleEh = "schedule_eh",
        /// The command times out at once, `blk_abort_request()`.
        BlkAbort = "blk_abort",
        /// The host is asked to resume, `pm_request_resume()`.
        Wake = "wake",
        /// The targets are blocked, `scsi_block_targets()`.
        Block = "block",
        /// The targets are unblocked, `scsi_target_unblock()`.
        Unblock = "unblock",
        /// Nothing but being counted.
        None = "none",
    }
}

/// What happens to the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkChange {
    /// It goes down.
    Down,
    /// It comes up.
    Up,
    /// It goes down and comes up by itself.
    Bounce(Bounce),
}

/// What to do when a rule fires, with all that is needed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// End the command like this instead of executing it, or instead of how it ended.
    Result(Completion),
    /// Return this instead of taking the command.
    QueueRet(QueueRet),
    /// Fail the callback with this error instead of running it.
    Errno(Errno),
    /// Return this from the callback of the error handler.
    ///
    /// Whatever it returns, the mid layer owns the command afterwards: one that is claimed to be
    /// aborted must not end later.
    Eh {
        /// What to return.
        ret: EhRet,
        /// Do what the callback is for first.
        after: bool,
    },
    /// Claim that the command or callback worked, without doing anything. A command that ends
    /// (trigger `complete`) is claimed to have ended well.
    Succeed,
    /// Execute the command and say that this many bytes of its data are missing.
    Short {
        /// Bytes, at least one.
        resid: u32,
    },
    /// Claim that the command worked, without transferring anything.
    NoData,
    /// Execute the command with part of its data overwritten: what it writes, or has read.
    Corrupt(Data),
    /// Execute the command for other blocks.
    Misdirect {
        /// What is added to the address, not 0.
        blocks: i64,
    },
    /// Write the first blocks only and claim that the command worked.
    Torn {
        /// How many blocks.
        blocks: u32,
    },
    /// Wait, then go on with the command or callback.
    Delay {
        /// How long at least, in microseconds; with the jitter at most [`DELAY_MAX_US`], for a
        /// callback [`CALLBACK_STALL_MAX_MS`].
        us: u64,
        /// How much longer at most, in microseconds.
        jitter_us: u32,
    },
    /// Keep the command for ever, or find nothing when polled.
    Drop {
        /// What aborting the command does.
        on_abort: OnAbort,
    },
    /// Hold the command until it is released.
    Stall {
        /// How long at most, in milliseconds; `None` is until released.
        limit_ms: Option<u32>,
        /// What aborting the command does meanwhile.
        on_abort: OnAbort,
        /// How the command ends after that; `None` is to go on with it.
        then: Option<Completion>,
    },
    /// Hold the callback until it is released. It sleeps.
    Hold {
        /// How long at most, in milliseconds, 1..=[`CALLBACK_STALL_MAX_MS`].
        limit_ms: u32,
        /// The error with which the callback fails after that; `None` is to go on with it.
        then: Option<Errno>,
    },
    /// Change the link, and go on.
    Link(LinkChange),
    /// Queue unit attentions for all initiators of the unit, and go on.
    Ua(AscList),
    /// Stop the unit, and go on.
    StopLun,
    /// Have the unit become ready only after that long, and go on.
    NotReady {
        /// Milliseconds.
        ms: u32,
    },
    /// Remove the unit's medium, and go on.
    MediumOut,
    /// Insert the unit's medium, and go on.
    MediumIn,
    /// Change the unit's capacity, and go on.
    Capacity {
        /// The new one: whole sectors of 512 bytes, at least one.
        bytes: u64,
    },
    /// Change the state of the unit's target port group, and go on.
    Alua(AccessState),
    /// Have the unit be gone, and go on.
    LunGone,
    /// Have the unit be there again, and go on.
    LunBack,
    /// Remove the host, and go on.
    RemoveHost,
    /// Scan the host, and go on.
    Rescan,
    /// Run the error handler, and go on.
    ScheduleEh,
    /// Have the command time out at once. It is kept until the error handler wants it.
    BlkAbort,
    /// Ask the host to resume, and go on.
    Wake,
    /// Block the targets, and go on.
    Block,
    /// Unblock the targets, and go on.
    Unblock,
    /// Go on.
    None,
}

/// The longest that a callback is held, in milliseconds, and how long it is held if nothing is
/// said.
///
/// Somebody waits for a callback with locks held, and there is no error handler to end it.
pub(crate) const CALLBACK_STALL_MAX_MS: u32 = 60_000;

/// The longest that a command is delayed, in microseconds, with its jitter: about 71 minutes, more
/// than any timeout. In nanoseconds it fits a timer.
pub(crate) const DELAY_MAX_US: u64 = 1 << 32;

impl Action {
    /// Returns whether the action decides how the command or callback ends, so that only one such
    /// can be done to it. All others leave that to the rules that follow.
    pub(crate) fn is_outcome(&self) -> bool {
        match self {
            Self::Result(_)
            | Self::QueueRet(_)
            | Self::Errno(_)
            | Self::Eh { .. }
            | Self::Succeed
            | Self::Short { .. }
            | Self::NoData
            | Self::Corrupt(_)
            | Self::Misdirect { .. }
            | Self::Torn { .. }
            | Self::Drop { .. }
            | Self::Stall { .. }
            | Self::BlkAbort => true,
            Self::Hold { then, .. } => then.is_some(),
            Self::Delay { .. }
            | Self::Link(_)
            | Self::Ua(_)
            | Self::StopLun
            | Self::NotReady { .. }
            | Self::MediumOut
            | Self::MediumIn
            | Self::Capacity { .. }
            | Self::Alua(_)
            | Self::LunGone
            | Self::LunBack
            | Self::RemoveHost
            | Self::Rescan
            | Self::ScheduleEh
            | Self::Wake
            | Self::Block
            | Self::Unblock
            | Self::None => false,
        }
    }
}

impl ActionKind {
    /// Returns whether it is done to a logical unit.
    pub(crate) const fn is_on_unit(self) -> bool {
        matches!(
            self,
            Self::Ua
                | Self::StopLun
                | Self::NotReady
                | Self::MediumOut
                | Self::MediumIn
                | Self::Capacity
                | Self::Alua
                | Self::LunGone
                | Self::LunBack
        )
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_action))]
mod tests {
    use super::*;

    #[test]
    fn the_words_read_back() {
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::parse(kind.name()), Some(*kind));
        }
        assert_eq!(ActionKind::ALL.len(), 33);
        for word in ["", "Result", "fail", "link", "stall "] {
            assert_eq!(ActionKind::parse(word), None);
        }
    }
}
