// SPDX-License-Identifier: GPL-2.0

//! CD/DVD Capabilities and Mechanical Status mode page (MMC-3, page code 2Ah).
//!
//! MMC-6 calls it legacy, but Linux still takes from it what the drive can do.

/// 48 times the 176.4 kB/s of an audio CD.
const SPEED: [u8; 2] = 8467_u16.to_be_bytes();

/// BUFFER SIZE SUPPORTED, in KiB.
const BUFFER: [u8; 2] = 512_u16.to_be_bytes();

/// The page with PAGE CODE and PAGE LENGTH, none of which can be changed.
///
/// LOCK STATE, which is bit 1 of byte 6, is zero here: whoever reports current values sets it while
/// the removal of the medium is prevented.
pub(crate) const PAGE: [u8; 32] = [
    0x2a, // PAGE CODE; PS is zero.
    30,   // PAGE LENGTH.
    0x1b, // Reads DVD-R, DVD-ROM, CD-RW and CD-R.
    0x00, // Writes nothing.
    0x70, // MULTI SESSION, MODE 2 FORM 2 and MODE 2 FORM 1 are read; no AUDIO PLAY.
    0x00, // No CD-DA COMMANDS and nothing that needs sub-channels.
    0x29, // LOADING MECHANISM TYPE 1 (tray), EJECT, LOCK; unlocked after power on.
    0x00, // One side, no changer, no volume.
    SPEED[0], SPEED[1], // MAXIMUM READ SPEED SUPPORTED.
    0x00, 0x00, // NUMBER OF VOLUME LEVELS SUPPORTED.
    BUFFER[0], BUFFER[1], // BUFFER SIZE SUPPORTED.
    SPEED[0], SPEED[1], // CURRENT READ SPEED SELECTED.
    0x00, 0x00, // Reserved; digital output.
    0x00, 0x00, // MAXIMUM WRITE SPEED SUPPORTED.
    0x00, 0x00, // CURRENT WRITE SPEED SELECTED.
    0x00, 0x00, // COPY MANAGEMENT REVISION SUPPORTED: none.
    0x00, 0x00, 0x00, // Reserved.
    0x00, // ROTATION CONTROL SELECTED: CLV.
    0x00, 0x00, // CURRENT WRITE SPEED SELECTED, of MMC-3.
    0x00, 0x00, // No write speed performance descriptors.
];

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_capabilities))]
mod tests {
    use super::*;

    #[test]
    fn page_says_what_the_cdrom_drivers_look_for() {
        assert_eq!(PAGE[0], 0x2a);
        assert_eq!(usize::from(PAGE[1]) + 2, PAGE.len());
        assert_eq!(PAGE[2] & 0x08, 0x08); // A DVD drive.
        assert_eq!(PAGE[3], 0); // Not a writer of anything.
        assert_eq!(PAGE[6] >> 5, 1); // A tray, which can be closed,
        assert_eq!(PAGE[6] & 0x08, 0x08); // opened
        assert_eq!(PAGE[6] & 0x01, 0x01); // and locked.

        // Linux divides by 176.
        assert_eq!(u16::from_be_bytes([PAGE[8], PAGE[9]]) / 176, 48);
        assert_eq!(u16::from_be_bytes([PAGE[14], PAGE[15]]) / 176, 48);
        assert_eq!([PAGE[12], PAGE[13]], [0x02, 0x00]);
    }
}
