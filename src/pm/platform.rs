// SPDX-License-Identifier: GPL-2.0

//! Platform devices that a module makes for itself, and their driver.
//!
//! # Lifecycle
//!
//! [`Device::new`] creates a device with its data; the driver is bound before it returns. The
//! data live until the device is gone, so every callback may use them. User space may unbind and
//! bind the driver in between.
//!
//! Only raw bindings are used: the driver core's Rust interface changes with every release.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    container_of,
    device::{
        self,
        Bound, //
    },
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    str::as_char_ptr_in_const_context,
    sync::{
        Arc,
        ArcBorrow, //
    },
    types::Opaque, //
};

/// A driver, and at the same time the type of its devices' data.
pub(crate) trait Driver: Send + Sync + Sized + 'static {
    /// Name of the driver, and of its devices before the dot.
    const NAME: &'static CStr;

    /// Sets up a device. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the device without a driver.
    fn probe(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result;

    /// Undoes [`Driver::probe`]. May sleep.
    ///
    /// The device may be in any runtime state: the driver core resumes it, but does not mind an
    /// error, and lets it suspend again before it calls this.
    fn remove(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>);

    /// Powers the device down. May sleep.
    ///
    /// Called by `rpm_suspend()` with all children suspended.
    ///
    /// # Errors
    ///
    /// [`EAGAIN`] and [`EBUSY`] leave the device active; any other error is kept in
    /// `power.runtime_error`.
    fn runtime_suspend(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result;

    /// Powers the device up. May sleep.
    ///
    /// Called by `rpm_resume()`.
    ///
    /// # Errors
    ///
    /// An error leaves the device suspended.
    fn runtime_resume(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result;

    /// Says whether the device may suspend, now that nobody uses it. May sleep.
    ///
    /// Called by `rpm_idle()`, which then goes on to suspend the device.
    ///
    /// # Errors
    ///
    /// An error keeps the device active until it is idle once more.
    fn runtime_idle(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result;

    /// Does what a phase of system sleep asks. May sleep.
    ///
    /// # Errors
    ///
    /// An error in a phase that goes to sleep ends that, and the system comes back. In one that
    /// comes back it is logged; that of [`Phase::Complete`] is dropped.
    fn sleep(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>, phase: Phase) -> Result;

    /// Makes the device quiet, as the system is powered off or restarted. May sleep.
    ///
    /// Called by `device_shutdown()`, after all children.
    fn shutdown(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>);
}

/// A phase of system sleep: the callbacks of `struct dev_pm_ops`, in the order of its fields.
///
/// Suspend is `Prepare`, `Suspend*`, `Resume*`, `Complete`. Hibernation is `Prepare`, `Freeze*`,
/// `Thaw*`, `Poweroff*`; and in the kernel that comes back `Freeze*`, then `Restore*` in the image,
/// and `Complete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No more children after this.
    Prepare,
    /// The end of what [`Phase::Prepare`] began.
    Complete,
    /// Stop working.
    Suspend,
    /// Work again.
    Resume,
    /// Stop working, for the image to be made or restored.
    Freeze,
    /// Work again, so that the image can be written.
    Thaw,
    /// Stop working, after the image was written.
    Poweroff,
    /// Work again, as the image remembers.
    Restore,
    /// As [`Phase::Suspend`], with runtime power management disabled.
    SuspendLate,
    /// The counterpart of [`Phase::SuspendLate`].
    ResumeEarly,
    /// As [`Phase::Freeze`], with runtime power management disabled.
    FreezeLate,
    /// The counterpart of [`Phase::FreezeLate`].
    ThawEarly,
    /// As [`Phase::Poweroff`], with runtime power management disabled.
    PoweroffLate,
    /// The counterpart of [`Phase::PoweroffLate`].
    RestoreEarly,
    /// As [`Phase::SuspendLate`], and interrupts of devices do not come any more.
    SuspendNoirq,
    /// The counterpart of [`Phase::SuspendNoirq`].
    ResumeNoirq,
    /// As [`Phase::FreezeLate`], likewise.
    FreezeNoirq,
    /// The counterpart of [`Phase::FreezeNoirq`].
    ThawNoirq,
    /// As [`Phase::PoweroffLate`], likewise.
    PoweroffNoirq,
    /// The counterpart of [`Phase::PoweroffNoirq`].
    RestoreNoirq,
}

/// Unbinds the driver of a device, as its `unbind` in sysfs does, unless none is bound.
///
/// May sleep: waits for the lock of the device (a driver that is being bound or unbound, a callback
/// of system sleep), and for [`Driver::remove`]. Must not be called from a callback of the device,
/// which would wait for itself.
pub(crate) fn release_driver(dev: &device::Device) {
    // SAFETY: `dev` is a valid device; one that was deleted has no driver. CAST: `Device` is a
    // transparent wrapper of `struct device`.
    unsafe { bindings::device_release_driver(core::ptr::from_ref(dev).cast_mut().cast()) };
}

/// A registered driver.
#[pin_data(PinnedDrop)]
pub(crate) struct Registration<T: Driver> {
    #[pin]
    driver: Opaque<bindings::platform_driver>,
    _callbacks: PhantomData<T>,
}

// SAFETY: A `Registration` has no methods.
unsafe impl<T: Driver> Send for Registration<T> {}
// SAFETY: As above.
unsafe impl<T: Driver> Sync for Registration<T> {}

impl<T: Driver> Registration<T> {
    /// Registers the driver. May sleep.
    ///
    /// # Errors
    ///
    /// Returns the error of `__platform_driver_register()`.
    pub(crate) fn new(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            driver <- Opaque::try_ffi_init(move |slot: *mut bindings::platform_driver| {
                // SAFETY: `slot` is valid for writes and pinned, and the callbacks have the types
                // of the C declarations.
                unsafe {
                    slot.write(bindings::platform_driver {
                        probe: Some(Callbacks::<T>::probe),
                        remove: Some(Callbacks::<T>::remove),
                        shutdown: Some(Callbacks::<T>::shutdown),
                        ..pin_init::zeroed()
                    });
                    (*slot).driver.name = T::NAME.as_char_ptr();
                    (*slot).driver.pm = Callbacks::<T>::PM;
                    // `enable` must not return before the device is bound.
                    (*slot).driver.probe_type =
                        bindings::probe_type_PROBE_FORCE_SYNCHRONOUS;
                    to_result(bindings::__platform_driver_register(
                        slot,
                        module.as_ptr(),
                        as_char_ptr_in_const_context(c"rpmfault"),
                    ))
                }
            }),
            _callbacks: PhantomData,
        })
    }
}

