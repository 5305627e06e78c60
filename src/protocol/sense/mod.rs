// SPDX-License-Identifier: GPL-2.0

//! Sense data (SPC-6, "Sense data").

mod asc;
mod encode;

use core::fmt;

pub(crate) use self::{
    asc::{
        hex_byte,
        Asc, //
    },
    encode::Encoded, //
};

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

/// Names the field that was wrong (SPC-6, field pointer sense-key specific data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldPointer {
    /// The field is in the parameter list, otherwise in the CDB (C/D).
    pub(crate) in_parameters: bool,
    /// Offset of the field's first byte.
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
    /// INFORMATION, such as the logical block address of a medium error.
    pub(crate) information: Option<u64>,
}

impl Sense {
    /// Nothing to report.
    pub(crate) const NO_SENSE: Self =
        Self::new(SenseKey::NoSense, Asc::NO_ADDITIONAL_SENSE_INFORMATION);

    /// LOGICAL UNIT IS IN PROCESS OF BECOMING READY.
    pub(crate) const BECOMING_READY: Self = Self::not_ready(0x04, 0x01);
    /// LOGICAL UNIT NOT READY, INITIALIZING COMMAND REQUIRED: it waits for START STOP UNIT.
    pub(crate) const NOT_READY_STOPPED: Self = Self::not_ready(0x04, 0x02);
    /// LOGICAL UNIT NOT READY, FORMAT IN PROGRESS.
    pub(crate) const FORMAT_IN_PROGRESS: Self = Self::not_ready(0x04, 0x04);
    /// LOGICAL UNIT NOT ACCESSIBLE, ASYMMETRIC ACCESS STATE TRANSITION.
    pub(crate) const TRANSITION: Self = Self::not_ready(0x04, 0x0a);
    /// LOGICAL UNIT NOT ACCESSIBLE, TARGET PORT IN STANDBY STATE.
    pub(crate) const STANDBY_PORT: Self = Self::not_ready(0x04, 0x0b);
    /// LOGICAL UNIT NOT ACCESSIBLE, TARGET PORT IN UNAVAILABLE STATE.
    pub(crate) const UNAVAILABLE_PORT: Self = Self::not_ready(0x04, 0x0c);
    /// MEDIUM NOT PRESENT.
    pub(crate) const NO_MEDIUM: Self = Self::not_ready(0x3a, 0x00);
    /// MEDIUM NOT PRESENT - TRAY CLOSED.
    pub(crate) const NO_MEDIUM_TRAY_CLOSED: Self = Self::not_ready(0x3a, 0x01);
    /// MEDIUM NOT PRESENT - TRAY OPEN.
    pub(crate) const NO_MEDIUM_TRAY_OPEN: Self = Self::not_ready(0x3a, 0x02);

    /// WRITE ERROR.
    pub(crate) const WRITE_ERROR: Self = Self::new(SenseKey::MediumError, Asc::new(0x0c, 0x00));
    /// UNRECOVERED READ ERROR.
    pub(crate) const UNRECOVERED_READ_ERROR: Self =
        Self::new(SenseKey::MediumError, Asc::new(0x11, 0x00));
    /// INTERNAL TARGET FAILURE.
    pub(crate) const INTERNAL_TARGET_FAILURE: Self =
        Self::new(SenseKey::HardwareError, Asc::new(0x44, 0x00));

    /// PARAMETER LIST LENGTH ERROR.
    pub(crate) const PARAMETER_LIST_LENGTH_ERROR: Self = Self::illegal(0x1a, 0x00);
    /// INVALID COMMAND OPERATION CODE: the command is not one this device serves.
    pub(crate) const INVALID_OPCODE: Self = Self::illegal(0x20, 0x00);
    /// LOGICAL BLOCK ADDRESS OUT OF RANGE.
    pub(crate) const LBA_OUT_OF_RANGE: Self = Self::illegal(0x21, 0x00);
    /// LOGICAL UNIT NOT SUPPORTED: there is none of that number.
    pub(crate) const LUN_NOT_SUPPORTED: Self = Self::illegal(0x25, 0x00);
    /// PARAMETER VALUE INVALID.
    pub(crate) const INVALID_PARAMETER_VALUE: Self = Self::illegal(0x26, 0x02);
    /// INVALID RELEASE OF PERSISTENT RESERVATION.
    pub(crate) const INVALID_RELEASE: Self = Self::illegal(0x26, 0x04);
    /// COMMAND SEQUENCE ERROR.
    pub(crate) const COMMAND_SEQUENCE_ERROR: Self = Self::illegal(0x2c, 0x00);
    /// SAVING PARAMETERS NOT SUPPORTED.
    pub(crate) const SAVING_PARAMETERS_NOT_SUPPORTED: Self = Self::illegal(0x39, 0x00);
    /// MEDIUM REMOVAL PREVENTED.
    pub(crate) const MEDIUM_REMOVAL_PREVENTED: Self = Self::illegal(0x53, 0x02);
    /// INSUFFICIENT REGISTRATION RESOURCES.
    pub(crate) const INSUFFICIENT_REGISTRATION_RESOURCES: Self = Self::illegal(0x55, 0x04);
    /// ILLEGAL MODE FOR THIS TRACK.
    pub(crate) const ILLEGAL_MODE_FOR_TRACK: Self = Self::illegal(0x64, 0x00);

