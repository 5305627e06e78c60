// SPDX-License-Identifier: GPL-2.0

//! SCSI commands.
//!
//! # Ownership
//!
//! A [`Command`] is the right to complete a `struct scsi_cmnd`, which the mid layer gives away in
//! `.queuecommand` and gets back by `scsi_done()`: [`Command::complete`]. A command that has timed
//! out is completed like any other, by the error handler callback that wants it back: for the mid
//! layer it is complete already (`SCMD_STATE_COMPLETE`), and `scsi_done()` does nothing. A command
//! that is to be completed later, [`Command::complete_after`], is given to its timer meanwhile.
//!
//! C header: [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    time::Delta, //
};

use crate::{
    ffi,
    scsi::{
        deferred::{
            Context,
            Prepared, //
        },
        device,
        Address, //
    }, //
};

/// What happened below the device: the `DID_*` codes of `include/scsi/scsi_status.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum HostByte {
    /// There is nobody at that address, or the host cannot reach it any more. Not retried.
    NoConnect = ffi::scsi_host_status_DID_NO_CONNECT,
    /// The error handler wanted the command back.
    Abort = ffi::scsi_host_status_DID_ABORT,
    /// The driver failed to carry the command out. Retried.
    Error = ffi::scsi_host_status_DID_ERROR,
    /// The device was reset. Retried.
    Reset = ffi::scsi_host_status_DID_RESET,
    /// Put the command back into its queue without counting a retry.
    Requeue = ffi::scsi_host_status_DID_REQUEUE,
    /// The link was lost while the command was under way. Retried.
    TransportDisrupted = ffi::scsi_host_status_DID_TRANSPORT_DISRUPTED,
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
}

/// A [`Status`] as the mid layer takes it.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    result: u32,
    sense: [u8; SENSE_BUFFER_SIZE],
    /// Valid bytes of `sense`.
    sense_len: usize,
}

impl From<Status<'_>> for Outcome {
    fn from(status: Status<'_>) -> Self {
        let mut outcome = Self {
            result: ffi::sam_status_SAM_STAT_GOOD,
            sense: [0; SENSE_BUFFER_SIZE],
            sense_len: 0,
        };
        match status {
            Status::Good => {}
            Status::CheckCondition(sense) => {
                outcome.result = ffi::sam_status_SAM_STAT_CHECK_CONDITION;
                for (to, from) in outcome.sense.iter_mut().zip(sense) {
                    *to = *from;
                }
                outcome.sense_len = sense.len().min(SENSE_BUFFER_SIZE);
            }
            Status::ReservationConflict => {
                outcome.result = ffi::sam_status_SAM_STAT_RESERVATION_CONFLICT;
            }
            // CAST: The enum is `repr(u32)`.
            Status::Host(byte) => outcome.result = (byte as u32) << 16,
        }
        outcome
    }
}

/// Who made the mid layer send a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submitter {
    /// The block layer, for a file system or a raw read or write.
    Block,
    /// `scsi_execute_cmd()`, SG_IO and their like.
    Passthrough,
    /// A power management request (`RQF_PM`).
    Pm,
    /// The error handler.
    ErrorHandler,
    /// The scan of a device that is not in sysfs yet.
    Scan,
}

/// Which way the data of a command go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// There are none.
    None,
    /// To the initiator.
    In,
    /// From the initiator.
    Out,
}

/// Tells one outstanding command of a host from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommandId(usize);

/// A command that was queued and has to be completed.
///
/// Dropping it completes it with [`HostByte::Error`].
///
/// # Invariants
///
/// `0` points to a valid `struct scsi_cmnd` that the mid layer has given to this driver, and has
/// not got back.
pub(crate) struct Command(NonNull<ffi::scsi_cmnd>);

// SAFETY: A command may be completed from any thread.
unsafe impl Send for Command {}
// SAFETY: Methods that take `&self` only read fields that are constant while the driver owns the
// command.
unsafe impl Sync for Command {}

