// SPDX-License-Identifier: GPL-2.0

//! Sense data (SPC-6, "Sense data").

use core::fmt;

/// The sense key, which says what kind of exception occurred (SPC-6, sense key and additional sense
/// code definitions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum SenseKey {
    /// NO SENSE: nothing to report.
    NoSense = 0x0,
    /// RECOVERED ERROR: the command succeeded after recovery by the device.
    RecoveredError = 0x1,
    /// NOT READY: the logical unit is not accessible.
    NotReady = 0x2,
    /// MEDIUM ERROR: the medium or the recorded data is flawed.
    MediumError = 0x3,
    /// HARDWARE ERROR: the device failed and did not recover.
    HardwareError = 0x4,
    /// ILLEGAL REQUEST: the command or its parameters are not supported.
    IllegalRequest = 0x5,
    /// UNIT ATTENTION: something happened to the device since the last command.
    UnitAttention = 0x6,
    /// DATA PROTECT: the medium may not be accessed that way.
    DataProtect = 0x7,
    /// BLANK CHECK: blank or non-blank medium was met unexpectedly.
    BlankCheck = 0x8,
    /// VENDOR SPECIFIC: defined by the vendor.
    VendorSpecific = 0x9,
    /// COPY ABORTED: a third-party copy failed.
    CopyAborted = 0xa,
    /// ABORTED COMMAND: the device aborted the command; a retry may help.
    AbortedCommand = 0xb,
    /// VOLUME OVERFLOW: the end of the medium was reached with data left.
    VolumeOverflow = 0xd,
    /// MISCOMPARE: the data differs from that on the medium.
    Miscompare = 0xe,
    /// COMPLETED: the command completed and more information follows.
    Completed = 0xf,
}

impl SenseKey {
    /// Returns the key with that number; Ch is reserved and there are none above Fh.
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0x0 => Self::NoSense,
            0x1 => Self::RecoveredError,
            0x2 => Self::NotReady,
            0x3 => Self::MediumError,
            0x4 => Self::HardwareError,
            0x5 => Self::IllegalRequest,
            0x6 => Self::UnitAttention,
            0x7 => Self::DataProtect,
            0x8 => Self::BlankCheck,
            0x9 => Self::VendorSpecific,
            0xa => Self::CopyAborted,
            0xb => Self::AbortedCommand,
            0xd => Self::VolumeOverflow,
            0xe => Self::Miscompare,
            0xf => Self::Completed,
            _ => return None,
        })
    }
}

/// An additional sense code with its qualifier (SPC-6, additional sense codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asc {
    /// ADDITIONAL SENSE CODE.
    pub(crate) asc: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER.
    pub(crate) ascq: u8,
}

impl Asc {
    /// NO ADDITIONAL SENSE INFORMATION.
    pub(crate) const NO_ADDITIONAL_SENSE_INFORMATION: Self = Self::new(0x00, 0x00);
    /// LOGICAL UNIT NOT READY, INITIALIZING COMMAND REQUIRED: the unit waits for START STOP UNIT.
    pub(crate) const LUN_NOT_READY_INITIALIZING_COMMAND_REQUIRED: Self = Self::new(0x04, 0x02);
    /// INVALID COMMAND OPERATION CODE.
    pub(crate) const INVALID_COMMAND_OPERATION_CODE: Self = Self::new(0x20, 0x00);
    /// LOGICAL BLOCK ADDRESS OUT OF RANGE.
    pub(crate) const LBA_OUT_OF_RANGE: Self = Self::new(0x21, 0x00);
    /// INVALID FIELD IN CDB.
    pub(crate) const INVALID_FIELD_IN_CDB: Self = Self::new(0x24, 0x00);
    /// LOGICAL UNIT NOT SUPPORTED.
    pub(crate) const LOGICAL_UNIT_NOT_SUPPORTED: Self = Self::new(0x25, 0x00);
    /// SAVING PARAMETERS NOT SUPPORTED.
    pub(crate) const SAVING_PARAMETERS_NOT_SUPPORTED: Self = Self::new(0x39, 0x00);
    /// INTERNAL TARGET FAILURE.
    pub(crate) const INTERNAL_TARGET_FAILURE: Self = Self::new(0x44, 0x00);

