// SPDX-License-Identifier: GPL-2.0

//! References to hosts, which anybody may have at any time.
//!
//! Each function may be called while the host is being removed, and after. The mid layer's own
//! locks, and its states of hosts and devices, decide then what still happens.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use core::{
    ffi::c_void,
    ptr::{
        null_mut,
        NonNull, //
    },
};

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

use crate::{
    ffi,
    scsi::{
        Address,
        Device, //
    },
};

/// Whether the module parameter `scan=manual` of the mid layer forbids a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanMode {
    /// It does: nobody has asked for this scan.
    Initial,
    /// It does not: a person has.
    Manual,
}

/// What becomes of devices that are blocked, or offline for their transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetState {
    /// They take commands again.
    Running,
    /// They fail them (`transport-offline`).
    TransportOffline,
}

/// A reference to a host of the mid layer.
///
/// # Invariants
///
/// `0` was added once, and we own a reference to it.
pub(crate) struct HostRef(NonNull<ffi::Scsi_Host>);

// SAFETY: All that a `HostRef` does may be done from any thread.
unsafe impl Send for HostRef {}
// SAFETY: As above.
unsafe impl Sync for HostRef {}

impl HostRef {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `host` must have been added, and the caller must own a reference to it and give it away.
    pub(super) unsafe fn from_raw(host: NonNull<ffi::Scsi_Host>) -> Self {
        // INVARIANT: By the safety requirements.
        Self(host)
    }

    /// Takes a reference of its own.
    ///
    /// # Safety
    ///
    /// `host` must have been added, and be valid during the call.
    pub(super) unsafe fn get(host: NonNull<ffi::Scsi_Host>) -> Self {
        // SAFETY: By the safety requirements. This is what `scsi_host_put()` drops;
        // `scsi_host_get()` would refuse one to a host that was removed.
        unsafe { bindings::get_device(&raw mut (*host.as_ptr()).shost_gendev) };
        // INVARIANT: We have just taken a reference.
        Self(host)
    }

    /// Returns the C structure.
    pub(super) fn as_raw(&self) -> *mut ffi::Scsi_Host {
        self.0.as_ptr()
    }

    /// Returns N of `/sys/class/scsi_host/hostN`.
    pub(crate) fn host_no(&self) -> u32 {
        // SAFETY: By the type invariant the host is valid; the number is constant.
        unsafe { (*self.as_raw()).host_no }
    }

    /// Returns whether the error handler is at work, or a reset for the ioctl SG_SCSI_RESET.
    pub(crate) fn is_in_recovery(&self) -> bool {
        // SAFETY: By the type invariant the host is valid.
        unsafe { ffi::rpmfault_shost_in_recovery(self.as_raw()) }
    }

