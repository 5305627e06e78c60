// SPDX-License-Identifier: GPL-2.0

//! PERSISTENT RESERVE OUT (SPC-6).

use super::{
    Held,
    Reservations,
    Type, //
};
use crate::{
    protocol::{
        command::ReserveOut,
        sense::{
            Asc,
            Sense, //
        },
    },
    unit::{
        failure::Failure,
        nexus::Nexus, //
    }, //
};

/// PARAMETER LIST LENGTH of all service actions but those with a TransportID.
pub(super) const LIST_LENGTH: usize = 24;

/// A PERSISTENT RESERVE OUT command.
#[derive(Clone, Copy, Debug)]
pub(in crate::unit) struct ReserveOutCommand {
    /// SERVICE ACTION.
    pub(in crate::unit) action: ReserveOut,
    /// SCOPE.
    pub(in crate::unit) scope: u8,
    /// TYPE.
    pub(in crate::unit) kind: u8,
}

impl ReserveOutCommand {
    /// Returns the type, for the service actions for which it matters.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB if there is no such scope or type.
    pub(super) fn checked_type(self) -> Result<Type, Sense> {
        if self.scope != 0 {
            return Err(Sense::invalid_field_bit(2, 7));
        }
        Type::from_number(self.kind).ok_or(Sense::invalid_field_bit(2, 3))
    }
}

/// The parameter list.
#[derive(Clone, Copy, Debug)]
struct Parameters {
    /// RESERVATION KEY.
    key: u64,
    /// SERVICE ACTION RESERVATION KEY.
    new_key: u64,
    /// APTPL: keep it through a power loss.
    through_power_loss: bool,
}

impl Parameters {
    /// Parses a parameter list.
    ///
    /// # Errors
    ///
    /// Returns PARAMETER LIST LENGTH ERROR, and INVALID FIELD IN PARAMETER LIST for SPEC_I_PT and
    /// ALL_TG_PT, which REPORT CAPABILITIES does not offer.
    fn parse(action: ReserveOut, list: &[u8]) -> Result<Self, Sense> {
        let Some(&[key @ .., a, b, c, d, e, f, g, h, _, _, _, _, options, _, _, _]) =
            list.first_chunk::<LIST_LENGTH>()
        else {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
        };
        let registers = matches!(action, ReserveOut::Register | ReserveOut::RegisterAndIgnore);
        if options & 0x08 != 0 {
            return Err(Sense::invalid_parameter_bit(20, 3));
        }
        if registers && options & 0x04 != 0 {
            return Err(Sense::invalid_parameter_bit(20, 2));
        }
        if list.len() != LIST_LENGTH {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
        }
        Ok(Self {
            key: u64::from_be_bytes(key),
            new_key: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            through_power_loss: options & 0x01 != 0,
        })
    }
}

impl Reservations {
    /// Carries out PERSISTENT RESERVE OUT. Calls `notify` for each unit attention condition that it
    /// establishes for another nexus.
    ///
    /// # Errors
    ///
    /// Returns RESERVATION CONFLICT if the nexus is not registered with the key that it gives, and
    /// what the standard names for each service action. Nothing has changed then.
    pub(in crate::unit) fn out(
        &mut self,
        nexus: Nexus,
        command: ReserveOutCommand,
        list: &[u8],
        notify: impl FnMut(Nexus, Asc),
    ) -> Result<(), Failure> {
        let parameters = Parameters::parse(command.action, list)?;
        if !matches!(
            command.action,
            ReserveOut::Register | ReserveOut::RegisterAndIgnore
        ) && (!self.is_registered(nexus) || parameters.key != self.key(nexus))
        {
            return Err(Failure::ReservationConflict);
        }
        match command.action {
            // Who is not registered registers with key 0.
            ReserveOut::Register if parameters.key != self.key(nexus) => {
                Err(Failure::ReservationConflict)
            }
            ReserveOut::Register | ReserveOut::RegisterAndIgnore => {
                self.register(nexus, parameters, notify);
                Ok(())
            }
            ReserveOut::Reserve => self.make(nexus, command.checked_type()?),
            ReserveOut::Release => self.unmake(nexus, command, notify),
            ReserveOut::Clear => {
                self.clear(nexus, notify);
                Ok(())
            }
            ReserveOut::Preempt => self.preempt(nexus, command, parameters.new_key, false, notify),
            ReserveOut::PreemptAndAbort => {
                self.preempt(nexus, command, parameters.new_key, true, notify)
            }
        }
    }

