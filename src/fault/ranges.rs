// SPDX-License-Identifier: GPL-2.0

//! Sets of numbers, written as ranges.

use core::fmt;

use crate::fault::text::{
    small_number,
    write_list, //
};

/// The numbers from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range<T> {
    /// The least of them.
    first: T,
    /// The greatest; not less than `first`.
    last: T,
}

impl<T: Copy + Ord + TryFrom<u64>> Range<T> {
    /// Parses `7` or `3-7`.
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (small_number(first)?, small_number(last)?),
            None => {
                let only = small_number(text)?;
                (only, only)
            }
        };
        (first <= last).then_some(Self { first, last })
    }
}

impl<T: fmt::Display + PartialEq> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last {
            write!(f, "{first}")
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

/// Any number at all, or the numbers of up to `N` ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ranges<T, const N: usize> {
    /// The ranges from the front on; none at all stands for any number, and for none to look at.
    ranges: [Option<Range<T>>; N],
}

impl<T: Copy + Ord + TryFrom<u64>, const N: usize> Ranges<T, N> {
    /// Any number.
    pub(crate) const ANY: Self = Self { ranges: [None; N] };

    /// Parses `any`, or a comma separated list of at most `N` numbers and ranges `first-last`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut set = Self::ANY;
        if text != "any" {
            for word in text.split(',') {
                let range = Range::parse(word)?;
                *set.ranges.iter_mut().find(|slot| slot.is_none())? = Some(range);
            }
        }
        Some(set)
    }

    /// Returns whether the set is [`Self::ANY`].
    pub(crate) fn is_any(&self) -> bool {
        self.ranges.first().is_none_or(Option::is_none)
    }

    /// Returns whether one of the numbers from `first` to `last` is in the set.
    pub(crate) fn overlaps(&self, first: T, last: T) -> bool {
        let mut ranges = self.ranges.iter().flatten();
        self.is_any() || ranges.any(|range| range.first <= last && first <= range.last)
    }

    /// Returns whether the number is in the set.
    pub(crate) fn contains(&self, number: T) -> bool {
        self.overlaps(number, number)
    }
}

impl<T: fmt::Display + PartialEq, const N: usize> fmt::Display for Ranges<T, N> {
    /// Prints `any` or the list in the order in which it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, "any", self.ranges.iter().flatten())
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_ranges))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    type Set = Ranges<u64, 3>;

    #[test]
    fn any_contains_everything() {
        assert_eq!(Set::parse("any"), Some(Set::ANY));
        assert!(Set::ANY.is_any());
        assert!(Set::ANY.contains(0));
        assert!(Set::ANY.contains(u64::MAX));
        assert!(prints(Set::ANY, "any"));
    }

    #[test]
    fn a_list_contains_its_numbers() {
        let set = Set::parse("3-5,9,0x10-020");
        for number in 0..20 {
            let wanted = matches!(number, 3..=5 | 9 | 16);
            assert_eq!(set.is_some_and(|set| set.contains(number)), wanted);
        }
        assert!(set.is_some_and(|set| !set.is_any()));
    }

    #[test]
    fn runs_overlap_at_their_ends() {
        let set = Set::parse("10-20");
        for (first, last, wanted) in [
            (0, 9, false),
            (0, 10, true),
            (12, 13, true),
            (0, u64::MAX, true),
            (20, 30, true),
            (21, 30, false),
        ] {
            assert_eq!(set.is_some_and(|set| set.overlaps(first, last)), wanted);
        }
    }

    #[test]
    fn prints_the_list_as_it_was_written() {
        for (text, printed) in [
            ("9", "9"),
            ("9-9", "9"),
            ("0x10-0x20,1", "16-32,1"),
            ("5,1-2,5", "5,1-2,5"),
        ] {
            assert!(Set::parse(text).is_some_and(|set| prints(set, printed)));
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", ",", "1,", ",1", "1-", "-1", "-", "5-3", "1--2", "1-2-3", "1,2,3,4", "any,1",
            "1,any", "all", "1 ", "+1", "1.5",
        ] {
            assert_eq!(Set::parse(text), None);
        }
        assert!(Ranges::<u32, 1>::parse("0-4294967295").is_some());
        assert_eq!(Ranges::<u32, 1>::parse("0-4294967296"), None);
    }
}
