// SPDX-License-Identifier: GPL-2.0

//! READ CAPACITY parameter data (SBC-4, MMC-6).

use crate::protocol::profile::{
    Profile,
    UnmappedReads, //
};

/// Returns READ CAPACITY(10) parameter data for a medium of `blocks` logical blocks.
///
/// A last address that needs more than 32 bits is reported as FFFFFFFFh, which tells the initiator
/// to use READ CAPACITY(16).
pub(crate) fn read_capacity10(profile: &Profile, blocks: u64) -> [u8; 8] {
    let last = u32::try_from(blocks.saturating_sub(1)).unwrap_or(u32::MAX);
    let mut data = [0; 8];
    data[..4].copy_from_slice(&last.to_be_bytes());
    data[4..].copy_from_slice(&profile.block_size.to_be_bytes());
    data
}

/// Returns READ CAPACITY(16) parameter data for a medium of `blocks` logical blocks.
///
/// There is no protection information: P_TYPE, PROT_EN and P_I_EXPONENT are zero.
pub(crate) fn read_capacity16(profile: &Profile, blocks: u64) -> [u8; 32] {
    let mut data = [0; 32];
    data[..8].copy_from_slice(&blocks.saturating_sub(1).to_be_bytes());
    data[8..12].copy_from_slice(&profile.block_size.to_be_bytes());
    data[13] = profile.physical_exponent & 0x0f; // LOGICAL BLOCKS PER PHYSICAL BLOCK EXPONENT

    let mut alignment = profile.lowest_aligned & 0x3fff;
    if profile.provisioning.is_thin() {
        alignment |= 0x8000; // LBPME
        if profile.provisioning.reads == UnmappedReads::Zeroes {
            alignment |= 0x4000; // LBPRZ, which is one bit here.
        }
    }
    data[14..16].copy_from_slice(&alignment.to_be_bytes());
    data
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_capacity))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples;

    #[test]
    fn reports_the_last_block_and_the_block_size() {
        let disk = samples::disk();
        assert_eq!(
            read_capacity10(&disk, 0x0020_0000),
            [0x00, 0x1f, 0xff, 0xff, 0x00, 0x00, 0x02, 0x00]
        );
        let mut long = [0; 32];
        long[5..8].copy_from_slice(&[0x1f, 0xff, 0xff]);
        long[10] = 0x02;
        assert_eq!(read_capacity16(&disk, 0x0020_0000), long);
    }

    #[test]
    fn short_form_says_when_the_disk_is_too_large_for_it() {
        let disk = Profile {
            block_size: 4096,
            ..samples::disk()
        };
        for (blocks, last) in [
            (0xffff_ffff, [0xff, 0xff, 0xff, 0xfe]),
            (0x1_0000_0000, [0xff, 0xff, 0xff, 0xff]),
            (0x1_0000_0001, [0xff, 0xff, 0xff, 0xff]),
            (u64::MAX, [0xff, 0xff, 0xff, 0xff]),
        ] {
            let [a, b, c, d, rest @ ..] = read_capacity10(&disk, blocks);
            assert_eq!([a, b, c, d], last);
            assert_eq!(rest, [0x00, 0x00, 0x10, 0x00]);
        }
    }

    #[test]
    fn long_form_has_the_whole_address_and_the_physical_blocks() {
        let disk = Profile {
            block_size: 0x0001_0000,
            physical_exponent: 3,
            lowest_aligned: 0x1234,
            ..samples::disk()
        };
        let mut expected = [0; 32];
        expected[..8].copy_from_slice(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        expected[8..12].copy_from_slice(&[0x00, 0x01, 0x00, 0x00]);
        expected[13..16].copy_from_slice(&[0x03, 0x12, 0x34]);
        assert_eq!(read_capacity16(&disk, 0x0123_4567_89ab_cdf0), expected);
    }

    #[test]
    fn says_that_blocks_can_be_unmapped_and_whether_they_read_as_zeroes() {
        for (reads, byte) in [
            (UnmappedReads::Anything, 0x80),
            (UnmappedReads::Zeroes, 0xc0),
            (UnmappedReads::Pattern, 0x80),
        ] {
            let disk = samples::thin_disk(reads);
            assert_eq!(read_capacity16(&disk, 1)[14], byte);
        }
    }
}
