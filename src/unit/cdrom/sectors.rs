// SPDX-License-Identifier: GPL-2.0

//! READ CD (MMC-6).

use core::ops::Range;

use crate::{
    protocol::{
        command::Extent,
        mmc::{
            configuration::Disc,
            sector, //
        },
        sense::Sense, //
    },
    unit::{
        failure::Failure,
        medium::Medium,
        transfer::{
            OutOfMemory,
            Transfer, //
        }, //
    }, //
};

/// Bytes of the user data of a sector, which is the logical block of all discs.
const BLOCK: u64 = 2048;

/// Returns which bytes of each sector are asked for, as [`sector::selection`] does.
///
/// # Errors
///
/// Returns what that does, and ILLEGAL MODE FOR THIS TRACK if it is more than the user data of a
/// DVD, whose sectors are no CD sectors.
pub(super) fn selection(
    kind: u8,
    parts: u8,
    subchannel: u8,
    disc: Disc,
) -> Result<Range<usize>, Sense> {
    let selection = sector::selection(kind, parts, subchannel)?;
    if disc == Disc::Dvd && !selection.is_empty() && selection != sector::USER_DATA {
        return Err(Sense::ILLEGAL_MODE_FOR_TRACK);
    }
    Ok(selection)
}

/// Sends the `selection` of each sector in `extent`, as far as the initiator has room for it. What
/// was never written consists of `fill`.
///
/// # Errors
///
/// Returns [`Sense::INSUFFICIENT_RESOURCES`] without memory, and the error of the medium.
pub(super) fn read<M: Medium, T: Transfer>(
    extent: Extent,
    selection: &Range<usize>,
    fill: u8,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let mut buffer = transfer.buffer(sector::SIZE)?;
    let sector: &mut [u8; sector::SIZE] = buffer.as_mut().first_chunk_mut().ok_or(OutOfMemory)?;
    let mut sent: usize = 0;
    for block in 0..extent.blocks {
        if selection.is_empty() || sent >= transfer.len() {
            break;
        }
        let lba = extent.lba.saturating_add(u64::from(block));
        let number = u32::try_from(lba).unwrap_or(u32::MAX);
        if selection.end > sector::USER_DATA.start {
            let data = &mut sector[sector::USER_DATA];
            medium.read(lba.saturating_mul(BLOCK), data.len(), fill, |at, piece| {
                for (to, from) in data.iter_mut().skip(at).zip(piece) {
                    *to = *from;
                }
            })?;
        }
        if selection.end > sector::USER_DATA.end {
            sector::complete(sector, number);
        } else if selection.start < sector::USER_DATA.start {
            sector::begin(sector, number);
        }
        let wanted = sector.get(selection.clone()).unwrap_or_default();
        sent = sent.saturating_add(transfer.send(sent, wanted));
    }
    transfer.set_transferred(sent);
    Ok(())
}

// Not for KUnit: a sector is too long for the stack of the kernel.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::{
        cdrom::tests::Memory,
        medium::MediumError, //
    };

    /// A medium on which each sector is full of the number of its address.
    struct Numbered;

    impl Medium for Numbered {
        fn read(
            &self,
            offset: u64,
            len: usize,
            _: u8,
            mut sink: impl FnMut(usize, &[u8]),
        ) -> Result<(), MediumError> {
            assert_eq!((offset % BLOCK, len), (0, 2048));
            let number = u8::try_from(offset / BLOCK).map_err(|_| MediumError::OutOfRange)?;
            sink(0, &[number; 512]);
            sink(512, &[number; 1536]);
            Ok(())
        }

        fn write(
            &mut self,
            _: u64,
            _: usize,
            _: u8,
            _: impl FnMut(usize, &mut [u8]),
        ) -> Result<(), MediumError> {
            Err(MediumError::OutOfRange)
        }

        fn unmap(&mut self, _: u64, _: u64) {}

        fn run(&self, _: u64, len: u64) -> (bool, u64) {
            (true, len)
        }
    }

    /// Returns what is read from `blocks` sectors at `lba` if `parts` are asked for.
    fn read_cd(lba: u64, blocks: u32, parts: u8) -> Result<Memory<5000>, Failure> {
        let mut transfer = Memory {
            bytes: [0xaa; 5000],
            len: 1,
        };
        let selection = selection(0, parts, 0, Disc::Cd)?;
        read(
            Extent { lba, blocks },
            &selection,
            0,
            &mut Numbered,
            &mut transfer,
        )?;
        Ok(transfer)
    }

    /// Returns whether these pieces were read: bytes, and how often each comes.
    fn consists_of(data: Result<Memory<5000>, Failure>, expected: &[(u8, usize)]) -> bool {
        let expected = expected
            .iter()
            .flat_map(|(byte, times)| core::iter::repeat_n(byte, *times));
        data.is_ok_and(|data| data.as_ref().iter().eq(expected))
    }

    #[test]
    fn user_data_come_sector_by_sector() {
        assert!(consists_of(read_cd(7, 1, 0x10), &[(7, 2048)]));
        assert!(consists_of(read_cd(7, 2, 0x50), &[(7, 2048), (8, 2048)]));
    }

    #[test]
    fn reading_ends_with_the_room() {
        let expected = [(1, 2048), (2, 2048), (3, 904)];
        assert!(consists_of(read_cd(1, 10, 0x10), &expected));
        // The numbers end at 255: what is beyond the room is not read.
        let expected = [(253, 2048), (254, 2048), (255, 904)];
        assert!(consists_of(read_cd(253, 1000, 0x10), &expected));
    }

    #[test]
    fn nothing_is_read_if_nothing_is_asked_for() {
        assert!(consists_of(read_cd(1, 0, 0x10), &[]));
        assert!(consists_of(read_cd(1, 1, 0x00), &[]));
        assert!(consists_of(read_cd(300, 1, 0x00), &[]));
    }

    #[test]
    fn other_parts_are_made_up() {
        let header = [(0, 1), (2, 1), (0x10, 1), (1, 1)];
        assert!(consists_of(read_cd(10, 1, 0x20), &header));
        let sync = [(0, 1), (0xff, 10), (0, 1)];
        assert!(consists_of(read_cd(10, 1, 0x80), &sync));
        assert!(read_cd(10, 2, 0xf8).is_ok_and(|data| data.len == 2 * 2352));
    }

    #[test]
    fn dvd_has_only_user_data() {
        assert_eq!(selection(0, 0x10, 0, Disc::Dvd), Ok(sector::USER_DATA));
        assert_eq!(selection(0, 0x00, 0, Disc::Dvd), Ok(0..0));
        assert_eq!(
            selection(0, 0xf8, 0, Disc::Dvd),
            Err(Sense::ILLEGAL_MODE_FOR_TRACK)
        );
    }

    #[test]
    fn medium_can_fail() {
        assert_eq!(
            read_cd(300, 1, 0x10).err(),
            Some(Sense::INTERNAL_TARGET_FAILURE.into())
        );
    }
}