    /// WRITE PROTECTED.
    pub(crate) const WRITE_PROTECTED: Self = Self::new(SenseKey::DataProtect, Asc::new(0x27, 0x00));
    /// INSUFFICIENT RESOURCES.
    pub(crate) const INSUFFICIENT_RESOURCES: Self =
        Self::new(SenseKey::AbortedCommand, Asc::new(0x55, 0x03));
    /// MISCOMPARE DURING VERIFY OPERATION.
    pub(crate) const MISCOMPARE: Self = Self::new(SenseKey::Miscompare, Asc::new(0x1d, 0x00));

    /// Returns sense data without a field pointer and without information.
    pub(crate) const fn new(key: SenseKey, asc: Asc) -> Self {
        Self {
            key,
            asc,
            field: None,
            information: None,
        }
    }

    /// Returns NOT READY with an additional sense code.
    const fn not_ready(asc: u8, ascq: u8) -> Self {
        Self::new(SenseKey::NotReady, Asc::new(asc, ascq))
    }

    /// Returns ILLEGAL REQUEST with an additional sense code.
    const fn illegal(asc: u8, ascq: u8) -> Self {
        Self::new(SenseKey::IllegalRequest, Asc::new(asc, ascq))
    }

    /// Returns UNIT ATTENTION with `asc`.
    pub(crate) const fn unit_attention(asc: Asc) -> Self {
        Self::new(SenseKey::UnitAttention, asc)
    }

    /// Returns INVALID FIELD IN CDB for the field that starts at `byte` of the CDB.
    pub(crate) const fn invalid_field(byte: u16) -> Self {
        Self::invalid(false, byte, None)
    }

    /// Returns INVALID FIELD IN CDB for the field whose most significant bit is `bit` of `byte`.
    pub(crate) const fn invalid_field_bit(byte: u16, bit: u8) -> Self {
        Self::invalid(false, byte, Some(bit))
    }

    /// Returns INVALID FIELD IN PARAMETER LIST for the field that starts at `byte` of the list.
    pub(crate) const fn invalid_parameter(byte: u16) -> Self {
        Self::invalid(true, byte, None)
    }

    /// Returns INVALID FIELD IN PARAMETER LIST for the field whose most significant bit is `bit` of
    /// `byte`.
    pub(crate) const fn invalid_parameter_bit(byte: u16, bit: u8) -> Self {
        Self::invalid(true, byte, Some(bit))
    }

    /// Returns ILLEGAL REQUEST for a field of the parameter list or of the CDB.
    const fn invalid(in_parameters: bool, byte: u16, bit: Option<u8>) -> Self {
        Self {
            key: SenseKey::IllegalRequest,
            asc: if in_parameters {
                Asc::INVALID_FIELD_IN_PARAMETER_LIST
            } else {
                Asc::INVALID_FIELD_IN_CDB
            },
            field: Some(FieldPointer {
                in_parameters,
                byte,
                bit,
            }),
            information: None,
        }
    }

    /// Adds the INFORMATION field.
    pub(crate) const fn with_information(self, information: u64) -> Self {
        Self {
            information: Some(information),
            ..self
        }
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
    /// Prints `key/asc/ascq`, which [`Sense::parse`] reads back; pointer and information are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}/{}", self.key as u8, self.asc)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_sense))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn constants_have_the_codes_of_t10() {
        for (sense, text) in [
            (Sense::NO_SENSE, "00/00/00"),
            (Sense::BECOMING_READY, "02/04/01"),
            (Sense::NOT_READY_STOPPED, "02/04/02"),
            (Sense::FORMAT_IN_PROGRESS, "02/04/04"),
            (Sense::TRANSITION, "02/04/0a"),
            (Sense::STANDBY_PORT, "02/04/0b"),
            (Sense::UNAVAILABLE_PORT, "02/04/0c"),
            (Sense::NO_MEDIUM, "02/3a/00"),
            (Sense::NO_MEDIUM_TRAY_CLOSED, "02/3a/01"),
            (Sense::NO_MEDIUM_TRAY_OPEN, "02/3a/02"),
            (Sense::WRITE_ERROR, "03/0c/00"),
            (Sense::UNRECOVERED_READ_ERROR, "03/11/00"),
            (Sense::INTERNAL_TARGET_FAILURE, "04/44/00"),
            (Sense::PARAMETER_LIST_LENGTH_ERROR, "05/1a/00"),
            (Sense::INVALID_OPCODE, "05/20/00"),
            (Sense::LBA_OUT_OF_RANGE, "05/21/00"),
            (Sense::invalid_field(1), "05/24/00"),
            (Sense::LUN_NOT_SUPPORTED, "05/25/00"),
            (Sense::invalid_parameter(1), "05/26/00"),
            (Sense::INVALID_PARAMETER_VALUE, "05/26/02"),
            (Sense::INVALID_RELEASE, "05/26/04"),
            (Sense::COMMAND_SEQUENCE_ERROR, "05/2c/00"),
            (Sense::SAVING_PARAMETERS_NOT_SUPPORTED, "05/39/00"),
            (Sense::MEDIUM_REMOVAL_PREVENTED, "05/53/02"),
            (Sense::INSUFFICIENT_REGISTRATION_RESOURCES, "05/55/04"),
            (Sense::ILLEGAL_MODE_FOR_TRACK, "05/64/00"),
            (Sense::unit_attention(Asc::POWER_ON), "06/29/00"),
            (Sense::WRITE_PROTECTED, "07/27/00"),
            (Sense::INSUFFICIENT_RESOURCES, "0b/55/03"),
            (Sense::MISCOMPARE, "0e/1d/00"),
        ] {
            assert!(prints(sense, text));
        }
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
