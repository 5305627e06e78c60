// SPDX-License-Identifier: GPL-2.0

//! Logical block provisioning: UNMAP and GET LBA STATUS (SBC-4).

use crate::protocol::{
    command::Extent,
    sense::Sense, //
};

/// The length of the header of the UNMAP parameter list, and of the GET LBA STATUS data.
const HEADER: usize = 8;
/// The length of an UNMAP block descriptor, and of an LBA status descriptor.
const DESCRIPTOR: usize = 16;

/// Returns the runs of blocks that an UNMAP parameter list asks to unmap.
///
/// A descriptor that is not whole is left out, be it for UNMAP DATA LENGTH, for UNMAP BLOCK
/// DESCRIPTOR DATA LENGTH or for the length of the list. An empty list has no runs.
///
/// # Errors
///
/// Returns PARAMETER LIST LENGTH ERROR if the list ends within its header.
pub(crate) fn unmap_ranges(
    list: &[u8],
) -> Result<impl ExactSizeIterator<Item = Extent> + Clone + '_, Sense> {
    let descriptors = match list {
        [] => list,
        [d0, d1, b0, b1, _, _, _, _, descriptors @ ..] => {
            // UNMAP DATA LENGTH counts from the field behind it on.
            let data = usize::from(u16::from_be_bytes([*d0, *d1])).saturating_sub(HEADER - 2);
            let blocks = usize::from(u16::from_be_bytes([*b0, *b1]));
            descriptors.get(..data.min(blocks)).unwrap_or(descriptors)
        }
        _ => return Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
    };
    Ok(descriptors.chunks_exact(DESCRIPTOR).map(extent))
}

/// Returns the run of blocks of a descriptor that starts with LOGICAL BLOCK ADDRESS and NUMBER OF
/// LOGICAL BLOCKS; an empty one if the descriptor is too short.
pub(super) fn extent(descriptor: &[u8]) -> Extent {
    let lba = descriptor.first_chunk().copied().unwrap_or_default();
    let blocks = descriptor.get(8..).and_then(<[u8]>::first_chunk);
    Extent {
        lba: u64::from_be_bytes(lba),
        blocks: u32::from_be_bytes(blocks.copied().unwrap_or_default()),
    }
}

/// GET LBA STATUS parameter data.
///
/// There are as many descriptors as fit the allocation length, but always one if there is any:
/// PARAMETER DATA LENGTH states what is returned.
pub(crate) struct LbaStatus<'a> {
    /// Where the data go.
    out: &'a mut [u8],
    /// The number of descriptors put there.
    descriptors: usize,
}

impl<'a> LbaStatus<'a> {
    /// Returns a builder that starts at the front of `out`.
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self {
            out,
            descriptors: 0,
        }
    }

    /// Returns how many bytes there are with that many descriptors.
    fn end(descriptors: usize) -> usize {
        HEADER.saturating_add(descriptors.saturating_mul(DESCRIPTOR))
    }

    /// Adds the descriptor of a run of `blocks` blocks that are all mapped or all deallocated, as
    /// far as there is room. Returns whether there is room for another one.
    pub(crate) fn put(&mut self, lba: u64, blocks: u32, mapped: bool) -> bool {
        let mut descriptor = [0; DESCRIPTOR];
        descriptor[..8].copy_from_slice(&lba.to_be_bytes());
        descriptor[8..12].copy_from_slice(&blocks.to_be_bytes());
        descriptor[12] = if mapped { 0 } else { 1 }; // PROVISIONING STATUS
        self.write(Self::end(self.descriptors), &descriptor);
        self.descriptors = self.descriptors.saturating_add(1);
        Self::end(self.descriptors.saturating_add(1)) <= self.out.len()
    }

    /// Writes the header, and returns how many bytes are valid.
    pub(crate) fn finish(mut self) -> usize {
        let end = Self::end(self.descriptors);
        let length = u32::try_from(end - 4).unwrap_or(u32::MAX);
        self.write(0, &length.to_be_bytes());
        self.write(4, &[0; 4]);
        end.min(self.out.len())
    }

    /// Writes what fits of `bytes` from `at` on.
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let room = self.out.get_mut(at..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_provisioning))]
mod tests {
    use super::*;

