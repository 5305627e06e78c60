// SPDX-License-Identifier: GPL-2.0

//! Commands of direct access block devices (SBC-4), some of which CD drives have as well.

use crate::{
    protocol::{
        capacity,
        command::{
            ByteCheck,
            Command,
            Extent, //
        },
        defects,
        profile::Provisioning,
        provisioning::{
            self,
            LbaStatus, //
        },
        scatter,
        sense::Sense, //
    },
    unit::{
        answer::{
            answer,
            parameters, //
        },
        block,
        cdrom,
        erase,
        failure::Failure,
        limits,
        medium::Medium,
        provision::{
            self,
            Run,
            WriteSame, //
        },
        state::Unit, //
        transfer::Transfer,
    }, //
};

impl Unit {
    /// Carries out a command that is not one of all kinds of units.
    ///
    /// # Errors
    ///
    /// Returns what to end the command with instead of GOOD.
    pub(super) fn disk<M: Medium, T: Transfer>(
        &mut self,
        command: &Command,
        cdb: &[u8],
        medium: &mut M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        let geometry = self.geometry();
        match *command {
            Command::ReadCapacity10 => {
                let data = capacity::read_capacity10(&self.profile, self.blocks());
                put(transfer, data.len(), &data)
            }
            Command::ReadCapacity16 { allocation_length } => {
                let data = capacity::read_capacity16(&self.profile, self.blocks());
                put(transfer, allocation_length, &data)
            }
            Command::Read { extent, .. } => block::read(geometry, extent, medium, transfer),
            // What was just written compares equal: there is nothing to verify.
            Command::Write { extent, .. } | Command::WriteAndVerify { extent, .. } => {
                block::write(geometry, extent, medium, transfer)
            }
            Command::WriteAtomic {
                extent, boundary, ..
            } => block::write_atomic(
                geometry,
                &self.profile.atomic,
                extent,
                boundary,
                medium,
                transfer,
            ),
            Command::WriteScattered {
                data_offset,
                descriptors,
                blocks,
                ..
            } => self.write_scattered(data_offset, descriptors, blocks, medium, transfer),
            Command::OrWrite { extent, .. } => block::or_write(geometry, extent, medium, transfer),
            Command::CompareAndWrite { extent, .. } => {
                block::compare_and_write(geometry, extent, medium, transfer)
            }
            Command::Verify { extent, check, .. } => {
                // One block of data would be compared with the whole medium.
                if check == ByteCheck::OneBlock && geometry.place(extent)?.len > erase::FILL_MAX {
                    return Err(Sense::invalid_field(limits::length_field(cdb)).into());
                }
                block::verify(geometry, extent, check, medium, transfer)
            }
            // All blocks are in the cache and on the medium at the same time.
            Command::PreFetch(extent) | Command::SynchronizeCache(extent) => {
                Ok(geometry.place(extent).map(|_| ())?)
            }
            Command::WriteSame {
                extent,
                unmap,
                no_data,
                ..
            } => {
                let blocks = match extent.blocks {
                    0 => geometry.blocks_from(extent.lba)?,
                    blocks => u64::from(blocks),
                };
                let max = self.profile.limits.max_write_same;
                if max != 0 && blocks > max {
                    return Err(Sense::invalid_field(limits::length_field(cdb)).into());
                }
                let run = Run {
                    lba: extent.lba,
                    blocks,
                };
                provision::write_same(
                    geometry,
                    &self.profile.provisioning,
                    WriteSame {
                        run,
                        unmap,
                        no_data,
                        length_field: limits::length_field(cdb),
                    },
                    medium,
                    transfer,
                )
            }
            Command::Unmap { length, .. } => self.unmap(length, medium, transfer),
            Command::GetLbaStatus {
                lba,
                report,
                allocation_length,
            } => self.lba_status(lba, report, allocation_length, medium, transfer),
            // There are no streams to report: all of the header is 0.
            Command::GetStreamStatus {
                allocation_length, ..
            } => put(transfer, allocation_length, &[0; 8]),
            Command::FormatUnit { data: false, .. } => erase::erase(geometry, medium),
            Command::FormatUnit { long, .. } => {
                erase::format_unit(geometry, long, medium, transfer)
            }
            Command::Sanitize { action, ause, .. } => self
                .sanitization
                .sanitize(geometry, action, ause, medium, transfer),
            Command::ReadDefectData {
                long,
                primary,
                grown,
                format,
                allocation_length,
                ..
            } => answer(transfer, allocation_length, |out| {
                defects::read(long, primary, grown, format, out)
            }),
            _ => cdrom::execute(
                command,
                &mut self.tray,
                &self.profile,
                geometry.blocks,
                medium,
                transfer,
            ),
        }
    }

