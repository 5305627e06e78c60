// SPDX-License-Identifier: GPL-2.0

//! Command descriptor blocks (SPC-6, "The Command Descriptor Block").
//!
//! The command table says which bits of a CDB may be set. What is left to do here is to refuse the
//! values that a field may not have, and to make a [`Command`] of the others.

pub(crate) mod block;
pub(crate) mod extent;
pub(crate) mod manage;
pub(crate) mod mmc;
pub(crate) mod opcode;
pub(crate) mod primary;

use crate::protocol::{
    command::Command,
    profile::Profile,
    sense::Sense,
    table::{
        Entry,
        LONGEST, //
    }, //
};

/// A CDB with zeroes behind its end.
pub(crate) type Cdb = [u8; LONGEST];

/// Makes a command of a CDB whose operation code, service action and bits are right.
pub(crate) type Decoder = fn(&Cdb, &Profile) -> Result<Command, Sense>;

/// Where a variable length CDB has its ADDITIONAL CDB LENGTH.
const ADDITIONAL_LENGTH: usize = 7;

/// Decodes the CDB of the command that [`find`](crate::protocol::table::find) found for it.
///
/// Bytes behind the end of the command are ignored, as the transport may pad it.
///
/// # Errors
///
/// Returns INVALID COMMAND OPERATION CODE if the unit does not have the command, and INVALID FIELD
/// IN CDB with a pointer to the first missing byte of a CDB that ends too early, to the field that
/// a bit belongs to which the unit does not know, or to the field with a value that it does not.
pub(crate) fn decode(entry: &Entry, cdb: &[u8], profile: &Profile) -> Result<Command, Sense> {
    if !entry.is_supported(profile) {
        return Err(Sense::INVALID_OPCODE);
    }
    let mut padded = [0; LONGEST];
    match (cdb.get(..entry.len()), padded.get_mut(..entry.len())) {
        (Some(command), Some(room)) => room.copy_from_slice(command),
        _ => return Err(ends_early(cdb)),
    }
    if entry.opcode == opcode::VARIABLE_LENGTH
        && usize::from(padded[ADDITIONAL_LENGTH]) != entry.len() - (ADDITIONAL_LENGTH + 1)
    {
        return Err(Sense::invalid_field(7));
    }
    entry.check_bits(&padded, profile)?;
    entry.decode(&padded, profile)
}

/// Returns the sense data for a CDB that ends before its command does.
pub(crate) fn ends_early(cdb: &[u8]) -> Sense {
    Sense::invalid_field(u16::try_from(cdb.len()).unwrap_or(u16::MAX))
}

/// Returns a two byte length of a CDB.
fn length16(bytes: [u8; 2]) -> usize {
    usize::from(u16::from_be_bytes(bytes))
}

/// Returns a four byte length of a CDB.
///
/// Where `usize` is narrower it saturates, which no buffer can tell from the truth.
fn length32(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

/// Profiles, and how to decode, for the tests here and elsewhere.
#[cfg(any(test, CONFIG_KUNIT = "y"))]
pub(crate) mod testing {
    use super::*;
    use crate::protocol::{
        inquiry::samples,
        profile::Kind,
        table, //
    };

    /// Returns a device of 512 byte blocks that has nothing optional.
    fn plain(kind: Kind, removable: bool) -> Option<Profile> {
        Some(Profile {
            kind,
            removable,
            dpofua: false,
            ..samples::disk()
        })
    }

    /// Returns a disk that has nothing optional.
    pub(crate) fn disk_profile() -> Option<Profile> {
        plain(Kind::Disk, false)
    }

    /// Returns a disk that has everything.
    pub(crate) fn full_disk_profile() -> Option<Profile> {
        let mut profile = plain(Kind::Disk, true)?;
        profile.dpofua = true;
        profile.provisioning.unmap = true;
        profile.provisioning.write_same_16 = true;
        profile.provisioning.write_same_10 = true;
        profile.atomic.max_length = 8;
        Some(profile)
    }

    /// Returns a CD drive.
    pub(crate) fn cdrom_profile() -> Option<Profile> {
        plain(Kind::Cdrom, true)
    }

    /// Decodes for [`disk_profile`].
    pub(crate) fn disk(cdb: &[u8]) -> Result<Command, Sense> {
        on(disk_profile(), cdb)
    }

    /// Decodes for [`full_disk_profile`].
    pub(crate) fn full_disk(cdb: &[u8]) -> Result<Command, Sense> {
        on(full_disk_profile(), cdb)
    }

    /// Decodes for [`cdrom_profile`].
    pub(crate) fn cdrom(cdb: &[u8]) -> Result<Command, Sense> {
        on(cdrom_profile(), cdb)
    }

    /// Decodes for a device; one without a profile serves nothing.
    fn on(profile: Option<Profile>, cdb: &[u8]) -> Result<Command, Sense> {
        let profile = profile.ok_or(Sense::LUN_NOT_SUPPORTED)?;
        decode(table::find(profile.kind, cdb)?, cdb, &profile)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb))]
mod tests {
    use super::{
        testing::{
            cdrom,
            disk,
            full_disk, //
        },
        *,
    };

