// SPDX-License-Identifier: GPL-2.0

//! MODE SELECT parameter lists.

use core::ops::Range;

use crate::protocol::{
    mode::{
        pages::{
            self,
            SPF, //
        },
        sense::{
            long_descriptor,
            short_descriptor, //
        },
        Changed,
        Pages, //
    },
    profile::{
        Kind,
        Profile, //
    },
    sense::Sense, //
};

/// WP and DPOFUA of the DEVICE-SPECIFIC PARAMETER, reserved in MODE SELECT and ignored: a list made
/// of what MODE SENSE returned has them still.
const REPORTED_ONLY: u8 = 0x90;

impl Pages {
    /// Takes over the values of a parameter list: all of them, or none in case of an error. An
    /// empty list changes nothing.
    ///
    /// `blocks` is the number of logical blocks of the medium, `short` says that this is MODE
    /// SELECT(6), and `page_format` is the PF bit.
    ///
    /// # Errors
    ///
    /// - INVALID FIELD IN CDB: the list is not as the standard says (PF is zero).
    /// - PARAMETER LIST LENGTH ERROR: it ends within a header, a block descriptor or a page.
    /// - INVALID FIELD IN PARAMETER LIST, with a pointer: it has a reserved value, a page that
    ///   there is not, a page of the wrong length, or changes what cannot be changed. That includes
    ///   the size and number of blocks.
    pub(crate) fn select(
        &mut self,
        list: &[u8],
        profile: &Profile,
        blocks: u64,
        short: bool,
        page_format: bool,
    ) -> Result<Changed, Sense> {
        if list.is_empty() {
            return Ok(Changed { any: false });
        }
        if !page_format {
            return Err(Sense::invalid_field_bit(1, 4));
        }
        let header = Header::parse(list, short)?;
        header.check_descriptor(list, profile, blocks)?;

        let mut next = *self;
        let mut at = header.len.saturating_add(header.descriptor_len);
        while at < list.len() {
            at = next.select_page(list, at)?;
        }
        let any = next != *self;
        *self = next;
        Ok(Changed { any })
    }

    /// Takes over the page at byte `at` of the list, and returns where the next one starts.
    fn select_page(&mut self, list: &[u8], at: usize) -> Result<usize, Sense> {
        let rest = list.get(at..).unwrap_or_default();
        let (has_subpage, subpage, length) = match rest {
            [first, subpage, high, low, ..] if first & SPF != 0 => {
                (true, *subpage, u16::from_be_bytes([*high, *low]))
            }
            [first, length, ..] if first & SPF == 0 => (false, 0, u16::from(*length)),
            _ => return Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
        };
        let first = rest.first().copied().unwrap_or_default();
        let code = first & 0x3f;
        if first & 0x80 != 0 {
            return Err(invalid_bit(at, 0, 7)); // PS
        }
        if !pages::layout(self.kind).any(|(page, _)| page.code() == code) {
            return Err(invalid_bit(at, 0, 5));
        }
        let (page, range) = pages::find(self.kind, code, subpage)
            .filter(|_| has_subpage == (subpage != 0))
            .ok_or(if has_subpage {
                invalid(at, 1)
            } else {
                invalid_bit(at, 0, 6) // SPF
            })?;
        let header_len = page.header_len();
        if header_len.checked_add(usize::from(length)) != Some(range.len()) {
            return Err(invalid(at, if has_subpage { 2 } else { 1 }));
        }
        let new = rest
            .get(..range.len())
            .ok_or(Sense::PARAMETER_LIST_LENGTH_ERROR)?;
        let current = self.values.get_mut(range).unwrap_or_default();

        let fields = current.iter_mut().zip(new).enumerate().skip(header_len);
        for (byte, (current, new)) in fields {
            let refused = (*current ^ *new) & !page.changeable(byte);
            if let Some(bit) = refused.checked_ilog2() {
                return Err(invalid_bit(at, byte, bit));
            }
            *current = *new;
        }
        check_values(code, new, at)?;
        Ok(at.saturating_add(new.len()))
    }
}

/// Checks that changeable fields have values that go together.
///
/// Of Informational Exceptions Control, MRIE is a method that is neither obsolete nor reserved, and
/// TEST is not set while DEXCPT is.
fn check_values(code: u8, page: &[u8], at: usize) -> Result<(), Sense> {
    let [_, _, flags, method, ..] = page else {
        return Ok(());
    };
    if code != 0x1c {
        return Ok(());
    }
    if flags & 0x0c == 0x0c {
        return Err(invalid_bit(at, 2, 2));
    }
    if !matches!(method & 0x0f, 0 | 2..=6) {
        return Err(invalid_bit(at, 3, 3));
    }
    Ok(())
}

