// SPDX-License-Identifier: GPL-2.0

//! How a command ends.
//!
//! C header: [`include/scsi/scsi_status.h`](srctree/include/scsi/scsi_status.h)

use crate::ffi;

/// What happened below the device: the `DID_*` codes of `include/scsi/scsi_status.h`.
///
/// What the mid layer does with each is decided by `scsi_decide_disposition()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum HostByte {
    /// There is nobody at that address, or the host cannot reach it any more. Not retried.
    NoConnect = ffi::scsi_host_status_DID_NO_CONNECT,
    /// The error handler wanted the command back. Not retried.
    Abort = ffi::scsi_host_status_DID_ABORT,
    /// The driver failed to carry the command out. Retried.
    Error = ffi::scsi_host_status_DID_ERROR,
    /// The device was reset. Retried.
    Reset = ffi::scsi_host_status_DID_RESET,
    /// Retried at once without counting a retry.
    ImmediateRetry = ffi::scsi_host_status_DID_IMM_RETRY,
    /// Put the command back into its queue without counting a retry.
    Requeue = ffi::scsi_host_status_DID_REQUEUE,
    /// The link was lost while the command was under way. Retried.
    TransportDisrupted = ffi::scsi_host_status_DID_TRANSPORT_DISRUPTED,
    /// The link was lost for longer than a command may wait (`fast_io_fail_tmo`). Not retried.
    TransportFailfast = ffi::scsi_host_status_DID_TRANSPORT_FAILFAST,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status<'a> {
    /// SAM GOOD.
    Good,
    /// SAM CHECK CONDITION with these sense data.
    CheckCondition(&'a [u8]),
    /// SAM RESERVATION CONFLICT.
    ReservationConflict,
    /// The command did not reach a device, or did not come back.
    Host(HostByte),
    /// Whatever is to be in the result, sensible or not. Says nothing about the data: they are what
    /// [`super::Command::set_transferred`] said last, or all.
    Raw {
        /// A `DID_*` code; 0: none.
        host: u8,
        /// A status code of SAM.
        status: u8,
        /// Sense data, which may be empty.
        sense: &'a [u8],
    },
}

impl Status<'_> {
    /// Returns whether the command has transferred no data, whatever was said of them.
    pub(super) fn forgets_data(&self) -> bool {
        !matches!(self, Self::Good | Self::Raw { .. })
    }
}

/// A [`Status`] as the mid layer takes it.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    /// `scsi_cmnd.result`.
    pub(super) result: u32,
    /// Sense data.
    pub(super) sense: [u8; SENSE_BUFFER_SIZE],
    /// Valid bytes of `sense`.
    pub(super) sense_len: usize,
}

impl Outcome {
    /// Makes a result of its parts.
    fn new(host: u32, status: u32, sense: &[u8]) -> Self {
        let mut outcome = Self {
            result: host << 16 | status,
            sense: [0; SENSE_BUFFER_SIZE],
            sense_len: sense.len().min(SENSE_BUFFER_SIZE),
        };
        for (to, from) in outcome.sense.iter_mut().zip(sense) {
            *to = *from;
        }
        outcome
    }
}

impl From<Status<'_>> for Outcome {
    fn from(status: Status<'_>) -> Self {
        match status {
            Status::Good => Self::new(0, ffi::sam_status_SAM_STAT_GOOD, &[]),
            Status::CheckCondition(sense) => {
                Self::new(0, ffi::sam_status_SAM_STAT_CHECK_CONDITION, sense)
            }
            Status::ReservationConflict => {
                Self::new(0, ffi::sam_status_SAM_STAT_RESERVATION_CONFLICT, &[])
            }
            // CAST: The enum is `repr(u32)`.
            Status::Host(byte) => Self::new(byte as u32, 0, &[]),
            Status::Raw {
                host,
                status,
                sense,
            } => Self::new(host.into(), status.into(), sense),
        }
    }
}

/// `SCSI_SENSE_BUFFERSIZE` of `include/scsi/scsi_cmnd.h`.
const SENSE_BUFFER_SIZE: usize = 96;
