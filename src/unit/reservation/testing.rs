// SPDX-License-Identifier: GPL-2.0

//! What the tests of persistent reservations have in common.

use super::{
    out::LIST_LENGTH,
    Reservations, //
    ReserveOutCommand,
};
use crate::{
    protocol::{
        command::ReserveOut,
        sense::Asc, //
    },
    unit::{
        failure::Failure,
        nexus::Nexus, //
    }, //
};

/// The unit attention conditions established, in order.
pub(super) struct Notices {
    /// The conditions.
    seen: [Option<(Nexus, Asc)>; 8],
    /// How many there are.
    len: usize,
}

impl Notices {
    /// Returns whether they are these.
    pub(super) fn are(&self, expected: &[(Nexus, Asc)]) -> bool {
        let seen = self.seen.iter().take(self.len).copied();
        seen.eq(expected.iter().copied().map(Some))
    }
}

/// Returns a parameter list.
pub(super) fn list(key: u64, new_key: u64, options: u8) -> [u8; LIST_LENGTH] {
    let mut list = [0; LIST_LENGTH];
    list[..8].copy_from_slice(&key.to_be_bytes());
    list[8..16].copy_from_slice(&new_key.to_be_bytes());
    list[20] = options;
    list
}

/// Returns a command.
pub(super) fn command(action: ReserveOut, kind: u8) -> ReserveOutCommand {
    ReserveOutCommand {
        action,
        scope: 0,
        kind,
    }
}

/// Carries out a service action of a type, with key and service action key.
pub(super) fn out(
    reservations: &mut Reservations,
    nexus: Nexus,
    (action, kind): (ReserveOut, u8),
    (key, new_key): (u64, u64),
) -> (Result<(), Failure>, Notices) {
    let mut notices = Notices {
        seen: [None; 8],
        len: 0,
    };
    let result = reservations.out(
        nexus,
        command(action, kind),
        &list(key, new_key, 0),
        |nexus, asc| {
            notices.seen[notices.len] = Some((nexus, asc));
            notices.len += 1;
        },
    );
    (result, notices)
}

/// A, B and C are registered with keys 1, 2 and 3; A has reserved the unit.
pub(super) fn reserved(kind: u8) -> Reservations {
    let mut reservations = Reservations::new();
    for (nexus, key) in Nexus::all().zip(1..=3) {
        let register = (ReserveOut::Register, 0);
        assert_eq!(out(&mut reservations, nexus, register, (0, key)).0, Ok(()));
    }
    let reserve = (ReserveOut::Reserve, kind);
    assert_eq!(
        out(&mut reservations, Nexus::nth(0), reserve, (1, 0)).0,
        Ok(())
    );
    assert_eq!(reservations.generation, 3);
    reservations
}

/// RESERVATION CONFLICT.
pub(super) const CONFLICT: Result<(), Failure> = Err(Failure::ReservationConflict);
