// SPDX-License-Identifier: GPL-2.0

//! How a command ends: host byte, status and sense data.
//!
//! C header: [`include/scsi/scsi_status.h`](srctree/include/scsi/scsi_status.h)

use core::fmt;

use crate::{
    fault::text::{
        small_number,
        words, //
    },
    protocol::sense::Sense, //
};

/// The words for host bytes: the names of `enum scsi_host_status` in lower case, without DID.
const HOST_BYTES: [(&str, u8); 17] = [
    ("no_connect", 0x01),
    ("bus_busy", 0x02),
    ("time_out", 0x03),
    ("bad_target", 0x04),
    ("abort", 0x05),
    ("parity", 0x06),
    ("error", 0x07),
    ("reset", 0x08),
    ("bad_intr", 0x09),
    ("passthrough", 0x0a),
    ("soft_error", 0x0b),
    ("imm_retry", 0x0c),
    ("requeue", 0x0d),
    ("transport_disrupted", 0x0e),
    ("transport_failfast", 0x0f),
    ("transport_marginal", 0x14),
    ("ok", 0x00),
];

/// The words for statuses: those of SAM-5.
const STATUSES: [(&str, u8); 8] = [
    ("good", 0x00),
    ("check_condition", 0x02),
    ("condition_met", 0x04),
    ("busy", 0x08),
    ("reservation_conflict", 0x18),
    ("task_set_full", 0x28),
    ("aca_active", 0x30),
    ("task_aborted", 0x40),
];

/// Returns the number that a word stands for, or that is written as one.
fn parse(words: &[(&str, u8)], text: &str) -> Option<u8> {
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, number)) => Some(*number),
        None => small_number(text),
    }
}

/// Prints the word for a number, or the number.
fn write(f: &mut fmt::Formatter<'_>, words: &[(&str, u8)], number: u8) -> fmt::Result {
    match words.iter().find(|(_, known)| *known == number) {
        Some((word, _)) => f.write_str(word),
        None => write!(f, "0x{number:02x}"),
    }
}

/// What a driver says of the transport of a command, `DID_*`. The mid layer takes any number: one
/// that it does not know fails the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostByte(u8);

impl HostByte {
    /// Parses a word such as `no_connect`, or a number up to 255.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse(&HOST_BYTES, text).map(Self)
    }

    /// Returns the number, for `set_host_byte()`.
    pub(crate) fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for HostByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &HOST_BYTES, self.0)
    }
}

/// What a unit says of a command (SAM-5, "Status").
///
/// # Invariants
///
/// The number is even: bit 0 is no part of a status, and `scsi_status_is_good()` leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SamStatus(u8);

impl SamStatus {
    /// CHECK CONDITION.
    pub(crate) const CHECK_CONDITION: Self = Self(0x02);

    /// Parses a word such as `busy`, or an even number up to 254.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // INVARIANT: Odd numbers are refused.
        parse(&STATUSES, text)
            .filter(|number| number % 2 == 0)
            .map(Self)
    }

    /// Returns the number, for `set_status_byte()`.
    pub(crate) fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for SamStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &STATUSES, self.0)
    }
}

words! {
    /// How sense data are encoded.
    pub(crate) enum SenseFormat {
        /// As the unit's control mode page says, D_SENSE.
        Auto = "auto",
        /// Fixed format.
        Fixed = "fixed",
        /// Descriptor format.
        Desc = "desc",
    }
}

/// What INFORMATION of the sense data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Information {
    /// It is not valid.
    None,
    /// The first block that the command is about; not valid for a command without.
    Lba,
    /// This number.
    Value(u64),
}

impl Information {
    /// Parses `none`, `lba` or a number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "lba" => Some(Self::Lba),
            _ => small_number(text).map(Self::Value),
        }
    }
}

impl fmt::Display for Information {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Lba => f.write_str("lba"),
            Self::Value(number) => write!(f, "{number}"),
        }
    }
}

/// How a command ends. What is not there is as in a command that ends well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The host byte.
    pub(crate) host: Option<HostByte>,
    /// The status; there is one if there are sense data.
    pub(crate) status: Option<SamStatus>,
    /// The sense data, without INFORMATION, and how they are encoded.
    pub(crate) sense: Option<(Sense, SenseFormat)>,
    /// INFORMATION of the sense data.
    pub(crate) information: Information,
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_result))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn host_bytes_are_words_or_numbers() {
        for (word, number) in HOST_BYTES {
            assert!(HostByte::parse(word).is_some_and(|byte| byte.number() == number));
            assert!(HostByte::parse(word).is_some_and(|byte| prints(byte, word)));
        }
        for (text, number, printed) in [
            ("0", 0, "ok"),
            ("1", 1, "no_connect"),
            ("0x10", 16, "0x10"),
            ("255", 255, "0xff"),
        ] {
            assert!(HostByte::parse(text).is_some_and(|byte| byte.number() == number));
            assert!(HostByte::parse(text).is_some_and(|byte| prints(byte, printed)));
            assert_eq!(HostByte::parse(printed), HostByte::parse(text));
        }
        for text in [
            "",
            "256",
            "-1",
            "DID_ERROR",
            "did_error",
            "Error",
            "none",
            "error ",
        ] {
            assert_eq!(HostByte::parse(text), None);
        }
    }

    #[test]
    fn statuses_are_words_or_even_numbers() {
        for (word, number) in STATUSES {
            assert!(SamStatus::parse(word).is_some_and(|status| status.number() == number));
            assert!(SamStatus::parse(word).is_some_and(|status| prints(status, word)));
        }
        for (text, printed) in [("2", "check_condition"), ("0x10", "0x10"), ("254", "0xfe")] {
            assert!(SamStatus::parse(text).is_some_and(|status| prints(status, printed)));
            assert_eq!(SamStatus::parse(printed), SamStatus::parse(text));
        }
        for text in [
            "",
            "1",
            "255",
            "256",
            "-2",
            "Good",
            "none",
            "check condition",
        ] {
            assert_eq!(SamStatus::parse(text), None);
        }
        assert_eq!(
            SamStatus::parse("check_condition"),
            Some(SamStatus::CHECK_CONDITION)
        );
    }

    #[test]
    fn information_is_a_number_or_the_block() {
        for (text, information, printed) in [
            ("none", Information::None, "none"),
            ("lba", Information::Lba, "lba"),
            ("0x10", Information::Value(16), "16"),
            (
                "18446744073709551615",
                Information::Value(u64::MAX),
                "18446744073709551615",
            ),
        ] {
            assert_eq!(Information::parse(text), Some(information));
            assert!(prints(information, printed));
        }
        for text in ["", "-1", "18446744073709551616", "LBA", "u64"] {
            assert_eq!(Information::parse(text), None);
        }
    }
}