#[pinned_drop]
impl<T: Driver> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: `new()` registered the driver.
        unsafe { bindings::platform_driver_unregister(self.driver.get()) };
    }
}

/// A device for the driver `T`.
///
/// # Invariants
///
/// `device` was added and not deleted. It has our [`DEVICE_TYPE`] and the name of `T`, and its
/// `platform_data` comes from `Arc::<T>::into_raw()`.
pub(crate) struct Device<T: Driver> {
    device: NonNull<bindings::platform_device>,
    _data: PhantomData<Arc<T>>,
}

// SAFETY: A device may be used from any thread.
unsafe impl<T: Driver> Send for Device<T> {}
// SAFETY: As above.
unsafe impl<T: Driver> Sync for Device<T> {}

impl<T: Driver> Device<T> {
    /// Adds a device, and binds its driver. May sleep.
    ///
    /// An error of [`Driver::probe`] is not reported by the driver core: `data` has to tell.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`] or the error of `platform_device_add()`; nothing is left behind.
    pub(crate) fn new(data: Arc<T>) -> Result<Self> {
        // SAFETY: The name is NUL-terminated; it is copied.
        let device = unsafe {
            bindings::platform_device_alloc(T::NAME.as_char_ptr(), bindings::PLATFORM_DEVID_AUTO)
        };
        let device = NonNull::new(device).ok_or(ENOMEM)?;
        let pdev = device.as_ptr();
        // SAFETY: The device was just allocated and is not registered, so it is ours alone.
        let added = unsafe {
            (*pdev).dev.type_ = &raw const DEVICE_TYPE.0;
            (*pdev).dev.platform_data = Arc::into_raw(data).cast_mut().cast();
            to_result(bindings::platform_device_add(pdev))
        };
        if let Err(error) = added {
            // SAFETY: The device is not registered, and `platform_data` was set above.
            unsafe { Self::put(device) };
            return Err(error);
        }
        // INVARIANT: Just added.
        Ok(Self {
            device,
            _data: PhantomData,
        })
    }

