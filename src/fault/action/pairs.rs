// SPDX-License-Identifier: GPL-2.0

//! Which action goes with which trigger.

use crate::fault::{
    action::{
        ActionKind,
        EhRet, //
    },
    trigger::{
        Class,
        Trigger, //
    }, //
};

/// Returns whether the action makes sense where the trigger is met: the table of all pairs.
///
/// Changes of state, pokes and `none` go with every trigger, as they leave alone how the command or
/// callback ends.
pub(crate) const fn valid(trigger: Trigger, kind: ActionKind) -> bool {
    use ActionKind as A;
    use Trigger as T;

    let class = trigger.class();
    match kind {
        A::LinkDown
        | A::LinkUp
        | A::Bounce
        | A::Ua
        | A::StopLun
        | A::NotReady
        | A::MediumOut
        | A::MediumIn
        | A::Capacity
        | A::Alua
        | A::LunGone
        | A::LunBack
        | A::RemoveHost
        | A::Rescan
        | A::ScheduleEh
        | A::Wake
        | A::Block
        | A::Unblock
        | A::None => true,
        A::QueueRet | A::Misdirect | A::Torn | A::BlkAbort => matches!(trigger, T::Queue),
        A::Result | A::Short | A::NoData | A::Corrupt => matches!(trigger, T::Queue | T::Complete),
        A::Drop => matches!(trigger, T::Queue | T::MqPoll),
        A::Errno => trigger.takes_errno(),
        A::Eh => matches!(class, Class::Eh) || matches!(trigger, T::TimedOut),
        A::Succeed => match class {
            Class::Command => matches!(trigger, T::Queue | T::Complete),
            Class::Runtime | Class::Sleep => trigger.takes_errno(),
            _ => false,
        },
        A::Stall | A::Delay => match class {
            Class::Command => matches!(trigger, T::Queue | T::Complete),
            Class::Eh | Class::Attach | Class::Runtime | Class::Sleep => true,
            Class::Link | Class::Medium | Class::Timer => false,
        },
    }
}

/// Returns whether action `eh` can return this where the trigger is met.
///
/// `eh_timed_out` decides whether the command gets more time or goes to the error handler; it must
/// not claim that the command is done. Whoever writes to `host_reset` gets an errno, which has no
/// place for FAST_IO_FAIL.
pub(crate) const fn valid_return(trigger: Trigger, ret: EhRet) -> bool {
    match ret {
        EhRet::ResetTimer => matches!(trigger, Trigger::TimedOut),
        EhRet::Failed => true,
        EhRet::Success => !matches!(trigger, Trigger::TimedOut),
        EhRet::FastIoFail => !matches!(trigger, Trigger::TimedOut | Trigger::SysfsHostReset),
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_pairs))]
mod tests {
    use super::*;

    /// The actions that go with every trigger.
    const EVERYWHERE: &str = "link_down link_up bounce ua stop_lun not_ready medium_out medium_in \
                              capacity alua lun_gone lun_back remove_host rescan schedule_eh wake \
                              block unblock none";

    /// The other actions of each trigger.
    fn others(trigger: Trigger) -> &'static str {
        match trigger.name() {
            "queue" => {
                "result queue_ret succeed short nodata corrupt misdirect torn delay drop stall \
                 blk_abort"
            }
            "complete" => "result succeed short nodata corrupt delay stall",
            "timed_out" => "eh",
            "mq_poll" => "drop",
            "commit" => "",
            "eh_abort" | "eh_device_reset" | "eh_target_reset" | "eh_bus_reset"
            | "eh_host_reset" | "sysfs_host_reset" => "eh stall delay",
            "init_cmd" | "host_add" | "target_alloc" | "sdev_init" | "sdev_configure"
            | "change_queue_depth" => "errno stall delay",
            "sdev_destroy" | "scan_finished" | "pm_complete" | "shutdown" => "stall delay",
            "link_down" | "link_up" | "fast_io_fail" | "dev_loss" | "medium_change" | "timer" => "",
            _ => "errno stall delay succeed", // The callbacks of power management.
        }
    }

    #[test]
    fn every_pair_is_in_the_table_or_not() {
        for trigger in Trigger::ALL {
            for kind in ActionKind::ALL {
                let wanted = EVERYWHERE
                    .split(' ')
                    .chain(others(*trigger).split(' '))
                    .any(|word| word == kind.name());
                assert_eq!(valid(*trigger, *kind), wanted);
            }
        }
    }

    #[test]
    fn the_error_handler_has_returns_of_its_own() {
        for trigger in Trigger::ALL {
            if !valid(*trigger, ActionKind::Eh) {
                continue;
            }
            for ret in EhRet::ALL {
                let wanted = match trigger {
                    Trigger::TimedOut => matches!(ret, EhRet::Failed | EhRet::ResetTimer),
                    Trigger::SysfsHostReset => matches!(ret, EhRet::Success | EhRet::Failed),
                    _ => *ret != EhRet::ResetTimer,
                };
                assert_eq!(valid_return(*trigger, *ret), wanted);
            }
        }
    }
}
