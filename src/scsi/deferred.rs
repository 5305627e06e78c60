// SPDX-License-Identifier: GPL-2.0

//! Commands whose outcome is known, and that are given back later.
//!
//! # Lifecycle
//!
//! Each `struct scsi_cmnd` of a host has a [`Deferred`] behind it, set up once by [`init`] and used
//! again by each command. [`Command::prepare`] writes the outcome there and not to the `scsi_cmnd`:
//! a command may time out meanwhile, and the error handler would take a status and sense data that
//! it finds for an answer. A [`Prepared`] command is owned like any other; after
//! [`Prepared::deliver_after`] a timer owns it, then maybe a work item, and then the mid layer.
//!
//! [`take_back`] makes the driver its owner again. Whichever of the timer's callback and
//! `hrtimer_cancel()` is first owns the command, and the same goes for the work item, so that a
//! command is given back once and nothing touches it after `take_back()` has returned.
//!
//! C headers: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h),
//! [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::{
    mem::{
        align_of,
        size_of, //
    },
    ptr::NonNull, //
};

use kernel::{
    bindings,
    container_of,
    prelude::*,
    time::Delta, //
};

use crate::{
    ffi,
    scsi::{
        host,
        status::Outcome,
        Command, //
    }, //
};

/// Where a command that is delayed is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// In a hard interrupt, as most adapters do.
    Interrupt,
    /// In a work item of the host's workqueue.
    Workqueue,
}

/// What the driver keeps of each command, behind its `struct scsi_cmnd`.
#[repr(C)]
pub(super) struct Deferred {
    timer: bindings::hrtimer,
    work: bindings::work_struct,
    context: Context,
    outcome: Outcome,
}

/// `.cmd_size` of the host template.
// CAST: A few hundred bytes.
pub(super) const SIZE: u32 = size_of::<Deferred>() as u32;

// The mid layer puts it behind the structure without padding.
const _: () = assert!(align_of::<Deferred>() <= align_of::<ffi::scsi_cmnd>());

/// A command with an outcome, which only has to be given back.
///
/// Dropping it completes it with [`super::HostByte::Error`], as with any command.
pub(crate) struct Prepared(Command);

impl Prepared {
    /// Writes the outcome of a command behind it.
    pub(super) fn new(command: Command, outcome: Outcome) -> Self {
        let deferred = of(command.as_raw());
        // SAFETY: The command belongs to the driver, so that neither its timer nor its work item
        // reads the outcome; plain data need not be initialised to be overwritten.
        unsafe { (*deferred).outcome = outcome };
        Self(command)
    }

    /// Returns the command.
    pub(crate) fn command(&self) -> &Command {
        &self.0
    }

    /// Forgets the outcome, so that the command can get another.
    pub(crate) fn into_command(self) -> Command {
        self.0
    }

    /// Gives the command back now. Context as for [`Command::complete`].
    pub(crate) fn deliver(self) {
        // SAFETY: `Prepared::new()` wrote the outcome, and the command is still the driver's.
        let outcome = unsafe { (*of(self.0.as_raw())).outcome };
        self.0.complete_with(&outcome);
    }

    /// Gives the command back after `delay`, or the shortest time that a timer takes.
    ///
    /// May be called in any context.
    pub(super) fn deliver_after(self, delay: Delta, context: Context) {
        let deferred = of(self.0.into_raw());
        // SAFETY: The command belonged to the driver, so its timer is set up and is not pending,
        // and nobody else accesses its `context`. The timer owns the command from here on.
        unsafe {
            (*deferred).context = context;
            bindings::hrtimer_start_range_ns(
                &raw mut (*deferred).timer,
                delay.as_nanos(),
                0,
                // An adapter interrupts the CPU that sent the command.
                bindings::hrtimer_mode_HRTIMER_MODE_REL_PINNED,
            );
        }
    }
}

/// Returns what the driver keeps of a command.
fn of(cmd: NonNull<ffi::scsi_cmnd>) -> *mut Deferred {
    // As `scsi_cmd_priv()`.
    cmd.as_ptr().wrapping_add(1).cast()
}

