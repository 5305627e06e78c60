// SPDX-License-Identifier: GPL-2.0

//! The commands that are about a disk as a whole, or about what it knows of its blocks (SBC-4 and
//! SBC-5).

use crate::protocol::{
    cdb::{
        extent::lba16,
        length16,
        length32,
        Cdb, //
    },
    command::{
        Command,
        PowerRequest,
        SanitizeAction, //
    },
    profile::Profile,
    sense::Sense,
};

/// Decodes READ CAPACITY(16).
pub(crate) fn read_capacity_16(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ReadCapacity16 {
        allocation_length: length32([cdb[10], cdb[11], cdb[12], cdb[13]]),
    })
}

/// Decodes GET LBA STATUS(16), whose only REPORT TYPE here is 00h: all logical blocks.
pub(crate) fn get_lba_status(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let report = cdb[14];
    if report != 0x00 {
        return Err(Sense::invalid_field(14));
    }
    Ok(Command::GetLbaStatus {
        lba: lba16(cdb),
        report,
        allocation_length: length32([cdb[10], cdb[11], cdb[12], cdb[13]]),
    })
}

/// Decodes GET STREAM STATUS.
pub(crate) fn get_stream_status(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::GetStreamStatus {
        first: u16::from_be_bytes([cdb[4], cdb[5]]),
        allocation_length: length32([cdb[10], cdb[11], cdb[12], cdb[13]]),
    })
}

/// Decodes START STOP UNIT of a disk.
pub(crate) fn start_stop_unit(cdb: &Cdb, profile: &Profile) -> Result<Command, Sense> {
    let request = match (cdb[4] >> 4, cdb[3]) {
        (0x0, 0) => PowerRequest::StartStop {
            start: cdb[4] & 0x01 != 0,
            load_eject: cdb[4] & 0x02 != 0,
        },
        (0x1, 0) => PowerRequest::Active,
        (0x2, modifier @ 0..=2) => PowerRequest::Idle(modifier),
        (0x3, modifier @ 0..=1) => PowerRequest::Standby(modifier),
        (0x7, 0) => PowerRequest::LuControl,
        (0xa, modifier @ 0..=2) => PowerRequest::ForceIdle(modifier),
        (0xb, modifier @ 0..=1) => PowerRequest::ForceStandby(modifier),
        (0x0..=0x3 | 0x7 | 0xa | 0xb, _) => return Err(Sense::invalid_field_bit(3, 3)),
        // Initiators expect of a unit with LOEJ that no power condition moves the medium, and that
        // those that it does not have do no harm.
        _ if profile.removable => PowerRequest::LuControl,
        _ => return Err(Sense::invalid_field_bit(4, 7)),
    };
    Ok(Command::StartStopUnit {
        immediate: cdb[1] & 0x01 != 0,
        no_flush: cdb[4] & 0x04 != 0,
        request,
    })
}

/// Decodes FORMAT UNIT; of the values of FFMT, 10b and 11b are none of this unit's.
pub(crate) fn format_unit(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    let fast = cdb[4] & 0x03;
    if fast > 1 {
        return Err(Sense::invalid_field_bit(4, 1));
    }
    Ok(Command::FormatUnit {
        data: cdb[1] & 0x10 != 0,
        long: cdb[1] & 0x20 != 0,
        complete: cdb[1] & 0x08 != 0,
        format: cdb[1] & 0x07,
        fast,
    })
}

/// Decodes the SANITIZE that overwrites: four bytes of header, and a pattern of one byte up to a
/// logical block.
pub(crate) fn sanitize_overwrite(cdb: &Cdb, profile: &Profile) -> Result<Command, Sense> {
    let length = u16::from_be_bytes([cdb[7], cdb[8]]);
    if length < 5 || u32::from(length) > profile.block_size.saturating_add(4) {
        return Err(Sense::invalid_field(7));
    }
    Ok(Command::Sanitize {
        action: SanitizeAction::Overwrite {
            length: usize::from(length),
        },
        immediate: cdb[1] & 0x80 != 0,
        ause: cdb[1] & 0x20 != 0,
    })
}

/// Decodes a SANITIZE that has no parameter list.
pub(crate) fn sanitize(action: SanitizeAction, cdb: &Cdb) -> Result<Command, Sense> {
    if length16([cdb[7], cdb[8]]) != 0 {
        return Err(Sense::invalid_field(7));
    }
    Ok(Command::Sanitize {
        action,
        immediate: cdb[1] & 0x80 != 0,
        ause: cdb[1] & 0x20 != 0,
    })
}

/// Decodes READ DEFECT DATA(10).
pub(crate) fn read_defect_data_10(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ReadDefectData {
        long: false,
        primary: cdb[2] & 0x10 != 0,
        grown: cdb[2] & 0x08 != 0,
        format: cdb[2] & 0x07,
        index: 0,
        allocation_length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes READ DEFECT DATA(12).
pub(crate) fn read_defect_data_12(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::ReadDefectData {
        long: true,
        primary: cdb[1] & 0x10 != 0,
        grown: cdb[1] & 0x08 != 0,
        format: cdb[1] & 0x07,
        index: u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]]),
        allocation_length: length32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    })
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb_manage))]
mod tests {
    use super::*;
    use crate::protocol::cdb::testing::{
        disk,
        full_disk, //
    };

