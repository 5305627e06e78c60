// SPDX-License-Identifier: GPL-2.0

//! START STOP UNIT (SBC-4 and MMC-6): the motor, and the tray.

use crate::{
    protocol::{
        command::PowerRequest,
        profile::Kind,
        sense::Sense, //
    },
    unit::{
        failure::Failure,
        nexus::Nexus,
        power::PowerCondition,
        state::Unit,
        tray::Position, //
    }, //
};

impl Unit {
    /// START STOP UNIT. IMMED makes no difference, as the command takes no time here.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB to load or eject what cannot be taken out, and MEDIUM REMOVAL
    /// PREVENTED.
    pub(super) fn start_stop(
        &mut self,
        nexus: Nexus,
        request: PowerRequest,
    ) -> Result<(), Failure> {
        let before = self.power.condition();
        // Who has loaded a disk knows that it is loaded; a CD drive tells everybody (MMC-6).
        let except = (self.profile.kind == Kind::Disk).then_some(nexus);
        match request {
            PowerRequest::StartStop {
                load_eject: true, ..
            } if !self.profile.removable => return Err(Sense::invalid_field_bit(4, 1).into()),
            PowerRequest::StartStop {
                start: true,
                load_eject: true,
            } => {
                if self.tray.position() == Position::Open && self.tray.is_locked() {
                    return Err(Sense::MEDIUM_REMOVAL_PREVENTED.into());
                }
                let change = self.tray.load();
                self.moved(change, except);
            }
            PowerRequest::StartStop {
                start: false,
                load_eject: true,
            } => {
                let change = self.tray.eject()?;
                self.moved(change, except);
            }
            _ => {}
        }
        self.power.request(match request {
            // The medium of a removable unit spins up again when it is needed (MMC-6, START STOP
            // UNIT): that is standby.
            PowerRequest::StartStop { start: false, .. } if self.profile.removable => {
                PowerRequest::Standby(0)
            }
            request => request,
        });
        // The motor did not run, but does now.
        if before >= PowerCondition::StandbyY && self.power.condition() == PowerCondition::Active {
            self.readiness.start();
        }
        Ok(())
    }
}
