// SPDX-License-Identifier: GPL-2.0

//! Sense data as they are sent (SPC-6, "Descriptor format sense data" and "Fixed format sense data").

use crate::protocol::{
    buf::Writer,
    sense::{
        FieldPointer,
        Sense,
        SenseKey, //
    }, //
};

impl FieldPointer {
    /// Returns the SENSE KEY SPECIFIC field with SKSV set.
    fn encode(self) -> [u8; 3] {
        let mut flags = 0x80; // SKSV.
        if !self.in_parameters {
            flags |= 0x40; // C/D.
        }
        if let Some(bit) = self.bit {
            flags |= 0x08 | (bit & 0x07); // BPV and BIT POINTER.
        }
        let [high, low] = self.byte.to_be_bytes();
        [flags, high, low]
    }
}

/// The most bytes of encoded sense data: the descriptor format header, the information descriptor
/// and the sense key specific descriptor.
const ENCODED_MAX: usize = 8 + 12 + 8;

/// Sense data as they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    bytes: [u8; ENCODED_MAX],
    len: usize,
}

impl Encoded {
    /// Returns the bytes to send.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Sense {
    /// Returns the sense data of the current command in descriptor or fixed format (SPC-6).
    pub(crate) fn encode(self, descriptor: bool) -> Encoded {
        if descriptor {
            self.descriptors()
        } else {
            self.fixed()
        }
    }

    /// Returns the SENSE KEY SPECIFIC field if there is one: ILLEGAL REQUEST has field pointers, for
    /// other keys it means something else.
    fn key_specific(self) -> Option<[u8; 3]> {
        match self.key {
            SenseKey::IllegalRequest => self.field.map(FieldPointer::encode),
            _ => None,
        }
    }

    /// Returns fixed format sense data.
    ///
    /// INFORMATION has 32 bits there. What needs more is left out, as VALID says.
    fn fixed(self) -> Encoded {
        let mut bytes = [0; ENCODED_MAX];
        bytes[0] = 0x70; // RESPONSE CODE: current, fixed format.
        if let Some(information) = self.information.and_then(|wide| u32::try_from(wide).ok()) {
            bytes[0] |= 0x80; // VALID.
            bytes[3..7].copy_from_slice(&information.to_be_bytes());
        }
        bytes[2] = self.key as u8;
        bytes[7] = 10; // ADDITIONAL SENSE LENGTH: bytes 8 to 17.
        bytes[12] = self.asc.asc;
        bytes[13] = self.asc.ascq;
        bytes[15..18].copy_from_slice(&self.key_specific().unwrap_or_default());
        Encoded { bytes, len: 18 }
    }

    /// Returns descriptor format sense data.
    fn descriptors(self) -> Encoded {
        let mut bytes = [0; ENCODED_MAX];
        let mut data = Writer::new(&mut bytes);
        let information: u8 = if self.information.is_some() { 12 } else { 0 };
        let key_specific: u8 = if self.key_specific().is_some() { 8 } else { 0 };
        // RESPONSE CODE: current, descriptor format.
        data.put(&[0x72, self.key as u8, self.asc.asc, self.asc.ascq, 0, 0, 0]);
        data.put(&[information + key_specific]); // ADDITIONAL SENSE LENGTH.
        if let Some(information) = self.information {
            data.put(&[0x00, 10, 0x80, 0]); // Information descriptor, VALID.
            data.put(&information.to_be_bytes());
        }
        if let Some([flags, high, low]) = self.key_specific() {
            data.put(&[0x02, 6, 0, 0, flags, high, low, 0]); // Sense key specific descriptor.
        }
        let len = data.len();
        Encoded { bytes, len }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_sense_encode))]
mod tests {
    use super::*;
    use crate::protocol::sense::Asc;

    #[test]
    fn fixed_format_without_a_field_pointer() {
        assert_eq!(
            Sense::NOT_READY_STOPPED.encode(false).bytes(),
            [0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x02, 0, 0, 0, 0]
        );
        assert_eq!(
            Sense::NO_SENSE.encode(false).bytes(),
            [0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn fixed_format_with_a_field_pointer() {
        assert_eq!(
            Sense::invalid_field(2).encode(false).bytes(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0xc0, 0, 2]
        );
        assert_eq!(
            Sense::invalid_field_bit(0x0102, 4).encode(false).bytes(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0xcc, 1, 2]
        );
        assert_eq!(
            Sense::invalid_parameter(8).encode(false).bytes(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x26, 0, 0, 0x80, 0, 8]
        );
        assert_eq!(
            Sense::invalid_parameter_bit(9, 7).encode(false).bytes(),
            [0x70, 0, 0x05, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x26, 0, 0, 0x8f, 0, 9]
        );
    }

    #[test]
    fn fixed_format_has_room_for_32_bits_of_information() {
        let sense = Sense::UNRECOVERED_READ_ERROR;
        assert_eq!(
            sense.with_information(0xfedc_ba98).encode(false).bytes(),
            [0xf0, 0, 0x03, 0xfe, 0xdc, 0xba, 0x98, 10, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0]
        );
        assert_eq!(
            sense.with_information(0x1_0000_0000).encode(false).bytes(),
            sense.encode(false).bytes()
        );
    }

    #[test]
    fn descriptor_format_without_descriptors() {
        assert_eq!(
            Sense::unit_attention(Asc::CAPACITY_CHANGED)
                .encode(true)
                .bytes(),
            [0x72, 0x06, 0x2a, 0x09, 0, 0, 0, 0]
        );
    }

    #[test]
    fn descriptor_format_with_descriptors() {
        assert_eq!(
            Sense::MISCOMPARE
                .with_information(0x0102_0304_0506_0708)
                .encode(true)
                .bytes(),
            [0x72, 0x0e, 0x1d, 0, 0, 0, 0, 12, 0, 10, 0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        );
        assert_eq!(
            Sense::invalid_parameter_bit(0x0102, 3).encode(true).bytes(),
            [0x72, 0x05, 0x26, 0, 0, 0, 0, 8, 2, 6, 0, 0, 0x8b, 1, 2, 0]
        );
        assert_eq!(
            Sense::invalid_field(4)
                .with_information(1)
                .encode(true)
                .bytes(),
            [
                0x72, 0x05, 0x24, 0, 0, 0, 0, 20, 0, 10, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 6, 0,
                0, 0xc0, 0, 4, 0
            ]
        );
    }

    #[test]
    fn field_pointer_is_for_illegal_request_only() {
        let sense = Sense {
            field: Sense::invalid_field(1).field,
            ..Sense::NOT_READY_STOPPED
        };
        for descriptor in [false, true] {
            assert_eq!(
                sense.encode(descriptor),
                Sense::NOT_READY_STOPPED.encode(descriptor)
            );
        }
    }
}
