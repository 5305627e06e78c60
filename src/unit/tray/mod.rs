// SPDX-License-Identifier: GPL-2.0

//! What the medium of a removable unit lies in, and what becomes of both.
//!
//! Units without a tray, such as card readers, are like a tray that is open while the medium is
//! ejected.

mod queue;

use core::fmt;

use crate::{
    protocol::{
        mmc::event::Event,
        profile::Kind,
        sense::{
            Asc,
            Sense, //
        }, //
    },
    unit::tray::queue::Queue, //
};

/// Where the tray is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Out of the drive: the medium in it can be changed and not be accessed.
    Open,
    /// In the drive.
    Closed,
}

impl Position {
    /// Returns the position of that name, or `None`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Closed => "closed",
        })
    }
}

/// What a transition meant for those who use the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "initiators may have to be told"]
pub(crate) enum Change {
    /// Nothing: it was so before, or there is no medium.
    None,
    /// There is a medium to be accessed, which may be another one than before.
    Loaded,
    /// The medium can no longer be accessed.
    Unloaded,
    /// Nothing yet, but someone wants to have the medium.
    EjectRequested,
}

impl Change {
    /// Returns the unit attention condition to establish for all nexuses on a unit of that `kind`.
    ///
    /// A medium that is gone needs none, as the commands that need it fail. A request to eject is
    /// for GET EVENT STATUS NOTIFICATION where there is that command: initiators take any unit
    /// attention of a CD drive for a changed disc.
    pub(crate) const fn attention(self, kind: Kind) -> Option<Asc> {
        match (self, kind) {
            (Self::Loaded, _) => Some(Asc::MEDIUM_CHANGED),
            (Self::EjectRequested, Kind::Disk) => Some(Asc::EJECT_REQUESTED),
            _ => None,
        }
    }
}

/// The tray of a removable unit, and who prevents that it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tray {
    /// Where it is.
    position: Position,
    /// Whether a medium lies in it.
    occupied: bool,
    /// The nexuses that prevent the removal of the medium, a bit each.
    locked: u16,
    /// Media events to report.
    events: Queue,
    /// Whether the medium came, went or was changed since the features were last reported as
    /// changed.
    features_changed: bool,
}

impl Tray {
    /// Returns a closed tray, with a medium if `loaded`.
    pub(crate) const fn new(loaded: bool) -> Self {
        Self {
            position: Position::Closed,
            occupied: loaded,
            locked: 0,
            events: Queue::new(),
            features_changed: false,
        }
    }

    /// Returns where it is.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Returns whether there is a medium that can be accessed.
    pub(crate) const fn is_loaded(&self) -> bool {
        self.occupied && matches!(self.position, Position::Closed)
    }

    /// Returns whether any nexus prevents the removal of the medium.
    pub(crate) const fn is_locked(&self) -> bool {
        self.locked != 0
    }

    /// Returns why there is no medium to be accessed: MEDIUM NOT PRESENT, with where the tray is.
    pub(crate) const fn no_medium(&self) -> Sense {
        match self.position {
            Position::Open => Sense::NO_MEDIUM_TRAY_OPEN,
            Position::Closed => Sense::NO_MEDIUM_TRAY_CLOSED,
        }
    }

    /// Makes the nexus in place `nexus` prevent or allow the removal of the medium: PREVENT ALLOW
    /// MEDIUM REMOVAL, or the end of the nexus.
    pub(crate) fn set_locked(&mut self, nexus: usize, locked: bool) {
        let place = u32::try_from(nexus).unwrap_or(u32::MAX);
        let bit = 1_u16.checked_shl(place).unwrap_or(0);
        if locked {
            self.locked |= bit;
        } else {
            self.locked &= !bit;
        }
    }

    /// Makes all nexuses allow the removal of the medium, as after a reset.
    pub(crate) fn unlock(&mut self) {
        self.locked = 0;
    }

    /// Opens the tray on behalf of an initiator. The medium stays in it.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM REMOVAL PREVENTED if the tray is closed and any nexus prevents it.
    pub(crate) fn eject(&mut self) -> Result<Change, Sense> {
        match self.position {
            Position::Open => Ok(Change::None),
            Position::Closed if self.is_locked() => Err(Sense::MEDIUM_REMOVAL_PREVENTED),
            Position::Closed => Ok(self.open()),
        }
    }

    /// Opens the tray on behalf of the user. If that is prevented, initiators are asked for it
    /// instead, unless it is done by `force`, which leaves the tray locked for when it is closed
    /// again.
    pub(crate) fn press_eject(&mut self, force: bool) -> Change {
        match self.position {
            Position::Open => Change::None,
            Position::Closed if self.is_locked() && !force => {
                self.events.push(Event::EjectRequest);
                Change::EjectRequested
            }
            Position::Closed => self.open(),
        }
    }

    /// Closes the tray, for whomever. What lies in it can be accessed then.
    pub(crate) fn load(&mut self) -> Change {
        self.change(|tray| tray.position = Position::Closed)
    }

