// SPDX-License-Identifier: GPL-2.0

//! Runtime power management of a device.
//!
//! C header: [`include/linux/pm_runtime.h`](srctree/include/linux/pm_runtime.h)

use kernel::{
    bindings,
    device::{
        self,
        Bound, //
    },
    error::to_result,
    prelude::*, //
};

use crate::ffi;

/// `power/runtime_status` of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Powered.
    Active,
    /// `runtime_resume` is running.
    Resuming,
    /// Not powered.
    Suspended,
    /// `runtime_suspend` is running.
    Suspending,
    /// A callback failed for good (`power.runtime_error`).
    Error,
}

impl Status {
    /// Returns the word that sysfs has for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Resuming => "resuming",
            Self::Suspended => "suspended",
            Self::Suspending => "suspending",
            Self::Error => "error",
        }
    }
}

/// Returns the runtime status of `dev`, which may have changed when the caller looks at it.
pub(crate) fn status(dev: &device::Device) -> Status {
    // SAFETY: `dev` is a valid device.
    match unsafe { ffi::rpmfault_pm_status(as_raw(dev)) } {
        bindings::rpm_status_RPM_ACTIVE => Status::Active,
        bindings::rpm_status_RPM_RESUMING => Status::Resuming,
        bindings::rpm_status_RPM_SUSPENDED => Status::Suspended,
        bindings::rpm_status_RPM_SUSPENDING => Status::Suspending,
        _ => Status::Error,
    }
}

/// Returns whether `power/control` reads `auto`.
pub(crate) fn is_auto(dev: &device::Device) -> bool {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_is_auto(as_raw(dev)) }
}

/// Does what a write of `auto` or `on` to `power/control` does.
///
/// May sleep; `on` resumes the device and waits for its callback, whose error is not reported
/// (`pm_runtime_forbid()` drops it).
pub(crate) fn set_auto(dev: &device::Device, auto: bool) {
    // SAFETY: `dev` is a valid device; both functions may be called for a device with runtime
    // power management disabled too.
    unsafe {
        if auto {
            bindings::pm_runtime_allow(as_raw(dev));
        } else {
            bindings::pm_runtime_forbid(as_raw(dev));
        }
    }
}

/// Sets the autosuspend delay, in milliseconds; with a negative one the device does not suspend.
///
/// May sleep: a negative delay resumes the device.
pub(crate) fn set_autosuspend_delay(dev: &device::Device, delay_ms: i32) {
    // SAFETY: `dev` is a valid device.
    unsafe { bindings::pm_runtime_set_autosuspend_delay(as_raw(dev), delay_ms) };
}

/// Runtime power management that is enabled while this exists.
///
/// The device starts active, and stays so until [`Enabled::allow_suspend`].
///
/// # Invariants
///
/// Runtime power management of `dev` was enabled by us once, and disabled never.
pub(crate) struct Enabled<'a> {
    dev: &'a device::Device<Bound>,
}

impl<'a> Enabled<'a> {
    /// Enables runtime power management with an autosuspend delay in milliseconds.
    ///
    /// Must be called in the driver's probe, before the device gets children. May sleep.
    ///
    /// # Errors
    ///
    /// Returns the error of `pm_runtime_set_active()`; nothing is changed then.
    pub(crate) fn new(dev: &'a device::Device<Bound>, delay_ms: i32, auto: bool) -> Result<Self> {
        let raw = as_raw(dev);
        // SAFETY: `dev` is bound, so it is valid, and so far has runtime power management disabled.
        unsafe {
            to_result(ffi::rpmfault_pm_set_active(raw))?;
            ffi::rpmfault_pm_get_noresume(raw);
            ffi::rpmfault_pm_use_autosuspend(raw, delay_ms);
            bindings::pm_runtime_enable(raw);
        }
        if !auto {
            set_auto(dev, false);
        }
        // INVARIANT: Just enabled.
        Ok(Self { dev })
    }

    /// Drops the usage count of probe: from now on the device may suspend.
    ///
    /// Returns the proof that [`disable`] asks for.
    pub(crate) fn allow_suspend(self) {
        // SAFETY: `dev` is bound; `new()` took the count.
        unsafe { ffi::rpmfault_pm_put_autosuspend(as_raw(self.dev)) };
        core::mem::forget(self);
    }
}

impl Drop for Enabled<'_> {
    fn drop(&mut self) {
        disable(self.dev);
        // SAFETY: `dev` is bound; `new()` took the count.
        unsafe { ffi::rpmfault_pm_put_noidle(as_raw(self.dev)) };
    }
}

/// Undoes [`Enabled::new`] after [`Enabled::allow_suspend`]: for the driver's remove.
///
/// Waits for a callback that is running. When this returns no runtime callback runs any more.
pub(crate) fn disable(dev: &device::Device<Bound>) {
    let raw = as_raw(dev);
    // SAFETY: `dev` is bound, so it is valid.
    unsafe {
        bindings::__pm_runtime_use_autosuspend(raw, false);
        ffi::rpmfault_pm_disable(raw);
        bindings::pm_runtime_allow(raw);
        ffi::rpmfault_pm_set_suspended(raw);
    }
}

/// Returns the C structure behind a device.
fn as_raw<Ctx: device::DeviceContext>(dev: &device::Device<Ctx>) -> *mut bindings::device {
    // CAST: `Device` is a transparent wrapper of `Opaque<struct device>`.
    core::ptr::from_ref(dev).cast_mut().cast()
}
