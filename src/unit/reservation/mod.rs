// SPDX-License-Identifier: GPL-2.0

//! Reservations: the persistent ones of SPC-6, and RESERVE and RELEASE of SPC-2.
//!
//! Nobody can hold both kinds at once. All state is by nexus: a registration stays with its nexus
//! when that is lost and comes back.

mod access;
mod out;
mod preempt;
mod report;
#[cfg(any(test, CONFIG_KUNIT = "y"))]
mod testing;

use crate::unit::{
    failure::Failure,
    nexus::{
        Nexus,
        NEXUSES, //
    }, //
};

pub(super) use self::{
    access::{
        access,
        Access, //
    },
    out::ReserveOutCommand, //
};

/// The TYPE of a persistent reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Type {
    /// Only the holder writes.
    WriteExclusive = 0x1,
    /// Only the holder reads and writes.
    ExclusiveAccess = 0x3,
    /// Only registered nexuses write.
    WriteExclusiveRegistrantsOnly = 0x5,
    /// Only registered nexuses read and write.
    ExclusiveAccessRegistrantsOnly = 0x6,
    /// As above, and all registered nexuses hold the reservation.
    WriteExclusiveAllRegistrants = 0x7,
    /// As above, and all registered nexuses hold the reservation.
    ExclusiveAccessAllRegistrants = 0x8,
}

impl Type {
    /// Returns the type with that number, or `None` for those that are reserved or obsolete.
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0x1 => Self::WriteExclusive,
            0x3 => Self::ExclusiveAccess,
            0x5 => Self::WriteExclusiveRegistrantsOnly,
            0x6 => Self::ExclusiveAccessRegistrantsOnly,
            0x7 => Self::WriteExclusiveAllRegistrants,
            0x8 => Self::ExclusiveAccessAllRegistrants,
            _ => return None,
        })
    }

    /// Returns whether it lets all nexuses read.
    fn shares_reads(self) -> bool {
        matches!(
            self,
            Self::WriteExclusive
                | Self::WriteExclusiveRegistrantsOnly
                | Self::WriteExclusiveAllRegistrants
        )
    }

    /// Returns whether all registered nexuses hold it.
    fn is_all_registrants(self) -> bool {
        matches!(
            self,
            Self::WriteExclusiveAllRegistrants | Self::ExclusiveAccessAllRegistrants
        )
    }

    /// Returns whether it lets all registered nexuses read and write.
    fn is_for_registrants(self) -> bool {
        !matches!(self, Self::WriteExclusive | Self::ExclusiveAccess)
    }
}

/// A persistent reservation of the whole logical unit, which is the only scope there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    /// TYPE.
    kind: Type,
    /// The nexus that made it. With the all registrants types this means nothing: all that are
    /// registered hold it, and there is always one. With the others it is registered.
    by: Nexus,
}

/// All reservations and registrations of a logical unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reservations {
    /// The reservation key of each nexus; 0: it is not registered.
    keys: [u64; NEXUSES],
    /// The persistent reservation.
    held: Option<Held>,
    /// PRGENERATION.
    generation: u32,
    /// PTPL_A: the last registration wanted persistence through a power loss.
    through_power_loss: bool,
    /// The nexus that has reserved the unit by RESERVE (SPC-2). There are no registrations then.
    reserved: Option<Nexus>,
}

impl Reservations {
    /// Returns the state of a unit that nobody has reserved or registered with.
    pub(super) const fn new() -> Self {
        Self {
            keys: [0; NEXUSES],
            held: None,
            generation: 0,
            through_power_loss: false,
            reserved: None,
        }
    }

