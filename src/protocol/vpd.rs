// SPDX-License-Identifier: GPL-2.0

//! INQUIRY vital product data (SPC-6 and SBC-4, vital product data parameters).

use crate::protocol::{
    buf::Writer,
    inquiry::Identity,
    sense::Sense, //
};

/// Supported VPD Pages.
const SUPPORTED: u8 = 0x00;
/// Unit Serial Number.
const SERIAL: u8 = 0x80;
/// Device Identification.
const IDENTIFICATION: u8 = 0x83;
/// Block Limits (SBC-4).
const BLOCK_LIMITS: u8 = 0xb0;
/// Block Device Characteristics (SBC-4).
const CHARACTERISTICS: u8 = 0xb1;

/// The pages served, in ascending order as SPC-6 demands (Supported VPD Pages page).
const PAGES: [u8; 5] = [
    SUPPORTED,
    SERIAL,
    IDENTIFICATION,
    BLOCK_LIMITS,
    CHARACTERISTICS,
];

/// The longest serial number that fits a designator together with vendor and product.
const SERIAL_MAX: usize = 255 - 8 - 16;

/// Writes the page with that code into `out` and returns how many bytes of it are valid.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB pointing to PAGE CODE for a page that is not served.
pub(crate) fn page(code: u8, identity: &Identity<'_>, out: &mut [u8]) -> Result<usize, Sense> {
    let mut data = Writer::new(out);
    match code {
        SUPPORTED => {
            header(&mut data, code, PAGES.len());
            data.put(&PAGES);
        }
        SERIAL => {
            let serial = serial(identity);
            header(&mut data, code, serial.len());
            data.put(serial);
        }
        IDENTIFICATION => identification(&mut data, identity),
        BLOCK_LIMITS => {
            // All zeros: no limit is reported and no optional command is supported.
            header(&mut data, code, 60);
            data.put(&[0; 60]);
        }
        CHARACTERISTICS => {
            // MEDIUM ROTATION RATE 0001h: the medium does not rotate.
            header(&mut data, code, 60);
            data.put(&[0x00, 0x01]);
            data.put(&[0; 58]);
        }
        _ => return Err(Sense::invalid_field(2)),
    }
    Ok(data.len())
}

/// Writes the header of a direct access block device's page with `length` bytes to follow.
///
/// No page is longer than a serial number and some designators, far from what PAGE LENGTH can say.
fn header(data: &mut Writer<'_>, code: u8, length: usize) {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    data.put(&[0x00, code, high, low]);
}

/// Returns the part of the serial number that is reported.
fn serial<'a>(identity: &Identity<'a>) -> &'a [u8] {
    identity.serial.get(..SERIAL_MAX).unwrap_or(identity.serial)
}

/// Writes the Device Identification page (SPC-6, Device Identification VPD page).
///
/// Two designators of the logical unit: a locally assigned NAA identifier, whose top four bits are
/// 3 whatever the identity says, and the T10 vendor identification with product and serial number.
fn identification(data: &mut Writer<'_>, identity: &Identity<'_>) {
    let naa = (identity.naa & (u64::MAX >> 4)) | (3 << 60);
    let serial = serial(identity);
    let t10_length = identity.vendor.len() + identity.product.len() + serial.len();

    header(data, IDENTIFICATION, 4 + 8 + 4 + t10_length);
    data.put(&[0x01, 0x03, 0x00, 8]); // Binary; logical unit, NAA.
    data.put(&naa.to_be_bytes());
    // ASCII; logical unit, T10 vendor identification.
    data.put(&[
        0x02,
        0x01,
        0x00,
        u8::try_from(t10_length).unwrap_or(u8::MAX),
    ]);
    data.put(identity.vendor);
    data.put(identity.product);
    data.put(serial);
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_vpd))]
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
    fn lists_exactly_the_pages_it_serves() {
        let mut out = [0; 512];
        assert_eq!(page(0x00, &IDENTITY, &mut out), Ok(9));
        assert_eq!(
            out[..9],
            [0x00, 0x00, 0x00, 5, 0x00, 0x80, 0x83, 0xb0, 0xb1]
        );
        for code in 0..=u8::MAX {
            let served = page(code, &IDENTITY, &mut out);
            if PAGES.contains(&code) {
                assert!(served.is_ok_and(|len| len >= 4));
                assert_eq!(out[..2], [0x00, code]);
            } else {
                assert_eq!(served, Err(Sense::invalid_field(2)));
            }
        }
    }

    #[test]
    fn every_page_has_the_length_it_states() {
        let mut out = [0; 512];
        for code in PAGES {
            let served = page(code, &IDENTITY, &mut out);
            let stated = usize::from(u16::from_be_bytes([out[2], out[3]]));
            assert_eq!(served, Ok(4 + stated));
        }
    }

    #[test]
    fn serial_number() {
        let mut out = [0; 16];
        assert_eq!(page(0x80, &IDENTITY, &mut out), Ok(8));
        assert_eq!(out[..8], [0x00, 0x80, 0x00, 4, b'S', b'N', b'4', b'2']);
    }

    #[test]
    fn device_identification() {
        let mut out = [0; 64];
        assert_eq!(page(0x83, &IDENTITY, &mut out), Ok(48));
        assert_eq!(out[..4], [0x00, 0x83, 0x00, 44]);
        assert_eq!(out[4..8], [0x01, 0x03, 0x00, 8]);
        assert_eq!(out[8..16], [0x31, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        assert_eq!(out[16..20], [0x02, 0x01, 0x00, 28]);
        assert_eq!(&out[20..48], b"RPMFAULTVirtual disk    SN42");
    }

    #[test]
    fn naa_is_always_locally_assigned() {
        let mut out = [0; 16];
        let identity = Identity {
            naa: u64::MAX,
            ..IDENTITY
        };
        assert_eq!(page(0x83, &identity, &mut out), Ok(16));
        assert_eq!(out[8..], [0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn a_long_serial_number_is_cut() {
        let mut out = [0; 512];
        let identity = Identity {
            serial: &[b'x'; 400],
            ..IDENTITY
        };
        assert_eq!(page(0x80, &identity, &mut out), Ok(4 + 231));
        assert_eq!(out[..4], [0x00, 0x80, 0x00, 231]);
        assert_eq!(page(0x83, &identity, &mut out), Ok(4 + 12 + 4 + 255));
        assert_eq!(out[..4], [0x00, 0x83, 0x01, 0x0f]);
        assert_eq!(out[19], 255);
    }

    #[test]
    fn block_limits_and_characteristics() {
        let mut out = [0xaa; 64];
        assert_eq!(page(0xb0, &IDENTITY, &mut out), Ok(64));
        assert_eq!(out[..4], [0x00, 0xb0, 0x00, 0x3c]);
        assert_eq!(out[4..], [0; 60]);
        assert_eq!(page(0xb1, &IDENTITY, &mut out), Ok(64));
        assert_eq!(out[..6], [0x00, 0xb1, 0x00, 0x3c, 0x00, 0x01]);
        assert_eq!(out[6..], [0; 58]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 3];
        assert_eq!(page(0xb0, &IDENTITY, &mut out), Ok(3));
        assert_eq!(out, [0x00, 0xb0, 0x00]);
        assert_eq!(page(0xb0, &IDENTITY, &mut []), Ok(0));
    }
}
