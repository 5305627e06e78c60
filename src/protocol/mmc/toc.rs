// SPDX-License-Identifier: GPL-2.0

//! READ TOC/PMA/ATIP (MMC-6): the table of contents of a disc with one track.

use crate::protocol::{
    buf::Writer,
    mmc::{
        address,
        DATA_TRACK,
        LEAD_OUT,
        ONLY, //
    },
    sense::Sense, //
};

/// Builds the answer to READ TOC/PMA/ATIP of a disc of `blocks` sectors in `out`, and returns how
/// many bytes of it are valid.
///
/// `first` is the track or, for the raw TOC, the session to start with; `time` asks for addresses
/// as minute, second and frame. On a DVD the addresses are made up in the same way, and times stop
/// at 255:59:74.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB for a track or session that the disc does not have, and for the
/// formats other than TOC, multi-session information and raw TOC: they are for recordable discs,
/// or for CD-TEXT.
pub(crate) fn toc(
    format: u8,
    time: bool,
    first: u8,
    blocks: u64,
    out: &mut [u8],
) -> Result<usize, Sense> {
    let lead_out = address::lead_out(blocks);
    let mut writer = Writer::new(out);
    match format {
        0 => tracks(first, time, lead_out, &mut writer)?,
        1 => last_session(time, &mut writer),
        2 => points(first, lead_out, &mut writer)?,
        _ => return Err(Sense::invalid_field_bit(2, 3)),
    }
    Ok(writer.len())
}

/// Writes a TOC: the track, if `first` asks for it, and the lead-out.
fn tracks(first: u8, time: bool, lead_out: u32, writer: &mut Writer<'_>) -> Result<(), Sense> {
    let with_track = match first {
        0 | ONLY => true,
        LEAD_OUT => false,
        _ => return Err(Sense::invalid_field(6)),
    };
    // TOC DATA LENGTH counts what follows it; then FIRST and LAST TRACK NUMBER.
    let length = if with_track { 18 } else { 10 };
    writer.put(&[0, length, ONLY, ONLY]);
    if with_track {
        writer.put(&[0, DATA_TRACK, ONLY, 0]);
        writer.put(&address::field(0, time));
    }
    writer.put(&[0, DATA_TRACK, LEAD_OUT, 0]);
    writer.put(&address::field(lead_out, time));
    Ok(())
}

/// Writes multi-session information: the first track of the last session.
fn last_session(time: bool, writer: &mut Writer<'_>) {
    // TOC DATA LENGTH, FIRST and LAST COMPLETE SESSION NUMBER.
    writer.put(&[0, 10, ONLY, ONLY]);
    writer.put(&[0, DATA_TRACK, ONLY, 0]);
    writer.put(&address::field(0, time));
}

/// Writes the raw TOC, as the Q sub-channel of the lead-in has it; its addresses are always times.
fn points(first: u8, lead_out: u32, writer: &mut Writer<'_>) -> Result<(), Sense> {
    if first > ONLY {
        return Err(Sense::invalid_field(6));
    }
    let points = [
        (0xa0, [ONLY, 0, 0]), // First track number, and DISC TYPE 0: CD-ROM.
        (0xa1, [ONLY, 0, 0]), // Last track number.
        (0xa2, address::msf(lead_out)),
        (ONLY, address::msf(0)),
    ];
    // TOC DATA LENGTH counts what follows it; then FIRST and LAST COMPLETE SESSION NUMBER.
    writer.put(&[0, 46, ONLY, ONLY]);
    for (point, [minute, second, frame]) in points {
        // SESSION NUMBER, ADR and CONTROL, TNO, POINT, and the time within the lead-in.
        writer.put(&[ONLY, DATA_TRACK, 0, point, 0, 0, 0]);
        writer.put(&[0, minute, second, frame]);
    }
    Ok(())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_toc))]
mod tests {
    use super::*;

    /// 80 minutes: lead-out at 00057E40h or 80:02:00.
    const BLOCKS: u64 = 360_000;

    /// Checks an answer that fits.
    fn answers(format: u8, time: bool, first: u8, expected: &[u8]) -> bool {
        let mut out = [0xaa; 64];
        toc(format, time, first, BLOCKS, &mut out).is_ok_and(|len| out.get(..len) == Some(expected))
    }

    #[test]
    #[rustfmt::skip]
    fn toc_has_the_track_and_the_lead_out() {
        for first in [0, 1] {
            assert!(answers(0, false, first, &[
                0, 18, 1, 1,
                0, 0x14, 1, 0, 0, 0, 0, 0,
                0, 0x14, 0xaa, 0, 0, 0x05, 0x7e, 0x40,
            ]));
            assert!(answers(0, true, first, &[
                0, 18, 1, 1,
                0, 0x14, 1, 0, 0, 0, 2, 0,
                0, 0x14, 0xaa, 0, 0, 80, 2, 0,
            ]));
        }
    }

    #[test]
    fn lead_out_can_be_asked_for_alone() {
        assert!(answers(
            0,
            false,
            0xaa,
            &[0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0x05, 0x7e, 0x40]
        ));
    }

    #[test]
    fn last_session_is_the_first() {
        assert!(answers(
            1,
            false,
            0,
            &[0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0]
        ));
        assert!(answers(
            1,
            true,
            0,
            &[0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0]
        ));
    }

    #[test]
    #[rustfmt::skip]
    fn raw_toc_has_four_points() {
        for (time, first) in [(false, 0), (true, 1)] {
            assert!(answers(2, time, first, &[
                0, 46, 1, 1,
                1, 0x14, 0, 0xa0, 0, 0, 0, 0, 1, 0, 0,
                1, 0x14, 0, 0xa1, 0, 0, 0, 0, 1, 0, 0,
                1, 0x14, 0, 0xa2, 0, 0, 0, 0, 80, 2, 0,
                1, 0x14, 0, 0x01, 0, 0, 0, 0, 0, 2, 0,
            ]));
        }
    }

    #[test]
    fn times_of_a_dvd_stop_at_the_last_one() {
        let mut out = [0; 12];
        assert_eq!(toc(0, true, 0xaa, 2_295_104, &mut out), Ok(12));
        assert_eq!(out[8..], [0, 255, 59, 74]);
    }

    #[test]
    fn refuses_what_the_disc_does_not_have() {
        for first in [2, 99, 0xa9, 0xab, 0xff] {
            for format in [0, 2] {
                assert_eq!(
                    toc(format, false, first, BLOCKS, &mut []),
                    Err(Sense::invalid_field(6))
                );
            }
        }
        assert_eq!(
            toc(2, false, 0xaa, BLOCKS, &mut []),
            Err(Sense::invalid_field(6))
        );
        for format in 3..16 {
            assert_eq!(
                toc(format, false, 0, BLOCKS, &mut []),
                Err(Sense::invalid_field_bit(2, 3))
            );
        }
    }
}
