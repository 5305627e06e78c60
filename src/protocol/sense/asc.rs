// SPDX-License-Identifier: GPL-2.0

//! Additional sense codes (SPC-6, "Additional sense codes").

use core::fmt;

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
    /// INVALID FIELD IN CDB.
    pub(crate) const INVALID_FIELD_IN_CDB: Self = Self::new(0x24, 0x00);
    /// INVALID FIELD IN PARAMETER LIST.
    pub(crate) const INVALID_FIELD_IN_PARAMETER_LIST: Self = Self::new(0x26, 0x00);

    /// NOT READY TO READY CHANGE, MEDIUM MAY HAVE CHANGED.
    pub(crate) const MEDIUM_CHANGED: Self = Self::new(0x28, 0x00);
    /// POWER ON, RESET, OR BUS DEVICE RESET OCCURRED.
    pub(crate) const POWER_ON: Self = Self::new(0x29, 0x00);
    /// BUS DEVICE RESET FUNCTION OCCURRED.
    pub(crate) const RESET: Self = Self::new(0x29, 0x03);
    /// I_T NEXUS LOSS OCCURRED.
    pub(crate) const NEXUS_LOSS: Self = Self::new(0x29, 0x07);
    /// MODE PARAMETERS CHANGED.
    pub(crate) const MODE_CHANGED: Self = Self::new(0x2a, 0x01);
    /// LOG PARAMETERS CHANGED.
    pub(crate) const LOG_CHANGED: Self = Self::new(0x2a, 0x02);
    /// RESERVATIONS PREEMPTED.
    pub(crate) const RESERVATIONS_PREEMPTED: Self = Self::new(0x2a, 0x03);
    /// RESERVATIONS RELEASED.
    pub(crate) const RESERVATIONS_RELEASED: Self = Self::new(0x2a, 0x04);
    /// REGISTRATIONS PREEMPTED.
    pub(crate) const REGISTRATIONS_PREEMPTED: Self = Self::new(0x2a, 0x05);
    /// ASYMMETRIC ACCESS STATE CHANGED.
    pub(crate) const ASYMMETRIC_ACCESS_CHANGED: Self = Self::new(0x2a, 0x06);
    /// CAPACITY DATA HAS CHANGED.
    pub(crate) const CAPACITY_CHANGED: Self = Self::new(0x2a, 0x09);
    /// COMMANDS CLEARED BY ANOTHER INITIATOR.
    pub(crate) const COMMANDS_CLEARED: Self = Self::new(0x2f, 0x00);
    /// MICROCODE HAS BEEN CHANGED.
    pub(crate) const MICROCODE_CHANGED: Self = Self::new(0x3f, 0x01);
    /// INQUIRY DATA HAS CHANGED.
    pub(crate) const INQUIRY_CHANGED: Self = Self::new(0x3f, 0x03);
    /// REPORTED LUNS DATA HAS CHANGED.
    pub(crate) const LUNS_CHANGED: Self = Self::new(0x3f, 0x0e);
    /// OPERATOR MEDIUM REMOVAL REQUEST.
    pub(crate) const EJECT_REQUESTED: Self = Self::new(0x5a, 0x01);

    /// LOW POWER CONDITION ON.
    pub(crate) const LOW_POWER: Self = Self::new(0x5e, 0x00);
    /// IDLE CONDITION ACTIVATED BY TIMER.
    pub(crate) const IDLE_TIMER: Self = Self::new(0x5e, 0x01);
    /// STANDBY CONDITION ACTIVATED BY TIMER.
    pub(crate) const STANDBY_TIMER: Self = Self::new(0x5e, 0x02);
    /// IDLE CONDITION ACTIVATED BY COMMAND.
    pub(crate) const IDLE_COMMAND: Self = Self::new(0x5e, 0x03);
    /// STANDBY CONDITION ACTIVATED BY COMMAND.
    pub(crate) const STANDBY_COMMAND: Self = Self::new(0x5e, 0x04);
    /// IDLE_B CONDITION ACTIVATED BY COMMAND.
    pub(crate) const IDLE_B_COMMAND: Self = Self::new(0x5e, 0x06);
    /// IDLE_C CONDITION ACTIVATED BY COMMAND.
    pub(crate) const IDLE_C_COMMAND: Self = Self::new(0x5e, 0x08);
    /// STANDBY_Y CONDITION ACTIVATED BY COMMAND.
    pub(crate) const STANDBY_Y_COMMAND: Self = Self::new(0x5e, 0x0a);

    /// Returns the pair of `asc` and `ascq`.
    pub(crate) const fn new(asc: u8, ascq: u8) -> Self {
        Self { asc, ascq }
    }

    /// Parses `asc/ascq` in hexadecimal, such as `29/00`; returns `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (asc, ascq) = text.split_once('/')?;
        Some(Self::new(hex_byte(asc)?, hex_byte(ascq)?))
    }
}

impl fmt::Display for Asc {
    /// Prints `asc/ascq`, which [`Asc::parse`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}/{:02x}", self.asc, self.ascq)
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
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_asc))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn constants_have_the_codes_of_t10() {
        for (asc, text) in [
            (Asc::MEDIUM_CHANGED, "28/00"),
            (Asc::POWER_ON, "29/00"),
            (Asc::RESET, "29/03"),
            (Asc::NEXUS_LOSS, "29/07"),
            (Asc::MODE_CHANGED, "2a/01"),
            (Asc::LOG_CHANGED, "2a/02"),
            (Asc::RESERVATIONS_PREEMPTED, "2a/03"),
            (Asc::RESERVATIONS_RELEASED, "2a/04"),
            (Asc::REGISTRATIONS_PREEMPTED, "2a/05"),
            (Asc::ASYMMETRIC_ACCESS_CHANGED, "2a/06"),
            (Asc::CAPACITY_CHANGED, "2a/09"),
            (Asc::COMMANDS_CLEARED, "2f/00"),
            (Asc::MICROCODE_CHANGED, "3f/01"),
            (Asc::INQUIRY_CHANGED, "3f/03"),
            (Asc::LUNS_CHANGED, "3f/0e"),
            (Asc::EJECT_REQUESTED, "5a/01"),
            (Asc::LOW_POWER, "5e/00"),
            (Asc::IDLE_TIMER, "5e/01"),
            (Asc::STANDBY_TIMER, "5e/02"),
            (Asc::IDLE_COMMAND, "5e/03"),
            (Asc::STANDBY_COMMAND, "5e/04"),
            (Asc::IDLE_B_COMMAND, "5e/06"),
            (Asc::IDLE_C_COMMAND, "5e/08"),
            (Asc::STANDBY_Y_COMMAND, "5e/0a"),
        ] {
            assert!(prints(asc, text));
            assert_eq!(Asc::parse(text), Some(asc));
        }
    }

    #[test]
    fn an_additional_sense_code_is_two_bytes() {
        assert_eq!(Asc::parse("5E/a"), Some(Asc::STANDBY_Y_COMMAND));
        for text in [
            "", "/", "29", "29/", "/00", "29/00/00", "029/00", "29/000", "2g/00", "29,00",
        ] {
            assert_eq!(Asc::parse(text), None);
        }
    }
}
