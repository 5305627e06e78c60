// SPDX-License-Identifier: GPL-2.0

//! The I_T nexuses of a logical unit: the paths on which initiators reach it.

use crate::{
    protocol::{
        profile::{
            AccessState,
            Port, //
        },
        sense::Asc, //
    },
    unit::attention::Queue, //
};

/// How many nexuses a logical unit remembers.
pub(crate) const NEXUSES: usize = 16;

/// An I_T nexus of a logical unit, by its place among the unit's nexuses: below [`NEXUSES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nexus(u8);

impl Nexus {
    /// Returns all the nexuses that a unit can have.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0u8..).map(Self).take(NEXUSES)
    }

    /// Returns its place.
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Returns the RELATIVE TARGET PORT IDENTIFIER of the port that it ends at.
    pub(super) fn relative_port(self) -> u16 {
        u16::from(self.0).saturating_add(1)
    }
}

/// What a unit knows of one nexus.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The initiator's name for it; `None` if the entry was never used.
    id: Option<u64>,
    /// How often it is there: commands can come from it unless that is 0. Whoever comes back may
    /// come before the one that it was has gone.
    attached: u8,
    /// TARGET PORT GROUP of its port.
    group: u16,
    /// The asymmetric access state of that group.
    state: AccessState,
    /// What the initiator has to be told.
    attention: Queue,
}

/// All the nexuses of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nexuses {
    /// By the place of the nexus.
    entries: [Entry; NEXUSES],
}

impl Nexuses {
    /// Returns a table without nexuses.
    pub(super) const fn new() -> Self {
        Self {
            entries: [Entry {
                id: None,
                attached: 0,
                group: 0,
                state: AccessState::Optimized,
                attention: Queue::new(),
            }; NEXUSES],
        }
    }

    /// Attaches the nexus `id`, whose port is in target port group `group`.
    ///
    /// A nexus that was here before finds its entry again and is told of the loss; a new one is
    /// told of the power on. Returns `None` if all entries are in use: attached, or `is_kept`.
    pub(super) fn attach(
        &mut self,
        id: u64,
        group: u16,
        is_kept: impl Fn(Nexus) -> bool,
    ) -> Option<Nexus> {
        let known = Nexus::all().find(|nexus| self.id(*nexus) == Some(id));
        let nexus = known
            .or_else(|| Nexus::all().find(|nexus| self.id(*nexus).is_none()))
            .or_else(|| Nexus::all().find(|nexus| !self.is_attached(*nexus) && !is_kept(*nexus)))?;
        let state = self.ports().find(|port| port.group == group);
        let entry = self.entries.get_mut(nexus.index())?;
        if known.is_none() {
            entry.attention = Queue::new();
            entry.attention.push(Asc::POWER_ON);
        } else if entry.attached == 0 {
            entry.attention.push(Asc::NEXUS_LOSS);
        }
        if known.is_none() || entry.group != group {
            entry.state = AccessState::Optimized;
        }
        entry.state = state.map_or(entry.state, |port| port.state);
        entry.id = Some(id);
        entry.group = group;
        entry.attached = entry.attached.saturating_add(1);
        Some(nexus)
    }

    /// Detaches a nexus, and returns whether it is lost. Its entry stays until another nexus needs
    /// it.
    pub(super) fn detach(&mut self, nexus: Nexus) -> bool {
        let Some(entry) = self.entries.get_mut(nexus.index()) else {
            return false;
        };
        entry.attached = entry.attached.saturating_sub(1);
        entry.attached == 0
    }

    /// Returns the initiator's name for a nexus, or `None` if there never was one.
    pub(super) fn id(&self, nexus: Nexus) -> Option<u64> {
        self.entries.get(nexus.index())?.id
    }

    /// Returns whether commands can come from a nexus.
    fn is_attached(&self, nexus: Nexus) -> bool {
        self.entries
            .get(nexus.index())
            .is_some_and(|entry| entry.attached > 0)
    }

