// SPDX-License-Identifier: GPL-2.0

//! When the link does something by itself.

use crate::link::text::Timeout;

/// What a timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// Brings the link up, as somebody asked for.
    Up,
    /// Brings it up by itself.
    Reconnect,
    /// Fails what is held.
    FastIoFail,
    /// Gives the targets up.
    DevLoss,
    /// Takes the link down again.
    Again,
}

/// When timers expire, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timers {
    /// For [`Timer::Up`].
    pub(super) up: Option<u64>,
    /// For [`Timer::Reconnect`].
    pub(super) reconnect: Option<u64>,
    /// For [`Timer::FastIoFail`].
    pub(super) fast_io_fail: Option<u64>,
    /// For [`Timer::DevLoss`].
    pub(super) dev_loss: Option<u64>,
    /// For [`Timer::Again`].
    pub(super) again: Option<u64>,
}

impl Timers {
    /// No timer runs.
    pub(super) const OFF: Self = Self {
        up: None,
        reconnect: None,
        fast_io_fail: None,
        dev_loss: None,
        again: None,
    };

    /// Returns the timer that expires first, and when. Of several that expire at the same time, the
    /// one that brings the link up is first.
    pub(super) fn first(&self) -> Option<(u64, Timer)> {
        [
            (self.up, Timer::Up),
            (self.reconnect, Timer::Reconnect),
            (self.fast_io_fail, Timer::FastIoFail),
            (self.dev_loss, Timer::DevLoss),
            (self.again, Timer::Again),
        ]
        .into_iter()
        .filter_map(|(at, timer)| at.map(|at| (at, timer)))
        .min_by_key(|(at, _)| *at)
    }
}

/// Returns when a timeout that starts now expires, in milliseconds.
pub(super) fn after(now_ms: u64, timeout: Timeout) -> Option<u64> {
    let seconds = timeout.seconds()?;
    Some(now_ms.saturating_add(u64::from(seconds) * 1000))
}

/// Returns by how many milliseconds, at most `max`, the phase with this number is longer.
///
/// It depends on nothing else, so that a test that is repeated sees the same.
pub(super) fn jitter(number: u64, max: u32) -> u64 {
    // The finaliser of MurmurHash3; its upper half is a fraction, by which the range is scaled.
    let mut hash = number.wrapping_add(1);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((hash >> 32) * (u64::from(max) + 1)) >> 32
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_timers))]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_timer_is_first() {
        assert_eq!(Timers::OFF.first(), None);
        let mut timers = Timers {
            again: Some(5),
            ..Timers::OFF
        };
        assert_eq!(timers.first(), Some((5, Timer::Again)));
        timers.dev_loss = Some(4);
        assert_eq!(timers.first(), Some((4, Timer::DevLoss)));
        timers.up = Some(6);
        assert_eq!(timers.first(), Some((4, Timer::DevLoss)));
    }

    #[test]
    fn coming_up_wins_a_tie() {
        let mut timers = Timers {
            up: Some(7),
            reconnect: Some(7),
            fast_io_fail: Some(7),
            dev_loss: Some(7),
            again: Some(7),
        };
        assert_eq!(timers.first(), Some((7, Timer::Up)));
        timers.up = None;
        assert_eq!(timers.first(), Some((7, Timer::Reconnect)));
        timers.reconnect = None;
        assert_eq!(timers.first(), Some((7, Timer::FastIoFail)));
        timers.fast_io_fail = None;
        assert_eq!(timers.first(), Some((7, Timer::DevLoss)));
    }

    #[test]
    fn timeouts_expire_after_seconds() {
        assert_eq!(after(5, Timeout::Off), None);
        assert_eq!(after(5, Timeout::Seconds(0)), Some(5));
        assert_eq!(after(5, Timeout::Seconds(2)), Some(2005));
        assert_eq!(after(u64::MAX, Timeout::Seconds(u32::MAX)), Some(u64::MAX));
    }

    #[test]
    fn jitter_covers_its_range() {
        for number in [0, 1, u64::MAX] {
            assert_eq!(jitter(number, 0), 0);
            assert!(jitter(number, u32::MAX) <= u64::from(u32::MAX));
            assert_eq!(jitter(number, 1000), jitter(number, 1000));
        }
        for wanted in 0..=3 {
            assert!((0..64).any(|number| jitter(number, 3) == wanted));
        }
        assert!((0..64).all(|number| jitter(number, 3) <= 3));
    }
}
