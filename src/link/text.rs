// SPDX-License-Identifier: GPL-2.0

//! What the files of `link/` take and print, apart from words.

use core::fmt;

use crate::fault::text::small_number;

/// A time after which something happens, as `srp_parse_tmo()` and `srp_show_tmo()` have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// It does not happen.
    Off,
    /// It happens after that many seconds.
    Seconds(u32),
}

impl Timeout {
    /// Parses `off`, or seconds in decimal, hexadecimal (0x) or octal (0).
    ///
    /// Returns `None` for anything else. Unlike `srp_parse_tmo()` this takes no negative number for
    /// `off`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::Off),
            _ => small_number(text).map(Self::Seconds),
        }
    }

    /// Returns the seconds; `None` if it is off.
    pub(crate) fn seconds(self) -> Option<u32> {
        match self {
            Self::Off => None,
            Self::Seconds(seconds) => Some(seconds),
        }
    }
}

impl fmt::Display for Timeout {
    /// Prints `off` or the seconds in decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Seconds(seconds) => write!(f, "{seconds}"),
        }
    }
}

/// A link that goes down and comes up again by itself, perhaps several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounce {
    /// How long it is down each time, in milliseconds, before it is told to come up.
    pub(crate) down_ms: u32,
    /// How long it is up between two times, in milliseconds.
    pub(crate) up_ms: u32,
    /// How often it goes down; 0 is never.
    pub(crate) count: u32,
}

impl Bounce {
    /// Parses `<down_ms>` (once) or `<down_ms>,<up_ms>,<count>`.
    ///
    /// Returns `None` for anything else, and for a count of 0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(',').map(small_number);
        let down_ms = fields.next()??;
        let (up_ms, count) = match fields.next() {
            None => (0, 1),
            Some(up_ms) => (up_ms?, fields.next()??),
        };
        if count == 0 || fields.next().is_some() {
            return None;
        }
        Some(Self {
            down_ms,
            up_ms,
            count,
        })
    }
}

impl fmt::Display for Bounce {
    /// Prints as few fields as there have to be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            down_ms,
            up_ms,
            count,
        } = self;
        if (*up_ms, *count) == (0, 1) {
            write!(f, "{down_ms}")
        } else {
            write!(f, "{down_ms},{up_ms},{count}")
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_text))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn a_timeout_is_off_or_seconds() {
        for (text, timeout) in [
            ("off", Timeout::Off),
            ("0", Timeout::Seconds(0)),
            ("15", Timeout::Seconds(15)),
            ("0x1f", Timeout::Seconds(31)),
            ("0X1F", Timeout::Seconds(31)),
            ("017", Timeout::Seconds(15)),
            ("4294967295", Timeout::Seconds(u32::MAX)),
        ] {
            assert_eq!(Timeout::parse(text), Some(timeout));
        }
        for text in [
            "",
            "Off",
            "off ",
            "offline",
            "-1",
            "+1",
            "0x",
            "0x+1",
            "0-1",
            "08",
            "1s",
            "1.5",
            " 1",
            "4294967296",
        ] {
            assert_eq!(Timeout::parse(text), None);
        }
        assert!(prints(Timeout::Off, "off"));
        assert!(prints(Timeout::Seconds(0), "0"));
        assert!(prints(Timeout::Seconds(u32::MAX), "4294967295"));
    }

    #[test]
    fn a_timeout_knows_its_seconds() {
        assert_eq!(Timeout::Off.seconds(), None);
        assert_eq!(Timeout::Seconds(3).seconds(), Some(3));
    }

    #[test]
    fn a_bounce_has_one_field_or_three() {
        for (text, down_ms, up_ms, count) in [
            ("100", 100, 0, 1),
            ("0", 0, 0, 1),
            ("100,0x32,3", 100, 50, 3),
            ("0,0,4294967295", 0, 0, u32::MAX),
        ] {
            let bounce = Bounce {
                down_ms,
                up_ms,
                count,
            };
            assert_eq!(Bounce::parse(text), Some(bounce));
        }
        for text in [
            "", ",", "1,", "1,2", "1,2,", "1,2,0", "1,2,3,", "1,2,3,4", "-1", "a", "1,b,1",
            "1,2,c", "1, 2, 3",
        ] {
            assert_eq!(Bounce::parse(text), None);
        }
        assert!(Bounce::parse("7").is_some_and(|bounce| prints(bounce, "7")));
        assert!(Bounce::parse("7,0x8,9").is_some_and(|bounce| prints(bounce, "7,8,9")));
    }
}
