// SPDX-License-Identifier: GPL-2.0

//! MODE SENSE parameter data.

use core::ops::Range;

use crate::protocol::{
    buf::Writer,
    mode::{
        pages::{
            self,
            Page, //
        },
        PageControl,
        Pages,
        Request, //
    },
    profile::{
        Kind,
        Profile, //
    },
    sense::Sense, //
};

/// PAGE CODE that asks for all pages.
const ALL_PAGES: u8 = 0x3f;
/// SUBPAGE CODE that asks for all subpages.
const ALL_SUBPAGES: u8 = 0xff;

impl Pages {
    /// Writes the mode parameters asked for into `out` and returns how many bytes of it are valid.
    ///
    /// `self` are the current values, `saved` the saved ones. `blocks` is the number of logical
    /// blocks of the medium, 0 without a medium; `write_protected` is what the WP bit says.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB with a pointer to the PAGE CODE or SUBPAGE CODE of a page that
    /// is not served.
    pub(crate) fn sense(
        &self,
        saved: &Self,
        profile: &Profile,
        blocks: u64,
        write_protected: bool,
        request: &Request,
        out: &mut [u8],
    ) -> Result<usize, Sense> {
        let wanted = wanted(self.kind, request)?;
        let mut descriptor = [0; 16];
        let descriptor = match (profile.kind, request.dbd, request.llbaa) {
            (Kind::Cdrom, _, _) | (_, true, _) => &[],
            (_, false, true) => long_descriptor(profile, blocks, &mut descriptor),
            (_, false, false) => short_descriptor(profile, blocks, &mut descriptor),
        };
        let parameters = match profile.kind {
            Kind::Disk => device_specific(profile, write_protected),
            Kind::Cdrom => 0x00,
        };
        let pages_length: usize = wanted.clone().map(|(_, range)| range.len()).sum();
        let length = descriptor.len() + pages_length;

        let mut data = Writer::new(out);
        if request.short {
            data.put(&[
                length_byte(3 + length),
                0x00, // MEDIUM TYPE
                parameters,
                length_byte(descriptor.len()),
            ]);
        } else {
            let long = if descriptor.len() == 16 { 0x01 } else { 0x00 }; // LONGLBA
            data.put(&[0x00, length_byte(6 + length), 0x00, parameters, long, 0x00]);
            data.put(&[0x00, length_byte(descriptor.len())]);
        }
        data.put(descriptor);

        let values = match request.page_control {
            PageControl::Saved => *saved,
            PageControl::Default => Self::new(profile),
            PageControl::Current | PageControl::Changeable => *self,
        };
        for (page, range) in wanted {
            if request.page_control == PageControl::Changeable {
                put_changeable(&mut data, page);
            } else {
                data.put(values.values.get(range).unwrap_or_default());
            }
        }
        Ok(data.len())
    }
}

/// Returns the pages asked for, with where their values are.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB with a pointer if there is none.
fn wanted(
    kind: Kind,
    &Request { page, subpage, .. }: &Request,
) -> Result<impl Iterator<Item = (&'static Page, Range<usize>)> + Clone, Sense> {
    let of_page = move |candidate: &Page| page == ALL_PAGES || candidate.code() == page;
    let of_subpage = move |candidate: &Page| match subpage {
        ALL_SUBPAGES => true,
        _ => candidate.subpage() == subpage,
    };
    if !pages::layout(kind).any(|(page, _)| of_page(page)) {
        return Err(Sense::invalid_field_bit(2, 5));
    }
    let wanted = pages::layout(kind).filter(move |(page, _)| of_page(page) && of_subpage(page));
    // All pages with one certain subpage code is nothing that can be asked for.
    if wanted.clone().next().is_none()
        || (page == ALL_PAGES && !matches!(subpage, 0 | ALL_SUBPAGES))
    {
        return Err(Sense::invalid_field(3));
    }
    Ok(wanted)
}

/// Returns the DEVICE-SPECIFIC PARAMETER of a disk (SBC-4).
fn device_specific(profile: &Profile, write_protected: bool) -> u8 {
    let write_protected = if write_protected { 0x80 } else { 0x00 }; // WP
    let dpofua = if profile.dpofua { 0x10 } else { 0x00 };
    write_protected | dpofua
}

/// Returns a length as the one byte it fits, as all pages together do.
fn length_byte(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

/// Returns the short LBA mode parameter block descriptor (SBC-4).
///
/// A number of blocks that needs more than 32 bits is reported as FFFFFFFFh. A block length always
/// fits its 24 bits.
pub(super) fn short_descriptor<'a>(
    profile: &Profile,
    blocks: u64,
    room: &'a mut [u8; 16],
) -> &'a [u8] {
    let [b0, b1, b2, b3] = u32::try_from(blocks).unwrap_or(u32::MAX).to_be_bytes();
    let [_, l0, l1, l2] = profile.block_size.to_be_bytes();
    room[..8].copy_from_slice(&[b0, b1, b2, b3, 0, l0, l1, l2]);
    &room[..8]
}

