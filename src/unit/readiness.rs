// SPDX-License-Identifier: GPL-2.0

//! How long a logical unit takes until it is ready (SPC-6, becoming ready).
//!
//! There is no clock in here: whoever has one says what the time is. Times are milliseconds of a
//! clock that does not go back.

use crate::protocol::sense::Sense;

/// When a unit is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Readiness {
    /// What the time is, as far as is known.
    now_ms: u64,
    /// From when on it is ready.
    ready_ms: u64,
    /// How long it takes to become ready after a start.
    start_ms: u32,
}

impl Readiness {
    /// Returns that a unit is ready, and always at once.
    pub(super) const fn new() -> Self {
        Self {
            now_ms: 0,
            ready_ms: 0,
            start_ms: 0,
        }
    }

    /// Returns whether it matters what the time is.
    pub(super) const fn needs_time(&self) -> bool {
        self.ready_ms > self.now_ms || self.start_ms > 0
    }

    /// Says what the time is.
    pub(super) fn set_time(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// Sets how long it takes to become ready after a start, from the next one on.
    pub(super) fn set_start_ms(&mut self, start_ms: u32) {
        self.start_ms = start_ms;
    }

    /// Says that the unit is started.
    pub(super) fn start(&mut self) {
        let ready_ms = self.now_ms.saturating_add(u64::from(self.start_ms));
        self.ready_ms = self.ready_ms.max(ready_ms);
    }

    /// Makes the unit ready after that many milliseconds, and not before.
    pub(super) fn delay(&mut self, ms: u32) {
        self.ready_ms = self.now_ms.saturating_add(u64::from(ms));
    }

    /// Checks whether it is ready by now.
    ///
    /// # Errors
    ///
    /// Returns NOT READY, LOGICAL UNIT IS IN PROCESS OF BECOMING READY.
    pub(super) const fn check(&self) -> Result<(), Sense> {
        if self.now_ms < self.ready_ms {
            Err(Sense::BECOMING_READY)
        } else {
            Ok(())
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_readiness))]
mod tests {
    use super::*;

    #[test]
    fn becomes_ready_when_the_time_has_come() {
        let mut readiness = Readiness::new();
        assert!(!readiness.needs_time());
        readiness.start();
        assert_eq!(readiness.check(), Ok(()));

        readiness.set_start_ms(5);
        assert!(readiness.needs_time());
        readiness.set_time(10);
        readiness.start();
        for (now_ms, ready) in [(10, false), (14, false), (12, false), (15, true)] {
            readiness.set_time(now_ms);
            assert_eq!(readiness.check().is_ok(), ready);
        }
    }

    #[test]
    fn a_delay_is_not_shortened_by_a_start() {
        let mut readiness = Readiness::new();
        readiness.delay(100);
        assert!(readiness.needs_time());
        readiness.set_start_ms(5);
        readiness.start();
        readiness.set_time(99);
        assert_eq!(readiness.check(), Err(Sense::BECOMING_READY));
        readiness.delay(0);
        assert_eq!(readiness.check(), Ok(()));

        readiness.set_start_ms(0);
        assert!(!readiness.needs_time());
        readiness.set_time(u64::MAX);
        readiness.delay(u32::MAX);
        assert_eq!(readiness.check(), Ok(()));
    }
}