/// Returns the number of byte `byte` of what is at `at`, as a field pointer has it.
fn pointer(at: usize, byte: usize) -> u16 {
    u16::try_from(at.saturating_add(byte)).unwrap_or(u16::MAX)
}

/// Returns INVALID FIELD IN PARAMETER LIST pointing to byte `byte` of what is at `at`.
fn invalid(at: usize, byte: usize) -> Sense {
    Sense::invalid_parameter(pointer(at, byte))
}

/// Returns INVALID FIELD IN PARAMETER LIST pointing to a bit, 0 to 7, of byte `byte` of what is at
/// `at`.
fn invalid_bit(at: usize, byte: usize, bit: u32) -> Sense {
    Sense::invalid_parameter_bit(pointer(at, byte), u8::try_from(bit).unwrap_or_default())
}

/// The header of a parameter list.
struct Header {
    /// Its length.
    len: usize,
    /// BLOCK DESCRIPTOR LENGTH.
    descriptor_len: usize,
    /// The byte that this field starts at.
    descriptor_len_at: u16,
    /// LONGLBA.
    long: bool,
}

impl Header {
    /// Parses the header of a list of MODE SELECT(6) or (10).
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN PARAMETER LIST for what is reserved, and for a MEDIUM TYPE but
    /// zero.
    fn parse(list: &[u8], short: bool) -> Result<Self, Sense> {
        // MODE DATA LENGTH, MEDIUM TYPE, DEVICE-SPECIFIC PARAMETER, then the rest.
        let header = if short {
            let [length, medium, parameter, descriptor_len, ..] = list else {
                return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
            };
            check_zero(&[*length, *medium, parameter & !REPORTED_ONLY])?;
            Self {
                len: 4,
                descriptor_len: usize::from(*descriptor_len),
                descriptor_len_at: 3,
                long: false,
            }
        } else {
            let [l0, l1, medium, parameter, long, reserved, d0, d1, ..] = list else {
                return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
            };
            let parameter = parameter & !REPORTED_ONLY;
            check_zero(&[*l0, *l1, *medium, parameter, long & !0x01, *reserved])?;
            Self {
                len: 8,
                descriptor_len: usize::from(u16::from_be_bytes([*d0, *d1])),
                descriptor_len_at: 6,
                long: long & 0x01 != 0,
            }
        };
        Ok(header)
    }

    /// Checks that the block descriptor, if there is one, asks for what there is: the number and
    /// length of blocks are the current ones, or zero. All ones are as many blocks as possible,
    /// which is what the medium has.
    fn check_descriptor(&self, list: &[u8], profile: &Profile, blocks: u64) -> Result<(), Sense> {
        if self.descriptor_len == 0 {
            return Ok(());
        }
        let mut room = [0; 16];
        let current = if self.long {
            long_descriptor(profile, blocks, &mut room)
        } else {
            short_descriptor(profile, blocks, &mut room)
        };
        if profile.kind == Kind::Cdrom || self.descriptor_len != current.len() {
            return Err(Sense::invalid_parameter(self.descriptor_len_at));
        }
        let end = self.len.saturating_add(self.descriptor_len);
        let descriptor = list
            .get(self.len..end)
            .ok_or(Sense::PARAMETER_LIST_LENGTH_ERROR)?;

        // NUMBER OF LOGICAL BLOCKS; reserved bytes; LOGICAL BLOCK LENGTH.
        let fields: [Range<usize>; 3] = if self.long {
            [0..8, 8..12, 12..16]
        } else {
            [0..4, 4..5, 5..8]
        };
        for (is_number, field) in [true, false, false].into_iter().zip(fields) {
            let wanted = descriptor.get(field.clone()).unwrap_or_default();
            let fits = current.get(field.clone()) == Some(wanted)
                || wanted.iter().all(|byte| *byte == 0x00)
                || (is_number && wanted.iter().all(|byte| *byte == 0xff));
            if !fits {
                return Err(invalid(self.len, field.start));
            }
        }
        Ok(())
    }
}

