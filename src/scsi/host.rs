// SPDX-License-Identifier: GPL-2.0

//! SCSI hosts.
//!
//! # Lifecycle
//!
//! [`Registration::new`] allocates and adds a `struct Scsi_Host`; from then on the mid layer may
//! call [`Operations`]. Dropping the registration removes the host, which waits for every command
//! and device; after that no callback runs.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ffi::c_void,
    marker::PhantomData,
    mem::size_of,
    ptr::NonNull, //
};

use kernel::{
    bindings, device,
    error::to_result,
    prelude::*,
    str::as_char_ptr_in_const_context,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use crate::{
    ffi,
    scsi::{
        Address,
        Command,
        CommandId,
        Device, //
    },
};

/// What a low-level driver does for the mid layer.
pub(crate) trait Operations: Send + Sync + Sized + 'static {
    /// Carries a command out, now or later.
    ///
    /// Called by `scsi_dispatch_cmd()` and by the error handler, in atomic context, with no lock
    /// held; several calls may run at once.
    fn queue(this: ArcBorrow<'_, Self>, command: Command);

    /// Takes a command back that was queued and timed out, if the driver still has it.
    ///
    /// When this returns, the driver no longer touches the command. May sleep.
    ///
    /// # Errors
    ///
    /// An error makes the error handler go on to the next, larger reset.
    fn abort(this: ArcBorrow<'_, Self>, id: CommandId, taken: &mut dyn FnMut(Command)) -> Result;

    /// Takes back every command of a logical unit, and resets it.
    ///
    /// May sleep; errors as for [`Operations::abort`].
    fn reset_device(
        this: ArcBorrow<'_, Self>,
        address: Address,
        taken: &mut dyn FnMut(Command),
    ) -> Result;

    /// Sets up a device that has answered INQUIRY and is not visible yet. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the device out.
    fn configure_device(this: ArcBorrow<'_, Self>, device: Device<'_>) -> Result;
}

/// What the mid layer is told about a host when it is added.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Highest channel.
    pub(crate) max_channel: u32,
    /// Number of targets of a channel.
    pub(crate) max_id: u32,
    /// Number of logical units of a target.
    pub(crate) max_lun: u64,
    /// Autosuspend delay of the host's disks in milliseconds; negative: they do not autosuspend.
    pub(crate) rpm_autosuspend_delay: i32,
}

/// The driver's part of a `struct Scsi_Host`.
///
/// Not generic, so that the one C trampoline for `.queuecommand` finds its way.
struct Private {
    queue: unsafe fn(*const c_void, Command),
    data: *const c_void,
}

/// A host that is registered with the mid layer.
///
/// # Invariants
///
/// `host` was added and not removed; we own the reference from `scsi_host_alloc()`. Its private
/// area is a valid [`Private`] whose `data` comes from `Arc::<T>::into_raw()`.
pub(crate) struct Registration<T: Operations> {
    host: NonNull<ffi::Scsi_Host>,
    _data: PhantomData<Arc<T>>,
}

// SAFETY: All that a `Registration` does may be done from any thread.
unsafe impl<T: Operations> Send for Registration<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T> {
    /// Adds a host below `parent`, without scanning it. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], or the error of `scsi_add_host_with_dma()`; nothing is left behind.
    pub(crate) fn new(
        parent: &device::Device<device::Bound>,
        limits: Limits,
        data: Arc<T>,
    ) -> Result<Self> {
        let private_size = i32::try_from(size_of::<Private>())?;
        // SAFETY: The template is static. The mid layer zeroes the private area.
        let host = unsafe { ffi::scsi_host_alloc(&Callbacks::<T>::TEMPLATE, private_size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        // SAFETY: The host was just allocated with a private area of this size, which is aligned
        // for `unsigned long`, and nobody else has it. Its fields are plain numbers.
        unsafe {
            private(host.as_ptr()).write(Private {
                queue: Callbacks::<T>::queue,
                data: Arc::into_raw(data).cast(),
            });
            let host = host.as_ptr();
            (*host).max_channel = limits.max_channel;
            (*host).max_id = limits.max_id;
            (*host).max_lun = limits.max_lun;
            (*host).rpm_autosuspend_delay = limits.rpm_autosuspend_delay;
        }

        let parent = core::ptr::from_ref(parent)
            .cast_mut()
            .cast::<bindings::device>();
        // SAFETY: `parent` is bound, so it is registered and outlives the host, which its driver
        // removes before it is unbound. CAST: `Device` is a transparent wrapper of `struct device`.
        let added =
            to_result(unsafe { ffi::scsi_add_host_with_dma(host.as_ptr(), parent, parent) });
        if let Err(error) = added {
            // SAFETY: The host was not added, so nobody calls back; this drops its last reference.
            unsafe { release::<T>(host) };
            return Err(error);
        }
        // INVARIANT: Just added, with `Private` set up above.
        Ok(Self {
            host,
            _data: PhantomData,
        })
    }

    /// Returns N of `/sys/class/scsi_host/hostN`.
    pub(crate) fn host_no(&self) -> u32 {
        // SAFETY: By the type invariant the host is valid; the number is constant.
        unsafe { (*self.host.as_ptr()).host_no }
    }

    /// Scans all logical units of a target, as an initiator does that has just seen it appear.
    ///
    /// May sleep, and waits for the commands of the scan.
    pub(crate) fn scan_target(&self, channel: u32, id: u32) {
        // SAFETY: By the type invariant the host is registered.
        unsafe {
            ffi::scsi_scan_target(
                &raw mut (*self.host.as_ptr()).shost_gendev,
                channel,
                id,
                SCAN_WILD_CARD,
                ffi::scsi_scan_mode_SCSI_SCAN_INITIAL,
            )
        };
    }

    /// Removes a device, if there is one at `address`. May sleep.
    pub(crate) fn remove_device(&self, address: Address) {
        self.with_device(address, |device| device.remove());
    }

    /// Writes the name of a device's block device into `name`, and returns its length.
    ///
    /// Returns `None` if there is none. May sleep.
    pub(crate) fn block_device(&self, address: Address, name: &mut [u8]) -> Option<usize> {
        self.with_device(address, |device| device.block_device(name))?
    }

    /// Calls `f` with the device at `address`, if there is one.
    fn with_device<R>(&self, address: Address, f: impl FnOnce(&Device<'_>) -> R) -> Option<R> {
        // SAFETY: By the type invariant the host is registered.
        let sdev = unsafe {
            ffi::scsi_device_lookup(self.host.as_ptr(), address.channel, address.id, address.lun)
        };
        if sdev.is_null() {
            return None;
        }
        // SAFETY: `scsi_device_lookup()` took a reference, which is put below.
        let result = f(&unsafe { Device::from_raw(sdev) });
        // SAFETY: As above; the wrapper is gone.
        unsafe { ffi::scsi_device_put(sdev) };
        Some(result)
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the host was added and not removed.
        unsafe { ffi::scsi_remove_host(self.host.as_ptr()) };
        // SAFETY: The host is removed: its queues are gone and no callback runs any more.
        unsafe { release::<T>(self.host) };
    }
}

/// Drops the data of a host and our reference to it.
///
/// # Safety
///
/// The private area must be set up, and no callback may run or start.
unsafe fn release<T: Operations>(host: NonNull<ffi::Scsi_Host>) {
    // SAFETY: By the safety requirements; the data came from `Arc::into_raw()` in
    // `Registration::new()`, and this is the only place that takes it back.
    unsafe {
        drop(Arc::<T>::from_raw((*private(host.as_ptr())).data.cast()));
        ffi::scsi_host_put(host.as_ptr());
    }
}

/// Returns where the driver's part of a host is.
///
/// # Safety
///
/// `host` must come from `scsi_host_alloc()` in this file.
unsafe fn private(host: *mut ffi::Scsi_Host) -> *mut Private {
    // SAFETY: By the safety requirements.
    unsafe { ffi::rpmfault_shost_priv(host) }.cast()
}

/// The `.queuecommand` of every host, called by the C function of that type in `ffi/helpers.c`.
///
/// # Safety
///
/// The mid layer must call it, for a host of this file and a command that the driver may own.
#[no_mangle]
unsafe extern "C" fn rpmfault_rs_queuecommand(
    host: *mut ffi::Scsi_Host,
    cmd: *mut ffi::scsi_cmnd,
) -> kernel::ffi::c_uint {
    if let Some(cmd) = NonNull::new(cmd) {
        // SAFETY: By the safety requirements; the host is registered, so its private area is valid.
        unsafe {
            let private = &*private(host);
            (private.queue)(private.data, Command::from_raw(cmd));
        }
    }
    0
}

/// Makes the compiler compare the definition above with the declaration that C sees.
const _: () = {
    let _ = if true {
        ffi::rpmfault_rs_queuecommand
    } else {
        rpmfault_rs_queuecommand
    };
};

/// The C callbacks of hosts with the data `T`.
struct Callbacks<T>(PhantomData<T>);

impl<T: Operations> Callbacks<T> {
    const TEMPLATE: ffi::scsi_host_template = ffi::scsi_host_template {
        module: ffi::THIS_MODULE,
        name: as_char_ptr_in_const_context(c"rpmfault"),
        proc_name: as_char_ptr_in_const_context(c"rpmfault"),
        queuecommand: Some(ffi::rpmfault_queuecommand),
        eh_abort_handler: Some(Self::eh_abort),
        eh_device_reset_handler: Some(Self::eh_device_reset),
        sdev_configure: Some(Self::sdev_configure),
        can_queue: CAN_QUEUE,
        cmd_per_lun: CMD_PER_LUN,
        this_id: -1,
        sg_tablesize: SG_MAX_SEGMENTS,
        max_sectors: MAX_SECTORS,
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `data` must be that of a registered host with data `T`.
    unsafe fn queue(data: *const c_void, command: Command) {
        // SAFETY: By the safety requirements it comes from `Arc::<T>::into_raw()`, and lives until
        // the host is removed, which waits for this call.
        let data = unsafe { ArcBorrow::<'_, T>::from_raw(data.cast()) };
        T::queue(data, command);
    }

    /// # Safety
    ///
    /// `sdev` must be a device of a registered host with data `T`.
    unsafe fn data<'a>(sdev: *mut ffi::scsi_device) -> ArcBorrow<'a, T> {
        // SAFETY: As for `queue()`: the mid layer keeps the host while it has a device.
        unsafe { ArcBorrow::from_raw((*private((*sdev).host)).data.cast()) }
    }

    /// # Safety
    ///
    /// Must be called by the error handler.
    unsafe extern "C" fn eh_abort(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: The error handler passes a command of one of our hosts.
        let data = unsafe { Self::data((*cmd).device) };
        // SAFETY: This callback covers `cmd`, which is all that `abort()` may take, and returns
        // SUCCESS unless `abort()` fails, in which case the command stays with the error handler.
        eh_result(T::abort(
            data,
            CommandId::of_raw(cmd),
            &mut |taken| unsafe { taken.abandon() },
        ))
    }

    /// # Safety
    ///
    /// Must be called by the error handler.
    unsafe extern "C" fn eh_device_reset(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: The error handler passes a command of one of our hosts.
        let (data, sdev) = unsafe { (Self::data((*cmd).device), &*(*cmd).device) };
        let address = Address {
            channel: sdev.channel,
            id: sdev.id,
            lun: sdev.lun,
        };
        // SAFETY: As in `eh_abort()`: a device reset covers all commands of the device.
        eh_result(T::reset_device(data, address, &mut |taken| unsafe {
            taken.abandon()
        }))
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn sdev_configure(
        sdev: *mut ffi::scsi_device,
        _limits: *mut bindings::queue_limits,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a device of one of our hosts, valid for this call.
        let (data, device) = unsafe { (Self::data(sdev), Device::from_raw(sdev)) };
        T::configure_device(data, device).map_or_else(|error| error.to_errno(), |()| 0)
    }
}

/// Converts to what `.eh_*_handler` returns.
fn eh_result(result: Result) -> kernel::ffi::c_int {
    match result {
        Ok(()) => SUCCESS,
        Err(_) => FAILED,
    }
}

/// `SUCCESS` and `FAILED` of `include/scsi/scsi.h`, and the wild card of `scsi_scan_target()`.
const SUCCESS: i32 = 0x2002;
const FAILED: i32 = 0x2003;
const SCAN_WILD_CARD: u64 = !0;

/// Commands that a host takes at once, and what one device may have of them.
const CAN_QUEUE: i32 = 128;
const CMD_PER_LUN: i16 = 32;

/// `SG_MAX_SEGMENTS` of `include/linux/scatterlist.h`; 512 KiB at most in one command.
const SG_MAX_SEGMENTS: u16 = 2048;
const MAX_SECTORS: u32 = 1024;