/// Returns the long LBA mode parameter block descriptor (SBC-4).
pub(super) fn long_descriptor<'a>(
    profile: &Profile,
    blocks: u64,
    room: &'a mut [u8; 16],
) -> &'a [u8] {
    room[..8].copy_from_slice(&blocks.to_be_bytes());
    room[12..].copy_from_slice(&profile.block_size.to_be_bytes());
    room
}

/// Writes the header of a page and the mask of its changeable bits.
fn put_changeable(data: &mut Writer<'_>, page: &Page) {
    for (byte, value) in page.default().iter().enumerate() {
        let in_header = byte < page.header_len();
        data.put(&[if in_header {
            *value
        } else {
            page.changeable(byte)
        }]);
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mode_sense))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples;

    /// MODE SENSE(6) for the current values of the Caching page, without a block descriptor.
    const CACHING_6: Request = Request {
        short: true,
        llbaa: false,
        dbd: true,
        page_control: PageControl::Current,
        page: 0x08,
        subpage: 0x00,
    };

    /// The blocks of a disk of 2 GiB.
    const BLOCKS: u64 = 0x0040_0000;

    /// Asks a unit with default values.
    fn ask(profile: &Profile, request: &Request, out: &mut [u8]) -> Result<usize, Sense> {
        let pages = Pages::new(profile);
        pages.sense(&pages, profile, BLOCKS, false, request, out)
    }

    #[test]
    fn caching_page_of_6_bytes() {
        let mut out = [0xaa; 32];
        assert_eq!(ask(&samples::disk(), &CACHING_6, &mut out), Ok(24));
        assert_eq!(out[..4], [23, 0x00, 0x10, 0]);
        assert_eq!(out[4..7], [0x88, 0x12, 0x04]);
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
        let disk = Profile {
            dpofua: false,
            ..samples::disk()
        };
        let pages = Pages::new(&disk);
        let mut out = [0xaa; 64];
        let answer = pages.sense(&pages, &disk, BLOCKS, true, &request, &mut out);
        assert_eq!(answer, Ok(36));
        assert_eq!(out[..8], [0x00, 34, 0x00, 0x80, 0x00, 0x00, 0x00, 8]);
        assert_eq!(out[8..16], [0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00]);
        assert_eq!(out[16..19], [0x88, 0x12, 0x04]);
    }

    #[test]
    fn long_block_descriptor() {
        let request = Request {
            short: false,
            llbaa: true,
            dbd: false,
            ..CACHING_6
        };
        let mut out = [0xaa; 64];
        assert_eq!(ask(&samples::disk(), &request, &mut out), Ok(44));
        assert_eq!(out[..8], [0x00, 42, 0x00, 0x10, 0x01, 0x00, 0x00, 16]);
        assert_eq!(out[8..16], [0, 0, 0, 0, 0x00, 0x40, 0x00, 0x00]);
        assert_eq!(out[16..24], [0, 0, 0, 0, 0x00, 0x00, 0x02, 0x00]);
        assert_eq!(out[24..26], [0x88, 0x12]);
    }

    #[test]
    fn short_block_descriptor_says_when_the_disk_is_too_large_for_it() {
        let disk = Profile {
            block_size: 0x0001_0000,
            ..samples::disk()
        };
        assert_eq!(
            short_descriptor(&disk, 0x1_0000_0000, &mut [0; 16]),
            [0xff, 0xff, 0xff, 0xff, 0x00, 0x01, 0x00, 0x00]
        );
    }

    #[test]
    fn all_pages_of_a_disk_in_ascending_order() {
        let mut out = [0xaa; 256];
        let request = Request {
            page: 0x3f,
            dbd: false,
            ..CACHING_6
        };
        assert_eq!(ask(&samples::disk(), &request, &mut out), Ok(124));
        assert_eq!(out[..4], [123, 0x00, 0x10, 8]);
        assert_eq!(out[12..15], [0x81, 10, 0xc0]);
        assert_eq!(out[24..26], [0x82, 14]);
        assert_eq!(out[40..43], [0x88, 18, 0x04]);
        assert_eq!(out[60..64], [0x8a, 10, 0x02, 0x10]);
        assert_eq!(out[72..74], [0x9a, 38]);
        assert_eq!(out[112..115], [0x9c, 10, 0x08]);

        let request = Request {
            subpage: 0xff,
            ..request
        };
        assert_eq!(ask(&samples::disk(), &request, &mut out), Ok(156));
        assert_eq!(out[0], 155);
        assert_eq!(out[60..62], [0x8a, 10]);
        assert_eq!(out[72..77], [0xca, 0x01, 0x00, 28, 0x01]);
        assert_eq!(out[104..106], [0x9a, 38]);
    }

    #[test]
    fn subpages_of_one_page() {
        let mut out = [0xaa; 64];
        let extension = Request {
            page: 0x0a,
            subpage: 0x01,
            ..CACHING_6
        };
        assert_eq!(ask(&samples::disk(), &extension, &mut out), Ok(36));
        assert_eq!(out[..9], [35, 0, 0x10, 0, 0xca, 0x01, 0x00, 28, 0x01]);
        let both = Request {
            subpage: 0xff,
            ..extension
        };
        assert_eq!(ask(&samples::disk(), &both, &mut out), Ok(48));
        assert_eq!(out[4..6], [0x8a, 10]);
        assert_eq!(out[16..18], [0xca, 0x01]);
    }

    #[test]
    fn a_cd_drive_has_pages_of_its_own_and_no_block_descriptor() {
        let mut out = [0xaa; 256];
        let request = Request {
            page: 0x3f,
            dbd: false,
            ..CACHING_6
        };
        let cdrom = samples::cdrom();
        let pages = Pages::new(&cdrom);
        let answer = pages.sense(&pages, &cdrom, BLOCKS, true, &request, &mut out);
        assert_eq!(answer, Ok(112));
        assert_eq!(out[..4], [111, 0x00, 0x00, 0]);
        assert_eq!(out[4..7], [0x81, 10, 0x00]);
        assert_eq!(out[16..18], [0x8a, 10]);
        assert_eq!(out[28..30], [0x9a, 38]);
        assert_eq!(out[68..70], [0x9c, 10]);
        assert_eq!(out[80..82], [0x2a, 30]);
        assert_eq!(
            ask(&cdrom, &CACHING_6, &mut out),
            Err(Sense::invalid_field_bit(2, 5))
        );
    }

    #[test]
    fn changeable_bits() {
        let mut out = [0xaa; 44];
        let mut changeable = |profile: &Profile, page, expected: &[u8]| {
            let request = Request {
                page,
                page_control: PageControl::Changeable,
                ..CACHING_6
            };
            out.fill(0xaa);
            assert!(ask(profile, &request, &mut out).is_ok());
            assert_eq!(out.get(4..4 + expected.len()), Some(expected));
        };
        let disk = samples::disk();
        changeable(&disk, 0x01, &[0x81, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        changeable(&disk, 0x08, &[0x88, 18, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        changeable(&disk, 0x0a, &[0x8a, 10, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
        changeable(&samples::cdrom(), 0x0a, &[0x8a, 10, 4, 0, 0, 0]);
        changeable(&disk, 0x1a, &[0x9a, 38, 0x01, 0x0f, 0xff, 0xff, 0xff, 0xff]);
        changeable(&disk, 0x1c, &[0x9c, 10, 0x0c, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn current_default_and_saved_values_are_told_apart() {
        let disk = samples::disk();
        let saved = Pages::new(&disk);
        let mut current = saved;
        current.set_write_cache(false);
        for (page_control, wce) in [
            (PageControl::Current, 0x00),
            (PageControl::Default, 0x04),
            (PageControl::Saved, 0x04),
        ] {
            let request = Request {
                page_control,
                ..CACHING_6
            };
            let mut out = [0xaa; 24];
            assert!(current
                .sense(&saved, &disk, 1, false, &request, &mut out)
                .is_ok());
            assert_eq!(out[6], wce);
        }
        let request = Request {
            page_control: PageControl::Saved,
            ..CACHING_6
        };
        let mut out = [0xaa; 24];
        assert!(saved
            .sense(&current, &disk, 1, false, &request, &mut out)
            .is_ok());
        assert_eq!(out[6], 0x00);
    }

    #[test]
    fn refuses_unknown_pages_and_subpages() {
        let mut out = [0; 64];
        for (page, subpage, sense) in [
            (0x00, 0x00, Sense::invalid_field_bit(2, 5)),
            (0x03, 0x00, Sense::invalid_field_bit(2, 5)),
            (0x2a, 0xff, Sense::invalid_field_bit(2, 5)),
            (0x08, 0x01, Sense::invalid_field(3)),
            (0x0a, 0x02, Sense::invalid_field(3)),
            (0x3f, 0x01, Sense::invalid_field(3)),
            (0x3f, 0xfe, Sense::invalid_field(3)),
        ] {
            let request = Request {
                page,
                subpage,
                ..CACHING_6
            };
            assert_eq!(ask(&samples::disk(), &request, &mut out), Err(sense));
        }
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 2];
        assert_eq!(ask(&samples::disk(), &CACHING_6, &mut out), Ok(2));
        assert_eq!(out, [23, 0x00]);
        assert_eq!(ask(&samples::disk(), &CACHING_6, &mut []), Ok(0));
    }
}
