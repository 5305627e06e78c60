// SPDX-License-Identifier: GPL-2.0

//! Commands of all kinds of units (SPC-6).

use crate::{
    protocol::{
        buf::Writer,
        command::Command,
        inquiry, log, luns,
        mode::Pages,
        ports,
        profile::{
            AccessState,
            Port, //
        },
        sense::{
            Asc,
            Sense, //
        },
        supported, vpd,
    },
    unit::{
        answer::{
            answer,
            parameters, //
        },
        buffer::{
            Selection,
            Written, //
        },
        failure::Failure,
        medium::Medium,
        needs,
        nexus::{
            Nexus,
            NEXUSES, //
        },
        reservation::ReserveOutCommand,
        state::Unit,        //
        transfer::Transfer, //
    }, //
};

impl Unit {
    /// Carries out a command that has passed all checks.
    ///
    /// # Errors
    ///
    /// Returns what to end the command with instead of GOOD.
    pub(super) fn primary<M: Medium, T: Transfer>(
        &mut self,
        nexus: Nexus,
        luns: impl Iterator<Item = u64> + Clone,
        command: &Command,
        cdb: &[u8],
        medium: &mut M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        match *command {
            Command::TestUnitReady => Ok(()),
            Command::RequestSense {
                descriptor,
                allocation_length,
            } => {
                let sense = self.request_sense(nexus);
                answer(transfer, allocation_length, |out| {
                    Ok(put_sense(sense, descriptor, out))
                })
            }
            Command::Inquiry {
                page,
                allocation_length,
            } => self.inquiry(nexus, page, allocation_length, transfer),
            Command::ModeSense {
                request,
                allocation_length,
            } => answer(transfer, allocation_length, |out| {
                self.pages.sense(
                    &self.saved_pages,
                    &self.profile,
                    self.loaded_blocks(),
                    self.is_write_protected(),
                    &request,
                    out,
                )
            }),
            Command::ModeSelect {
                short,
                page_format,
                revert,
                save,
                length,
            } => {
                let mut pages = if revert {
                    Pages::new(&self.profile)
                } else {
                    self.pages
                };
                let list = parameters(transfer, length)?;
                pages.select(
                    list.as_ref(),
                    &self.profile,
                    self.loaded_blocks(),
                    short,
                    page_format,
                )?;
                self.set_pages(nexus, pages, save);
                Ok(())
            }
            // SP: there is nothing to save.
            Command::LogSense { save: true, .. } => Err(Sense::invalid_field_bit(1, 0).into()),
            Command::LogSense {
                page,
                subpage,
                parameter,
                allocation_length,
                ..
            } => answer(transfer, allocation_length, |out| {
                log::sense(page, subpage, parameter, out)
            }),
            Command::LogSelect {
                reset,
                save,
                page,
                subpage,
                length,
                ..
            } => {
                let list = parameters(transfer, length)?;
                Ok(log::select(reset, save, page, subpage, list.as_ref())?)
            }
            Command::ReportLuns {
                select,
                allocation_length,
            } => answer(transfer, allocation_length, |out| {
                Ok(luns::report_luns(select, luns, out))
            }),
            Command::ReportSupportedOpcodes {
                timeouts,
                query,
                allocation_length,
            } => answer(transfer, allocation_length, |out| {
                supported::report_opcodes(&self.profile, timeouts, query, out)
            }),
            Command::ReportSupportedTmfs {
                extended,
                allocation_length,
            } => answer(transfer, allocation_length, |out| {
                Ok(supported::report_tmfs(extended, out))
            }),
            Command::ReportTargetPortGroups {
                extended,
                allocation_length,
            } => {
                let (all, count) = self.port_list();
                let all = all.get(..count).unwrap_or_default();
                answer(transfer, allocation_length, |out| {
                    Ok(ports::report(all, extended, out))
                })
            }
            Command::SetTargetPortGroups { length } => {
                let list = parameters(transfer, length)?;
                self.set_port_groups(nexus, list.as_ref())
            }
            Command::PersistentReserveIn {
                action,
                allocation_length,
            } => answer(transfer, allocation_length, |out| {
                let id = |nexus| self.nexuses.id(nexus);
                Ok(self.reservations.report(action, id, out))
            }),
            Command::PersistentReserveOut {
                action,
                scope,
                kind,
                length,
            } => {
                let list = parameters(transfer, length)?;
                let nexuses = &mut self.nexuses;
                self.reservations.out(
                    nexus,
                    ReserveOutCommand {
                        action,
                        scope,
                        kind,
                    },
                    list.as_ref(),
                    |other, asc| nexuses.notify(other, asc),
                )
            }
            Command::Reserve => self.reservations.reserve(nexus),
            Command::Release => self.reservations.release(nexus),
            Command::PreventAllow { prevent } => {
                self.tray.set_locked(nexus.index(), prevent);
                Ok(())
            }
            Command::StartStopUnit { request, .. } => self.start_stop(nexus, request),
            Command::SendDiagnostic { code, length, .. } => send_diagnostic(code, length),
            Command::ReadBuffer {
                mode,
                id,
                offset,
                allocation_length,
            } => self.buffer.read(
                Selection {
                    mode,
                    id,
                    offset,
                    length: allocation_length,
                },
                transfer,
            ),
            Command::WriteBuffer {
                mode,
                id,
                offset,
                length,
            } => {
                let selection = Selection {
                    mode,
                    id,
                    offset,
                    length,
                };
                if self.buffer.write(selection, transfer)? == Written::Microcode {
                    self.nexuses.notify_all(Some(nexus), Asc::MICROCODE_CHANGED);
                }
                Ok(())
            }
            _ => self.disk(command, cdb, medium, transfer),
        }
    }

