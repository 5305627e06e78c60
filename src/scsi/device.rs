// SPDX-License-Identifier: GPL-2.0

//! SCSI devices: the mid layer's view of a logical unit.
//!
//! C header: [`include/scsi/scsi_device.h`](srctree/include/scsi/scsi_device.h)

use core::{
    ffi::c_void,
    marker::PhantomData, //
};

use kernel::{
    bindings,
    prelude::*, //
};

use crate::ffi;

/// A device of the mid layer.
///
/// # Invariants
///
/// `sdev` is valid for `'a`.
pub(crate) struct Device<'a> {
    sdev: *mut ffi::scsi_device,
    _lifetime: PhantomData<&'a ffi::scsi_device>,
}

impl Device<'_> {
    /// Wraps a device.
    ///
    /// # Safety
    ///
    /// `sdev` must be valid for the chosen lifetime.
    pub(super) unsafe fn from_raw(sdev: *mut ffi::scsi_device) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            sdev,
            _lifetime: PhantomData,
        }
    }

    /// Lets sd stop and start the device on runtime suspend and resume, and lets the device
    /// suspend itself without being asked (`power/control` reads `auto`).
    ///
    /// For [`crate::scsi::Operations::configure_device`], before anybody else knows the device.
    pub(crate) fn manage_runtime_pm(&self) {
        // SAFETY: By the type invariant the device is valid.
        unsafe { ffi::rpmfault_sdev_manage_runtime_pm(self.sdev) };
    }

    /// Removes the device. May sleep, and waits for its commands.
    pub(super) fn remove(&self) {
        // SAFETY: By the type invariant the device is valid.
        unsafe { ffi::scsi_remove_device(self.sdev) };
    }

    /// Writes the name of the block device that sd or sr made into `name`, and returns its length.
    ///
    /// Returns `None` if there is none. May sleep.
    pub(super) fn block_device(&self, name: &mut [u8]) -> Option<usize> {
        let mut search = BlockDevice { name, len: 0 };
        // SAFETY: By the type invariant the device is valid; the callback gets `search`, which it
        // has the type of.
        unsafe {
            bindings::device_for_each_child(
                &raw mut (*self.sdev).sdev_gendev,
                (&raw mut search).cast(),
                Some(BlockDevice::visit),
            )
        };
        (search.len > 0).then_some(search.len)
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
    /// `device_for_each_child()` must call it, with a `BlockDevice` as `search`.
    unsafe extern "C" fn visit(
        child: *mut bindings::device,
        search: *mut c_void,
    ) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements; the child is kept by its parent's list, and its class
        // and name do not change.
        let (class, child) = unsafe { ((*child).class, &(*child).kobj) };
        if class.is_null() || child.name.is_null() {
            return 0;
        }
        // SAFETY: Names of classes and devices are NUL-terminated.
        let (class, name) = unsafe {
            (
                CStr::from_char_ptr((*class).name),
                CStr::from_char_ptr(child.name),
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
