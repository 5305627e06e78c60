// SPDX-License-Identifier: GPL-2.0

//! When a matching rule fires.

use core::fmt;

/// How many times a rule fires, in the words of lib/fault-inject: -1 is no limit, 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// Every match fires.
    Unlimited,
    /// That many matches fire.
    Limited(u32),
}

impl Times {
    /// The default.
    pub(crate) const ONCE: Self = Self::Limited(1);

    /// Returns what the number stands for; `None` below -1.
    pub(crate) fn new(times: i32) -> Option<Self> {
        match times {
            -1 => Some(Self::Unlimited),
            _ => u32::try_from(times).ok().map(Self::Limited),
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("-1"),
            Self::Limited(times) => write!(f, "{times}"),
        }
    }
}

/// Decides which matches of a rule fire, and counts them.
///
/// The owner serialises the calls. The counters start at zero, stop at their largest value and
/// survive [`Self::set_times`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// How many of the matches to come fire.
    remaining: Times,
    /// How often the rule matched.
    matched: u64,
    /// How often it fired.
    fired: u64,
}

impl Schedule {
    /// Returns a schedule that has not seen a match yet.
    pub(crate) const fn new(times: Times) -> Self {
        Self {
            remaining: times,
            matched: 0,
            fired: 0,
        }
    }

    /// Takes note of a match and returns whether the rule fires.
    pub(crate) fn fire(&mut self) -> bool {
        self.matched = self.matched.saturating_add(1);
        if let Times::Limited(left) = self.remaining {
            let Some(left) = left.checked_sub(1) else {
                return false;
            };
            self.remaining = Times::Limited(left);
        }
        self.fired = self.fired.saturating_add(1);
        true
    }

    /// Sets how many of the matches from now on fire, whatever fired before.
    pub(crate) fn set_times(&mut self, times: Times) {
        self.remaining = times;
    }

    /// Returns how many matches there were.
    pub(crate) fn matched(&self) -> u64 {
        self.matched
    }

    /// Returns how many of them fired.
    pub(crate) fn fired(&self) -> u64 {
        self.fired
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_schedule))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn times_are_those_of_fault_inject() {
        assert_eq!(Times::new(i32::MIN), None);
        assert_eq!(Times::new(-2), None);
        assert_eq!(Times::new(-1), Some(Times::Unlimited));
        assert_eq!(Times::new(0), Some(Times::Limited(0)));
        assert_eq!(Times::new(1), Some(Times::ONCE));
        assert!(prints(Times::Unlimited, "-1"));
        assert!(prints(Times::Limited(0), "0"));
        assert!(prints(Times::Limited(2_147_483_647), "2147483647"));
    }

    #[test]
    fn fires_as_often_as_configured() {
        for (times, fires) in [
            (Times::Limited(0), [false, false, false]),
            (Times::ONCE, [true, false, false]),
            (Times::Limited(2), [true, true, false]),
            (Times::Limited(3), [true, true, true]),
            (Times::Unlimited, [true, true, true]),
        ] {
            let mut schedule = Schedule::new(times);
            for fire in fires {
                assert_eq!(schedule.fire(), fire);
            }
            assert_eq!(schedule.matched(), 3);
            let fired = fires.into_iter().filter(|fire| *fire).count();
            assert_eq!(Ok(schedule.fired()), u64::try_from(fired));
        }
    }

    #[test]
    fn starts_over_and_keeps_its_counters() {
        let mut schedule = Schedule::new(Times::ONCE);
        assert!(schedule.fire());
        assert!(!schedule.fire());
        schedule.set_times(Times::ONCE);
        assert!(schedule.fire());
        assert!(!schedule.fire());
        schedule.set_times(Times::Unlimited);
        assert!(schedule.fire());
        assert!(schedule.fire());
        schedule.set_times(Times::Limited(0));
        assert!(!schedule.fire());
        assert_eq!(schedule.matched(), 7);
        assert_eq!(schedule.fired(), 4);
    }

    #[test]
    fn counters_stop_at_their_largest_value() {
        let mut schedule = Schedule {
            matched: u64::MAX,
            fired: u64::MAX,
            ..Schedule::new(Times::Unlimited)
        };
        assert!(schedule.fire());
        assert_eq!(schedule.matched(), u64::MAX);
        assert_eq!(schedule.fired(), u64::MAX);
    }
}
