// SPDX-License-Identifier: GPL-2.0

//! How long rules delay and hold.

use crate::fault::{
    action::{
        Action,
        ActionKind,
        CALLBACK_STALL_MAX_MS,
        DELAY_MAX_US, //
    },
    rule::{
        ReleaseResult,
        Spec,
        SpecError, //
    },
    trigger::{
        Class,
        Trigger, //
    }, //
};

impl Spec {
    /// Returns how a command or callback is delayed.
    pub(super) fn delay(&self, trigger: Trigger) -> Result<Action, SpecError> {
        if self.delay_us == 0 && self.jitter_us == 0 {
            return Err(SpecError::NeededBy("delay_us", ActionKind::Delay));
        }
        let most = if trigger.class() == Class::Command {
            DELAY_MAX_US
        } else {
            u64::from(CALLBACK_STALL_MAX_MS) * 1000
        };
        let us = self.delay_us.min(most);
        let jitter = u64::from(self.jitter_us).min(most - us);
        Ok(Action::Delay {
            us,
            jitter_us: u32::try_from(jitter).unwrap_or(u32::MAX),
        })
    }

    /// Returns how a command is held.
    pub(super) fn stall(&self) -> Result<Action, SpecError> {
        let needed = SpecError::NeededBy("sense", ActionKind::Stall);
        Ok(Action::Stall {
            limit_ms: (self.stall_ms != 0).then_some(self.stall_ms),
            on_abort: self.on_abort,
            then: match self.release_result {
                ReleaseResult::AsIs => None,
                ReleaseResult::Result => Some(self.completion().ok_or(needed)?),
            },
        })
    }

    /// Returns how a callback is held.
    pub(super) fn hold(&self, trigger: Trigger) -> Result<Action, SpecError> {
        let then = self.errno.filter(|_| trigger.takes_errno());
        if self.release_result == ReleaseResult::Result && then.is_none() {
            return Err(SpecError::NoRelease(trigger));
        }
        Ok(Action::Hold {
            limit_ms: match self.stall_ms {
                0 => CALLBACK_STALL_MAX_MS,
                limit => limit.min(CALLBACK_STALL_MAX_MS),
            },
            then,
        })
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_timing))]
mod tests {
    use super::*;
    use crate::fault::{
        action::{
            Completion,
            Information,
            OnAbort, //
        },
        errno::Errno,
        rule::testing::{
            full,
            makes,
            refused,
            spec, //
        }, //
    };

    #[test]
    fn a_delay_of_a_callback_ends_within_a_minute() {
        for (trigger, delay_us, jitter_us, us, jitter) in [
            (Trigger::Queue, 5, 3, 5, 3),
            (Trigger::Queue, 0, 1, 0, 1),
            (Trigger::Queue, DELAY_MAX_US, u32::MAX, DELAY_MAX_US, 0),
            (Trigger::Queue, 1, u32::MAX, 1, u32::MAX),
            (Trigger::Complete, u64::MAX, 1, DELAY_MAX_US, 0),
            (Trigger::Prepare, 5, 3, 5, 3),
            (Trigger::Prepare, 60_000_001, 0, 60_000_000, 0),
            (Trigger::EhAbort, 59_999_999, 7, 59_999_999, 1),
            (Trigger::InitCmd, 0, u32::MAX, 0, 60_000_000),
        ] {
            let mut spec = spec(trigger, ActionKind::Delay);
            spec.delay_us = delay_us;
            spec.jitter_us = jitter_us;
            let jitter_us = jitter;
            assert!(makes(spec, Action::Delay { us, jitter_us }));
        }
    }

    #[test]
    fn a_command_is_held_as_long_as_wanted() {
        for trigger in [Trigger::Queue, Trigger::Complete] {
            let mut spec = full(trigger, ActionKind::Stall);
            for (stall_ms, limit_ms) in [(0, None), (1, Some(1)), (u32::MAX, Some(u32::MAX))] {
                spec.stall_ms = stall_ms;
                for on_abort in OnAbort::ALL {
                    spec.on_abort = *on_abort;
                    let stall = Action::Stall {
                        limit_ms,
                        on_abort: *on_abort,
                        then: None,
                    };
                    assert!(makes(spec, stall));
                }
            }
            spec.release_result = ReleaseResult::Result;
            let stall = Action::Stall {
                limit_ms: Some(u32::MAX),
                on_abort: OnAbort::Late,
                then: Some(Completion {
                    host: spec.host_byte,
                    status: None,
                    sense: None,
                    information: Information::None,
                }),
            };
            assert!(makes(spec, stall));
            spec.host_byte = None;
            assert!(refused(
                spec,
                "sense: it, status or host_byte must be set for action=stall"
            ));
        }
    }

    #[test]
    fn a_callback_is_held_for_a_minute_at_most() {
        for (stall_ms, limit_ms) in [
            (0, 60_000),
            (1, 1),
            (60_000, 60_000),
            (60_001, 60_000),
            (u32::MAX, 60_000),
        ] {
            for then in [None, Errno::parse("EBUSY")] {
                let mut spec = spec(Trigger::Freeze, ActionKind::Stall);
                spec.stall_ms = stall_ms;
                spec.errno = then;
                assert!(makes(spec, Action::Hold { limit_ms, then }));
            }
        }
    }

    #[test]
    fn a_held_callback_fails_with_an_errno_if_it_can() {
        let mut spec = spec(Trigger::Suspend, ActionKind::Stall);
        spec.release_result = ReleaseResult::Result;
        assert!(refused(
            spec,
            "errno: must be set for release_result=result"
        ));
        spec.errno = Errno::parse("EIO");
        let mut hold = Action::Hold {
            limit_ms: CALLBACK_STALL_MAX_MS,
            then: spec.errno,
        };
        assert!(makes(spec, hold));
        assert!(hold.is_outcome());

        spec.trigger = Some(Trigger::Shutdown);
        assert!(refused(
            spec,
            "release_result: must be as-is for trigger=shutdown"
        ));
        spec.release_result = ReleaseResult::AsIs;
        hold = Action::Hold {
            limit_ms: CALLBACK_STALL_MAX_MS,
            then: None,
        };
        assert!(makes(spec, hold));
        assert!(!hold.is_outcome());
    }
}
