// SPDX-License-Identifier: GPL-2.0

//! The way of a command: what is checked in which order before it is carried out.

use crate::{
    protocol::{
        cdb::{
            self,
            opcode, //
        },
        command::Command,
        sense::{
            Asc,
            Sense, //
        },
        table,
    },
    unit::{
        durable::{
            durable,
            Durable, //
        },
        failure::Failure,
        limits,
        medium::Medium,
        needs,
        nexus::Nexus,
        power::PowerCondition,
        reservation::access,
        state::Unit,
        tamper::Tamper,
        transfer::Transfer, //
    }, //
};

impl Unit {
    /// Executes a command that came through `nexus`; `luns` are those of its target. `tamper` says
    /// what goes wrong with it.
    ///
    /// If the unit [needs the time](Unit::needs_time), it must have been told of it.
    ///
    /// # Errors
    ///
    /// Returns what to end the command with instead of GOOD.
    pub(crate) fn execute<M: Medium, T: Transfer>(
        &mut self,
        nexus: Nexus,
        luns: impl Iterator<Item = u64> + Clone,
        cdb: &[u8],
        medium: &mut M,
        transfer: &mut T,
        tamper: Tamper<'_>,
    ) -> Result<(), Failure> {
        if tamper.pretends(transfer) {
            return Ok(());
        }
        let entry = table::find(self.profile.kind, cdb)?;
        if !entry.is_supported(&self.profile) {
            return Err(Sense::INVALID_OPCODE.into());
        }
        self.report_attention(nexus, entry.opcode)?;
        let mut command = cdb::decode(entry, cdb, &self.profile)?;
        self.reservations.check(nexus, access(&command))?;
        needs::check_access_state(self.access_state(nexus), &command)?;
        if needs::needs_medium(&command) {
            self.check_ready(&command)?;
        }
        if needs::writes(&command) && self.is_write_protected() {
            return Err(Sense::WRITE_PROTECTED.into());
        }
        limits::check(&command, cdb, &self.profile.limits)?;
        if needs::uses_medium(&command) {
            self.power.access();
        }
        tamper.misdirect(&mut command, self.blocks());
        let block_len = self.geometry().block_len();
        let mut wire = tamper.wire(&command, block_len, transfer);
        let result = self.primary(nexus, luns, &command, cdb, medium, &mut wire);
        self.flush(&command, result.is_ok(), medium);
        result
    }

    /// Writes back what has to be on the medium after a command.
    fn flush<M: Medium>(&self, command: &Command, succeeded: bool, medium: &mut M) {
        // Without a cache also what a failed command has written is there; MODE SELECT may just have
        // switched it off.
        let durable = match self.write_cache() {
            false => Durable::Everything,
            true if succeeded => durable(command),
            true => Durable::Nothing,
        };
        match durable {
            Durable::Nothing => {}
            Durable::Blocks(extent) => {
                let blocks = match extent.blocks {
                    0 => u64::MAX,
                    blocks => u64::from(blocks),
                };
                let size = u64::from(self.profile.block_size);
                medium.flush(extent.lba.saturating_mul(size), blocks.saturating_mul(size));
            }
            Durable::Everything => medium.flush(0, u64::MAX),
        }
    }

    /// Ends a command with the oldest unit attention condition of its nexus, unless it is one of
    /// those that are for looking at a unit in any state (SAM-6, and MMC-6 for the last two).
    fn report_attention(&mut self, nexus: Nexus, opcode: u8) -> Result<(), Sense> {
        match opcode {
            opcode::INQUIRY
            | opcode::REQUEST_SENSE
            | opcode::GET_CONFIGURATION
            | opcode::GET_EVENT_STATUS => Ok(()),
            opcode::REPORT_LUNS => {
                self.nexuses.clear_attention(nexus, Asc::LUNS_CHANGED);
                Ok(())
            }
            _ => match self.nexuses.take_attention(nexus) {
                Some(asc) => Err(Sense::unit_attention(asc)),
                None => Ok(()),
            },
        }
    }

