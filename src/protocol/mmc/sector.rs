// SPDX-License-Identifier: GPL-2.0

//! Whole sectors of a CD, as READ CD returns them (MMC-6, READ CD; ECMA-130, mode 1 sectors).

use core::ops::Range;

use crate::protocol::{
    mmc::address,
    sense::Sense, //
};

/// Bytes of a sector.
pub(crate) const SIZE: usize = 2352;

/// Where in a sector the user data are, which is all that the medium keeps.
pub(crate) const USER_DATA: Range<usize> = 16..2064;

/// Where the sector's address and mode are.
const HEADER: Range<usize> = 12..16;

/// Where the bytes that EDC protects end. It has four bytes, and eight zeroes follow.
const EDC: usize = USER_DATA.end;

/// EXPECTED SECTOR TYPE: whatever it is.
const ANY: u8 = 0;

/// EXPECTED SECTOR TYPE: mode 1.
const MODE_1: u8 = 2;

/// Returns which bytes of each mode 1 sector READ CD asks for by its EXPECTED SECTOR TYPE `kind`,
/// the `parts` in byte 9 of the CDB, and its SUB-CHANNEL DATA SELECTION.
///
/// # Errors
///
/// Returns ILLEGAL MODE FOR THIS TRACK if another type of sectors is expected, and INVALID FIELD IN
/// CDB for what is reserved, for C2 error information and sub-channels, which the CD Read feature
/// does not claim, and for parts that have a gap between them.
pub(crate) fn selection(kind: u8, parts: u8, subchannel: u8) -> Result<Range<usize>, Sense> {
    match kind {
        ANY | MODE_1 => {}
        1..=5 => return Err(Sense::ILLEGAL_MODE_FOR_TRACK),
        _ => return Err(Sense::invalid_field_bit(1, 4)),
    }
    if parts & 0x06 != 0 {
        return Err(Sense::invalid_field_bit(9, 2));
    }
    if subchannel != 0 {
        return Err(Sense::invalid_field_bit(10, 2));
    }
    // SYNC, header, USER DATA, and EDC AND ECC. Mode 1 sectors have no sub-header, which is the
    // other bit of HEADER CODES.
    let selected = [0x80, 0x20, 0x10, 0x08].map(|bit| parts & bit != 0);
    Ok(match selected {
        [false, false, false, false] => 0..0,
        [true, false, false, false] => 0..HEADER.start,
        [true, true, false, false] => 0..HEADER.end,
        [true, true, true, false] => 0..EDC,
        [true, true, true, true] => 0..SIZE,
        [false, true, false, false] => HEADER,
        [false, true, true, false] => HEADER.start..EDC,
        [false, true, true, true] => HEADER.start..SIZE,
        [false, false, true, false] => USER_DATA,
        [false, false, true, true] => USER_DATA.start..SIZE,
        _ => return Err(Sense::invalid_field_bit(9, 7)),
    })
}

/// Puts what comes before the user data into the mode 1 sector at `lba`.
pub(crate) fn begin(sector: &mut [u8; SIZE], lba: u32) {
    sector[0] = 0;
    sector[1..11].fill(0xff);
    sector[11] = 0;
    let [minute, second, frame] = address::msf(lba).map(bcd);
    sector[HEADER].copy_from_slice(&[minute, second, frame, 1]); // Mode 1.
}

/// Puts everything but the user data into the mode 1 sector at `lba`, which has only these.
///
/// The codes take long enough to be left out where nobody asks for them.
pub(crate) fn complete(sector: &mut [u8; SIZE], lba: u32) {
    begin(sector, lba);
    let code = edc(&sector[..EDC]).to_le_bytes();
    sector[EDC..EDC + 4].copy_from_slice(&code);
    sector[EDC + 4..P.start].fill(0);
    P.protect(sector);
    Q.protect(sector);
}

/// Returns two decimal digits for a number below 100, which all numbers in the address of a CD are.
const fn bcd(number: u8) -> u8 {
    ((number / 10 % 10) << 4) | (number % 10)
}

/// What eight zero bits after each byte leave of it, the least significant bit first.
///
/// The polynomial is 8001801Bh, reversed here: (x^16 + x^15 + x^2 + 1)(x^16 + x^2 + x + 1).
static EDC_OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte: u32 = 0;
    while byte < 256 {
        let mut code = byte;
        let mut bit = 0;
        while bit < 8 {
            code = if code & 1 == 0 {
                code >> 1
            } else {
                (code >> 1) ^ 0xd801_8001
            };
            bit += 1;
        }
        // CAST: Widens; `from()` is not for constants.
        table[byte as usize] = code;
        byte += 1;
    }
    table
};

/// Returns the error detection code of `bytes`.
fn edc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |code: u32, byte| {
        let [low, ..] = code.to_le_bytes();
        (code >> 8) ^ EDC_OF_BYTE[usize::from(low ^ byte)]
    })
}

/// Returns twice `x` in the field of 256 elements with x^8 + x^4 + x^3 + x^2 + 1.
const fn double(x: u8) -> u8 {
    let carry = if x & 0x80 == 0 { 0 } else { 0x1d };
    (x << 1) ^ carry
}

