// SPDX-License-Identifier: GPL-2.0

//! INQUIRY vital product data (SPC-6 and SBC-4, vital product data parameters).

mod block;
mod identification;

use crate::protocol::{
    buf::Writer,
    profile::{
        Kind,
        Port,
        Profile, //
    },
    sense::Sense, //
};

/// Supported VPD Pages.
const SUPPORTED: u8 = 0x00;
/// Unit Serial Number.
const SERIAL: u8 = 0x80;
/// Device Identification.
const IDENTIFICATION: u8 = 0x83;
/// Extended INQUIRY Data.
const EXTENDED: u8 = 0x86;
/// Mode Page Policy.
const MODE_POLICY: u8 = 0x87;
/// SCSI Ports.
const PORTS: u8 = 0x88;
/// Power Condition.
const POWER: u8 = 0x8a;
/// Block Limits (SBC-4).
const BLOCK_LIMITS: u8 = 0xb0;
/// Block Device Characteristics (SBC-4).
const CHARACTERISTICS: u8 = 0xb1;
/// Logical Block Provisioning (SBC-4).
const PROVISIONING: u8 = 0xb2;
/// Block Limits Extension (SBC-4).
const LIMITS_EXTENSION: u8 = 0xb7;

/// The pages of a CD drive, in ascending order as SPC-6 demands (Supported VPD Pages page).
const CDROM_PAGES: [u8; 7] = [
    SUPPORTED,
    SERIAL,
    IDENTIFICATION,
    EXTENDED,
    MODE_POLICY,
    PORTS,
    POWER,
];

/// The pages of a disk, in ascending order.
const DISK_PAGES: [u8; 11] = [
    SUPPORTED,
    SERIAL,
    IDENTIFICATION,
    EXTENDED,
    MODE_POLICY,
    PORTS,
    POWER,
    BLOCK_LIMITS,
    CHARACTERISTICS,
    PROVISIONING,
    LIMITS_EXTENSION,
];

/// Returns the pages of a unit of that kind.
fn pages(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Disk => &DISK_PAGES,
        Kind::Cdrom => &CDROM_PAGES,
    }
}

/// Writes the page with that code into `out` and returns how many bytes of it are valid.
///
/// `ports` are all ports of the unit, and `this` is the index of the one that the command came
/// through: the designators of that port are left out if there is none.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB pointing to PAGE CODE for a page that is not served.
pub(crate) fn page(
    code: u8,
    profile: &Profile,
    ports: &[Port],
    this: usize,
    out: &mut [u8],
) -> Result<usize, Sense> {
    if !pages(profile.kind).contains(&code) {
        return Err(Sense::invalid_field(2));
    }
    let mut page = Page {
        kind: profile.kind,
        code,
        data: Writer::new(out),
    };
    match code {
        SUPPORTED => page.put(pages(profile.kind)),
        SERIAL => page.put(profile.identity.serial.get()),
        IDENTIFICATION => {
            identification::designators(&mut page, &profile.identity, ports.get(this))
        }
        EXTENDED => page.put(&extended(profile.kind)),
        MODE_POLICY => page.put(&MODE_PAGE_POLICY),
        PORTS => identification::ports(&mut page, ports),
        POWER => page.put(&POWER_CONDITIONS),
        BLOCK_LIMITS => page.put(&block::limits(profile)),
        CHARACTERISTICS => page.put(&block::characteristics(profile)),
        PROVISIONING => page.put(&block::provisioning(&profile.provisioning)),
        // The limits of WRITE SCATTERED: none are reported. There are no streams.
        LIMITS_EXTENSION => page.put(&[0; 60]),
        _ => return Err(Sense::invalid_field(2)),
    }
    Ok(page.data.len())
}

/// A page that is being written.
struct Page<'a> {
    /// PERIPHERAL DEVICE TYPE.
    kind: Kind,
    /// PAGE CODE.
    code: u8,
    /// What is written of it.
    data: Writer<'a>,
}

impl Page<'_> {
    /// Writes the header of a page with `length` bytes to follow, which no page has too many of.
    fn header(&mut self, length: usize) {
        let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        // CAST: a fieldless `repr(u8)` enum.
        self.data.put(&[self.kind as u8, self.code, high, low]);
    }

    /// Writes the header and all that follows it.
    fn put(&mut self, body: &[u8]) {
        self.header(body.len());
        self.data.put(body);
    }
}

