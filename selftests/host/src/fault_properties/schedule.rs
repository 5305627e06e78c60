// SPDX-License-Identifier: GPL-2.0

//! What holds for every schedule.

use proptest::prelude::*;

use crate::fault::schedule::{
    Schedule,
    Settings,
    Times, //
};

/// lib/fault-inject's `should_fail_ex()` as it stands there, with the same random numbers.
struct FaultAttr {
    probability: u32,
    interval: u32,
    times: i64,
    space: i64,
    count: u64,
}

impl FaultAttr {
    /// Decides about an allocation of `size` bytes; `random` returns a number below 100.
    fn should_fail(&mut self, size: i64, random: impl FnOnce() -> u32) -> bool {
        if self.probability == 0 || self.times == 0 {
            return false;
        }
        if self.space > size {
            self.space -= size;
            return false;
        }
        if self.interval > 1 {
            self.count += 1;
            if self.count % u64::from(self.interval) != 0 {
                return false;
            }
        }
        if self.probability <= random() {
            return false;
        }
        if self.times != -1 {
            self.times -= 1;
        }
        true
    }
}

/// What can be done to a schedule.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Have a match so many nanoseconds later, of so many bytes.
    Fire(u64, usize),
    /// Set the number of times.
    SetTimes(i32),
    /// Set the probability and the interval.
    Set(u32, u32),
    /// Start over.
    Reset,
}

/// Returns steps, most of which fire.
fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => (0u64..2_000_000, 0usize..100).prop_map(|(later, size)| Step::Fire(later, size)),
        2 => (-1i32..6).prop_map(Step::SetTimes),
        2 => (probabilities(), 0u32..5).prop_map(|(percent, every)| Step::Set(percent, every)),
        1 => Just(Step::Reset),
    ]
}

/// Returns probabilities, often none at all or certainty.
fn probabilities() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0u32), Just(100u32), 1u32..100]
}

/// Returns settings in which everything plays a part.
fn settings() -> impl Strategy<Value = Settings> {
    (
        (
            probabilities(),
            prop_oneof![3 => Just(0u32), 1 => 1u32..4],
            0u32..5,
            -1i32..6,
        ),
        (0u32..300, 0u32..5, 0u32..5, 0u32..20),
        prop_oneof![Just(0u64), any::<u64>()],
    )
        .prop_map(
            |((probability, chance, interval, times), (space, skip, delay_ms, window_ms), seed)| {
                Settings {
                    probability,
                    chance,
                    interval,
                    times: Times::new(times).unwrap(),
                    space,
                    skip,
                    delay_ms,
                    window_ms,
                    seed,
                    verbose: 0,
                }
            },
        )
}

proptest! {
    #[test]
    fn a_schedule_behaves_like_fault_inject(
        probability in probabilities(),
        interval in 0u32..5,
        times in -1i32..6,
        space in 0u32..300,
        seed in 1u64..,
        steps in prop::collection::vec(steps(), 0..60),
    ) {
        let settings = Settings {
            probability,
            interval,
            times: Times::new(times).unwrap(),
            space,
            ..Settings::default()
        };
        let mut schedule = Schedule::new(settings, seed, 0);
        let mut attr = FaultAttr {
            probability,
            interval,
            times: i64::from(times),
            space: i64::from(space),
            count: 0,
        };
        let mut armed = attr.times;
        let (mut matched, mut fired) = (0, 0);
        // The schedule's own choices: it makes one exactly where fault-inject makes one.
        for step in steps {
            match step {
                Step::Fire(_, size) => {
                    let mut choices = schedule;
                    let fires = attr.should_fail(size as i64, || choices.choose(100));
                    matched += 1;
                    fired += u64::from(fires);
                    prop_assert_eq!(schedule.fire(0, size), fires);
                }
                Step::SetTimes(times) => {
                    attr.times = i64::from(times);
                    armed = attr.times;
                    schedule.set_times(Times::new(times).unwrap());
                }
                Step::Set(probability, interval) => {
                    attr.probability = probability;
                    attr.interval = interval;
                    schedule.set(Settings { probability, interval, ..*schedule.settings() });
                }
                Step::Reset => {
                    attr = FaultAttr {
                        times: armed,
                        space: i64::from(space),
                        count: 0,
                        ..attr
                    };
                    (matched, fired) = (0, 0);
                    schedule.reset(0);
                }
            }
            prop_assert_eq!((schedule.matched(), schedule.fired()), (matched, fired));
            prop_assert_eq!(schedule.remaining().to_string(), attr.times.to_string());
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_decisions(
        settings in settings(),
        seed: u64,
        enabled in 0u64..1_000_000_000_000,
        steps in prop::collection::vec(steps(), 0..60),
    ) {
        let mut one = Schedule::new(settings, seed, enabled);
        // Time counts from when the rule was enabled, and a seed that is set from nothing else.
        let other_seed = if settings.seed == 0 { seed } else { !seed };
        let mut other = Schedule::new(settings, other_seed, 0);
        let mut now = 0;
        for step in steps {
            match step {
                Step::Fire(later, size) => {
                    now += later;
                    prop_assert_eq!(one.fire(enabled + now, size), other.fire(now, size));
                }
                Step::SetTimes(times) => {
                    one.set_times(Times::new(times).unwrap());
                    other.set_times(Times::new(times).unwrap());
                }
                Step::Set(probability, interval) => {
                    one.set(Settings { probability, interval, ..*one.settings() });
                    other.set(Settings { probability, interval, ..*other.settings() });
                }
                Step::Reset => {
                    one.reset(enabled + now);
                    other.reset(now);
                }
            }
            prop_assert!(one.fired() <= one.matched());
            prop_assert_eq!(
                (one.matched(), one.fired(), one.remaining()),
                (other.matched(), other.fired(), other.remaining())
            );
        }
    }

    #[test]
    fn skip_and_the_window_only_leave_matches_out(
        settings in settings(),
        seed: u64,
        steps in prop::collection::vec((0u64..2_000_000, 0usize..100), 0..60),
    ) {
        let plain = Settings { skip: 0, delay_ms: 0, window_ms: 0, ..settings };
        let mut all = Schedule::new(settings, seed, 0);
        let mut counted = Schedule::new(plain, seed, 0);
        let opens = u64::from(settings.delay_ms) * 1_000_000;
        let closes = match settings.window_ms {
            0 => u64::MAX,
            window => opens + u64::from(window) * 1_000_000,
        };
        let (mut now, mut skip) = (0, settings.skip);
        for (later, size) in steps {
            now += later;
            let fires = if !(opens..closes).contains(&now) {
                false
            } else if skip > 0 {
                skip -= 1;
                false
            } else {
                counted.fire(now, size)
            };
            prop_assert_eq!(all.fire(now, size), fires);
        }
        prop_assert_eq!(all.fired(), counted.fired());
    }
}
