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
    ffi::{
        self,
        rcu::Snapshot,
        workqueue::OwnedQueue, //
    },
    scsi::{
        address::MID_LAYER_LUNS,
        deferred,
        device::address as device_address,
        Address,
        Command,
        CommandId,
        Device,
        HostByte,
        NewDevice,
        Status, //
    },
};

/// What a low-level driver does for the mid layer.
pub(crate) trait Operations: Send + Sync + Sized + 'static {
    /// Carries a command out, now or later.
    ///
    /// Called by `scsi_dispatch_cmd()` and by the error handler, in atomic context but not in an
    /// interrupt, with no lock held; several calls may run at once.
    fn queue(this: ArcBorrow<'_, Self>, command: Command);

    /// Completes a command that has timed out, if the driver still has it. One that is only delayed
    /// ([`Command::complete_after`]) is completed by the caller of this.
    ///
    /// When this returns, a command that was held is no longer touched. May sleep. A command that
    /// [`Operations::queue`] itself is carrying out is not waited for: it would have to take longer
    /// than its timeout, which is seconds.
    ///
    /// # Errors
    ///
    /// An error makes the error handler go on to the next, larger reset.
    fn abort(this: ArcBorrow<'_, Self>, id: CommandId) -> Result;

    /// Completes every command of a logical unit but those that are only delayed, and resets it.
    ///
    /// Called by the error handler, or for the ioctl SG_SCSI_RESET. May sleep; errors as for
    /// [`Operations::abort`].
    fn reset_device(this: ArcBorrow<'_, Self>, address: Address) -> Result;

    /// Completes the polled commands of a hardware queue that are due, and returns how many.
    ///
    /// Called by whoever waits for one of them, `bio_poll()`, until it has come back; several calls
    /// may run at once. Process context.
    fn poll(this: ArcBorrow<'_, Self>, queue: u32) -> usize;

    /// Sets up a device that has answered INQUIRY and is not visible yet. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the device out.
    fn configure_device(this: ArcBorrow<'_, Self>, device: NewDevice<'_>) -> Result;
}

/// What the mid layer is told about a host when it is added.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Highest channel.
    pub(crate) max_channel: u32,
    /// Number of targets of a channel.
    pub(crate) max_id: u32,
    /// Bytes of the longest CDB; the mid layer refuses longer ones.
    pub(crate) max_cdb: u16,
    /// Autosuspend delay of the host's disks in milliseconds; negative: they do not autosuspend.
    pub(crate) rpm_autosuspend_delay: i32,
    /// What goes through the queues.
    pub(crate) io: IoLimits,
}

/// How many commands a host takes, where, and how large they are.
#[derive(Clone, Copy)]
pub(crate) struct IoLimits {
    /// Hardware queues that interrupt when a command has come back. The block layer uses no more
    /// than there are CPUs.
    pub(crate) nr_hw_queues: u16,
    /// Hardware queues behind those that have to be polled.
    pub(crate) poll_queues: u16,
    /// Commands of a hardware queue, or of all together with `host_tagset`.
    pub(crate) can_queue: u16,
    /// Commands of a device until somebody writes its `queue_depth`; `can_queue` at most.
    pub(crate) cmd_per_lun: u16,
    /// Whether all queues share one set of tags.
    pub(crate) host_tagset: bool,
    /// Length of a command's data, in units of 512 bytes.
    pub(crate) max_sectors: u32,
    /// Elements of a command's scatterlist.
    pub(crate) sg_tablesize: u16,
}

/// The part of [`Private`] that does not depend on the type of the data.
#[repr(C)]
struct Dispatch {
    /// Of the [`OwnedQueue`] in the [`Registration`].
    workqueue: *mut bindings::workqueue_struct,
    /// The first [`IoLimits::poll_queues`].
    poll_queues: u16,
    /// # Safety
    ///
    /// Must be called with the `data` beside it, while the host is registered.
    queue: unsafe fn(*const c_void, Command),
    data: *const c_void,
}

/// The driver's part of a `struct Scsi_Host`.
///
/// # Invariants
///
/// `dispatch.data` comes from `Arc::<T>::into_raw()`, and `dispatch.queue` is
/// [`Callbacks::<T>::queue`]. The data are valid while the host is registered.
#[repr(C)]
struct Private<T> {
    /// First, so that the one C trampoline for `.queuecommand` finds it without knowing `T`.
    dispatch: Dispatch,
    /// For callbacks that may run while the host goes away: an open file of a device keeps
    /// SG_SCSI_RESET working until the host is gone, and after.
    data: Snapshot<Arc<T>>,
}

/// A host that is registered with the mid layer.
///
/// # Invariants
///
/// `host` was added and not removed; we own the reference from `scsi_host_alloc()`. Its private
/// area is a valid [`Private`].
pub(crate) struct Registration<T: Operations> {
    host: NonNull<ffi::Scsi_Host>,
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
        let host = unsafe { ffi::scsi_host_alloc(Callbacks::<T>::TEMPLATE, private_size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        let private = Private {
            dispatch: Dispatch {
                workqueue: workqueue.as_raw(),
                poll_queues: limits.io.poll_queues,
                queue: Callbacks::<T>::queue,
                data: Arc::into_raw(data).cast(),
            },
            data: shared,
        };
        // SAFETY: The host was just allocated with a private area of this size, which is aligned
        // for `unsigned long`, and nobody else has it. Its fields are plain numbers.
        unsafe {
            let host = host.as_ptr();
            private_of::<T>(host).write(private);
            (*host).max_channel = limits.max_channel;
            (*host).max_id = limits.max_id;
            (*host).max_lun = MID_LAYER_LUNS;
            (*host).max_cmd_len = limits.max_cdb;
            (*host).rpm_autosuspend_delay = limits.rpm_autosuspend_delay;
            apply(limits.io, host);
        }

        let parent = core::ptr::from_ref(parent)
            .cast_mut()
            .cast::<bindings::device>();
        // SAFETY: `parent` is bound, so it is registered and outlives the host, which its driver
        // removes before it is unbound. CAST: `Device` is a transparent wrapper of `struct device`.
        let added = unsafe { ffi::scsi_add_host_with_dma(host.as_ptr(), parent, parent) };
        if let Err(error) = to_result(added) {
            // SAFETY: The host was not added, so nobody calls back; this drops its last reference.
            unsafe { release::<T>(host) };
            return Err(error);
        }
        // INVARIANT: Just added, with `Private` set up above.
        Ok(Self {
            host,
            _workqueue: workqueue,
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

    /// Returns the device at `address`, if the mid layer has one.
    pub(crate) fn device(&self, address: Address) -> Option<Device> {
        // SAFETY: By the type invariant the host is registered.
        let sdev = unsafe {
            ffi::scsi_device_lookup(
                self.host.as_ptr(),
                address.channel,
                address.id,
                address.mid_layer_lun(),
            )
        };
        // SAFETY: `scsi_device_lookup()` took a reference.
        NonNull::new(sdev).map(|sdev| unsafe { Device::from_raw(sdev) })
    }
}

impl<T: Operations> Registration<T> {
    /// Returns a reference to the host, which may be removed while there is one.
    pub(crate) fn host(&self) -> HostRef {
        // SAFETY: By the type invariant the host is registered, so its device is valid.
        unsafe { bindings::get_device(&raw mut (*self.host.as_ptr()).shost_gendev) };
        // INVARIANT: We have just taken a reference.
        HostRef(self.host)
    }
}

/// A reference to a host of the mid layer.
///
/// # Invariants
///
/// `0` was added once, and we own a reference to it.
pub(crate) struct HostRef(NonNull<ffi::Scsi_Host>);

impl HostRef {
    /// Looks for a device at `address` and adds it. May sleep, and waits for the commands of the
    /// scan; the host is resumed for it.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the host is being removed, or if there is no such device.
    pub(crate) fn add_device(&self, address: Address) -> Result {
        // SAFETY: By the type invariant the host is valid; the function finds out itself whether
        // it is still registered, and until it returns the host is not removed.
        to_result(unsafe {
            ffi::scsi_add_device(
                self.0.as_ptr(),
                address.channel,
                address.id,
                address.mid_layer_lun(),
            )
        })
    }
}

impl Drop for HostRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference.
        unsafe { ffi::scsi_host_put(self.0.as_ptr()) };
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the host was added and not removed.
        unsafe { ffi::scsi_remove_host(self.host.as_ptr()) };
        // SAFETY: The host is removed: its queues are gone, so no command comes any more.
        unsafe { release::<T>(self.host) };
    }
}

/// Drops the data of a host and our reference to it.
///
/// # Safety
///
/// The private area must be set up, and no command may be queued any more.
unsafe fn release<T: Operations>(host: NonNull<ffi::Scsi_Host>) {
    // SAFETY: By the safety requirements; this is the only place that takes the data back, and a
    // callback that may still run has taken a reference of its own, or finds none.
    unsafe {
        let private = &*private_of::<T>(host.as_ptr());
        private.data.replace(None);
        drop(Arc::<T>::from_raw(private.dispatch.data.cast()));
        ffi::scsi_host_put(host.as_ptr());
    }
}

/// Tells the mid layer what goes through the queues.
///
/// # Safety
///
/// `host` must be a host that was not added yet.
unsafe fn apply(limits: IoLimits, host: *mut ffi::Scsi_Host) {
    let queues = u32::from(limits.nr_hw_queues) + u32::from(limits.poll_queues);
    // SAFETY: By the safety requirements; the fields are plain numbers.
    unsafe {
        (*host).nr_hw_queues = queues;
        // With one map the block layer would not ask `.map_queues` for polled ones.
        (*host).nr_maps = match limits.poll_queues {
            0 => 1,
            _ => bindings::hctx_type_HCTX_MAX_TYPES,
        };
        (*host).can_queue = i32::from(limits.can_queue);
        (*host).cmd_per_lun = i16::try_from(limits.cmd_per_lun).unwrap_or(i16::MAX);
        (*host).max_sectors = limits.max_sectors;
        (*host).sg_tablesize = limits.sg_tablesize;
        ffi::rpmfault_shost_set_host_tagset(host, limits.host_tagset);
    }
}

/// Returns the workqueue of a host.
///
/// # Safety
///
/// `host` must be one of this file, and have a command outstanding.
pub(super) unsafe fn workqueue(host: *mut ffi::Scsi_Host) -> *mut bindings::workqueue_struct {
    // SAFETY: By the safety requirements. CAST: `Private` is `repr(C)` and starts with its
    // `Dispatch`.
    unsafe { (*ffi::rpmfault_shost_priv(host).cast::<Dispatch>()).workqueue }
}

/// Returns where the driver's part of a host is.
///
/// # Safety
///
/// `host` must come from `scsi_host_alloc()` in this file, with data `T`.
unsafe fn private_of<T>(host: *mut ffi::Scsi_Host) -> *mut Private<T> {
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
            // CAST: `Private` is `repr(C)` and starts with its `Dispatch`.
            let dispatch = &*ffi::rpmfault_shost_priv(host).cast::<Dispatch>();
            (dispatch.queue)(dispatch.data, Command::from_raw(cmd));
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
    const TEMPLATE: &'static ffi::scsi_host_template = &ffi::scsi_host_template {
        module: ffi::THIS_MODULE,
        name: as_char_ptr_in_const_context(c"rpmfault"),
        proc_name: as_char_ptr_in_const_context(c"rpmfault"),
        queuecommand: Some(ffi::rpmfault_queuecommand),
        eh_abort_handler: Some(Self::eh_abort),
        eh_device_reset_handler: Some(Self::eh_device_reset),
        sdev_configure: Some(Self::sdev_configure),
        change_queue_depth: Some(ffi::scsi_change_queue_depth),
        map_queues: Some(Self::map_queues),
        mq_poll: Some(Self::mq_poll),
        cmd_size: deferred::SIZE,
        init_cmd_priv: Some(deferred::init),
        this_id: -1,
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

    /// Returns the data of a device's host, unless the host goes away.
    ///
    /// # Safety
    ///
    /// `sdev` must be a device of a host with data `T`.
    unsafe fn data(sdev: *mut ffi::scsi_device) -> Option<Arc<T>> {
        // SAFETY: By the safety requirements; a device keeps its host's memory.
        let private = unsafe { &*private_of::<T>((*sdev).host) };
        private.data.read(Arc::clone)
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn eh_abort(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a command for a device of one of our hosts.
        let data = unsafe { Self::data((*cmd).device) };
        let result = data
            .ok_or(ENODEV)
            .and_then(|data| T::abort(data.as_arc_borrow(), CommandId::of_raw(cmd)));
        // Only now, as a command that is let go of may be delayed as well.
        // SAFETY: The mid layer keeps a command that has timed out until this returns.
        let delayed = NonNull::new(cmd).and_then(|cmd| unsafe { deferred::take_back(cmd) });
        if let Some(command) = delayed {
            command.complete(Status::Host(HostByte::Abort));
        }
        eh_result(result)
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn eh_device_reset(cmd: *mut ffi::scsi_cmnd) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a command for a device of one of our hosts.
        let (sdev, data, address) = unsafe {
            let sdev = (*cmd).device;
            (sdev, Self::data(sdev), device_address(sdev))
        };
        let result = data
            .ok_or(ENODEV)
            .and_then(|data| T::reset_device(data.as_arc_borrow(), address));
        // SAFETY: The device is valid. While its queue is entered the queue is not destroyed, and
        // the host keeps its tags for it; who resets a device that is gone finds the queue closed.
        unsafe {
            if ffi::rpmfault_sdev_enter_queue(sdev) {
                ffi::scsi_host_busy_iter((*sdev).host, Some(Self::reset_one), sdev.cast());
                ffi::rpmfault_sdev_exit_queue(sdev);
            }
        }
        eh_result(result)
    }

    /// Completes a command of the device `sdev` if it is only delayed.
    ///
    /// # Safety
    ///
    /// `scsi_host_busy_iter()` must call it, which keeps the command.
    unsafe extern "C" fn reset_one(cmd: *mut ffi::scsi_cmnd, sdev: *mut c_void) -> bool {
        if let Some(raw) = NonNull::new(cmd) {
            // SAFETY: By the safety requirements the command is valid, and is not sent again
            // before its sender has got it back.
            let delayed = unsafe {
                core::ptr::eq((*cmd).device, sdev.cast()).then(|| deferred::take_back(raw))
            };
            if let Some(command) = delayed.flatten() {
                command.complete(Status::Host(HostByte::Reset));
            }
        }
        true
    }

    /// Says which hardware queues interrupt and which are polled.
    ///
    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn map_queues(host: *mut ffi::Scsi_Host) {
        // SAFETY: The mid layer passes one of our hosts; `Dispatch` was set up before it was added.
        unsafe {
            let polled = (*private_of::<T>(host)).dispatch.poll_queues;
            ffi::rpmfault_shost_map_queues(host, u32::from(polled));
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn mq_poll(
        host: *mut ffi::Scsi_Host,
        queue: kernel::ffi::c_uint,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes one of our hosts.
        let data = unsafe { &*private_of::<T>(host) }.data.read(Arc::clone);
        let found = data.map_or(0, |data| T::poll(data.as_arc_borrow(), queue));
        i32::try_from(found).unwrap_or(i32::MAX)
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn sdev_configure(
        sdev: *mut ffi::scsi_device,
        _limits: *mut bindings::queue_limits,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a device of one of our hosts, which nobody else knows yet.
        let (data, device) = unsafe { (Self::data(sdev), NewDevice::from_raw(sdev)) };
        let configured = data
            .ok_or(ENODEV)
            .and_then(|data| T::configure_device(data.as_arc_borrow(), device));
        configured.map_or_else(|error| error.to_errno(), |()| 0)
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
