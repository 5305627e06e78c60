// SPDX-License-Identifier: GPL-2.0

//! The parameter list of SANITIZE, service action OVERWRITE (SBC-4).

use crate::protocol::sense::Sense;

/// The length of the list in front of the initialization pattern.
const HEADER: usize = 4;

/// What to overwrite the medium with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overwrite<'a> {
    /// INVERT: invert the pattern from each pass to the next.
    pub(crate) invert: bool,
    /// OVERWRITE COUNT: the number of passes, 1 to 31.
    pub(crate) count: u8,
    /// INITIALIZATION PATTERN, repeated in each block: 1 byte to all of a block.
    pub(crate) pattern: &'a [u8],
}

/// Parses the parameter list of a unit with blocks of `block_size` bytes.
///
/// # Errors
///
/// - INVALID FIELD IN CDB pointing to PARAMETER LIST LENGTH: that is less than 5, or more than 4
///   bytes and a block.
/// - INVALID FIELD IN PARAMETER LIST, with a pointer: TEST is not zero, OVERWRITE COUNT is zero, or
///   INITIALIZATION PATTERN LENGTH is zero or more than a block.
/// - PARAMETER LIST LENGTH ERROR: the list ends within the pattern.
pub(crate) fn overwrite(list: &[u8], block_size: u32) -> Result<Overwrite<'_>, Sense> {
    let block = usize::try_from(block_size).unwrap_or(usize::MAX);
    let [flags, _, high, low, pattern @ ..] = list else {
        return Err(Sense::invalid_field(7));
    };
    if pattern.is_empty() || list.len() > block.saturating_add(HEADER) {
        return Err(Sense::invalid_field(7));
    }
    if flags & 0x60 != 0 {
        return Err(Sense::invalid_parameter_bit(0, 6));
    }
    let count = flags & 0x1f;
    if count == 0 {
        return Err(Sense::invalid_parameter_bit(0, 4));
    }
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length == 0 || length > block {
        return Err(Sense::invalid_parameter(2));
    }
    Ok(Overwrite {
        invert: flags & 0x80 != 0,
        count,
        pattern: pattern
            .get(..length)
            .ok_or(Sense::PARAMETER_LIST_LENGTH_ERROR)?,
    })
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_sanitize))]
mod tests {
    use super::*;

    #[test]
    fn parses_a_list() {
        assert_eq!(
            overwrite(&[0x9f, 0, 0, 2, 0xa5, 0x5a], 512),
            Ok(Overwrite {
                invert: true,
                count: 31,
                pattern: &[0xa5, 0x5a],
            })
        );
        // What is behind the pattern does not matter.
        assert_eq!(
            overwrite(&[0x01, 0, 0, 1, 0xa5, 0x5a], 512),
            Ok(Overwrite {
                invert: false,
                count: 1,
                pattern: &[0xa5],
            })
        );
    }

    #[test]
    fn a_pattern_can_be_as_long_as_a_block() {
        let mut list = [0xa5; 517];
        list[..4].copy_from_slice(&[0x01, 0, 0x02, 0x00]);
        let parsed = overwrite(&list[..516], 512);
        assert!(parsed.is_ok_and(|parsed| parsed.pattern.len() == 512));
        assert_eq!(overwrite(&list, 512), Err(Sense::invalid_field(7)));
        list[3] = 1;
        assert_eq!(
            overwrite(&list[..516], 512),
            Err(Sense::invalid_parameter(2))
        );
    }

    #[test]
    fn refuses_lists_without_a_pattern() {
        let list = [0x01, 0, 0, 1];
        for len in 0..=4 {
            let list = list.get(..len).unwrap_or_default();
            assert_eq!(overwrite(list, 512), Err(Sense::invalid_field(7)));
        }
        assert_eq!(
            overwrite(&[0x01, 0, 0, 0, 0xa5], 512),
            Err(Sense::invalid_parameter(2))
        );
        assert_eq!(
            overwrite(&[0x01, 0, 0, 2, 0xa5], 512),
            Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
        );
    }

    #[test]
    fn refuses_tests_and_no_pass_at_all() {
        for flags in [0x21, 0x41, 0x61] {
            assert_eq!(
                overwrite(&[flags, 0, 0, 1, 0xa5], 512),
                Err(Sense::invalid_parameter_bit(0, 6))
            );
        }
        assert_eq!(
            overwrite(&[0x80, 0, 0, 1, 0xa5], 512),
            Err(Sense::invalid_parameter_bit(0, 4))
        );
    }
}
