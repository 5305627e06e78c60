// SPDX-License-Identifier: GPL-2.0

//! System sleep, as far as a device asks for it.
//!
//! C headers: [`include/linux/device.h`](srctree/include/linux/device.h),
//! [`include/linux/suspend.h`](srctree/include/linux/suspend.h)

use kernel::device;

use crate::{
    ffi,
    pm::runtime::as_raw, //
};

/// Sets whether the callbacks for system sleep of `dev` may run at the same time as those of other
/// devices that do not depend on it (`power/async`).
///
/// Ignored while the system goes to sleep. May be called in any context.
pub(crate) fn set_async(dev: &device::Device, enable: bool) {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_set_async_suspend(as_raw(dev), enable) };
}

/// Returns whether the system is going to suspend, or coming back from that, and not to hibernate.
pub(crate) fn is_suspending() -> bool {
    // SAFETY: The helper has no requirements.
    unsafe { ffi::rpmfault_pm_is_suspending() }
}