/// Mode Page Policy: one descriptor for all pages and subpages. There is one set of values for all
/// ports and initiators (shared), and none of another unit's (MLUS is zero).
const MODE_PAGE_POLICY: [u8; 4] = [0x3f, 0xff, 0x00, 0x00];

/// Power Condition: both standby and all three idle conditions. The recovery times are zero, which
/// is "not specified": a unit is back at once.
const POWER_CONDITIONS: [u8; 14] = [
    0x03, // STANDBY_Y, STANDBY_Z
    0x07, // IDLE_C, IDLE_B, IDLE_A
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Returns Extended INQUIRY Data from byte 4 on.
///
/// Of the task attributes there is only SIMPLE; V_SUP says that the write cache of a disk, which
/// can be switched on and off, is lost with the power; RTD_SUP that MODE SELECT reverts to
/// defaults.
fn extended(kind: Kind) -> [u8; 60] {
    let mut data = [0; 60];
    data[1] = 0x01; // Byte 5: SIMPSUP.
    data[2] = match kind {
        Kind::Disk => 0x01, // Byte 6: V_SUP.
        Kind::Cdrom => 0x00,
    };
    data[4] = 0x08; // Byte 8: RTD_SUP.
    data
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_vpd))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples;

    #[test]
    fn lists_exactly_the_pages_served() {
        for unit in [samples::disk(), samples::cdrom()] {
            let listed = pages(unit.kind);
            assert!(listed.is_sorted());
            let mut out = [0; 128];
            for code in 0..=u8::MAX {
                let served = page(code, &unit, &[], 0, &mut out);
                if listed.contains(&code) {
                    let stated = usize::from(u16::from_be_bytes([out[2], out[3]]));
                    assert_eq!(served, Ok(4 + stated));
                    assert_eq!(out[..2], [unit.kind as u8, code]);
                } else {
                    assert_eq!(served, Err(Sense::invalid_field(2)));
                }
            }
        }
    }

    #[test]
    fn supported_pages() {
        let mut out = [0xaa; 16];
        assert_eq!(page(0x00, &samples::disk(), &[], 0, &mut out), Ok(15));
        assert_eq!(out[..4], [0x00, 0x00, 0x00, 11]);
        assert_eq!(out[4..11], [0x00, 0x80, 0x83, 0x86, 0x87, 0x88, 0x8a]);
        assert_eq!(out[11..], [0xb0, 0xb1, 0xb2, 0xb7, 0xaa]);
        assert_eq!(page(0x00, &samples::cdrom(), &[], 0, &mut out), Ok(11));
        assert_eq!(out[..4], [0x05, 0x00, 0x00, 7]);
    }

    #[test]
    fn serial_number() {
        let mut out = [0; 16];
        assert_eq!(page(0x80, &samples::disk(), &[], 0, &mut out), Ok(8));
        assert_eq!(out[..8], [0x00, 0x80, 0x00, 4, b'S', b'N', b'4', b'2']);
    }

    #[test]
    fn extended_inquiry_data() {
        let mut out = [0xaa; 64];
        assert_eq!(page(0x86, &samples::disk(), &[], 0, &mut out), Ok(64));
        assert_eq!(
            out[..9],
            [0x00, 0x86, 0x00, 60, 0x00, 0x01, 0x01, 0x00, 0x08]
        );
        assert_eq!(out[9..], [0; 55]);
        assert_eq!(page(0x86, &samples::cdrom(), &[], 0, &mut out), Ok(64));
        assert_eq!(
            out[..9],
            [0x05, 0x86, 0x00, 60, 0x00, 0x01, 0x00, 0x00, 0x08]
        );
    }

    #[test]
    fn mode_page_policy_and_power_conditions() {
        let mut out = [0xaa; 18];
        assert_eq!(page(0x87, &samples::disk(), &[], 0, &mut out), Ok(8));
        assert_eq!(out[..8], [0x00, 0x87, 0x00, 4, 0x3f, 0xff, 0x00, 0x00]);
        assert_eq!(page(0x8a, &samples::cdrom(), &[], 0, &mut out), Ok(18));
        assert_eq!(out[..6], [0x05, 0x8a, 0x00, 14, 0x03, 0x07]);
        assert_eq!(out[6..], [0; 12]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 3];
        assert_eq!(page(0xb0, &samples::disk(), &[], 0, &mut out), Ok(3));
        assert_eq!(out, [0x00, 0xb0, 0x00]);
        assert_eq!(page(0xb0, &samples::disk(), &[], 0, &mut []), Ok(0));
    }
}
