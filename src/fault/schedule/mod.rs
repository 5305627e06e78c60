// SPDX-License-Identifier: GPL-2.0

//! When a matching rule fires.
//!
//! The names and their meaning are those of lib/fault-inject, `should_fail_ex()`, with `chance`,
//! `skip`, `delay_ms`, `window_ms` and `seed` added.

mod settings;

pub(crate) use self::settings::{
    Settings,
    Times, //
};

use crate::fault::random::Random;

/// Nanoseconds in a millisecond.
const NS_PER_MS: u64 = 1_000_000;

/// Decides which matches of a rule fire, and counts them.
///
/// The owner serialises the calls, all of which may be made in any context. The counters start at
/// zero, stop at their largest value and survive everything but [`Self::reset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    settings: Settings,
    /// The random choices to come.
    random: Random,
    /// When the rule was enabled, monotonic.
    armed_ns: u64,
    /// How many of the matches to come fire.
    remaining: Times,
    /// How many bytes are still let through.
    space: u64,
    /// How many matches are still ignored.
    skip: u32,
    /// How many matches `interval` has seen.
    count: u64,
    /// How often the rule matched.
    matched: u64,
    /// How often it fired.
    fired: u64,
}

impl Schedule {
    /// Returns a schedule that has not seen a match yet, of a rule that is enabled now.
    ///
    /// `seed` is for settings that leave it open, and should be random.
    pub(crate) fn new(settings: Settings, seed: u64, now_ns: u64) -> Self {
        Self {
            settings,
            random: Random::new(match settings.seed {
                0 => seed,
                seed => seed,
            }),
            armed_ns: now_ns,
            remaining: settings.times,
            space: u64::from(settings.space),
            skip: settings.skip,
            count: 0,
            matched: 0,
            fired: 0,
        }
    }

    /// Takes note of a match at `now_ns` with `size` bytes of data, and returns whether the rule
    /// fires.
    ///
    /// What is outside the window or skipped is as if it had not happened; for the rest the order
    /// is that of `should_fail_ex()`.
    pub(crate) fn fire(&mut self, now_ns: u64, size: usize) -> bool {
        self.matched = self.matched.saturating_add(1);
        let fires = self.is_armed(now_ns)
            && self.is_past_skip()
            && (self.settings.chance != 0 || self.settings.probability != 0)
            && self.remaining != Times::Limited(0)
            && self.is_out_of_space(size)
            && self.is_turn()
            && self.is_chosen();
        if fires {
            if let Times::Limited(left) = self.remaining {
                self.remaining = Times::Limited(left.saturating_sub(1));
            }
            self.fired = self.fired.saturating_add(1);
        }
        fires
    }

    /// Returns whether the time of the rule has come and is not over.
    fn is_armed(&self, now_ns: u64) -> bool {
        let ns = |ms| u64::from(ms) * NS_PER_MS;
        let since_ns = now_ns.saturating_sub(self.armed_ns);
        match since_ns.checked_sub(ns(self.settings.delay_ms)) {
            None => false,
            Some(open_ns) => self.settings.window_ms == 0 || open_ns < ns(self.settings.window_ms),
        }
    }

    /// Skips a match, or returns whether there are none left to skip.
    fn is_past_skip(&mut self) -> bool {
        match self.skip.checked_sub(1) {
            Some(left) => {
                self.skip = left;
                false
            }
            None => true,
        }
    }

    /// Lets bytes through, or returns whether there is no room for so many.
    fn is_out_of_space(&mut self, size: usize) -> bool {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        if self.space > size {
            self.space -= size;
            false
        } else {
            true
        }
    }

    /// Returns whether it is the turn of this match by `interval`.
    fn is_turn(&mut self) -> bool {
        let interval = u64::from(self.settings.interval);
        if interval <= 1 {
            return true;
        }
        self.count = self.count.wrapping_add(1);
        self.count % interval == 0
    }