    /// Drops the data and the last reference of ours.
    ///
    /// # Safety
    ///
    /// The device must not be registered, and its `platform_data` must come from
    /// `Arc::<T>::into_raw()`.
    unsafe fn put(device: NonNull<bindings::platform_device>) {
        let pdev = device.as_ptr();
        // SAFETY: By the safety requirements. The release function would kfree() what
        // `platform_data` points to.
        unsafe {
            let data = core::mem::replace(&mut (*pdev).dev.platform_data, core::ptr::null_mut());
            bindings::platform_device_put(pdev);
            drop(Arc::<T>::from_raw(data.cast()));
        }
    }
}

impl<T: Driver> Drop for Device<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the device is registered.
        unsafe { bindings::platform_device_del(self.device.as_ptr()) };
        // SAFETY: It is not any more, so no callback runs: `device_del()` unbinds the driver, and
        // disables runtime power management, which waits for its callbacks.
        unsafe { Self::put(self.device) };
    }
}

/// Tells the devices of [`Device::new`] from all others: with `driver_override`, user space can
/// bind a platform driver to any platform device.
static DEVICE_TYPE: DeviceType = DeviceType(pin_init::zeroed());

/// A type of devices without callbacks.
struct DeviceType(bindings::device_type);

// SAFETY: Nobody writes to it.
unsafe impl Sync for DeviceType {}

/// The C callbacks of the driver `T`.
struct Callbacks<T>(PhantomData<T>);

/// Makes the callbacks of phases of system sleep.
macro_rules! sleep {
    ($($name:ident => $phase:ident,)*) => {$(
        /// # Safety
        ///
        /// Must be called by the PM core.
        unsafe extern "C" fn $name(dev: *mut bindings::device) -> kernel::ffi::c_int {
            // SAFETY: By the safety requirements.
            unsafe { Self::ask(dev, |data, dev| T::sleep(data, dev, Phase::$phase)) }
        }
    )*};
}