    /// WRITE SCATTERED. The data start behind the blocks that the descriptors are in.
    ///
    /// Initiators do not agree whether BUFFER TRANSFER LENGTH, `blocks`, counts these blocks:
    /// sg_write_x does not. What counts in the end is how much they send.
    fn write_scattered<M: Medium, T: Transfer>(
        &mut self,
        data_offset: u16,
        descriptors: u16,
        blocks: u32,
        medium: &mut M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        const DESCRIPTOR: usize = 32;

        if blocks == 0 {
            return Ok(());
        }
        let geometry = self.geometry();
        let start = usize::from(data_offset).saturating_mul(geometry.block_len());
        // The header is as long as a descriptor.
        let list_length = usize::from(descriptors)
            .saturating_add(1)
            .saturating_mul(DESCRIPTOR);
        let list = parameters(transfer, list_length.min(start))?;
        let ranges = scatter::ranges(list.as_ref(), descriptors, blocks)?;
        block::write_scattered(geometry, ranges, start, medium, transfer)
    }

    /// UNMAP. All of the list is checked before anything is unmapped.
    fn unmap<M: Medium, T: Transfer>(
        &mut self,
        length: usize,
        medium: &mut M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        let geometry = self.geometry();
        let provisioning = &self.profile.provisioning;
        let list = parameters(transfer, length)?;
        let extents = provisioning::unmap_ranges(list.as_ref())?;
        check_unmap(provisioning, extents.clone())?;
        for extent in extents.clone() {
            geometry.place(extent)?;
        }
        for extent in extents {
            let run = Run {
                lba: extent.lba,
                blocks: u64::from(extent.blocks),
            };
            provision::unmap(geometry, provisioning, run, medium)?;
        }
        Ok(())
    }

    /// GET LBA STATUS, of which there is only the report on all blocks. Without thin provisioning
    /// all of them are mapped.
    fn lba_status<M: Medium, T: Transfer>(
        &self,
        start: u64,
        report: u8,
        allocation_length: usize,
        medium: &M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        let geometry = self.geometry();
        if report != 0 {
            return Err(Sense::invalid_field(14).into());
        }
        if start >= geometry.blocks {
            return Err(Sense::LBA_OUT_OF_RANGE.into());
        }
        let thin = self.profile.provisioning.is_thin();
        answer(transfer, allocation_length, |out| {
            let mut status = LbaStatus::new(out);
            let mut lba = start;
            while lba < geometry.blocks {
                let (mapped, run) = if thin {
                    provision::mapped_run(geometry, lba, medium)
                } else {
                    (true, geometry.blocks.saturating_sub(lba))
                };
                // A longer run goes on in the next descriptor.
                let blocks = u32::try_from(run).unwrap_or(u32::MAX);
                if !status.put(lba, blocks, mapped) {
                    break;
                }
                lba = lba.saturating_add(u64::from(blocks));
            }
            Ok(status.finish())
        })
    }
}

/// Checks what UNMAP asks for against the limits.
///
/// # Errors
///
/// Returns INVALID FIELD IN PARAMETER LIST with a pointer to the length of too many descriptors, or
/// to the number of blocks with which they are too many.
fn check_unmap(
    provisioning: &Provisioning,
    extents: impl ExactSizeIterator<Item = Extent>,
) -> Result<(), Sense> {
    /// Where UNMAP BLOCK DESCRIPTOR DATA LENGTH is.
    const DATA_LENGTH: u16 = 2;

    let max_descriptors = usize::try_from(provisioning.max_descriptors).unwrap_or(usize::MAX);
    if extents.len() > max_descriptors {
        return Err(Sense::invalid_parameter(DATA_LENGTH));
    }
    // FFFFFFFFh: no limit.
    let mut left = match provisioning.max_blocks {
        u32::MAX => u64::MAX,
        max => u64::from(max),
    };
    for (index, extent) in extents.enumerate() {
        left = left.checked_sub(u64::from(extent.blocks)).ok_or_else(|| {
            // NUMBER OF LOGICAL BLOCKS is half-way into a descriptor of 16 bytes, behind a header
            // of 8.
            let byte = index.saturating_mul(16).saturating_add(16);
            Sense::invalid_parameter(u16::try_from(byte).unwrap_or(u16::MAX))
        })?;
    }
    Ok(())
}

