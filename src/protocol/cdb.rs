// SPDX-License-Identifier: GPL-2.0

//! Command descriptor blocks (SPC-6, "The Command Descriptor Block").

use crate::protocol::{
    mode,
    sense::Sense, //
};

/// Operation codes (SPC-6, annex of numeric order codes).
pub(crate) mod opcode {
    /// TEST UNIT READY.
    pub(crate) const TEST_UNIT_READY: u8 = 0x00;
    /// REQUEST SENSE.
    pub(crate) const REQUEST_SENSE: u8 = 0x03;
    /// READ(6).
    pub(crate) const READ_6: u8 = 0x08;
    /// WRITE(6).
    pub(crate) const WRITE_6: u8 = 0x0a;
    /// INQUIRY.
    pub(crate) const INQUIRY: u8 = 0x12;
    /// MODE SENSE(6).
    pub(crate) const MODE_SENSE_6: u8 = 0x1a;
    /// START STOP UNIT.
    pub(crate) const START_STOP_UNIT: u8 = 0x1b;
    /// READ CAPACITY(10).
    pub(crate) const READ_CAPACITY_10: u8 = 0x25;
    /// READ(10).
    pub(crate) const READ_10: u8 = 0x28;
    /// WRITE(10).
    pub(crate) const WRITE_10: u8 = 0x2a;
    /// WRITE AND VERIFY(10).
    pub(crate) const WRITE_AND_VERIFY_10: u8 = 0x2e;
    /// VERIFY(10).
    pub(crate) const VERIFY_10: u8 = 0x2f;
    /// PRE-FETCH(10).
    pub(crate) const PRE_FETCH_10: u8 = 0x34;
    /// SYNCHRONIZE CACHE(10).
    pub(crate) const SYNCHRONIZE_CACHE_10: u8 = 0x35;
    /// WRITE SAME(10).
    pub(crate) const WRITE_SAME_10: u8 = 0x41;
    /// UNMAP.
    pub(crate) const UNMAP: u8 = 0x42;
    /// MODE SENSE(10).
    pub(crate) const MODE_SENSE_10: u8 = 0x5a;
    /// The variable length CDB, whose service action says what it is.
    pub(crate) const VARIABLE_LENGTH: u8 = 0x7f;
    /// READ(16).
    pub(crate) const READ_16: u8 = 0x88;
    /// COMPARE AND WRITE.
    pub(crate) const COMPARE_AND_WRITE: u8 = 0x89;
    /// WRITE(16).
    pub(crate) const WRITE_16: u8 = 0x8a;
    /// ORWRITE(16).
    pub(crate) const ORWRITE_16: u8 = 0x8b;
    /// WRITE AND VERIFY(16).
    pub(crate) const WRITE_AND_VERIFY_16: u8 = 0x8e;
    /// VERIFY(16).
    pub(crate) const VERIFY_16: u8 = 0x8f;
    /// PRE-FETCH(16).
    pub(crate) const PRE_FETCH_16: u8 = 0x90;
    /// SYNCHRONIZE CACHE(16).
    pub(crate) const SYNCHRONIZE_CACHE_16: u8 = 0x91;
    /// WRITE SAME(16).
    pub(crate) const WRITE_SAME_16: u8 = 0x93;
    /// WRITE ATOMIC(16).
    pub(crate) const WRITE_ATOMIC_16: u8 = 0x9c;
    /// SERVICE ACTION IN(16).
    pub(crate) const SERVICE_ACTION_IN_16: u8 = 0x9e;
    /// REPORT LUNS.
    pub(crate) const REPORT_LUNS: u8 = 0xa0;
    /// READ(12).
    pub(crate) const READ_12: u8 = 0xa8;
    /// WRITE(12).
    pub(crate) const WRITE_12: u8 = 0xaa;
    /// WRITE AND VERIFY(12).
    pub(crate) const WRITE_AND_VERIFY_12: u8 = 0xae;
    /// VERIFY(12).
    pub(crate) const VERIFY_12: u8 = 0xaf;
}

