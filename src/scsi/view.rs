// SPDX-License-Identifier: GPL-2.0

//! What can be looked at of a command, whoever has it.
//!
//! C header: [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use core::ptr::NonNull;

use kernel::bindings;

use crate::{
    ffi,
    scsi::{
        device,
        Address, //
    }, //
};

/// Who made the mid layer send a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submitter {
    /// The block layer, for a file system or a raw read or write.
    Block,
    /// `scsi_execute_cmd()`, SG_IO and their like.
    Passthrough,
    /// A power management request (`RQF_PM`).
    Pm,
    /// The error handler, or the ioctl SG_SCSI_RESET.
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

/// A command that the driver may or may not own.
///
/// # Invariants
///
/// `0` points to a valid `struct scsi_cmnd`, which belongs to a device that is valid for as long,
/// and which lies behind its `struct request`.
pub(crate) struct View(NonNull<ffi::scsi_cmnd>);

impl View {
    /// Wraps a command.
    ///
    /// # Safety
    ///
    /// `cmd` must be a command that the mid layer has passed to a callback of one of our hosts. It
    /// must be valid for as long as the `View` exists.
    pub(super) unsafe fn from_raw(cmd: NonNull<ffi::scsi_cmnd>) -> Self {
        // INVARIANT: By the safety requirements.
        Self(cmd)
    }

    /// Returns the C structure.
    pub(super) fn as_raw(&self) -> NonNull<ffi::scsi_cmnd> {
        self.0
    }

    /// Returns what is the same for the same `struct scsi_cmnd`.
    pub(crate) fn id(&self) -> CommandId {
        CommandId(self.0.as_ptr().addr())
    }

    /// Returns the command descriptor block; it is empty for the ioctl SG_SCSI_RESET.
    pub(crate) fn cdb(&self) -> &[u8] {
        // SAFETY: By the type invariant the command is valid. The mid layer writes the CDB when a
        // command begins, and when the error handler sends one in its place, but never while a
        // callback has it.
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

    /// Returns the length of the data buffer in bytes.
    pub(crate) fn data_len(&self) -> usize {
        // SAFETY: By the type invariant the command is valid. CAST: u32 to usize widens.
        unsafe { (*self.0.as_ptr()).sdb.length as usize }
    }

    /// Returns the tag of the command, which is unique in its hardware queue, or in the host with
    /// [`crate::scsi::IoLimits::host_tagset`]. The ioctl SG_SCSI_RESET has [`u32::MAX`].
    pub(crate) fn tag(&self) -> u32 {
        // SAFETY: By the type invariant the command is valid.
        unsafe { ffi::rpmfault_scsi_tag(self.0.as_ptr()) }
    }

    /// Returns how many times the mid layer has sent the command again after an error.
    pub(crate) fn retries(&self) -> u32 {
        // SAFETY: By the type invariant the command is valid.
        let retries = unsafe { (*self.0.as_ptr()).retries };
        u32::try_from(retries).unwrap_or(0)
    }

    /// Returns whether the device has as many commands as it takes (`queue_depth`), this one
    /// included. The answer may be old when the caller gets it.
    pub(crate) fn is_queue_full(&self) -> bool {
        // SAFETY: By the type invariant the command and its device are valid.
        unsafe { ffi::rpmfault_scsi_is_queue_full(self.0.as_ptr()) }
    }

    /// Returns the hardware queue, among all of the host's, that the command was sent to. The ioctl
    /// SG_SCSI_RESET was sent to none.
    pub(crate) fn hw_queue(&self) -> Option<u32> {
        // SAFETY: By the type invariant the command is valid.
        let queue = unsafe { ffi::rpmfault_scsi_hw_queue(self.0.as_ptr()) };
        u32::try_from(queue).ok()
    }

    /// Returns whether the sender asks for the command by [`crate::scsi::Operations::poll`] until
    /// it has come back.
    pub(crate) fn is_polled(&self) -> bool {
        // SAFETY: By the type invariant the command is valid.
        unsafe { ffi::rpmfault_scsi_is_polled(self.0.as_ptr()) }
    }
}