impl Command {
    /// Takes over a command.
    ///
    /// # Safety
    ///
    /// `cmd` must be a valid command that the mid layer has just given to the driver, and no other
    /// `Command` may be made of it.
    pub(super) unsafe fn from_raw(cmd: NonNull<ffi::scsi_cmnd>) -> Self {
        // INVARIANT: By the safety requirements.
        Self(cmd)
    }

    /// Returns the C structure.
    pub(super) fn as_raw(&self) -> NonNull<ffi::scsi_cmnd> {
        self.0
    }

    /// Gives up the right to complete the command: whoever gets the pointer has it.
    pub(super) fn into_raw(self) -> NonNull<ffi::scsi_cmnd> {
        ManuallyDrop::new(self).0
    }

    /// Returns what [`CommandId::of_raw`] returns for the same `struct scsi_cmnd`.
    pub(crate) fn id(&self) -> CommandId {
        CommandId(self.0.as_ptr().addr())
    }

    /// Returns the command descriptor block.
    pub(crate) fn cdb(&self) -> &[u8] {
        // SAFETY: By the type invariant the command is valid, and the mid layer does not write the
        // CDB while the driver owns the command.
        let (cdb, len) = unsafe {
            let cmd = self.0.as_ptr();
            (&(*cmd).cmnd, usize::from((*cmd).cmd_len))
        };
        cdb.get(..len).unwrap_or(cdb)
    }

    /// Returns the logical unit that the command is for.
    pub(crate) fn address(&self) -> Address {
        // SAFETY: By the type invariant the command is valid; its device lives as long.
        unsafe { device::address((*self.0.as_ptr()).device) }
    }

    /// Returns who sent the command.
    pub(crate) fn submitter(&self) -> Submitter {
        let cmd = self.0.as_ptr();
        // SAFETY: By the type invariant the command is valid.
        let (submitter, pm, visible, passthrough) = unsafe {
            (
                ffi::rpmfault_scsi_submitter(cmd),
                ffi::rpmfault_scsi_is_pm(cmd),
                ffi::rpmfault_scsi_is_visible(cmd),
                ffi::rpmfault_scsi_is_passthrough(cmd),
            )
        };
        if submitter != ffi::scsi_cmnd_submitter_SUBMITTED_BY_BLOCK_LAYER.into() {
            Submitter::ErrorHandler
        } else if pm {
            Submitter::Pm
        } else if !visible {
            Submitter::Scan
        } else if passthrough {
            Submitter::Passthrough
        } else {
            Submitter::Block
        }
    }

    /// Returns which way the data go.
    pub(crate) fn direction(&self) -> Direction {
        // SAFETY: By the type invariant the command is valid.
        match unsafe { (*self.0.as_ptr()).sc_data_direction } {
            bindings::dma_data_direction::DMA_TO_DEVICE => Direction::Out,
            bindings::dma_data_direction::DMA_FROM_DEVICE => Direction::In,
            _ => Direction::None,
        }
    }

    /// Returns the hardware queue, among all of the host's, that the command was sent to.
    pub(crate) fn hw_queue(&self) -> u32 {
        // SAFETY: By the type invariant the command is valid.
        unsafe { ffi::rpmfault_scsi_hw_queue(self.0.as_ptr()) }
    }

    /// Returns whether the sender asks for the command by [`crate::scsi::Operations::poll`] until
    /// it has come back.
    pub(crate) fn is_polled(&self) -> bool {
        // SAFETY: By the type invariant the command is valid.
        unsafe { ffi::rpmfault_scsi_is_polled(self.0.as_ptr()) }
    }

    /// Returns the length of the data buffer in bytes.
    pub(crate) fn data_len(&self) -> usize {
        // SAFETY: By the type invariant the command is valid. CAST: u32 to usize widens.
        unsafe { (*self.0.as_ptr()).sdb.length as usize }
    }

