// SPDX-License-Identifier: GPL-2.0

//! The commands of CD drives (MMC-6).

use crate::protocol::{
    cdb::{
        length16,
        Cdb, //
    },
    command::{
        ByteCheck,
        CacheControl,
        Command,
        Extent,
        PowerRequest, //
    },
    profile::Profile,
    sense::Sense,
};

/// Decodes START STOP UNIT of a CD drive, whose power conditions have no modifiers.
pub(crate) fn start_stop_unit(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let request = match cdb[4] >> 4 {
        0x0 => PowerRequest::StartStop {
            start: cdb[4] & 0x01 != 0,
            load_eject: cdb[4] & 0x02 != 0,
        },
        0x2 => PowerRequest::Idle(0),
        0x3 => PowerRequest::Standby(0),
        _ => return Err(Sense::invalid_field_bit(4, 7)),
    };
    Ok(Command::StartStopUnit {
        immediate: cdb[1] & 0x01 != 0,
        no_flush: false,
        request,
    })
}

/// Decodes VERIFY(10), which never compares.
pub(crate) fn verify(extent: Extent, options: u8) -> Result<Command, Sense> {
    Ok(Command::Verify {
        extent,
        cache: CacheControl {
            dpo: options & 0x10 != 0,
            fua: false,
        },
        check: ByteCheck::Medium,
    })
}