    /// Returns the pair of `asc` and `ascq`.
    pub(crate) const fn new(asc: u8, ascq: u8) -> Self {
        Self { asc, ascq }
    }
}

/// Names the field of the CDB that was wrong (SPC-6, field pointer sense-key specific data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldPointer {
    /// Offset of the field's first byte in the CDB.
    pub(crate) byte: u16,
    /// Its most significant bit within that byte, 0 to 7; `None` means the whole byte.
    pub(crate) bit: Option<u8>,
}

/// What a CHECK CONDITION reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sense {
    /// The sense key.
    pub(crate) key: SenseKey,
    /// The additional sense code and qualifier.
    pub(crate) asc: Asc,
    /// The field in error; only reported with ILLEGAL REQUEST.
    pub(crate) field: Option<FieldPointer>,
}

impl Sense {
    /// Nothing to report.
    pub(crate) const NO_SENSE: Self =
        Self::new(SenseKey::NoSense, Asc::NO_ADDITIONAL_SENSE_INFORMATION);
    /// The unit was stopped and waits for START STOP UNIT.
    pub(crate) const NOT_READY_STOPPED: Self = Self::new(
        SenseKey::NotReady,
        Asc::LUN_NOT_READY_INITIALIZING_COMMAND_REQUIRED,
    );
    /// The command is not one this device serves.
    pub(crate) const INVALID_OPCODE: Self = Self::new(
        SenseKey::IllegalRequest,
        Asc::INVALID_COMMAND_OPERATION_CODE,
    );
    /// The command addresses blocks beyond the capacity.
    pub(crate) const LBA_OUT_OF_RANGE: Self =
        Self::new(SenseKey::IllegalRequest, Asc::LBA_OUT_OF_RANGE);
    /// There is no logical unit of that number.
    pub(crate) const LUN_NOT_SUPPORTED: Self =
        Self::new(SenseKey::IllegalRequest, Asc::LOGICAL_UNIT_NOT_SUPPORTED);
    /// Saved mode pages were asked for and there are none.
    pub(crate) const SAVING_PARAMETERS_NOT_SUPPORTED: Self = Self::new(
        SenseKey::IllegalRequest,
        Asc::SAVING_PARAMETERS_NOT_SUPPORTED,
    );
    /// The device itself failed.
    pub(crate) const INTERNAL_TARGET_FAILURE: Self =
        Self::new(SenseKey::HardwareError, Asc::INTERNAL_TARGET_FAILURE);

    /// Returns sense data without a field pointer.
    pub(crate) const fn new(key: SenseKey, asc: Asc) -> Self {
        Self {
            key,
            asc,
            field: None,
        }
    }

    /// Returns INVALID FIELD IN CDB for the field that starts at `byte` of the CDB.
    pub(crate) const fn invalid_field(byte: u16) -> Self {
        Self::invalid_field_at(FieldPointer { byte, bit: None })
    }

    /// Returns INVALID FIELD IN CDB for the field whose most significant bit is `bit` of `byte`.
    pub(crate) const fn invalid_field_bit(byte: u16, bit: u8) -> Self {
        Self::invalid_field_at(FieldPointer {
            byte,
            bit: Some(bit),
        })
    }

    /// Returns INVALID FIELD IN CDB for the field at `pointer`.
    const fn invalid_field_at(pointer: FieldPointer) -> Self {
        Self {
            key: SenseKey::IllegalRequest,
            asc: Asc::INVALID_FIELD_IN_CDB,
            field: Some(pointer),
        }
    }

    /// Returns fixed format sense data for the current command (SPC-6, fixed format sense data).
    pub(crate) fn fixed(self) -> [u8; 18] {
        let mut data = [0; 18];
        data[0] = 0x70; // RESPONSE CODE: current, fixed format; VALID is zero.
        data[2] = self.key as u8;
        data[7] = 10; // ADDITIONAL SENSE LENGTH: bytes 8 to 17.
        data[12] = self.asc.asc;
        data[13] = self.asc.ascq;
        if let (SenseKey::IllegalRequest, Some(FieldPointer { byte, bit })) = (self.key, self.field)
        {
            data[15] = 0xc0; // SKSV and C/D: the pointer is valid and points into the CDB.
            if let Some(bit) = bit {
                data[15] |= 0x08 | (bit & 0x07); // BPV and BIT POINTER.
            }
            let [high, low] = byte.to_be_bytes();
            data[16] = high;
            data[17] = low;
        }
        data
    }

