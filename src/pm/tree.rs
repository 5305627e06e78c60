// SPDX-License-Identifier: GPL-2.0

//! A device and what depends on its power.
//!
//! C header: [`include/linux/device.h`](srctree/include/linux/device.h)

use core::{
    ffi::c_void,
    fmt, //
};

use kernel::{
    bindings,
    device, //
};

/// What is called for each device. An error ends the visit.
type Visitor<'a> = &'a mut dyn FnMut(&device::Device) -> fmt::Result;

/// What goes through C.
struct Visit<'a> {
    visitor: Visitor<'a>,
    result: fmt::Result,
}

/// Calls `visitor` for `dev`, and then for what is below it on a bus: for a SCSI adapter the host,
/// its targets and their devices, each before what is below it. Children without a bus, such as
/// those of a class, have no power to manage.
///
/// May sleep, and so may `visitor`. Who comes or goes meanwhile may be left out; there are few
/// levels, so that recursion is no danger.
///
/// # Errors
///
/// Returns the error of `visitor`.
pub(crate) fn visit(dev: &device::Device, visitor: Visitor<'_>) -> fmt::Result {
    visitor(dev)?;
    let mut visit = Visit {
        visitor,
        result: Ok(()),
    };
    // CAST: `Device` is a transparent wrapper of `Opaque<struct device>`.
    let raw = core::ptr::from_ref(dev).cast_mut().cast();
    let data = (&raw mut visit).cast::<c_void>();
    // SAFETY: `dev` is a valid device; the callback has the type that C expects, and is called with
    // what it expects before this returns.
    unsafe { bindings::device_for_each_child(raw, data, Some(visit_child)) };
    visit.result
}

/// Visits a child and what is below it.
///
/// # Safety
///
/// `child` must be a valid device, and `data` a [`Visit`] that nobody else uses.
unsafe extern "C" fn visit_child(
    child: *mut bindings::device,
    data: *mut c_void,
) -> kernel::ffi::c_int {
    // SAFETY: By the safety requirements. The bus of a device does not change once it is a child.
    let (visit, on_bus) = unsafe { (&mut *data.cast::<Visit<'_>>(), !(*child).bus.is_null()) };
    if on_bus {
        // SAFETY: By the safety requirements; `device_for_each_child()` has a reference.
        let child = unsafe { device::Device::from_raw(child) };
        visit.result = self::visit(child, &mut *visit.visitor);
    }
    visit.result.is_err().into()
}