/// Decodes READ TOC/PMA/ATIP.
///
/// While FORMAT was not yet in byte 2, drives had it in the two vendor specific bits of CONTROL,
/// and that is how Linux still asks for the first track of the last session.
pub(crate) fn read_toc(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let format = match (cdb[2] & 0x0f, cdb[9] >> 6) {
        (0, 3) => return Err(Sense::invalid_field_bit(9, 7)),
        (0, old) => old,
        (format, _) => format,
    };
    Ok(Command::ReadToc {
        msf: cdb[1] & 0x02 != 0,
        format,
        track: cdb[6],
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes GET CONFIGURATION.
pub(crate) fn get_configuration(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let request = cdb[1] & 0x03;
    if request > 2 {
        return Err(Sense::invalid_field_bit(1, 1));
    }
    Ok(Command::GetConfiguration {
        request,
        first: u16::from_be_bytes([cdb[2], cdb[3]]),
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes GET EVENT STATUS NOTIFICATION. Without POLLED it would not end before there is an event,
/// and drives need not know that.
pub(crate) fn get_event_status(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    if cdb[1] & 0x01 == 0 {
        return Err(Sense::invalid_field_bit(1, 0));
    }
    Ok(Command::GetEventStatus {
        classes: cdb[4],
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes READ DISC INFORMATION.
pub(crate) fn read_disc_information(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let data_type = cdb[1] & 0x07;
    if data_type > 2 {
        return Err(Sense::invalid_field_bit(1, 2));
    }
    Ok(Command::ReadDiscInformation {
        data_type,
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes READ TRACK INFORMATION.
pub(crate) fn read_track_information(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let address_type = cdb[1] & 0x03;
    if address_type > 2 {
        return Err(Sense::invalid_field_bit(1, 1));
    }
    Ok(Command::ReadTrackInformation {
        address_type,
        address: u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]]),
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes MECHANISM STATUS.
pub(crate) fn mechanism_status(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::MechanismStatus {
        allocation_length: length16([cdb[8], cdb[9]]),
    })
}

/// Decodes READ CD. EXPECTED SECTOR TYPE, C2 ERROR INFORMATION and SUB-CHANNEL DATA SELECTION have
/// reserved values.
pub(crate) fn read_cd(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let sector_type = (cdb[1] >> 2) & 0x07;
    let parts = cdb[9];
    let subchannel = cdb[10];
    if sector_type > 5 {
        return Err(Sense::invalid_field_bit(1, 4));
    }
    if parts & 0x06 == 0x06 {
        return Err(Sense::invalid_field_bit(9, 2));
    }
    if !matches!(subchannel, 0 | 1 | 2 | 4) {
        return Err(Sense::invalid_field_bit(10, 2));
    }
    Ok(Command::ReadCd {
        extent: Extent {
            lba: u64::from(u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]])),
            blocks: u32::from_be_bytes([0, cdb[6], cdb[7], cdb[8]]),
        },
        sector_type,
        parts,
        subchannel,
    })
}

/// Decodes SET CD SPEED, whose ROTATIONAL CONTROL is constant linear or constant angular velocity.
pub(crate) fn set_cd_speed(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    if (cdb[1] & 0x03) > 1 {
        return Err(Sense::invalid_field_bit(1, 1));
    }
    Ok(Command::SetCdSpeed)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb_mmc))]
mod tests {
    use super::*;
    use crate::protocol::cdb::testing::cdrom;

    #[test]
    fn decodes_reads() {
        let extent = Extent {
            lba: 0x0102_0304,
            blocks: 0x0506,
        };
        let cache = CacheControl::default();
        assert_eq!(
            cdrom(&[0x28, 0, 1, 2, 3, 4, 0, 5, 6, 0]),
            Ok(Command::Read { extent, cache })
        );
        assert_eq!(
            cdrom(&[0xa8, 0, 1, 2, 3, 4, 0, 0, 5, 6, 0, 0]),
            Ok(Command::Read { extent, cache })
        );
        assert_eq!(
            cdrom(&[0x2f, 0, 1, 2, 3, 4, 0, 5, 6, 0]),
            Ok(Command::Verify {
                extent,
                cache,
                check: ByteCheck::Medium,
            })
        );
        assert_eq!(
            cdrom(&[0x35, 0x02, 1, 2, 3, 4, 0, 5, 6, 0]),
            Ok(Command::SynchronizeCache(extent))
        );
        // BYTCHK.
        assert_eq!(
            cdrom(&[0x2f, 0x02, 0, 0, 0, 0, 0, 0, 0, 0]),
            Err(Sense::invalid_field_bit(1, 1))
        );
    }

    #[test]
    fn decodes_start_stop_unit() {
        for (byte4, request) in [
            (
                0x02,
                PowerRequest::StartStop {
                    start: false,
                    load_eject: true,
                },
            ),
            (0x20, PowerRequest::Idle(0)),
            (0x30, PowerRequest::Standby(0)),
        ] {
            assert_eq!(
                cdrom(&[0x1b, 0x01, 0, 0, byte4, 0]),
                Ok(Command::StartStopUnit {
                    immediate: true,
                    no_flush: false,
                    request,
                })
            );
        }
        for byte4 in [0x10, 0x40, 0x50, 0x70, 0xa0, 0xb0] {
            assert_eq!(
                cdrom(&[0x1b, 0, 0, 0, byte4, 0]),
                Err(Sense::invalid_field_bit(4, 7))
            );
        }
        // A layer of a hybrid disc.
        assert_eq!(
            cdrom(&[0x1b, 0, 0, 1, 0x04, 0]),
            Err(Sense::invalid_field_bit(3, 0))
        );
    }

    #[test]
    fn decodes_read_toc() {
        for (byte2, control, format) in [
            (0x00, 0x00, 0),
            (0x01, 0x00, 1),
            (0x0f, 0x00, 15),
            (0x00, 0x40, 1),
            (0x00, 0x80, 2),
            (0x02, 0x40, 2),
        ] {
            assert_eq!(
                cdrom(&[0x43, 0x02, byte2, 0, 0, 0, 0xaa, 0x03, 0x24, control]),
                Ok(Command::ReadToc {
                    msf: true,
                    format,
                    track: 0xaa,
                    allocation_length: 0x324,
                })
            );
        }
        assert_eq!(
            cdrom(&[0x43, 0, 0, 0, 0, 0, 0, 0, 4, 0xc0]),
            Err(Sense::invalid_field_bit(9, 7))
        );
    }

    #[test]
    fn decodes_configuration_and_events() {
        assert_eq!(
            cdrom(&[0x46, 0x02, 0x01, 0x08, 0, 0, 0, 0x00, 0x20, 0]),
            Ok(Command::GetConfiguration {
                request: 2,
                first: 0x108,
                allocation_length: 32,
            })
        );
        assert_eq!(
            cdrom(&[0x46, 0x03, 0, 0, 0, 0, 0, 0, 8, 0]),
            Err(Sense::invalid_field_bit(1, 1))
        );
        assert_eq!(
            cdrom(&[0x4a, 0x01, 0, 0, 0x10, 0, 0, 0, 8, 0]),
            Ok(Command::GetEventStatus {
                classes: 0x10,
                allocation_length: 8,
            })
        );
        assert_eq!(
            cdrom(&[0x4a, 0x00, 0, 0, 0x10, 0, 0, 0, 8, 0]),
            Err(Sense::invalid_field_bit(1, 0))
        );
    }

    #[test]
    fn decodes_information() {
        assert_eq!(
            cdrom(&[0x51, 0x01, 0, 0, 0, 0, 0, 0x01, 0x02, 0]),
            Ok(Command::ReadDiscInformation {
                data_type: 1,
                allocation_length: 0x102,
            })
        );
        assert_eq!(
            cdrom(&[0x51, 0x03, 0, 0, 0, 0, 0, 0, 34, 0]),
            Err(Sense::invalid_field_bit(1, 2))
        );
        assert_eq!(
            cdrom(&[0x52, 0x01, 1, 2, 3, 4, 0, 0, 36, 0]),
            Ok(Command::ReadTrackInformation {
                address_type: 1,
                address: 0x0102_0304,
                allocation_length: 36,
            })
        );
        assert_eq!(
            cdrom(&[0x52, 0x03, 0, 0, 0, 1, 0, 0, 36, 0]),
            Err(Sense::invalid_field_bit(1, 1))
        );
        assert_eq!(
            cdrom(&[0xbd, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x02, 0, 0]),
            Ok(Command::MechanismStatus {
                allocation_length: 0x102,
            })
        );
    }

    #[test]
    fn decodes_read_cd() {
        assert_eq!(
            cdrom(&[0xbe, 0x08, 1, 2, 3, 4, 5, 6, 7, 0xf8, 0x04, 0]),
            Ok(Command::ReadCd {
                extent: Extent {
                    lba: 0x0102_0304,
                    blocks: 0x05_0607,
                },
                sector_type: 2,
                parts: 0xf8,
                subchannel: 4,
            })
        );
        for (byte1, byte9, byte10, sense) in [
            (0x18, 0x10, 0x00, Sense::invalid_field_bit(1, 4)),
            (0x00, 0x16, 0x00, Sense::invalid_field_bit(9, 2)),
            (0x00, 0x10, 0x03, Sense::invalid_field_bit(10, 2)),
        ] {
            assert_eq!(
                cdrom(&[0xbe, byte1, 0, 0, 0, 0, 0, 0, 1, byte9, byte10, 0]),
                Err(sense)
            );
        }
    }

    #[test]
    fn decodes_set_cd_speed() {
        assert_eq!(
            cdrom(&[0xbb, 0x01, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0]),
            Ok(Command::SetCdSpeed)
        );
        assert_eq!(
            cdrom(&[0xbb, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Err(Sense::invalid_field_bit(1, 1))
        );
    }
}
