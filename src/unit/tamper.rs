// SPDX-License-Identifier: GPL-2.0

//! Devices that say GOOD and have not done what they were asked for.
//!
//! A tampered command passes all checks of the unit, and fails as it would otherwise: it is its data
//! that go wrong, between the initiator and the medium. Only [`Tamper::Skip`] and [`Tamper::NoData`]
//! never reach the unit.

use crate::{
    protocol::command::{
        Command,
        Extent, //
    },
    unit::transfer::{
        OutOfMemory,
        Transfer, //
    }, //
};

/// What goes wrong with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tamper<'a> {
    /// Nothing.
    None,
    /// It is not carried out, and claims that all data were transferred. What would have been read
    /// is zeroes, so that no memory of the kernel shows.
    Skip,
    /// It is not carried out, and says that no data were transferred: all of them are residual.
    NoData,
    /// So many bytes at the end of the initiator's buffer are not transferred, and it says so. What
    /// would have been written there keeps its content.
    Short(u32),
    /// The bytes from `offset` of the initiator's buffer on are replaced on their way, as far as
    /// anything is transferred there.
    Corrupt {
        /// The first byte, from the start of the buffer.
        offset: u32,
        /// What they are replaced by.
        pattern: &'a [u8],
    },
    /// It uses other blocks, so many behind those that it names or, if negative, before them; blocks
    /// that are not all on the medium are replaced by those from 0 on. For commands that transfer
    /// blocks, and WRITE SAME unless it goes to the end of the medium.
    Misdirect(i64),
    /// Only so many blocks are written, and it claims that all are. For WRITE, WRITE AND VERIFY,
    /// WRITE ATOMIC and ORWRITE.
    Torn(u32),
}

impl<'a> Tamper<'a> {
    /// Ends a command that is not to be carried out; returns whether it was one.
    pub(super) fn pretends<T: Transfer>(self, transfer: &mut T) -> bool {
        const PIECE: [u8; 512] = [0; 512];

        match self {
            Self::Skip => {
                let len = transfer.len();
                let mut sent = 0usize;
                while sent < len {
                    let piece = PIECE.get(..len.saturating_sub(sent)).unwrap_or(&PIECE);
                    match transfer.send(sent, piece) {
                        // The buffer is for the other direction.
                        0 => break,
                        bytes => sent = sent.saturating_add(bytes),
                    }
                }
                transfer.set_transferred(len);
                true
            }
            Self::NoData => {
                transfer.set_transferred(0);
                true
            }
            _ => false,
        }
    }

    /// Has a command that passed all checks use other blocks of a medium of `capacity` blocks.
    ///
    /// One whose own blocks are not on the medium fails for that.
    pub(super) fn misdirect(self, command: &mut Command, capacity: u64) {
        let Self::Misdirect(by) = self else {
            return;
        };
        if let Some(extent) = blocks_of(command).filter(|extent| extent.check(capacity).is_ok()) {
            let moved = extent.lba.checked_add_signed(by).map(|lba| Extent {
                lba,
                blocks: extent.blocks,
            });
            let moved = moved.filter(|moved| moved.check(capacity).is_ok());
            extent.lba = moved.map_or(0, |moved| moved.lba);
        }
    }

    /// Returns the initiator's side of a command as the unit is to see it; `block_len` are the bytes
    /// of a block.
    pub(super) fn wire<T: Transfer>(
        self,
        command: &Command,
        block_len: usize,
        transfer: &'a mut T,
    ) -> Wire<'a, T> {
        let len = transfer.len();
        let mut wire = Wire {
            transfer,
            sendable: len,
            receivable: len,
            claimable: len,
            other: Replacement {
                offset: 0,
                pattern: &[],
            },
        };
        match self {
            Self::Short(residual) => {
                let rest = len.saturating_sub(length(residual));
                // Not all commands say how much they have transferred.
                wire.transfer.set_transferred(rest);
                (wire.sendable, wire.receivable, wire.claimable) = (rest, rest, rest);
            }
            Self::Corrupt { offset, pattern } => {
                wire.other = Replacement {
                    offset: length(offset),
                    pattern,
                };
            }
            Self::Torn(blocks) if can_be_torn(command) => {
                wire.receivable = length(blocks).saturating_mul(block_len).min(len);
            }
            _ => {}
        }
        wire
    }
}

