// SPDX-License-Identifier: GPL-2.0

//! Commands that move blocks between the initiator and the medium, or compare them (SBC-4).

use crate::{
    protocol::{
        command::{
            ByteCheck,
            Extent, //
        },
        profile::Atomic,
        sense::{
            Asc,
            Sense,
            SenseKey, //
        },
    },
    unit::{
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

/// The data-out buffer is not as long as the command says.
pub(super) const WRONG_DATA_LENGTH: Sense =
    Sense::new(SenseKey::IllegalRequest, Asc::new(0x0e, 0x03));

/// READ: sends as much as the initiator's buffer takes.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, and [`MediumError`].
pub(super) fn read<M: Medium, T: Transfer>(
    geometry: Geometry,
    extent: Extent,
    medium: &M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    let len = place.fitting(transfer.len()).next_multiple_of(SECTOR);
    let mut sent = 0usize;
    medium.read(place.offset, len, geometry.fill, |at, data| {
        sent = sent.saturating_add(transfer.send(at, data));
    })?;
    transfer.set_transferred(sent);
    Ok(())
}

/// WRITE and WRITE AND VERIFY, which finds what it has just written: writes as much as there is in
/// the initiator's buffer.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, and [`MediumError`] with part of it written.
pub(super) fn write<M: Medium, T: Transfer>(
    geometry: Geometry,
    extent: Extent,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    let len = place.fitting(transfer.len());
    receive(geometry, place, 0, medium, transfer)?;
    transfer.set_transferred(len);
    Ok(())
}

/// WRITE ATOMIC: as WRITE, but all or nothing.
///
/// # Errors
///
/// Returns what [`write`] does with nothing written, and INVALID FIELD IN CDB for what the unit
/// does not write atomically.
pub(super) fn write_atomic<M: Medium, T: Transfer>(
    geometry: Geometry,
    limits: &Atomic,
    extent: Extent,
    boundary: u16,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    check_atomic(limits, extent, u32::from(boundary))?;
    reserve(geometry, place, place.fitting(transfer.len()), medium)?;
    write(geometry, extent, medium, transfer)
}

/// Checks an atomic write against the limits.
fn check_atomic(limits: &Atomic, extent: Extent, boundary: u32) -> Result<(), Sense> {
    const LBA: u16 = 2;
    const BOUNDARY: u16 = 10;
    const LENGTH: u16 = 12;

    let granularity = limits.granularity.max(1);
    let max_length = if boundary == 0 {
        limits.max_length
    } else if boundary > limits.max_boundary || boundary % granularity != 0 {
        return Err(Sense::invalid_field(BOUNDARY));
    } else {
        limits.max_length_boundary
    };
    if extent.lba % u64::from(limits.alignment.max(1)) != 0 {
        return Err(Sense::invalid_field(LBA));
    }
    if extent.blocks > max_length || extent.blocks % granularity != 0 {
        return Err(Sense::invalid_field(LENGTH));
    }
    Ok(())
}

/// ORWRITE: as WRITE, but sets the bits that are set in the initiator's data.
///
/// # Errors
///
/// As for [`write`].
pub(super) fn or_write<M: Medium, T: Transfer>(
    geometry: Geometry,
    extent: Extent,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    let len = place.fitting(transfer.len());
    let sectors = len.next_multiple_of(SECTOR);
    medium.write(place.offset, sectors, geometry.fill, |at, data| {
        for (at, piece) in pieces(at, data.chunks_mut(SECTOR)) {
            let mut bits = [0; SECTOR];
            transfer.receive(at, &mut bits);
            for (byte, bits) in piece.iter_mut().zip(bits) {
                *byte |= bits;
            }
        }
    })?;
    transfer.set_transferred(len);
    Ok(())
}

/// COMPARE AND WRITE: writes the second half of the data if the medium holds the first half.
///
/// # Errors
///
/// Returns [`WRONG_DATA_LENGTH`] unless there are just two halves, MISCOMPARE with the offset of
/// the first byte that differs, and what [`write`] does. Nothing is written then.
pub(super) fn compare_and_write<M: Medium, T: Transfer>(
    geometry: Geometry,
    extent: Extent,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    let half = place.fitting(usize::MAX);
    if half.checked_mul(2) != Some(transfer.len()) {
        return Err(WRONG_DATA_LENGTH.into());
    }
    compare(geometry, place, half, medium, transfer)?;
    reserve(geometry, place, half, medium)?;
    receive(geometry, place, half, medium, transfer)?;
    Ok(())
}

/// VERIFY. Without a byte check there is nothing to do, as the medium has no flaws.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, [`WRONG_DATA_LENGTH`] if the initiator sends less
/// than is to be compared, and MISCOMPARE with the offset of the first byte that differs.
pub(super) fn verify<M: Medium, T: Transfer>(
    geometry: Geometry,
    extent: Extent,
    check: ByteCheck,
    medium: &M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let place = geometry.place(extent)?;
    let data = match check {
        ByteCheck::Medium => 0,
        ByteCheck::Blocks => place.fitting(usize::MAX),
        ByteCheck::OneBlock => place.fitting(geometry.block_len()),
    };
    if data > transfer.len() {
        return Err(WRONG_DATA_LENGTH.into());
    }
    if data > 0 {
        compare(geometry, place, data, medium, transfer)?;
    }
    transfer.set_transferred(data);
    Ok(())
}

/// WRITE SCATTERED: writes the data from `data_start` on to the `ranges`, one after the other.
///
/// # Errors
///
/// Returns what [`write`] does, and [`WRONG_DATA_LENGTH`] if the initiator sends less than the
/// ranges need. All of them are checked before anything is written.
pub(super) fn write_scattered<M: Medium, T: Transfer>(
    geometry: Geometry,
    ranges: impl Iterator<Item = Extent> + Clone,
    data_start: usize,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let mut end = data_start;
    for extent in ranges.clone() {
        let len = geometry.place(extent)?.fitting(usize::MAX);
        end = end.saturating_add(len);
    }
    if end > transfer.len() {
        return Err(WRONG_DATA_LENGTH.into());
    }
    let mut at = data_start;
    for extent in ranges {
        let place = geometry.place(extent)?;
        receive(geometry, place, at, medium, transfer)?;
        at = at.saturating_add(place.fitting(usize::MAX));
    }
    transfer.set_transferred(end);
    Ok(())
}

/// Writes what is in the initiator's buffer from `start` on.
fn receive<M: Medium, T: Transfer>(
    geometry: Geometry,
    place: Place,
    start: usize,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), MediumError> {
    let len = place.fitting(transfer.len().saturating_sub(start));
    let sectors = len.next_multiple_of(SECTOR);
    medium.write(place.offset, sectors, geometry.fill, |at, data| {
        transfer.receive(start.saturating_add(at), data);
    })
}

/// Maps `len` bytes without changing what they read as, so that writing them cannot fail half-way.
fn reserve<M: Medium>(
    geometry: Geometry,
    place: Place,
    len: usize,
    medium: &mut M,
) -> Result<(), MediumError> {
    let sectors = len.next_multiple_of(SECTOR);
    medium.write(place.offset, sectors, geometry.fill, |_, _| {})
}

/// How many mapped bytes are compared before it is looked whether they differ.
const COMPARED_AT_ONCE: u64 = 1 << 16;

/// Compares the medium with the first `period` bytes of the initiator's buffer, over and over
/// again.
///
/// # Errors
///
/// Returns MISCOMPARE with the offset of the first byte that differs, and [`MediumError`].
fn compare<M: Medium, T: Transfer>(
    geometry: Geometry,
    place: Place,
    period: usize,
    medium: &M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let mut done = 0u64;
    while done < place.len {
        let offset = place.offset.saturating_add(done);
        let left = place.len.saturating_sub(done);
        // Piece by piece, so that a difference ends it; only what is unmapped is told as a whole.
        let (mapped, run) = match medium.run(offset, left.min(COMPARED_AT_ONCE)) {
            (false, COMPARED_AT_ONCE) => medium.run(offset, left),
            run => run,
        };
        let run = Place {
            offset,
            len: run.max(1),
        };
        // All periods of an unmapped run are alike: one will do.
        let len = run.fitting(if mapped { usize::MAX } else { period });
        let start = usize::try_from(done).unwrap_or(usize::MAX);
        let mut different = None;
        medium.read(run.offset, len, geometry.fill, |at, data| {
            for (at, piece) in pieces(at, data.chunks(SECTOR)) {
                let mut wanted = [0; SECTOR];
                transfer.receive(start.saturating_add(at) % period.max(1), &mut wanted);
                let differs = piece
                    .iter()
                    .zip(wanted)
                    .position(|(byte, wanted)| *byte != wanted);
                if let (Some(byte), None) = (differs, different) {
                    different = u64::try_from(at.saturating_add(byte)).ok();
                }
            }
        })?;
        if let Some(at) = different {
            let at = done.saturating_add(at);
            return Err(Sense::MISCOMPARE.with_information(at).into());
        }
        done = done.saturating_add(run.len);
    }
    Ok(())
}

/// Returns the pieces of data that start at `at`, with where each one starts.
fn pieces<I: Iterator>(at: usize, pieces: I) -> impl Iterator<Item = (usize, I::Item)> {
    (at..).step_by(SECTOR).zip(pieces)
}
