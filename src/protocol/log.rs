// SPDX-License-Identifier: GPL-2.0

//! Log parameters: LOG SENSE and LOG SELECT (SPC-6).
//!
//! All of them are constant: nothing ages or warms up here, and no exception is ever reported. They
//! are lists that have no thresholds, for which PC does not matter.

use crate::protocol::{
    buf::Writer,
    sense::Sense, //
};

/// The temperature of the device, in degrees Celsius.
const TEMPERATURE: u8 = 30;
/// REFERENCE TEMPERATURE: up to there the device works as it should.
const REFERENCE: u8 = 60;
/// A temperature that is not known.
const UNKNOWN: u8 = 0x80;

/// Supported Log Pages, and with [`ALL_SUBPAGES`] Supported Log Pages and Subpages.
const SUPPORTED: u8 = 0x00;
/// SUBPAGE CODE of a page that lists subpages, too.
const ALL_SUBPAGES: u8 = 0xff;

/// A log parameter.
struct Parameter {
    /// PARAMETER CODE.
    code: u16,
    /// PARAMETER VALUE.
    value: &'static [u8],
}

/// A log page that has parameters.
struct Page {
    /// PAGE CODE.
    code: u8,
    /// SUBPAGE CODE.
    subpage: u8,
    /// Its parameters, in ascending order.
    parameters: &'static [Parameter],
}

/// The log pages that have parameters, in ascending order.
const PAGES: [Page; 3] = [
    // Temperature
    Page {
        code: 0x0d,
        subpage: 0x00,
        parameters: &[
            Parameter {
                code: 0x0000,
                value: &[0, TEMPERATURE],
            },
            Parameter {
                code: 0x0001,
                value: &[0, REFERENCE],
            },
        ],
    },
    // Environmental Reporting: the temperature now, its extremes in the life of the device and
    // since power on, and of other places (OTV is zero).
    Page {
        code: 0x0d,
        subpage: 0x01,
        parameters: &[Parameter {
            code: 0x0000,
            value: &[
                0,
                TEMPERATURE,
                TEMPERATURE,
                TEMPERATURE,
                TEMPERATURE,
                TEMPERATURE,
                UNKNOWN,
                UNKNOWN,
            ],
        }],
    },
    // Informational Exceptions: additional sense code and qualifier, and the temperature.
    Page {
        code: 0x2f,
        subpage: 0x00,
        parameters: &[Parameter {
            code: 0x0000,
            value: &[0, 0, TEMPERATURE],
        }],
    },
];

/// FORMAT AND LINKING of all parameters: a binary format list. Nothing is saved or updated, and
/// there are no thresholds, so that the other bits of the control byte say nothing.
const LIST: u8 = 0x03;

/// Returns the page of these codes.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB pointing to PAGE CODE or SUBPAGE CODE.
fn find(code: u8, subpage: u8) -> Result<&'static Page, Sense> {
    let wrong = if PAGES.iter().any(|page| page.code == code) {
        Sense::invalid_field(3)
    } else {
        Sense::invalid_field_bit(2, 5)
    };
    PAGES
        .iter()
        .find(|page| page.code == code && page.subpage == subpage)
        .ok_or(wrong)
}

/// Writes the log page of these codes into `out`, from the parameter `first` on, and returns how
/// many bytes of it are valid.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB with a pointer to PAGE CODE or SUBPAGE CODE for a page that is not
/// served, and to PARAMETER POINTER for one that is beyond the last parameter.
pub(crate) fn sense(code: u8, subpage: u8, first: u16, out: &mut [u8]) -> Result<usize, Sense> {
    let mut data = Writer::new(out);
    match (code, subpage) {
        (SUPPORTED, 0x00 | ALL_SUBPAGES) if first > 0 => return Err(Sense::invalid_field(5)),
        (SUPPORTED, 0x00) => {
            let pages = PAGES.iter().filter(|page| page.subpage == 0x00);
            header(&mut data, code, subpage, 1 + pages.clone().count());
            data.put(&[SUPPORTED]);
            for page in pages {
                data.put(&[page.code]);
            }
        }
        (SUPPORTED, ALL_SUBPAGES) => {
            header(&mut data, code, subpage, 2 * (2 + PAGES.len()));
            data.put(&[SUPPORTED, 0x00, SUPPORTED, ALL_SUBPAGES]);
            for page in &PAGES {
                data.put(&[page.code, page.subpage]);
            }
        }
        (SUPPORTED, _) => return Err(Sense::invalid_field(3)),
        _ => {
            let page = find(code, subpage)?;
            let parameters = page.parameters.iter().filter(|one| one.code >= first);
            let length: usize = parameters.clone().map(|one| 4 + one.value.len()).sum();
            if length == 0 {
                return Err(Sense::invalid_field(5));
            }
            header(&mut data, code, subpage, length);
            for Parameter { code, value } in parameters {
                let [high, low] = code.to_be_bytes();
                data.put(&[
                    high,
                    low,
                    LIST,
                    u8::try_from(value.len()).unwrap_or(u8::MAX),
                ]);
                data.put(value);
            }
        }
    }
    Ok(data.len())
}