/// READ CAPACITY(16), a service action of SERVICE ACTION IN(16).
const SA_READ_CAPACITY_16: u8 = 0x10;

/// A run of logical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Address of the first block.
    pub(crate) lba: u64,
    /// Number of blocks. For SYNCHRONIZE CACHE, 0 means all blocks from `lba` on.
    pub(crate) blocks: u32,
}

impl Extent {
    /// Checks that the run ends within a disk of `capacity_blocks` blocks.
    ///
    /// An empty run may start right behind the last block, as SBC-4 compares the sum of address and
    /// length with the capacity.
    ///
    /// # Errors
    ///
    /// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE, also for sums that leave 64 bits.
    pub(crate) fn check(self, capacity_blocks: u64) -> Result<(), Sense> {
        match self.lba.checked_add(u64::from(self.blocks)) {
            Some(end) if end <= capacity_blocks => Ok(()),
            _ => Err(Sense::LBA_OUT_OF_RANGE),
        }
    }
}

/// A decoded command: the commands the emulated devices serve and the fields they act on.
///
/// Allocation lengths are bytes. The DPO and FUA bits are not kept: there is no volatile copy of
/// the data that they could bypass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// TEST UNIT READY (SPC-6).
    TestUnitReady,
    /// REQUEST SENSE (SPC-6).
    RequestSense {
        /// DESC: descriptor format is wanted instead of fixed format.
        descriptor: bool,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// INQUIRY (SPC-6).
    Inquiry {
        /// PAGE CODE of the vital product data asked for; `None` asks for standard data.
        page: Option<u8>,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// MODE SENSE(6) and MODE SENSE(10) (SPC-6).
    ModeSense {
        /// What is asked for, and in which form.
        request: mode::Request,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ CAPACITY(10) (SBC-4).
    ReadCapacity10,
    /// READ CAPACITY(16) (SBC-4).
    ReadCapacity16 {
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
    /// READ(6), (10), (12) and (16) (SBC-4).
    Read(Extent),
    /// WRITE(6), (10), (12) and (16) (SBC-4).
    Write(Extent),
    /// SYNCHRONIZE CACHE(10) and (16) (SBC-4).
    SynchronizeCache(Extent),
    /// START STOP UNIT (SBC-4).
    StartStopUnit {
        /// START: make the unit active, or stop it.
        start: bool,
        /// LOEJ: load or eject the medium.
        load_eject: bool,
        /// POWER CONDITION; unless it is 0 (START_VALID), the two bits above have no meaning.
        power_condition: u8,
    },
    /// REPORT LUNS (SPC-6).
    ReportLuns {
        /// SELECT REPORT.
        select: u8,
        /// ALLOCATION LENGTH.
        allocation_length: usize,
    },
}

impl Command {
    /// Decodes a CDB.
    ///
    /// Bytes behind the end of the command are ignored, as the transport may pad it.
    ///
    /// # Errors
    ///
    /// Returns INVALID COMMAND OPERATION CODE for a command that is not served, and INVALID FIELD
    /// IN CDB with a pointer to the field for a service action or option that is not, or to the
    /// first missing byte of a CDB that ends too early.
    pub(crate) fn decode(cdb: &[u8]) -> Result<Self, Sense> {
        match *cdb.first().ok_or(Sense::invalid_field(0))? {
            opcode::TEST_UNIT_READY => fixed::<6>(cdb).map(|_| Self::TestUnitReady),
            opcode::REQUEST_SENSE => fixed(cdb).map(request_sense),
            opcode::INQUIRY => inquiry(fixed(cdb)?),
            opcode::MODE_SENSE_6 => fixed(cdb).map(mode_sense6),
            opcode::MODE_SENSE_10 => fixed(cdb).map(mode_sense10),
            opcode::READ_CAPACITY_10 => fixed::<10>(cdb).map(|_| Self::ReadCapacity10),
            opcode::SERVICE_ACTION_IN_16 => service_action_in16(fixed(cdb)?),
            opcode::READ_6 => fixed(cdb).map(extent6).map(Self::Read),
            opcode::READ_10 => protected10(fixed(cdb)?).map(Self::Read),
            opcode::READ_12 => protected12(fixed(cdb)?).map(Self::Read),
            opcode::READ_16 => protected16(fixed(cdb)?).map(Self::Read),
            opcode::WRITE_6 => fixed(cdb).map(extent6).map(Self::Write),
            opcode::WRITE_10 => protected10(fixed(cdb)?).map(Self::Write),
            opcode::WRITE_12 => protected12(fixed(cdb)?).map(Self::Write),
            opcode::WRITE_16 => protected16(fixed(cdb)?).map(Self::Write),
            opcode::SYNCHRONIZE_CACHE_10 => fixed(cdb).map(extent10).map(Self::SynchronizeCache),
            opcode::SYNCHRONIZE_CACHE_16 => fixed(cdb).map(extent16).map(Self::SynchronizeCache),
            opcode::START_STOP_UNIT => fixed(cdb).map(start_stop_unit),
            opcode::REPORT_LUNS => fixed(cdb).map(report_luns),
            _ => Err(Sense::INVALID_OPCODE),
        }
    }
}

/// Returns the first `N` bytes of `cdb`, or the sense data for a CDB that ends before.
fn fixed<const N: usize>(cdb: &[u8]) -> Result<&[u8; N], Sense> {
    cdb.first_chunk().ok_or(Sense::invalid_field(
        u16::try_from(cdb.len()).unwrap_or(u16::MAX),
    ))
}

/// Returns the number in two bytes of a CDB, most significant byte first.
fn be16(bytes: [u8; 2]) -> usize {
    usize::from(u16::from_be_bytes(bytes))
}

/// Returns the number in four bytes of a CDB, most significant byte first.
///
/// Where `usize` is narrower it saturates, which no buffer can tell from the truth.
fn be32(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

/// Decodes REQUEST SENSE.
fn request_sense(cdb: &[u8; 6]) -> Command {
    Command::RequestSense {
        descriptor: cdb[1] & 0x01 != 0,
        allocation_length: usize::from(cdb[4]),
    }
}

/// Decodes INQUIRY; a page code makes no sense without EVPD.
fn inquiry(cdb: &[u8; 6]) -> Result<Command, Sense> {
    let page = match (cdb[1] & 0x01 != 0, cdb[2]) {
        (true, code) => Some(code),
        (false, 0) => None,
        (false, _) => return Err(Sense::invalid_field(2)),
    };
    Ok(Command::Inquiry {
        page,
        allocation_length: be16([cdb[3], cdb[4]]),
    })
}

/// Decodes MODE SENSE(6).
fn mode_sense6(cdb: &[u8; 6]) -> Command {
    Command::ModeSense {
        request: mode::Request::new(true, [cdb[1], cdb[2], cdb[3]]),
        allocation_length: usize::from(cdb[4]),
    }
}

/// Decodes MODE SENSE(10).
fn mode_sense10(cdb: &[u8; 10]) -> Command {
    Command::ModeSense {
        request: mode::Request::new(false, [cdb[1], cdb[2], cdb[3]]),
        allocation_length: be16([cdb[7], cdb[8]]),
    }
}

/// Decodes the one service action served of SERVICE ACTION IN(16).
fn service_action_in16(cdb: &[u8; 16]) -> Result<Command, Sense> {
    match cdb[1] & 0x1f {
        SA_READ_CAPACITY_16 => Ok(Command::ReadCapacity16 {
            allocation_length: be32([cdb[10], cdb[11], cdb[12], cdb[13]]),
        }),
        _ => Err(Sense::invalid_field_bit(1, 4)),
    }
}

/// Decodes START STOP UNIT.
fn start_stop_unit(cdb: &[u8; 6]) -> Command {
    Command::StartStopUnit {
        start: cdb[4] & 0x01 != 0,
        load_eject: cdb[4] & 0x02 != 0,
        power_condition: cdb[4] >> 4,
    }
}

/// Decodes REPORT LUNS.
fn report_luns(cdb: &[u8; 12]) -> Command {
    Command::ReportLuns {
        select: cdb[2],
        allocation_length: be32([cdb[6], cdb[7], cdb[8], cdb[9]]),
    }
}

/// Decodes the extent of READ(6) and WRITE(6): 21 bits of address, and a length of 0 means 256.
fn extent6(cdb: &[u8; 6]) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([0, cdb[1] & 0x1f, cdb[2], cdb[3]])),
        blocks: match cdb[4] {
            0 => 256,
            length => u32::from(length),
        },
    }
}

/// Decodes the extent of a 10 byte command.
fn extent10(cdb: &[u8; 10]) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]])),
        blocks: u32::from(u16::from_be_bytes([cdb[7], cdb[8]])),
    }
}

