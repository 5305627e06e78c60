// SPDX-License-Identifier: GPL-2.0

//! INQUIRY standard data (SPC-6, standard INQUIRY data).

use crate::protocol::buf::Writer;

/// What a logical unit says it is.
///
/// The texts are printable ASCII, padded with spaces on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    /// T10 VENDOR IDENTIFICATION.
    pub(crate) vendor: &'a [u8; 8],
    /// PRODUCT IDENTIFICATION.
    pub(crate) product: &'a [u8; 16],
    /// PRODUCT REVISION LEVEL.
    pub(crate) revision: &'a [u8; 4],
    /// PRODUCT SERIAL NUMBER; at most 231 bytes of it are reported.
    pub(crate) serial: &'a [u8],
    /// The 60 bits that tell the unit from all others; see [`crate::protocol::vpd`].
    pub(crate) naa: u64,
}

/// The standards claimed: SAM-5, SPC-4 and SBC-3, "no version claimed" of each (SPC-6, version
/// descriptors).
const VERSION_DESCRIPTORS: [u16; 3] = [0x00a0, 0x0460, 0x04c0];

/// Writes standard INQUIRY data into `out` and returns how many bytes of it are valid.
///
/// `present` says whether a unit is connected: if not, the answer has peripheral qualifier 3 and
/// device type 1Fh, and what remains describes the target.
pub(crate) fn standard(identity: &Identity<'_>, present: bool, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    data.put(&[
        if present { 0x00 } else { 0x7f }, // Direct access block device.
        0x00,                              // Not removable.
        0x06,                              // VERSION: SPC-4.
        0x12,                              // HISUP; RESPONSE DATA FORMAT 2.
        69,                                // ADDITIONAL LENGTH: up to byte 73.
        0x00,
        0x00,
        0x02, // CMDQUE.
    ]);
    data.put(identity.vendor);
    data.put(identity.product);
    data.put(identity.revision);
    data.put(&[0; 22]); // Vendor specific and reserved, bytes 36 to 57.
    for version in VERSION_DESCRIPTORS {
        data.put(&version.to_be_bytes());
    }
    data.put(&[0; 10]); // Version descriptors 4 to 8.
    data.len()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_inquiry))]
mod tests {
    use super::*;

    /// The unit that the tests describe.
    const IDENTITY: Identity<'_> = Identity {
        vendor: b"RPMFAULT",
        product: b"Virtual disk    ",
        revision: b"0001",
        serial: b"SN42",
        naa: 0x0123_4567_89ab_cdef,
    };

    #[test]
    fn describes_a_disk() {
        let mut out = [0xaa; 96];
        assert_eq!(standard(&IDENTITY, true, &mut out), 74);
        assert_eq!(out[..8], [0x00, 0x00, 0x06, 0x12, 69, 0x00, 0x00, 0x02]);
        assert_eq!(&out[8..36], b"RPMFAULTVirtual disk    0001");
        assert_eq!(out[36..58], [0; 22]);
        assert_eq!(out[58..64], [0x00, 0xa0, 0x04, 0x60, 0x04, 0xc0]);
        assert_eq!(out[64..74], [0; 10]);
        assert_eq!(out[74..], [0xaa; 22]);
    }

    #[test]
    fn says_that_there_is_no_unit() {
        let mut out = [0; 74];
        assert_eq!(standard(&IDENTITY, false, &mut out), 74);
        assert_eq!(out[..8], [0x7f, 0x00, 0x06, 0x12, 69, 0x00, 0x00, 0x02]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 5];
        assert_eq!(standard(&IDENTITY, true, &mut out), 5);
        assert_eq!(out, [0x00, 0x00, 0x06, 0x12, 69]);
        assert_eq!(standard(&IDENTITY, true, &mut []), 0);
    }
}