    /// Puts a medium into the tray, where another one may have been. An open tray stays open.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM REMOVAL PREVENTED if it would replace one that may not be removed.
    pub(crate) fn insert(&mut self) -> Result<Change, Sense> {
        if self.is_loaded() {
            let _ = self.remove(false)?;
        }
        Ok(self.change(|tray| tray.occupied = true))
    }

    /// Takes the medium away from where it is; the tray does not move.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM REMOVAL PREVENTED if the tray is closed and any nexus prevents it, unless it
    /// is done by `force`.
    pub(crate) fn remove(&mut self, force: bool) -> Result<Change, Sense> {
        if self.is_loaded() && self.is_locked() && !force {
            return Err(Sense::MEDIUM_REMOVAL_PREVENTED);
        }
        Ok(self.change(|tray| tray.occupied = false))
    }

    /// Returns the oldest media event that was not reported, which it then is.
    pub(crate) fn take_event(&mut self) -> Event {
        self.events.pop()
    }

    /// Returns the oldest media event that was not reported.
    pub(crate) const fn event(&self) -> Event {
        self.events.first()
    }

    /// Reports `event` on top of those that happen; [`Event::None`] forgets those not yet reported.
    pub(crate) fn announce(&mut self, event: Event) {
        match event {
            Event::None => self.events = Queue::new(),
            event => self.events.push(event),
        }
    }

    /// Returns whether the features of the drive changed with the medium, which was not reported.
    pub(crate) const fn features_changed(&self) -> bool {
        self.features_changed
    }

    /// Says that the features as they are were reported.
    pub(crate) fn features_reported(&mut self) {
        self.features_changed = false;
    }

    /// Opens the tray, which is what anyone may have asked for.
    fn open(&mut self) -> Change {
        self.events.remove(Event::EjectRequest);
        self.change(|tray| tray.position = Position::Open)
    }