/// Decodes the extent of a 12 byte command.
fn extent12(cdb: &[u8; 12]) -> Extent {
    Extent {
        lba: u64::from(u32::from_be_bytes([cdb[2], cdb[3], cdb[4], cdb[5]])),
        blocks: u32::from_be_bytes([cdb[6], cdb[7], cdb[8], cdb[9]]),
    }
}

/// Decodes the extent of a 16 byte command.
fn extent16(cdb: &[u8; 16]) -> Extent {
    Extent {
        lba: u64::from_be_bytes([
            cdb[2], cdb[3], cdb[4], cdb[5], cdb[6], cdb[7], cdb[8], cdb[9],
        ]),
        blocks: u32::from_be_bytes([cdb[10], cdb[11], cdb[12], cdb[13]]),
    }
}

/// Decodes READ(10) or WRITE(10).
fn protected10(cdb: &[u8; 10]) -> Result<Extent, Sense> {
    no_protection(cdb[1]).map(|()| extent10(cdb))
}

/// Decodes READ(12) or WRITE(12).
fn protected12(cdb: &[u8; 12]) -> Result<Extent, Sense> {
    no_protection(cdb[1]).map(|()| extent12(cdb))
}

/// Decodes READ(16) or WRITE(16).
fn protected16(cdb: &[u8; 16]) -> Result<Extent, Sense> {
    no_protection(cdb[1]).map(|()| extent16(cdb))
}