    /// Checks whether a command with that access may be processed.
    ///
    /// # Errors
    ///
    /// Returns RESERVATION CONFLICT.
    pub(super) fn check(&self, nexus: Nexus, access: Access) -> Result<(), Failure> {
        let allowed = match (self.reserved, self.held) {
            (Some(holder), _) => match access {
                Access::Always => true,
                Access::Status | Access::Read | Access::Write => holder == nexus,
                Access::PersistentReserve => false,
            },
            (None, Some(held)) => match access {
                Access::Always | Access::Status | Access::PersistentReserve => true,
                Access::Read => held.kind.shares_reads() || self.is_privileged(nexus),
                Access::Write => self.is_privileged(nexus),
            },
            (None, None) => true,
        };
        if allowed {
            Ok(())
        } else {
            Err(Failure::ReservationConflict)
        }
    }

    /// RESERVE (SPC-2). Changes nothing for those for whom a persistent reservation does as well.
    ///
    /// # Errors
    ///
    /// Returns RESERVATION CONFLICT if another nexus has reserved the unit, and if any nexus is
    /// registered.
    pub(super) fn reserve(&mut self, nexus: Nexus) -> Result<(), Failure> {
        if self.is_persistent_instead(nexus)? {
            return Ok(());
        }
        match self.reserved {
            Some(holder) if holder != nexus => Err(Failure::ReservationConflict),
            _ => {
                self.reserved = Some(nexus);
                Ok(())
            }
        }
    }

    /// RELEASE (SPC-2), which does nothing for others than the holder.
    ///
    /// # Errors
    ///
    /// Returns RESERVATION CONFLICT if any nexus is registered, as for [`Reservations::reserve`].
    pub(super) fn release(&mut self, nexus: Nexus) -> Result<(), Failure> {
        if !self.is_persistent_instead(nexus)? {
            self.lose(nexus);
        }
        Ok(())
    }

    /// Drops what does not survive the loss of a nexus: its SPC-2 reservation.
    pub(super) fn lose(&mut self, nexus: Nexus) {
        if self.reserved == Some(nexus) {
            self.reserved = None;
        }
    }

    /// Drops what does not survive a logical unit reset: any SPC-2 reservation.
    pub(super) fn reset(&mut self) {
        self.reserved = None;
    }

    /// Drops what does not survive a power loss: any SPC-2 reservation, and all registrations with
    /// the persistent reservation unless the last registration wanted that they persist.
    pub(super) fn lose_power(&mut self) {
        if self.through_power_loss {
            self.reset();
            self.generation = 0;
        } else {
            *self = Self::new();
        }
    }

    /// Returns whether a nexus is registered.
    pub(super) fn is_registered(&self, nexus: Nexus) -> bool {
        self.key(nexus) != 0
    }

    /// Returns the reservation key of a nexus, 0 if it is not registered.
    fn key(&self, nexus: Nexus) -> u64 {
        self.keys.get(nexus.index()).copied().unwrap_or(0)
    }

    /// Sets the reservation key of a nexus.
    fn set_key(&mut self, nexus: Nexus, key: u64) {
        if let Some(place) = self.keys.get_mut(nexus.index()) {
            *place = key;
        }
    }

    /// Returns the registered nexuses, apart from `except`.
    fn registered(&self, except: Option<Nexus>) -> impl Iterator<Item = Nexus> {
        let registrations = *self;
        Nexus::all()
            .filter(move |nexus| Some(*nexus) != except && registrations.is_registered(*nexus))
    }

    /// Returns whether a nexus holds the persistent reservation.
    fn is_holder(&self, nexus: Nexus) -> bool {
        self.held.is_some_and(|held| {
            if held.kind.is_all_registrants() {
                self.is_registered(nexus)
            } else {
                held.by == nexus
            }
        })
    }

    /// Returns whether the persistent reservation lets a nexus read and write.
    fn is_privileged(&self, nexus: Nexus) -> bool {
        self.held.is_some_and(|held| {
            if held.kind.is_for_registrants() {
                self.is_registered(nexus)
            } else {
                held.by == nexus
            }
        })
    }

