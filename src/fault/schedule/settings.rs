// SPDX-License-Identifier: GPL-2.0

//! What users say about when a rule fires.

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

/// What the user says of the schedule, attribute by attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// In how many of 100 cases the rule fires; more than 100 is 100.
    pub(crate) probability: u32,
    /// If not 0: the rule fires in one of that many cases, whatever `probability` says.
    pub(crate) chance: u32,
    /// Only every such match counts; 0 and 1 are every match.
    pub(crate) interval: u32,
    /// How often the rule fires.
    pub(crate) times: Times,
    /// How many bytes of data are let through first.
    pub(crate) space: u32,
    /// How many matches are ignored first.
    pub(crate) skip: u32,
    /// For how long after the rule is enabled matches are ignored, in milliseconds.
    pub(crate) delay_ms: u32,
    /// After how many more milliseconds matches are ignored again; 0 is never.
    pub(crate) window_ms: u32,
    /// What the random choices are made from; 0 is something else each time.
    pub(crate) seed: u64,
    /// Whether to say that the rule fired: 0 no, 1 yes, 2 with the stack.
    pub(crate) verbose: u8,
}

impl Default for Settings {
    /// Fires once, on the first match.
    fn default() -> Self {
        Self {
            probability: 100,
            chance: 0,
            interval: 1,
            times: Times::ONCE,
            space: 0,
            skip: 0,
            delay_ms: 0,
            window_ms: 0,
            seed: 0,
            verbose: 0,
        }
    }
}

impl Settings {
    /// Returns in how many milliseconds a rule with trigger `timer` is met next: `delay_ms` after
    /// it was enabled, then every `interval` times `delay_ms`, but not more than once a
    /// millisecond.
    pub(crate) fn timer_ms(&self, first: bool) -> u64 {
        let intervals = if first { 1 } else { self.interval.max(1) };
        // Two factors of 32 bits.
        (u64::from(self.delay_ms) * u64::from(intervals)).max(1)
    }

    /// Returns the settings for the [`Schedule`] of a rule with trigger `timer`: its delay and its
    /// interval are in when it is met, and must not count a second time.
    pub(crate) fn for_timer(self) -> Self {
        Self {
            interval: 1,
            delay_ms: 0,
            window_ms: match self.window_ms {
                0 => 0,
                window => window.saturating_add(self.delay_ms),
            },
            ..self
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_settings))]
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
    fn timers_run_after_the_delay_and_at_intervals() {
        for (delay_ms, interval, first, next) in [
            (100, 1, 100, 100),
            (100, 0, 100, 100),
            (100, 3, 100, 300),
            (0, 0, 1, 1),
            (0, 7, 1, 1),
            (
                u32::MAX,
                u32::MAX,
                u64::from(u32::MAX),
                u64::from(u32::MAX) * u64::from(u32::MAX),
            ),
        ] {
            let settings = Settings {
                delay_ms,
                interval,
                ..Settings::default()
            };
            assert_eq!(settings.timer_ms(true), first);
            assert_eq!(settings.timer_ms(false), next);
        }
    }
}
