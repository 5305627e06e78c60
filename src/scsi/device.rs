// SPDX-License-Identifier: GPL-2.0

//! SCSI devices: the mid layer's view of a logical unit.
//!
//! C header: [`include/scsi/scsi_device.h`](srctree/include/scsi/scsi_device.h)

use core::{
    ffi::c_void,
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

use crate::{
    ffi,
    scsi::{
        host_ref::lookup,
        Address, //
    }, //
};

/// Returns where a device is.
///
/// # Safety
///
/// `sdev` must be valid.
pub(super) unsafe fn address(sdev: *mut ffi::scsi_device) -> Address {
    // SAFETY: By the safety requirements; these fields do not change.
    unsafe { Address::from_mid_layer((*sdev).channel, (*sdev).id, (*sdev).lun) }
}

/// What sd and sr do with a device's power: the flags of `struct scsi_device` with these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceFlags {
    /// sd stops and starts the device on runtime suspend and resume.
    pub(crate) manage_runtime_start_stop: bool,
    /// sd stops and starts the device on system suspend and resume.
    pub(crate) manage_system_start_stop: bool,
    /// sd stops the device when the system is powered off.
    pub(crate) manage_shutdown: bool,
    /// sd stops the device when the system is restarted.
    pub(crate) manage_restart: bool,
    /// sd starts a device on system resume that was suspended at runtime before.
    pub(crate) force_runtime_start_on_system_start: bool,
    /// sd sets the power condition (ACTIVE, STANDBY) in START STOP UNIT.
    pub(crate) start_stop_pwr_cond: bool,
    /// sd does not look for another medium after a resume.
    pub(crate) ignore_media_change: bool,
    /// sd does not log its runtime power management.
    pub(crate) silence_suspend: bool,
    /// The device suspends without being asked: `power/control` reads `auto` from the start.
    pub(crate) rpm_autosuspend: bool,
    /// The error handler starts the device when it says that it was stopped.
    pub(crate) allow_restart: bool,
}

impl DeviceFlags {
    /// Returns the flags as a word of `enum rpmfault_sdev_flags`.
    fn bits(&self) -> u32 {
        [
            (
                self.manage_runtime_start_stop,
                ffi::rpmfault_sdev_flags_RPMFAULT_MANAGE_RUNTIME,
            ),
            (
                self.manage_system_start_stop,
                ffi::rpmfault_sdev_flags_RPMFAULT_MANAGE_SYSTEM,
            ),
            (
                self.manage_shutdown,
                ffi::rpmfault_sdev_flags_RPMFAULT_MANAGE_SHUTDOWN,
            ),
            (
                self.manage_restart,
                ffi::rpmfault_sdev_flags_RPMFAULT_MANAGE_RESTART,
            ),
            (
                self.force_runtime_start_on_system_start,
                ffi::rpmfault_sdev_flags_RPMFAULT_FORCE_RUNTIME_START,
            ),
            (
                self.start_stop_pwr_cond,
                ffi::rpmfault_sdev_flags_RPMFAULT_PWR_COND,
            ),
            (
                self.ignore_media_change,
                ffi::rpmfault_sdev_flags_RPMFAULT_IGNORE_MEDIA_CHANGE,
            ),
            (
                self.silence_suspend,
                ffi::rpmfault_sdev_flags_RPMFAULT_SILENCE_SUSPEND,
            ),
            (
                self.rpm_autosuspend,
                ffi::rpmfault_sdev_flags_RPMFAULT_AUTOSUSPEND,
            ),
            (
                self.allow_restart,
                ffi::rpmfault_sdev_flags_RPMFAULT_ALLOW_RESTART,
            ),
        ]
        .into_iter()
        .fold(0, |bits, (on, bit)| if on { bits | bit } else { bits })
    }
}

/// A device that is not visible yet, in [`crate::scsi::Operations::configure_device`].
///
/// # Invariants
///
/// `sdev` is valid for `'a`, and nobody else changes its flags meanwhile.
pub(crate) struct NewDevice<'a> {
    sdev: *mut ffi::scsi_device,
    _lifetime: PhantomData<&'a ffi::scsi_device>,
}

