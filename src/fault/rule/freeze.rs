// SPDX-License-Identifier: GPL-2.0

//! From what the user writes to what is evaluated.

use crate::{
    fault::{
        action::{
            valid,
            valid_return,
            Action,
            ActionKind,
            LinkChange, //
        },
        rule::{
            Rule,
            Spec,
            SpecError, //
        },
        text::{
            byte_size,
            small_number, //
        },
        trigger::{
            Class,
            Trigger, //
        }, //
    },
    protocol::profile::AccessState, //
};

impl Spec {
    /// Checks the attributes as a whole and returns the rule they make.
    ///
    /// Values that the action does not use are ignored, so that a rule can be given another action
    /// and back. A match that could never hold is an error.
    ///
    /// # Errors
    ///
    /// Returns the first attribute that is missing or does not go together with the others.
    pub(crate) fn freeze(&self) -> Result<Rule, SpecError> {
        let trigger = self.trigger.ok_or(SpecError::Unset("trigger"))?;
        let kind = self.action.ok_or(SpecError::Unset("action"))?;
        if !valid(trigger, kind) {
            return Err(SpecError::Pair(trigger, kind));
        }
        if let Some((condition, need)) = self.matches.unmet(trigger, kind.is_on_unit()) {
            return Err(SpecError::Match(condition, need));
        }
        if self.matches.is_cdb_value_outside_mask() {
            return Err(SpecError::OutsideMask);
        }
        Ok(Rule {
            trigger,
            priority: self.priority,
            is_final: self.is_final,
            matches: self.matches,
            task_filter: self.task_filter,
            action: self.freeze_action(trigger, kind)?,
        })
    }

    /// Returns what the rule does, for a pair that is valid.
    fn freeze_action(&self, trigger: Trigger, kind: ActionKind) -> Result<Action, SpecError> {
        let needed = |attribute| SpecError::NeededBy(attribute, kind);
        Ok(match kind {
            ActionKind::Result => Action::Result(self.completion().ok_or(needed("sense"))?),
            ActionKind::QueueRet => Action::QueueRet(self.queue_ret.ok_or(needed("queue_ret"))?),
            ActionKind::Errno => Action::Errno(self.errno.ok_or(needed("errno"))?),
            ActionKind::Eh => {
                let ret = self.eh_ret.ok_or(needed("eh_ret"))?;
                if !valid_return(trigger, ret) {
                    return Err(SpecError::Return(trigger, ret));
                }
                Action::Eh {
                    ret,
                    after: self.when_after,
                }
            }
            ActionKind::Succeed => Action::Succeed,
            ActionKind::Short if self.resid == 0 => return Err(needed("resid")),
            ActionKind::Short => Action::Short { resid: self.resid },
            ActionKind::NoData => Action::NoData,
            ActionKind::Corrupt => Action::Corrupt(self.data.ok_or(needed("data"))?),
            ActionKind::Misdirect if self.lba_shift == 0 => return Err(needed("lba_shift")),
            ActionKind::Misdirect => Action::Misdirect {
                blocks: self.lba_shift,
            },
            ActionKind::Torn => Action::Torn {
                blocks: self.blocks,
            },
            ActionKind::Delay => self.delay(trigger)?,
            ActionKind::Drop => Action::Drop {
                on_abort: self.on_abort,
            },
            ActionKind::Stall if trigger.class() == Class::Command => self.stall()?,
            ActionKind::Stall => self.hold(trigger)?,
            ActionKind::LinkDown => Action::Link(LinkChange::Down),
            ActionKind::LinkUp => Action::Link(LinkChange::Up),
            ActionKind::Bounce => {
                Action::Link(LinkChange::Bounce(self.link_arg.ok_or(needed("link_arg"))?))
            }
            ActionKind::Ua => Action::Ua(self.ua_arg.ok_or(needed("ua_arg"))?),
            ActionKind::StopLun => Action::StopLun,
            ActionKind::NotReady => Action::NotReady {
                ms: small_number(self.state_arg.as_str())
                    .filter(|ms| *ms != 0)
                    .ok_or(SpecError::StateArg(kind, "a number of milliseconds"))?,
            },
            ActionKind::MediumOut => Action::MediumOut,
            ActionKind::MediumIn => Action::MediumIn,
            ActionKind::Capacity => Action::Capacity {
                bytes: byte_size(self.state_arg.as_str())
                    .filter(is_capacity)
                    .ok_or(SpecError::StateArg(kind, "a multiple of 512 bytes"))?,
            },
            ActionKind::Alua => Action::Alua(
                AccessState::parse(self.state_arg.as_str())
                    .ok_or(SpecError::StateArg(kind, "a word of alua_state"))?,
            ),
            ActionKind::LunGone => Action::LunGone,
            ActionKind::LunBack => Action::LunBack,
            ActionKind::RemoveHost => Action::RemoveHost,
            ActionKind::Rescan => Action::Rescan,
            ActionKind::ScheduleEh => Action::ScheduleEh,
            ActionKind::BlkAbort => Action::BlkAbort,
            ActionKind::Wake => Action::Wake,
            ActionKind::Block => Action::Block,
            ActionKind::Unblock => Action::Unblock,
            ActionKind::None => Action::None,
        })
    }
}