    /// Returns the device at `address`, if the mid layer has one that is not being removed.
    pub(crate) fn device(&self, address: Address) -> Option<Device> {
        // SAFETY: By the type invariant the host is valid; a removed one has no devices.
        unsafe { lookup(self.as_raw(), address) }
    }

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
                self.as_raw(),
                address.channel,
                address.id,
                address.mid_layer_lun(),
            )
        })
    }

    /// Scans a logical unit of a target, or all that it reports, and adds what was not there.
    ///
    /// May sleep, and waits for the commands of the scan; the host is resumed for it. Does nothing
    /// if that fails, or if the host is being removed, which this holds up.
    pub(crate) fn scan_target(&self, channel: u32, id: u32, lun: Option<u64>, mode: ScanMode) {
        let lun = lun.map_or(SCAN_WILD_CARD, |lun| {
            Address { channel, id, lun }.mid_layer_lun()
        });
        let mode = match mode {
            ScanMode::Initial => ffi::scsi_scan_mode_SCSI_SCAN_INITIAL,
            ScanMode::Manual => ffi::scsi_scan_mode_SCSI_SCAN_MANUAL,
        };
        // SAFETY: By the type invariant the host is valid, and the parent of its targets is its own
        // device. The function looks for the host's state under its `scan_mutex`.
        unsafe {
            ffi::scsi_scan_target(
                &raw mut (*self.as_raw()).shost_gendev,
                channel,
                id,
                lun,
                mode,
            )
        };
    }

    /// Has [`crate::scsi::Operations::scan_start`] scan the host, and waits until
    /// [`crate::scsi::Operations::scan_finished`]; or has both called later, as the module
    /// parameter `scan` of the mid layer says, which may forbid it too.
    ///
    /// May sleep; the host is resumed, and stays so until the scan is over. Devices become visible
    /// when an asynchronous scan is over. On a host that is being removed nothing is found.
    pub(crate) fn scan(&self) {
        // SAFETY: By the type invariant the host is valid and was added. An asynchronous scan takes
        // a reference, and unloading a module waits for it (`async_synchronize_full()`).
        unsafe { ffi::scsi_scan_host(self.as_raw()) };
    }

    /// Has the mid layer and sd look again at a device: its VPD pages, and its capacity.
    ///
    /// May sleep: waits for whoever has locked the device (a driver that is being bound, system
    /// suspend), and for its own commands.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if there is none, and `EWOULDBLOCK` if it is not running, or suspended.
    pub(crate) fn rescan_device(&self, address: Address) -> Result {
        self.device(address).ok_or(ENODEV)?.rescan()
    }

    /// Stops the queues of all devices: commands stay in the block layer, without a timeout.
    ///
    /// May sleep: when it returns, no command is on its way into
    /// [`crate::scsi::Operations::queue`]. A device that is `transport-offline` cannot be blocked:
    /// the mid layer warns of it, so unblock first. It also warns of a device whose removal begins
    /// at the same moment.
    pub(crate) fn block_targets(&self) {
        // SAFETY: By the type invariant the host is valid. `scsi_block_targets()` takes the parent
        // of targets, and visits those of its children that are some; a removed host has none.
        unsafe {
            ffi::scsi_block_targets(self.as_raw(), &raw mut (*self.as_raw()).shost_gendev);
        }
    }

    /// Starts the queues of all devices that are blocked or `transport-offline`; others stay as
    /// they are. To take devices offline that work, block them first. May sleep.
    pub(crate) fn unblock_targets(&self, state: TargetState) {
        let state = match state {
            TargetState::Running => ffi::scsi_device_state_SDEV_RUNNING,
            TargetState::TransportOffline => ffi::scsi_device_state_SDEV_TRANSPORT_OFFLINE,
        };
        // SAFETY: By the type invariant the host is valid. `scsi_target_unblock()` takes a target,
        // or the parent of targets, which the host's own device is.
        unsafe { ffi::scsi_target_unblock(&raw mut (*self.as_raw()).shost_gendev, state) };
    }

    /// Tells user space, by a change event of the host's device, that a rule acts, and on what. May
    /// sleep.
    pub(crate) fn announce(&self, rule: &str, trigger: &str) {
        // SAFETY: By the type invariant the host is valid; the other pointers are valid for as many
        // bytes as the lengths say, and the text is copied.
        unsafe {
            ffi::rpmfault_shost_announce(
                self.as_raw(),
                rule.as_ptr().cast(),
                rule.len(),
                trigger.as_ptr().cast(),
                trigger.len(),
            )
        };
    }

    /// Removes all targets and their devices. May sleep, and waits for their commands, and for a
    /// scan.
    pub(crate) fn remove_targets(&self) {
        // SAFETY: By the type invariant the host is valid, and the callback has the type that C
        // expects; it may remove the child that it is called for. `scsi_remove_target()` would take
        // a parent of targets too, but only one below a host: it looks for the host above it.
        unsafe {
            bindings::device_for_each_child(
                &raw mut (*self.as_raw()).shost_gendev,
                null_mut(),
                Some(remove_target),
            )
        };
    }

    /// Wakes the error handler, though no command has failed. May be called in any context.
    ///
    /// It begins when no command is under way, and resumes the host first, unless
    /// [`crate::scsi::Limits::eh_noresume`]: if that fails it tries again for ever, without a
    /// pause. Whether it ends is up to [`crate::scsi::EhStrategy`]. Does nothing once the host is
    /// removed.
    pub(crate) fn schedule_eh(&self) {
        // SAFETY: By the type invariant the host is valid.
        unsafe { ffi::scsi_schedule_eh(self.as_raw()) };
    }
}

impl Clone for HostRef {
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant the host was added and is valid.
        unsafe { Self::get(self.0) }
    }
}

impl Drop for HostRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference.
        unsafe { ffi::scsi_host_put(self.as_raw()) };
    }
}

/// Returns the device at `address` of a host.
///
/// # Safety
///
/// `host` must be valid.
pub(super) unsafe fn lookup(host: *mut ffi::Scsi_Host, address: Address) -> Option<Device> {
    // SAFETY: By the safety requirements.
    let sdev = unsafe {
        ffi::scsi_device_lookup(host, address.channel, address.id, address.mid_layer_lun())
    };
    // SAFETY: `scsi_device_lookup()` took a reference.
    NonNull::new(sdev).map(|sdev| unsafe { Device::from_raw(sdev) })
}

/// Removes a child of a host's device, if it is a target.
///
/// # Safety
///
/// `device_for_each_child()` must call it for the device of a host.
unsafe extern "C" fn remove_target(
    child: *mut bindings::device,
    _data: *mut c_void,
) -> kernel::ffi::c_int {
    // SAFETY: By the safety requirements; the caller keeps the child.
    unsafe {
        if ffi::scsi_is_target_device(child) != 0 {
            ffi::scsi_remove_target(child);
        }
    }
    0
}

/// The wild card of `scsi_scan_target()`.
const SCAN_WILD_CARD: u64 = !0;