    /// Copies `data` to the initiator, `offset` bytes into the data buffer.
    ///
    /// Returns how many bytes fitted. May be called in atomic context.
    pub(crate) fn data_in(&mut self, offset: usize, data: &[u8]) -> usize {
        // SAFETY: By the type invariant the command is valid, and its scatterlist belongs to the
        // driver; `data` is readable for its length.
        unsafe {
            ffi::rpmfault_scsi_data_in(self.0.as_ptr(), data.as_ptr().cast(), data.len(), offset)
        }
    }

    /// Copies data of the initiator, `offset` bytes into the data buffer, to `data`.
    ///
    /// Returns how many bytes there were. May be called in atomic context.
    pub(crate) fn data_out(&self, offset: usize, data: &mut [u8]) -> usize {
        // SAFETY: By the type invariant the command is valid, and its scatterlist belongs to the
        // driver; `data` is writable for its length.
        unsafe {
            ffi::rpmfault_scsi_data_out(
                self.0.as_ptr(),
                data.as_mut_ptr().cast(),
                data.len(),
                offset,
            )
        }
    }

    /// Says that only the first `transferred` bytes of the data buffer were used.
    pub(crate) fn set_transferred(&mut self, transferred: usize) {
        let rest = self.data_len().saturating_sub(transferred);
        // SAFETY: By the type invariant the command is valid, and `resid_len` is the driver's.
        unsafe { (*self.0.as_ptr()).resid_len = u32::try_from(rest).unwrap_or(u32::MAX) };
    }

    /// Gives the command back to the mid layer.
    ///
    /// Any status but [`Status::Good`] says that no data were transferred.
    ///
    /// May be called in any context in which `scsi_done()` may; no spinlock should be held.
    pub(crate) fn complete(self, status: Status<'_>) {
        ManuallyDrop::new(self).finish(status);
    }

    /// Gives the command back to the mid layer after `delay`, which is counted from now and may be
    /// zero, in the context asked for.
    ///
    /// The error handler callbacks take back what is delayed without asking the driver. May be
    /// called in any context.
    pub(crate) fn complete_after(self, status: Status<'_>, delay: Delta, context: Context) {
        self.prepare(status).deliver_after(delay, context);
    }

    /// Decides the outcome of the command, which stays with the driver. Context as above.
    pub(crate) fn prepare(mut self, status: Status<'_>) -> Prepared {
        self.forget_data_unless_good(status);
        Prepared::new(self, status.into())
    }

    /// Gives the command back to the mid layer.
    pub(super) fn complete_with(self, outcome: &Outcome) {
        ManuallyDrop::new(self).done(outcome);
    }

    fn finish(&mut self, status: Status<'_>) {
        self.forget_data_unless_good(status);
        self.done(&status.into());
    }

    fn forget_data_unless_good(&mut self, status: Status<'_>) {
        if status != Status::Good {
            self.set_transferred(0);
        }
    }

    fn done(&mut self, outcome: &Outcome) {
        let cmd = self.0.as_ptr();
        // SAFETY: By the type invariant the command is valid and the driver's; `sense_buffer` has
        // SCSI_SENSE_BUFFERSIZE bytes, and `sense_len` is not more. The caller forgets `self` or
        // drops it, so that this is the only completion.
        unsafe {
            core::ptr::copy_nonoverlapping(
                outcome.sense.as_ptr(),
                (*cmd).sense_buffer,
                outcome.sense_len,
            );
            // CAST: The sign bit belongs to a byte that is not used any more.
            (*cmd).result = outcome.result as i32;
            ffi::scsi_done(cmd);
        }
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        self.finish(Status::Host(HostByte::Error));
    }
}

impl CommandId {
    /// Returns the identity of a command that the driver may not own any more.
    pub(super) fn of_raw(cmd: *mut ffi::scsi_cmnd) -> Self {
        Self(cmd.addr())
    }
}

/// `SCSI_SENSE_BUFFERSIZE` of `include/scsi/scsi_cmnd.h`.
const SENSE_BUFFER_SIZE: usize = 96;
