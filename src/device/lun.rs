// SPDX-License-Identifier: GPL-2.0

//! Logical unit numbers: what a host has at an address.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

use crate::{
    device::drive::{
        Drive,
        Ending, //
    },
    scsi::{
        self,
        Address, //
    },
    unit::{
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
}

/// A logical unit number of a host: the nexus through which the host reaches a drive.
pub(crate) struct Lun {
    address: Address,
    attachment: Attachment,
    drive: Arc<Drive>,
    nexus: Nexus,
    /// [`Presence::raw`].
    presence: Atomic<i32>,
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

    /// Carries a command out. `luns` are the LUNs of its target.
    ///
    /// May be called in atomic context.
    pub(super) fn execute(
        &self,
        luns: impl Iterator<Item = u64> + Clone,
        command: &mut scsi::Command,
    ) -> Ending {
        self.drive.execute(self.nexus, luns, command, Tamper::None)
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