    /// Returns whether this match is one of those that `probability` or `chance` chooses.
    fn is_chosen(&mut self) -> bool {
        match self.settings.chance {
            0 => self.random.below(100) < self.settings.probability,
            chance => self.random.below(chance) == 0,
        }
    }

    /// Returns a number below `bound` for a random choice of the action, such as a delay's jitter;
    /// 0 for a `bound` of 0.
    pub(crate) fn choose(&mut self, bound: u32) -> u32 {
        self.random.below(bound)
    }

    /// Changes the settings, except for `times`; see [`Self::set_times`].
    ///
    /// `space`, `skip` and `seed` start over if they are changed, `delay_ms` and `window_ms` count
    /// from when the rule was enabled.
    pub(crate) fn set(&mut self, settings: Settings) {
        let old = self.settings;
        self.settings = Settings {
            times: old.times,
            ..settings
        };
        if settings.space != old.space {
            self.space = u64::from(settings.space);
        }
        if settings.skip != old.skip {
            self.skip = settings.skip;
        }
        if settings.seed != old.seed && settings.seed != 0 {
            self.random = Random::new(settings.seed);
        }
    }

    /// Sets how many of the matches from now on fire, whatever fired before.
    pub(crate) fn set_times(&mut self, times: Times) {
        self.settings.times = times;
        self.remaining = times;
    }

    /// Starts over, as if the rule were enabled now: the counters are zero again. A seed that was
    /// set starts over as well, otherwise the random choices go on.
    pub(crate) fn reset(&mut self, now_ns: u64) {
        let random = self.random;
        *self = Self::new(self.settings, 0, now_ns);
        if self.settings.seed == 0 {
            self.random = random;
        }
    }

    /// Returns the settings as they are now.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns how many matches there were.
    pub(crate) fn matched(&self) -> u64 {
        self.matched
    }

    /// Returns how many of them fired.
    pub(crate) fn fired(&self) -> u64 {
        self.fired
    }

    /// Returns how many of the matches to come fire.
    pub(crate) fn remaining(&self) -> Times {
        self.remaining
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_schedule))]
mod tests {
    use super::*;

    /// Settings that let everything through.
    fn always() -> Settings {
        Settings {
            times: Times::Unlimited,
            ..Settings::default()
        }
    }

    /// Returns on which of eight matches at time 0 without data the rule fires.
    fn fires(schedule: &mut Schedule) -> [bool; 8] {
        [(); 8].map(|()| schedule.fire(0, 0))
    }

    /// Returns the same for a new schedule.
    fn fires_with(settings: Settings) -> [bool; 8] {
        fires(&mut Schedule::new(settings, 1, 0))
    }

    const NO: bool = false;
    const YES: bool = true;

    #[test]
    fn fires_as_often_as_configured() {
        for (times, expected) in [
            (Times::Limited(0), [NO, NO, NO, NO, NO, NO, NO, NO]),
            (Times::ONCE, [YES, NO, NO, NO, NO, NO, NO, NO]),
            (Times::Limited(3), [YES, YES, YES, NO, NO, NO, NO, NO]),
            (Times::Unlimited, [YES; 8]),
        ] {
            let settings = Settings { times, ..always() };
            let mut schedule = Schedule::new(settings, 1, 0);
            assert_eq!(fires(&mut schedule), expected);
            assert_eq!(schedule.matched(), 8);
            let fired = expected.into_iter().filter(|fired| *fired).count();
            assert_eq!(Ok(schedule.fired()), u64::try_from(fired));
            let left = match times {
                Times::Unlimited => Times::Unlimited,
                Times::Limited(_) => Times::Limited(0),
            };
            assert_eq!(schedule.remaining(), left);
        }
        assert_eq!(
            fires_with(Settings::default()),
            [YES, NO, NO, NO, NO, NO, NO, NO]
        );
    }

