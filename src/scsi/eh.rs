// SPDX-License-Identifier: GPL-2.0

//! The callbacks of the error handler, for [`Operations`].
//!
//! A command that is only delayed ([`Command::complete_after`](crate::scsi::Command)) is given back
//! here, whatever the driver says, and only after the driver has let go of its own: one of those
//! may be delayed as well.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ffi::c_void,
    ptr::NonNull, //
};

use kernel::{
    prelude::*,
    sync::ArcBorrow, //
};

use crate::{
    ffi,
    scsi::{
        deferred,
        template::Callbacks,
        EhError,
        HostByte,
        Operations,
        Status,
        View, //
    },
};

/// Whose commands a reset ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those of a device.
    Device,
    /// Those of all devices of its target.
    Target,
    /// Those of all targets of its channel.
    Bus,
    /// Those of all channels.
    Host,
}

/// A reset that is going on.
struct Reset {
    sdev: *mut ffi::scsi_device,
    reach: Reach,
}

impl Reset {
    /// Returns whether the reset ends the commands of another device of the host.
    ///
    /// # Safety
    ///
    /// Both devices must be valid.
    unsafe fn reaches(&self, other: *mut ffi::scsi_device) -> bool {
        // SAFETY: By the safety requirements; these fields do not change.
        let (channel, target) = unsafe {
            let (own, other) = (&*self.sdev, &*other);
            (own.channel == other.channel, own.id == other.id)
        };
        match self.reach {
            Reach::Device => core::ptr::eq(self.sdev, other),
            Reach::Target => channel && target,
            Reach::Bus => channel,
            Reach::Host => true,
        }
    }

    /// Completes a command if the reset reaches it and it is only delayed.
    ///
    /// # Safety
    ///
    /// `scsi_host_busy_iter()` must call it, which keeps the command, with a pointer to a `Reset`
    /// as `this`.
    unsafe extern "C" fn end(cmd: *mut ffi::scsi_cmnd, this: *mut c_void) -> bool {
        if let Some(raw) = NonNull::new(cmd) {
            // SAFETY: By the safety requirements the command is valid, and is not sent again
            // before its sender has got it back.
            let delayed = unsafe {
                let this = &*this.cast::<Reset>();
                this.reaches((*cmd).device)
                    .then(|| deferred::take_back(raw))
            };
            if let Some(command) = delayed.flatten() {
                command.complete(Status::Host(HostByte::Reset));
            }
        }
        true
    }
}

impl<T: Operations> Callbacks<T> {
    /// # Safety
    ///
    /// Must be called by the mid layer.
    pub(super) unsafe extern "C" fn eh_abort(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        let Some(raw) = NonNull::new(cmd) else {
            return FAILED;
        };
        // SAFETY: The mid layer passes a command of one of our hosts that has timed out, and keeps
        // it until this returns.
        unsafe {
            let result = Self::ask_eh(raw, T::abort);
            if let Some(command) = deferred::take_back(raw) {
                command.complete(Status::Host(HostByte::Abort));
            }
            eh_result(result)
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    pub(super) unsafe extern "C" fn eh_device_reset(
        cmd: *mut ffi::scsi_cmnd,
    ) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::reset(cmd, Reach::Device, T::reset_device) }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    pub(super) unsafe extern "C" fn eh_target_reset(
        cmd: *mut ffi::scsi_cmnd,
    ) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::reset(cmd, Reach::Target, T::reset_target) }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    pub(super) unsafe extern "C" fn eh_bus_reset(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::reset(cmd, Reach::Bus, T::reset_bus) }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    pub(super) unsafe extern "C" fn eh_host_reset(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::reset(cmd, Reach::Host, T::reset_host) }
    }

    /// Calls a function with the data of a command's host, unless it goes away.
    ///
    /// # Safety
    ///
    /// `cmd` must be a command of a host with data `T`, and stay valid during the call.
    unsafe fn ask_eh(
        cmd: NonNull<ffi::scsi_cmnd>,
        call: impl FnOnce(ArcBorrow<'_, T>, &View) -> Result<(), EhError>,
    ) -> Result<(), EhError> {
        // SAFETY: By the safety requirements.
        let (data, view) = unsafe {
            let host = (*(*cmd.as_ptr()).device).host;
            (Self::data(host), View::from_raw(cmd))
        };
        let data = data.ok_or(EhError::Failed)?;
        call(data.as_arc_borrow(), &view)
    }

    /// Has the driver reset what `reach` says, and ends what is only delayed.
    ///
    /// # Safety
    ///
    /// The mid layer must have passed `cmd` to a reset callback.
    unsafe fn reset(
        cmd: *mut ffi::scsi_cmnd,
        reach: Reach,
        call: impl FnOnce(ArcBorrow<'_, T>, &View) -> Result<(), EhError>,
    ) -> kernel::ffi::c_int {
        let Some(raw) = NonNull::new(cmd) else {
            return FAILED;
        };
        // SAFETY: The mid layer passes a command, or for the ioctl SG_SCSI_RESET something that
        // looks like one, for a valid device of one of our hosts. While the device's queue is
        // entered it is not destroyed, and the host keeps its tags for it; who resets a device that
        // is gone finds the queue closed.
        unsafe {
            let result = Self::ask_eh(raw, call);
            let sdev = (*cmd).device;
            if ffi::rpmfault_sdev_enter_queue(sdev) {
                let mut reset = Reset { sdev, reach };
                ffi::scsi_host_busy_iter((*sdev).host, Some(Reset::end), (&raw mut reset).cast());
                ffi::rpmfault_sdev_exit_queue(sdev);
            }
            eh_result(result)
        }
    }
}

/// Converts to what `.eh_*_handler` returns.
fn eh_result(result: Result<(), EhError>) -> kernel::ffi::c_int {
    match result {
        Ok(()) => SUCCESS,
        Err(EhError::Failed) => FAILED,
        Err(EhError::FastIoFail) => FAST_IO_FAIL,
    }
}

/// Words of `include/scsi/scsi.h`.
const SUCCESS: i32 = 0x2002;
const FAILED: i32 = 0x2003;
const FAST_IO_FAIL: i32 = 0x2009;
