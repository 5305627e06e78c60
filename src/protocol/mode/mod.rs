// SPDX-License-Identifier: GPL-2.0

//! Mode parameters: MODE SENSE and MODE SELECT (SPC-6, SBC-4 and MMC-6).

mod pages;
mod select;
mod sense;

use crate::protocol::profile::{
    Kind,
    Profile, //
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
    /// LLBAA: the initiator takes a long LBA block descriptor. Only in MODE SENSE(10).
    pub(crate) llbaa: bool,
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
    /// Decodes bytes 1 to 3 of the CDB, which both commands share but for LLBAA.
    pub(crate) fn new(short: bool, [options, page, subpage]: [u8; 3]) -> Self {
        Self {
            short,
            llbaa: !short && options & 0x10 != 0,
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

/// A bit of a mode page that means something to the unit.
struct Bit {
    /// PAGE CODE; the page has no subpage code.
    page: u8,
    /// The byte of the page that the bit is in.
    byte: usize,
    /// The bit in that byte.
    mask: u8,
}

impl Bit {
    /// WCE of the Caching page.
    const WCE: Self = Self::new(0x08, 2, 0x04);
    /// D_SENSE of the Control page.
    const D_SENSE: Self = Self::new(0x0a, 2, 0x04);
    /// SWP of the Control page.
    const SWP: Self = Self::new(0x0a, 4, 0x08);

    /// Returns the bit `mask` of byte `byte` of page `page`.
    const fn new(page: u8, byte: usize, mask: u8) -> Self {
        Self { page, byte, mask }
    }
}

/// The values of all mode pages of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// What the unit is, which decides on the pages there are.
    kind: Kind,
    /// The pages with their headers, one after the other; see [`pages::layout`].
    values: [u8; pages::SIZE],
}

/// What a MODE SELECT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Some value is not what it was.
    pub(crate) any: bool,
}

impl Pages {
    /// Returns the values after power on.
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut pages = Self {
            kind: profile.kind,
            values: [0; pages::SIZE],
        };
        for (page, range) in pages::layout(profile.kind) {
            if let Some(values) = pages.values.get_mut(range) {
                values.copy_from_slice(page.default());
            }
        }
        pages.set(Bit::WCE, profile.write_cache);
        pages.set(Bit::D_SENSE, profile.descriptor_sense);
        pages
    }

    /// Returns WCE: whether there may be data in the cache that are not on the medium.
    pub(crate) fn write_cache(&self) -> bool {
        self.get(Bit::WCE)
    }

    /// Sets WCE. A CD drive has no such bit, and stays without a write cache.
    pub(crate) fn set_write_cache(&mut self, enabled: bool) {
        self.set(Bit::WCE, enabled);
    }

    /// Returns D_SENSE: whether sense data are to be in descriptor format.
    pub(crate) fn descriptor_sense(&self) -> bool {
        self.get(Bit::D_SENSE)
    }

    /// Returns SWP: whether the initiator has protected the medium from being written.
    pub(crate) fn software_write_protect(&self) -> bool {
        self.get(Bit::SWP)
    }

    /// Returns a bit; `false` if the unit has no such page.
    fn get(&self, bit: Bit) -> bool {
        pages::find(self.kind, bit.page, 0)
            .and_then(|(_, range)| self.values.get(range)?.get(bit.byte))
            .is_some_and(|byte| byte & bit.mask != 0)
    }

    /// Sets a bit, if the unit has such a page.
    fn set(&mut self, bit: Bit, value: bool) {
        let byte = pages::find(self.kind, bit.page, 0)
            .and_then(|(_, range)| self.values.get_mut(range)?.get_mut(bit.byte));
        if let Some(byte) = byte {
            *byte &= !bit.mask;
            if value {
                *byte |= bit.mask;
            }
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mode))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples;

    #[test]
    fn decodes_the_fields() {
        let caching = Request {
            short: true,
            llbaa: false,
            dbd: true,
            page_control: PageControl::Current,
            page: 0x08,
            subpage: 0x00,
        };
        assert_eq!(Request::new(true, [0x08, 0x08, 0x00]), caching);
        assert_eq!(Request::new(true, [0x18, 0x08, 0x00]), caching);
        assert_eq!(
            Request::new(false, [0x10, 0xff, 0x01]),
            Request {
                short: false,
                llbaa: true,
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
    fn values_after_power_on_are_those_of_the_profile() {
        for write_cache in [false, true] {
            for descriptor_sense in [false, true] {
                let pages = Pages::new(&Profile {
                    write_cache,
                    descriptor_sense,
                    ..samples::disk()
                });
                assert_eq!(pages.write_cache(), write_cache);
                assert_eq!(pages.descriptor_sense(), descriptor_sense);
                assert!(!pages.software_write_protect());
            }
        }
    }

    #[test]
    fn the_write_cache_of_a_disk_can_be_switched() {
        let mut pages = Pages::new(&samples::disk());
        let before = pages;
        pages.set_write_cache(false);
        assert!(!pages.write_cache());
        assert!(pages != before);
        pages.set_write_cache(true);
        assert_eq!(pages, before);

        let mut pages = Pages::new(&samples::cdrom());
        pages.set_write_cache(true);
        assert!(!pages.write_cache());
    }
}
