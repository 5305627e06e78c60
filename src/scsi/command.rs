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
    ops::Deref,
    ptr::NonNull, //
};

use kernel::time::Delta;

use crate::{
    ffi,
    scsi::{
        deferred::{
            Context,
            Prepared, //
        },
        status::Outcome,
        HostByte,
        Status,
        View, //
    }, //
};

/// Why a command was refused, and until when the mid layer keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// The host takes no commands, until one of its commands has come back or some time has passed.
    Host,
    /// The device takes no commands, likewise.
    Device,
    /// The target takes no commands, likewise.
    Target,
    /// As [`Busy::Host`]: a word that is left from an older mid layer.
    EhRetry,
}

impl Busy {
    /// Returns the `SCSI_MLQUEUE_*` of `include/scsi/scsi.h`.
    fn as_raw(self) -> u32 {
        match self {
            Self::Host => ffi::rpmfault_mlqueue_RPMFAULT_HOST_BUSY,
            Self::Device => ffi::rpmfault_mlqueue_RPMFAULT_DEVICE_BUSY,
            Self::Target => ffi::rpmfault_mlqueue_RPMFAULT_TARGET_BUSY,
            Self::EhRetry => ffi::rpmfault_mlqueue_RPMFAULT_EH_RETRY,
        }
    }
}

/// The proof that a command was given back without having been accepted.
///
/// Only [`Command::refuse`] makes one, for [`crate::scsi::Operations::queue`] to return.
pub(crate) struct Refused(Busy);

impl Refused {
    /// Returns what `.queuecommand` has to return.
    pub(super) fn as_raw(&self) -> u32 {
        self.0.as_raw()
    }
}

/// A command that was queued and has to be completed.
///
/// Dropping it completes it with [`HostByte::Error`].
///
/// # Invariants
///
/// `0` is a command that the mid layer has given to this driver, and has not got back.
pub(crate) struct Command(View);

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
        // SAFETY: By them, too; the mid layer keeps a command until it gets it back.
        Self(unsafe { View::from_raw(cmd) })
    }

    /// Gives up the right to complete the command: whoever gets the pointer has it.
    pub(super) fn into_raw(self) -> NonNull<ffi::scsi_cmnd> {
        ManuallyDrop::new(self).0.as_raw()
    }

    /// Gives the command back as if it had never come; the mid layer sends it again later.
    ///
    /// What was copied to its data buffer stays there, but counts for nothing. Only for the command
    /// that [`crate::scsi::Operations::queue`] is carrying out, which has to return what this does.
    pub(crate) fn refuse(self, busy: Busy) -> Refused {
        core::mem::forget(self);
        Refused(busy)
    }

    /// Makes the command time out now. It stays the driver's until the error handler asks for it.
    ///
    /// May be called in any context; `blk_abort_request()` starts the block layer's timeout work.
    pub(crate) fn abort_request(&self) {
        // SAFETY: By the type invariant the command is valid and was started, so that its request
        // has a queue.
        unsafe { ffi::rpmfault_scsi_abort_request(self.as_raw().as_ptr()) };
    }

    /// Copies `data` to the initiator, `offset` bytes into the data buffer.
    ///
    /// Returns how many bytes fitted. May be called in atomic context.
    pub(crate) fn data_in(&mut self, offset: usize, data: &[u8]) -> usize {
        // SAFETY: By the type invariant the command is valid, and its scatterlist belongs to the
        // driver; `data` is readable for its length.
        unsafe {
            ffi::rpmfault_scsi_data_in(
                self.as_raw().as_ptr(),
                data.as_ptr().cast(),
                data.len(),
                offset,
            )
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
                self.as_raw().as_ptr(),
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
        unsafe { (*self.as_raw().as_ptr()).resid_len = u32::try_from(rest).unwrap_or(u32::MAX) };
    }

    /// Gives the command back to the mid layer.
    ///
    /// Any status but [`Status::Good`] and [`Status::Raw`] says that no data were transferred.
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
        self.forget_data(status);
        Prepared::new(self, status.into())
    }

    /// Gives the command back to the mid layer.
    pub(super) fn complete_with(self, outcome: &Outcome) {
        ManuallyDrop::new(self).done(outcome);
    }

    fn finish(&mut self, status: Status<'_>) {
        self.forget_data(status);
        self.done(&status.into());
    }

    fn forget_data(&mut self, status: Status<'_>) {
        if status.forgets_data() {
            self.set_transferred(0);
        }
    }

    fn done(&mut self, outcome: &Outcome) {
        let cmd = self.as_raw().as_ptr();
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

impl Deref for Command {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
}