/// Refuses an RDPROTECT or WRPROTECT field in byte 1, as a unit without protection information
/// must.
fn no_protection(byte1: u8) -> Result<(), Sense> {
    if byte1 & 0xe0 == 0 {
        Ok(())
    } else {
        Err(Sense::invalid_field_bit(1, 7))
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb))]
mod tests {
    use super::*;
    use crate::protocol::sense::FieldPointer;

    /// Returns a command's extent.
    fn extent(lba: u64, blocks: u32) -> Extent {
        Extent { lba, blocks }
    }

    #[test]
    fn decodes_reads_and_writes_of_6_bytes() {
        // The three bits above the address are reserved, and a length of 0 means 256.
        assert_eq!(
            Command::decode(&[0x08, 0xff, 0xff, 0xff, 0xff, 0x00]),
            Ok(Command::Read(extent(0x1f_ffff, 255)))
        );
        assert_eq!(
            Command::decode(&[0x08, 0x01, 0x02, 0x03, 0x00, 0x00]),
            Ok(Command::Read(extent(0x01_0203, 256)))
        );
        assert_eq!(
            Command::decode(&[0x0a, 0x01, 0x02, 0x03, 0x08, 0x00]),
            Ok(Command::Write(extent(0x01_0203, 8)))
        );
    }

    #[test]
    fn decodes_reads_and_writes_of_10_bytes() {
        assert_eq!(
            Command::decode(&[0x28, 0x00, 0x00, 0x12, 0xd6, 0x87, 0x00, 0x01, 0x08, 0x00]),
            Ok(Command::Read(extent(0x12_d687, 0x108)))
        );
        assert_eq!(
            Command::decode(&[0x2a, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00]),
            Ok(Command::Write(extent(0xffff_ffff, 0)))
        );
    }