    /// Returns what REQUEST SENSE reports, which is no longer pending then.
    fn request_sense(&mut self, nexus: Nexus) -> Sense {
        if let Some(asc) = self.nexuses.take_attention(nexus) {
            return Sense::unit_attention(asc);
        }
        let ready = Command::TestUnitReady;
        needs::check_access_state(self.access_state(nexus), &ready)
            .and_then(|()| self.check_ready(&ready))
            .err()
            .or_else(|| self.power.sense())
            .unwrap_or(Sense::NO_SENSE)
    }

    /// INQUIRY. It claims target port groups if there is more than one way to the unit.
    fn inquiry<T: Transfer>(
        &self,
        nexus: Nexus,
        page: Option<u8>,
        allocation_length: usize,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        let (all, count) = self.port_list();
        let all = all.get(..count).unwrap_or_default();
        answer(transfer, allocation_length, |out| match page {
            Some(code) => {
                let this = all
                    .iter()
                    .position(|port| port.relative == nexus.relative_port());
                vpd::page(code, &self.profile, all, this.unwrap_or(0), out)
            }
            None => Ok(inquiry::standard(&self.profile, true, count > 1, out)),
        })
    }

    /// Puts mode pages into effect, and tells the other initiators if any differ from those before.
    fn set_pages(&mut self, nexus: Nexus, pages: Pages, save: bool) {
        if save {
            self.saved_pages = pages;
        }
        if self.pages != pages {
            self.pages = pages;
            self.nexuses.notify_all(Some(nexus), Asc::MODE_CHANGED);
        }
    }

    /// SET TARGET PORT GROUPS: all of the groups have to exist before any is changed.
    fn set_port_groups(&mut self, nexus: Nexus, list: &[u8]) -> Result<(), Failure> {
        let wanted = ports::parse_set(list)?;
        for (index, (group, _)) in wanted.clone().enumerate() {
            if !self.ports().any(|port| port.group == group) {
                // TARGET PORT GROUP is two bytes into a descriptor of four, behind a header of
                // four.
                let byte = index.saturating_mul(4).saturating_add(6);
                let byte = u16::try_from(byte).unwrap_or(u16::MAX);
                return Err(Sense::invalid_parameter(byte).into());
            }
        }
        let mut changed = false;
        for (group, state) in wanted {
            changed |= self.nexuses.set_access_state(group, state);
        }
        if changed {
            self.nexuses
                .notify_all(Some(nexus), Asc::ASYMMETRIC_ACCESS_CHANGED);
        }
        Ok(())
    }

    /// Returns the ports of all attached nexuses, and how many there are.
    fn port_list(&self) -> ([Port; NEXUSES], usize) {
        let mut list = [Port {
            relative: 0,
            group: 0,
            state: AccessState::Optimized,
        }; NEXUSES];
        let mut count = 0;
        for (place, port) in list.iter_mut().zip(self.ports()) {
            *place = port;
            count += 1;
        }
        (list, count)
    }
}

/// Writes sense data as parameter data, and returns how many bytes of `out` are valid.
pub(super) fn put_sense(sense: Sense, descriptor: bool, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    data.put(sense.encode(descriptor).bytes());
    data.len()
}

