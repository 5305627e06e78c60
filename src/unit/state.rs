// SPDX-License-Identifier: GPL-2.0

//! The state of a logical unit, and what can be done with it other than by commands.

use crate::{
    protocol::{
        command::PowerRequest,
        mode::Pages,
        profile::{
            AccessState,
            Identity,
            Port,
            Profile, //
        },
        sense::{
            Asc,
            Encoded,
            Sense, //
        },
    },
    unit::{
        buffer::DataBuffer,
        erase::Sanitization,
        geometry::Geometry,
        identity,
        nexus::{
            Nexus,
            Nexuses, //
        },
        power::{
            Power,
            PowerCondition, //
        },
        readiness::Readiness,
        reservation::Reservations,
        tray::{
            Change,
            Position,
            Tray, //
        }, //
    }, //
};

/// A logical unit.
///
/// Everything but the data on its medium is in here.
#[derive(Debug)]
pub(crate) struct Unit {
    /// What it claims to be.
    pub(super) profile: Profile,
    /// Who it was at first.
    configured: Identity,
    /// How often it has become another one.
    identities: u32,
    /// The capacity of the medium, in logical blocks.
    blocks: u64,
    /// The medium is write protected, whatever the mode pages say.
    read_only: bool,
    /// The mode pages in effect.
    pub(super) pages: Pages,
    /// The mode pages after a reset.
    pub(super) saved_pages: Pages,
    /// The power condition.
    pub(super) power: Power,
    /// Since when or from when on it is ready.
    pub(super) readiness: Readiness,
    /// Who has reserved it.
    pub(super) reservations: Reservations,
    /// The paths to it, with what their initiators have to be told.
    pub(super) nexuses: Nexuses,
    /// What a removable medium lies in. It never leaves a unit that is not removable.
    pub(super) tray: Tray,
    /// For READ BUFFER and WRITE BUFFER.
    pub(super) buffer: DataBuffer,
    /// How the last SANITIZE ended.
    pub(super) sanitization: Sanitization,
}

// A unit is built on a kernel stack.
const _: () = assert!(core::mem::size_of::<Unit>() < 4096);

impl Unit {
    /// Returns a unit after power on, with a medium of `blocks` logical blocks.
    ///
    /// The medium of a removable unit may still have to be inserted: it is not `loaded` then.
    pub(crate) fn new(profile: Profile, blocks: u64, loaded: bool) -> Self {
        let pages = Pages::new(&profile);
        Self {
            blocks,
            read_only: false,
            pages,
            saved_pages: pages,
            power: Power::new(),
            readiness: Readiness::new(),
            reservations: Reservations::new(),
            nexuses: Nexuses::new(),
            tray: Tray::new(loaded || !profile.removable),
            buffer: DataBuffer::new(),
            sanitization: Sanitization::Fine,
            configured: profile.identity,
            identities: 0,
            profile,
        }
    }

    /// Attaches the initiator that calls itself `id`, through a port of target port group `group`.
    ///
    /// It is told of the power on if it was never here, and of the loss of the nexus if it was.
    /// Returns `None` if there are too many nexuses.
    pub(crate) fn attach(&mut self, id: u64, group: u16) -> Option<Nexus> {
        let reservations = &self.reservations;
        self.nexuses
            .attach(id, group, |nexus| reservations.is_registered(nexus))
    }

    /// Detaches an initiator: its nexus is lost, and what SPC-6 says is lost with it.
    pub(crate) fn detach(&mut self, nexus: Nexus) {
        if self.nexuses.detach(nexus) {
            self.reservations.lose(nexus);
            self.tray.set_locked(nexus.index(), false);
        }
    }

    /// Returns the capacity in logical blocks, also while the medium is out.
    pub(crate) fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Changes the capacity, and tells all initiators if that is another one.
    pub(crate) fn set_blocks(&mut self, blocks: u64) {
        if self.blocks != blocks {
            self.blocks = blocks;
            self.nexuses.notify_all(None, Asc::CAPACITY_CHANGED);
        }
    }

    /// Write protects the medium or permits to write to it.
    pub(crate) fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    /// Returns whether writes are refused, for whatever reason.
    pub(super) fn is_write_protected(&self) -> bool {
        self.read_only || self.pages.software_write_protect()
    }

    /// Returns WCE.
    pub(crate) fn write_cache(&self) -> bool {
        self.pages.write_cache()
    }

    /// Sets WCE, also for after a reset, and tells all initiators if that changes it.
    pub(crate) fn set_write_cache(&mut self, enabled: bool) {
        self.saved_pages.set_write_cache(enabled);
        if self.pages.write_cache() != enabled {
            self.pages.set_write_cache(enabled);
            self.nexuses.notify_all(None, Asc::MODE_CHANGED);
        }
    }

    /// Encodes sense data in the format that the initiators chose by D_SENSE.
    pub(crate) fn encode(&self, sense: Sense) -> Encoded {
        sense.encode(self.pages.descriptor_sense())
    }

    /// Returns the power condition.
    pub(crate) fn power_condition(&self) -> PowerCondition {
        self.power.condition()
    }

    /// Stops the unit, as if it had failed to spin: only START STOP UNIT makes it ready again, also
    /// if its medium is removable.
    pub(crate) fn stop(&mut self) {
        self.power.request(PowerRequest::StartStop {
            start: false,
            load_eject: false,
        });
    }