    #[test]
    fn decodes_reads_and_writes_of_12_bytes() {
        assert_eq!(
            Command::decode(&[
                0xa8, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x00, 0x00
            ]),
            Ok(Command::Read(extent(0x0102_0304, 0x0506_0708)))
        );
        assert_eq!(
            Command::decode(&[
                0xaa, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x00, 0x00
            ]),
            Ok(Command::Write(extent(0x0102_0304, 0x0506_0708)))
        );
    }

    #[test]
    fn decodes_reads_and_writes_of_16_bytes() {
        let mut cdb = [
            0x88, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
            0x00, 0x00,
        ];
        let wanted = extent(0x0102_0304_0506_0708, 0x090a_0b0c);
        assert_eq!(Command::decode(&cdb), Ok(Command::Read(wanted)));
        cdb[0] = 0x8a;
        assert_eq!(Command::decode(&cdb), Ok(Command::Write(wanted)));
    }

    #[test]
    fn accepts_dpo_and_fua_and_refuses_protection() {
        for code in [0x28, 0x2a, 0xa8, 0xaa, 0x88, 0x8a] {
            let mut cdb = [0; 16];
            cdb[0] = code;
            cdb[1] = 0x18;
            assert!(Command::decode(&cdb).is_ok());
            for protect in [0x20, 0x40, 0x80, 0xf8] {
                cdb[1] = protect;
                assert_eq!(Command::decode(&cdb), Err(Sense::invalid_field_bit(1, 7)));
            }
        }
    }

    #[test]
    fn decodes_synchronize_cache() {
        assert_eq!(
            Command::decode(&[0x35, 0x02, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x08, 0x00]),
            Ok(Command::SynchronizeCache(extent(0x1000, 8)))
        );
        assert_eq!(
            Command::decode(&[
                0x91, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                0x00, 0x00
            ]),
            Ok(Command::SynchronizeCache(extent(0x1_0000_0000, 2)))
        );
    }

    #[test]
    fn decodes_start_stop_unit() {
        for (byte4, start, load_eject, power_condition) in [
            (0x00, false, false, 0x0),
            (0x01, true, false, 0x0),
            (0x02, false, true, 0x0),
            (0x03, true, true, 0x0),
            (0x10, false, false, 0x1),
            (0x30, false, false, 0x3),
            (0xb1, true, false, 0xb),
        ] {
            assert_eq!(
                Command::decode(&[0x1b, 0x01, 0x00, 0x00, byte4, 0x00]),
                Ok(Command::StartStopUnit {
                    start,
                    load_eject,
                    power_condition,
                })
            );
        }
    }

    #[test]
    fn decodes_inquiry() {
        assert_eq!(
            Command::decode(&[0x12, 0x00, 0x00, 0x01, 0x24, 0x00]),
            Ok(Command::Inquiry {
                page: None,
                allocation_length: 0x124,
            })
        );
        assert_eq!(
            Command::decode(&[0x12, 0x01, 0x83, 0x00, 0xff, 0x00]),
            Ok(Command::Inquiry {
                page: Some(0x83),
                allocation_length: 255,
            })
        );
        assert_eq!(
            Command::decode(&[0x12, 0x01, 0x00, 0x00, 0x00, 0x00]),
            Ok(Command::Inquiry {
                page: Some(0x00),
                allocation_length: 0,
            })
        );
        assert_eq!(
            Command::decode(&[0x12, 0x00, 0x83, 0x00, 0xff, 0x00]),
            Err(Sense::invalid_field(2))
        );
    }

    #[test]
    fn decodes_mode_sense() {
        assert_eq!(
            Command::decode(&[0x1a, 0x08, 0x7f, 0xff, 0xc0, 0x00]),
            Ok(Command::ModeSense {
                request: mode::Request {
                    short: true,
                    dbd: true,
                    page_control: mode::PageControl::Changeable,
                    page: 0x3f,
                    subpage: 0xff,
                },
                allocation_length: 192,
            })
        );
        assert_eq!(
            Command::decode(&[0x5a, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00]),
            Ok(Command::ModeSense {
                request: mode::Request {
                    short: false,
                    dbd: false,
                    page_control: mode::PageControl::Current,
                    page: 0x08,
                    subpage: 0x00,
                },
                allocation_length: 0x201,
            })
        );
    }

