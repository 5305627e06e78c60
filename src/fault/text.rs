// SPDX-License-Identifier: GPL-2.0

//! Values that users write as text: words, numbers, bytes and lists of them.

use core::fmt;

use crate::protocol::sense::hex_byte;

/// Declares an enumeration whose variants have a word each.
///
/// The words are what configfs attributes take and print, so they are part of the user interface.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub(crate) enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $word:literal,
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $(
                $(#[$variant_meta])*
                $variant,
            )+
        }

        impl $name {
            /// All variants, in the order in which they are declared.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word for the variant.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Returns the variant that `word` stands for; the case of its letters matters.
            #[allow(dead_code, reason = "some words are only ever printed")]
            pub(crate) fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == word)
            }
        }

        impl core::fmt::Display for $name {
            /// Prints the word.
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use words;

/// Parses a number in decimal, with 0x in hexadecimal, with 0 in octal, as attributes have them.
///
/// Returns `None` for anything else, such as a sign, and for what does not fit.
pub(crate) fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix('0') {
        None | Some("") => (text, 10),
        Some(rest) => match rest.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (rest, 8),
        },
    };
    if digits.starts_with('+') {
        return None; // from_str_radix() takes a sign.
    }
    u64::from_str_radix(digits, radix).ok()
}

/// Parses a number as [`number`] does, for a type that may have room for less.
pub(crate) fn small_number<T: TryFrom<u64>>(text: &str) -> Option<T> {
    number(text).and_then(|number| T::try_from(number).ok())
}

/// Parses a number of bytes, which K, M, G, T or P multiplies by a power of 1024.
pub(crate) fn byte_size(text: &str) -> Option<u64> {
    const UNITS: [([char; 2], u32); 5] = [
        (['k', 'K'], 10),
        (['m', 'M'], 20),
        (['g', 'G'], 30),
        (['t', 'T'], 40),
        (['p', 'P'], 50),
    ];
    let (digits, shift) = UNITS
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))
        .unwrap_or((text, 0));
    number(digits)?.checked_mul(1 << shift)
}

/// Prints a list as attributes have them, or `none` for an empty one.
pub(crate) fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    none: &str,
    mut items: impl Iterator<Item = T>,
) -> fmt::Result {
    let Some(first) = items.next() else {
        return f.write_str(none);
    };
    write!(f, "{first}")?;
    items.try_for_each(|item| write!(f, ",{item}"))
}

/// Up to `N` bytes that are written as pairs of hexadecimal digits, first byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HexBytes<const N: usize> {
    /// The bytes from the front on; zero behind the last.
    bytes: [u8; N],
    /// How many there are; never more than `N`.
    len: usize,
}

impl<const N: usize> HexBytes<N> {
    /// No bytes at all.
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; N],
        len: 0,
    };

    /// Parses one to `N` pairs of digits with nothing between them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parsed = Self::EMPTY;
        let pairs = text.as_bytes().chunks_exact(2);
        if text.is_empty() || !pairs.remainder().is_empty() {
            return None;
        }
        for pair in pairs {
            let pair = core::str::from_utf8(pair).ok()?;
            *parsed.bytes.get_mut(parsed.len)? = hex_byte(pair)?;
            parsed.len += 1;
        }
        Some(parsed)
    }

    /// Returns the bytes.
    pub(crate) fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for HexBytes<N> {
    /// Prints what [`Self::parse`] reads back; nothing for no bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_text))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn numbers_have_the_bases_of_attributes() {
        for (text, value) in [
            ("0", 0),
            ("1", 1),
            ("10", 10),
            ("010", 8),
            ("0x10", 16),
            ("0Xff", 255),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(number(text), Some(value));
        }
        for text in [
            "",
            "-1",
            "+1",
            "0x",
            "0x+1",
            "0+1",
            "08",
            "1 ",
            " 1",
            "0x1g",
            "a",
            "18446744073709551616",
        ] {
            assert_eq!(number(text), None);
        }
        assert_eq!(small_number("255"), Some(255u8));
        assert_eq!(small_number::<u8>("256"), None);
    }

    #[test]
    fn sizes_have_units() {
        for (text, value) in [
            ("512", 512),
            ("4k", 4096),
            ("0x10K", 16384),
            ("1M", 1 << 20),
            ("2g", 2 << 30),
            ("3T", 3 << 40),
            ("1p", 1 << 50),
        ] {
            assert_eq!(byte_size(text), Some(value));
        }
        for text in ["", "K", "1KK", "1 K", "-1K", "1E", "16384P"] {
            assert_eq!(byte_size(text), None);
        }
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        for (text, bytes) in [
            ("00", &[0u8][..]),
            ("fF01", &[255, 1]),
            ("010203", &[1, 2, 3]),
        ] {
            assert!(HexBytes::<3>::parse(text).is_some_and(|parsed| parsed.get() == bytes));
        }
        for text in [
            "", "0", "000", "0x", "+1", "g0", "01020304", "0\u{e9}", "01 2",
        ] {
            assert_eq!(HexBytes::<3>::parse(text), None);
        }
        assert!(HexBytes::<3>::parse("Ab01").is_some_and(|parsed| prints(parsed, "ab01")));
        assert!(prints(HexBytes::<3>::EMPTY, ""));
    }
}