    /// Returns whether [`Unit::set_time`] has to be called before the next command.
    pub(crate) fn needs_time(&self) -> bool {
        self.readiness.needs_time()
    }

    /// Says what the time is, in milliseconds of a clock that does not go back.
    pub(crate) fn set_time(&mut self, now_ms: u64) {
        self.readiness.set_time(now_ms);
    }

    /// Sets for how many milliseconds the unit is becoming ready after START STOP UNIT has started
    /// it from a standby or stopped condition.
    pub(crate) fn set_ms_to_ready(&mut self, ms: u32) {
        self.readiness.set_start_ms(ms);
    }

    /// Has the unit become ready in so many milliseconds from what the time is: commands that need
    /// the medium end with NOT READY until then.
    pub(crate) fn not_ready(&mut self, ms: u32) {
        self.readiness.delay(ms);
    }

    /// Makes another logical unit of it: with a serial number and a designator that it never had,
    /// made of those that were configured, and that nobody has reserved or registered with.
    ///
    /// All else, and the medium with its content, stays. No initiator is told: that is for whoever
    /// decides how it became another one.
    pub(crate) fn change_identity(&mut self) {
        self.identities = self.identities.saturating_add(1);
        self.profile.identity = identity::another(&self.configured, self.identities);
        self.reservations = Reservations::new();
    }

    /// Establishes a unit attention condition for one nexus, or for all.
    pub(crate) fn queue_attention(&mut self, nexus: Option<Nexus>, asc: Asc) {
        match nexus {
            Some(nexus) => self.nexuses.notify(nexus, asc),
            None => self.nexuses.notify_all(None, asc),
        }
    }

    /// Returns the unit attention conditions pending for a nexus, oldest first.
    pub(crate) fn pending(&self, nexus: Nexus) -> impl Iterator<Item = Asc> + '_ {
        self.nexuses.pending(nexus)
    }

    /// Logical unit reset (SAM-6): what is not persistent is as after power on, and all initiators
    /// are told.
    ///
    /// The medium stays where it is, and a failed SANITIZE stays failed.
    pub(crate) fn reset(&mut self) {
        self.pages = self.saved_pages;
        self.power = Power::new();
        self.reservations.reset();
        self.tray.unlock();
        self.nexuses.notify_all(None, Asc::RESET);
    }

    /// Sets the asymmetric access state of the target port group that a nexus goes through, and
    /// tells all initiators if that changes it.
    pub(crate) fn set_access_state(&mut self, nexus: Nexus, state: AccessState) {
        let group = self.nexuses.group(nexus);
        if group.is_some_and(|group| self.nexuses.set_access_state(group, state)) {
            self.nexuses
                .notify_all(None, Asc::ASYMMETRIC_ACCESS_CHANGED);
        }
    }

    /// Returns the asymmetric access state of the target port group that a nexus goes through.
    pub(crate) fn access_state(&self, nexus: Nexus) -> AccessState {
        self.nexuses.access_state(nexus)
    }

    /// Returns the ports of all attached nexuses.
    pub(crate) fn ports(&self) -> impl Iterator<Item = Port> + '_ {
        self.nexuses.ports()
    }

    /// Returns the tray.
    pub(crate) fn tray(&self) -> &Tray {
        &self.tray
    }

    /// Returns the tray for what concerns no initiator.
    pub(crate) fn tray_mut(&mut self) -> &mut Tray {
        &mut self.tray
    }

    /// Puts a medium of `blocks` logical blocks into the tray, where another one may have been.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM REMOVAL PREVENTED if it would replace one that may not be removed.
    pub(crate) fn insert(&mut self, blocks: u64) -> Result<(), Sense> {
        let change = self.tray.insert()?;
        self.blocks = blocks;
        self.moved(change, None);
        Ok(())
    }

    /// Takes the medium away from where it is.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM REMOVAL PREVENTED if an initiator prevents it, unless it is done by `force`.
    pub(crate) fn remove(&mut self, force: bool) -> Result<(), Sense> {
        let change = self.tray.remove(force)?;
        self.moved(change, None);
        Ok(())
    }

    /// Presses the eject button: the tray opens, or if initiators prevent that and there is no
    /// `force`, they are asked for it. Returns whether it is open.
    pub(crate) fn eject(&mut self, force: bool) -> bool {
        let change = self.tray.press_eject(force);
        self.moved(change, None);
        self.tray.position() == Position::Open
    }

    /// Closes the tray.
    pub(crate) fn close(&mut self) {
        let change = self.tray.load();
        self.moved(change, None);
    }

    /// Tells all initiators but the one behind the nexus `except` what became of the medium. One that
    /// was just put in spins.
    pub(super) fn moved(&mut self, change: Change, except: Option<Nexus>) {
        if change == Change::Loaded {
            self.power.access();
        }
        if let Some(asc) = change.attention(self.profile.kind) {
            self.nexuses.notify_all(except, asc);
        }
    }

    /// Returns the geometry of the medium.
    pub(super) fn geometry(&self) -> Geometry {
        Geometry::new(&self.profile, self.blocks)
    }

    /// Returns the capacity that initiators see: nothing without a medium.
    pub(super) fn loaded_blocks(&self) -> u64 {
        if self.tray.is_loaded() {
            self.blocks
        } else {
            0
        }
    }
}