/// Sets up what the driver keeps of a command.
///
/// # Safety
///
/// `cmd` must be the argument of `.init_cmd_priv`, for a host with [`SIZE`] as its `cmd_size`.
pub(super) unsafe fn init(cmd: NonNull<ffi::scsi_cmnd>) {
    let deferred = of(cmd);
    // SAFETY: By the safety requirements the command has room for it, and nobody uses it yet; the
    // callbacks have the types that C expects, and the key is static.
    unsafe {
        bindings::hrtimer_setup(
            &raw mut (*deferred).timer,
            Some(ffi::rpmfault_cmd_timer),
            // CAST: A small number.
            bindings::CLOCK_MONOTONIC as i32,
            bindings::hrtimer_mode_HRTIMER_MODE_REL_PINNED,
        );
        bindings::init_work_with_key(
            &raw mut (*deferred).work,
            Some(work),
            false,
            c"rpmfault_cmd".as_char_ptr(),
            kernel::static_lock_class!().as_ptr(),
        );
    }
}

/// Takes a command back from its timer or its work item; `None` if neither has it.
///
/// When this returns, neither touches the command any more. May sleep.
///
/// # Safety
///
/// `cmd` must be a command that [`init`] was called for, and must not be freed meanwhile. If the
/// driver has given it back already, nothing may queue it again before this returns.
pub(super) unsafe fn take_back(cmd: NonNull<ffi::scsi_cmnd>) -> Option<Command> {
    let deferred = of(cmd);
    // SAFETY: By the safety requirements both are set up. The order is that of the callbacks: a
    // timer that is not cancelled in time may have queued the work.
    let ours = unsafe {
        bindings::hrtimer_cancel(&raw mut (*deferred).timer) != 0
            || bindings::cancel_work_sync(&raw mut (*deferred).work)
    };
    // SAFETY: What was pending owned the command, and will not run.
    ours.then(|| unsafe { Command::from_raw(cmd) })
}

/// Gives a command back whose time has come.
///
/// # Safety
///
/// `deferred` must be that of a command that belongs to the caller, with an outcome.
unsafe fn deliver(deferred: *mut Deferred) {
    // SAFETY: `Deferred` stands behind the `struct scsi_cmnd`; by the safety requirements the
    // command is the caller's.
    unsafe {
        let cmd = deferred.cast::<ffi::scsi_cmnd>().wrapping_sub(1);
        Prepared(Command::from_raw(NonNull::new_unchecked(cmd))).deliver();
    }
}

/// The callback of the timer, called by the C function of that type in `ffi/helpers.c`.
///
/// # Safety
///
/// Must be called for the timer of a [`Deferred`] that [`Prepared::deliver_after`] has started.
#[no_mangle]
unsafe extern "C" fn rpmfault_rs_cmd_timer(timer: *mut bindings::hrtimer) {
    // SAFETY: By the safety requirements the timer owns the command, which keeps its host.
    unsafe {
        let deferred = container_of!(timer, Deferred, timer);
        match (*deferred).context {
            Context::Interrupt => deliver(deferred),
            Context::Workqueue => {
                let cmd = deferred.cast::<ffi::scsi_cmnd>().wrapping_sub(1);
                bindings::queue_work_on(
                    // CAST: The enum is a small number.
                    bindings::wq_misc_consts_WORK_CPU_UNBOUND as i32,
                    host::workqueue((*(*cmd).device).host),
                    &raw mut (*deferred).work,
                );
            }
        }
    }
}

/// Makes the compiler compare the definition above with the declaration that C sees.
const _: () = {
    let _ = if true {
        ffi::rpmfault_rs_cmd_timer
    } else {
        rpmfault_rs_cmd_timer
    };
};

/// The work item.
///
/// # Safety
///
/// Must be called for the work item of a [`Deferred`] whose timer has queued it.
unsafe extern "C" fn work(work: *mut bindings::work_struct) {
    // SAFETY: By the safety requirements the work item owns the command.
    unsafe { deliver(container_of!(work, Deferred, work)) };
}
