// SPDX-License-Identifier: GPL-2.0

//! What the link does in each mode, step by step.

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_modes))]
mod tests {
    use crate::link::{
        answer::{
            Answer::{
                self,
                Carry,
                Disrupted,
                FailFast,
                ImmRetry,
                NoConnect,
                Swallow, //
            },
            EhAnswer, //
        },
        effect::{
            Effect::{
                self,
                Block,
                ChangeIdentity,
                Disrupt,
                Notify,
                Offline,
                Remove,
                Rescan,
                Unblock, //
                UnitAttentions,
            },
            Event, //
        },
        machine::{
            Input::{
                self,
                Close,
                Down,
                Reopen,
                Tick,
                Up, //
            },
            Link,
            Status, //
        },
        settings::{
            Mode,
            OnUp,
            Settings, //
        },
        text::{
            Bounce,
            Timeout, //
        },
    };

    /// When something happens, what, and what is seen afterwards: effects apart from those that
    /// publish an answer, answer and deadline.
    type Step = (
        u64,
        Input,
        &'static [Effect],
        Answer,
        Option<u64>, //
    );

    const UP: &[Effect] = &[UnitAttentions, Notify(Event::Up)];
    const UNBLOCKED: &[Effect] = &[UnitAttentions, Unblock, Notify(Event::Up)];
    const RESCANNED: &[Effect] = &[UnitAttentions, Rescan, Notify(Event::Up)];
    const BLOCKED: &[Effect] = &[Block, Disrupt, Notify(Event::Down)];
    const DISRUPTED: &[Effect] = &[Disrupt, Notify(Event::Down)];
    const REMOVED: &[Effect] = &[Disrupt, Remove, Notify(Event::Down)];
    const FAST_IO_FAIL: &[Effect] = &[Offline, Notify(Event::FastIoFail)];
    const LOST: &[Effect] = &[Remove, Notify(Event::DevLoss)];
    const BOUNCE: Input = Input::Bounce(Bounce {
        down_ms: 10,
        up_ms: 5,
        count: 2,
    });

    fn settings(mode: Mode) -> Settings {
        Settings {
            mode,
            ..Settings::default()
        }
    }

    /// FC with one second to fail-fast and three to loss.
    fn block() -> Settings {
        Settings {
            fast_io_fail_tmo: Timeout::Seconds(1),
            dev_loss_tmo: Timeout::Seconds(3),
            ..settings(Mode::Block)
        }
    }

    /// Returns the link of a host that was just enabled.
    fn enabled() -> Link {
        let mut link = Link::new();
        link.handle(Reopen, &Settings::default(), 0);
        link
    }

    /// Plays the steps and returns the time of the first that does something else.
    fn wrong(link: &mut Link, settings: &Settings, steps: &[Step]) -> Option<u64> {
        for (now, input, effects, answer, deadline) in steps {
            let done = link.handle(*input, settings, *now);
            let published = done.into_iter().find_map(|effect| match effect {
                Effect::Answer(answer) => Some(answer),
                _ => None,
            });
            let others = done
                .into_iter()
                .filter(|effect| !matches!(effect, Effect::Answer(_)));
            if !others.eq(effects.iter().copied())
                || published.is_some_and(|published| published != *answer)
                || link.answer() != *answer
                || link.deadline() != *deadline
            {
                return Some(*now);
            }
        }
        None
    }

    /// Plays the steps with the link of a host that was just enabled.
    fn play(settings: &Settings, steps: &[Step]) -> Option<u64> {
        wrong(&mut enabled(), settings, steps)
    }

    #[test]
    fn block_mode_has_two_timers() {
        let steps: &[Step] = &[
            (10, Down, BLOCKED, ImmRetry, Some(1010)),
            (1009, Tick, &[], ImmRetry, Some(1010)),
            (1010, Tick, FAST_IO_FAIL, FailFast, Some(3010)),
            (3010, Tick, LOST, NoConnect, None),
            (4000, Up, RESCANNED, Carry, None),
        ];
        assert_eq!(play(&block(), steps), None);
    }

