// SPDX-License-Identifier: GPL-2.0

//! READ DEFECT DATA parameter data (SBC-4): a medium in memory has no defects.

use crate::protocol::{
    buf::Writer,
    sense::Sense, //
};

/// Writes READ DEFECT DATA(10) or, if `long`, (12) parameter data into `out` and returns how many
/// bytes of it are valid.
///
/// `primary` and `grown` are REQ_PLIST and REQ_GLIST, `format` is DEFECT LIST FORMAT. The lists are
/// empty in whichever format they are asked for, and from whichever address descriptor on.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB pointing to DEFECT LIST FORMAT for the reserved and the vendor
/// specific format.
pub(crate) fn read(
    long: bool,
    primary: bool,
    grown: bool,
    format: u8,
    out: &mut [u8],
) -> Result<usize, Sense> {
    if format > 0x05 {
        return Err(Sense::invalid_field_bit(if long { 1 } else { 2 }, 2));
    }
    let mut flags = format;
    if primary {
        flags |= 0x10; // PLISTV
    }
    if grown {
        flags |= 0x08; // GLISTV
    }
    let mut data = Writer::new(out);
    // GENERATION CODE of the long form and DEFECT LIST LENGTH are zero.
    data.put(&[0x00, flags, 0x00, 0x00]);
    if long {
        data.put(&[0; 4]);
    }
    Ok(data.len())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_defects))]
mod tests {
    use super::*;

    #[test]
    fn lists_are_empty() {
        let mut out = [0xaa; 12];
        assert_eq!(read(false, true, true, 0b101, &mut out), Ok(4));
        assert_eq!(out[..5], [0x00, 0x1d, 0x00, 0x00, 0xaa]);
        assert_eq!(read(true, true, false, 0b000, &mut out), Ok(8));
        assert_eq!(out[..9], [0x00, 0x10, 0, 0, 0, 0, 0, 0, 0xaa]);
        assert_eq!(read(true, false, true, 0b100, &mut out), Ok(8));
        assert_eq!(out[..2], [0x00, 0x0c]);
        assert_eq!(read(false, false, false, 0b000, &mut out), Ok(4));
        assert_eq!(out[..4], [0; 4]);
    }

    #[test]
    fn refuses_formats_that_there_are_not() {
        for format in [0b110, 0b111] {
            assert_eq!(
                read(false, true, true, format, &mut []),
                Err(Sense::invalid_field_bit(2, 2))
            );
            assert_eq!(
                read(true, true, true, format, &mut []),
                Err(Sense::invalid_field_bit(1, 2))
            );
        }
    }

    #[test]
    fn is_cut() {
        let mut out = [0xaa; 2];
        assert_eq!(read(true, true, false, 0, &mut out), Ok(2));
        assert_eq!(out, [0x00, 0x10]);
    }
}