/// Returns a number as a length in memory.
fn length(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the blocks that a command is for, if it has such.
fn blocks_of(command: &mut Command) -> Option<&mut Extent> {
    match command {
        Command::Read { extent, .. }
        | Command::Write { extent, .. }
        | Command::WriteAndVerify { extent, .. }
        | Command::WriteAtomic { extent, .. }
        | Command::OrWrite { extent, .. }
        | Command::CompareAndWrite { extent, .. }
        | Command::Verify { extent, .. }
        | Command::ReadCd { extent, .. } => Some(extent),
        Command::WriteSame { extent, .. } if extent.blocks > 0 => Some(extent),
        _ => None,
    }
}

/// Returns whether a command writes the initiator's data as they are: those that are missing leave
/// the medium as it was.
fn can_be_torn(command: &Command) -> bool {
    matches!(
        command,
        Command::Write { .. }
            | Command::WriteAndVerify { .. }
            | Command::WriteAtomic { .. }
            | Command::OrWrite { .. }
    )
}

/// The initiator's side of a command that may have been tampered with.
pub(super) struct Wire<'a, T> {
    /// What the initiator has.
    transfer: &'a mut T,
    /// How many bytes of the buffer the unit can send.
    sendable: usize,
    /// How many bytes of the buffer the unit can receive.
    receivable: usize,
    /// How many bytes the initiator is told of at most.
    claimable: usize,
    /// What does not go through as it is.
    other: Replacement<'a>,
}

/// Data that take the place of others.
#[derive(Clone, Copy)]
struct Replacement<'a> {
    /// Where in the initiator's buffer they belong.
    offset: usize,
    /// The data.
    pattern: &'a [u8],
}

impl<'a> Replacement<'a> {
    /// Returns those that belong into the `len` bytes of the buffer from `at` on, and where in these
    /// bytes they start; empty if there are none.
    fn within(self, at: usize, len: usize) -> (usize, &'a [u8]) {
        let start = self.offset.max(at);
        let end = self
            .offset
            .saturating_add(self.pattern.len())
            .min(at.saturating_add(len));
        let range = start.saturating_sub(self.offset)..end.saturating_sub(self.offset);
        let bytes = self.pattern.get(range).unwrap_or_default();
        (start.saturating_sub(at), bytes)
    }
}