/// SEND DIAGNOSTIC: all self-tests pass. None of them takes time, so there is never one to abort.
fn send_diagnostic(code: u8, length: usize) -> Result<(), Failure> {
    const ABORT_BACKGROUND_SELF_TEST: u8 = 4;

    if code == ABORT_BACKGROUND_SELF_TEST {
        return Err(Sense::invalid_field_bit(1, 7).into());
    }
    if length != 0 {
        return Err(Sense::invalid_field(3).into());
    }
    Ok(())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_primary))]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            inquiry::samples,
            profile::Profile, //
        },
        unit::{
            power::PowerCondition,
            testing::{
                Bench,
                Wire, //
            },
        }, //
    };

    const READY: [u8; 6] = [0; 6];
    const EJECT: [u8; 6] = [0x1b, 0, 0, 0, 2, 0];
    const LOAD: [u8; 6] = [0x1b, 0, 0, 0, 3, 0];

    fn removable() -> Profile {
        Profile {
            removable: true,
            ..samples::disk()
        }
    }

    #[test]
    fn medium_goes_out_and_in() {
        let mut bench = Bench::new(removable());
        assert_eq!(bench.sense(&EJECT), None);
        assert_eq!(bench.sense(&READY), Some(Sense::NO_MEDIUM_TRAY_OPEN));
        assert_eq!(bench.request_sense(), (2, 0x3a, 0x02));
        assert_eq!(bench.sense(&LOAD), None);
        // Who has loaded it knows of it.
        assert_eq!(bench.sense(&READY), None);
        assert_eq!(
            bench.sense_to(1, &READY),
            Some(Sense::unit_attention(Asc::MEDIUM_CHANGED))
        );
    }

    #[test]
    fn a_fixed_medium_stays() {
        let mut bench = Bench::new(samples::disk());
        for cdb in [EJECT, LOAD] {
            assert_eq!(bench.sense(&cdb), Some(Sense::invalid_field_bit(4, 1)));
        }
        assert_eq!(bench.sense(&READY), None);
        assert_eq!(bench.unit.power_condition(), PowerCondition::Active);
    }

    #[test]
    fn any_initiator_prevents_removal_until_it_is_gone() {
        let mut bench = Bench::new(removable());
        let prevented = Some(Sense::MEDIUM_REMOVAL_PREVENTED);
        let prevent = [0x1e, 0, 0, 0, 1, 0];
        assert_eq!(bench.sense_to(1, &prevent), None);
        assert_eq!(bench.sense(&EJECT), prevented);
        assert_eq!(bench.sense(&READY), None);
        bench.unit.detach(bench.nexuses[1]);
        assert_eq!(bench.sense(&EJECT), None);
        assert_eq!(bench.sense(&prevent), None);
        assert_eq!(bench.sense(&LOAD), prevented);
        bench.unit.reset();
        assert_eq!(bench.request_sense(), (6, 0x29, 0x03));
        assert_eq!(bench.sense(&LOAD), None);
    }

    #[test]
    fn a_removable_medium_spins_up_by_itself() {
        let mut bench = Bench::new(removable());
        assert_eq!(bench.sense(&[0x1b, 0, 0, 0, 0, 0]), None);
        assert_eq!(bench.unit.power_condition(), PowerCondition::StandbyZ);
        assert_eq!(bench.sense(&READY), None);
    }

    #[test]
    fn port_groups_are_set_for_all_or_none() {
        let mut bench = Bench::new(samples::disk());
        let set = [0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0];
        let missing = [0, 0, 0, 0, 2, 0, 0, 10, 1, 0, 0, 99];
        assert_eq!(
            bench.execute(0, &set, &mut Wire::from(&missing, 12)),
            Err(Sense::invalid_parameter(10).into())
        );
        assert_eq!(
            bench.unit.access_state(bench.nexuses[0]),
            AccessState::Optimized
        );
        let both = [0, 0, 0, 0, 2, 0, 0, 10, 1, 0, 0, 20];
        assert_eq!(bench.execute(0, &set, &mut Wire::from(&both, 12)), Ok(()));
        assert_eq!(bench.sense(&READY), Some(Sense::STANDBY_PORT));
        assert_eq!(bench.request_sense(), (2, 0x04, 0x0b));
        assert_eq!(
            bench.sense_to(1, &READY),
            Some(Sense::unit_attention(Asc::ASYMMETRIC_ACCESS_CHANGED))
        );
        assert_eq!(bench.sense_to(1, &READY), None);
    }

    #[test]
    fn buffers_echo_and_microcode_is_announced() {
        let mut bench = Bench::new(samples::disk());
        let read = [0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0];
        assert_eq!(bench.sense(&read), Some(Sense::COMMAND_SEQUENCE_ERROR));
        let write = [0x3b, 0x0a, 0, 0, 0, 0, 0, 0, 4, 0];
        let mut wire = Wire::from(&[1, 2, 3, 4], 4);
        assert_eq!(bench.execute(0, &write, &mut wire), Ok(()));
        let mut wire = Wire::to(8);
        assert_eq!(bench.execute(0, &read, &mut wire), Ok(()));
        assert_eq!(
            (wire.transferred, &wire.received[..4]),
            (4, &[1, 2, 3, 4][..])
        );

        let microcode = [0x3b, 0x05, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(bench.sense(&microcode), None);
        assert_eq!(bench.sense(&READY), None);
        assert_eq!(
            bench.sense_to(1, &READY),
            Some(Sense::unit_attention(Asc::MICROCODE_CHANGED))
        );
    }
}
