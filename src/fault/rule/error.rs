// SPDX-License-Identifier: GPL-2.0

//! Why rules are refused.

use core::fmt;

use crate::fault::{
    action::{
        ActionKind,
        EhRet, //
    },
    matcher::{
        Condition,
        Need, //
    },
    trigger::Trigger, //
};

/// Why a [`Spec`](super::Spec) makes no rule.
///
/// Prints `attribute: what to do` in less than 96 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpecError {
    /// The attribute must be set.
    Unset(&'static str),
    /// The action does not go with the trigger.
    Pair(Trigger, ActionKind),
    /// The condition needs something of the trigger.
    Match(Condition, Need),
    /// `cdb_value` has bits that `cdb_mask` leaves out.
    OutsideMask,
    /// The action needs the attribute to be set.
    NeededBy(&'static str, ActionKind),
    /// The callback cannot return that.
    Return(Trigger, EhRet),
    /// `state_arg` is not what the action needs.
    StateArg(ActionKind, &'static str),
    /// There is no errno for the callback to end with when it is released.
    NoRelease(Trigger),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset(attribute) => write!(f, "{attribute}: must be set"),
            Self::Pair(trigger, kind) => write!(
                f,
                "action: {kind} does not go with trigger={trigger}, see pairs"
            ),
            Self::Match(condition, need) => write!(f, "{condition}: {need}"),
            Self::OutsideMask => f.write_str("cdb_value: must have no bits outside cdb_mask"),
            Self::NeededBy("sense", kind) => write!(
                f,
                "sense: it, status or host_byte must be set for action={kind}"
            ),
            Self::NeededBy(attribute, kind) => {
                write!(f, "{attribute}: must be set for action={kind}")
            }
            Self::Return(trigger, ret) => {
                write!(f, "eh_ret: {ret} is not for trigger={trigger}")
            }
            Self::StateArg(kind, what) => {
                write!(f, "state_arg: must be {what} for action={kind}")
            }
            Self::NoRelease(trigger) if trigger.takes_errno() => {
                f.write_str("errno: must be set for release_result=result")
            }
            Self::NoRelease(trigger) => {
                write!(f, "release_result: must be as-is for trigger={trigger}")
            }
        }
    }
}
