// SPDX-License-Identifier: GPL-2.0

//! What the tests of rules have in common.

use crate::{
    fault::{
        action::{
            Action,
            ActionKind,
            AscList,
            Bounce,
            Data,
            EhRet,
            HostByte,
            QueueRet,
            StateArg, //
        },
        errno::Errno,
        rule::Spec,
        trigger::Trigger, //
    },
    protocol::buf::prints, //
};

/// A rule with nothing set but this.
pub(super) fn spec(trigger: Trigger, kind: ActionKind) -> Spec {
    Spec {
        trigger: Some(trigger),
        action: Some(kind),
        ..Spec::default()
    }
}

/// A rule that has a value for everything that an action may need.
pub(super) fn full(trigger: Trigger, kind: ActionKind) -> Spec {
    Spec {
        errno: Errno::parse("EIO"),
        host_byte: HostByte::parse("error"),
        queue_ret: Some(QueueRet::DeviceBusy),
        eh_ret: Some(EhRet::Failed),
        resid: 512,
        data: Data::parse("ff@4"),
        delay_us: 10,
        link_arg: Bounce::parse("100"),
        ua_arg: AscList::parse("29/00"),
        state_arg: StateArg::parse(match kind {
            ActionKind::Alua => "standby",
            _ => "1M",
        })
        .unwrap_or_default(),
        ..spec(trigger, kind)
    }
}

/// Returns whether the spec is refused with the message.
pub(super) fn refused(spec: Spec, message: &str) -> bool {
    spec.freeze().is_err_and(|error| prints(error, message))
}

/// Returns whether the spec makes a rule that does this.
pub(super) fn makes(spec: Spec, action: Action) -> bool {
    spec.freeze().is_ok_and(|rule| *rule.action() == action)
}
