// SPDX-License-Identifier: GPL-2.0

//! What a low-level driver does for the mid layer.
//!
//! A callback that the mid layer makes while the host goes away may find no driver any more: then
//! it fails, or does nothing, without one of these functions being called.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use kernel::{
    prelude::*,
    sync::ArcBorrow, //
};

use crate::scsi::{
    Address,
    Command,
    HostRef,
    NewDevice,
    Refused,
    View, //
};

/// What to do with a command that has timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// Abort it.
    NotHandled,
    /// Wait for as long again.
    ResetTimer,
}

/// Why the error handler did not get what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EhError {
    /// It did not work: the error handler goes on to the next, larger reset.
    Failed,
    /// The link is gone for longer than commands wait (`FAST_IO_FAIL`): commands fail at once.
    FastIoFail,
}

impl From<Error> for EhError {
    fn from(_: Error) -> Self {
        Self::Failed
    }
}

/// What a low-level driver does for the mid layer.
pub(crate) trait Operations: Send + Sync + Sized + 'static {
    /// Carries a command out, now or later, or refuses it.
    ///
    /// Called by `scsi_dispatch_cmd()` and by the error handler, in atomic context but not in an
    /// interrupt, with no lock held; several calls may run at once.
    ///
    /// # Errors
    ///
    /// [`Command::refuse`] makes the only error there is.
    fn queue(this: ArcBorrow<'_, Self>, command: Command) -> Result<(), Refused>;

    /// Says that no more commands follow for now, though the last one did not say so: the block
    /// layer could not send it. Context as for [`Operations::queue`].
    fn commit(this: ArcBorrow<'_, Self>, queue: u32);

    /// Completes the polled commands of a hardware queue that are due, and returns how many.
    ///
    /// Called by whoever waits for one of them, `bio_poll()`, until it has come back; several calls
    /// may run at once. Process context.
    fn poll(this: ArcBorrow<'_, Self>, queue: u32) -> usize;

    /// Sets up one of the commands that the block layer allocates for a host when it is added, and
    /// one of those for cache flushes when a device is. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the host, or the device, out.
    fn init_command(this: ArcBorrow<'_, Self>) -> Result;

    /// Decides about a command that has timed out. The driver may own it, or be completing it right
    /// now; whoever sent it has not got it back.
    ///
    /// Called by the block layer's timeout work for `scsi_timeout()`, in atomic context.
    fn timed_out(this: ArcBorrow<'_, Self>, command: &View) -> Timeout;

    /// Completes a command that has timed out, if the driver still has it. One that is only delayed
    /// ([`Command::complete_after`]) is completed by the caller of this, whatever it returns.
    ///
    /// When this returns, a command that was held is no longer touched. May sleep. A command that
    /// [`Operations::queue`] itself is carrying out is not waited for: it would have to take longer
    /// than its timeout, which is seconds.
    ///
    /// # Errors
    ///
    /// [`EhError`] says what the error handler does then.
    fn abort(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError>;

    /// Completes every command of the logical unit of `command` but those that are only delayed,
    /// and resets it.
    ///
    /// Called by the error handler, or for the ioctl SG_SCSI_RESET, whose command has no CDB and
    /// was not sent. May sleep; errors as for [`Operations::abort`].
    fn reset_device(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError>;

    /// Does what [`Operations::reset_device`] does for all logical units of the target.
    fn reset_target(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError>;

    /// Does what [`Operations::reset_device`] does for all targets of the channel.
    fn reset_bus(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError>;

    /// Does what [`Operations::reset_device`] does for all channels.
    fn reset_host(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError>;

    /// Resets the adapter, or its firmware, as somebody asks who writes `host_reset` in sysfs. May
    /// sleep. Commands may be under way, and come meanwhile.
    ///
    /// # Errors
    ///
    /// The writer gets the error.
    fn host_reset(this: ArcBorrow<'_, Self>, adapter: bool) -> Result;

    /// Looks for the targets, for [`HostRef::scan`]: nobody else does. May sleep, and runs without
    /// the sender of that with asynchronous scanning (`scsi_mod.scan=async`).
    fn scan_start(this: ArcBorrow<'_, Self>, host: &HostRef);

    /// Returns whether the scan that [`Operations::scan_start`] has started is over; `elapsed_ms`
    /// counts from its start. The mid layer asks again 10 ms later otherwise. May sleep.
    fn scan_finished(this: ArcBorrow<'_, Self>, elapsed_ms: u32) -> bool;

    /// Prepares for the devices of a target that the mid layer did not have. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the target out; the mid layer logs any but [`ENXIO`].
    fn alloc_target(this: ArcBorrow<'_, Self>, channel: u32, id: u32) -> Result;

    /// Prepares for a device that will be asked by INQUIRY whether it is there. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the device out, and [`Operations::destroy_device`] is called for it; the mid
    /// layer logs any but [`ENXIO`].
    fn init_device(this: ArcBorrow<'_, Self>, address: Address) -> Result;

    /// Sets up a device that has answered INQUIRY and is not visible yet. May sleep.
    ///
    /// # Errors
    ///
    /// An error leaves the device out.
    fn configure_device(this: ArcBorrow<'_, Self>, device: NewDevice<'_>) -> Result;

    /// Lets go of a device, or of what was not there. No command comes for it any more. May sleep.
    fn destroy_device(this: ArcBorrow<'_, Self>, address: Address);

    /// Hears that somebody has written the `queue_depth` of a device. May sleep.
    ///
    /// # Errors
    ///
    /// The writer gets the error, and the queue depth stays.
    fn change_queue_depth(this: ArcBorrow<'_, Self>, address: Address, depth: u32) -> Result;
}