    /// Makes the `transition`, and queues the event if the medium came or went by it.
    fn change(&mut self, transition: impl FnOnce(&mut Self)) -> Change {
        let before = self.is_loaded();
        transition(self);
        let (change, event) = match (before, self.is_loaded()) {
            (false, true) => (Change::Loaded, Event::NewMedia),
            (true, false) => (Change::Unloaded, Event::MediaRemoval),
            (true, true) | (false, false) => return Change::None,
        };
        self.events.push(event);
        self.features_changed = true;
        change
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_tray))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    const PREVENTED: Result<Change, Sense> = Err(Sense::MEDIUM_REMOVAL_PREVENTED);

    #[test]
    fn starts_closed_without_events() {
        for loaded in [false, true] {
            let mut tray = Tray::new(loaded);
            assert_eq!(tray.position(), Position::Closed);
            assert_eq!(tray.is_loaded(), loaded);
            assert!(!tray.is_locked());
            assert!(!tray.features_changed());
            assert_eq!(tray.take_event(), Event::None);
        }
    }

    #[test]
    fn small_enough_to_be_part_of_a_unit() {
        assert!(core::mem::size_of::<Tray>() < 128);
    }

    #[test]
    fn eject_and_load_move_the_medium() {
        let mut tray = Tray::new(true);
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
        assert_eq!(tray.position(), Position::Open);
        assert!(!tray.is_loaded());
        assert_eq!(tray.no_medium(), Sense::NO_MEDIUM_TRAY_OPEN);
        assert_eq!(tray.eject(), Ok(Change::None));
        assert_eq!(tray.take_event(), Event::MediaRemoval);
        assert_eq!(tray.take_event(), Event::None);

        assert_eq!(tray.load(), Change::Loaded);
        assert!(tray.is_loaded());
        assert_eq!(tray.load(), Change::None);
        assert_eq!(tray.take_event(), Event::NewMedia);
        assert_eq!(tray.take_event(), Event::None);
    }

    #[test]
    fn empty_tray_moves_silently() {
        let mut tray = Tray::new(false);
        assert_eq!(tray.no_medium(), Sense::NO_MEDIUM_TRAY_CLOSED);
        assert_eq!(tray.eject(), Ok(Change::None));
        assert_eq!(tray.position(), Position::Open);
        assert_eq!(tray.load(), Change::None);
        assert_eq!(tray.position(), Position::Closed);
        assert_eq!(tray.event(), Event::None);
        assert!(!tray.features_changed());
    }

    #[test]
    fn medium_can_be_exchanged_in_the_open_tray() {
        let mut tray = Tray::new(true);
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
        assert_eq!(tray.remove(false), Ok(Change::None));
        assert_eq!(tray.load(), Change::None);
        assert_eq!(tray.no_medium(), Sense::NO_MEDIUM_TRAY_CLOSED);
        assert_eq!(tray.eject(), Ok(Change::None));
        assert_eq!(tray.insert(), Ok(Change::None));
        assert!(!tray.is_loaded());
        assert_eq!(tray.load(), Change::Loaded);
    }

    #[test]
    fn medium_can_be_exchanged_in_the_closed_tray() {
        let mut tray = Tray::new(true);
        assert_eq!(tray.insert(), Ok(Change::Loaded));
        assert_eq!(tray.take_event(), Event::MediaRemoval);
        assert_eq!(tray.take_event(), Event::NewMedia);
        assert_eq!(tray.take_event(), Event::None);
        assert_eq!(tray.remove(false), Ok(Change::Unloaded));
        assert_eq!(tray.remove(false), Ok(Change::None));
        assert_eq!(tray.take_event(), Event::MediaRemoval);
        assert_eq!(tray.insert(), Ok(Change::Loaded));
    }

    #[test]
    fn any_nexus_can_prevent_removal() {
        let mut tray = Tray::new(true);
        tray.set_locked(0, true);
        tray.set_locked(15, true);
        tray.set_locked(0, false);
        assert!(tray.is_locked());
        assert_eq!(tray.eject(), PREVENTED);
        assert_eq!(tray.remove(false), PREVENTED);
        assert_eq!(tray.insert(), PREVENTED);
        assert!(tray.is_loaded());
        assert_eq!(tray.event(), Event::None);

        tray.set_locked(15, false);
        assert!(!tray.is_locked());
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
    }

    #[test]
    fn there_are_sixteen_nexuses() {
        let mut tray = Tray::new(true);
        tray.set_locked(16, true);
        assert!(!tray.is_locked());
        tray.set_locked(usize::MAX, true);
        assert!(!tray.is_locked());
    }

    #[test]
    fn reset_unlocks() {
        let mut tray = Tray::new(true);
        tray.set_locked(3, true);
        tray.unlock();
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
    }

    #[test]
    fn lock_is_for_a_closed_tray_and_a_medium_in_it() {
        let mut tray = Tray::new(true);
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
        tray.set_locked(0, true);
        assert_eq!(tray.eject(), Ok(Change::None));
        assert_eq!(tray.remove(false), Ok(Change::None));
        assert_eq!(tray.load(), Change::None);
        assert_eq!(tray.insert(), Ok(Change::Loaded));
        assert_eq!(tray.eject(), PREVENTED);
    }

    #[test]
    fn user_has_to_ask_while_the_tray_is_locked() {
        let mut tray = Tray::new(true);
        tray.set_locked(0, true);
        assert_eq!(tray.press_eject(false), Change::EjectRequested);
        assert_eq!(tray.press_eject(false), Change::EjectRequested);
        assert!(tray.is_loaded());
        assert_eq!(tray.take_event(), Event::EjectRequest);
        assert_eq!(tray.take_event(), Event::None);

        tray.set_locked(0, false);
        assert_eq!(tray.press_eject(false), Change::Unloaded);
        assert_eq!(tray.press_eject(false), Change::None);
    }

    #[test]
    fn user_can_use_force() {
        let mut tray = Tray::new(true);
        tray.set_locked(0, true);
        assert_eq!(tray.press_eject(true), Change::Unloaded);
        assert_eq!(tray.position(), Position::Open);
        assert_eq!(tray.load(), Change::Loaded);
        assert!(tray.is_locked());
        assert_eq!(tray.remove(true), Ok(Change::Unloaded));
        assert_eq!(tray.position(), Position::Closed);
    }

    #[test]
    fn request_ends_when_the_tray_opens() {
        let mut tray = Tray::new(true);
        tray.set_locked(0, true);
        assert_eq!(tray.press_eject(false), Change::EjectRequested);
        tray.unlock();
        assert_eq!(tray.eject(), Ok(Change::Unloaded));
        assert_eq!(tray.take_event(), Event::MediaRemoval);
        assert_eq!(tray.take_event(), Event::None);
    }

    #[test]
    fn events_can_be_announced_and_forgotten() {
        let mut tray = Tray::new(true);
        tray.announce(Event::MediaChanged);
        tray.announce(Event::EjectRequest);
        assert_eq!(tray.event(), Event::MediaChanged);
        assert_eq!(tray.take_event(), Event::MediaChanged);
        tray.announce(Event::None);
        assert_eq!(tray.event(), Event::None);
    }

    #[test]
    fn features_change_with_the_medium() {
        let mut tray = Tray::new(true);
        assert_eq!(tray.insert(), Ok(Change::Loaded));
        assert!(tray.features_changed());
        tray.features_reported();
        assert!(!tray.features_changed());
        assert_eq!(tray.load(), Change::None);
        assert!(!tray.features_changed());
    }

    #[test]
    fn only_what_initiators_cannot_see_is_an_attention() {
        for kind in [Kind::Disk, Kind::Cdrom] {
            assert_eq!(Change::None.attention(kind), None);
            assert_eq!(Change::Unloaded.attention(kind), None);
            assert_eq!(Change::Loaded.attention(kind), Some(Asc::MEDIUM_CHANGED));
        }
        let request = Change::EjectRequested;
        assert_eq!(request.attention(Kind::Disk), Some(Asc::EJECT_REQUESTED));
        assert_eq!(request.attention(Kind::Cdrom), None);
    }

    #[test]
    fn parses_what_it_prints() {
        for (position, name) in [(Position::Open, "open"), (Position::Closed, "closed")] {
            assert!(prints(position, name));
            assert_eq!(Position::parse(name), Some(position));
        }
        assert_eq!(Position::parse("Open"), None);
        assert_eq!(Position::parse(""), None);
    }
}