    #[test]
    fn decodes_commands_about_the_unit() {
        assert_eq!(
            disk(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Ok(Command::ReadCapacity10)
        );
        assert_eq!(
            disk(&[0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x01, 0x00, 0x20, 0, 0]),
            Ok(Command::ReadCapacity16 {
                allocation_length: 0x1_0020,
            })
        );
        assert_eq!(
            disk(&[0x9e, 0x12, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 24, 0, 0]),
            Ok(Command::GetLbaStatus {
                lba: 0x0102_0304_0506_0708,
                report: 0,
                allocation_length: 24,
            })
        );
        assert_eq!(
            disk(&[0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 1, 0]),
            Err(Sense::invalid_field(14))
        );
        assert_eq!(
            disk(&[0x9e, 0x16, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0]),
            Ok(Command::GetStreamStatus {
                first: 0x0102,
                allocation_length: 64,
            })
        );
    }

    #[test]
    fn decodes_start_stop_unit() {
        for (byte3, byte4, no_flush, request) in [
            (
                0,
                0x01,
                false,
                PowerRequest::StartStop {
                    start: true,
                    load_eject: false,
                },
            ),
            (
                0,
                0x06,
                true,
                PowerRequest::StartStop {
                    start: false,
                    load_eject: true,
                },
            ),
            (0, 0x11, false, PowerRequest::Active),
            (0, 0x20, false, PowerRequest::Idle(0)),
            (2, 0x24, true, PowerRequest::Idle(2)),
            (0, 0x30, false, PowerRequest::Standby(0)),
            (1, 0x32, false, PowerRequest::Standby(1)),
            (0, 0x70, false, PowerRequest::LuControl),
            (1, 0xa0, false, PowerRequest::ForceIdle(1)),
            (1, 0xb0, false, PowerRequest::ForceStandby(1)),
        ] {
            for immediate in [false, true] {
                assert_eq!(
                    disk(&[0x1b, u8::from(immediate), 0, byte3, byte4, 0]),
                    Ok(Command::StartStopUnit {
                        immediate,
                        no_flush,
                        request,
                    })
                );
            }
        }
    }

    #[test]
    fn refuses_reserved_power_conditions() {
        for condition in [0x4, 0x5, 0x6, 0x8, 0x9, 0xc, 0xd, 0xe, 0xf] {
            assert_eq!(
                disk(&[0x1b, 0, 0, 0, condition << 4, 0]),
                Err(Sense::invalid_field_bit(4, 7))
            );
        }
        for (condition, modifier) in [(0, 1), (1, 1), (2, 3), (3, 2), (7, 1), (0xa, 3), (0xb, 2)] {
            assert_eq!(
                disk(&[0x1b, 0, 0, modifier, condition << 4, 0]),
                Err(Sense::invalid_field_bit(3, 3))
            );
        }
    }

    #[test]
    fn decodes_format_unit() {
        assert_eq!(
            disk(&[0x04, 0x38, 0, 0, 0x01, 0]),
            Ok(Command::FormatUnit {
                data: true,
                long: true,
                complete: true,
                format: 0,
                fast: 1,
            })
        );
        assert_eq!(
            disk(&[0x04, 0x06, 0, 0, 0, 0]),
            Ok(Command::FormatUnit {
                data: false,
                long: false,
                complete: false,
                format: 6,
                fast: 0,
            })
        );
        for (byte1, byte4, sense) in [
            (0x40, 0, Sense::invalid_field_bit(1, 7)),
            (0x90, 0, Sense::invalid_field_bit(1, 7)),
            (0x10, 2, Sense::invalid_field_bit(4, 1)),
            (0x10, 3, Sense::invalid_field_bit(4, 1)),
        ] {
            assert_eq!(disk(&[0x04, byte1, 0, 0, byte4, 0]), Err(sense));
        }
    }

    #[test]
    fn decodes_sanitize() {
        for (byte1, length, action) in [
            (0xa1, 5, SanitizeAction::Overwrite { length: 5 }),
            (0xa1, 516, SanitizeAction::Overwrite { length: 516 }),
            (0xa2, 0, SanitizeAction::BlockErase),
            (0xa3, 0, SanitizeAction::CryptographicErase),
            (0xbf, 0, SanitizeAction::ExitFailureMode),
        ] {
            let [high, low] = u16::to_be_bytes(length);
            assert_eq!(
                full_disk(&[0x48, byte1, 0, 0, 0, 0, 0, high, low, 0]),
                Ok(Command::Sanitize {
                    action,
                    immediate: true,
                    ause: true,
                })
            );
        }
        for (action, length) in [(1, 0), (1, 4), (1, 517), (2, 1), (3, 8), (0x1f, 0x100)] {
            let [high, low] = u16::to_be_bytes(length);
            assert_eq!(
                full_disk(&[0x48, action, 0, 0, 0, 0, 0, high, low, 0]),
                Err(Sense::invalid_field(7))
            );
        }
        // What is not thin has nothing to erase block by block.
        for action in [2, 3] {
            assert!(disk(&[0x48, action, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        }
        // ZNR is for zoned units.
        assert_eq!(
            full_disk(&[0x48, 0x42, 0, 0, 0, 0, 0, 0, 0, 0]),
            Err(Sense::invalid_field_bit(1, 6))
        );
    }

    #[test]
    fn decodes_read_defect_data() {
        assert_eq!(
            disk(&[0x37, 0, 0x1d, 0, 0, 0, 0, 0x01, 0x02, 0]),
            Ok(Command::ReadDefectData {
                long: false,
                primary: true,
                grown: true,
                format: 5,
                index: 0,
                allocation_length: 0x102,
            })
        );
        assert_eq!(
            disk(&[0xb7, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0]),
            Ok(Command::ReadDefectData {
                long: true,
                primary: false,
                grown: true,
                format: 0,
                index: 0x0102_0304,
                allocation_length: 0x0506_0708,
            })
        );
    }
}