    #[test]
    fn a_cut_cdb_points_to_its_first_missing_byte() {
        assert_eq!(disk(&[]), Err(Sense::invalid_field(0)));
        let commands: [&[u8]; 6] = [
            &[0x00, 0, 0, 0, 0, 0],
            &[0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x5e, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[
                0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0,
            ],
        ];
        for cdb in commands {
            assert!(disk(cdb).is_ok());
            for (cut, missing) in (1..cdb.len()).zip(1..) {
                assert_eq!(disk(&cdb[..cut]), Err(Sense::invalid_field(missing)));
            }
        }
    }

    #[test]
    fn what_is_behind_the_command_does_not_matter() {
        assert_eq!(
            disk(&[0x00, 0, 0, 0, 0, 0, 0xff]),
            Ok(Command::TestUnitReady)
        );
        assert_eq!(
            disk(&{
                let mut padded = [0xff; 64];
                padded[..10].fill(0);
                padded[0] = 0x25;
                padded
            }),
            Ok(Command::ReadCapacity10)
        );
    }

    #[test]
    fn unknown_bits_are_pointed_at() {
        // CONTROL with NACA, and with LINK.
        assert_eq!(
            disk(&[0x00, 0, 0, 0, 0, 0x04]),
            Err(Sense::invalid_field_bit(5, 2))
        );
        assert_eq!(
            disk(&[0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0x01]),
            Err(Sense::invalid_field_bit(9, 0))
        );
        // The first byte counts, and there the most significant bit.
        assert_eq!(
            disk(&[0x00, 0, 0x82, 0xff, 0, 0]),
            Err(Sense::invalid_field_bit(2, 7))
        );
        // CMDDT.
        assert_eq!(
            disk(&[0x12, 0x02, 0, 0, 36, 0]),
            Err(Sense::invalid_field_bit(1, 1))
        );
    }

    #[test]
    fn protection_is_pointed_at_as_a_field() {
        for code in [0x28, 0x2a, 0x2e, 0x2f, 0x41, 0xa8, 0xaa, 0xae, 0xaf] {
            for protect in [0x20, 0x40, 0x80, 0xe0] {
                let cdb = [code, protect, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                assert_eq!(full_disk(&cdb), Err(Sense::invalid_field_bit(1, 7)));
            }
        }
        for code in [0x88, 0x89, 0x8a, 0x8b, 0x8e, 0x8f, 0x93, 0x9c] {
            let cdb = [code, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(full_disk(&cdb), Err(Sense::invalid_field_bit(1, 7)));
        }
    }

    #[test]
    fn a_variable_length_cdb_has_its_full_length() {
        let mut cdb = [0; 32];
        cdb[0] = 0x7f;
        cdb[7] = 0x18;
        cdb[9] = 0x0b;
        assert!(disk(&cdb).is_ok());
        for length in [0x00, 0x08, 0x17, 0x19, 0xff] {
            cdb[7] = length;
            assert_eq!(disk(&cdb), Err(Sense::invalid_field(7)));
        }
    }

    #[test]
    fn what_a_unit_does_not_have_it_does_not_know() {
        let unmap = [0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0];
        assert_eq!(disk(&unmap), Err(Sense::INVALID_OPCODE));
        assert!(full_disk(&unmap).is_ok());
        let atomic = [0x9c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
        assert_eq!(disk(&atomic), Err(Sense::INVALID_OPCODE));
        assert!(full_disk(&atomic).is_ok());
        let prevent = [0x1e, 0, 0, 0, 1, 0];
        assert_eq!(disk(&prevent), Err(Sense::INVALID_OPCODE));
        assert!(full_disk(&prevent).is_ok());
        assert!(cdrom(&prevent).is_ok());
    }

    #[test]
    fn each_kind_has_its_commands() {
        for code in [0x43, 0x46, 0x4a, 0x51, 0x52, 0xbb, 0xbd, 0xbe] {
            assert_eq!(full_disk(&[code; 12]), Err(Sense::INVALID_OPCODE));
        }
        for code in [0x04, 0x0a, 0x16, 0x2a, 0x42, 0x48, 0x5e, 0x7f, 0x88, 0xa4] {
            assert_eq!(cdrom(&[code; 32]), Err(Sense::INVALID_OPCODE));
        }
        // EXTENDED COPY, and a vendor specific one.
        for code in [0x83, 0xff] {
            assert_eq!(full_disk(&[code; 16]), Err(Sense::INVALID_OPCODE));
        }
    }

    #[test]
    fn unknown_service_actions_are_pointed_at() {
        for (code, action) in [
            (0x48, 0x00),
            (0x48, 0x04),
            (0x5e, 0x04),
            (0x5f, 0x07),
            (0x9e, 0x11),
        ] {
            let cdb = [code, action, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(disk(&cdb), Err(Sense::invalid_field_bit(1, 4)));
        }
        let mut cdb = [0; 32];
        cdb[0] = 0x7f;
        cdb[7] = 0x18;
        cdb[8] = 0x01;
        cdb[9] = 0x09;
        assert_eq!(disk(&cdb), Err(Sense::invalid_field(8)));
    }
}