    #[test]
    fn interval_and_skip_choose_matches() {
        for (interval, skip, expected) in [
            (0, 0, [YES; 8]),
            (1, 0, [YES; 8]),
            (2, 0, [NO, YES, NO, YES, NO, YES, NO, YES]),
            (3, 0, [NO, NO, YES, NO, NO, YES, NO, NO]),
            (0, 5, [NO, NO, NO, NO, NO, YES, YES, YES]),
            (3, 2, [NO, NO, NO, NO, YES, NO, NO, YES]),
            (1, u32::MAX, [NO; 8]),
        ] {
            let settings = Settings {
                interval,
                skip,
                ..always()
            };
            assert_eq!(fires_with(settings), expected);
        }
    }

    #[test]
    fn space_lets_bytes_through() {
        let settings = Settings {
            space: 10,
            ..always()
        };
        let mut schedule = Schedule::new(settings, 1, 0);
        for (size, fires) in [
            (4, NO),
            (0, NO),
            (5, NO),
            (0, NO),
            (1, YES),
            (1, YES),
            (0, NO),
        ] {
            assert_eq!(schedule.fire(0, size), fires);
        }
        assert!(schedule.fire(0, usize::MAX));
    }

    #[test]
    fn the_window_opens_and_closes() {
        const MS: u64 = 1_000_000;
        for (delay_ms, window_ms, at, fires) in [
            (0, 0, 0, YES),
            (0, 0, u64::MAX, YES),
            (5, 0, 0, NO),
            (5, 0, 5 * MS - 1, NO),
            (5, 0, 5 * MS, YES),
            (5, 2, 7 * MS - 1, YES),
            (5, 2, 7 * MS, NO),
            (0, 2, 0, YES),
            (0, 2, 2 * MS, NO),
            (u32::MAX, u32::MAX, 0, NO),
            (u32::MAX, u32::MAX, u64::from(u32::MAX) * MS, YES),
        ] {
            let settings = Settings {
                delay_ms,
                window_ms,
                ..always()
            };
            for enabled in [0, 77] {
                let mut schedule = Schedule::new(settings, 1, enabled);
                assert_eq!(schedule.fire(at.saturating_add(enabled), 0), fires);
            }
        }
        // A clock that runs backwards is a rule that was just enabled.
        assert!(Schedule::new(always(), 1, 1000).fire(0, 0));
    }

    #[test]
    fn probability_and_chance_choose_at_random() {
        for (probability, chance, least, most) in [
            (0, 0, 0, 0),
            (100, 0, 1000, 1000),
            (1000, 0, 1000, 1000),
            (50, 0, 430, 570),
            (1, 0, 1, 40),
            (0, 1, 1000, 1000),
            (100, 4, 190, 310),
            (0, u32::MAX, 0, 1),
        ] {
            let settings = Settings {
                probability,
                chance,
                ..always()
            };
            let mut schedule = Schedule::new(settings, 4711, 0);
            for _ in 0..1000 {
                schedule.fire(0, 0);
            }
            assert!((least..=most).contains(&schedule.fired()));
        }
    }

    #[test]
    fn a_seed_repeats_the_choices() {
        let settings = |seed| Settings {
            probability: 50,
            seed,
            ..always()
        };
        let with_seed = fires_with(settings(99));
        assert_eq!(fires(&mut Schedule::new(settings(99), 2, 3)), with_seed);
        assert_eq!(fires(&mut Schedule::new(settings(0), 99, 0)), with_seed);
        assert_ne!(fires_with(settings(98)), with_seed);
        assert_ne!(fires_with(settings(0)), with_seed);

        let mut schedule = Schedule::new(settings(99), 1, 0);
        fires(&mut schedule);
        schedule.reset(0);
        assert_eq!(fires(&mut schedule), with_seed);
        schedule.set(settings(98));
        schedule.set(settings(99));
        assert_eq!(fires(&mut schedule), with_seed);

        // Without a seed that was set, the choices go on.
        let mut schedule = Schedule::new(settings(0), 99, 0);
        fires(&mut schedule);
        schedule.reset(0);
        assert_ne!(fires(&mut schedule), with_seed);
        assert!(schedule.choose(7) < 7);
    }