    /// Registers a nexus, changes its key, or with key 0 unregisters it.
    fn register(
        &mut self,
        nexus: Nexus,
        parameters: Parameters,
        mut notify: impl FnMut(Nexus, Asc),
    ) {
        if parameters.new_key == 0 && !self.is_registered(nexus) {
            return;
        }
        let was_holder = self.is_holder(nexus);
        self.set_key(nexus, parameters.new_key);
        self.through_power_loss = parameters.through_power_loss;
        self.generation = self.generation.wrapping_add(1);
        let Some(held) = self
            .held
            .filter(|_| was_holder && !self.is_registered(nexus))
        else {
            return;
        };
        if !held.kind.is_all_registrants() {
            self.held = None;
            if held.kind.is_for_registrants() {
                self.registered(None)
                    .for_each(|other| notify(other, Asc::RESERVATIONS_RELEASED));
            }
        }
        self.forget_orphan();
    }

    /// Makes a reservation, or does nothing if the nexus has just this one.
    fn make(&mut self, nexus: Nexus, kind: Type) -> Result<(), Failure> {
        match self.held {
            Some(held) if held.kind != kind || !self.is_holder(nexus) => {
                Err(Failure::ReservationConflict)
            }
            Some(_) => Ok(()),
            None => {
                self.held = Some(Held { kind, by: nexus });
                Ok(())
            }
        }
    }

    /// Releases the reservation, or does nothing if the nexus does not hold it.
    fn unmake(
        &mut self,
        nexus: Nexus,
        command: ReserveOutCommand,
        mut notify: impl FnMut(Nexus, Asc),
    ) -> Result<(), Failure> {
        let Some(held) = self.held.filter(|_| self.is_holder(nexus)) else {
            return Ok(());
        };
        if command.checked_type() != Ok(held.kind) {
            return Err(Sense::INVALID_RELEASE.into());
        }
        self.held = None;
        if held.kind.is_for_registrants() {
            self.registered(Some(nexus))
                .for_each(|other| notify(other, Asc::RESERVATIONS_RELEASED));
        }
        Ok(())
    }

    /// Removes the reservation and all registrations.
    fn clear(&mut self, nexus: Nexus, mut notify: impl FnMut(Nexus, Asc)) {
        self.registered(Some(nexus))
            .for_each(|other| notify(other, Asc::RESERVATIONS_PREEMPTED));
        self.held = None;
        self.registered(None)
            .for_each(|registered| self.set_key(registered, 0));
        self.generation = self.generation.wrapping_add(1);
    }

    /// Drops a reservation that all registrants hold when there are none left.
    pub(super) fn forget_orphan(&mut self) {
        if self.registered(None).next().is_none() {
            self.held = None;
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_reserve_out))]
mod tests {
    use super::*;
    use crate::unit::reservation::{
        testing::{
            command,
            list,
            out,
            reserved,
            CONFLICT, //
        },
        Access, //
    };

    const A: Nexus = Nexus::nth(0);
    const B: Nexus = Nexus::nth(1);
    const C: Nexus = Nexus::nth(2);

    #[test]
    fn registers_with_the_right_key_only() {
        let mut reservations = Reservations::new();
        let register = (ReserveOut::Register, 0);
        assert_eq!(out(&mut reservations, A, register, (5, 1)).0, CONFLICT);
        assert_eq!(out(&mut reservations, A, register, (0, 0)).0, Ok(()));
        assert_eq!((reservations.generation, reservations.key(A)), (0, 0));
        assert_eq!(out(&mut reservations, A, register, (0, 1)).0, Ok(()));
        assert_eq!(out(&mut reservations, A, register, (0, 2)).0, CONFLICT);
        assert_eq!(out(&mut reservations, A, register, (1, 2)).0, Ok(()));
        assert_eq!((reservations.generation, reservations.key(A)), (2, 2));
        let ignore = (ReserveOut::RegisterAndIgnore, 0);
        assert_eq!(out(&mut reservations, A, ignore, (9, 3)).0, Ok(()));
        assert_eq!(reservations.key(A), 3);
        assert_eq!(out(&mut reservations, A, register, (3, 0)).0, Ok(()));
        assert!(!reservations.is_registered(A));
        for action in [
            ReserveOut::Reserve,
            ReserveOut::Release,
            ReserveOut::Clear,
            ReserveOut::Preempt,
            ReserveOut::PreemptAndAbort,
        ] {
            assert_eq!(out(&mut reservations, A, (action, 1), (0, 1)).0, CONFLICT);
        }
    }

