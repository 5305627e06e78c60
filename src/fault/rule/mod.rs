// SPDX-License-Identifier: GPL-2.0

//! Rules: as the user writes them, attribute by attribute, and as they are evaluated.

mod completion;
mod error;
mod freeze;
mod spec;
#[cfg(any(test, CONFIG_KUNIT = "y"))]
mod testing;
mod timing;

pub(crate) use self::{
    error::SpecError,
    spec::{
        ReleaseResult,
        Spec, //
    }, //
};

use crate::fault::{
    action::Action,
    matcher::{
        Event,
        LunGlob,
        Matches, //
    },
    trigger::Trigger, //
};

/// A rule that was checked and can no longer change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Where the rule applies.
    trigger: Trigger,
    /// Rules with a higher one are evaluated first.
    priority: i32,
    /// No rule after this one is evaluated once it fires.
    is_final: bool,
    /// What the rule matches.
    matches: Matches,
    /// The rule applies only to tasks that are to fail.
    task_filter: bool,
    /// What the rule does.
    action: Action,
}

impl Rule {
    /// Returns where the rule applies.
    pub(crate) fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// Returns the priority: rules with a higher one are evaluated first.
    pub(crate) fn priority(&self) -> i32 {
        self.priority
    }

    /// Returns whether no rule after this one is evaluated once it fires.
    pub(crate) fn is_final(&self) -> bool {
        self.is_final
    }

    /// Returns whether the rule applies to `event`: all of its conditions must hold.
    ///
    /// May be called in any context.
    pub(crate) fn matches(&self, event: &Event<'_>) -> bool {
        self.trigger == event.trigger
            && (!self.task_filter || event.task_fails)
            && self.matches.hold(event)
    }

    /// Returns which units an action on units is done to if the trigger is of no unit, so that
    /// [`Event::lun`] does not say.
    pub(crate) fn units(&self) -> &LunGlob {
        self.matches.lun()
    }

    /// Returns what to do when the rule fires.
    pub(crate) fn action(&self) -> &Action {
        &self.action
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_rule))]
mod tests {
    use super::*;
    use crate::fault::{
        action::ActionKind,
        matcher::{
            Condition,
            Place,
            RpmState, //
        }, //
    };

    /// A rule that counts suspends.
    fn count_suspends() -> Spec {
        Spec {
            trigger: Some(Trigger::RpmSuspend),
            action: Some(ActionKind::None),
            ..Spec::default()
        }
    }

    /// A callback.
    fn event(trigger: Trigger) -> Event<'static> {
        Event {
            trigger,
            lun: None,
            command: None,
            hw_queue: None,
            cpu: 0,
            rpm_state: RpmState::Suspending,
            link_down: false,
            pm_event: None,
            task_fails: false,
            now_ns: 0,
        }
    }

    #[test]
    fn a_rule_matches_its_trigger_only() {
        let rule = count_suspends().freeze();
        for trigger in Trigger::ALL {
            let matches = rule.is_ok_and(|rule| rule.matches(&event(*trigger)));
            assert_eq!(matches, *trigger == Trigger::RpmSuspend);
        }
    }

    #[test]
    fn a_rule_says_what_was_written() {
        let spec = Spec {
            priority: -5,
            is_final: false,
            ..count_suspends()
        };
        assert!(spec.freeze().is_ok_and(|rule| rule.priority() == -5
            && !rule.is_final()
            && rule.trigger() == Trigger::RpmSuspend
            && *rule.action() == Action::None));
        let rule = count_suspends().freeze();
        assert!(rule.is_ok_and(|rule| rule.priority() == 0 && rule.is_final()));
    }

    #[test]
    fn the_task_filter_is_a_condition() {
        for (task_filter, task_fails, matches) in [
            (false, false, true),
            (false, true, true),
            (true, false, false),
            (true, true, true),
        ] {
            let spec = Spec {
                task_filter,
                ..count_suspends()
            };
            let event = Event {
                task_fails,
                ..event(Trigger::RpmSuspend)
            };
            assert_eq!(
                spec.freeze().is_ok_and(|rule| rule.matches(&event)),
                matches
            );
        }
    }

    #[test]
    fn without_a_unit_the_pattern_selects_what_the_action_is_done_to() {
        let mut spec = Spec {
            action: Some(ActionKind::StopLun),
            ..count_suspends()
        };
        assert!(spec.matches.set(Condition::Lun, "0:1:*").is_some());
        let rule = spec.freeze();
        assert!(rule.is_ok_and(|rule| rule.matches(&event(Trigger::RpmSuspend))));
        for (id, selected) in [(1, true), (2, false)] {
            let place = Place {
                channel: 0,
                id,
                lun: 3,
            };
            assert_eq!(rule.is_ok_and(|rule| rule.units().matches(place)), selected);
        }
    }

    #[test]
    fn a_rule_is_small_enough_to_be_copied() {
        // They are on the kernel's stack while a rule is enabled.
        assert!(size_of::<Rule>() <= 1536);
        assert!(size_of::<Spec>() <= 1536);
    }
}
