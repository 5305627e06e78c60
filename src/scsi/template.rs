// SPDX-License-Identifier: GPL-2.0

//! The callbacks that the mid layer makes, for [`Operations`]; those of the error handler are in
//! `eh.rs`.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ffi::c_void,
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    error::from_result,
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
        deferred,
        device::address,
        host::{
            dispatch,
            private_of, //
        },
        Command,
        HostRef,
        NewDevice,
        Operations,
        Refused,
        Timeout,
        View, //
    },
};

/// The C callbacks of hosts with the data `T`.
pub(super) struct Callbacks<T>(PhantomData<T>);

impl<T: Operations> Callbacks<T> {
    /// The template of most hosts.
    pub(super) const TEMPLATE: &'static ffi::scsi_host_template = &Self::template(NO_FLAGS);

    /// The template of hosts that need no time after a reset.
    const SETTLED: &'static ffi::scsi_host_template = &Self::template(SKIP_SETTLE_DELAY);

    /// Makes a template.
    const fn template(flags: [u8; 2]) -> ffi::scsi_host_template {
        ffi::scsi_host_template {
            module: ffi::THIS_MODULE,
            name: as_char_ptr_in_const_context(c"rpmfault"),
            proc_name: as_char_ptr_in_const_context(c"rpmfault"),
            queuecommand: Some(ffi::rpmfault_queuecommand),
            commit_rqs: Some(Self::commit_rqs),
            eh_timed_out: Some(ffi::rpmfault_eh_timed_out),
            eh_abort_handler: Some(Self::eh_abort),
            eh_device_reset_handler: Some(Self::eh_device_reset),
            eh_target_reset_handler: Some(Self::eh_target_reset),
            eh_bus_reset_handler: Some(Self::eh_bus_reset),
            eh_host_reset_handler: Some(Self::eh_host_reset),
            host_reset: Some(Self::host_reset),
            scan_start: Some(Self::scan_start),
            scan_finished: Some(Self::scan_finished),
            target_alloc: Some(Self::target_alloc),
            sdev_init: Some(Self::sdev_init),
            sdev_configure: Some(Self::sdev_configure),
            sdev_destroy: Some(Self::sdev_destroy),
            change_queue_depth: Some(Self::change_queue_depth),
            map_queues: Some(Self::map_queues),
            mq_poll: Some(Self::mq_poll),
            cmd_size: deferred::SIZE,
            init_cmd_priv: Some(Self::init_cmd_priv),
            this_id: -1,
            _bitfield_1: Flags::new(flags),
            ..pin_init::zeroed()
        }
    }

