// SPDX-License-Identifier: GPL-2.0

//! MODE SENSE parameter data (SPC-6 and SBC-4, mode parameters).

use crate::protocol::{
    buf::Writer,
    capacity::Geometry,
    sense::Sense, //
};

/// Which values of a mode page are asked for (SPC-6, MODE SENSE, PC field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageControl {
    /// The values in effect.
    Current,
    /// A mask of the bits that MODE SELECT can change.
    Changeable,
    /// The values after power on.
    Default,
    /// The values kept in non-volatile memory.
    Saved,
}

/// The fields of MODE SENSE(6) and MODE SENSE(10) that choose the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// MODE SENSE(6), which has a shorter header than MODE SENSE(10).
    pub(crate) short: bool,
    /// DBD: leave out the block descriptor.
    pub(crate) dbd: bool,
    /// PC.
    pub(crate) page_control: PageControl,
    /// PAGE CODE, six bits.
    pub(crate) page: u8,
    /// SUBPAGE CODE.
    pub(crate) subpage: u8,
}

impl Request {
    /// Decodes bytes 1 to 3 of the CDB, which both commands share.
    ///
    /// LLBAA is ignored: it permits a long block descriptor and does not demand it.
    pub(crate) fn new(short: bool, [options, page, subpage]: [u8; 3]) -> Self {
        Self {
            short,
            dbd: options & 0x08 != 0,
            page_control: match page >> 6 {
                0 => PageControl::Current,
                1 => PageControl::Changeable,
                2 => PageControl::Default,
                _ => PageControl::Saved,
            },
            page: page & 0x3f,
            subpage,
        }
    }
}

/// Caching (SBC-4): WCE, so that the initiator flushes.
const CACHING: [u8; 20] = [
    0x08, 18, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];