    #[test]
    fn block_mode_fails_what_is_held_before_it_removes() {
        let settings = Settings {
            fast_io_fail_tmo: Timeout::Off,
            ..block()
        };
        const FAILED: &[Effect] = &[Offline, Remove, Notify(Event::DevLoss)];
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(3000)),
            (3000, Tick, FAILED, NoConnect, None),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn block_mode_unblocks_in_time() {
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(1000)),
            (999, Up, UNBLOCKED, Carry, None),
            (2000, Down, BLOCKED, ImmRetry, Some(3000)),
            (3000, Tick, FAST_IO_FAIL, FailFast, Some(5000)),
            (4999, Up, UNBLOCKED, Carry, None),
        ];
        assert_eq!(play(&block(), steps), None);
    }

    #[test]
    fn late_timers_expire_one_after_the_other() {
        let settings = Settings {
            reconnect_delay: Timeout::Seconds(4),
            ..block()
        };
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(1000)),
            (9000, Tick, FAST_IO_FAIL, FailFast, Some(3000)),
            (9000, Tick, LOST, NoConnect, Some(4000)),
            (9000, Tick, RESCANNED, Carry, None),
            (9000, Tick, &[], Carry, None),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn fail_mode_disrupts() {
        let steps: &[Step] = &[
            (0, Down, DISRUPTED, Disrupted, None),
            (1, Tick, &[], Disrupted, None),
            (2, Up, UP, Carry, None),
        ];
        assert_eq!(play(&settings(Mode::Fail), steps), None);
    }

    #[test]
    fn drop_mode_swallows() {
        let steps: &[Step] = &[
            (0, Down, &[Notify(Event::Down)], Swallow, None),
            (1, Up, UP, Carry, None),
        ];
        assert_eq!(play(&settings(Mode::Drop), steps), None);
    }

    #[test]
    fn offline_mode_fails_fast_at_once() {
        const DOWN: &[Effect] = &[Block, Disrupt, Offline, Notify(Event::Down)];
        let steps: &[Step] = &[
            (0, Down, DOWN, FailFast, None),
            (1, Up, UNBLOCKED, Carry, None),
        ];
        assert_eq!(play(&settings(Mode::Offline), steps), None);
    }

    #[test]
    fn remove_mode_removes_at_once() {
        let steps: &[Step] = &[
            (0, Down, REMOVED, NoConnect, None),
            (1, Up, RESCANNED, Carry, None),
        ];
        assert_eq!(play(&settings(Mode::Remove), steps), None);
    }

    #[test]
    fn only_block_mode_has_the_timers_of_targets() {
        for mode in [Mode::Fail, Mode::Drop, Mode::Offline, Mode::Remove] {
            let settings = Settings { mode, ..block() };
            let mut link = enabled();
            link.handle(Down, &settings, 0);
            assert_eq!(link.deadline(), None);
        }
    }

    #[test]
    fn units_have_changed_before_commands_get_through() {
        let settings = Settings {
            wwn_change: true,
            on_up: OnUp::Rescan,
            ..block()
        };
        let mut link = enabled();
        link.handle(Down, &settings, 0);
        assert!(link.handle(Up, &settings, 1).into_iter().eq([
            ChangeIdentity,
            UnitAttentions,
            Effect::Answer(Carry),
            Unblock,
            Rescan,
            Notify(Event::Up),
        ]));
    }

    #[test]
    fn rescans_in_every_mode_if_asked_to() {
        for mode in Mode::ALL {
            let settings = Settings {
                mode: *mode,
                on_up: OnUp::Rescan,
                ..block()
            };
            let mut link = enabled();
            link.handle(Down, &settings, 0);
            let rescans = link
                .handle(Up, &settings, 1)
                .into_iter()
                .filter(|effect| *effect == Rescan);
            assert_eq!(rescans.count(), 1);
        }
    }

    #[test]
    fn comes_up_by_itself() {
        let settings = Settings {
            reconnect_delay: Timeout::Seconds(2),
            up_delay_ms: 500,
            ..settings(Mode::Fail)
        };
        let steps: &[Step] = &[
            (0, Down, DISRUPTED, Disrupted, Some(2500)),
            (1, Down, &[], Disrupted, Some(2500)),
            (2500, Tick, UP, Carry, None),
            // Asking for it may be faster.
            (3000, Down, DISRUPTED, Disrupted, Some(5500)),
            (3001, Up, &[], Disrupted, Some(3501)),
            (3100, Up, &[], Disrupted, Some(3501)),
            (3200, Down, &[], Disrupted, Some(5500)),
            (3300, Up, &[], Disrupted, Some(3800)),
            (3800, Tick, UP, Carry, None),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn reconnecting_wins_a_tie() {
        let settings = Settings {
            reconnect_delay: Timeout::Seconds(1),
            ..block()
        };
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(1000)),
            (1000, Tick, UNBLOCKED, Carry, None),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn timers_go_on_while_it_comes_up() {
        let settings = Settings {
            up_delay_ms: 2000,
            ..block()
        };
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(1000)),
            (500, Up, &[], ImmRetry, Some(1000)),
            (1000, Tick, FAST_IO_FAIL, FailFast, Some(2500)),
            (2500, Tick, UNBLOCKED, Carry, None),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn bounces_as_often_as_asked() {
        let steps: &[Step] = &[
            (0, BOUNCE, DISRUPTED, Disrupted, Some(10)),
            (1, BOUNCE, &[], Disrupted, Some(10)),
            (10, Tick, UP, Carry, Some(15)),
            (15, Tick, DISRUPTED, Disrupted, Some(25)),
            (25, Tick, UP, Carry, None),
        ];
        let mut link = enabled();
        assert_eq!(wrong(&mut link, &settings(Mode::Fail), steps), None);
        assert_eq!(link.downs(), 2);
        assert_eq!(link.transitions(), 4);
        assert_eq!(link.last_change_ms(), 25);
    }

    #[test]
    fn a_bounce_of_nothing_is_nothing() {
        let none = Input::Bounce(Bounce {
            down_ms: 10,
            up_ms: 10,
            count: 0,
        });
        let steps: &[Step] = &[(0, none, &[], Carry, None)];
        let mut link = enabled();
        assert_eq!(wrong(&mut link, &block(), steps), None);
        assert_eq!(link, enabled());
    }

    #[test]
    fn what_is_asked_for_ends_a_bounce() {
        let settings = Settings {
            reconnect_delay: Timeout::Seconds(1),
            ..settings(Mode::Fail)
        };
        let steps: &[Step] = &[
            // In the first phase, which is down.
            (0, BOUNCE, DISRUPTED, Disrupted, Some(10)),
            (1, Down, &[], Disrupted, Some(1001)),
            (2, Up, UP, Carry, None),
            (3, BOUNCE, DISRUPTED, Disrupted, Some(13)),
            (4, Up, UP, Carry, None),
            // In the second, which is up.
            (20, BOUNCE, DISRUPTED, Disrupted, Some(30)),
            (30, Tick, UP, Carry, Some(35)),
            (31, Up, &[], Carry, None),
            (40, BOUNCE, DISRUPTED, Disrupted, Some(50)),
            (50, Tick, UP, Carry, Some(55)),
            (51, Down, DISRUPTED, Disrupted, Some(1051)),
            (1051, Tick, UP, Carry, None),
            // Another one in its place.
            (2000, BOUNCE, DISRUPTED, Disrupted, Some(2010)),
            (2010, Tick, UP, Carry, Some(2015)),
            (2011, BOUNCE, DISRUPTED, Disrupted, Some(2021)),
            (2021, Tick, UP, Carry, Some(2026)),
        ];
        assert_eq!(play(&settings, steps), None);
    }

    #[test]
    fn looks_at_the_mode_when_it_goes_down() {
        let mut link = enabled();
        let down: &[Step] = &[(0, Down, BLOCKED, ImmRetry, Some(1000))];
        assert_eq!(wrong(&mut link, &block(), down), None);
        let steps: &[Step] = &[
            (1000, Tick, FAST_IO_FAIL, FailFast, Some(3000)),
            (1001, Up, UNBLOCKED, Carry, None),
            (1002, Down, REMOVED, NoConnect, None),
        ];
        assert_eq!(wrong(&mut link, &settings(Mode::Remove), steps), None);
    }

    #[test]
    fn a_closed_link_only_keeps_its_state() {
        const CLOSED: &[Effect] = &[Disrupt];
        let steps: &[Step] = &[
            (0, Down, BLOCKED, ImmRetry, Some(1000)),
            (1, Close, CLOSED, NoConnect, None),
            (2, Close, &[], NoConnect, None),
            (2000, Tick, &[], NoConnect, None),
            (2001, Up, &[], Carry, None),
            (2002, BOUNCE, &[], Carry, None),
            (2003, Reopen, &[], Carry, None),
            (2004, Reopen, &[], Carry, None),
            (2005, Close, &[], Carry, None),
            (2006, Down, &[], NoConnect, None),
        ];
        let mut link = enabled();
        assert_eq!(wrong(&mut link, &block(), steps), None);
        assert_eq!(link.downs(), 2);
    }

    #[test]
    fn a_host_is_enabled_as_its_link_is() {
        for (mode, status, answer) in [
            (Mode::Block, Status::Lost, NoConnect),
            (Mode::Fail, Status::Failfast, Disrupted),
            (Mode::Drop, Status::Blocked, Swallow),
            (Mode::Offline, Status::Lost, NoConnect),
            (Mode::Remove, Status::Lost, NoConnect),
        ] {
            let settings = Settings { mode, ..block() };
            let mut link = Link::new();
            link.handle(Down, &Settings::default(), 0);
            link.handle(Reopen, &settings, 1);
            assert!(link.is_down());
            assert_eq!(link.status(), status);
            assert_eq!(link.answer(), answer);
            assert_eq!(link.deadline(), None);
            // What the scan did not find is found now.
            let steps: &[Step] = &[(2, Up, RESCANNED, Carry, None)];
            assert_eq!(wrong(&mut link, &settings, steps), None);
        }
    }

    #[test]
    fn error_handlers_do_not_blame_targets_for_a_known_loss() {
        for (mode, answer) in [
            (Mode::Block, EhAnswer::Wait),
            (Mode::Fail, EhAnswer::FastIoFail),
            (Mode::Drop, EhAnswer::Failed),
            (Mode::Offline, EhAnswer::FastIoFail),
            (Mode::Remove, EhAnswer::FastIoFail),
        ] {
            let mut link = enabled();
            assert_eq!(link.eh(), EhAnswer::Carry);
            link.handle(Down, &Settings { mode, ..block() }, 0);
            assert_eq!(link.eh(), answer);
            link.handle(Tick, &block(), 5000);
            if mode == Mode::Block {
                assert_eq!(link.eh(), EhAnswer::FastIoFail);
            }
            link.handle(Close, &block(), 6000);
            assert_eq!(link.eh(), EhAnswer::FastIoFail);
        }
    }

    #[test]
    fn the_status_is_that_of_a_transport_class() {
        for (mode, down, fast_io_fail, dev_loss) in [
            (Mode::Block, "blocked", "failfast", "lost"),
            (Mode::Fail, "failfast", "failfast", "failfast"),
            (Mode::Drop, "blocked", "blocked", "blocked"),
            (Mode::Offline, "failfast", "failfast", "failfast"),
            (Mode::Remove, "removed", "removed", "removed"),
        ] {
            let settings = Settings { mode, ..block() };
            let mut link = enabled();
            assert_eq!(link.status().name(), "up");
            assert!(!link.is_down());
            link.handle(Down, &settings, 0);
            assert_eq!(link.status().name(), down);
            link.handle(Tick, &settings, 1000);
            assert_eq!(link.status().name(), fast_io_fail);
            link.handle(Tick, &settings, 3000);
            assert_eq!(link.status().name(), dev_loss);
            assert!(link.is_down());
            link.handle(Close, &settings, 4000);
            assert_eq!(link.status().name(), "lost");
        }
    }

    #[test]
    fn time_may_go_backwards() {
        let mut link = enabled();
        link.handle(Down, &block(), u64::MAX);
        assert_eq!(link.deadline(), Some(u64::MAX));
        link.handle(Tick, &block(), 0);
        assert_eq!(link.status(), Status::Blocked);
        link.handle(Up, &block(), 0);
        assert_eq!(link.status(), Status::Up);
        assert_eq!(link.last_change_ms(), 0);
    }
}
