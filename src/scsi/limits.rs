// SPDX-License-Identifier: GPL-2.0

//! What the mid layer is told about a host before it is added.
//!
//! C header: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h)

use kernel::bindings;

use crate::{
    ffi,
    scsi::address::mid_layer_max_lun, //
};

/// What the mid layer is told about a host when it is added.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Highest channel.
    pub(crate) max_channel: u32,
    /// Number of targets of a channel.
    pub(crate) max_id: u32,
    /// Number of logical units of a target, as [`crate::scsi::Address`] counts them.
    pub(crate) max_lun: u64,
    /// Target number of the host itself, which is not scanned; negative: it has none.
    pub(crate) this_id: i32,
    /// Bytes of the longest CDB; the mid layer refuses longer ones.
    pub(crate) max_cmd_len: u16,
    /// Autosuspend delay of the host's disks in milliseconds; negative: they do not autosuspend.
    pub(crate) rpm_autosuspend_delay: i32,
    /// Whether the error handler runs without resuming the host, as it does for an adapter that
    /// needs it in order to resume.
    pub(crate) eh_noresume: bool,
    /// Whether a bus or host reset is over when the driver says so; the mid layer gives the bus ten
    /// seconds otherwise.
    pub(crate) skip_settle_delay: bool,
    /// What the error handler does.
    pub(crate) eh_strategy: EhStrategy,
    /// What goes through the queues.
    pub(crate) io: IoLimits,
}

/// What the error handler does with commands that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EhStrategy {
    /// What `scsi_unjam_host()` does, for hosts that leave it to the mid layer.
    ///
    /// It does not clear `host_eh_scheduled`: after [`crate::scsi::HostRef::schedule_eh`] it runs
    /// again for ever.
    MidLayer,
    /// The same, and `host_eh_scheduled` is cleared, as in the strategies of libata and libsas.
    ///
    /// `eh_deadline` cannot be set then: the mid layer refuses that with a strategy.
    Own,
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
    /// Bytes of such an element, 4,096 at least; 0: what the block layer takes.
    pub(crate) max_segment_size: u32,
    /// No element crosses a multiple of one more than this, 4,095 at least; 0: 32 bits.
    pub(crate) dma_boundary: u64,
}

impl Limits {
    /// Tells the mid layer.
    ///
    /// # Safety
    ///
    /// `host` must be a host that was not added yet.
    pub(super) unsafe fn apply(&self, host: *mut ffi::Scsi_Host) {
        // SAFETY: By the safety requirements; the fields are plain numbers.
        unsafe {
            (*host).max_channel = self.max_channel;
            (*host).max_id = self.max_id;
            (*host).max_lun = mid_layer_max_lun(self.max_lun);
            (*host).this_id = self.this_id;
            (*host).max_cmd_len = self.max_cmd_len;
            (*host).rpm_autosuspend_delay = self.rpm_autosuspend_delay;
            ffi::rpmfault_shost_set_eh_noresume(host, self.eh_noresume);
            if self.eh_strategy == EhStrategy::Own {
                ffi::rpmfault_shost_set_eh_strategy(host);
            }
            self.io.apply(host);
        }
    }
}

impl IoLimits {
    /// Tells the mid layer what goes through the queues.
    ///
    /// # Safety
    ///
    /// `host` must be a host that was not added yet.
    unsafe fn apply(&self, host: *mut ffi::Scsi_Host) {
        let queues = u32::from(self.nr_hw_queues) + u32::from(self.poll_queues);
        // SAFETY: By the safety requirements; the fields are plain numbers.
        unsafe {
            (*host).nr_hw_queues = queues;
            // With one map the block layer would not ask `.map_queues` for polled ones.
            (*host).nr_maps = match self.poll_queues {
                0 => 1,
                _ => bindings::hctx_type_HCTX_MAX_TYPES,
            };
            (*host).can_queue = i32::from(self.can_queue);
            (*host).cmd_per_lun = i16::try_from(self.cmd_per_lun).unwrap_or(i16::MAX);
            (*host).max_sectors = self.max_sectors;
            (*host).sg_tablesize = self.sg_tablesize;
            if self.max_segment_size != 0 {
                (*host).max_segment_size = self.max_segment_size;
            }
            if let Some(boundary) = usize::try_from(self.dma_boundary)
                .ok()
                .filter(|&at| at != 0)
            {
                (*host).dma_boundary = boundary;
            }
            ffi::rpmfault_shost_set_host_tagset(host, self.host_tagset);
        }
    }
}
