// SPDX-License-Identifier: GPL-2.0

//! Rules: where they apply, what they match and what they do.

use core::fmt;

use crate::{
    fault::{
        errno::Errno,
        opcode::OpcodeSet,
        text::words, //
    },
    protocol::sense::Sense,
};

words! {
    /// Where a rule applies.
    pub(crate) enum Trigger {
        /// A command arrives at the host, `queuecommand`.
        Queue = "queue",
        /// The host's runtime suspend callback runs.
        RpmSuspend = "rpm_suspend",
        /// The host's runtime resume callback runs.
        RpmResume = "rpm_resume",
    }
}

impl Trigger {
    /// The number of triggers, for tables indexed by [`Self::index`].
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Returns the trigger's place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

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
        /// A scan, for a device that is not visible yet.
        Scan = "scan",
    }
}

words! {
    /// The kind of thing that a rule does.
    pub(crate) enum ActionKind {
        /// The callback fails with an errno.
        Errno = "errno",
        /// The command completes with sense data.
        Result = "result",
        /// The callback or command is held.
        Stall = "stall",
        /// The link goes down.
        LinkDown = "link_down",
    }
}

/// The longest that a callback is held, in milliseconds, and how long it is held if nothing is
/// said.
///
/// Somebody waits for a callback with locks held, and there is no error handler to end it.
pub(crate) const CALLBACK_STALL_MAX_MS: u32 = 60_000;

/// A rule as the user writes it, attribute by attribute; by default nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Where the rule applies; must be set.
    pub(crate) trigger: Option<Trigger>,
    /// The commands matched; for trigger `queue` only.
    pub(crate) opcode: OpcodeSet,
    /// The sender matched, `None` for any; for trigger `queue` only.
    pub(crate) origin: Option<Origin>,
    /// What the rule does; must be set.
    pub(crate) action: Option<ActionKind>,
    /// The error of action `errno`, or of a callback once action `stall` lets go of it.
    pub(crate) errno: Option<Errno>,
    /// The sense data of action `result`.
    pub(crate) sense: Option<Sense>,
    /// How long action `stall` holds, in milliseconds; 0 is until released.
    pub(crate) stall_ms: u32,
}

impl Spec {
    /// Checks the attributes as a whole and returns the rule they make.
    ///
    /// Values that the action does not use are ignored, so that a rule can be given another action
    /// and back. A match that could never hold is an error. A callback is held for at most
    /// [`CALLBACK_STALL_MAX_MS`].
    ///
    /// # Errors
    ///
    /// Returns the first attribute that is missing or does not go together with the others.
    pub(crate) fn freeze(&self) -> Result<Rule, SpecError> {
        let trigger = self.trigger.ok_or(SpecError::Unset("trigger"))?;
        let kind = self.action.ok_or(SpecError::Unset("action"))?;
        if trigger != Trigger::Queue {
            if self.opcode != OpcodeSet::ANY {
                return Err(SpecError::MatchNeedsQueue("opcode"));
            }
            if self.origin.is_some() {
                return Err(SpecError::MatchNeedsQueue("origin"));
            }
        }
        let action = match (trigger, kind) {
            (Trigger::Queue, ActionKind::Result) => {
                Action::Complete(self.sense.ok_or(SpecError::NeededBy("sense", kind))?)
            }
            (Trigger::Queue, ActionKind::Stall) => Action::Hold {
                limit_ms: (self.stall_ms != 0).then_some(self.stall_ms),
                then: None,
            },
            (_, ActionKind::LinkDown) => Action::LinkDown,
            (Trigger::RpmSuspend | Trigger::RpmResume, ActionKind::Errno) => {
                Action::Fail(self.errno.ok_or(SpecError::NeededBy("errno", kind))?)
            }
            (Trigger::RpmSuspend | Trigger::RpmResume, ActionKind::Stall) => Action::Hold {
                limit_ms: Some(match self.stall_ms {
                    0 => CALLBACK_STALL_MAX_MS,
                    limit => limit.min(CALLBACK_STALL_MAX_MS),
                }),
                then: self.errno,
            },
            (Trigger::Queue, ActionKind::Errno)
            | (Trigger::RpmSuspend | Trigger::RpmResume, ActionKind::Result) => {
                return Err(SpecError::ActionNeedsTrigger(kind));
            }
        };
        Ok(Rule {
            trigger,
            opcode: self.opcode,
            origin: self.origin,
            action,
        })
    }
}

/// Why a [`Spec`] makes no rule; prints `attribute: reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpecError {
    /// The attribute must be set.
    Unset(&'static str),
    /// The attribute matches commands, so that the trigger must be `queue`.
    MatchNeedsQueue(&'static str),
    /// The action needs the attribute to be set.
    NeededBy(&'static str, ActionKind),
    /// The action is for other triggers.
    ActionNeedsTrigger(ActionKind),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset(attribute) => write!(f, "{attribute}: must be set"),
            Self::MatchNeedsQueue(attribute) => write!(f, "{attribute}: needs trigger=queue"),
            Self::NeededBy(attribute, kind) => {
                write!(f, "{attribute}: must be set for action={}", kind.name())
            }
            Self::ActionNeedsTrigger(ActionKind::Errno) => {
                write!(f, "action: errno needs trigger=rpm_suspend or rpm_resume")
            }
            Self::ActionNeedsTrigger(kind) => {
                write!(f, "action: {} needs trigger=queue", kind.name())
            }
        }
    }
}

