// SPDX-License-Identifier: GPL-2.0

//! Direct access block devices (peripheral device type 0): what a command does.
//!
//! The wire formats are in [`crate::protocol`]; here they meet the medium.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::{
    device::lun::Lun,
    protocol::{
        capacity,
        cdb::{
            Command,
            Extent, //
        },
        inquiry,
        luns,
        mode,
        sense::Sense,
        vpd, //
    },
    scsi, //
};

/// The longest answer that is not the content of the medium, in bytes.
const ANSWER_MAX: usize = 4096;

/// Why a command got no GOOD status.
pub(super) enum Failure {
    /// The logical unit says so.
    Sense(Sense),
    /// The host ran out of memory: try again.
    Busy,
}

impl From<Sense> for Failure {
    fn from(sense: Sense) -> Self {
        Self::Sense(sense)
    }
}

impl From<AllocError> for Failure {
    fn from(_: AllocError) -> Self {
        Self::Busy
    }
}

/// Carries out a command for a disk. `siblings` are the LUNs of its target.
///
/// May be called in atomic context.
///
/// # Errors
///
/// Returns what to complete the command with; nothing is transferred then.
pub(super) fn execute(
    lun: &Lun,
    siblings: impl Iterator<Item = u64> + Clone,
    command: &mut scsi::Command,
) -> Result<(), Failure> {
    match Command::decode(command.cdb())? {
        Command::TestUnitReady => ready(lun)?,
        Command::Inquiry {
            page,
            allocation_length,
        } => answer(command, allocation_length, |out| match page {
            Some(code) => vpd::page(code, &lun.identity(), out),
            None => Ok(inquiry::standard(&lun.identity(), true, out)),
        })?,
        Command::ReadCapacity10 => {
            ready(lun)?;
            answer_with(command, &capacity::read_capacity10(lun.geometry()));
        }
        Command::ReadCapacity16 { allocation_length } => {
            ready(lun)?;
            let data = capacity::read_capacity16(lun.geometry());
            answer_with(command, data.get(..allocation_length).unwrap_or(&data));
        }
        Command::ModeSense {
            request,
            allocation_length,
        } => answer(command, allocation_length, |out| {
            mode::sense(&request, lun.geometry(), false, out)
        })?,
        Command::Read(extent) => {
            ready(lun)?;
            read(lun, extent, command)?;
        }
        Command::Write(extent) => {
            ready(lun)?;
            write(lun, extent, command)?;
        }
        Command::SynchronizeCache(extent) => {
            ready(lun)?;
            extent.check(lun.geometry().blocks)?;
        }
        Command::StartStopUnit {
            start,
            power_condition,
            ..
        } => {
            // With a POWER CONDITION the START bit means nothing (SBC-4 START STOP UNIT), and no
            // power conditions are claimed.
            if power_condition != 0 {
                return Err(Sense::invalid_field_bit(4, 7).into());
            }
            lun.set_stopped(!start);
        }
        shared @ (Command::ReportLuns { .. } | Command::RequestSense { .. }) => {
            target(shared, siblings, Sense::NO_SENSE, command)?;
        }
    }
    Ok(())
}

/// Carries out a command for a LUN that does not exist, on a target that does.
///
/// May be called in atomic context.
///
/// # Errors
///
/// As for [`execute`].
pub(super) fn execute_absent(
    neighbour: &Lun,
    siblings: impl Iterator<Item = u64> + Clone,
    command: &mut scsi::Command,
) -> Result<(), Failure> {
    match Command::decode(command.cdb())? {
        Command::Inquiry {
            page: None,
            allocation_length,
        } => answer(command, allocation_length, |out| {
            Ok(inquiry::standard(&neighbour.identity(), false, out))
        }),
        other => target(other, siblings, Sense::LUN_NOT_SUPPORTED, command),
    }
}

/// Answers the commands that a target answers for every LUN; to all others says `otherwise`.
fn target(
    decoded: Command,
    siblings: impl Iterator<Item = u64> + Clone,
    otherwise: Sense,
    command: &mut scsi::Command,
) -> Result<(), Failure> {
    match decoded {
        Command::ReportLuns {
            select,
            allocation_length,
        } => {
            let length = siblings
                .clone()
                .fold(8usize, |length, _| length.saturating_add(8));
            let mut out = KVec::from_elem(0u8, allocation_length.min(length), GFP_ATOMIC)?;
            let length = luns::report_luns(select, siblings, &mut out)?;
            answer_with(command, out.get(..length).unwrap_or(&out));
            Ok(())
        }
        Command::RequestSense {
            descriptor: false,
            allocation_length,
        } => {
            let data = otherwise.fixed();
            answer_with(command, data.get(..allocation_length).unwrap_or(&data));
            Ok(())
        }
        Command::RequestSense {
            descriptor: true, ..
        } => Err(Sense::invalid_field_bit(1, 0).into()),
        _ => Err(otherwise.into()),
    }
}

/// Returns an error if the disk was stopped.
fn ready(lun: &Lun) -> Result<(), Sense> {
    if lun.is_stopped() {
        return Err(Sense::NOT_READY_STOPPED);
    }
    Ok(())
}

/// Sends what `build` puts into a buffer of the allocation length.
fn answer(
    command: &mut scsi::Command,
    allocation_length: usize,
    build: impl FnOnce(&mut [u8]) -> Result<usize, Sense>,
) -> Result<(), Failure> {
    let mut out = KVec::from_elem(0u8, allocation_length.min(ANSWER_MAX), GFP_ATOMIC)?;
    let len = build(&mut out)?;
    answer_with(command, out.get(..len).unwrap_or(&out));
    Ok(())
}

/// Sends `data`, and says how much of the initiator's buffer they filled.
fn answer_with(command: &mut scsi::Command, data: &[u8]) {
    let sent = command.data_in(0, data);
    command.set_transferred(sent);
}

/// Copies blocks of the medium to the initiator.
fn read(lun: &Lun, extent: Extent, command: &mut scsi::Command) -> Result<(), Failure> {
    let (offset, len) = bytes(lun, extent, command)?;
    let mut sent = 0usize;
    lun.store()
        .read(offset, len, |at, data| {
            sent = sent.saturating_add(command.data_in(at, data));
        })
        .map_err(|_| Sense::INTERNAL_TARGET_FAILURE)?;
    command.set_transferred(sent);
    Ok(())
}

/// Copies blocks of the initiator to the medium.
fn write(lun: &Lun, extent: Extent, command: &mut scsi::Command) -> Result<(), Failure> {
    let (offset, len) = bytes(lun, extent, command)?;
    lun.store()
        .write(offset, len, |at, data| {
            command.data_out(at, data);
        })
        .map_err(|error| {
            if error == ENOMEM {
                Failure::Busy
            } else {
                Sense::INTERNAL_TARGET_FAILURE.into()
            }
        })?;
    command.set_transferred(len);
    Ok(())
}

/// Returns where on the medium an extent starts, and how many bytes of it have a place in the
/// initiator's buffer.
fn bytes(lun: &Lun, extent: Extent, command: &scsi::Command) -> Result<(u64, usize), Sense> {
    extent.check(lun.geometry().blocks)?;
    let size = u64::from(lun.geometry().block_size);
    let offset = extent.lba.checked_mul(size);
    let len = u64::from(extent.blocks)
        .checked_mul(size)
        .and_then(|len| usize::try_from(len).ok());
    match (offset, len) {
        (Some(offset), Some(len)) => Ok((offset, len.min(command.data_len()))),
        _ => Err(Sense::LBA_OUT_OF_RANGE),
    }
}
