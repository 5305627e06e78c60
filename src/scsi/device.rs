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
    prelude::*, //
};

use crate::{
    ffi,
    scsi::Address, //
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

    /// Lets sd stop and start the device on runtime suspend and resume, and lets the device
    /// suspend itself without being asked (`power/control` reads `auto`).
    pub(crate) fn manage_runtime_pm(&self) {
        // SAFETY: By the type invariants.
        unsafe { ffi::rpmfault_sdev_manage_runtime_pm(self.sdev) };
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
