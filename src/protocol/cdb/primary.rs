// SPDX-License-Identifier: GPL-2.0

//! The commands of all kinds of units (SPC-6; RESERVE and RELEASE: SPC-2).

use crate::protocol::{
    cdb::{
        length16,
        length32,
        Cdb, //
    },
    command::{
        Command,
        OpcodeQuery,
        ReserveIn,
        ReserveOut, //
    },
    mode,
    profile::Profile,
    sense::Sense,
};

/// Decodes REQUEST SENSE.
pub(crate) fn request_sense(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::RequestSense {
        descriptor: cdb[1] & 0x01 != 0,
        allocation_length: usize::from(cdb[4]),
    })
}

/// Decodes INQUIRY; a page code makes no sense without EVPD.
pub(crate) fn inquiry(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let page = match (cdb[1] & 0x01 != 0, cdb[2]) {
        (true, code) => Some(code),
        (false, 0) => None,
        (false, _) => return Err(Sense::invalid_field(2)),
    };
    Ok(Command::Inquiry {
        page,
        allocation_length: length16([cdb[3], cdb[4]]),
    })
}

/// Decodes MODE SENSE(6).
pub(crate) fn mode_sense_6(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ModeSense {
        request: mode::Request::new(true, [cdb[1], cdb[2], cdb[3]]),
        allocation_length: usize::from(cdb[4]),
    })
}

