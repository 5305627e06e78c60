// SPDX-License-Identifier: GPL-2.0

//! READ DISC INFORMATION and READ TRACK INFORMATION (MMC-6): a finished disc with one track.

use crate::protocol::{
    buf::Writer,
    mmc::{
        address,
        ONLY, //
    },
    sense::Sense, //
};

/// Builds the answer to READ DISC INFORMATION with DATA TYPE `data_type` in `out`, and returns how
/// many bytes of it are valid.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB for all but standard disc information: track and POW resources are
/// for recordable discs.
pub(crate) fn disc_information(data_type: u8, out: &mut [u8]) -> Result<usize, Sense> {
    if data_type != 0 {
        return Err(Sense::invalid_field_bit(1, 2));
    }
    let mut data = [0; 34];
    data[1] = 32; // DISC INFORMATION LENGTH, which does not count itself.
    data[2] = 0x0e; // STATE OF LAST SESSION 3 and DISC STATUS 2, complete; not ERASABLE.
    data[3] = ONLY; // NUMBER OF FIRST TRACK ON DISC.
    data[4] = ONLY; // NUMBER OF SESSIONS.
    data[5] = ONLY; // FIRST TRACK NUMBER IN LAST SESSION.
    data[6] = ONLY; // LAST TRACK NUMBER IN LAST SESSION.
    data[7] = 0x20; // URU: for unrestricted use; no disc id, bar code or application code.

    // LAST SESSION LEAD-IN START ADDRESS and LAST POSSIBLE LEAD-OUT START ADDRESS: nothing can be
    // appended.
    data[16..24].fill(0xff);

    let mut writer = Writer::new(out);
    writer.put(&data);
    Ok(writer.len())
}

/// Builds the answer to READ TRACK INFORMATION of a disc of `blocks` sectors in `out`, and returns
/// how many bytes of it are valid.
///
/// The track is named by `address`, whose meaning `address_type` says: 0 the address of one of its
/// sectors, 1 its number, 2 the number of its session.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB for other tracks, sessions and types, and LOGICAL BLOCK ADDRESS OUT
/// OF RANGE for an address behind the track.
pub(crate) fn track_information(
    address_type: u8,
    address: u32,
    blocks: u64,
    out: &mut [u8],
) -> Result<usize, Sense> {
    match address_type {
        0 if u64::from(address) >= blocks => return Err(Sense::LBA_OUT_OF_RANGE),
        1 | 2 if address != u32::from(ONLY) => return Err(Sense::invalid_field(2)),
        0..=2 => {}
        _ => return Err(Sense::invalid_field_bit(1, 1)),
    }
    let size = address::lead_out(blocks);

    let mut data = [0; 48];
    data[1] = 46; // TRACK INFORMATION LENGTH, which does not count itself.
    data[2] = ONLY; // TRACK NUMBER.
    data[3] = ONLY; // SESSION NUMBER.
    data[5] = 0x04; // TRACK MODE: data, recorded without interruption; neither DAMAGE nor COPY.
    data[6] = 0x01; // DATA MODE 1; not BLANK, nothing reserved.
    data[7] = 0x02; // LRA_V: the last recorded address is valid; no NWA_V.

    // Bytes 8 to 23: the track starts at 0, and there is nothing left to write.
    data[24..28].copy_from_slice(&size.to_be_bytes()); // TRACK SIZE.
    data[28..32].copy_from_slice(&size.saturating_sub(1).to_be_bytes()); // LAST RECORDED ADDRESS.

    let mut writer = Writer::new(out);
    writer.put(&data);
    Ok(writer.len())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_disc))]
mod tests {
    use super::*;

    #[test]
    fn disc_is_complete_with_one_track() {
        let mut out = [0xaa; 64];
        assert_eq!(disc_information(0, &mut out), Ok(34));
        let mut expected = [0; 34];
        expected[..8].copy_from_slice(&[0, 32, 0x0e, 1, 1, 1, 1, 0x20]);
        expected[16..24].copy_from_slice(&[0xff; 8]);
        assert_eq!(out.get(..34), Some(&expected[..]));
    }

    #[test]
    fn other_disc_information_is_refused() {
        for data_type in 1..8 {
            assert_eq!(
                disc_information(data_type, &mut []),
                Err(Sense::invalid_field_bit(1, 2))
            );
        }
    }

    #[test]
    fn track_is_the_whole_disc() {
        let mut expected = [0; 48];
        expected[..8].copy_from_slice(&[0, 46, 1, 1, 0, 4, 1, 2]);
        expected[24..32].copy_from_slice(&[0, 0x05, 0x7e, 0x40, 0, 0x05, 0x7e, 0x3f]);
        for (address_type, address) in [(0, 0), (0, 359_999), (1, 1), (2, 1)] {
            let mut out = [0xaa; 64];
            assert_eq!(
                track_information(address_type, address, 360_000, &mut out),
                Ok(48)
            );
            assert_eq!(out.get(..48), Some(&expected[..]));
        }
    }

    #[test]
    fn other_tracks_are_refused() {
        let blocks = 360_000;
        for (address_type, address, sense) in [
            (0, 360_000, Sense::LBA_OUT_OF_RANGE),
            (0, u32::MAX, Sense::LBA_OUT_OF_RANGE),
            (1, 0, Sense::invalid_field(2)),
            (1, 2, Sense::invalid_field(2)),
            (1, 0xff, Sense::invalid_field(2)),
            (2, 0, Sense::invalid_field(2)),
            (2, 2, Sense::invalid_field(2)),
            (3, 1, Sense::invalid_field_bit(1, 1)),
        ] {
            assert_eq!(
                track_information(address_type, address, blocks, &mut []),
                Err(sense)
            );
        }
    }
}
