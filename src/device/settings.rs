// SPDX-License-Identifier: GPL-2.0

//! What a host is told before it is switched on, and while it is on.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    }, //
};

use crate::{
    fault::{
        action::AscList,
        text::words, //
    },
    scsi::{
        Address,
        DeviceFlags,
        EhStrategy,
        IoLimits, //
    },
    unit::Lost, //
};

/// The longest latency of a command in nanoseconds: what waits for a command has to come back.
pub(crate) const LATENCY_MAX_NS: u64 = 10_000_000_000;

/// The longest latency of a power management callback in milliseconds.
pub(crate) const CALLBACK_LATENCY_MAX_MS: u32 = 60_000;

/// The longest scatterlist: `SG_MAX_SEGMENTS` of `include/linux/scatterlist.h`.
pub(crate) const SG_MAX_SEGMENTS: u16 = 2048;

words! {
    /// How a host gives back commands that are not polled.
    pub(crate) enum Completion {
        /// Where they were queued, without any latency.
        Inline = "inline",
        /// In the interrupt of a timer, after the latency.
        Hrtimer = "hrtimer",
        /// In a work item, after the latency.
        Workqueue = "wq",
    }
}

words! {
    /// Who looks for the logical units of a host that was added.
    pub(crate) enum Scan {
        /// The host.
        Auto = "auto",
        /// Nobody, until somebody asks for it.
        Manual = "manual",
    }
}

words! {
    /// What a command meets that comes while the host is suspended, after it was counted.
    pub(crate) enum WhileSuspended {
        /// It fails with DID_NO_CONNECT, and the kernel warns.
        Warn = "warn",
        /// It fails with DID_NO_CONNECT.
        Fail = "fail",
        /// It is carried out.
        Allow = "allow",
    }
}

/// What may be changed only while the host is off.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// How commands are given back.
    pub(crate) completion: Completion,
    /// How many commands there may be, and how large.
    pub(crate) io: IoLimits,
    /// Bytes of the longest CDB.
    pub(crate) max_cmd_len: u16,
    /// One more than the highest target and logical unit number, and the highest channel, that a
    /// scan looks for; 0: as the logical units need it.
    pub(crate) max_id: u32,
    /// See [`Options::max_id`].
    pub(crate) max_lun: u64,
    /// See [`Options::max_id`].
    pub(crate) max_channel: u32,
    /// The host's own target number; -1: none.
    pub(crate) this_id: i32,
    /// Who looks for logical units.
    pub(crate) scan: Scan,
    /// Whether enabling leaves the scan to the kernel's asynchronous scanning.
    pub(crate) async_scan: bool,
    /// Whose error handler strategy it is.
    pub(crate) eh_strategy: EhStrategy,
    /// The error handler does not resume the host.
    pub(crate) eh_noresume: bool,
    /// The error handler does not wait ten seconds after a bus or host reset.
    pub(crate) skip_settle_delay: bool,
    /// Whether the parent has runtime power management.
    pub(crate) runtime: bool,
    /// Autosuspend delay of the disks in milliseconds; negative: they do not suspend.
    pub(crate) sdev_autosuspend_ms: i32,
    /// Power flags of the disks.
    pub(crate) power: DeviceFlags,
    /// System sleep calls the parent's callbacks in a thread of their own.
    pub(crate) async_suspend: bool,
    /// The parent may suspend while its host is active.
    pub(crate) ignore_children: bool,
    /// The logical unit that the others need for their power, through a device link, as those of
    /// UFS need the well known one for the device.
    pub(crate) supplier: Option<Address>,
}

impl Options {
    /// What a host is of which nothing was said.
    pub(crate) const DEFAULT: Self = Self {
        completion: Completion::Inline,
        io: IoLimits {
            nr_hw_queues: 1,
            poll_queues: 0,
            can_queue: 128,
            cmd_per_lun: 32,
            host_tagset: false,
            max_sectors: 1024,
            sg_tablesize: SG_MAX_SEGMENTS,
            max_segment_size: 0,
            dma_boundary: 0,
        },
        max_cmd_len: crate::device::drive::CDB_MAX,
        max_id: 0,
        max_lun: 0,
        max_channel: 0,
        this_id: -1,
        scan: Scan::Auto,
        async_scan: false,
        eh_strategy: EhStrategy::MidLayer,
        eh_noresume: false,
        skip_settle_delay: false,
        runtime: true,
        sdev_autosuspend_ms: -1,
        power: DeviceFlags {
            manage_runtime_start_stop: true,
            manage_system_start_stop: false,
            manage_shutdown: false,
            manage_restart: false,
            force_runtime_start_on_system_start: false,
            start_stop_pwr_cond: false,
            ignore_media_change: false,
            silence_suspend: false,
            rpm_autosuspend: true,
            allow_restart: false,
        },
        async_suspend: false,
        ignore_children: false,
        supplier: None,
    };
}

