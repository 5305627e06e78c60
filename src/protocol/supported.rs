// SPDX-License-Identifier: GPL-2.0

//! What a unit supports: REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT
//! FUNCTIONS parameter data (SPC-6).

use crate::protocol::{
    buf::Writer,
    command::OpcodeQuery,
    profile::Profile,
    sense::Sense,
    table::{
        commands,
        Entry, //
    }, //
};

/// SUPPORT: the command is not supported.
const NOT_SUPPORTED: u8 = 0x01;
/// SUPPORT: the command is supported as the standard says.
const SUPPORTED: u8 = 0x03;

/// Command timeouts descriptor: its length, and no timeouts that would be worth naming.
const TIMEOUTS: [u8; 12] = [0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Writes the parameter data of REPORT SUPPORTED OPERATION CODES into `out`, with or without
/// command timeouts descriptors, and returns how many bytes of it are valid.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB with a pointer to REQUESTED OPERATION CODE if the query leaves out
/// a service action that the operation code has, or names one that it cannot have.
pub(crate) fn report_opcodes(
    profile: &Profile,
    timeouts: bool,
    query: OpcodeQuery,
    out: &mut [u8],
) -> Result<usize, Sense> {
    let (code, action) = match query {
        OpcodeQuery::All => return Ok(all(profile, timeouts, out)),
        OpcodeQuery::Opcode(code) => {
            if has_actions(profile, code) == Some(true) {
                return Err(Sense::invalid_field(3));
            }
            (code, None)
        }
        OpcodeQuery::ServiceAction(code, action) => {
            if has_actions(profile, code) == Some(false) {
                return Err(Sense::invalid_field(3));
            }
            (code, Some(action))
        }
        OpcodeQuery::Either(code, 0) if has_actions(profile, code) == Some(false) => (code, None),
        OpcodeQuery::Either(code, action) => (code, Some(action)),
    };
    let entry =
        supported(profile).find(|entry| entry.opcode == code && entry.service_action == action);
    Ok(one(profile, timeouts, entry, out))
}

/// Returns the commands that the unit has.
fn supported(profile: &Profile) -> impl Iterator<Item = &'static Entry> + '_ {
    commands(profile.kind).filter(|entry| entry.is_supported(profile))
}

/// Returns whether an operation code has service actions; `None` if it is not supported.
fn has_actions(profile: &Profile, code: u8) -> Option<bool> {
    supported(profile)
        .find(|entry| entry.opcode == code)
        .map(|entry| entry.service_action.is_some())
}

/// Returns the length of a CDB as the data have it.
fn cdb_length(entry: &Entry) -> [u8; 2] {
    u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// Writes the data about all commands.
fn all(profile: &Profile, timeouts: bool, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    let each = if timeouts { 8 + TIMEOUTS.len() } else { 8 };
    let length = supported(profile).count().saturating_mul(each);
    data.put(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    for entry in supported(profile) {
        let [action_high, action_low] = entry.service_action.unwrap_or(0).to_be_bytes();
        let mut flags = 0x00;
        if entry.service_action.is_some() {
            flags |= 0x01; // SERVACTV.
        }
        if timeouts {
            flags |= 0x02; // CTDP.
        }
        data.put(&[entry.opcode, 0, action_high, action_low, 0, flags]);
        data.put(&cdb_length(entry));
        if timeouts {
            data.put(&TIMEOUTS);
        }
    }
    data.len()
}

/// Writes the data about one command; `None` is one that is not supported.
fn one(profile: &Profile, timeouts: bool, entry: Option<&Entry>, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    match entry {
        None => data.put(&[0, NOT_SUPPORTED, 0, 0]),
        Some(entry) => {
            let ctdp = if timeouts { 0x80 } else { 0x00 };
            data.put(&[0, ctdp | SUPPORTED]);
            data.put(&cdb_length(entry));
            data.put(&[entry.opcode]);
            for byte in entry.usage(profile) {
                data.put(&[byte]);
            }
            if timeouts {
                data.put(&TIMEOUTS);
            }
        }
    }
    data.len()
}

/// Writes the parameter data of REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS into `out` and returns
/// how many bytes of it are valid. The extended form adds timeouts, of which there are none.
///
/// Error handling offers ABORT TASK and LOGICAL UNIT RESET.
pub(crate) fn report_tmfs(extended: bool, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    let additional = if extended { 12 } else { 0 };
    data.put(&[0x88, 0, 0, additional]); // ATS and LURS.
    if extended {
        data.put(&[0; 12]);
    }
    data.len()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_supported))]
mod tests {
    use super::*;
    use crate::protocol::cdb::testing::{
        cdrom_profile,
        disk_profile,
        full_disk_profile, //
    };

    /// Returns the first bytes of the data about one command, and how many there are.
    fn about(
        profile: &Profile,
        timeouts: bool,
        query: OpcodeQuery,
    ) -> Result<([u8; 48], usize), Sense> {
        let mut out = [0xaa; 48];
        let len = report_opcodes(profile, timeouts, query, &mut out)?;
        Ok((out, len))
    }

    /// Returns whether a command is said to be supported, of which nobody may say it is not known.
    fn is_supported(profile: &Profile, query: OpcodeQuery) -> bool {
        match about(profile, false, query) {
            Ok((data, 4)) => {
                assert_eq!(data[..4], [0, 1, 0, 0]);
                false
            }
            Ok((data, _)) => {
                assert_eq!(data[..2], [0, 3]);
                true
            }
            Err(_) => false,
        }
    }

    #[test]
    fn one_command_tells_its_usage() {
        let Some(profile) = disk_profile() else {
            return;
        };
        let query = OpcodeQuery::Opcode(0x28);
        let (data, len) = about(&profile, false, query).unwrap_or(([0; 48], 0));
        assert_eq!(
            data[..len],
            [0, 3, 0, 10, 0x28, 0x06, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0]
        );
        // The same with timeouts.
        let (data, len) = about(&profile, true, query).unwrap_or(([0; 48], 0));
        assert_eq!(
            data[..len],
            [
                0, 0x83, 0, 10, 0x28, 0x06, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0, 0, 10, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0
            ]
        );
    }

    #[test]
    fn usage_has_operation_code_and_service_action() {
        let Some(profile) = full_disk_profile() else {
            return;
        };
        let query = OpcodeQuery::ServiceAction(0x9e, 0x10);
        let (data, len) = about(&profile, false, query).unwrap_or(([0; 48], 0));
        assert_eq!(
            data[..len],
            [0, 3, 0, 16, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0]
        );
        let query = OpcodeQuery::ServiceAction(0x7f, 0x09);
        let (data, len) = about(&profile, false, query).unwrap_or(([0; 48], 0));
        assert_eq!(len, 36);
        assert_eq!(
            data[..16],
            [0, 3, 0, 32, 0x7f, 0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x09, 0x1e, 0]
        );
    }

    #[test]
    fn usage_depends_on_the_unit() {
        let (Some(plain), Some(full)) = (disk_profile(), full_disk_profile()) else {
            return;
        };
        for (code, without, with) in [
            (0x28, 0x06, 0x1e),
            (0x2e, 0x06, 0x16),
            (0x41, 0x00, 0x08),
            (0x93, 0x00, 0x09),
        ] {
            for (profile, byte1) in [(&plain, without), (&full, with)] {
                let (data, _) =
                    about(profile, false, OpcodeQuery::Opcode(code)).unwrap_or(([0xff; 48], 0));
                assert_eq!(data[5], byte1);
            }
        }
    }

    #[test]
    fn a_query_fits_the_operation_code() {
        let Some(profile) = disk_profile() else {
            return;
        };
        for code in [0x48, 0x5e, 0x5f, 0x7f, 0x9e, 0x9f, 0xa3, 0xa4] {
            assert_eq!(
                about(&profile, false, OpcodeQuery::Opcode(code)),
                Err(Sense::invalid_field(3))
            );
        }
        for code in [0x00, 0x12, 0x28, 0x93] {
            assert_eq!(
                about(&profile, false, OpcodeQuery::ServiceAction(code, 0)),
                Err(Sense::invalid_field(3))
            );
        }
    }

    #[test]
    fn either_query_is_never_refused() {
        let Some(profile) = disk_profile() else {
            return;
        };
        for (code, action, supported) in [
            (0x28, 0, true),
            (0x28, 1, false),
            (0x9e, 0x10, true),
            (0x9e, 0x00, false),
            (0x5e, 0x00, true),
            (0x7f, 0x09, true),
            (0x7f, 0x1801, false),
            (0x83, 0x00, false),
            (0x83, 0x01, false),
        ] {
            let query = OpcodeQuery::Either(code, action);
            assert!(about(&profile, true, query).is_ok());
            assert_eq!(is_supported(&profile, query), supported);
        }
    }

    #[test]
    fn what_the_unit_does_not_have_is_not_supported() {
        let (Some(plain), Some(full), Some(cdrom)) =
            (disk_profile(), full_disk_profile(), cdrom_profile())
        else {
            return;
        };
        for (code, on_plain, on_full, on_cdrom) in [
            (0x12, true, true, true),
            (0x2a, true, true, false),
            (0x42, false, true, false),
            (0x9c, false, true, false),
            (0x1e, false, true, true),
            (0x43, false, false, true),
            (0x83, false, false, false),
        ] {
            let query = OpcodeQuery::Opcode(code);
            assert_eq!(is_supported(&plain, query), on_plain);
            assert_eq!(is_supported(&full, query), on_full);
            assert_eq!(is_supported(&cdrom, query), on_cdrom);
        }
        assert!(!is_supported(&plain, OpcodeQuery::ServiceAction(0x83, 0)));
        assert!(!is_supported(
            &plain,
            OpcodeQuery::ServiceAction(0x9e, 0x11)
        ));
    }

    #[test]
    fn all_commands_start_with_their_length() {
        let Some(profile) = cdrom_profile() else {
            return;
        };
        for (timeouts, each) in [(false, 8), (true, 20)] {
            let mut out = [0xaa; 1024];
            let len = report_opcodes(&profile, timeouts, OpcodeQuery::All, &mut out).unwrap_or(0);
            assert_eq!(len, 4 + each * supported(&profile).count());
            assert!(len < out.len());
            let stated = u32::from_be_bytes([out[0], out[1], out[2], out[3]]);
            assert_eq!(usize::try_from(stated), Ok(len - 4));
            for data in out[4..len].chunks(each) {
                assert_eq!(data[1], 0);
                assert_eq!(data[4], 0);
                assert_eq!(data[5] & 0x02, 2 * u8::from(timeouts));
                assert_eq!(data[5] & 0x01, u8::from(data[0] == 0xa3));
                assert!(matches!(data[7], 6 | 10 | 12));
                assert_eq!(data.get(8..10), timeouts.then_some(&[0, 10][..]));
            }
        }
    }

    #[test]
    fn task_management_functions_are_those_of_error_handling() {
        let mut out = [0xaa; 17];
        assert_eq!(report_tmfs(false, &mut out), 4);
        assert_eq!(out[..5], [0x88, 0, 0, 0, 0xaa]);
        assert_eq!(report_tmfs(true, &mut out), 16);
        assert_eq!(
            out[..16],
            [0x88, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(report_tmfs(true, &mut out[..3]), 3);
    }
}