/// Returns whether a medium can be that large: whole sectors, and no more than a file offset can
/// reach.
fn is_capacity(bytes: &u64) -> bool {
    *bytes != 0 && bytes % 512 == 0 && i64::try_from(*bytes).is_ok()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_freeze))]
mod tests {
    use super::*;
    use crate::{
        fault::{
            action::{
                AscList,
                Bounce,
                Data,
                EhRet,
                OnAbort,
                QueueRet,
                StateArg, //
            },
            errno::Errno,
            matcher::Condition,
            rule::testing::{
                full,
                makes,
                refused,
                spec, //
            }, //
        }, //
    };

    #[test]
    fn trigger_and_action_must_be_set() {
        assert!(refused(Spec::default(), "trigger: must be set"));
        let mut missing = full(Trigger::Queue, ActionKind::None);
        missing.action = None;
        assert!(refused(missing, "action: must be set"));
    }

    #[test]
    fn every_action_has_its_triggers() {
        for trigger in Trigger::ALL {
            for kind in ActionKind::ALL {
                let mut spec = full(*trigger, *kind);
                if *kind == ActionKind::NotReady {
                    spec.state_arg = StateArg::parse("100").unwrap_or_default();
                }
                match spec.freeze() {
                    Ok(rule) => {
                        assert!(valid(*trigger, *kind));
                        assert_eq!(rule.trigger(), *trigger);
                    }
                    Err(error) => {
                        assert!(!valid(*trigger, *kind));
                        assert_eq!(error, SpecError::Pair(*trigger, *kind));
                    }
                }
            }
        }
        assert!(refused(
            full(Trigger::ChangeQueueDepth, ActionKind::QueueRet),
            "action: queue_ret does not go with trigger=change_queue_depth, see pairs"
        ));
    }

    #[test]
    fn actions_need_their_values() {
        for (trigger, kind, message) in [
            (
                Trigger::Queue,
                ActionKind::Result,
                "sense: it, status or host_byte must be set for action=result",
            ),
            (
                Trigger::Queue,
                ActionKind::QueueRet,
                "queue_ret: must be set for action=queue_ret",
            ),
            (
                Trigger::Freeze,
                ActionKind::Errno,
                "errno: must be set for action=errno",
            ),
            (
                Trigger::EhAbort,
                ActionKind::Eh,
                "eh_ret: must be set for action=eh",
            ),
            (
                Trigger::Complete,
                ActionKind::Short,
                "resid: must be set for action=short",
            ),
            (
                Trigger::Queue,
                ActionKind::Corrupt,
                "data: must be set for action=corrupt",
            ),
            (
                Trigger::Queue,
                ActionKind::Delay,
                "delay_us: must be set for action=delay",
            ),
            (
                Trigger::Timer,
                ActionKind::Bounce,
                "link_arg: must be set for action=bounce",
            ),
            (
                Trigger::Timer,
                ActionKind::Ua,
                "ua_arg: must be set for action=ua",
            ),
        ] {
            assert!(refused(spec(trigger, kind), message));
        }
        let mut shift = full(Trigger::Queue, ActionKind::Misdirect);
        shift.lba_shift = 0;
        assert!(refused(
            shift,
            "lba_shift: must be set for action=misdirect"
        ));
    }

    #[test]
    fn matches_must_be_possible() {
        for (trigger, condition, text, message) in [
            (
                Trigger::RpmResume,
                Condition::Opcode,
                "1b",
                "opcode: needs a trigger with a command, such as queue",
            ),
            (
                Trigger::HostAdd,
                Condition::Hwq,
                "0",
                "hwq: needs a trigger with a hardware queue, such as queue or commit",
            ),
            (
                Trigger::Suspend,
                Condition::Lun,
                "0:0:*",
                "lun: needs a trigger of a logical unit, or an action on one",
            ),
            (
                Trigger::Queue,
                Condition::PmEvent,
                "thaw",
                "pm_event: needs a trigger of system sleep, such as suspend",
            ),
            (
                Trigger::Queue,
                Condition::CdbValue,
                "01",
                "cdb_value: must have no bits outside cdb_mask",
            ),
        ] {
            let mut spec = spec(trigger, ActionKind::None);
            assert!(spec.matches.set(condition, text).is_some());
            assert!(refused(spec, message));
        }
    }