    #[test]
    fn decodes_the_remaining_commands() {
        assert_eq!(
            Command::decode(&[0x00, 0, 0, 0, 0, 0]),
            Ok(Command::TestUnitReady)
        );
        assert_eq!(
            Command::decode(&[0x03, 0x01, 0, 0, 18, 0]),
            Ok(Command::RequestSense {
                descriptor: true,
                allocation_length: 18,
            })
        );
        assert_eq!(
            Command::decode(&[0x03, 0x00, 0, 0, 252, 0]),
            Ok(Command::RequestSense {
                descriptor: false,
                allocation_length: 252,
            })
        );
        assert_eq!(
            Command::decode(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Ok(Command::ReadCapacity10)
        );
        assert_eq!(
            Command::decode(&[0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x01, 0x00, 0x20, 0, 0]),
            Ok(Command::ReadCapacity16 {
                allocation_length: 0x1_0020,
            })
        );
        assert_eq!(
            Command::decode(&[0xa0, 0, 0x02, 0, 0, 0, 0x00, 0x00, 0x10, 0x00, 0, 0]),
            Ok(Command::ReportLuns {
                select: 2,
                allocation_length: 4096,
            })
        );
    }

    #[test]
    fn refuses_other_service_actions() {
        // GET LBA STATUS(16) is 12h.
        let mut cdb = [0; 16];
        cdb[0] = 0x9e;
        for action in [0x00, 0x0f, 0x11, 0x12, 0x1f] {
            cdb[1] = action;
            assert_eq!(Command::decode(&cdb), Err(Sense::invalid_field_bit(1, 4)));
        }
    }

    #[test]
    fn refuses_other_commands() {
        // MODE SELECT(6), UNMAP, WRITE SAME(16), MAINTENANCE IN and a vendor specific one.
        for code in [0x15, 0x42, 0x93, 0xa3, 0xff] {
            assert_eq!(Command::decode(&[code; 16]), Err(Sense::INVALID_OPCODE));
        }
    }

    #[test]
    fn a_cut_cdb_points_to_its_first_missing_byte() {
        assert_eq!(Command::decode(&[]), Err(Sense::invalid_field(0)));
        for (code, len) in [
            (0x00, 6),
            (0x03, 6),
            (0x08, 6),
            (0x0a, 6),
            (0x12, 6),
            (0x1a, 6),
            (0x1b, 6),
            (0x25, 10),
            (0x28, 10),
            (0x2a, 10),
            (0x35, 10),
            (0x5a, 10),
            (0x88, 16),
            (0x8a, 16),
            (0x91, 16),
            (0x9e, 16),
            (0xa0, 12),
            (0xa8, 12),
            (0xaa, 12),
        ] {
            let cdb = [code, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            for cut in 1..len {
                let missing = Sense {
                    field: Some(FieldPointer {
                        byte: cut,
                        bit: None,
                    }),
                    ..Sense::invalid_field(0)
                };
                assert_eq!(Command::decode(&cdb[..usize::from(cut)]), Err(missing));
            }
        }
    }

    #[test]
    fn an_extent_ends_within_the_capacity() {
        assert!(extent(0, 0).check(0).is_ok());
        assert!(extent(0, 1).check(0).is_err());
        assert!(extent(0, 8).check(8).is_ok());
        assert!(extent(7, 1).check(8).is_ok());
        assert!(extent(8, 0).check(8).is_ok());
        assert!(extent(9, 0).check(8).is_err());
        assert!(extent(1, 8).check(8).is_err());
        assert_eq!(extent(8, 1).check(8), Err(Sense::LBA_OUT_OF_RANGE));
    }

    #[test]
    fn an_extent_beyond_64_bits_does_not_wrap_around() {
        assert!(extent(u64::MAX, 0).check(u64::MAX).is_ok());
        assert!(extent(u64::MAX, 1).check(u64::MAX).is_err());
        assert!(extent(u64::MAX - 1, u32::MAX).check(u64::MAX).is_err());
    }
}
