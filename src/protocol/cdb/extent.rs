// SPDX-License-Identifier: GPL-2.0

//! Where the CDBs of each length have the logical block address and the number of blocks.

use crate::protocol::{
    cdb::Cdb,
    command::Extent, //
};

/// Decodes the extent of READ(6) and WRITE(6): 21 bits of address, and a length of 0 means 256.
pub(crate) fn extent6(cdb: &Cdb) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([0, cdb[1] & 0x1f, cdb[2], cdb[3]])),
        blocks: match cdb[4] {
            0 => 256,
            length => u32::from(length),
        },
    }
}

/// Decodes the extent of a 10 byte command.
pub(crate) fn extent10(cdb: &Cdb) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]])),
        blocks: u32::from(u16::from_be_bytes([cdb[7], cdb[8]])),
    }
}

/// Decodes the extent of a 12 byte command.
pub(crate) fn extent12(cdb: &Cdb) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]])),
        blocks: u32::from_be_bytes([cdb[6], cdb[7], cdb[8], cdb[9]]),
    }
}

/// Decodes the extent of a 16 byte command.
pub(crate) fn extent16(cdb: &Cdb) -> Extent {
    Extent {
        lba: lba16(cdb),
        blocks: u32::from_be_bytes([cdb[10], cdb[11], cdb[12], cdb[13]]),
    }
}

/// Decodes the extent of a 32 byte command.
pub(crate) fn extent32(cdb: &Cdb) -> Extent {
    Extent {
        lba: u64::from_be_bytes([
            cdb[12], cdb[13], cdb[14], cdb[15], cdb[16], cdb[17], cdb[18], cdb[19],
        ]),
        blocks: u32::from_be_bytes([cdb[28], cdb[29], cdb[30], cdb[31]]),
    }
}

/// Decodes the address of a 16 byte command.
pub(crate) fn lba16(cdb: &Cdb) -> u64 {
    u64::from_be_bytes([
        cdb[2], cdb[3], cdb[4], cdb[5], cdb[6], cdb[7], cdb[8], cdb[9],
    ])
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb_extent))]
mod tests {
    use super::*;
    use crate::protocol::sense::Sense;

    /// A CDB whose every byte is its own number.
    const COUNTING: Cdb = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
        25, 26, 27, 28, 29, 30, 31,
    ];

    #[test]
    fn each_length_has_its_places() {
        for (extent, lba, blocks) in [
            (extent6(&COUNTING), 0x01_0203, 4),
            (extent10(&COUNTING), 0x0203_0405, 0x0708),
            (extent12(&COUNTING), 0x0203_0405, 0x0607_0809),
            (extent16(&COUNTING), 0x0203_0405_0607_0809, 0x0a0b_0c0d),
            (extent32(&COUNTING), 0x0c0d_0e0f_1011_1213, 0x1c1d_1e1f),
        ] {
            assert_eq!(extent, Extent { lba, blocks });
        }
    }

    #[test]
    fn six_bytes_have_21_bits_of_address_and_no_empty_extent() {
        let mut cdb = [0xff; 32];
        cdb[4] = 0;
        assert_eq!(
            extent6(&cdb),
            Extent {
                lba: 0x1f_ffff,
                blocks: 256,
            }
        );
    }

    #[test]
    fn an_extent_ends_within_the_capacity() {
        for (lba, blocks, capacity, fits) in [
            (0, 0, 0, true),
            (0, 1, 0, false),
            (0, 8, 8, true),
            (7, 1, 8, true),
            (8, 0, 8, true),
            (9, 0, 8, false),
            (1, 8, 8, false),
            (u64::MAX, 0, u64::MAX, true),
            (u64::MAX, 1, u64::MAX, false),
            (u64::MAX - 1, u32::MAX, u64::MAX, false),
        ] {
            let wanted = if fits {
                Ok(())
            } else {
                Err(Sense::LBA_OUT_OF_RANGE)
            };
            assert_eq!(Extent { lba, blocks }.check(capacity), wanted);
        }
    }
}