/// Writes the header of a page with `length` bytes to follow, which are few for all pages.
fn header(data: &mut Writer<'_>, code: u8, subpage: u8, length: usize) {
    let has_subpage = if subpage == 0x00 { 0x00 } else { 0x40 }; // SPF
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    data.put(&[code | has_subpage, subpage, high, low]);
}

/// Checks a LOG SELECT, which has nothing to change: to reset the parameters is to leave them.
///
/// `code` and `subpage` name the page, or all pages if both are zero; `reset` is PCR, `save` is SP.
///
/// # Errors
///
/// - INVALID FIELD IN CDB, with a pointer: parameters are to be saved, or reset and changed at
///   once; or there is no such page.
/// - PARAMETER LIST LENGTH ERROR: the list ends within a page.
/// - INVALID FIELD IN PARAMETER LIST, with a pointer: it has a page that there is not or that the
///   CDB did not name, or any parameter.
pub(crate) fn select(
    reset: bool,
    save: bool,
    code: u8,
    subpage: u8,
    list: &[u8],
) -> Result<(), Sense> {
    if reset && !list.is_empty() {
        return Err(Sense::invalid_field_bit(1, 1));
    }
    if save {
        return Err(Sense::invalid_field_bit(1, 0));
    }
    match (code, subpage) {
        (SUPPORTED, 0x00) => {}
        (SUPPORTED, _) => return Err(Sense::invalid_field(3)),
        _ => {
            find(code, subpage)?;
        }
    }
    let mut rest = list;
    while !rest.is_empty() {
        let at = list.len() - rest.len();
        let pointer = |byte| u16::try_from(at.saturating_add(byte)).unwrap_or(u16::MAX);
        let [first, page_subpage, high, low, parameters @ ..] = rest else {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
        };
        let page = (first & 0x3f, *page_subpage);
        if find(page.0, page.1).is_err() || ((code, subpage) != (0, 0) && (code, subpage) != page) {
            return Err(Sense::invalid_parameter_bit(pointer(0), 5));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (parameters, behind) = parameters
            .split_at_checked(length)
            .ok_or(Sense::PARAMETER_LIST_LENGTH_ERROR)?;
        if !parameters.is_empty() {
            return Err(Sense::invalid_parameter(pointer(4)));
        }
        rest = behind;
    }
    Ok(())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_log))]
mod tests {
    use super::*;

    #[test]
    fn lists_the_pages() {
        let mut out = [0xaa; 16];
        assert_eq!(sense(0x00, 0x00, 0, &mut out), Ok(7));
        assert_eq!(out[..8], [0x00, 0x00, 0, 3, 0x00, 0x0d, 0x2f, 0xaa]);
        assert_eq!(sense(0x00, 0xff, 0, &mut out), Ok(14));
        assert_eq!(out[..8], [0x40, 0xff, 0, 10, 0x00, 0x00, 0x00, 0xff]);
        assert_eq!(out[8..14], [0x0d, 0x00, 0x0d, 0x01, 0x2f, 0x00]);
    }

