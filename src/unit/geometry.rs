// SPDX-License-Identifier: GPL-2.0

//! From logical block addresses to places on the medium.

use crate::protocol::{
    command::Extent,
    profile::Profile,
    sense::Sense, //
};

/// Bytes of the smallest block: what the medium is addressed in, and how much is compared at once.
pub(super) const SECTOR: usize = 512;

/// Where some logical blocks are on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Byte offset of the first one.
    pub(super) offset: u64,
    /// Length in bytes.
    pub(super) len: u64,
}

impl Place {
    /// Returns how many of its bytes have a place in a buffer of `room` bytes.
    pub(super) fn fitting(self, room: usize) -> usize {
        usize::try_from(self.len).map_or(room, |len| len.min(room))
    }
}

/// The logical blocks of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// How many there are.
    pub(super) blocks: u64,
    /// Bytes of each.
    pub(super) block_size: u32,
    /// The byte of which blocks consist that are not mapped.
    pub(super) fill: u8,
}

impl Geometry {
    /// Returns the geometry of a medium of `blocks` blocks.
    ///
    /// Without thin provisioning a block that was never written reads as zeroes.
    pub(super) fn new(profile: &Profile, blocks: u64) -> Self {
        let thin = profile.provisioning.is_thin();
        Self {
            blocks,
            block_size: profile.block_size,
            fill: if thin {
                profile.provisioning.reads.fill()
            } else {
                0
            },
        }
    }

    /// Returns the block size as the length of something in memory.
    pub(super) fn block_len(self) -> usize {
        usize::try_from(self.block_size).unwrap_or(SECTOR)
    }

    /// Returns where an extent is.
    ///
    /// # Errors
    ///
    /// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE if it is not all within the capacity.
    pub(super) fn place(self, extent: Extent) -> Result<Place, Sense> {
        self.place_blocks(extent.lba, u64::from(extent.blocks))
    }

    /// Returns where `count` blocks from `lba` on are.
    ///
    /// # Errors
    ///
    /// As for [`Geometry::place`].
    pub(super) fn place_blocks(self, lba: u64, count: u64) -> Result<Place, Sense> {
        let size = u64::from(self.block_size);
        let end = lba.checked_add(count).filter(|end| *end <= self.blocks);
        // If the end has a byte offset, so have the start and the length.
        match end.and_then(|end| end.checked_mul(size)) {
            Some(_) => Ok(Place {
                offset: lba.saturating_mul(size),
                len: count.saturating_mul(size),
            }),
            None => Err(Sense::LBA_OUT_OF_RANGE),
        }
    }

    /// Returns how many blocks there are from `lba` on.
    ///
    /// # Errors
    ///
    /// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE if `lba` is beyond the capacity.
    pub(super) fn blocks_from(self, lba: u64) -> Result<u64, Sense> {
        self.blocks.checked_sub(lba).ok_or(Sense::LBA_OUT_OF_RANGE)
    }

    /// Returns the place of all the blocks.
    ///
    /// # Errors
    ///
    /// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE if they are too many for byte offsets.
    pub(super) fn everything(self) -> Result<Place, Sense> {
        self.place_blocks(0, self.blocks)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_geometry))]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = Geometry {
        blocks: 100,
        block_size: 4096,
        fill: 0,
    };

    #[test]
    fn places_what_is_within_the_capacity() {
        let place = GEOMETRY.place(Extent { lba: 98, blocks: 2 });
        assert_eq!(
            place,
            Ok(Place {
                offset: 98 * 4096,
                len: 8192
            })
        );
        assert!(GEOMETRY.place_blocks(100, 0).is_ok());
        assert_eq!(GEOMETRY.blocks_from(98), Ok(2));
        assert_eq!(GEOMETRY.everything().map(|place| place.len), Ok(409_600));
    }

    #[test]
    fn refuses_everything_beyond() {
        let error = Err(Sense::LBA_OUT_OF_RANGE);
        for (lba, count) in [
            (101, 0),
            (99, 2),
            (u64::MAX, 1),
            (u64::MAX, 0),
            (0, u64::MAX),
        ] {
            assert_eq!(GEOMETRY.place_blocks(lba, count), error);
        }
        assert_eq!(GEOMETRY.blocks_from(101), Err(Sense::LBA_OUT_OF_RANGE));
        let endless = Geometry {
            blocks: u64::MAX,
            ..GEOMETRY
        };
        assert_eq!(endless.everything(), error);
    }

    #[test]
    fn fits_into_buffers() {
        let place = Place {
            offset: 0,
            len: 1000,
        };
        assert_eq!(place.fitting(10), 10);
        assert_eq!(place.fitting(2000), 1000);
    }
}
