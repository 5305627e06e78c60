// SPDX-License-Identifier: GPL-2.0

//! MECHANISM STATUS (MMC-6).

use crate::protocol::buf::Writer;

/// Builds the answer to MECHANISM STATUS in `out`, and returns how many bytes of it are valid.
///
/// The drive is no changer: there are no slots, and the mechanism is idle.
pub(crate) fn status(open: bool, out: &mut [u8]) -> usize {
    let mut data = [0; 8];
    data[1] = u8::from(open) << 4; // DOOR OPEN.

    let mut writer = Writer::new(out);
    writer.put(&data);
    writer.len()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_mechanism))]
mod tests {
    use super::*;

    #[test]
    fn says_only_whether_the_door_is_open() {
        let mut out = [0xaa; 9];
        assert_eq!(status(false, &mut out), 8);
        assert_eq!(out, [0, 0, 0, 0, 0, 0, 0, 0, 0xaa]);
        assert_eq!(status(true, &mut out), 8);
        assert_eq!(out, [0, 0x10, 0, 0, 0, 0, 0, 0, 0xaa]);
        assert_eq!(status(true, &mut out[..1]), 1);
    }
}
