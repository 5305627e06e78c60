// SPDX-License-Identifier: GPL-2.0

//! SCSI hosts.
//!
//! # Lifecycle
//!
//! [`Registration::new`] allocates and adds a `struct Scsi_Host`; from then on the mid layer may
//! call [`Operations`]. Dropping the registration removes the host, which waits for every command
//! and device. After that no command comes, and error handler callbacks find no data any more.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ffi::c_void,
    marker::PhantomData,
    mem::size_of,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    device,
    error::to_result,
    prelude::*,
    sync::Arc, //
};

use crate::{
    ffi::{
        self,
        rcu::Snapshot,
        workqueue::OwnedQueue, //
    },
    scsi::{
        template::Callbacks, //
        Address,
        Command,
        Device,
        HostRef,
        Limits,
        Operations,
        Refused,
        Timeout,
        View,
    },
};

/// The part of [`Private`] that does not depend on the type of the data.
#[repr(C)]
pub(super) struct Dispatch {
    /// Of the [`OwnedQueue`] in the [`Registration`].
    workqueue: *mut bindings::workqueue_struct,
    /// [`IoLimits::poll_queues`](crate::scsi::IoLimits::poll_queues).
    pub(super) poll_queues: u16,
    /// # Safety
    ///
    /// Must be called with the `data` beside it, while the host is registered.
    pub(super) queue: unsafe fn(*const c_void, Command) -> Result<(), Refused>,
    /// # Safety
    ///
    /// As for `queue`.
    pub(super) timed_out: unsafe fn(*const c_void, &View) -> Timeout,
    /// Of the driver's type.
    pub(super) data: *const c_void,
}

/// The driver's part of a `struct Scsi_Host`.
///
/// # Invariants
///
/// `dispatch.data` comes from `Arc::<T>::into_raw()`, and the functions of `dispatch` are those of
/// [`Callbacks`]`<T>`. The data are valid while the host is registered.
#[repr(C)]
pub(super) struct Private<T> {
    /// First, so that the C trampolines find it without knowing `T`.
    pub(super) dispatch: Dispatch,
    /// For callbacks that may run while the host goes away: an open file of a device keeps
    /// SG_SCSI_RESET working until the host is gone, and after.
    pub(super) data: Snapshot<Arc<T>>,
}

/// A host that is registered with the mid layer.
///
/// # Invariants
///
/// `host` was added and not removed. Its private area is a valid [`Private`].
pub(crate) struct Registration<T: Operations> {
    /// With the reference from `scsi_host_alloc()`, which goes last.
    host: HostRef,
    /// Commands that are given back in its context hold up the removal of the host in `drop()`.
    _workqueue: Arc<OwnedQueue>,
    _data: PhantomData<Arc<T>>,
}

