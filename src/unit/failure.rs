// SPDX-License-Identifier: GPL-2.0

//! Why a command did not end with GOOD status.

use crate::{
    protocol::sense::Sense,
    unit::{
        medium::MediumError,
        transfer::OutOfMemory, //
    }, //
};

/// What to end a command with instead of GOOD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// CHECK CONDITION with these sense data.
    Sense(Sense),
    /// RESERVATION CONFLICT: another nexus has reserved the unit.
    ReservationConflict,
}

impl From<Sense> for Failure {
    fn from(sense: Sense) -> Self {
        Self::Sense(sense)
    }
}

impl From<OutOfMemory> for Failure {
    fn from(_: OutOfMemory) -> Self {
        Self::Sense(Sense::INSUFFICIENT_RESOURCES)
    }
}

impl From<MediumError> for Failure {
    fn from(error: MediumError) -> Self {
        Self::Sense(match error {
            MediumError::OutOfMemory => Sense::WRITE_ERROR,
            MediumError::OutOfRange => Sense::INTERNAL_TARGET_FAILURE,
        })
    }
}
