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
    /// Runtime power management is disabled: no driver is bound.
    Unsupported,
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
            Self::Unsupported => "unsupported",
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
        bindings::rpm_status_RPM_BLOCKED => Status::Unsupported,
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

/// Returns the usage count, which keeps `dev` from suspending unless it is 0. It may have changed
/// when the caller looks at it.
pub(crate) fn usage_count(dev: &device::Device) -> i32 {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_usage_count(as_raw(dev)) }
}

/// Has `dev` resumed from the PM core's workqueue. May be called in any context.
pub(crate) fn request_resume(dev: &device::Device) {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_request_resume(as_raw(dev)) };
}

/// Has the PM core look from its workqueue whether `dev` is idle. May be called in any context.
pub(crate) fn request_idle(dev: &device::Device) {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_request_idle(as_raw(dev)) };
}

/// Tells the PM core that `dev` is active, as an adapter does that system resume has powered.
///
/// May sleep: waits for a callback that is running. For the callback of system resume, when nobody
/// else enables or disables runtime power management.
///
/// # Errors
///
/// Returns [`EBUSY`] if the parent is not active; the device is then suspended.
pub(crate) fn reactivate(dev: &device::Device<Bound>) -> Result {
    let raw = as_raw(dev);
    // SAFETY: `dev` is bound, so it is valid; it is enabled as often as it is disabled.
    unsafe {
        ffi::rpmfault_pm_disable(raw);
        let result = to_result(ffi::rpmfault_pm_set_active(raw));
        bindings::pm_runtime_enable(raw);
        result
    }
}

/// Clears `power.runtime_error`, which keeps `dev` from suspending and resuming, and leaves its
/// status as it was when the callback failed. May sleep.
///
/// # Errors
///
/// Returns [`EAGAIN`] if there is no error, and [`EBUSY`] if the device is active and its parent is
/// not.
pub(crate) fn clear_error(dev: &device::Device) -> Result {
    // SAFETY: `dev` is a valid device. `__pm_runtime_set_status()` itself disables runtime power
    // management meanwhile, and finds out whether there is an error.
    to_result(unsafe { ffi::rpmfault_pm_clear_error(as_raw(dev)) })
}

/// Sets whether `dev` may suspend while its children are active. May be called in any context.
pub(crate) fn set_ignore_children(dev: &device::Device, ignore: bool) {
    // SAFETY: `dev` is a valid device.
    unsafe { ffi::rpmfault_pm_set_ignore_children(as_raw(dev), ignore) };
}

/// Runtime power management of a device that has just been enabled: the device is active and stays
/// so.
///
/// # Invariants
///
/// We have enabled runtime power management of `dev` and hold a usage count.
pub(crate) struct Starting<'a> {
    dev: &'a device::Device<Bound>,
}

/// Runtime power management of a device that may suspend at any time.
///
/// # Invariants
///
/// We have enabled runtime power management of the device.
#[must_use = "it has to be disabled before the driver is unbound"]
pub(crate) struct Enabled(());

impl<'a> Starting<'a> {
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

    /// Lets the device suspend from now on.
    pub(crate) fn allow_suspend(self) -> Enabled {
        // SAFETY: `dev` is bound; by the type invariant we hold a count.
        unsafe { ffi::rpmfault_pm_put_autosuspend(as_raw(self.dev)) };
        core::mem::forget(self);
        // INVARIANT: By that of `self`.
        Enabled(())
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        disable(self.dev);
        // SAFETY: `dev` is bound; by the type invariant we hold a count.
        unsafe { ffi::rpmfault_pm_put_noidle(as_raw(self.dev)) };
    }
}

impl Enabled {
    /// Disables runtime power management of `dev`, the device that it was enabled for.
    ///
    /// For the driver's remove. Waits for a callback that is running; afterwards none runs.
    pub(crate) fn disable(self, dev: &device::Device<Bound>) {
        disable(dev);
    }
}

/// Undoes what [`Starting::new`] does, but for the usage count.
fn disable(dev: &device::Device<Bound>) {
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
pub(super) fn as_raw<Ctx: device::DeviceContext>(
    dev: &device::Device<Ctx>,
) -> *mut bindings::device {
    // CAST: `Device` is a transparent wrapper of `Opaque<struct device>`.
    core::ptr::from_ref(dev).cast_mut().cast()
}
