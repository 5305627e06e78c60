// SPDX-License-Identifier: GPL-2.0

//! Addresses on a disc (MMC-6).

/// Frames, which are sectors, in a second.
const FRAMES: u32 = 75;

/// Seconds in a minute.
const SECONDS: u32 = 60;

/// Frames from 00:00:00 to the sector with address 0: the pre-gap of two seconds.
const PREGAP: u32 = 2 * FRAMES;

/// The last address that fits into three bytes. DVDs go beyond it.
const LAST: [u8; 3] = [u8::MAX, 59, 74];

/// Returns minute, second and frame of the sector at `lba`, or 255:59:74 if it is beyond that.
pub(crate) fn msf(lba: u32) -> [u8; 3] {
    let frames = lba.saturating_add(PREGAP);
    let seconds = frames / FRAMES;
    match (
        u8::try_from(seconds / SECONDS),
        u8::try_from(seconds % SECONDS),
        u8::try_from(frames % FRAMES),
    ) {
        (Ok(minute), Ok(second), Ok(frame)) => [minute, second, frame],
        _ => LAST,
    }
}

/// Returns the four byte address field of the sector at `lba`, as minute, second and frame if
/// `time`.
pub(crate) fn field(lba: u32, time: bool) -> [u8; 4] {
    if time {
        let [minute, second, frame] = msf(lba);
        [0, minute, second, frame]
    } else {
        lba.to_be_bytes()
    }
}

/// Returns where the lead-out area of a disc of `blocks` sectors starts, as far as 32 bits can say.
pub(crate) fn lead_out(blocks: u64) -> u32 {
    u32::try_from(blocks).unwrap_or(u32::MAX)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_address))]
mod tests {
    use super::*;

    #[test]
    fn time_starts_two_seconds_before_the_first_sector() {
        assert_eq!(msf(0), [0, 2, 0]);
        assert_eq!(msf(74), [0, 2, 74]);
        assert_eq!(msf(75), [0, 3, 0]);
        assert_eq!(msf(58 * 75 - 1), [0, 59, 74]);
        assert_eq!(msf(58 * 75), [1, 0, 0]);
        // 80 minutes, the longest ordinary CD: 360000 sectors and two seconds.
        assert_eq!(msf(359_849), [79, 59, 74]);
        assert_eq!(msf(360_000), [80, 2, 0]);
    }

    #[test]
    fn time_stops_where_the_minutes_do_not_fit() {
        // 256 minutes are 1152000 frames.
        assert_eq!(msf(1_151_849), [255, 59, 74]);
        assert_eq!(msf(1_151_850), [255, 59, 74]);
        assert_eq!(msf(u32::MAX), [255, 59, 74]);
    }

    #[test]
    fn address_field_has_both_forms() {
        assert_eq!(field(0x0102_0304, false), [1, 2, 3, 4]);
        assert_eq!(field(16, true), [0, 0, 2, 16]);
    }

    #[test]
    fn lead_out_follows_the_last_sector() {
        assert_eq!(lead_out(0), 0);
        assert_eq!(lead_out(1000), 1000);
        assert_eq!(lead_out(u64::MAX), u32::MAX);
    }
}