    /// Parses `key/asc/ascq` in hexadecimal, such as `02/04/02` or `2/4/2`.
    ///
    /// Returns `None` for anything else, including the reserved key Ch.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let key = SenseKey::from_number(hex_byte(parts.next()?)?)?;
        let asc = hex_byte(parts.next()?)?;
        let ascq = hex_byte(parts.next()?)?;
        match parts.next() {
            None => Some(Self::new(key, Asc::new(asc, ascq))),
            Some(_) => None,
        }
    }
}

impl fmt::Display for Sense {
    /// Prints `key/asc/ascq`, which [`Sense::parse`] reads back; the field pointer is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02x}/{:02x}/{:02x}",
            self.key as u8, self.asc.asc, self.asc.ascq
        )
    }
}

/// Parses one or two hexadecimal digits.
///
/// Stricter than [`u8::from_str_radix`], which takes a sign and any number of leading zeros.
pub(crate) fn hex_byte(text: &str) -> Option<u8> {
    let digits = text.as_bytes();
    if !(1..=2).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(text, 16).ok()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_sense))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn fixed_format_without_a_field_pointer() {
        assert_eq!(
            Sense::NOT_READY_STOPPED.fixed(),
            [0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x02, 0, 0, 0, 0]
        );
        assert_eq!(
            Sense::NO_SENSE.fixed(),
            [0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn fixed_format_with_a_field_pointer() {
        assert_eq!(
            Sense::invalid_field(2).fixed(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0xc0, 0, 2]
        );
        assert_eq!(
            Sense::invalid_field_bit(0x0102, 4).fixed(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0xcc, 1, 2]
        );
    }

    #[test]
    fn field_pointer_is_for_illegal_request_only() {
        let sense = Sense {
            field: Some(FieldPointer { byte: 1, bit: None }),
            ..Sense::NOT_READY_STOPPED
        };
        assert_eq!(sense.fixed(), Sense::NOT_READY_STOPPED.fixed());
    }

    #[test]
    fn constants_have_the_codes_of_t10() {
        assert!(prints(Sense::NO_SENSE, "00/00/00"));
        assert!(prints(Sense::NOT_READY_STOPPED, "02/04/02"));
        assert!(prints(Sense::INVALID_OPCODE, "05/20/00"));
        assert!(prints(Sense::LBA_OUT_OF_RANGE, "05/21/00"));
        assert!(prints(Sense::invalid_field(1), "05/24/00"));
        assert!(prints(Sense::LUN_NOT_SUPPORTED, "05/25/00"));
        assert!(prints(Sense::SAVING_PARAMETERS_NOT_SUPPORTED, "05/39/00"));
        assert!(prints(Sense::INTERNAL_TARGET_FAILURE, "04/44/00"));
    }

    #[test]
    fn parses_every_key_but_the_reserved_one() {
        for number in 0..=u8::MAX {
            match SenseKey::from_number(number) {
                Some(key) => assert_eq!(key as u8, number),
                None => assert!(number == 0x0c || number > 0x0f),
            }
        }
    }

    #[test]
    fn parses_what_it_prints_and_short_forms() {
        let stopped = Some(Sense::NOT_READY_STOPPED);
        assert_eq!(Sense::parse("02/04/02"), stopped);
        assert_eq!(Sense::parse("2/4/2"), stopped);
        assert!(Sense::parse("B/C0/fF").is_some_and(|sense| prints(sense, "0b/c0/ff")));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "/",
            "//",
            "02",
            "02/04",
            "02/04/",
            "02/04/02/",
            "02/04/02/00",
            "002/04/02",
            "0c/00/00",
            "10/00/00",
            "0x2/04/02",
            "+2/04/02",
            "-2/04/02",
            " 2/04/02",
            "02/04/02\n",
            "02/04/100",
            "02/0g/02",
            "02,04,02",
            "none",
        ] {
            assert!(Sense::parse(text).is_none());
        }
    }
}
