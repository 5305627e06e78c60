// SPDX-License-Identifier: GPL-2.0

//! Rules as the user writes them.

use crate::{
    fault::{
        action::{
            ActionKind,
            AscList,
            Bounce,
            Data,
            EhRet,
            HostByte,
            Information,
            OnAbort,
            QueueRet,
            SamStatus,
            SenseFormat,
            StateArg, //
        },
        errno::Errno,
        matcher::Matches,
        text::words,
        trigger::Trigger, //
    },
    protocol::sense::Sense, //
};

words! {
    /// How something that was held goes on after it is let go.
    pub(crate) enum ReleaseResult {
        /// As if it had not been held; a callback fails if an `errno` is set.
        AsIs = "as-is",
        /// It ends with the result or errno that is set.
        Result = "result",
    }
}

/// A rule as the user writes it, attribute by attribute.
///
/// By default trigger and action are missing, everything matches, and all else is as documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Where the rule applies; must be set.
    pub(crate) trigger: Option<Trigger>,
    /// Rules with a higher one are evaluated first.
    pub(crate) priority: i32,
    /// No rule after this one is evaluated once it fires; the default.
    pub(crate) is_final: bool,
    /// What the rule matches.
    pub(crate) matches: Matches,
    /// The rule applies only to tasks that `make-it-fail` of /proc selects.
    pub(crate) task_filter: bool,
    /// What the rule does; must be set.
    pub(crate) action: Option<ActionKind>,
    /// The error of action `errno`, or of a callback once action `stall` lets go of it.
    pub(crate) errno: Option<Errno>,
    /// The host byte of action `result`, or of a command once action `stall` lets go of it, as the
    /// four below. One of the first three must be set.
    pub(crate) host_byte: Option<HostByte>,
    /// The status; if it is not set, it is CHECK CONDITION with sense data.
    pub(crate) status: Option<SamStatus>,
    /// The sense data.
    pub(crate) sense: Option<Sense>,
    /// INFORMATION of the sense data; none by default.
    pub(crate) sense_info: Information,
    /// How the sense data are encoded; as the unit does by default.
    pub(crate) sense_fmt: SenseFormat,
    /// What action `queue_ret` returns.
    pub(crate) queue_ret: Option<QueueRet>,
    /// What action `eh` returns.
    pub(crate) eh_ret: Option<EhRet>,
    /// Action `eh` does what the callback is for before it returns, `when=after`.
    pub(crate) when_after: bool,
    /// How many bytes action `short` leaves out.
    pub(crate) resid: u32,
    /// What action `corrupt` puts into the data.
    pub(crate) data: Option<Data>,
    /// By how many blocks action `misdirect` is off, 1 by default.
    pub(crate) lba_shift: i64,
    /// How many blocks action `torn` writes, 1 by default.
    pub(crate) blocks: u32,
    /// How long action `delay` waits, in microseconds.
    pub(crate) delay_us: u64,
    /// How much longer at most, in microseconds.
    pub(crate) jitter_us: u32,
    /// How long action `stall` holds, in milliseconds; 0 is until released.
    pub(crate) stall_ms: u32,
    /// What aborting a command does that actions `stall` and `drop` keep; it works by default.
    pub(crate) on_abort: OnAbort,
    /// How it goes on after action `stall`; as if nothing had been by default.
    pub(crate) release_result: ReleaseResult,
    /// What action `bounce` does to the link.
    pub(crate) link_arg: Option<Bounce>,
    /// The unit attentions of action `ua`.
    pub(crate) ua_arg: Option<AscList>,
    /// What actions `capacity` (bytes), `alua` (state) and `not_ready` (milliseconds) make of it.
    pub(crate) state_arg: StateArg,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            trigger: None,
            priority: 0,
            is_final: true,
            matches: Matches::default(),
            task_filter: false,
            action: None,
            errno: None,
            host_byte: None,
            status: None,
            sense: None,
            sense_info: Information::None,
            sense_fmt: SenseFormat::Auto,
            queue_ret: None,
            eh_ret: None,
            when_after: false,
            resid: 0,
            data: None,
            lba_shift: 1,
            blocks: 1,
            delay_us: 0,
            jitter_us: 0,
            stall_ms: 0,
            on_abort: OnAbort::Success,
            release_result: ReleaseResult::AsIs,
            link_arg: None,
            ua_arg: None,
            state_arg: StateArg::default(),
        }
    }
}