    /// Returns whether RESERVE and RELEASE of a nexus are without effect, as it may use the unit
    /// under a persistent reservation.
    ///
    /// # Errors
    ///
    /// Returns RESERVATION CONFLICT if it may not, and any nexus is registered.
    fn is_persistent_instead(&self, nexus: Nexus) -> Result<bool, Failure> {
        if self.is_privileged(nexus) {
            Ok(true)
        } else if self.registered(None).next().is_some() {
            Err(Failure::ReservationConflict)
        } else {
            Ok(false)
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_reservation))]
mod tests {
    use super::*;

    const A: Nexus = Nexus::nth(0);
    const B: Nexus = Nexus::nth(1);
    const C: Nexus = Nexus::nth(2);

    fn conflicts(reservations: &Reservations, nexus: Nexus, access: Access) -> bool {
        reservations.check(nexus, access) == Err(Failure::ReservationConflict)
    }

    #[test]
    fn spc2_reservations_exclude_others_until_released() {
        let mut reservations = Reservations::new();
        assert_eq!(reservations.reserve(A), Ok(()));
        assert_eq!(reservations.reserve(A), Ok(()));
        assert_eq!(reservations.reserve(B), Err(Failure::ReservationConflict));
        for access in [Access::Status, Access::Read, Access::Write] {
            assert!(!conflicts(&reservations, A, access));
            assert!(conflicts(&reservations, B, access));
        }
        assert!(!conflicts(&reservations, B, Access::Always));
        assert!(conflicts(&reservations, A, Access::PersistentReserve));

        assert_eq!(reservations.release(B), Ok(()));
        assert!(conflicts(&reservations, B, Access::Read));
        assert_eq!(reservations.release(A), Ok(()));
        assert_eq!(reservations.reserve(B), Ok(()));
        reservations.lose(A);
        assert!(conflicts(&reservations, A, Access::Read));
        reservations.lose(B);
        assert!(!conflicts(&reservations, A, Access::Read));
        assert_eq!(reservations.reserve(A), Ok(()));
        reservations.reset();
        assert!(!conflicts(&reservations, B, Access::Write));
    }

    #[test]
    fn spc2_reservations_give_way_to_persistent_ones() {
        let mut reservations = Reservations::new();
        reservations.set_key(A, 1);
        for nexus in [A, B] {
            assert_eq!(
                reservations.reserve(nexus),
                Err(Failure::ReservationConflict)
            );
        }
        reservations.held = Some(Held {
            kind: Type::WriteExclusive,
            by: A,
        });
        assert_eq!(reservations.reserve(A), Ok(()));
        assert_eq!(reservations.release(A), Ok(()));
        assert_eq!(reservations.reserved, None);
        assert!(reservations.held.is_some());
        assert_eq!(reservations.release(B), Err(Failure::ReservationConflict));
    }

    #[test]
    fn persistent_reservations_conflict_by_type() {
        // Who may read and write: registered others, and others that are not registered.
        for (kind, registered, stranger) in [
            (Type::WriteExclusive, (true, false), (true, false)),
            (Type::ExclusiveAccess, (false, false), (false, false)),
            (
                Type::WriteExclusiveRegistrantsOnly,
                (true, true),
                (true, false),
            ),
            (
                Type::ExclusiveAccessRegistrantsOnly,
                (true, true),
                (false, false),
            ),
            (
                Type::WriteExclusiveAllRegistrants,
                (true, true),
                (true, false),
            ),
            (
                Type::ExclusiveAccessAllRegistrants,
                (true, true),
                (false, false),
            ),
        ] {
            let mut reservations = Reservations::new();
            reservations.set_key(A, 1);
            reservations.set_key(B, 2);
            reservations.held = Some(Held { kind, by: A });
            assert_eq!(Type::from_number(kind as u8), Some(kind));
            for (nexus, (reads, writes)) in [(A, (true, true)), (B, registered), (C, stranger)] {
                assert_eq!(conflicts(&reservations, nexus, Access::Read), !reads);
                assert_eq!(conflicts(&reservations, nexus, Access::Write), !writes);
                for access in [Access::Always, Access::Status, Access::PersistentReserve] {
                    assert!(!conflicts(&reservations, nexus, access));
                }
            }
        }
    }
}