    /// UNMAP of 2 blocks at 123456789ABCDEFh, and of 3 at 16.
    const LIST: [u8; 40] = [
        0, 38, 0, 32, 0, 0, 0, 0, //
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 2, 0, 0, 0, 0, //
        0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 3, 0, 0, 0, 0,
    ];

    /// What [`LIST`] asks for.
    const EXTENTS: [Extent; 2] = [
        Extent {
            lba: 0x0123_4567_89ab_cdef,
            blocks: 2,
        },
        Extent { lba: 16, blocks: 3 },
    ];

    /// Checks that a list asks for the first `count` of [`EXTENTS`].
    fn check(list: &[u8], count: usize) {
        let ranges = unmap_ranges(list);
        assert!(ranges.is_ok_and(|ranges| {
            ranges.len() == count && ranges.eq(EXTENTS.iter().copied().take(count))
        }));
    }

    #[test]
    fn parses_an_unmap_list() {
        check(&LIST, 2);
        check(&[], 0);
        check(&[0; 8], 0);
    }

    #[test]
    fn descriptors_that_are_not_whole_are_left_out() {
        for (data, blocks, len, count) in [
            (38, 31, 40, 1),
            (38, 17, 40, 1),
            (38, 16, 40, 1),
            (38, 15, 40, 0),
            (38, 0, 40, 0),
            (38, 48, 40, 2),
            (37, 32, 40, 1),
            (22, 32, 40, 1),
            (6, 32, 40, 0),
            (0, 32, 40, 0),
            (38, 32, 39, 1),
            (38, 32, 24, 1),
            (38, 32, 23, 0),
            (38, 32, 8, 0),
        ] {
            let mut list = LIST;
            list[1] = data;
            list[3] = blocks;
            check(list.get(..len).unwrap_or_default(), count);
        }
    }

    #[test]
    fn refuses_a_list_without_a_whole_header() {
        for len in 1..8 {
            let list = LIST.get(..len).unwrap_or_default();
            assert_eq!(
                unmap_ranges(list).err(),
                Some(Sense::PARAMETER_LIST_LENGTH_ERROR)
            );
        }
    }

    #[test]
    fn lists_the_status_of_blocks() {
        let mut out = [0xaa; 44];
        let mut status = LbaStatus::new(&mut out);
        assert!(status.put(0x0123_4567_89ab_cdef, 0x1020_3040, true));
        assert!(!status.put(5, u32::MAX, false));
        assert_eq!(status.finish(), 40);
        assert_eq!(out[..8], [0, 0, 0, 36, 0, 0, 0, 0]);
        assert_eq!(out[8..16], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        assert_eq!(out[16..24], [0x10, 0x20, 0x30, 0x40, 0, 0, 0, 0]);
        assert_eq!(out[24..32], [0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(out[32..40], [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]);
        assert_eq!(out[40..], [0xaa; 4]);
    }

    #[test]
    fn the_first_descriptor_can_be_cut() {
        let mut out = [0xaa; 20];
        let mut status = LbaStatus::new(&mut out);
        assert!(!status.put(1, 0x1020_3040, false));
        assert_eq!(status.finish(), 20);
        assert_eq!(out[..8], [0, 0, 0, 20, 0, 0, 0, 0]);
        assert_eq!(out[8..], [0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0x20, 0x30, 0x40]);
        let mut status = LbaStatus::new(&mut []);
        assert!(!status.put(1, 1, false));
        assert_eq!(status.finish(), 0);
    }

    #[test]
    fn there_need_not_be_a_descriptor() {
        let mut out = [0xaa; 9];
        assert_eq!(LbaStatus::new(&mut out).finish(), 8);
        assert_eq!(out, [0, 0, 0, 4, 0, 0, 0, 0, 0xaa]);
    }
}