impl NewDevice<'_> {
    /// Wraps the argument of `.sdev_configure`.
    ///
    /// # Safety
    ///
    /// `sdev` must be that argument, and the lifetime must end with the callback.
    pub(super) unsafe fn from_raw(sdev: *mut ffi::scsi_device) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            sdev,
            _lifetime: PhantomData,
        }
    }

    /// Returns where the device is.
    pub(crate) fn address(&self) -> Address {
        // SAFETY: By the type invariants.
        unsafe { address(self.sdev) }
    }

    /// Sets how many commands the device takes; its host's `can_queue` at most.
    pub(crate) fn set_queue_depth(&self, depth: u16) {
        // SAFETY: By the type invariants.
        unsafe { ffi::scsi_change_queue_depth(self.sdev, i32::from(depth)) };
    }

    /// Keeps sd, sr and their like from binding to the device.
    pub(crate) fn keep_upper_drivers_away(&self) {
        // SAFETY: By the type invariants.
        unsafe { ffi::rpmfault_sdev_no_uld(self.sdev) };
    }

    /// Says how sd and sr power the device, and whether it suspends without being asked.
    pub(crate) fn apply(&self, flags: &DeviceFlags) {
        // SAFETY: By the type invariants.
        unsafe { ffi::rpmfault_sdev_set_flags(self.sdev, flags.bits()) };
    }

    /// Returns another device of the same host, if the mid layer has it.
    pub(crate) fn sibling(&self, address: Address) -> Option<Device> {
        // SAFETY: By the type invariants the device is valid, and so is its host.
        unsafe { lookup((*self.sdev).host, address) }
    }

    /// Makes the device need `other`: it resumes after it and suspends before it, at runtime and
    /// for system sleep. Resumes `other`, which may sleep.
    ///
    /// The link ends with either device. A driver need not be bound to `other` for one to be bound
    /// to this device: that is why the link has no state (`DL_FLAG_STATELESS`), unlike that of
    /// ufshcd, whose logical unit has a driver of its own.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if `other` cannot be resumed or is not in sysfs yet, or if it needs this
    /// device itself; also without memory.
    pub(crate) fn supplier(&self, other: &Device) -> Result {
        // SAFETY: By the type invariants both devices are valid and initialised.
        let linked = unsafe {
            ffi::rpmfault_add_supplier(
                &raw mut (*self.sdev).sdev_gendev,
                &raw mut (*other.as_raw()).sdev_gendev,
            )
        };
        linked.then_some(()).ok_or(ENODEV)
    }
}

/// A reference to a device of the mid layer.
///
/// # Invariants
///
/// `0` is valid, and we own a reference from `scsi_device_lookup()`.
pub(crate) struct Device(NonNull<ffi::scsi_device>);

impl Device {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `sdev` must be what `scsi_device_lookup()` has returned, and is not null.
    pub(super) unsafe fn from_raw(sdev: NonNull<ffi::scsi_device>) -> Self {
        // INVARIANT: By the safety requirements.
        Self(sdev)
    }

    /// Returns the C structure.
    fn as_raw(&self) -> *mut ffi::scsi_device {
        self.0.as_ptr()
    }

    /// Does what [`crate::scsi::HostRef::rescan_device`] does.
    pub(super) fn rescan(&self) -> Result {
        // SAFETY: By the type invariant the device is valid.
        to_result(unsafe { ffi::scsi_rescan_device(self.as_raw()) })
    }

    /// Removes the device. May sleep, and waits for its commands.
    pub(crate) fn remove(&self) {
        // SAFETY: By the type invariant the device is valid.
        unsafe { ffi::scsi_remove_device(self.0.as_ptr()) };
    }

    /// Writes the name of the block device that sd or sr made into `name`, and returns its length.
    ///
    /// Returns `None` if there is none. May sleep.
    pub(crate) fn block_device(&self, name: &mut [u8]) -> Option<usize> {
        let mut search = BlockDevice { name, len: 0 };
        // SAFETY: By the type invariant the device is valid; the callback gets a pointer to
        // `search`, as it expects.
        unsafe {
            bindings::device_for_each_child(
                &raw mut (*self.0.as_ptr()).sdev_gendev,
                (&raw mut search).cast(),
                Some(BlockDevice::visit),
            )
        };
        (search.len > 0).then_some(search.len)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference.
        unsafe { ffi::scsi_device_put(self.0.as_ptr()) };
    }
}

/// A search among the children of a device for one of class `block`.
struct BlockDevice<'a> {
    name: &'a mut [u8],
    len: usize,
}

impl BlockDevice<'_> {
    /// Looks at one child; ends the search by returning 1.
    ///
    /// # Safety
    ///
    /// `device_for_each_child()` must call it, with a pointer to a `BlockDevice` as `search`.
    unsafe extern "C" fn visit(
        child: *mut bindings::device,
        search: *mut c_void,
    ) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements; the child is kept by its parent's list.
        let (class, name) = unsafe { ((*child).class, (*child).kobj.name) };
        if class.is_null() || name.is_null() {
            return 0;
        }
        // SAFETY: Names of classes and of devices that were added are NUL-terminated and constant.
        let (class, name) = unsafe {
            (
                CStr::from_char_ptr((*class).name),
                CStr::from_char_ptr(name),
            )
        };
        if class.to_bytes() != b"block" {
            return 0;
        }
        // SAFETY: By the safety requirements.
        let search = unsafe { &mut *search.cast::<BlockDevice<'_>>() };
        let name = name.to_bytes();
        if let Some(place) = search.name.get_mut(..name.len()) {
            place.copy_from_slice(name);
            search.len = name.len();
        }
        1
    }
}