    #[test]
    fn the_error_handler_has_returns_of_its_own() {
        for (trigger, ret, message) in [
            (Trigger::EhAbort, EhRet::FastIoFail, None),
            (Trigger::TimedOut, EhRet::ResetTimer, None),
            (
                Trigger::TimedOut,
                EhRet::Success,
                Some("eh_ret: success is not for trigger=timed_out"),
            ),
            (
                Trigger::EhAbort,
                EhRet::ResetTimer,
                Some("eh_ret: reset_timer is not for trigger=eh_abort"),
            ),
            (
                Trigger::SysfsHostReset,
                EhRet::FastIoFail,
                Some("eh_ret: fast_io_fail is not for trigger=sysfs_host_reset"),
            ),
        ] {
            for after in [false, true] {
                let mut spec = spec(trigger, ActionKind::Eh);
                spec.eh_ret = Some(ret);
                spec.when_after = after;
                match message {
                    Some(message) => assert!(refused(spec, message)),
                    None => assert!(makes(spec, Action::Eh { ret, after })),
                }
            }
        }
    }

    #[test]
    fn states_have_an_argument() {
        for (kind, text, action) in [
            (
                ActionKind::Capacity,
                "1M",
                Some(Action::Capacity { bytes: 1 << 20 }),
            ),
            (
                ActionKind::Capacity,
                "512",
                Some(Action::Capacity { bytes: 512 }),
            ),
            (ActionKind::Capacity, "511", None),
            (ActionKind::Capacity, "0", None),
            (ActionKind::Capacity, "8192P", None),
            (ActionKind::Capacity, "none", None),
            (
                ActionKind::Alua,
                "standby",
                Some(Action::Alua(AccessState::Standby)),
            ),
            (ActionKind::Alua, "offline", None),
            (
                ActionKind::NotReady,
                "0x10",
                Some(Action::NotReady { ms: 16 }),
            ),
            (ActionKind::NotReady, "0", None),
            (ActionKind::NotReady, "4294967296", None),
        ] {
            let mut spec = spec(Trigger::RpmResume, kind);
            spec.state_arg = StateArg::parse(text).unwrap_or_default();
            match action {
                Some(action) => assert!(makes(spec, action)),
                None => assert!(refused(
                    spec,
                    match kind {
                        ActionKind::Capacity => {
                            "state_arg: must be a multiple of 512 bytes for action=capacity"
                        }
                        ActionKind::Alua => {
                            "state_arg: must be a word of alua_state for action=alua"
                        }
                        _ => {
                            "state_arg: must be a number of milliseconds for action=not_ready"
                        }
                    }
                )),
            }
        }
    }

    #[test]
    fn the_other_actions_carry_their_values() {
        let bounce = |bounce| Action::Link(LinkChange::Bounce(bounce));
        for (kind, action) in [
            (
                ActionKind::QueueRet,
                Some(Action::QueueRet(QueueRet::DeviceBusy)),
            ),
            (ActionKind::Short, Some(Action::Short { resid: 512 })),
            (
                ActionKind::Corrupt,
                Data::parse("ff@4").map(Action::Corrupt),
            ),
            (ActionKind::Misdirect, Some(Action::Misdirect { blocks: 1 })),
            (ActionKind::Torn, Some(Action::Torn { blocks: 1 })),
            (
                ActionKind::Drop,
                Some(Action::Drop {
                    on_abort: OnAbort::Success,
                }),
            ),
            (ActionKind::LinkDown, Some(Action::Link(LinkChange::Down))),
            (ActionKind::LinkUp, Some(Action::Link(LinkChange::Up))),
            (ActionKind::Bounce, Bounce::parse("100").map(bounce)),
            (ActionKind::Ua, AscList::parse("29/00").map(Action::Ua)),
        ] {
            assert!(action.is_some_and(|action| makes(full(Trigger::Queue, kind), action)));
        }
        let errno = Errno::parse("EIO").map(Action::Errno);
        let spec = full(Trigger::Thaw, ActionKind::Errno);
        assert!(errno.is_some_and(|errno| makes(spec, errno)));
    }

    #[test]
    fn outcomes_are_those_that_decide_how_it_ends() {
        for trigger in [Trigger::Queue, Trigger::RpmSuspend, Trigger::EhAbort] {
            for kind in ActionKind::ALL {
                let Ok(rule) = full(trigger, *kind).freeze() else {
                    continue;
                };
                let wanted = matches!(
                    kind.name(),
                    "result"
                        | "queue_ret"
                        | "errno"
                        | "eh"
                        | "succeed"
                        | "short"
                        | "nodata"
                        | "corrupt"
                        | "misdirect"
                        | "torn"
                        | "drop"
                        | "blk_abort"
                );
                let held = *kind == ActionKind::Stall && trigger != Trigger::EhAbort;
                assert_eq!(rule.action().is_outcome(), wanted || held);
            }
        }
    }
}