/// Sends `data`, as much as the initiator allocated for it.
fn put<T: Transfer>(
    transfer: &mut T,
    allocation_length: usize,
    data: &[u8],
) -> Result<(), Failure> {
    answer(transfer, allocation_length, |out| {
        out.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        Ok(out.len().min(data.len()))
    })
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_disk))]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            inquiry::samples,
            profile::UnmappedReads,
            sense::Asc, //
        },
        unit::testing::{
            Bench,
            Wire,
            BLOCKS, //
        }, //
    };

    /// Returns a (16) CDB.
    fn cdb(opcode: u8, flags: u8, lba: u8, blocks: u8) -> [u8; 16] {
        let mut cdb = [0; 16];
        cdb[0] = opcode;
        cdb[1] = flags;
        cdb[9] = lba;
        cdb[13] = blocks;
        cdb
    }

    #[test]
    fn writes_what_it_reads() {
        let mut bench = Bench::new(samples::disk());
        let mut wire = Wire::from(&[7], 1024);
        assert_eq!(bench.execute(0, &cdb(0x8a, 0, 30, 2), &mut wire), Ok(()));
        assert_eq!(wire.transferred, 1024);
        let mut wire = Wire::to(2048);
        assert_eq!(bench.execute(0, &cdb(0x88, 0, 31, 1), &mut wire), Ok(()));
        assert_eq!((wire.transferred, wire.received), (512, [7; 64]));
    }

    #[test]
    fn write_same_goes_to_the_end_but_not_beyond_its_limit() {
        let mut profile = samples::disk();
        profile.limits.max_write_same = 4;
        let mut bench = Bench::new(profile);
        let mut same = |lba, blocks, len| {
            bench.execute(0, &cdb(0x93, 0, lba, blocks), &mut Wire::from(&[9], len))
        };
        assert_eq!(same(0, 0, 512), Err(Sense::invalid_field(10).into()));
        assert_eq!(same(33, 0, 512), Err(Sense::LBA_OUT_OF_RANGE.into()));
        for len in [256, 1024] {
            assert_eq!(same(0, 1, len), Err(block::WRONG_DATA_LENGTH.into()));
        }
        assert_eq!(same(28, 0, 512), Ok(()));
        assert_eq!(bench.ram.sectors.iter().flatten().count(), 4);
    }

    #[test]
    fn one_block_is_not_repeated_for_ever() {
        let mut bench = Bench::new(samples::disk());
        // More than 64 MiB: 20002h blocks of 512 bytes.
        bench.unit.set_blocks(1 << 20);
        assert_eq!(
            bench.sense(&[0; 6]),
            Some(Sense::unit_attention(Asc::CAPACITY_CHANGED))
        );
        for (opcode, flags) in [(0x93, 0), (0x8f, 0x06)] {
            let mut long = cdb(opcode, flags, 0, 2);
            long[11] = 2;
            assert_eq!(
                bench.execute(0, &long, &mut Wire::from(&[9], 512)),
                Err(Sense::invalid_field(10).into())
            );
        }
        assert_eq!(bench.ram.sectors.iter().flatten().count(), 0);
    }

    #[test]
    fn only_whole_granules_are_unmapped() {
        // Granules of 8 blocks from block 4 on.
        let mut bench = Bench::new(samples::thin_disk(UnmappedReads::Zeroes));
        bench.ram.sectors = [Some(1); 32];
        let same = cdb(0x93, 0x08, 3, 10);
        assert_eq!(bench.execute(0, &same, &mut Wire::from(&[0], 512)), Ok(()));
        assert_eq!(bench.ram.sectors[2..5], [Some(1), Some(0), None]);
        assert_eq!(bench.ram.sectors[11..14], [None, Some(0), Some(1)]);
    }

    #[test]
    fn sanitize_takes_everything() {
        let mut bench = Bench::new(samples::thin_disk(UnmappedReads::Zeroes));
        bench.ram.sectors = [Some(1); 32];
        assert_eq!(bench.sense(&[0x48, 0x02, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert!(bench.ram.sectors.iter().all(Option::is_none));
        bench.unit.set_read_only(true);
        assert_eq!(
            bench.sense(&[0x48, 0x02, 0, 0, 0, 0, 0, 0, 0, 0]),
            Some(Sense::WRITE_PROTECTED)
        );
    }

    #[test]
    fn zero_blocks_may_be_behind_the_last_one() {
        let mut bench = Bench::new(samples::disk());
        let end = u8::try_from(BLOCKS).unwrap_or(0);
        for opcode in [0x88, 0x8a, 0x8b, 0x8e, 0x8f, 0x89, 0x90, 0x91] {
            assert_eq!(bench.sense(&cdb(opcode, 0, end, 0)), None);
            assert_eq!(
                bench.sense(&cdb(opcode, 0, end + 1, 0)),
                Some(Sense::LBA_OUT_OF_RANGE)
            );
        }
    }
}