    /// Checks whether there is a medium, and whether it can be accessed.
    ///
    /// # Errors
    ///
    /// Returns NOT READY, or MEDIUM ERROR after a failed SANITIZE.
    pub(super) fn check_ready(&self, command: &Command) -> Result<(), Sense> {
        if !self.tray.is_loaded() {
            return Err(self.tray.no_medium());
        }
        if self.power.condition() == PowerCondition::Stopped {
            return Err(Sense::NOT_READY_STOPPED);
        }
        self.readiness.check()?;
        self.sanitization.check(command)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_dispatch))]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            inquiry::samples,
            profile::AccessState, //
        },
        unit::testing::{
            Bench,
            Wire, //
        }, //
    };

    const READY: [u8; 6] = [0; 6];
    const STOP: [u8; 6] = [0x1b, 0, 0, 0, 0, 0];
    const RESERVE: [u8; 6] = [0x16, 0, 0, 0, 0, 0];
    /// WRITE(10) of more blocks than are permitted, beyond the end.
    const WRITE: [u8; 10] = [0x2a, 0, 0, 0, 1, 0, 0, 0, 9, 0];

    #[test]
    fn checks_come_in_order() {
        let mut profile = samples::disk();
        profile.limits.max_transfer = 8;
        let mut bench = Bench::new(profile);
        let [nexus, other] = bench.nexuses;
        let mut bad = WRITE;
        bad[1] = 0x01;

        bench.unit.queue_attention(Some(nexus), Asc::LUNS_CHANGED);
        assert_eq!(bench.execute(1, &RESERVE, &mut Wire::to(0)), Ok(()));
        bench.unit.set_access_state(nexus, AccessState::Standby);
        let _ = bench.unit.nexuses.take_attention(other);
        assert_eq!(bench.execute(1, &STOP, &mut Wire::to(0)), Ok(()));
        bench.unit.set_read_only(true);

        assert_eq!(bench.sense(&[0xff; 6]), Some(Sense::INVALID_OPCODE));
        for asc in [Asc::LUNS_CHANGED, Asc::ASYMMETRIC_ACCESS_CHANGED] {
            assert_eq!(bench.sense(&bad), Some(Sense::unit_attention(asc)));
        }
        assert_eq!(bench.sense(&bad), Some(Sense::invalid_field_bit(1, 0)));
        assert_eq!(
            bench.execute(0, &WRITE, &mut Wire::to(0)),
            Err(Failure::ReservationConflict)
        );
        bench.unit.reservations.lose(other);
        assert_eq!(bench.sense(&WRITE), Some(Sense::STANDBY_PORT));
        bench
            .unit
            .nexuses
            .set_access_state(10, AccessState::NonOptimized);
        assert_eq!(bench.sense(&WRITE), Some(Sense::NOT_READY_STOPPED));
        bench.unit.power.access();
        assert_eq!(bench.sense(&WRITE), Some(Sense::WRITE_PROTECTED));
        bench.unit.set_read_only(false);
        assert_eq!(bench.sense(&WRITE), Some(Sense::invalid_field(7)));
        let mut shorter = WRITE;
        shorter[8] = 8;
        assert_eq!(bench.sense(&shorter), Some(Sense::LBA_OUT_OF_RANGE));
    }

    #[test]
    fn some_commands_leave_attentions_pending() {
        let mut bench = Bench::new(samples::disk());
        let nexus = bench.nexuses[0];
        bench.unit.queue_attention(None, Asc::LUNS_CHANGED);
        bench.unit.queue_attention(None, Asc::MODE_CHANGED);
        assert_eq!(bench.sense(&[0x12, 0, 0, 0, 36, 0]), None);
        assert_eq!(bench.unit.pending(nexus).count(), 2);
        assert_eq!(bench.sense(&[0xa0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0]), None);
        assert!(bench.unit.pending(nexus).eq([Asc::MODE_CHANGED]));
        assert_eq!(bench.request_sense(), (6, 0x2a, 0x01));
        assert_eq!(bench.request_sense(), (0, 0, 0));
        assert_eq!(
            bench.sense_to(1, &READY),
            Some(Sense::unit_attention(Asc::LUNS_CHANGED))
        );
    }

    #[test]
    fn accesses_wake_the_unit_up_and_others_do_not() {
        let mut bench = Bench::new(samples::disk());
        // STANDBY with modifier 0.
        assert_eq!(bench.sense(&[0x1b, 0, 0, 0, 0x30, 0]), None);
        assert_eq!(bench.sense(&READY), None);
        assert_eq!(bench.request_sense(), (0, 0x5e, 0x04));
        let read = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
        assert_eq!(bench.sense(&read), None);
        assert_eq!(bench.unit.power_condition(), PowerCondition::Active);

        assert_eq!(bench.sense(&STOP), None);
        for cdb in [&READY[..], &read] {
            assert_eq!(bench.sense(cdb), Some(Sense::NOT_READY_STOPPED));
        }
        assert_eq!(bench.request_sense(), (2, 0x04, 0x02));
        assert_eq!(bench.sense(&[0x1b, 0, 0, 0, 1, 0]), None);
        assert_eq!(bench.sense(&READY), None);
    }

    #[test]
    fn reset_drops_what_is_not_saved() {
        let mut bench = Bench::new(samples::disk());
        assert_eq!(bench.sense(&RESERVE), None);
        assert_eq!(bench.sense(&STOP), None);
        bench.unit.reset();
        for initiator in [0, 1] {
            assert_eq!(
                bench.sense_to(initiator, &READY),
                Some(Sense::unit_attention(Asc::RESET))
            );
            assert_eq!(bench.sense_to(initiator, &READY), None);
        }
    }
}