/// Checks that the bytes at the front of a list are zero.
fn check_zero(bytes: &[u8]) -> Result<(), Sense> {
    for (at, byte) in bytes.iter().enumerate() {
        if let Some(bit) = byte.checked_ilog2() {
            return Err(invalid_bit(0, at, bit));
        }
    }
    Ok(())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mode_select))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples;

    /// The Control page with D_SENSE and SWP set, in a list of MODE SELECT(6) without a block
    /// descriptor.
    const PROTECT: [u8; 16] = [0, 0, 0, 0, 0x0a, 10, 0x06, 0x10, 0x08, 0, 0, 0, 0, 0, 0, 0];

    /// Sends a list of MODE SELECT(6) to a disk of 16 blocks; whatever is refused changes nothing.
    fn select(pages: &mut Pages, list: &[u8]) -> Result<bool, Sense> {
        let before = *pages;
        let changed = pages.select(list, &samples::disk(), 16, true, true);
        match changed {
            Ok(changed) => assert_eq!(changed.any, *pages != before),
            Err(_) => assert_eq!(*pages, before),
        }
        changed.map(|changed| changed.any)
    }

    #[test]
    fn changes_the_control_page() {
        let mut pages = Pages::new(&samples::disk());
        assert_eq!(select(&mut pages, &PROTECT), Ok(true));
        assert!(pages.descriptor_sense());
        assert!(pages.software_write_protect());
        assert!(pages.write_cache());
        assert_eq!(select(&mut pages, &PROTECT), Ok(false));
    }

    #[test]
    fn changes_the_caching_page_with_the_long_header() {
        let mut pages = Pages::new(&samples::disk());
        let mut list = [0; 36];
        list[7] = 8; // BLOCK DESCRIPTOR LENGTH
        list[11] = 16; // NUMBER OF LOGICAL BLOCKS
        list[14] = 0x02; // LOGICAL BLOCK LENGTH
        list[16] = 0x08;
        list[17] = 18;
        list[18] = 0x01; // RCD, and no WCE.
        let changed = pages.select(&list, &samples::disk(), 16, false, true);
        assert_eq!(changed, Ok(Changed { any: true }));
        assert!(!pages.write_cache());
    }

    #[test]
    fn takes_a_long_block_descriptor() {
        let mut pages = Pages::new(&samples::disk());
        let mut list = [0; 24];
        list[4] = 0x01; // LONGLBA
        list[7] = 16;
        list[15] = 16;
        list[22] = 0x02;
        let send =
            |pages: &mut Pages, list: &[u8]| pages.select(list, &samples::disk(), 16, false, true);
        assert_eq!(send(&mut pages, &list), Ok(Changed { any: false }));
        list[15] = 15;
        assert_eq!(send(&mut pages, &list), Err(Sense::invalid_parameter(8)));
        list[8..16].fill(0xff);
        assert_eq!(send(&mut pages, &list), Ok(Changed { any: false }));
        list[17] = 1;
        assert_eq!(send(&mut pages, &list), Err(Sense::invalid_parameter(16)));
        list[7] = 8;
        assert_eq!(send(&mut pages, &list), Err(Sense::invalid_parameter(6)));
    }

    #[test]
    fn an_empty_list_and_a_header_alone_change_nothing() {
        let mut pages = Pages::new(&samples::disk());
        assert_eq!(select(&mut pages, &[]), Ok(false));
        assert_eq!(select(&mut pages, &[0, 0, 0x90, 0]), Ok(false));
    }

    #[test]
    fn refuses_to_change_the_blocks() {
        let mut pages = Pages::new(&samples::disk());
        for (descriptor, answer) in [
            ([0, 0, 0, 0, 0, 0, 0, 0], Ok(false)),
            ([0, 0, 0, 16, 0, 0, 2, 0], Ok(false)),
            ([0xff, 0xff, 0xff, 0xff, 0, 0, 2, 0], Ok(false)),
            ([0, 0, 0, 17, 0, 0, 2, 0], Err(Sense::invalid_parameter(4))),
            ([0, 0, 0, 16, 1, 0, 2, 0], Err(Sense::invalid_parameter(8))),
            ([0, 0, 0, 16, 0, 0, 16, 0], Err(Sense::invalid_parameter(9))),
            (
                [0, 0, 0, 0, 0, 0xff, 0xff, 0xff],
                Err(Sense::invalid_parameter(9)),
            ),
        ] {
            let mut list = [0; 12];
            list[3] = 8;
            list[4..].copy_from_slice(&descriptor);
            assert_eq!(select(&mut pages, &list), answer);
        }
        for length in [1, 7, 9, 16] {
            assert_eq!(
                select(&mut pages, &[0, 0, 0, length, 0, 0]),
                Err(Sense::invalid_parameter(3))
            );
        }
    }

    #[test]
    fn refuses_what_is_reserved_in_the_header() {
        let mut pages = Pages::new(&samples::disk());
        for (header, sense) in [
            ([15, 0, 0, 0], Sense::invalid_parameter_bit(0, 3)),
            ([0, 1, 0, 0], Sense::invalid_parameter_bit(1, 0)),
            ([0, 0, 0x20, 0], Sense::invalid_parameter_bit(2, 5)),
        ] {
            assert_eq!(select(&mut pages, &header), Err(sense));
        }
        for (header, sense) in [
            (
                [0x80, 0, 0, 0, 0, 0, 0, 0],
                Sense::invalid_parameter_bit(0, 7),
            ),
            ([0, 0, 0, 0, 2, 0, 0, 0], Sense::invalid_parameter_bit(4, 1)),
            ([0, 0, 0, 0, 0, 4, 0, 0], Sense::invalid_parameter_bit(5, 2)),
        ] {
            let answer = pages.select(&header, &samples::disk(), 16, false, true);
            assert_eq!(answer, Err(sense));
        }
    }

    #[test]
    fn refuses_lists_that_end_too_early() {
        let mut pages = Pages::new(&samples::disk());
        for end in [1, 3, 5, 6, 15] {
            let list = PROTECT.get(..end).unwrap_or_default();
            assert_eq!(
                select(&mut pages, list),
                Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
            );
        }
        for list in [
            [0, 0, 0, 8, 0, 0, 0].as_slice(),
            [0, 0, 0, 0, 0x4a, 0x01, 0x00].as_slice(),
        ] {
            assert_eq!(
                select(&mut pages, list),
                Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
            );
        }
    }

    #[test]
    fn refuses_pages_that_are_not_as_they_should_be() {
        let mut pages = Pages::new(&samples::disk());
        for (byte, value, sense) in [
            (4, 0x8a, Sense::invalid_parameter_bit(4, 7)),   // PS
            (4, 0x03, Sense::invalid_parameter_bit(4, 5)),   // No such page.
            (5, 11, Sense::invalid_parameter(5)),            // PAGE LENGTH
            (6, 0x26, Sense::invalid_parameter_bit(6, 5)),   // TST
            (6, 0x04, Sense::invalid_parameter_bit(6, 1)),   // GLTSD
            (7, 0x90, Sense::invalid_parameter_bit(7, 7)),   // QUEUE ALGORITHM MODIFIER
            (13, 0x01, Sense::invalid_parameter_bit(13, 0)), // BUSY TIMEOUT PERIOD
        ] {
            let mut list = PROTECT;
            list[byte] = value;
            assert_eq!(select(&mut pages, &list), Err(sense));
        }
    }

    #[test]
    fn refuses_subpages_that_there_are_not() {
        let mut pages = Pages::new(&samples::disk());
        for (page, sense) in [
            ([0x4a, 0x02, 0, 28], Sense::invalid_parameter(5)),
            ([0x4a, 0x00, 0, 8], Sense::invalid_parameter(5)),
            ([0x4a, 0x01, 0, 27], Sense::invalid_parameter(6)),
        ] {
            let mut list = [0; 8];
            list[4..].copy_from_slice(&page);
            assert_eq!(select(&mut pages, &list), Err(sense));
        }
    }

    #[test]
    fn nothing_changes_if_the_last_page_is_wrong() {
        let mut pages = Pages::new(&samples::disk());
        let mut list = [0; 28];
        list[..16].copy_from_slice(&PROTECT);
        list[16..20].copy_from_slice(&[0x1c, 10, 0x0c, 0x06]);
        assert_eq!(
            select(&mut pages, &list),
            Err(Sense::invalid_parameter_bit(18, 2))
        );
        list[18] = 0x04;
        for method in [1, 7, 11, 12, 15] {
            list[19] = method;
            assert_eq!(
                select(&mut pages, &list),
                Err(Sense::invalid_parameter_bit(19, 3))
            );
        }
        list[19] = 0x06;
        assert_eq!(select(&mut pages, &list), Ok(true));
        assert!(pages.software_write_protect());
    }

    #[test]
    fn power_condition_timers_can_be_changed() {
        let mut pages = Pages::new(&samples::disk());
        let mut list = [0; 44];
        list[4] = 0x1a;
        list[5] = 38;
        list[6] = 0x01;
        list[7] = 0x0f;
        list[8..28].fill(0xff);
        assert_eq!(select(&mut pages, &list), Ok(true));
        list[28] = 0x01;
        assert_eq!(
            select(&mut pages, &list),
            Err(Sense::invalid_parameter_bit(28, 0))
        );
    }

    #[test]
    fn a_cd_drive_has_neither_software_write_protection_nor_block_descriptors() {
        let cdrom = samples::cdrom();
        let mut pages = Pages::new(&cdrom);
        assert_eq!(
            pages.select(&PROTECT, &cdrom, 16, true, true),
            Err(Sense::invalid_parameter_bit(8, 3))
        );
        let mut list = PROTECT;
        list[8] = 0;
        assert_eq!(
            pages.select(&list, &cdrom, 16, true, true),
            Ok(Changed { any: true })
        );
        assert!(pages.descriptor_sense());
        assert_eq!(
            pages.select(
                &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
                &cdrom,
                16,
                true,
                true
            ),
            Err(Sense::invalid_parameter(3))
        );
    }

    #[test]
    fn refuses_vendor_specific_lists() {
        let mut pages = Pages::new(&samples::disk());
        assert_eq!(
            pages.select(&PROTECT, &samples::disk(), 16, true, false),
            Err(Sense::invalid_field_bit(1, 4))
        );
        assert_eq!(
            pages.select(&[], &samples::disk(), 16, true, false),
            Ok(Changed { any: false })
        );
    }
}