/// Decodes MODE SENSE(10).
pub(crate) fn mode_sense_10(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ModeSense {
        request: mode::Request::new(false, [cdb[1], cdb[2], cdb[3]]),
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes MODE SELECT(6).
pub(crate) fn mode_select_6(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    mode_select(true, cdb[1], usize::from(cdb[4]), 4)
}

/// Decodes MODE SELECT(10).
pub(crate) fn mode_select_10(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    mode_select(false, cdb[1], length16([cdb[7], cdb[8]]), 7)
}

/// Decodes MODE SELECT, whose PARAMETER LIST LENGTH starts at `length_byte`. There is nothing to
/// send along when the values go back to their defaults.
fn mode_select(
    short: bool,
    options: u8,
    length: usize,
    length_byte: u16,
) -> Result<Command, Sense> {
    let revert = options & 0x02 != 0;
    if revert && length != 0 {
        return Err(Sense::invalid_field(length_byte));
    }
    Ok(Command::ModeSelect {
        short,
        page_format: options & 0x10 != 0,
        revert,
        save: options & 0x01 != 0,
        length,
    })
}

/// Decodes LOG SENSE.
pub(crate) fn log_sense(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::LogSense {
        page_control: cdb[2] >> 6,
        save: cdb[1] & 0x01 != 0,
        page: cdb[2] & 0x3f,
        subpage: cdb[3],
        parameter: u16::from_be_bytes([cdb[5], cdb[6]]),
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes LOG SELECT; there may not be a list when all parameters are reset.
pub(crate) fn log_select(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let reset = cdb[1] & 0x02 != 0;
    let length = length16([cdb[7], cdb[8]]);
    if reset && length != 0 {
        return Err(Sense::invalid_field(7));
    }
    Ok(Command::LogSelect {
        reset,
        save: cdb[1] & 0x01 != 0,
        page_control: cdb[2] >> 6,
        page: cdb[2] & 0x3f,
        subpage: cdb[3],
        length,
    })
}

/// Decodes REPORT LUNS. The values of SELECT REPORT above 02h are about administrative and
/// subsidiary logical units, and there are none.
pub(crate) fn report_luns(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let select = cdb[2];
    if select > 0x02 {
        return Err(Sense::invalid_field(2));
    }
    Ok(Command::ReportLuns {
        select,
        allocation_length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

/// Decodes REPORT SUPPORTED OPERATION CODES.
pub(crate) fn report_supported_opcodes(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let action = u16::from_be_bytes([cdb[4], cdb[5]]);
    let query = match cdb[2] & 0x07 {
        0 => OpcodeQuery::All,
        1 => OpcodeQuery::Opcode(cdb[3]),
        2 => OpcodeQuery::ServiceAction(cdb[3], action),
        3 => OpcodeQuery::Either(cdb[3], action),
        _ => return Err(Sense::invalid_field_bit(2, 2)),
    };
    Ok(Command::ReportSupportedOpcodes {
        timeouts: cdb[2] & 0x80 != 0,
        query,
        allocation_length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

/// Decodes REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
pub(crate) fn report_supported_tmfs(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ReportSupportedTmfs {
        extended: cdb[2] & 0x80 != 0,
        allocation_length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

/// Decodes REPORT TARGET PORT GROUPS.
pub(crate) fn report_target_port_groups(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let extended = match cdb[1] >> 5 {
        0 => false,
        1 => true,
        _ => return Err(Sense::invalid_field_bit(1, 7)),
    };
    Ok(Command::ReportTargetPortGroups {
        extended,
        allocation_length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

/// Decodes SET TARGET PORT GROUPS.
pub(crate) fn set_target_port_groups(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::SetTargetPortGroups {
        length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

/// Decodes PERSISTENT RESERVE IN.
pub(crate) fn persistent_reserve_in(action: ReserveIn, cdb: &Cdb) -> Result<Command, Sense> {
    Ok(Command::PersistentReserveIn {
        action,
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes PERSISTENT RESERVE OUT.
pub(crate) fn persistent_reserve_out(action: ReserveOut, cdb: &Cdb) -> Result<Command, Sense> {
    Ok(Command::PersistentReserveOut {
        action,
        scope: cdb[2] >> 4,
        kind: cdb[2] & 0x0f,
        length: length32([cdb[5], cdb[6], cdb[7], cdb[8]]),
    })
}

/// Decodes PREVENT ALLOW MEDIUM REMOVAL.
pub(crate) fn prevent_allow(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::PreventAllow {
        prevent: cdb[4] & 0x01 != 0,
    })
}

/// Decodes SEND DIAGNOSTIC. SELF-TEST CODE has two reserved values, and must be zero next to
/// SELFTEST, which names a test of its own.
pub(crate) fn send_diagnostic(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let self_test = cdb[1] & 0x04 != 0;
    let code = cdb[1] >> 5;
    if matches!(code, 3 | 7) || (self_test && code != 0) {
        return Err(Sense::invalid_field_bit(1, 7));
    }
    Ok(Command::SendDiagnostic {
        self_test,
        code,
        length: length16([cdb[3], cdb[4]]),
    })
}

/// Decodes READ BUFFER(10).
pub(crate) fn read_buffer(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ReadBuffer {
        mode: cdb[1] & 0x1f,
        id: cdb[2],
        offset: u32::from_be_bytes([0, cdb[3], cdb[4], cdb[5]]),
        allocation_length: length32([0, cdb[6], cdb[7], cdb[8]]),
    })
}

/// Decodes WRITE BUFFER.
pub(crate) fn write_buffer(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::WriteBuffer {
        mode: cdb[1] & 0x1f,
        id: cdb[2],
        offset: u32::from_be_bytes([0, cdb[3], cdb[4], cdb[5]]),
        length: length32([0, cdb[6], cdb[7], cdb[8]]),
    })
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb_primary))]
mod tests {
    use super::*;
    use crate::protocol::cdb::testing::{
        disk,
        full_disk, //
    };

    #[test]
    fn decodes_test_unit_ready_and_reservations() {
        assert_eq!(disk(&[0x00, 0, 0, 0, 0, 0]), Ok(Command::TestUnitReady));
        assert_eq!(disk(&[0x16, 0, 0, 0, 0, 0]), Ok(Command::Reserve));
        assert_eq!(disk(&[0x17, 0, 0, 0, 0, 0]), Ok(Command::Release));
        assert_eq!(
            disk(&[0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Ok(Command::Reserve)
        );
        assert_eq!(
            disk(&[0x57, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Ok(Command::Release)
        );
        // A third party.
        assert_eq!(
            disk(&[0x16, 0x10, 0, 0, 0, 0]),
            Err(Sense::invalid_field_bit(1, 4))
        );
    }

    #[test]
    fn decodes_request_sense() {
        for (byte1, descriptor) in [(0x00, false), (0x01, true)] {
            assert_eq!(
                disk(&[0x03, byte1, 0, 0, 252, 0]),
                Ok(Command::RequestSense {
                    descriptor,
                    allocation_length: 252,
                })
            );
        }
    }

    #[test]
    fn decodes_inquiry() {
        for (cdb, page, allocation_length) in [
            ([0x12, 0x00, 0x00, 0x01, 0x24, 0x00], None, 0x124),
            ([0x12, 0x01, 0x83, 0x00, 0xff, 0x00], Some(0x83), 255),
            ([0x12, 0x01, 0x00, 0x00, 0x00, 0x00], Some(0x00), 0),
        ] {
            assert_eq!(
                disk(&cdb),
                Ok(Command::Inquiry {
                    page,
                    allocation_length,
                })
            );
        }
        assert_eq!(
            disk(&[0x12, 0x00, 0x83, 0x00, 0xff, 0x00]),
            Err(Sense::invalid_field(2))
        );
    }

    #[test]
    fn decodes_mode_sense() {
        assert_eq!(
            disk(&[0x1a, 0x08, 0x7f, 0xff, 0xc0, 0x00]),
            Ok(Command::ModeSense {
                request: mode::Request::new(true, [0x08, 0x7f, 0xff]),
                allocation_length: 192,
            })
        );
        // LLBAA, which only the (10) form has.
        assert_eq!(
            disk(&[0x5a, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00]),
            Ok(Command::ModeSense {
                request: mode::Request::new(false, [0x10, 0x08, 0x00]),
                allocation_length: 0x201,
            })
        );
        assert_eq!(
            disk(&[0x1a, 0x10, 0x08, 0x00, 0xc0, 0x00]),
            Err(Sense::invalid_field_bit(1, 4))
        );
    }

    #[test]
    fn decodes_mode_select() {
        assert_eq!(
            disk(&[0x15, 0x11, 0, 0, 24, 0]),
            Ok(Command::ModeSelect {
                short: true,
                page_format: true,
                revert: false,
                save: true,
                length: 24,
            })
        );
        assert_eq!(
            disk(&[0x55, 0x02, 0, 0, 0, 0, 0, 0x00, 0x00, 0]),
            Ok(Command::ModeSelect {
                short: false,
                page_format: false,
                revert: true,
                save: false,
                length: 0,
            })
        );
        assert_eq!(
            disk(&[0x15, 0x02, 0, 0, 1, 0]),
            Err(Sense::invalid_field(4))
        );
        assert_eq!(
            disk(&[0x55, 0x02, 0, 0, 0, 0, 0, 0x01, 0x00, 0]),
            Err(Sense::invalid_field(7))
        );
    }

    #[test]
    fn decodes_log_sense_and_log_select() {
        assert_eq!(
            disk(&[0x4d, 0x01, 0x4d, 0x01, 0, 0x01, 0x02, 0x03, 0x04, 0]),
            Ok(Command::LogSense {
                page_control: 1,
                save: true,
                page: 0x0d,
                subpage: 0x01,
                parameter: 0x0102,
                allocation_length: 0x0304,
            })
        );
        assert_eq!(
            disk(&[0x4c, 0x02, 0xc0, 0x00, 0, 0, 0, 0, 0, 0]),
            Ok(Command::LogSelect {
                reset: true,
                save: false,
                page_control: 3,
                page: 0,
                subpage: 0,
                length: 0,
            })
        );
        assert_eq!(
            disk(&[0x4c, 0x02, 0xc0, 0x00, 0, 0, 0, 0, 4, 0]),
            Err(Sense::invalid_field(7))
        );
    }

    #[test]
    fn decodes_report_luns() {
        assert_eq!(
            disk(&[0xa0, 0, 0x02, 0, 0, 0, 0x00, 0x00, 0x10, 0x00, 0, 0]),
            Ok(Command::ReportLuns {
                select: 2,
                allocation_length: 4096,
            })
        );
        for select in [0x03, 0x10, 0x11, 0x12, 0xff] {
            assert_eq!(
                disk(&[0xa0, 0, select, 0, 0, 0, 0, 0, 16, 0, 0, 0]),
                Err(Sense::invalid_field(2))
            );
        }
    }

    #[test]
    fn decodes_reports_of_what_is_supported() {
        for (options, timeouts, query) in [
            (0x00, false, OpcodeQuery::All),
            (0x80, true, OpcodeQuery::All),
            (0x01, false, OpcodeQuery::Opcode(0x9e)),
            (0x82, true, OpcodeQuery::ServiceAction(0x9e, 0x0110)),
            (0x03, false, OpcodeQuery::Either(0x9e, 0x0110)),
        ] {
            assert_eq!(
                disk(&[0xa3, 0x0c, options, 0x9e, 0x01, 0x10, 0x01, 0x02, 0x03, 0x04, 0, 0]),
                Ok(Command::ReportSupportedOpcodes {
                    timeouts,
                    query,
                    allocation_length: 0x0102_0304,
                })
            );
        }
        assert_eq!(
            disk(&[0xa3, 0x0c, 0x04, 0, 0, 0, 0, 0, 0, 4, 0, 0]),
            Err(Sense::invalid_field_bit(2, 2))
        );
        for (options, extended) in [(0x00, false), (0x80, true)] {
            assert_eq!(
                disk(&[0xa3, 0x0d, options, 0, 0, 0, 0, 0, 0, 16, 0, 0]),
                Ok(Command::ReportSupportedTmfs {
                    extended,
                    allocation_length: 16,
                })
            );
        }
    }

    #[test]
    fn decodes_target_port_groups() {
        for (byte1, extended) in [(0x0a, false), (0x2a, true)] {
            assert_eq!(
                disk(&[0xa3, byte1, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0]),
                Ok(Command::ReportTargetPortGroups {
                    extended,
                    allocation_length: 128,
                })
            );
        }
        assert_eq!(
            disk(&[0xa3, 0x4a, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0]),
            Err(Sense::invalid_field_bit(1, 7))
        );
        assert_eq!(
            disk(&[0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0x01, 0x08, 0, 0]),
            Ok(Command::SetTargetPortGroups { length: 0x108 })
        );
    }

    #[test]
    fn decodes_persistent_reservations() {
        for (byte1, action) in [
            (0, ReserveIn::ReadKeys),
            (1, ReserveIn::ReadReservation),
            (2, ReserveIn::ReportCapabilities),
            (3, ReserveIn::ReadFullStatus),
        ] {
            assert_eq!(
                disk(&[0x5e, byte1, 0, 0, 0, 0, 0, 0x40, 0x00, 0]),
                Ok(Command::PersistentReserveIn {
                    action,
                    allocation_length: 0x4000,
                })
            );
        }
        for (byte1, action) in [
            (0, ReserveOut::Register),
            (1, ReserveOut::Reserve),
            (2, ReserveOut::Release),
            (3, ReserveOut::Clear),
            (4, ReserveOut::Preempt),
            (5, ReserveOut::PreemptAndAbort),
            (6, ReserveOut::RegisterAndIgnore),
        ] {
            assert_eq!(
                disk(&[0x5f, byte1, 0x15, 0, 0, 0x00, 0x00, 0x00, 0x18, 0]),
                Ok(Command::PersistentReserveOut {
                    action,
                    scope: 1,
                    kind: 5,
                    length: 24,
                })
            );
        }
    }

    #[test]
    fn decodes_prevent_allow() {
        for prevent in [false, true] {
            assert_eq!(
                full_disk(&[0x1e, 0, 0, 0, u8::from(prevent), 0]),
                Ok(Command::PreventAllow { prevent })
            );
        }
        // Persistent prevention, or that of a medium changer.
        assert_eq!(
            full_disk(&[0x1e, 0, 0, 0, 3, 0]),
            Err(Sense::invalid_field_bit(4, 1))
        );
    }

    #[test]
    fn decodes_send_diagnostic() {
        for (byte1, self_test, code) in [(0x04, true, 0), (0x13, false, 0), (0xa0, false, 5)] {
            assert_eq!(
                disk(&[0x1d, byte1, 0, 0x01, 0x02, 0]),
                Ok(Command::SendDiagnostic {
                    self_test,
                    code,
                    length: 0x102,
                })
            );
        }
        for byte1 in [0x60, 0xe0, 0x24] {
            assert_eq!(
                disk(&[0x1d, byte1, 0, 0, 0, 0]),
                Err(Sense::invalid_field_bit(1, 7))
            );
        }
    }

    #[test]
    fn decodes_buffers() {
        assert_eq!(
            disk(&[0x3c, 0x02, 0x07, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0]),
            Ok(Command::ReadBuffer {
                mode: 0x02,
                id: 7,
                offset: 0x01_0203,
                allocation_length: 0x04_0506,
            })
        );
        assert_eq!(
            disk(&[0x3b, 0x05, 0x07, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0]),
            Ok(Command::WriteBuffer {
                mode: 0x05,
                id: 7,
                offset: 0x01_0203,
                length: 0x04_0506,
            })
        );
        for code in [0x3b, 0x3c] {
            assert_eq!(
                disk(&[code, 0x22, 0, 0, 0, 0, 0, 0, 0, 0]),
                Err(Sense::invalid_field_bit(1, 7))
            );
        }
    }
}
