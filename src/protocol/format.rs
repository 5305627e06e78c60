// SPDX-License-Identifier: GPL-2.0

//! The parameter list of FORMAT UNIT (SBC-4).

use crate::protocol::sense::Sense;

/// How to format the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format<'a> {
    /// IMMED: return status before the medium is formatted.
    pub(crate) immediate: bool,
    /// INITIALIZATION PATTERN, repeated in each block: 1 byte to all of a block. Without one the
    /// content of the blocks is up to the unit.
    pub(crate) pattern: Option<&'a [u8]>,
}

/// Parses the parameter list of a unit with blocks of `block_size` bytes; `long` is LONGLIST.
///
/// The options on certification and on the primary defect list are taken and mean nothing, as there
/// are no defects.
///
/// # Errors
///
/// - PARAMETER LIST LENGTH ERROR: the list ends within a header or the pattern.
/// - INVALID FIELD IN PARAMETER LIST, with a pointer: protection information or a defect list,
///   which are not supported; options without FOV; an initialization pattern type that there is not;
///   a pattern that is empty or longer than a block.
pub(crate) fn parse(list: &[u8], long: bool, block_size: u32) -> Result<Format<'_>, Sense> {
    // The long header has two more bytes in front of DEFECT LIST LENGTH, which is longer by two.
    let (usage, flags, protection, defects, rest) = match (long, list) {
        (false, [usage, flags, d0, d1, rest @ ..]) => (usage, flags, 0, [0, 0, *d0, *d1], rest),
        (true, [usage, flags, _, protection, d0, d1, d2, d3, rest @ ..]) => {
            (usage, flags, *protection, [*d0, *d1, *d2, *d3], rest)
        }
        _ => return Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
    };
    let (defects_at, pattern_at) = if long { (4, 8) } else { (2, 4) };

    if usage & 0x07 != 0 {
        return Err(Sense::invalid_parameter_bit(0, 2)); // PROTECTION FIELD USAGE
    }
    // Without FOV there are none of DPRY, DCRT, STPF and IP.
    let options = if flags & 0x80 == 0 { flags & 0x78 } else { 0 };
    if let Some(bit) = options.checked_ilog2() {
        let bit = u8::try_from(bit).unwrap_or_default();
        return Err(Sense::invalid_parameter_bit(1, bit));
    }
    if protection & 0xf0 != 0 {
        return Err(Sense::invalid_parameter_bit(3, 7)); // P_I_INFORMATION
    }
    if protection & 0x0f != 0 {
        return Err(Sense::invalid_parameter_bit(3, 3)); // PROTECTION INTERVAL EXPONENT
    }
    if defects != [0; 4] {
        return Err(Sense::invalid_parameter(defects_at));
    }
    let has_pattern = flags & 0x08 != 0; // IP
    Ok(Format {
        immediate: flags & 0x02 != 0,
        pattern: if has_pattern {
            pattern(rest, pattern_at, block_size)?
        } else {
            None
        },
    })
}

/// Parses the initialization pattern descriptor, which starts at byte `at` of the list.
///
/// SI (security initialize) is taken, as there are no blocks but those that are written anyway.
fn pattern(descriptor: &[u8], at: u16, block_size: u32) -> Result<Option<&[u8]>, Sense> {
    let [_, kind, high, low, pattern @ ..] = descriptor else {
        return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
    };
    let length = u16::from_be_bytes([*high, *low]);
    match kind {
        // The default pattern has no length.
        0x00 if length == 0 => Ok(None),
        0x01 if length > 0 && u32::from(length) <= block_size => pattern
            .get(..usize::from(length))
            .ok_or(Sense::PARAMETER_LIST_LENGTH_ERROR)
            .map(Some),
        0x00 | 0x01 => Err(Sense::invalid_parameter(at + 2)),
        _ => Err(Sense::invalid_parameter(at + 1)),
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_format))]
mod tests {
    use super::*;

    /// A format without a pattern.
    const PLAIN: Format<'_> = Format {
        immediate: false,
        pattern: None,
    };

    #[test]
    fn parses_headers() {
        assert_eq!(parse(&[0, 0, 0, 0], false, 512), Ok(PLAIN));
        assert_eq!(parse(&[0; 8], true, 512), Ok(PLAIN));
        let immediate = Format {
            immediate: true,
            ..PLAIN
        };
        assert_eq!(parse(&[0, 0x02, 0, 0], false, 512), Ok(immediate));
        assert_eq!(
            parse(&[0, 0xf2, 0, 0, 0, 0, 0, 0], true, 512),
            Ok(immediate)
        );
    }

    #[test]
    fn parses_patterns() {
        let filled = Format {
            pattern: Some(&[0xa5, 0x5a]),
            ..PLAIN
        };
        let list = [0, 0x88, 0, 0, 0x00, 0x01, 0, 2, 0xa5, 0x5a, 0xff];
        assert_eq!(parse(&list, false, 512), Ok(filled));
        let list = [0, 0x88, 0, 0, 0, 0, 0, 0, 0x20, 0x01, 0, 2, 0xa5, 0x5a];
        assert_eq!(parse(&list, true, 512), Ok(filled));
        let list = [0, 0x88, 0, 0, 0x00, 0x00, 0, 0];
        assert_eq!(parse(&list, false, 512), Ok(PLAIN));
    }

    #[test]
    fn refuses_lists_that_end_too_early() {
        let list = [0, 0x88, 0, 0, 0x00, 0x01, 0, 2, 0xa5];
        for len in [0, 3, 4, 7, 8, 9] {
            let list = list.get(..len).unwrap_or_default();
            assert_eq!(
                parse(list, false, 512),
                Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
            );
        }
        assert_eq!(
            parse(&[0; 7], true, 512),
            Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
        );
    }

    #[test]
    fn refuses_what_is_not_supported() {
        for (list, sense) in [
            ([0x01, 0, 0, 0], Sense::invalid_parameter_bit(0, 2)),
            ([0, 0x40, 0, 0], Sense::invalid_parameter_bit(1, 6)),
            ([0, 0x30, 0, 0], Sense::invalid_parameter_bit(1, 5)),
            ([0, 0x08, 0, 0], Sense::invalid_parameter_bit(1, 3)),
            ([0, 0, 0, 4], Sense::invalid_parameter(2)),
        ] {
            assert_eq!(parse(&list, false, 512), Err(sense));
        }
        for (list, sense) in [
            (
                [0, 0, 0, 0x10, 0, 0, 0, 0],
                Sense::invalid_parameter_bit(3, 7),
            ),
            (
                [0, 0, 0, 0x01, 0, 0, 0, 0],
                Sense::invalid_parameter_bit(3, 3),
            ),
            ([0, 0, 0, 0, 0, 0, 0, 8], Sense::invalid_parameter(4)),
        ] {
            assert_eq!(parse(&list, true, 512), Err(sense));
        }
    }

    #[test]
    fn refuses_patterns_that_are_not_one() {
        for (descriptor, byte) in [
            ([0x00, 0x02, 0, 1], 5), // INITIALIZATION PATTERN TYPE
            ([0x00, 0x00, 0, 1], 6), // INITIALIZATION PATTERN LENGTH
            ([0x00, 0x01, 0, 0], 6),
            ([0x00, 0x01, 2, 1], 6),
        ] {
            let mut list = [0; 1024];
            list[1] = 0x88;
            list[4..8].copy_from_slice(&descriptor);
            assert_eq!(
                parse(&list, false, 512),
                Err(Sense::invalid_parameter(byte))
            );
        }
    }
}