impl<T: Transfer> Transfer for Wire<'_, T> {
    type Buffer = T::Buffer;

    fn len(&self) -> usize {
        self.transfer.len()
    }

    fn send(&mut self, offset: usize, data: &[u8]) -> usize {
        let room = self.sendable.saturating_sub(offset);
        let data = data.get(..room).unwrap_or(data);
        let sent = self.transfer.send(offset, data);
        let (start, bytes) = self.other.within(offset, sent);
        if !bytes.is_empty() {
            self.transfer.send(offset.saturating_add(start), bytes);
        }
        sent
    }

    fn receive(&mut self, offset: usize, data: &mut [u8]) -> usize {
        let there = self.receivable.saturating_sub(offset).min(data.len());
        let data = data.get_mut(..there).unwrap_or_default();
        let received = self.transfer.receive(offset, data);
        let (start, bytes) = self.other.within(offset, received);
        let place = data.get_mut(start..).unwrap_or_default();
        place
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        received
    }

    fn set_transferred(&mut self, transferred: usize) {
        self.transfer
            .set_transferred(transferred.min(self.claimable));
    }

    fn buffer(&self, len: usize) -> Result<Self::Buffer, OutOfMemory> {
        self.transfer.buffer(len)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_tamper))]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            inquiry::samples,
            sense::Sense, //
        },
        unit::{
            testing::{
                self,
                Bench, //
            },
            Failure, //
        },
    };

    const READ: [u8; 10] = [0x28, 0, 0, 0, 0, 4, 0, 0, 2, 0];
    const WRITE: [u8; 10] = [0x2a, 0, 0, 0, 0, 4, 0, 0, 2, 0];

    fn bench() -> Bench {
        let mut bench = Bench::new(samples::disk());
        bench.ram.sectors = [Some(1); 32];
        bench.ram.sectors[0] = Some(7);
        bench
    }

    fn run(
        bench: &mut Bench,
        cdb: &[u8],
        wire: &mut testing::Wire<'_>,
        tamper: Tamper<'_>,
    ) -> Result<(), Failure> {
        let nexus = bench.nexuses[0];
        let luns = [0].into_iter();
        bench
            .unit
            .execute(nexus, luns, cdb, &mut bench.ram, wire, tamper)
    }

    /// Reads blocks 4 and 5, and returns the first bytes and how many were transferred.
    fn read(bench: &mut Bench, tamper: Tamper<'_>) -> ([u8; 64], usize) {
        let mut wire = testing::Wire::to(1024);
        wire.received = [0xee; 64];
        assert_eq!(run(bench, &READ, &mut wire, tamper), Ok(()));
        (wire.received, wire.transferred)
    }

    /// Writes blocks 4 and 5, and returns blocks 3 to 6 and how many bytes were transferred.
    fn write(bench: &mut Bench, tamper: Tamper<'_>) -> ([Option<u8>; 4], usize) {
        let mut wire = testing::Wire::from(&[9], 1024);
        assert_eq!(run(bench, &WRITE, &mut wire, tamper), Ok(()));
        let mut blocks = [None; 4];
        blocks.copy_from_slice(&bench.ram.sectors[3..7]);
        (blocks, wire.transferred)
    }

    #[test]
    fn commands_that_are_skipped_change_nothing() {
        let mut bench = bench();
        assert_eq!(read(&mut bench, Tamper::Skip), ([0; 64], 1024));
        assert_eq!(write(&mut bench, Tamper::Skip), ([Some(1); 4], 1024));
        let stop = [0x1b, 0, 0, 0, 0, 0];
        let mut none = testing::Wire::to(0);
        assert_eq!(run(&mut bench, &stop, &mut none, Tamper::Skip), Ok(()));
        assert_eq!(bench.sense(&[0; 6]), None);
    }

    #[test]
    fn commands_without_data_transfer_none() {
        let mut bench = bench();
        assert_eq!(read(&mut bench, Tamper::NoData), ([0xee; 64], 0));
        assert_eq!(write(&mut bench, Tamper::NoData), ([Some(1); 4], 0));
    }

    #[test]
    fn short_commands_leave_out_the_end() {
        let mut bench = bench();
        let (data, transferred) = read(&mut bench, Tamper::Short(1000));
        assert_eq!((&data[..24], transferred), (&[1; 24][..], 24));
        assert_eq!(data[24..], [0xee; 40]);
        let (blocks, transferred) = write(&mut bench, Tamper::Short(512));
        assert_eq!(blocks, [Some(1), Some(9), Some(1), Some(1)]);
        assert_eq!(transferred, 512);
        assert_eq!(read(&mut bench, Tamper::Short(2000)).1, 0);
        assert_eq!(read(&mut bench, Tamper::Short(0)).1, 1024);
    }

    #[test]
    fn data_are_replaced_on_their_way() {
        let mut bench = bench();
        let tamper = Tamper::Corrupt {
            offset: 2,
            pattern: &[5, 6],
        };
        let (data, transferred) = read(&mut bench, tamper);
        assert_eq!((&data[..5], transferred), (&[1, 1, 5, 6, 1][..], 1024));
        // What the tests' medium keeps is the first byte of each block.
        let tamper = Tamper::Corrupt {
            offset: 511,
            pattern: &[5, 6],
        };
        let (blocks, _) = write(&mut bench, tamper);
        assert_eq!(blocks, [Some(1), Some(9), Some(6), Some(1)]);
        let tamper = Tamper::Corrupt {
            offset: u32::MAX,
            pattern: &[5, 6],
        };
        assert_eq!(read(&mut bench, tamper).0, [9; 64]);
    }

    #[test]
    fn blocks_are_others_and_on_the_medium() {
        for (by, block) in [(3, 7), (-4, 0), (-5, 0), (26, 30), (27, 0), (i64::MAX, 0)] {
            let mut bench = bench();
            let tamper = Tamper::Misdirect(by);
            assert_eq!(write(&mut bench, tamper).1, 1024);
            let expected = (0..32).map(|at| match at {
                at if at == block || at == block + 1 => Some(9),
                0 => Some(7),
                _ => Some(1),
            });
            assert!(bench.ram.sectors.into_iter().eq(expected));
            let mut wire = testing::Wire::to(64);
            let far = [0x28, 0, 0, 0, 0, 31, 0, 0, 2, 0];
            assert_eq!(
                run(&mut bench, &far, &mut wire, tamper),
                Err(Sense::LBA_OUT_OF_RANGE.into())
            );
        }
    }

    #[test]
    fn torn_writes_stop_half_way() {
        let mut bench = bench();
        let torn = [Some(1), Some(9), Some(1), Some(1)];
        assert_eq!(write(&mut bench, Tamper::Torn(1)), (torn, 1024));
        assert_eq!(read(&mut bench, Tamper::Torn(0)).0, [9; 64]);
        assert_eq!(
            write(&mut bench, Tamper::Torn(9)).0,
            [Some(1), Some(9), Some(9), Some(1)]
        );
    }
}