/// Returns a third of `x` in that field: F4h is the inverse of 3, and has these bits.
fn third(x: u8) -> u8 {
    let mut multiple = x;
    let mut sum = 0;
    for bit in 0..8 {
        if (0xf4 >> bit) & 1 == 1 {
            sum ^= multiple;
        }
        multiple = double(multiple);
    }
    sum
}

/// One of the two Reed-Solomon codes over the bytes from the header on. They are seen as an array
/// of words of 16 bits, and the code protects the two bytes of the words apart from each other.
struct Parity {
    /// Where its parity bytes start, which is where the bytes that it protects end.
    start: usize,
    /// Code words; each has two parity bytes.
    words: usize,
    /// Bytes in a code word without the parity bytes.
    length: usize,
    /// From a code word to the one after the next, in bytes.
    stride: usize,
    /// From one byte of a code word to the next, in bytes, round at the end.
    step: usize,
}

/// P parity: the columns of 24 rows of 43 words.
const P: Parity = Parity {
    start: 2076,
    words: 86,
    length: 24,
    stride: 2,
    step: 86,
};

/// Q parity: the diagonals of 26 such rows, which are these and the P parity.
const Q: Parity = Parity {
    start: 2248,
    words: 52,
    length: 43,
    stride: 86,
    step: 88,
};

impl Parity {
    /// Puts the parity bytes into `sector`.
    ///
    /// With the parity bytes at its end, the sum of the bytes of a code word is zero, and so is the
    /// sum in which each byte counts twice as much as the next one.
    fn protect(&self, sector: &mut [u8; SIZE]) {
        let size = self.words * self.length;
        for word in 0..self.words {
            let first = word / 2 * self.stride + word % 2;
            let mut weighted = 0;
            let mut sum = 0;
            for byte in 0..self.length {
                let data = sector[HEADER.start + (first + byte * self.step) % size];
                weighted = double(weighted ^ data);
                sum ^= data;
            }
            let parity = third(double(weighted) ^ sum);
            sector[self.start + word] = parity;
            sector[self.start + self.words + word] = parity ^ sum;
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_sector))]
mod tests {
    use super::*;

    #[test]
    fn selects_what_the_cdrom_layer_reads() {
        for (parts, range) in [
            (0x00, 0..0),
            (0x10, 16..2064),
            (0x58, 16..2352),
            (0x78, 12..2352),
            (0xf8, 0..2352),
        ] {
            assert_eq!(selection(0, parts, 0), Ok(range));
        }
    }

    #[test]
    fn sizes_are_those_of_mode_1_sectors() {
        for (parts, size) in [
            (0x18, 2336),
            (0x20, 4),
            (0x30, 2052),
            (0x38, 2340),
            (0x40, 0),
            (0x50, 2048),
            (0x60, 4),
            (0x70, 2052),
            (0x80, 12),
            (0xa0, 16),
            (0xb0, 2064),
            (0xb8, 2352),
            (0xe0, 16),
            (0xf0, 2064),
        ] {
            assert!(selection(MODE_1, parts, 0).is_ok_and(|range| range.len() == size));
        }
    }

    #[test]
    fn gaps_are_refused() {
        for parts in [
            0x08, 0x28, 0x48, 0x68, 0x88, 0x90, 0x98, 0xa8, 0xd0, 0xd8, 0xe8,
        ] {
            assert_eq!(selection(0, parts, 0), Err(Sense::invalid_field_bit(9, 7)));
        }
    }

    #[test]
    fn everything_else_is_refused_where_it_is() {
        for kind in [1, 3, 4, 5] {
            assert_eq!(selection(kind, 0x10, 0), Err(Sense::ILLEGAL_MODE_FOR_TRACK));
        }
        for kind in [6, 7] {
            assert_eq!(
                selection(kind, 0x10, 0),
                Err(Sense::invalid_field_bit(1, 4))
            );
        }
        for c2 in [0x12, 0x14, 0x16] {
            assert_eq!(selection(0, c2, 0), Err(Sense::invalid_field_bit(9, 2)));
        }
        for subchannel in 1..8 {
            assert_eq!(
                selection(0, 0x10, subchannel),
                Err(Sense::invalid_field_bit(10, 2))
            );
        }
    }

    #[test]
    fn digits_are_packed() {
        assert_eq!(bcd(0), 0x00);
        assert_eq!(bcd(9), 0x09);
        assert_eq!(bcd(75), 0x75);
        assert_eq!(bcd(99), 0x99);
    }

    #[test]
    fn edc_of_few_bytes() {
        assert_eq!(edc(&[]), 0);
        assert_eq!(edc(&[0; 16]), 0);
        // 80h is the last bit to come in: what is left is the polynomial.
        assert_eq!(edc(&[0x80]), 0xd801_8001);
        // One bit later it is shifted, and as its lowest bit was set, has the polynomial added.
        assert_eq!(edc(&[0x40]), (0xd801_8001 >> 1) ^ 0xd801_8001);
    }

    #[test]
    fn field_has_256_elements() {
        assert_eq!(double(0x01), 0x02);
        assert_eq!(double(0x80), 0x1d);
        for x in 0..=u8::MAX {
            let y = third(x);
            assert_eq!(double(y) ^ y, x);
        }
    }
}