    #[test]
    fn times_start_over_and_counters_stay() {
        let mut schedule = Schedule::new(Settings::default(), 1, 0);
        assert!(schedule.fire(0, 0));
        assert!(!schedule.fire(0, 0));
        schedule.set_times(Times::ONCE);
        assert_eq!(schedule.remaining(), Times::ONCE);
        assert!(schedule.fire(0, 0));
        schedule.set_times(Times::Unlimited);
        assert!(schedule.fire(0, 0));
        schedule.set_times(Times::Limited(0));
        assert!(!schedule.fire(0, 0));
        assert_eq!((schedule.matched(), schedule.fired()), (5, 3));
    }

    #[test]
    fn settings_change_without_their_times() {
        let mut schedule = Schedule::new(Settings::default(), 1, 0);
        assert!(schedule.fire(0, 0));
        let settings = Settings {
            times: Times::Unlimited,
            interval: 2,
            verbose: 1,
            ..Settings::default()
        };
        schedule.set(settings);
        assert_eq!(schedule.remaining(), Times::Limited(0));
        assert_eq!(
            *schedule.settings(),
            Settings {
                times: Times::ONCE,
                ..settings
            }
        );
        schedule.set_times(Times::Unlimited);
        assert_eq!(fires(&mut schedule), [NO, YES, NO, YES, NO, YES, NO, YES]);
    }

    #[test]
    fn space_and_skip_start_over_when_changed() {
        let mut schedule = Schedule::new(always(), 1, 0);
        let settings = Settings {
            space: 4,
            skip: 2,
            ..always()
        };
        schedule.set(settings);
        for expected in [NO, NO, NO, YES] {
            assert_eq!(schedule.fire(0, 3), expected);
        }
        schedule.set(settings);
        assert!(schedule.fire(0, 3));
        schedule.set(Settings {
            skip: 1,
            ..settings
        });
        assert!(!schedule.fire(0, 3));
        assert!(schedule.fire(0, 3));
    }

    #[test]
    fn reset_is_as_if_enabled_now() {
        let settings = Settings {
            interval: 2,
            times: Times::Limited(2),
            space: 3,
            skip: 1,
            delay_ms: 1,
            ..always()
        };
        let mut schedule = Schedule::new(settings, 1, 0);
        for _ in 0..9 {
            schedule.fire(1_000_000, 1);
        }
        let enabled = Schedule::new(settings, 1, 5_000_000);
        assert_ne!(schedule, enabled);
        schedule.reset(5_000_000);
        assert_eq!((schedule.matched(), schedule.fired()), (0, 0));
        assert_eq!(schedule.remaining(), Times::Limited(2));
        let mut enabled = enabled;
        for at in [
            5_000_000, 6_000_000, 6_000_001, 6_000_002, 6_000_003, 6_000_004,
        ] {
            assert_eq!(schedule.fire(at, 1), enabled.fire(at, 1));
        }
    }

    #[test]
    fn counters_stop_at_their_largest_value() {
        let mut schedule = Schedule {
            matched: u64::MAX,
            fired: u64::MAX,
            count: u64::MAX,
            ..Schedule::new(always(), 1, 0)
        };
        assert!(schedule.fire(0, 0));
        assert_eq!(schedule.matched(), u64::MAX);
        assert_eq!(schedule.fired(), u64::MAX);
    }

    #[test]
    fn a_timer_has_its_delay_and_interval_elsewhere() {
        let settings = Settings {
            delay_ms: 10,
            interval: 3,
            ..always()
        };
        assert_eq!(fires_with(settings.for_timer()), [YES; 8]);
        let settings = Settings {
            window_ms: 5,
            ..settings
        };
        let mut schedule = Schedule::new(settings.for_timer(), 1, 0);
        assert!(schedule.fire(14_999_999, 0));
        assert!(!schedule.fire(15_000_000, 0));
    }
}