// SAFETY: All that a `Registration` does may be done from any thread.
unsafe impl<T: Operations> Send for Registration<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T> {
    /// Adds a host below `parent`, without scanning it. May sleep.
    ///
    /// [`crate::scsi::Context::Workqueue`] means `workqueue`.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], or the error of `scsi_add_host_with_dma()`; nothing is left behind.
    pub(crate) fn new(
        parent: &device::Device<device::Bound>,
        limits: Limits,
        workqueue: Arc<OwnedQueue>,
        data: Arc<T>,
    ) -> Result<Self> {
        let shared = Snapshot::empty();
        shared.replace(Some(KBox::new(data.clone(), GFP_KERNEL)?));
        let private_size = i32::try_from(size_of::<Private<T>>())?;
        // SAFETY: The template is static. The mid layer zeroes the private area.
        let host = unsafe { ffi::scsi_host_alloc(template::<T>(&limits), private_size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        let private = Private {
            dispatch: Dispatch {
                workqueue: workqueue.as_raw(),
                poll_queues: limits.io.poll_queues,
                queue: Callbacks::<T>::queue,
                timed_out: Callbacks::<T>::timed_out,
                data: Arc::into_raw(data).cast(),
            },
            data: shared,
        };
        // SAFETY: The host was just allocated with a private area of this size, which is aligned
        // for `unsigned long`, and nobody else has it.
        unsafe {
            private_of::<T>(host.as_ptr()).write(private);
            limits.apply(host.as_ptr());
        }

        let parent = core::ptr::from_ref(parent)
            .cast_mut()
            .cast::<bindings::device>();
        // SAFETY: `parent` is bound, so it is registered and outlives the host, which its driver
        // removes before it is unbound. CAST: `Device` is a transparent wrapper of `struct device`.
        let added = unsafe { ffi::scsi_add_host_with_dma(host.as_ptr(), parent, parent) };
        if let Err(error) = to_result(added) {
            // SAFETY: The host was not added, so nobody calls back; this drops its last reference.
            unsafe {
                release::<T>(host.as_ptr());
                ffi::scsi_host_put(host.as_ptr());
            }
            return Err(error);
        }
        // INVARIANT: Just added, with `Private` set up above.
        Ok(Self {
            // SAFETY: By the above; the reference is that of `scsi_host_alloc()`.
            host: unsafe { HostRef::from_raw(host) },
            _workqueue: workqueue,
            _data: PhantomData,
        })
    }

    /// Returns N of `/sys/class/scsi_host/hostN`.
    pub(crate) fn host_no(&self) -> u32 {
        self.host.host_no()
    }

    /// Returns the device at `address`, if the mid layer has one.
    pub(crate) fn device(&self, address: Address) -> Option<Device> {
        self.host.device(address)
    }

    /// Returns a reference to the host, which may be removed while there is one.
    pub(crate) fn host(&self) -> HostRef {
        self.host.clone()
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the host was added and not removed.
        unsafe { ffi::scsi_remove_host(self.host.as_raw()) };
        // SAFETY: The host is removed: its queues are gone, so no command comes any more.
        unsafe { release::<T>(self.host.as_raw()) };
    }
}

/// Drops the data of a host.
///
/// # Safety
///
/// The private area must be set up, and no command may be queued any more.
unsafe fn release<T: Operations>(host: *mut ffi::Scsi_Host) {
    // SAFETY: By the safety requirements; this is the only place that takes the data back, and a
    // callback that may still run has taken a reference of its own, or finds none.
    unsafe {
        let private = &*private_of::<T>(host);
        private.data.replace(None);
        drop(Arc::<T>::from_raw(private.dispatch.data.cast()));
    }
}

/// Returns the template of a host.
fn template<T: Operations>(limits: &Limits) -> &'static ffi::scsi_host_template {
    if limits.skip_settle_delay {
        Callbacks::<T>::settled()
    } else {
        Callbacks::<T>::TEMPLATE
    }
}

/// Returns the part of a host's data that does not depend on their type.
///
/// # Safety
///
/// `host` must be one of this file, and be valid for `'a`.
pub(super) unsafe fn dispatch<'a>(host: *mut ffi::Scsi_Host) -> &'a Dispatch {
    // SAFETY: By the safety requirements. CAST: `Private` is `repr(C)` and starts with its
    // `Dispatch`.
    unsafe { &*ffi::rpmfault_shost_priv(host).cast::<Dispatch>() }
}

/// Returns the workqueue of a host.
///
/// # Safety
///
/// `host` must be one of this file, and have a command outstanding.
pub(super) unsafe fn workqueue(host: *mut ffi::Scsi_Host) -> *mut bindings::workqueue_struct {
    // SAFETY: By the safety requirements.
    unsafe { dispatch(host) }.workqueue
}

/// Returns where the driver's part of a host is.
///
/// # Safety
///
/// `host` must come from `scsi_host_alloc()` in this file, with data `T`.
pub(super) unsafe fn private_of<T>(host: *mut ffi::Scsi_Host) -> *mut Private<T> {
    // SAFETY: By the safety requirements.
    unsafe { ffi::rpmfault_shost_priv(host) }.cast()
}