/// Control (SPC-6): GLTSD, as there are no log parameters to save.
const CONTROL: [u8; 12] = [0x0a, 10, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// Informational Exceptions Control (SBC-4): DEXCPT, as none are reported.
const EXCEPTIONS: [u8; 12] = [0x1c, 10, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The pages served, in ascending order.
const PAGES: [&[u8]; 3] = [&CACHING, &CONTROL, &EXCEPTIONS];

/// PAGE CODE that asks for all pages.
const ALL_PAGES: u8 = 0x3f;
/// SUBPAGE CODE that asks for all subpages.
const ALL_SUBPAGES: u8 = 0xff;

/// Writes the mode parameters asked for into `out` and returns how many bytes of it are valid.
///
/// The DPOFUA bit is clear: FUA is accepted, but a flush is what makes the data durable here.
///
/// # Errors
///
/// Returns SAVING PARAMETERS NOT SUPPORTED if saved values are asked for, and INVALID FIELD IN CDB
/// with a pointer to the page or subpage code for a page that is not served.
pub(crate) fn sense(
    request: &Request,
    geometry: &Geometry,
    write_protected: bool,
    out: &mut [u8],
) -> Result<usize, Sense> {
    if request.page_control == PageControl::Saved {
        return Err(Sense::SAVING_PARAMETERS_NOT_SUPPORTED);
    }
    let wanted = |page: &&[u8]| {
        request.page == ALL_PAGES || page.first().is_some_and(|code| *code == request.page)
    };
    let pages = PAGES.into_iter().filter(wanted);
    if pages.clone().next().is_none() {
        return Err(Sense::invalid_field_bit(2, 5));
    }
    if !matches!(request.subpage, 0 | ALL_SUBPAGES) {
        return Err(Sense::invalid_field(3));
    }

    let descriptor = block_descriptor(geometry);
    let descriptor: &[u8] = if request.dbd { &[] } else { &descriptor };
    let pages_length: usize = pages.clone().map(<[u8]>::len).sum();
    let device_specific = if write_protected { 0x80 } else { 0x00 }; // WP

    let mut data = Writer::new(out);
    if request.short {
        data.put(&[
            length_byte(3 + descriptor.len() + pages_length),
            0x00, // MEDIUM TYPE
            device_specific,
            length_byte(descriptor.len()),
        ]);
    } else {
        data.put(&[0x00, length_byte(6 + descriptor.len() + pages_length)]);
        data.put(&[0x00, device_specific, 0x00, 0x00, 0x00]);
        data.put(&[length_byte(descriptor.len())]);
    }
    data.put(descriptor);
    for page in pages {
        put_page(&mut data, page, request.page_control);
    }
    Ok(data.len())
}

/// Returns a length as the one byte it fits: all pages and a descriptor together are 52 bytes.
fn length_byte(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

/// Returns the short LBA mode parameter block descriptor (SBC-4).
///
/// A number of blocks that needs more than 32 bits is reported as FFFFFFFFh, a block length that
/// needs more than 24 bits as FFFFFFh.
fn block_descriptor(geometry: &Geometry) -> [u8; 8] {
    let blocks = u32::try_from(geometry.blocks).unwrap_or(u32::MAX);
    let [b0, b1, b2, b3] = blocks.to_be_bytes();
    let [_, l0, l1, l2] = geometry.block_size.min(0x00ff_ffff).to_be_bytes();
    [b0, b1, b2, b3, 0, l0, l1, l2]
}

/// Writes a page; of its changeable values, all are zero behind the two bytes of its header.
fn put_page(data: &mut Writer<'_>, page: &[u8], page_control: PageControl) {
    if page_control != PageControl::Changeable {
        data.put(page);
        return;
    }
    for (offset, byte) in page.iter().enumerate() {
        data.put(&[if offset < 2 { *byte } else { 0 }]);
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mode))]
mod tests {
    use super::*;

    /// A disk of 2 GiB.
    const GEOMETRY: Geometry = Geometry {
        blocks: 0x0040_0000,
        block_size: 512,
    };

    /// MODE SENSE(6) for the current values of a page, without a block descriptor.
    const CACHING_6: Request = Request {
        short: true,
        dbd: true,
        page_control: PageControl::Current,
        page: 0x08,
        subpage: 0x00,
    };

    #[test]
    fn decodes_the_fields() {
        assert_eq!(Request::new(true, [0x08, 0x08, 0x00]), CACHING_6);
        assert_eq!(
            Request::new(false, [0x10, 0xff, 0x01]),
            Request {
                short: false,
                dbd: false,
                page_control: PageControl::Saved,
                page: 0x3f,
                subpage: 0x01,
            }
        );
        for (byte, page_control) in [
            (0x3f, PageControl::Current),
            (0x7f, PageControl::Changeable),
            (0xbf, PageControl::Default),
            (0xff, PageControl::Saved),
        ] {
            assert_eq!(Request::new(true, [0, byte, 0]).page_control, page_control);
        }
    }

    #[test]
    fn caching_page_of_6_bytes() {
        let mut out = [0xaa; 32];
        assert_eq!(sense(&CACHING_6, &GEOMETRY, false, &mut out), Ok(24));
        assert_eq!(out[..4], [23, 0x00, 0x00, 0]);
        assert_eq!(out[4..7], [0x08, 0x12, 0x04]);
        assert_eq!(out[7..24], [0; 17]);
        assert_eq!(out[24..], [0xaa; 8]);
    }

    #[test]
    fn caching_page_of_10_bytes_with_a_block_descriptor() {
        let request = Request {
            short: false,
            dbd: false,
            ..CACHING_6
        };
        let mut out = [0xaa; 64];
        assert_eq!(sense(&request, &GEOMETRY, true, &mut out), Ok(36));
        assert_eq!(out[..8], [0x00, 34, 0x00, 0x80, 0x00, 0x00, 0x00, 8]);
        assert_eq!(out[8..16], [0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00]);
        assert_eq!(out[16..19], [0x08, 0x12, 0x04]);
    }

    #[test]
    fn control_and_exceptions_pages() {
        let mut out = [0; 16];
        for (page, flags) in [(0x0a, 0x02), (0x1c, 0x08)] {
            let request = Request { page, ..CACHING_6 };
            assert_eq!(sense(&request, &GEOMETRY, false, &mut out), Ok(16));
            assert_eq!(out[..7], [15, 0x00, 0x00, 0, page, 0x0a, flags]);
            assert_eq!(out[7..], [0; 9]);
        }
    }

    #[test]
    fn all_pages_in_ascending_order() {
        for subpage in [0x00, 0xff] {
            let request = Request {
                page: 0x3f,
                subpage,
                dbd: false,
                ..CACHING_6
            };
            let mut out = [0; 64];
            assert_eq!(sense(&request, &GEOMETRY, true, &mut out), Ok(56));
            assert_eq!(out[..4], [55, 0x00, 0x80, 8]);
            assert_eq!(out[12..14], [0x08, 18]);
            assert_eq!(out[32..34], [0x0a, 10]);
            assert_eq!(out[44..46], [0x1c, 10]);
        }
    }

    #[test]
    fn nothing_is_changeable() {
        let request = Request {
            page: 0x3f,
            page_control: PageControl::Changeable,
            ..CACHING_6
        };
        let mut out = [0xaa; 48];
        let mut expected = [0; 48];
        expected[0] = 47;
        expected[4..6].copy_from_slice(&[0x08, 18]);
        expected[24..26].copy_from_slice(&[0x0a, 10]);
        expected[36..38].copy_from_slice(&[0x1c, 10]);
        assert_eq!(sense(&request, &GEOMETRY, false, &mut out), Ok(48));
        assert_eq!(out, expected);
    }

    #[test]
    fn default_values_are_the_current_ones() {
        let mut current = [0; 64];
        let mut default = [0; 64];
        let request = Request {
            page_control: PageControl::Default,
            ..CACHING_6
        };
        assert_eq!(sense(&CACHING_6, &GEOMETRY, false, &mut current), Ok(24));
        assert_eq!(sense(&request, &GEOMETRY, false, &mut default), Ok(24));
        assert_eq!(current, default);
    }

    #[test]
    fn refuses_saved_values_and_unknown_pages() {
        let mut out = [0; 64];
        let saved = Request {
            page_control: PageControl::Saved,
            ..CACHING_6
        };
        assert_eq!(
            sense(&saved, &GEOMETRY, false, &mut out),
            Err(Sense::SAVING_PARAMETERS_NOT_SUPPORTED)
        );
        let page = Request {
            page: 0x01,
            ..CACHING_6
        };
        assert_eq!(
            sense(&page, &GEOMETRY, false, &mut out),
            Err(Sense::invalid_field_bit(2, 5))
        );
        for page in [0x0a, 0x3f] {
            let subpage = Request {
                page,
                subpage: 0x01,
                ..CACHING_6
            };
            assert_eq!(
                sense(&subpage, &GEOMETRY, false, &mut out),
                Err(Sense::invalid_field(3))
            );
        }
    }

    #[test]
    fn block_descriptor_says_when_the_disk_is_too_large_for_it() {
        assert_eq!(
            block_descriptor(&Geometry {
                blocks: 0x1_0000_0000,
                block_size: 0x0100_0000,
            }),
            [0xff, 0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff]
        );
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 2];
        assert_eq!(sense(&CACHING_6, &GEOMETRY, false, &mut out), Ok(2));
        assert_eq!(out, [23, 0x00]);
        assert_eq!(sense(&CACHING_6, &GEOMETRY, false, &mut []), Ok(0));
    }
}
