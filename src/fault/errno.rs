// SPDX-License-Identifier: GPL-2.0

//! Error numbers.

use core::fmt;

/// The largest number that the kernel can put into an error pointer, `MAX_ERRNO`.
const MAX: i32 = 4095;

/// The names that can be written for a number.
///
/// These are the values of asm-generic, which every architecture with Rust support uses.
const NAMES: [(&str, i32); 9] = [
    ("EIO", 5),
    ("ENXIO", 6),
    ("EAGAIN", 11),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("EBUSY", 16),
    ("ENODEV", 19),
    ("EINVAL", 22),
    ("ETIMEDOUT", 110),
];

/// An error number.
///
/// # Invariants
///
/// The number is in 1..=4095.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(i32);

impl Errno {
    /// Parses a name such as `EIO`, or a negative decimal number such as `-5`.
    ///
    /// Returns `None` for an unknown name, a positive number, leading zeros or anything below
    /// -4095.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // INVARIANT: All numbers in `NAMES` are in range, and so is what was written as a number.
        match text.strip_prefix('-') {
            Some(digits) => number(digits).map(Self),
            None => NAMES
                .iter()
                .find(|(name, _)| *name == text)
                .map(|(_, number)| Self(*number)),
        }
    }

    /// Returns the negative number, as kernel functions return it.
    pub(crate) fn to_errno(self) -> i32 {
        -self.0
    }
}

/// Parses a decimal number in 1..=4095 that starts with neither a sign nor a zero.
fn number(digits: &str) -> Option<i32> {
    if !digits.starts_with(|first: char| matches!(first, '1'..='9')) {
        return None;
    }
    digits.parse().ok().filter(|number| *number <= MAX)
}

impl fmt::Display for Errno {
    /// Prints the name, or the negative number of an error without one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "-{}", self.0),
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_errno))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn names_have_the_numbers_of_errno_h() {
        for (text, number) in [
            ("EIO", -5),
            ("ENXIO", -6),
            ("EAGAIN", -11),
            ("ENOMEM", -12),
            ("EACCES", -13),
            ("EBUSY", -16),
            ("ENODEV", -19),
            ("EINVAL", -22),
            ("ETIMEDOUT", -110),
        ] {
            assert!(Errno::parse(text).is_some_and(|errno| errno.to_errno() == number));
        }
    }

    #[test]
    fn numbers_are_negative() {
        assert!(Errno::parse("-1").is_some_and(|errno| errno.to_errno() == -1));
        assert!(Errno::parse("-4095").is_some_and(|errno| errno.to_errno() == -4095));
        for text in [
            "",
            "-",
            "0",
            "-0",
            "5",
            "+5",
            "--5",
            "-+5",
            "-05",
            "-4096",
            "-5 ",
            " -5",
            "-0x5",
            "-99999999999",
            "-5.0",
            "EIO ",
            "eio",
            "EPERM",
            "none",
        ] {
            assert_eq!(Errno::parse(text), None);
        }
    }

    #[test]
    fn prints_the_name_where_there_is_one() {
        assert!(Errno::parse("-5").is_some_and(|errno| prints(errno, "EIO")));
        assert!(Errno::parse("EBUSY").is_some_and(|errno| prints(errno, "EBUSY")));
        assert!(Errno::parse("-1234").is_some_and(|errno| prints(errno, "-1234")));
    }
}
