// SPDX-License-Identifier: GPL-2.0

//! READ CAPACITY parameter data (SBC-4).

/// The size and shape of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Number of logical blocks.
    pub(crate) blocks: u64,
    /// Bytes in a logical block.
    pub(crate) block_size: u32,
}

impl Geometry {
    /// Returns the address of the last block; an empty disk is reported as one block.
    fn last_lba(&self) -> u64 {
        self.blocks.saturating_sub(1)
    }
}

/// Returns READ CAPACITY(10) parameter data (SBC-4).
///
/// A last address that needs more than 32 bits is reported as FFFFFFFFh, which tells the initiator
/// to use READ CAPACITY(16).
pub(crate) fn read_capacity10(geometry: &Geometry) -> [u8; 8] {
    let last = u32::try_from(geometry.last_lba()).unwrap_or(u32::MAX);
    let mut data = [0; 8];
    data[..4].copy_from_slice(&last.to_be_bytes());
    data[4..].copy_from_slice(&geometry.block_size.to_be_bytes());
    data
}

/// Returns READ CAPACITY(16) parameter data (SBC-4).
///
/// Bytes 12 to 15 are zero: no protection information, one logical block per physical block, no
/// logical block provisioning.
pub(crate) fn read_capacity16(geometry: &Geometry) -> [u8; 32] {
    let mut data = [0; 32];
    data[..8].copy_from_slice(&geometry.last_lba().to_be_bytes());
    data[8..12].copy_from_slice(&geometry.block_size.to_be_bytes());
    data
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_capacity))]
mod tests {
    use super::*;

    #[test]
    fn reports_the_last_block_and_the_block_size() {
        let geometry = Geometry {
            blocks: 0x0020_0000,
            block_size: 512,
        };
        assert_eq!(
            read_capacity10(&geometry),
            [0x00, 0x1f, 0xff, 0xff, 0x00, 0x00, 0x02, 0x00]
        );
        let mut long = [0; 32];
        long[5..8].copy_from_slice(&[0x1f, 0xff, 0xff]);
        long[10] = 0x02;
        assert_eq!(read_capacity16(&geometry), long);
    }

    #[test]
    fn short_form_says_when_the_disk_is_too_large_for_it() {
        for (blocks, last) in [
            (0xffff_ffff, [0xff, 0xff, 0xff, 0xfe]),
            (0x1_0000_0000, [0xff, 0xff, 0xff, 0xff]),
            (0x1_0000_0001, [0xff, 0xff, 0xff, 0xff]),
            (u64::MAX, [0xff, 0xff, 0xff, 0xff]),
        ] {
            let geometry = Geometry {
                blocks,
                block_size: 4096,
            };
            let [a, b, c, d, rest @ ..] = read_capacity10(&geometry);
            assert_eq!([a, b, c, d], last);
            assert_eq!(rest, [0x00, 0x00, 0x10, 0x00]);
        }
    }

    #[test]
    fn long_form_has_the_whole_address() {
        let data = read_capacity16(&Geometry {
            blocks: 0x0123_4567_89ab_cdf0,
            block_size: 0x0001_0000,
        });
        let mut expected = [0; 32];
        expected[..8].copy_from_slice(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        expected[8..12].copy_from_slice(&[0x00, 0x01, 0x00, 0x00]);
        assert_eq!(data, expected);
    }

    #[test]
    fn an_empty_disk_does_not_wrap_around() {
        let geometry = Geometry {
            blocks: 0,
            block_size: 512,
        };
        assert_eq!(
            read_capacity10(&geometry),
            [0, 0, 0, 0, 0x00, 0x00, 0x02, 0x00]
        );
    }
}