/// Something that a rule may apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    /// Where it happens.
    pub(crate) trigger: Trigger,
    /// The command; empty for a callback.
    pub(crate) cdb: &'a [u8],
    /// Who sent the command; `None` for a callback.
    pub(crate) origin: Option<Origin>,
}

/// What to do when a rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Fail the callback with this error instead of running it.
    Fail(Errno),
    /// Complete the command with CHECK CONDITION and this sense data instead of executing it.
    Complete(Sense),
    /// Hold the callback or command, then go on with it.
    Hold {
        /// How long at most, in milliseconds; `None` is until released.
        limit_ms: Option<u32>,
        /// The error with which a callback fails instead of going on.
        then: Option<Errno>,
    },
    /// Take the link down, then go on with the command or callback.
    LinkDown,
}

/// A rule that was checked and can no longer change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Where the rule applies.
    trigger: Trigger,
    /// The commands matched.
    opcode: OpcodeSet,
    /// The sender matched, `None` for any.
    origin: Option<Origin>,
    /// What the rule does.
    action: Action,
}

impl Rule {
    /// Returns where the rule applies.
    pub(crate) fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// Returns whether the rule applies to `event`: all of its conditions must hold.
    pub(crate) fn matches(&self, event: &Event<'_>) -> bool {
        self.trigger == event.trigger
            && (self.origin.is_none() || self.origin == event.origin)
            && self.opcode.matches(event.cdb)
    }