    #[test]
    fn refuses_bad_lists() {
        let mut reservations = Reservations::new();
        let register = command(ReserveOut::Register, 0);
        let mut refused = |command, list: &[u8]| match reservations.out(A, command, list, |_, _| {})
        {
            Err(Failure::Sense(sense)) => Some(sense),
            _ => None,
        };
        let error = Some(Sense::PARAMETER_LIST_LENGTH_ERROR);
        assert_eq!(refused(register, &[0; 23]), error);
        assert_eq!(refused(register, &[0; 25]), error);
        let options = |options| list(0, 1, options);
        assert_eq!(
            refused(register, &options(0x08)),
            Some(Sense::invalid_parameter_bit(20, 3))
        );
        assert_eq!(
            refused(register, &options(0x04)),
            Some(Sense::invalid_parameter_bit(20, 2))
        );
        assert_eq!(refused(register, &options(0x01)), None);
        assert!(reservations.through_power_loss);

        let mut scoped = command(ReserveOut::Reserve, 1);
        scoped.scope = 1;
        for (command, sense) in [
            (scoped, Sense::invalid_field_bit(2, 7)),
            (
                command(ReserveOut::Reserve, 2),
                Sense::invalid_field_bit(2, 3),
            ),
        ] {
            assert_eq!(
                reservations.out(A, command, &list(1, 0, 0), |_, _| {}),
                Err(sense.into())
            );
        }
    }

    #[test]
    fn there_is_one_reservation_of_one_type() {
        let mut reservations = reserved(1);
        for kind in [1, 3] {
            let reserve = (ReserveOut::Reserve, kind);
            assert_eq!(out(&mut reservations, B, reserve, (2, 0)).0, CONFLICT);
        }
        let reserve = (ReserveOut::Reserve, 3);
        assert_eq!(out(&mut reservations, A, reserve, (1, 0)).0, CONFLICT);
        let reserve = (ReserveOut::Reserve, 1);
        assert_eq!(out(&mut reservations, A, reserve, (1, 0)).0, Ok(()));

        let mut reservations = reserved(7);
        let reserve = (ReserveOut::Reserve, 7);
        assert_eq!(out(&mut reservations, B, reserve, (2, 0)).0, Ok(()));
    }

    #[test]
    fn releases_and_tells_registrants() {
        for (kind, tells) in [(1, false), (3, false), (5, true), (6, true), (8, true)] {
            let mut reservations = reserved(kind);
            let wrong = if kind == 1 { 3 } else { 1 };
            let (result, _) = out(&mut reservations, A, (ReserveOut::Release, wrong), (1, 0));
            assert_eq!(result, Err(Sense::INVALID_RELEASE.into()));
            let (result, notices) = out(&mut reservations, A, (ReserveOut::Release, kind), (1, 0));
            assert_eq!(result, Ok(()));
            assert_eq!(reservations.held, None);
            assert_eq!(reservations.generation, 3);
            let expected = [
                (B, Asc::RESERVATIONS_RELEASED),
                (C, Asc::RESERVATIONS_RELEASED),
            ];
            assert!(notices.are(if tells { &expected } else { &[] }));
        }
        let mut reservations = reserved(1);
        let (result, notices) = out(&mut reservations, B, (ReserveOut::Release, 1), (2, 0));
        assert_eq!(result, Ok(()));
        assert!(notices.are(&[]) && reservations.held.is_some());
    }

    #[test]
    fn unregistering_the_holder_releases() {
        let unregister = (ReserveOut::Register, 0);
        let mut reservations = reserved(6);
        let (_, notices) = out(&mut reservations, A, unregister, (1, 0));
        assert_eq!(reservations.held, None);
        assert!(notices.are(&[
            (B, Asc::RESERVATIONS_RELEASED),
            (C, Asc::RESERVATIONS_RELEASED)
        ]));

        let mut reservations = reserved(1);
        let (_, notices) = out(&mut reservations, A, unregister, (1, 0));
        assert!(notices.are(&[]) && reservations.held.is_none());

        let mut reservations = reserved(8);
        let (_, notices) = out(&mut reservations, A, unregister, (1, 0));
        assert!(notices.are(&[]) && reservations.held.is_some());
        assert_eq!(reservations.check(A, Access::Read), CONFLICT);
        assert_eq!(reservations.check(B, Access::Write), Ok(()));
        out(&mut reservations, B, unregister, (2, 0))
            .0
            .unwrap_or(());
        assert!(reservations.held.is_some());
        out(&mut reservations, C, unregister, (3, 0))
            .0
            .unwrap_or(());
        assert_eq!(reservations.held, None);
    }

    #[test]
    fn clear_removes_everything() {
        let mut reservations = reserved(3);
        let (result, notices) = out(&mut reservations, B, (ReserveOut::Clear, 0), (2, 0));
        assert_eq!(result, Ok(()));
        assert_eq!(reservations.held, None);
        assert!(reservations.registered(None).next().is_none());
        assert_eq!(reservations.generation, 4);
        assert!(notices.are(&[
            (A, Asc::RESERVATIONS_PREEMPTED),
            (C, Asc::RESERVATIONS_PREEMPTED)
        ]));
    }
}