    #[test]
    fn temperature() {
        let mut out = [0xaa; 16];
        assert_eq!(sense(0x0d, 0x00, 0, &mut out), Ok(16));
        assert_eq!(out[..4], [0x0d, 0x00, 0, 12]);
        assert_eq!(out[4..], [0, 0, 3, 2, 0, 30, 0, 1, 3, 2, 0, 60]);
        assert_eq!(sense(0x0d, 0x00, 1, &mut out), Ok(10));
        assert_eq!(out[..10], [0x0d, 0x00, 0, 6, 0, 1, 3, 2, 0, 60]);
    }

    #[test]
    fn environment_and_exceptions() {
        let mut out = [0xaa; 16];
        assert_eq!(sense(0x0d, 0x01, 0, &mut out), Ok(16));
        assert_eq!(out[..8], [0x4d, 0x01, 0, 12, 0, 0, 3, 8]);
        assert_eq!(out[8..], [0, 30, 30, 30, 30, 30, 0x80, 0x80]);
        assert_eq!(sense(0x2f, 0x00, 0, &mut out), Ok(11));
        assert_eq!(out[..11], [0x2f, 0x00, 0, 7, 0, 0, 3, 3, 0, 0, 30]);
    }

    #[test]
    fn refuses_unknown_pages_and_parameters() {
        for (code, subpage, first, wrong) in [
            (0x01, 0x00, 0, Sense::invalid_field_bit(2, 5)),
            (0x00, 0x01, 0, Sense::invalid_field(3)),
            (0x0d, 0xff, 0, Sense::invalid_field(3)),
            (0x2f, 0x01, 0, Sense::invalid_field(3)),
            (0x00, 0x00, 1, Sense::invalid_field(5)),
            (0x00, 0xff, 1, Sense::invalid_field(5)),
            (0x0d, 0x00, 2, Sense::invalid_field(5)),
            (0x2f, 0x00, 1, Sense::invalid_field(5)),
        ] {
            assert_eq!(sense(code, subpage, first, &mut []), Err(wrong));
        }
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 6];
        assert_eq!(sense(0x0d, 0x00, 0, &mut out), Ok(6));
        assert_eq!(out, [0x0d, 0x00, 0, 12, 0, 0]);
    }

    #[test]
    fn select_takes_what_changes_nothing() {
        assert_eq!(select(true, false, 0x00, 0x00, &[]), Ok(()));
        assert_eq!(select(true, false, 0x0d, 0x01, &[]), Ok(()));
        assert_eq!(select(false, false, 0x00, 0x00, &[]), Ok(()));
        let list = [0x0d, 0, 0, 0, 0x4d, 1, 0, 0];
        assert_eq!(select(false, false, 0x00, 0x00, &list), Ok(()));
        assert_eq!(select(false, false, 0x2f, 0x00, &[0x2f, 0, 0, 0]), Ok(()));
    }

    #[test]
    fn select_refuses_the_rest() {
        let list = [0x0d, 0, 0, 6, 0, 1, 3, 2, 0, 50];
        for (reset, save, code, subpage, wrong) in [
            (true, false, 0x00, 0x00, Sense::invalid_field_bit(1, 1)),
            (false, true, 0x00, 0x00, Sense::invalid_field_bit(1, 0)),
            (false, false, 0x01, 0x00, Sense::invalid_field_bit(2, 5)),
            (false, false, 0x00, 0xff, Sense::invalid_field(3)),
            (false, false, 0x0d, 0x02, Sense::invalid_field(3)),
            (false, false, 0x2f, 0x00, Sense::invalid_parameter_bit(0, 5)),
            (false, false, 0x0d, 0x01, Sense::invalid_parameter_bit(0, 5)),
            (false, false, 0x00, 0x00, Sense::invalid_parameter(4)),
            (false, false, 0x0d, 0x00, Sense::invalid_parameter(4)),
        ] {
            assert_eq!(select(reset, save, code, subpage, &list), Err(wrong));
        }
        for list in [[0x0d, 0, 0].as_slice(), [0x0d, 0, 0, 2, 0].as_slice()] {
            assert_eq!(
                select(false, false, 0x00, 0x00, list),
                Err(Sense::PARAMETER_LIST_LENGTH_ERROR)
            );
        }
        assert_eq!(
            select(false, false, 0x00, 0x00, &[0x0d, 0, 0, 0, 0x05, 0, 0, 0]),
            Err(Sense::invalid_parameter_bit(4, 5))
        );
    }
}
