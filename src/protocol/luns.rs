// SPDX-License-Identifier: GPL-2.0

//! REPORT LUNS parameter data (SPC-6).

use crate::protocol::buf::Writer;

/// Returns the eight bytes that address a logical unit (SAM-5, "Logical units").
///
/// Up to 255 in the peripheral device addressing method, up to 16383 in the flat space one; `None`
/// beyond.
fn address(lun: u64) -> Option<[u8; 8]> {
    let number = u16::try_from(lun).ok()?;
    let method = match number {
        0..=0xff => 0x0000,
        0x100..=0x3fff => 0x4000,
        _ => return None,
    };
    let [high, low] = (method | number).to_be_bytes();
    Some([high, low, 0, 0, 0, 0, 0, 0])
}

/// Writes the list of `luns` into `out` and returns how many bytes of it are valid.
///
/// `select` is SELECT REPORT: 00h (units with these addressing methods) and 02h (all units) list
/// them, 01h (well known units) and everything else list none. Numbers above 16383 have no place in
/// the two addressing methods used and are left out.
pub(crate) fn report_luns(
    select: u8,
    luns: impl Iterator<Item = u64> + Clone,
    out: &mut [u8],
) -> usize {
    let listed = matches!(select, 0x00 | 0x02);
    let addresses = luns.filter(|_| listed).filter_map(address);
    let length = addresses
        .clone()
        .fold(0u32, |length, _| length.saturating_add(8));

    let mut data = Writer::new(out);
    data.put(&length.to_be_bytes());
    data.put(&[0; 4]);
    for entry in addresses {
        data.put(&entry);
    }
    data.len()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_luns))]
mod tests {
    use super::*;

    #[test]
    fn uses_the_shortest_addressing_method() {
        let mut out = [0xaa; 64];
        let luns = [0, 1, 255, 256, 16383, 16384, u64::MAX].into_iter();
        assert_eq!(report_luns(0, luns, &mut out), 48);
        assert_eq!(out[..8], [0, 0, 0, 40, 0, 0, 0, 0]);
        assert_eq!(out[8..16], [0x00, 0x00, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[16..24], [0x00, 0x01, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[24..32], [0x00, 0xff, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[32..40], [0x41, 0x00, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[40..48], [0x7f, 0xff, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[48..], [0xaa; 16]);
    }

    #[test]
    fn reports_what_is_selected() {
        let mut out = [0xaa; 16];
        for (select, length) in [(0x00, 16), (0x01, 8), (0x02, 16)] {
            assert_eq!(report_luns(select, [3].into_iter(), &mut out), length);
        }
        for select in [0x03, 0x10, 0x12, 0xff] {
            assert_eq!(report_luns(select, [3].into_iter(), &mut out), 8);
            assert_eq!(out[..8], [0; 8]);
        }
    }

    #[test]
    fn a_list_can_be_empty() {
        let mut out = [0xaa; 16];
        assert_eq!(report_luns(0, [].into_iter(), &mut out), 8);
        assert_eq!(out[..8], [0; 8]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 12];
        assert_eq!(report_luns(0, 0..1000, &mut out), 12);
        assert_eq!(out, [0, 0, 0x1f, 0x40, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(report_luns(0, 0..1000, &mut []), 0);
    }
}
