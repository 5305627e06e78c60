// SPDX-License-Identifier: GPL-2.0

//! The mode pages there are, and where their values are kept.

use core::ops::Range;

use crate::protocol::{
    mmc::capabilities,
    profile::Kind, //
};

/// The SPF bit of a mode page.
pub(super) const SPF: u8 = 0x40;

/// A mode page, with byte numbers as in the standards.
pub(super) struct Page {
    /// The values after power on, with the header in front: PS, as all pages can be saved (but that
    /// of MMC), SPF, PAGE CODE, SUBPAGE CODE and PAGE LENGTH.
    default: &'static [u8],
    /// The bits that MODE SELECT can change; what is missing at the end are zeroes.
    changeable: &'static [u8],
}

impl Page {
    /// Returns the values after power on, with the header.
    pub(super) fn default(&self) -> &'static [u8] {
        self.default
    }

    /// Returns the PAGE CODE.
    pub(super) fn code(&self) -> u8 {
        self.default.first().copied().unwrap_or_default() & 0x3f
    }

    /// Returns the SUBPAGE CODE, which is 0 for a page that has none.
    pub(super) fn subpage(&self) -> u8 {
        match self.default {
            [first, subpage, ..] if first & SPF != 0 => *subpage,
            _ => 0,
        }
    }

    /// Returns the length of the header.
    pub(super) fn header_len(&self) -> usize {
        match self.subpage() {
            0 => 2,
            _ => 4,
        }
    }

    /// Returns the bits of a byte that MODE SELECT can change.
    pub(super) fn changeable(&self, byte: usize) -> u8 {
        self.changeable.get(byte).copied().unwrap_or_default()
    }
}

/// Read-Write Error Recovery (SBC-4): AWRE and ARRE, flawed blocks are reassigned.
const ERROR_RECOVERY: Page = Page {
    default: &[0x81, 10, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    changeable: &[],
};

/// Read/Write Error Recovery (MMC-6).
const CD_ERROR_RECOVERY: Page = Page {
    default: &[0x81, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    changeable: &[],
};

/// Disconnect-Reconnect (SPC-6).
const DISCONNECT: Page = Page {
    default: &[0x82, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    changeable: &[],
};

/// Caching (SBC-4): WCE and RCD. Linux changes both at once; there is nothing to see of RCD.
const CACHING: Page = Page {
    default: &[
        0x88, 18, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
    changeable: &[0, 0, 0x05],
};

/// The values of [`CONTROL`] after power on: GLTSD, as there are no log parameters to save; QUEUE
/// ALGORITHM MODIFIER 1, as commands are not kept in order.
const CONTROL_VALUES: &[u8] = &[0x8a, 10, 0x02, 0x10, 0, 0, 0, 0, 0, 0, 0, 0];

/// Control (SPC-6): D_SENSE and SWP.
const CONTROL: Page = Page {
    default: CONTROL_VALUES,
    changeable: &[0, 0, 0x04, 0, 0x08],
};

/// Control of a CD drive: D_SENSE alone, as nothing is ever written.
const CD_CONTROL: Page = Page {
    default: CONTROL_VALUES,
    changeable: &[0, 0, 0x04],
};

/// Control Extension (SPC-6): IALUAE, as access states change without the initiator.
const CONTROL_EXTENSION: Page = Page {
    default: &[
        0xca, 0x01, 0, 28, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0,
    ],
    changeable: &[],
};

/// Power Condition (SPC-6): STANDBY_Y, IDLE_C, IDLE_B, IDLE_A, STANDBY_Z and their timers.
const POWER: Page = Page {
    default: &[
        0x9a, 38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
    changeable: &[
        0, 0, 0x01, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ],
};

/// Informational Exceptions Control (SPC-6): DEXCPT, as none are reported; it, TEST and MRIE can be
/// changed.
const EXCEPTIONS: Page = Page {
    default: &[0x9c, 10, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    changeable: &[0, 0, 0x0c, 0x0f],
};

/// Capabilities and Mechanical Status (MMC-6).
const CAPABILITIES: Page = Page {
    default: &capabilities::PAGE,
    changeable: &[],
};

/// The pages of a disk, in ascending order.
const DISK: [Page; 7] = [
    ERROR_RECOVERY,
    DISCONNECT,
    CACHING,
    CONTROL,
    CONTROL_EXTENSION,
    POWER,
    EXCEPTIONS,
];

/// The pages of a CD drive, in ascending order.
const CDROM: [Page; 6] = [
    CD_ERROR_RECOVERY,
    CD_CONTROL,
    CONTROL_EXTENSION,
    POWER,
    EXCEPTIONS,
    CAPABILITIES,
];

/// Returns the number of bytes that the values of `pages` take.
const fn total(pages: &[Page]) -> usize {
    match pages {
        [page, rest @ ..] => page.default.len() + total(rest),
        [] => 0,
    }
}

/// Returns the larger of two numbers.
const fn larger(a: usize, b: usize) -> usize {
    if a > b {
        a
    } else {
        b
    }
}

/// The number of bytes that the values of all pages of one unit take, headers included.
pub(super) const SIZE: usize = larger(total(&DISK), total(&CDROM));

// All pages and a block descriptor fit what MODE SENSE(6) can state.
const _: () = assert!(3 + 8 + SIZE <= 255);

/// Returns the pages of a unit of that kind, with where each is among the values of the unit.
pub(super) fn layout(kind: Kind) -> impl Iterator<Item = (&'static Page, Range<usize>)> + Clone {
    let pages: &'static [Page] = match kind {
        Kind::Disk => &DISK,
        Kind::Cdrom => &CDROM,
    };
    let mut start = 0;
    pages.iter().map(move |page| {
        let range = start..start + page.default.len();
        start = range.end;
        (page, range)
    })
}

/// Returns the page of these codes.
pub(super) fn find(kind: Kind, code: u8, subpage: u8) -> Option<(&'static Page, Range<usize>)> {
    layout(kind).find(|(page, _)| page.code() == code && page.subpage() == subpage)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mode_pages))]
mod tests {
    use super::*;

    #[test]
    fn pages_are_in_order_and_as_long_as_they_state() {
        for kind in [Kind::Disk, Kind::Cdrom] {
            let codes = layout(kind).map(|(page, _)| (page.code(), page.subpage()));
            assert!(codes.is_sorted());
            let mut end = 0;
            for (page, range) in layout(kind) {
                let stated = match page.default {
                    [first, _, high, low, ..] if first & SPF != 0 => {
                        usize::from(u16::from_be_bytes([*high, *low]))
                    }
                    [_, length, ..] => usize::from(*length),
                    _ => 0,
                };
                assert_eq!(page.header_len() + stated, page.default.len());
                assert!(page.changeable.len() <= page.default.len());
                assert_eq!((range.start, range.len()), (end, page.default.len()));
                end = range.end;
            }
            assert!(end <= SIZE);
        }
    }

    #[test]
    fn headers_cannot_be_changed() {
        for kind in [Kind::Disk, Kind::Cdrom] {
            for (page, _) in layout(kind) {
                for byte in 0..page.header_len() {
                    assert_eq!(page.changeable(byte), 0);
                }
            }
        }
    }
}