    /// Returns what to do when the rule fires.
    pub(crate) fn action(&self) -> Action {
        self.action
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_rule))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    /// A rule with nothing set but what it needs to fail a resume.
    fn fail_resume() -> Spec {
        Spec {
            trigger: Some(Trigger::RpmResume),
            action: Some(ActionKind::Errno),
            errno: Errno::parse("EIO"),
            ..Spec::default()
        }
    }

    /// A rule with nothing set but what it needs to hold commands.
    fn hold_commands() -> Spec {
        Spec {
            trigger: Some(Trigger::Queue),
            action: Some(ActionKind::Stall),
            ..Spec::default()
        }
    }

    /// Returns whether the spec is refused with the message.
    fn refused(spec: Spec, message: &str) -> bool {
        spec.freeze().is_err_and(|error| prints(error, message))
    }

    /// Returns the action of the rule that the spec makes.
    fn action(spec: Spec) -> Option<Action> {
        spec.freeze().ok().map(|rule| rule.action())
    }

    #[test]
    fn words_are_those_of_the_control_interface() {
        for (trigger, word) in [
            (Trigger::Queue, "queue"),
            (Trigger::RpmSuspend, "rpm_suspend"),
            (Trigger::RpmResume, "rpm_resume"),
        ] {
            assert_eq!(trigger.name(), word);
            assert_eq!(Trigger::parse(word), Some(trigger));
        }
        for (origin, word) in [
            (Origin::Fs, "fs"),
            (Origin::Passthrough, "passthrough"),
            (Origin::Pm, "pm"),
            (Origin::Eh, "eh"),
            (Origin::Scan, "scan"),
        ] {
            assert_eq!(origin.name(), word);
            assert_eq!(Origin::parse(word), Some(origin));
        }
        for (kind, word) in [
            (ActionKind::Errno, "errno"),
            (ActionKind::Result, "result"),
            (ActionKind::Stall, "stall"),
            (ActionKind::LinkDown, "link_down"),
        ] {
            assert_eq!(kind.name(), word);
            assert_eq!(ActionKind::parse(word), Some(kind));
        }
        for word in ["", "rpm", "Queue", "queue ", "queue\n", "rpm_resumes"] {
            assert_eq!(Trigger::parse(word), None);
        }
    }

    #[test]
    fn triggers_index_a_table() {
        assert_eq!(Trigger::COUNT, 3);
        for (index, trigger) in Trigger::ALL.iter().enumerate() {
            assert_eq!(trigger.index(), index);
        }
    }

    #[test]
    fn trigger_and_action_must_be_set() {
        assert!(refused(Spec::default(), "trigger: must be set"));
        let spec = Spec {
            trigger: None,
            ..fail_resume()
        };
        assert!(refused(spec, "trigger: must be set"));
        let spec = Spec {
            action: None,
            ..fail_resume()
        };
        assert!(refused(spec, "action: must be set"));
    }

    #[test]
    fn every_action_has_its_triggers() {
        for trigger in Trigger::ALL {
            for kind in ActionKind::ALL {
                let spec = Spec {
                    trigger: Some(*trigger),
                    action: Some(*kind),
                    errno: Errno::parse("EIO"),
                    sense: Some(Sense::NOT_READY_STOPPED),
                    ..Spec::default()
                };
                match (trigger, kind) {
                    (Trigger::Queue, ActionKind::Errno) => assert!(refused(
                        spec,
                        "action: errno needs trigger=rpm_suspend or rpm_resume"
                    )),
                    (Trigger::RpmSuspend | Trigger::RpmResume, ActionKind::Result) => {
                        assert!(refused(spec, "action: result needs trigger=queue"));
                    }
                    _ => assert!(spec.freeze().is_ok_and(|rule| rule.trigger() == *trigger)),
                }
            }
        }
    }

    #[test]
    fn actions_need_their_values() {
        let spec = Spec {
            errno: None,
            ..fail_resume()
        };
        assert!(refused(spec, "errno: must be set for action=errno"));
        let spec = Spec {
            action: Some(ActionKind::Result),
            ..hold_commands()
        };
        assert!(refused(spec, "sense: must be set for action=result"));
    }

    #[test]
    fn only_commands_can_be_matched() {
        let spec = Spec {
            opcode: OpcodeSet::parse("1b").unwrap_or_default(),
            ..fail_resume()
        };
        assert!(refused(spec, "opcode: needs trigger=queue"));
        let spec = Spec {
            origin: Some(Origin::Pm),
            ..fail_resume()
        };
        assert!(refused(spec, "origin: needs trigger=queue"));
    }

    #[test]
    fn actions_carry_their_values() {
        let errno = Errno::parse("EIO");
        assert_eq!(action(fail_resume()), errno.map(Action::Fail));

        let sense = Sense::NOT_READY_STOPPED;
        let spec = Spec {
            action: Some(ActionKind::Result),
            sense: Some(sense),
            errno,
            ..hold_commands()
        };
        assert_eq!(action(spec), Some(Action::Complete(sense)));

        for trigger in Trigger::ALL {
            let spec = Spec {
                trigger: Some(*trigger),
                action: Some(ActionKind::LinkDown),
                ..Spec::default()
            };
            assert_eq!(action(spec), Some(Action::LinkDown));
        }
    }

    #[test]
    fn a_command_is_held_as_long_as_wanted() {
        for (stall_ms, limit_ms) in [(0, None), (1, Some(1)), (u32::MAX, Some(u32::MAX))] {
            let spec = Spec {
                stall_ms,
                errno: Errno::parse("EIO"),
                ..hold_commands()
            };
            let then = None;
            assert_eq!(action(spec), Some(Action::Hold { limit_ms, then }));
        }
    }

    #[test]
    fn a_callback_is_held_for_a_minute_at_most() {
        for (stall_ms, limit) in [
            (0, 60_000),
            (1, 1),
            (60_000, 60_000),
            (60_001, 60_000),
            (u32::MAX, 60_000),
        ] {
            for then in [None, Errno::parse("EBUSY")] {
                let spec = Spec {
                    action: Some(ActionKind::Stall),
                    errno: then,
                    stall_ms,
                    ..fail_resume()
                };
                let limit_ms = Some(limit);
                assert_eq!(action(spec), Some(Action::Hold { limit_ms, then }));
            }
        }
    }

    #[test]
    fn a_callback_rule_matches_its_trigger_only() {
        let rule = fail_resume().freeze();
        for trigger in Trigger::ALL {
            let event = Event {
                trigger: *trigger,
                cdb: &[],
                origin: None,
            };
            let matches = rule.is_ok_and(|rule| rule.matches(&event));
            assert_eq!(matches, *trigger == Trigger::RpmResume);
        }
    }

    #[test]
    fn a_command_rule_matches_if_all_of_its_conditions_hold() {
        let ssu: &[u8] = &[0x1b, 0, 0, 0, 1, 0];
        let read: &[u8] = &[0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0];
        for (opcode, origin, by_pm, read_by_fs, by_nobody) in [
            ("any", None, true, true, true),
            ("any", Some(Origin::Pm), true, false, false),
            ("1b", None, true, false, true),
            ("1b", Some(Origin::Pm), true, false, false),
            ("1b", Some(Origin::Fs), false, false, false),
            ("read", Some(Origin::Fs), false, true, false),
        ] {
            let rule = Spec {
                opcode: OpcodeSet::parse(opcode).unwrap_or_default(),
                origin,
                ..hold_commands()
            }
            .freeze();
            for (cdb, origin, wanted) in [
                (ssu, Some(Origin::Pm), by_pm),
                (read, Some(Origin::Fs), read_by_fs),
                (ssu, None, by_nobody),
            ] {
                let trigger = Trigger::Queue;
                let event = Event {
                    trigger,
                    cdb,
                    origin,
                };
                assert_eq!(rule.is_ok_and(|rule| rule.matches(&event)), wanted);
            }
        }
    }
}