    /// Returns the template of hosts that need no time after a reset.
    pub(super) fn settled() -> &'static ffi::scsi_host_template {
        // bindgen knows where the bit is, but cannot set it in a constant.
        build_assert!(Self::SETTLED.skip_settle_delay() == 1);
        Self::SETTLED
    }

    /// Calls [`Operations::queue`].
    ///
    /// # Safety
    ///
    /// `data` must be that of a registered host with data `T`.
    pub(super) unsafe fn queue(data: *const c_void, command: Command) -> Result<(), Refused> {
        // SAFETY: By the safety requirements it comes from `Arc::<T>::into_raw()`, and lives until
        // the host is removed, which waits for this call.
        let data = unsafe { ArcBorrow::<'_, T>::from_raw(data.cast()) };
        T::queue(data, command)
    }

    /// Calls [`Operations::timed_out`].
    ///
    /// # Safety
    ///
    /// As for [`Callbacks::queue`].
    pub(super) unsafe fn timed_out(data: *const c_void, command: &View) -> Timeout {
        // SAFETY: As in `queue()`: the host is not removed before the command has come back.
        let data = unsafe { ArcBorrow::<'_, T>::from_raw(data.cast()) };
        T::timed_out(data, command)
    }

    /// Returns the data of a host, unless it goes away.
    ///
    /// # Safety
    ///
    /// `host` must be a host with data `T`.
    pub(super) unsafe fn data(host: *mut ffi::Scsi_Host) -> Option<Arc<T>> {
        // SAFETY: By the safety requirements.
        unsafe { &*private_of::<T>(host) }.data.read(Arc::clone)
    }

    /// Calls a function with the data of a host, and returns what C expects.
    ///
    /// # Safety
    ///
    /// `host` must be a host with data `T`.
    unsafe fn ask(
        host: *mut ffi::Scsi_Host,
        call: impl FnOnce(ArcBorrow<'_, T>) -> Result,
    ) -> kernel::ffi::c_int {
        from_result(|| {
            // SAFETY: By the safety requirements.
            let data = unsafe { Self::data(host) }.ok_or(ENODEV)?;
            call(data.as_arc_borrow()).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn commit_rqs(host: *mut ffi::Scsi_Host, queue: u16) {
        // SAFETY: The mid layer passes one of our hosts.
        if let Some(data) = unsafe { Self::data(host) } {
            T::commit(data.as_arc_borrow(), queue.into());
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
        let data = unsafe { Self::data(host) };
        let found = data.map_or(0, |data| T::poll(data.as_arc_borrow(), queue));
        i32::try_from(found).unwrap_or(i32::MAX)
    }

    /// Says which hardware queues interrupt and which are polled.
    ///
    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn map_queues(host: *mut ffi::Scsi_Host) {
        // SAFETY: The mid layer passes one of our hosts; `Dispatch` was set up before it was added.
        unsafe {
            let polled = dispatch(host).poll_queues;
            ffi::rpmfault_shost_map_queues(host, u32::from(polled));
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn init_cmd_priv(
        host: *mut ffi::Scsi_Host,
        cmd: *mut ffi::scsi_cmnd,
    ) -> kernel::ffi::c_int {
        let Some(cmd) = NonNull::new(cmd) else {
            return EINVAL.to_errno();
        };
        // SAFETY: The mid layer passes one of our hosts, and a command with room for what the
        // template asks for.
        unsafe {
            deferred::init(cmd);
            Self::ask(host, T::init_command)
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn host_reset(
        host: *mut ffi::Scsi_Host,
        kind: kernel::ffi::c_int,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes one of our hosts.
        unsafe { Self::ask(host, |data| T::host_reset(data, kind == ADAPTER_RESET)) }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn scan_start(host: *mut ffi::Scsi_Host) {
        let Some(raw) = NonNull::new(host) else {
            return;
        };
        // SAFETY: The mid layer passes one of our hosts, for which `scsi_scan_host()` was called:
        // it was added.
        let (data, host) = unsafe { (Self::data(host), HostRef::get(raw)) };
        if let Some(data) = data {
            T::scan_start(data.as_arc_borrow(), &host);
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn scan_finished(
        host: *mut ffi::Scsi_Host,
        elapsed: kernel::ffi::c_ulong,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes one of our hosts; the helper has no requirements.
        let (data, elapsed_ms) =
            unsafe { (Self::data(host), ffi::rpmfault_jiffies_to_msecs(elapsed)) };
        data.is_none_or(|data| T::scan_finished(data.as_arc_borrow(), elapsed_ms))
            .into()
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn target_alloc(target: *mut ffi::scsi_target) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a target of one of our hosts.
        unsafe {
            let (channel, id) = ((*target).channel, (*target).id);
            let host = ffi::rpmfault_starget_host(target);
            Self::ask(host, |data| T::alloc_target(data, channel, id))
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn sdev_init(sdev: *mut ffi::scsi_device) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a device of one of our hosts.
        unsafe {
            let address = address(sdev);
            Self::ask((*sdev).host, |data| T::init_device(data, address))
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn sdev_configure(
        sdev: *mut ffi::scsi_device,
        _limits: *mut bindings::queue_limits,
    ) -> kernel::ffi::c_int {
        // SAFETY: The mid layer passes a device of one of our hosts, which nobody else knows yet.
        unsafe {
            let device = NewDevice::from_raw(sdev);
            Self::ask((*sdev).host, |data| T::configure_device(data, device))
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn sdev_destroy(sdev: *mut ffi::scsi_device) {
        // SAFETY: The mid layer passes a device of one of our hosts.
        let (data, address) = unsafe { (Self::data((*sdev).host), address(sdev)) };
        if let Some(data) = data {
            T::destroy_device(data.as_arc_borrow(), address);
        }
    }

    /// # Safety
    ///
    /// Must be called by the mid layer.
    unsafe extern "C" fn change_queue_depth(
        sdev: *mut ffi::scsi_device,
        depth: kernel::ffi::c_int,
    ) -> kernel::ffi::c_int {
        let asked = u32::try_from(depth).unwrap_or(0);
        // SAFETY: The mid layer passes a device of one of our hosts.
        unsafe {
            let address = address(sdev);
            match Self::ask((*sdev).host, |data| {
                T::change_queue_depth(data, address, asked)
            }) {
                0 => ffi::scsi_change_queue_depth(sdev, depth),
                error => error,
            }
        }
    }
}

/// The `.queuecommand` of every host, called by the C function of that type in `ffi/helpers.c`.
///
/// # Safety
///
/// The mid layer must call it, for a host of this module and a command that the driver may own.
#[no_mangle]
unsafe extern "C" fn rpmfault_rs_queuecommand(
    host: *mut ffi::Scsi_Host,
    cmd: *mut ffi::scsi_cmnd,
) -> kernel::ffi::c_uint {
    let Some(cmd) = NonNull::new(cmd) else {
        return 0;
    };
    // SAFETY: By the safety requirements; the host is registered, so its private area is valid.
    let queued = unsafe {
        let dispatch = dispatch(host);
        (dispatch.queue)(dispatch.data, Command::from_raw(cmd))
    };
    queued.map_or_else(|refused| refused.as_raw(), |()| 0)
}

/// The `.eh_timed_out` of every host, likewise; returns whether to wait longer.
///
/// # Safety
///
/// The mid layer must call it, for a command of a host of this module.
#[no_mangle]
unsafe extern "C" fn rpmfault_rs_eh_timed_out(cmd: *mut ffi::scsi_cmnd) -> bool {
    let Some(cmd) = NonNull::new(cmd) else {
        return false;
    };
    // SAFETY: By the safety requirements. The block layer holds a reference to the request during
    // the call, and removal of the host waits for it, so that the host is registered.
    let timeout = unsafe {
        let dispatch = dispatch((*(*cmd.as_ptr()).device).host);
        (dispatch.timed_out)(dispatch.data, &View::from_raw(cmd))
    };
    timeout == Timeout::ResetTimer
}

/// Makes the compiler compare the definitions above with the declarations that C sees.
const _: () = {
    let _ = if true {
        ffi::rpmfault_rs_queuecommand
    } else {
        rpmfault_rs_queuecommand
    };
    let _ = if true {
        ffi::rpmfault_rs_eh_timed_out
    } else {
        rpmfault_rs_eh_timed_out
    };
};

/// The bit fields of `struct scsi_host_template`.
type Flags = ffi::__BindgenBitfieldUnit<[u8; 2]>;

const NO_FLAGS: [u8; 2] = [0; 2];

/// `skip_settle_delay`, which [`Callbacks::settled`] checks.
const SKIP_SETTLE_DELAY: [u8; 2] = [1 << 5, 0];

/// `SCSI_ADAPTER_RESET` of `include/scsi/scsi_host.h`.
const ADAPTER_RESET: i32 = 1;
