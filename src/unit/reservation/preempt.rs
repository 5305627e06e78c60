// SPDX-License-Identifier: GPL-2.0

//! The service actions PREEMPT and PREEMPT AND ABORT of PERSISTENT RESERVE OUT (SPC-6).

use super::{
    Held,
    Reservations, //
    ReserveOutCommand,
};
use crate::{
    protocol::sense::{
        Asc,
        Sense, //
    },
    unit::{
        failure::Failure,
        nexus::Nexus, //
    }, //
};

/// Where the SERVICE ACTION RESERVATION KEY is in the parameter list.
const SERVICE_ACTION_KEY: u16 = 8;

impl Reservations {
    /// Removes the registrations with the key `victims`, and if it is the holder's, takes its
    /// place.
    ///
    /// Key 0 stands for all others if all registrants hold the reservation, and is refused else.
    pub(super) fn preempt(
        &mut self,
        nexus: Nexus,
        command: ReserveOutCommand,
        victims: u64,
        abort: bool,
        mut notify: impl FnMut(Nexus, Asc),
    ) -> Result<(), Failure> {
        let replaced = self.held.filter(|held| {
            if held.kind.is_all_registrants() {
                victims == 0
            } else {
                victims != 0 && victims == self.key(held.by)
            }
        });
        if replaced.is_none() {
            if victims == 0 {
                return Err(Sense::invalid_parameter(SERVICE_ACTION_KEY).into());
            }
            if !self
                .registered(None)
                .any(|other| self.key(other) == victims)
            {
                return Err(Failure::ReservationConflict);
            }
        }
        if let Some(held) = replaced {
            let kind = command.checked_type()?;
            self.held = Some(Held { kind, by: nexus });
            if kind != held.kind {
                self.registered(Some(nexus))
                    .filter(|other| victims != 0 && self.key(*other) != victims)
                    .for_each(|other| notify(other, Asc::RESERVATIONS_RELEASED));
            }
        }
        // A nexus that becomes the holder stays registered, even if it gave its own key.
        let spared = replaced.map(|_| nexus);
        for other in self.registered(spared) {
            if victims != 0 && self.key(other) != victims {
                continue;
            }
            self.set_key(other, 0);
            if other == nexus {
                continue;
            }
            notify(other, Asc::REGISTRATIONS_PREEMPTED);
            if abort {
                notify(other, Asc::COMMANDS_CLEARED);
            }
        }
        self.generation = self.generation.wrapping_add(1);
        self.forget_orphan();
        Ok(())
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_preempt))]
mod tests {
    use super::*;
    use crate::{
        protocol::command::ReserveOut,
        unit::reservation::{
            testing::{
                out,
                reserved,
                CONFLICT, //
            },
            Type, //
        }, //
    };

    const A: Nexus = Nexus::nth(0);
    const B: Nexus = Nexus::nth(1);
    const C: Nexus = Nexus::nth(2);

    #[test]
    fn preempting_the_holder_takes_its_place() {
        let mut reservations = reserved(5);
        let preempt = (ReserveOut::PreemptAndAbort, 1);
        let (result, notices) = out(&mut reservations, B, preempt, (2, 1));
        assert_eq!(result, Ok(()));
        assert_eq!(
            reservations.held,
            Some(Held {
                kind: Type::WriteExclusive,
                by: B
            })
        );
        assert_eq!(reservations.generation, 4);
        assert!(notices.are(&[
            (C, Asc::RESERVATIONS_RELEASED),
            (A, Asc::REGISTRATIONS_PREEMPTED),
            (A, Asc::COMMANDS_CLEARED),
        ]));
        assert!(!reservations.is_registered(A) && reservations.is_registered(C));

        // Its own key: the type changes and nobody goes.
        let (result, notices) = out(&mut reservations, B, (ReserveOut::Preempt, 3), (2, 2));
        assert_eq!(result, Ok(()));
        assert!(reservations.is_registered(B));
        assert!(notices.are(&[(C, Asc::RESERVATIONS_RELEASED)]));
    }

    #[test]
    fn preempting_others_removes_their_registrations() {
        let mut reservations = reserved(1);
        let preempt = (ReserveOut::Preempt, 1);
        assert_eq!(out(&mut reservations, B, preempt, (2, 9)).0, CONFLICT);
        assert_eq!(
            out(&mut reservations, B, preempt, (2, 0)).0,
            Err(Sense::invalid_parameter(8).into())
        );
        let (result, notices) = out(&mut reservations, B, preempt, (2, 3));
        assert_eq!(result, Ok(()));
        assert!(notices.are(&[(C, Asc::REGISTRATIONS_PREEMPTED)]));
        assert!(reservations.is_holder(A));
        let (result, notices) = out(&mut reservations, B, preempt, (2, 2));
        assert_eq!(result, Ok(()));
        assert!(notices.are(&[]) && !reservations.is_registered(B));
    }

    #[test]
    fn preempting_all_registrants_leaves_one() {
        let mut reservations = reserved(7);
        let (result, notices) = out(&mut reservations, B, (ReserveOut::Preempt, 3), (2, 0));
        assert_eq!(result, Ok(()));
        assert!(notices.are(&[
            (A, Asc::REGISTRATIONS_PREEMPTED),
            (C, Asc::REGISTRATIONS_PREEMPTED)
        ]));
        assert!(reservations.is_holder(B) && !reservations.is_holder(A));
        assert_eq!(
            reservations.held.map(|held| held.kind),
            Some(Type::ExclusiveAccess)
        );

        // With a key only its registrations go, and the reservation with the last one.
        let mut reservations = reserved(8);
        for (key, stays) in [(1, true), (3, true), (2, false)] {
            let preempt = (ReserveOut::Preempt, 8);
            assert_eq!(out(&mut reservations, B, preempt, (2, key)).0, Ok(()));
            assert_eq!(reservations.held.is_some(), stays);
        }
    }
}