impl<T: Driver> Callbacks<T> {
    const PM: &'static bindings::dev_pm_ops = &bindings::dev_pm_ops {
        prepare: Some(Self::prepare),
        complete: Some(Self::complete),
        suspend: Some(Self::suspend),
        resume: Some(Self::resume),
        freeze: Some(Self::freeze),
        thaw: Some(Self::thaw),
        poweroff: Some(Self::poweroff),
        restore: Some(Self::restore),
        suspend_late: Some(Self::suspend_late),
        resume_early: Some(Self::resume_early),
        freeze_late: Some(Self::freeze_late),
        thaw_early: Some(Self::thaw_early),
        poweroff_late: Some(Self::poweroff_late),
        restore_early: Some(Self::restore_early),
        suspend_noirq: Some(Self::suspend_noirq),
        resume_noirq: Some(Self::resume_noirq),
        freeze_noirq: Some(Self::freeze_noirq),
        thaw_noirq: Some(Self::thaw_noirq),
        poweroff_noirq: Some(Self::poweroff_noirq),
        restore_noirq: Some(Self::restore_noirq),
        runtime_suspend: Some(Self::runtime_suspend),
        runtime_resume: Some(Self::runtime_resume),
        runtime_idle: Some(Self::runtime_idle),
    };

    /// Returns the data of a device, unless it is not one of ours.
    ///
    /// # Safety
    ///
    /// `dev` must be the `dev` of a platform device, which exists for `'a`.
    unsafe fn data<'a>(dev: *mut bindings::device) -> Option<ArcBorrow<'a, T>> {
        // SAFETY: By the safety requirements.
        let name = unsafe {
            let pdev = container_of!(dev, bindings::platform_device, dev);
            if !core::ptr::eq((*dev).type_, &raw const DEVICE_TYPE.0) {
                return None;
            }
            CStr::from_char_ptr((*pdev).name)
        };
        if name != T::NAME {
            return None;
        }
        // SAFETY: A device of that type and name was made by `Device::<T>::new()`, so that
        // `platform_data` comes from `Arc::<T>::into_raw()`; it is dropped after the last callback.
        Some(unsafe { ArcBorrow::from_raw((*dev).platform_data.cast_const().cast()) })
    }

    /// # Safety
    ///
    /// Must be called by the platform bus.
    unsafe extern "C" fn probe(pdev: *mut bindings::platform_device) -> kernel::ffi::c_int {
        // SAFETY: The bus passes a platform device that is bound for the time of this call.
        let (data, dev) = unsafe { Self::bound(pdev) };
        from_result(|| {
            let data = data.ok_or(ENODEV)?;
            // Without this the mid layer would limit the size of a transfer to what swiotlb can
            // bounce for a 32-bit device.
            // SAFETY: The device is being bound, which is when a driver sets its masks.
            unsafe {
                let dev = &raw mut (*pdev).dev;
                to_result(bindings::dma_set_mask(dev, u64::MAX))?;
                to_result(bindings::dma_set_coherent_mask(dev, u64::MAX))?;
            }
            T::probe(data, dev).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// Must be called by the platform bus.
    unsafe extern "C" fn remove(pdev: *mut bindings::platform_device) {
        // SAFETY: As in `probe()`.
        if let (Some(data), dev) = unsafe { Self::bound(pdev) } {
            T::remove(data, dev);
        }
    }

    /// # Safety
    ///
    /// `pdev` must be a platform device that is bound for `'a`.
    unsafe fn bound<'a>(
        pdev: *mut bindings::platform_device,
    ) -> (Option<ArcBorrow<'a, T>>, &'a device::Device<Bound>) {
        // SAFETY: By the safety requirements.
        unsafe {
            let dev = &raw mut (*pdev).dev;
            (
                Self::data(dev),
                device::Device::<device::Normal>::from_raw(dev).as_bound(),
            )
        }
    }

    /// # Safety
    ///
    /// Must be called by the platform bus.
    unsafe extern "C" fn shutdown(pdev: *mut bindings::platform_device) {
        // SAFETY: As in `probe()`.
        if let (Some(data), dev) = unsafe { Self::bound(pdev) } {
            T::shutdown(data, dev);
        }
    }

    /// Calls a function with the data of a device and the device, and returns what C expects.
    ///
    /// # Safety
    ///
    /// The PM core must have passed `dev` to a callback of the driver.
    unsafe fn ask(
        dev: *mut bindings::device,
        call: impl FnOnce(ArcBorrow<'_, T>, &device::Device<Bound>) -> Result,
    ) -> kernel::ffi::c_int {
        // SAFETY: The PM core passes the device that the driver is bound to.
        // - When the driver is unbound it waits for callbacks of runtime power management.
        // - It locks the device for those of system sleep but the late, early and noirq ones. During
        //   them user space is frozen, so that only `release_driver()` can unbind the driver: that
        //   takes away what devres keeps, which nobody uses, and not the data.
        let (data, dev) = unsafe {
            (
                Self::data(dev),
                device::Device::<device::Normal>::from_raw(dev).as_bound(),
            )
        };
        from_result(|| data.map_or(Ok(()), |data| call(data, dev)).map(|()| 0))
    }

    /// # Safety
    ///
    /// Must be called by the PM core.
    unsafe extern "C" fn runtime_suspend(dev: *mut bindings::device) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::ask(dev, T::runtime_suspend) }
    }

    /// # Safety
    ///
    /// Must be called by the PM core.
    unsafe extern "C" fn runtime_resume(dev: *mut bindings::device) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::ask(dev, T::runtime_resume) }
    }

    /// # Safety
    ///
    /// Must be called by the PM core.
    unsafe extern "C" fn runtime_idle(dev: *mut bindings::device) -> kernel::ffi::c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::ask(dev, T::runtime_idle) }
    }

    sleep! {
        prepare => Prepare,
        suspend => Suspend,
        resume => Resume,
        freeze => Freeze,
        thaw => Thaw,
        poweroff => Poweroff,
        restore => Restore,
        suspend_late => SuspendLate,
        resume_early => ResumeEarly,
        freeze_late => FreezeLate,
        thaw_early => ThawEarly,
        poweroff_late => PoweroffLate,
        restore_early => RestoreEarly,
        suspend_noirq => SuspendNoirq,
        resume_noirq => ResumeNoirq,
        freeze_noirq => FreezeNoirq,
        thaw_noirq => ThawNoirq,
        poweroff_noirq => PoweroffNoirq,
        restore_noirq => RestoreNoirq,
    }

    /// # Safety
    ///
    /// Must be called by the PM core.
    unsafe extern "C" fn complete(dev: *mut bindings::device) {
        // SAFETY: By the safety requirements. There is nobody to tell an error.
        unsafe { Self::ask(dev, |data, dev| T::sleep(data, dev, Phase::Complete)) };
    }
}
