// SPDX-License-Identifier: GPL-2.0

//! Logical unit numbers: what a host has at an address.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            AtomicFlag,
            Relaxed, //
        },
        Arc, //
    }, //
};

use crate::{
    device::drive::{
        self,
        Drive,
        Ending, //
    },
    scsi::{
        self,
        Address, //
    },
    unit::{
        power::Spin,
        Nexus,
        Tamper, //
    }, //
};

/// Whether a LUN is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
enum Presence {
    /// It is.
    Present,
    /// It is being taken out: it still answers, and at once.
    Leaving,
    /// It is not.
    Gone,
}

impl Presence {
    /// Returns what the LUN keeps for it: the journey of a command reads it without a lock.
    const fn raw(self) -> i32 {
        // CAST: The enum is `repr(i32)`.
        self as i32
    }
}

/// What the mid layer is told of a logical unit.
#[derive(Clone, Copy)]
pub(crate) struct Attachment {
    /// How many commands it takes; `None`: the `cmd_per_lun` of its host.
    pub(crate) queue_depth: Option<u16>,
    /// Whether sd and sr are to leave it alone.
    pub(crate) no_uld: bool,
    /// What sd and the mid layer are to do about its power.
    pub(crate) power: PowerFlags,
}

/// The flags of `struct scsi_device` of the same names; `None`: as the host has it for all.
#[derive(Clone, Copy, Default)]
pub(crate) struct PowerFlags {
    /// Stop it on system suspend, and start it on resume.
    pub(crate) manage_system_start_stop: Option<bool>,
    /// Stop it on runtime suspend, and start it on resume.
    pub(crate) manage_runtime_start_stop: Option<bool>,
    /// Stop it when the system is switched off.
    pub(crate) manage_shutdown: Option<bool>,
    /// Stop it when the system is restarted.
    pub(crate) manage_restart: Option<bool>,
    /// Start it on system resume even if it was suspended at runtime.
    pub(crate) force_runtime_start_on_system_start: Option<bool>,
    /// Let the error handler start it.
    pub(crate) allow_restart: Option<bool>,
    /// Use the POWER CONDITION field of START STOP UNIT.
    pub(crate) start_stop_pwr_cond: Option<bool>,
    /// Do not take a unit attention on resume for a changed medium.
    pub(crate) ignore_media_change: Option<bool>,
    /// Do not log runtime suspend and resume.
    pub(crate) silence_suspend: Option<bool>,
}

/// How long the motor takes, in milliseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct SpinTimes {
    /// To spin up.
    pub(crate) start_ms: u32,
    /// To spin down.
    pub(crate) stop_ms: u32,
}

/// A logical unit number of a host: the nexus through which the host reaches a drive.
pub(crate) struct Lun {
    address: Address,
    attachment: Attachment,
    drive: Arc<Drive>,
    nexus: Nexus,
    /// [`Presence::raw`].
    presence: Atomic<i32>,
    /// Whether the target denies that it is there.
    hidden: AtomicFlag,
    start_ms: Atomic<u32>,
    stop_ms: Atomic<u32>,
}

impl Lun {
    /// Connects a host with a drive. `id` tells the nexus from all others of all drives, and stays
    /// when the host is switched off and on again; `group` is its target port group.
    ///
    /// # Errors
    ///
    /// Returns [`EMFILE`] if the drive has as many nexuses as it can have, and [`ENOMEM`].
    pub(crate) fn new(
        address: Address,
        attachment: Attachment,
        drive: Arc<Drive>,
        id: u64,
        group: u16,
    ) -> Result<Arc<Self>> {
        let nexus = drive.connect(id, group)?;
        let lun = Self {
            address,
            attachment,
            drive,
            nexus,
            presence: Atomic::new(Presence::Present.raw()),
            hidden: AtomicFlag::new(false),
            start_ms: Atomic::new(0),
            stop_ms: Atomic::new(0),
        };
        Ok(Arc::new(lun, GFP_KERNEL)?)
    }

    /// Returns where it is.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Returns what the mid layer is told of it.
    pub(crate) fn attachment(&self) -> &Attachment {
        &self.attachment
    }

    /// Returns what is behind it.
    pub(crate) fn drive(&self) -> &Arc<Drive> {
        &self.drive
    }

    /// Returns the nexus.
    pub(crate) fn nexus(&self) -> Nexus {
        self.nexus
    }

    /// Carries a command out. `luns` are the LUNs of its target, `tamper` is what goes wrong with it.
    ///
    /// May be called in atomic context.
    pub(super) fn execute(
        &self,
        luns: impl Iterator<Item = u64> + Clone,
        command: &mut scsi::Command,
        tamper: Tamper<'_>,
    ) -> Ending {
        if self.is_hidden() {
            let others = luns.filter(|lun| *lun != self.address.lun);
            return drive::execute_absent(self.drive.profile(), others, command);
        }
        self.drive.execute(self.nexus, luns, command, tamper)
    }

    /// Returns for how many milliseconds the motor keeps a command from being completed.
    ///
    /// May be called in atomic context.
    pub(crate) fn spin_ms(&self, cdb: &[u8]) -> u32 {
        match Spin::of(cdb) {
            Some(Spin::Up) => self.start_ms.load(Relaxed),
            Some(Spin::Down) => self.stop_ms.load(Relaxed),
            None => 0,
        }
    }

    /// Sets how long the motor takes, for commands from now on.
    pub(crate) fn set_spin(&self, spin: SpinTimes) {
        self.start_ms.store(spin.start_ms, Relaxed);
        self.stop_ms.store(spin.stop_ms, Relaxed);
    }

    /// Has the target deny that the LUN is there, or admit it again: to commands it answers that the
    /// logical unit is not supported. Returns whether that is a change, of which the other LUNs of
    /// the target have to tell.
    ///
    /// May be called in atomic context. Nothing happens to the mid layer's device.
    pub(crate) fn set_hidden(&self, hidden: bool) -> bool {
        self.hidden.xchg(hidden, Relaxed) != hidden
    }

    /// Returns whether the target denies that the LUN is there: REPORT LUNS leaves it out.
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.load(Relaxed)
    }

    /// Returns whether the LUN is taken out, or being taken out.
    pub(crate) fn is_leaving(&self) -> bool {
        self.presence.load(Relaxed) >= Presence::Leaving.raw()
    }

    /// Returns whether the LUN was taken out.
    pub(crate) fn is_gone(&self) -> bool {
        self.presence.load(Relaxed) >= Presence::Gone.raw()
    }

    /// Begins to take the LUN out.
    pub(crate) fn set_leaving(&self) {
        self.presence.store(Presence::Leaving.raw(), Relaxed);
    }

    /// Ends taking the LUN out.
    pub(crate) fn set_gone(&self) {
        self.presence.store(Presence::Gone.raw(), Relaxed);
    }
}

impl Drop for Lun {
    fn drop(&mut self) {
        self.drive.disconnect(self.nexus);
    }
}