    /// Returns the ports of all attached nexuses, by their RELATIVE TARGET PORT IDENTIFIER.
    pub(super) fn ports(&self) -> impl Iterator<Item = Port> + '_ {
        Nexus::all()
            .zip(&self.entries)
            .filter(|(_, entry)| entry.attached > 0)
            .map(|(nexus, entry)| Port {
                relative: nexus.relative_port(),
                group: entry.group,
                state: entry.state,
            })
    }

    /// Returns the asymmetric access state of the group that the port of a nexus is in.
    pub(super) fn access_state(&self, nexus: Nexus) -> AccessState {
        self.entries
            .get(nexus.index())
            .map_or(AccessState::Optimized, |entry| entry.state)
    }

    /// Returns the target port group that the port of a nexus is in.
    pub(super) fn group(&self, nexus: Nexus) -> Option<u16> {
        self.entries.get(nexus.index()).map(|entry| entry.group)
    }

    /// Sets the asymmetric access state of a target port group; returns whether that changed it.
    pub(super) fn set_access_state(&mut self, group: u16, state: AccessState) -> bool {
        let mut changed = false;
        for entry in self.entries.iter_mut().filter(|entry| entry.group == group) {
            changed |= entry.attached > 0 && entry.state != state;
            entry.state = state;
        }
        changed
    }

    /// Establishes a unit attention condition for one nexus.
    pub(super) fn notify(&mut self, nexus: Nexus, asc: Asc) {
        if let Some(entry) = self.entries.get_mut(nexus.index()) {
            entry.attention.push(asc);
        }
    }

    /// Establishes a unit attention condition for all nexuses but `except`.
    pub(super) fn notify_all(&mut self, except: Option<Nexus>, asc: Asc) {
        for nexus in Nexus::all().filter(|nexus| Some(*nexus) != except) {
            self.notify(nexus, asc);
        }
    }

    /// Takes the oldest unit attention condition of a nexus.
    pub(super) fn take_attention(&mut self, nexus: Nexus) -> Option<Asc> {
        self.entries.get_mut(nexus.index())?.attention.pop()
    }

    /// Clears a unit attention condition of a nexus if it is pending.
    pub(super) fn clear_attention(&mut self, nexus: Nexus, asc: Asc) {
        if let Some(entry) = self.entries.get_mut(nexus.index()) {
            entry.attention.remove(asc);
        }
    }

    /// Returns the unit attention conditions pending for a nexus, oldest first.
    pub(super) fn pending(&self, nexus: Nexus) -> impl Iterator<Item = Asc> + '_ {
        self.entries
            .get(nexus.index())
            .into_iter()
            .flat_map(|entry| entry.attention.iter())
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
impl Nexus {
    /// Returns the nexus at that place, for the tests here and elsewhere.
    pub(super) const fn nth(place: u8) -> Self {
        Self(place)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_nexus))]
mod tests {
    use super::*;

    fn attach(nexuses: &mut Nexuses, id: u64, group: u16) -> Option<Nexus> {
        nexuses.attach(id, group, |_| false)
    }

    #[test]
    fn a_new_nexus_is_told_of_the_power_on_and_an_old_one_of_the_loss() {
        let mut nexuses = Nexuses::new();
        let nexus = attach(&mut nexuses, 7, 0).unwrap_or(Nexus(9));
        assert_eq!(nexuses.id(nexus), Some(7));
        assert_eq!(nexuses.take_attention(nexus), Some(Asc::POWER_ON));
        assert_eq!(nexuses.take_attention(nexus), None);

        assert_eq!(attach(&mut nexuses, 7, 0), Some(nexus));
        assert_eq!(nexuses.take_attention(nexus), None);
        assert!(!nexuses.detach(nexus));
        assert_eq!(nexuses.ports().count(), 1);
        assert!(nexuses.detach(nexus));
        assert_eq!(nexuses.ports().count(), 0);
        assert_eq!(attach(&mut nexuses, 7, 0), Some(nexus));
        assert_eq!(nexuses.take_attention(nexus), Some(Asc::NEXUS_LOSS));
    }

    #[test]
    fn entries_are_reclaimed_only_when_nothing_keeps_them() {
        let mut nexuses = Nexuses::new();
        for id in 0..16 {
            assert!(attach(&mut nexuses, id, 0).is_some());
        }
        assert_eq!(attach(&mut nexuses, 99, 0), None);
        nexuses.detach(Nexus(3));
        nexuses.detach(Nexus(5));
        assert_eq!(nexuses.attach(99, 0, |n| n == Nexus(3)), Some(Nexus(5)));
        assert_eq!(nexuses.attach(98, 0, |n| n == Nexus(3)), None);
        assert_eq!(attach(&mut nexuses, 3, 0), Some(Nexus(3)));
        assert_eq!(nexuses.take_attention(Nexus(5)), Some(Asc::POWER_ON));
    }

    #[test]
    fn a_group_has_one_access_state() {
        let mut nexuses = Nexuses::new();
        let first = attach(&mut nexuses, 1, 10).unwrap_or(Nexus(9));
        let other = attach(&mut nexuses, 2, 11).unwrap_or(Nexus(9));
        assert!(nexuses.set_access_state(10, AccessState::Standby));
        assert!(!nexuses.set_access_state(10, AccessState::Standby));
        assert_eq!(nexuses.access_state(first), AccessState::Standby);
        assert_eq!(nexuses.access_state(other), AccessState::Optimized);

        let later = attach(&mut nexuses, 3, 10).unwrap_or(Nexus(9));
        assert_eq!(nexuses.access_state(later), AccessState::Standby);
        assert!(nexuses.ports().map(|port| port.relative).eq([1, 2, 3]));
        assert_eq!(nexuses.group(later), Some(10));
    }

    #[test]
    fn conditions_go_to_the_right_nexuses() {
        let mut nexuses = Nexuses::new();
        let first = attach(&mut nexuses, 1, 0).unwrap_or(Nexus(9));
        let second = attach(&mut nexuses, 2, 0).unwrap_or(Nexus(9));
        nexuses.notify_all(Some(first), Asc::MODE_CHANGED);
        assert!(nexuses.pending(first).eq([Asc::POWER_ON]));
        assert!(nexuses
            .pending(second)
            .eq([Asc::POWER_ON, Asc::MODE_CHANGED]));
        nexuses.clear_attention(second, Asc::MODE_CHANGED);
        assert!(nexuses.pending(second).eq([Asc::POWER_ON]));
    }
}