/// A value that is read on the journey of a command without a lock.
macro_rules! live {
    ($(#[$doc:meta])* $get:ident, $set:ident: $ty:ty, $field:ident) => {
        $(#[$doc])*
        pub(crate) fn $get(&self) -> $ty {
            self.$field.load(Relaxed)
        }

        /// Sets it, from now on.
        pub(crate) fn $set(&self, value: $ty) {
            self.$field.store(value, Relaxed);
        }
    };
}

/// A word that is read on the journey of a command without a lock.
macro_rules! live_word {
    ($(#[$doc:meta])* $get:ident, $set:ident: $ty:ty, $field:ident) => {
        $(#[$doc])*
        pub(crate) fn $get(&self) -> $ty {
            let index = usize::try_from(self.$field.load(Relaxed)).unwrap_or(0);
            // Only indices of words are stored.
            <$ty>::ALL.get(index).copied().unwrap_or(<$ty>::ALL[0])
        }

        /// Sets it, from now on.
        pub(crate) fn $set(&self, value: $ty) {
            // CAST: The enum has no fields.
            self.$field.store(value as i32, Relaxed);
        }
    };
}

/// What may be changed while the host is on.
#[pin_data]
pub(crate) struct Settings {
    latency_ns: Atomic<u64>,
    jitter_ns: Atomic<u64>,
    seed: Atomic<u64>,
    autosuspend_ms: Atomic<i32>,
    auto: Atomic<bool>,
    suspend_ms: Atomic<u32>,
    resume_ms: Atomic<u32>,
    lose_state: Atomic<i32>,
    while_suspended: Atomic<i32>,
    #[pin]
    resume_ua: SpinLock<AscList>,
    #[pin]
    up_ua: SpinLock<AscList>,
}

impl Settings {
    /// Returns the settings of a host of which nothing was said.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            latency_ns: Atomic::new(0),
            jitter_ns: Atomic::new(0),
            seed: Atomic::new(0),
            autosuspend_ms: Atomic::new(0),
            auto: Atomic::new(true),
            suspend_ms: Atomic::new(0),
            resume_ms: Atomic::new(0),
            // CAST: The enums have no fields.
            lose_state: Atomic::new(Lost::None as i32),
            while_suspended: Atomic::new(WhileSuspended::Fail as i32),
            resume_ua <- new_spinlock!(AscList::default()),
            up_ua <- new_spinlock!(AscList::default()),
        })
    }

    /// Returns what the logical units have to say after the host was resumed.
    pub(crate) fn resume_ua(&self) -> AscList {
        *self.resume_ua.lock()
    }

    /// Sets it, from the next resume on.
    pub(crate) fn set_resume_ua(&self, list: AscList) {
        *self.resume_ua.lock() = list;
    }

    /// Returns what the logical units have to say when the link has come up.
    pub(crate) fn up_ua(&self) -> AscList {
        *self.up_ua.lock()
    }

    /// Sets it, from the next time on.
    pub(crate) fn set_up_ua(&self, list: AscList) {
        *self.up_ua.lock() = list;
    }

    live! {
        /// Returns how long a command takes that is not completed inline, in nanoseconds;
        /// [`LATENCY_MAX_NS`] at most.
        latency_ns, set_latency_ns: u64, latency_ns
    }

    live! {
        /// Returns how much longer or shorter than that it may take, in nanoseconds.
        jitter_ns, set_jitter_ns: u64, jitter_ns
    }

    live! {
        /// Returns the seed of the jitter; 0: another one each time.
        seed, set_seed: u64, seed
    }

    live! {
        /// Returns the autosuspend delay of the parent in milliseconds; negative: it does not
        /// suspend. Takes effect when a driver is bound.
        autosuspend_ms, set_autosuspend_ms: i32, autosuspend_ms
    }

    live! {
        /// Returns whether the parent may suspend at all (`power/control` is `auto`). Takes effect
        /// when a driver is bound.
        is_auto, set_auto: bool, auto
    }

    live! {
        /// Returns how long the parent takes to suspend, in milliseconds.
        suspend_ms, set_suspend_ms: u32, suspend_ms
    }

    live! {
        /// Returns how long the parent takes to resume, in milliseconds.
        resume_ms, set_resume_ms: u32, resume_ms
    }

    live_word! {
        /// Returns what the hardware forgets while it sleeps.
        lose_state, set_lose_state: Lost, lose_state
    }

    live_word! {
        /// Returns what a command meets that comes while the host is suspended.
        while_suspended, set_while_suspended: WhileSuspended, while_suspended
    }
}
