// SPDX-License-Identifier: GPL-2.0

//! Logical block provisioning: commands that fill, unmap and erase (SBC-4).

use crate::{
    protocol::{
        profile::{
            Provisioning,
            UnmappedReads, //
        },
        sense::Sense, //
    },
    unit::{
        block::WRONG_DATA_LENGTH,
        erase::FILL_MAX,
        failure::Failure,
        geometry::{
            Geometry,
            Place,
            SECTOR, //
        },
        medium::{
            Medium,
            MediumError, //
        },
        transfer::Transfer, //
    }, //
};

/// A run of logical blocks that may be longer than what fits into a CDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Address of the first block.
    pub(super) lba: u64,
    /// Number of blocks.
    pub(super) blocks: u64,
}

impl Run {
    /// Returns the whole granules in it, which is all that can be unmapped; it may be empty.
    fn granules(self, provisioning: &Provisioning) -> Self {
        let granularity = u64::from(provisioning.granularity.max(1));
        let alignment = u64::from(provisioning.alignment) % granularity;
        // How far an address is behind the start of its granule.
        let behind = |lba: u64| (lba % granularity + granularity - alignment) % granularity;
        let end = self.lba.saturating_add(self.blocks);
        let skipped = (granularity - behind(self.lba)) % granularity;
        let lba = self.lba.saturating_add(skipped).min(end);
        let last = end.saturating_sub(behind(end)).max(lba);
        Self {
            lba,
            blocks: last - lba,
        }
    }

    /// Returns the blocks of it before `inner` and after it.
    fn around(self, inner: Self) -> [Self; 2] {
        let inner_end = inner.lba.saturating_add(inner.blocks);
        let end = self.lba.saturating_add(self.blocks);
        [
            Self {
                lba: self.lba,
                blocks: inner.lba.saturating_sub(self.lba),
            },
            Self {
                lba: inner_end,
                blocks: end.saturating_sub(inner_end),
            },
        ]
    }
}

/// What WRITE SAME writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WriteSame {
    /// Where.
    pub(super) run: Run,
    /// UNMAP: unmap if that has the same effect.
    pub(super) unmap: bool,
    /// NDOB: zeroes instead of the block in the data-out buffer.
    pub(super) no_data: bool,
    /// At which byte of the CDB the number of blocks is.
    pub(super) length_field: u16,
}

/// Unmaps the whole granules of a run; the rest of it keeps its data.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE.
pub(super) fn unmap<M: Medium>(
    geometry: Geometry,
    provisioning: &Provisioning,
    run: Run,
    medium: &mut M,
) -> Result<(), Failure> {
    let granules = run.granules(provisioning);
    let place = geometry.place_blocks(granules.lba, granules.blocks)?;
    medium.unmap(place.offset, place.len);
    Ok(())
}

/// WRITE SAME. Unmapping takes time in proportion to what is mapped, writing to the length.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, [`WRONG_DATA_LENGTH`] unless there is just one block
/// of data, INVALID FIELD IN CDB if more than [`FILL_MAX`] bytes would have to be written, and
/// [`MediumError`] with part of it written.
pub(super) fn write_same<M: Medium, T: Transfer>(
    geometry: Geometry,
    provisioning: &Provisioning,
    command: WriteSame,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    geometry.place_blocks(command.run.lba, command.run.blocks)?;
    if !command.no_data && transfer.len() != geometry.block_len() {
        return Err(WRONG_DATA_LENGTH.into());
    }
    let unmapped = if !provisioning.is_thin() {
        // What is not mapped cannot be told from what is, other than by its data.
        if reads_unmapped(geometry, command.no_data, transfer) {
            command.run
        } else {
            Run {
                blocks: 0,
                ..command.run
            }
        }
    } else if command.unmap
        && (provisioning.reads == UnmappedReads::Anything
            || reads_unmapped(geometry, command.no_data, transfer))
    {
        command.run.granules(provisioning)
    } else {
        Run {
            blocks: 0,
            ..command.run
        }
    };
    for run in command.run.around(unmapped) {
        if geometry.place_blocks(run.lba, run.blocks)?.len > FILL_MAX {
            return Err(Sense::invalid_field(command.length_field).into());
        }
    }
    let place = geometry.place_blocks(unmapped.lba, unmapped.blocks)?;
    medium.unmap(place.offset, place.len);
    for run in command.run.around(unmapped) {
        let place = geometry.place_blocks(run.lba, run.blocks)?;
        fill(geometry, place, medium, |at, data| {
            if command.no_data {
                data.fill(0);
            } else {
                transfer.receive(at, data);
            }
        })?;
    }
    Ok(())
}

/// Returns whether the block that WRITE SAME writes is what unmapped blocks read as.
fn reads_unmapped<T: Transfer>(geometry: Geometry, no_data: bool, transfer: &mut T) -> bool {
    if no_data {
        return geometry.fill == 0;
    }
    (0..geometry.block_len()).step_by(SECTOR).all(|at| {
        let mut piece = [0; SECTOR];
        transfer.receive(at, &mut piece) == SECTOR
            && piece.iter().all(|byte| *byte == geometry.fill)
    })
}

/// Writes all blocks of a place: calls `source` for each sector, with where it is in its block.
///
/// # Errors
///
/// Returns [`MediumError`] with part of it written.
pub(super) fn fill<M: Medium>(
    geometry: Geometry,
    place: Place,
    medium: &mut M,
    mut source: impl FnMut(usize, &mut [u8]),
) -> Result<(), MediumError> {
    let block = geometry.block_len();
    let len = place.fitting(usize::MAX);
    medium.write(place.offset, len, geometry.fill, |at, data| {
        for (at, sector) in (at..).step_by(SECTOR).zip(data.chunks_mut(SECTOR)) {
            source(at.checked_rem(block).unwrap_or(0), sector);
        }
    })
}

/// Returns whether the block at `lba` is mapped, and how many blocks from there on are like it; at
/// least one and at most those up to the end of the medium.
///
/// A block is mapped if any of its sectors is.
pub(super) fn mapped_run<M: Medium>(geometry: Geometry, lba: u64, medium: &M) -> (bool, u64) {
    let size = u64::from(geometry.block_size).max(1);
    let left = geometry.blocks.saturating_sub(lba);
    let (mapped, len) = medium.run(lba.saturating_mul(size), left.saturating_mul(size));
    let blocks = if mapped {
        len.div_ceil(size)
    } else {
        len / size
    };
    // Less than a block is unmapped: then something in it is mapped.
    (mapped || blocks == 0, blocks.clamp(1, left.max(1)))
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_provision))]
mod tests {
    use super::*;

    fn granules(granularity: u32, alignment: u32, lba: u64, blocks: u64) -> Run {
        let provisioning = Provisioning {
            unmap: true,
            write_same_16: false,
            write_same_10: false,
            reads: UnmappedReads::Zeroes,
            granularity,
            alignment,
            max_blocks: u32::MAX,
            max_descriptors: 1,
        };
        Run { lba, blocks }.granules(&provisioning)
    }

    #[test]
    fn finds_whole_granules() {
        assert_eq!(granules(1, 0, 5, 7), Run { lba: 5, blocks: 7 });
        assert_eq!(granules(0, 0, 5, 7), Run { lba: 5, blocks: 7 });
        assert_eq!(granules(8, 0, 8, 8), Run { lba: 8, blocks: 8 });
        assert_eq!(granules(8, 0, 7, 18), Run { lba: 8, blocks: 16 });
        assert_eq!(granules(8, 0, 9, 14).blocks, 0);
        assert_eq!(granules(8, 0, 9, 3).blocks, 0);
        assert_eq!(granules(8, 3, 0, 12), Run { lba: 3, blocks: 8 });
        assert_eq!(granules(8, 3, 3, 7).blocks, 0);
        assert_eq!(
            granules(8, 3, 11, 17),
            Run {
                lba: 11,
                blocks: 16
            }
        );
        assert_eq!(granules(8, 0, u64::MAX - 3, 3).blocks, 0);
        assert_eq!(granules(u32::MAX, 0, 1, 5).blocks, 0);
    }

    #[test]
    fn head_and_tail_are_around_the_granules() {
        for (lba, blocks) in [(7, 18), (8, 16), (9, 3), (0, 0)] {
            let run = Run { lba, blocks };
            let inner = granules(8, 0, lba, blocks);
            let [head, tail] = run.around(inner);
            assert_eq!(head.blocks + inner.blocks + tail.blocks, blocks);
            assert_eq!(head.lba, lba);
            assert_eq!(tail.lba + tail.blocks, lba + blocks);
        }
    }
}
