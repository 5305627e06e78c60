// SPDX-License-Identifier: GPL-2.0

//! GET CONFIGURATION (MMC-6): the features of the drive.

use crate::protocol::{
    buf::Writer,
    sense::Sense, //
};

/// Sectors of the largest ordinary CD, which plays for 80 minutes.
const CD_MAX: u64 = 80 * 60 * 75;

/// What the disc claims to be. The value is the profile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Disc {
    /// A CD-ROM.
    Cd = 0x08,
    /// A DVD-ROM.
    Dvd = 0x10,
}

impl Disc {
    /// Returns what a disc of `blocks` sectors is: a DVD if a CD could not hold them.
    pub(crate) const fn of(blocks: u64) -> Self {
        if blocks <= CD_MAX {
            Self::Cd
        } else {
            Self::Dvd
        }
    }
}

/// When a feature is current.
#[derive(Clone, Copy)]
enum Current {
    /// Always; PERSISTENT is set.
    Always,
    /// While there is a disc of this profile.
    With(Disc),
    /// While there is a disc.
    WithAny,
}

impl Current {
    /// Returns whether the feature is current with `disc` in the drive.
    fn is_met(self, disc: Option<Disc>) -> bool {
        match self {
            Self::Always => true,
            Self::With(wanted) => disc == Some(wanted),
            Self::WithAny => disc.is_some(),
        }
    }
}

/// A feature, whose descriptor has its number, its version and flags, and its own data.
struct Feature {
    /// FEATURE CODE.
    code: u16,
    /// VERSION.
    version: u8,
    /// When it is current.
    current: Current,
    /// The feature dependent data, which say how many there are.
    data: &'static [u8],
}

impl Feature {
    /// Returns a feature.
    const fn new(code: u16, version: u8, current: Current, data: &'static [u8]) -> Self {
        Self {
            code,
            version,
            current,
            data,
        }
    }
}

/// PROFILE LIST, whose data depend on the disc.
const PROFILE_LIST: u16 = 0x0000;

/// RANDOM READABLE, whose data depend on the disc.
const RANDOM_READABLE: u16 = 0x0010;

/// Bytes of the data of the two features above: two profile descriptors; the readable unit.
const VARIABLE: usize = 8;

/// All features, in ascending order as the answer has them.
const FEATURES: [Feature; 8] = [
    Feature::new(PROFILE_LIST, 0, Current::Always, &[0; VARIABLE]),
    // Core: PHYSICAL INTERFACE STANDARD 1 (SCSI family); DBE, as it has to be; no INQ2.
    Feature::new(0x0001, 2, Current::Always, &[0, 0, 0, 1, 0x01, 0, 0, 0]),
    // Morphing: OCEVENT, no ASYNC.
    Feature::new(0x0002, 1, Current::Always, &[0x02, 0, 0, 0]),
    // Removable Medium: a tray, LOAD, EJECT, LOCK; PVNT JMPR zero as in the mode page.
    Feature::new(0x0003, 2, Current::Always, &[0x39, 0, 0, 0]),
    Feature::new(RANDOM_READABLE, 0, Current::WithAny, &[0; VARIABLE]),
    // CD Read: neither DAP nor C2 FLAGS nor CD-TEXT.
    Feature::new(0x001e, 2, Current::With(Disc::Cd), &[0; 4]),
    // DVD Read: neither MULTI110 nor dual layer recordables.
    Feature::new(0x001f, 1, Current::With(Disc::Dvd), &[0; 4]),
    // Power Management.
    Feature::new(0x0100, 0, Current::Always, &[]),
];

/// The features that GET CONFIGURATION asks for: the RT and STARTING FEATURE NUMBER fields.
#[derive(Clone, Copy)]
enum Query {
    /// RT 0: all from that number on.
    All(u16),
    /// RT 1: the current ones from that number on.
    Current(u16),
    /// RT 2: only that one.
    One(u16),
}

impl Query {
    /// Returns whether the answer has `feature` with `disc` in the drive.
    fn includes(self, feature: &Feature, disc: Option<Disc>) -> bool {
        match self {
            Self::All(first) => feature.code >= first,
            Self::Current(first) => feature.code >= first && feature.current.is_met(disc),
            Self::One(code) => feature.code == code,
        }
    }
}

/// Returns the data of PROFILE LIST: what discs there can be, the most preferred one first.
fn profiles(disc: Option<Disc>) -> [u8; VARIABLE] {
    let [dvd, cd] = [Disc::Dvd, Disc::Cd].map(|profile| {
        let current = u8::from(disc == Some(profile));
        [0, profile as u8, current, 0]
    });
    [dvd[0], dvd[1], dvd[2], dvd[3], cd[0], cd[1], cd[2], cd[3]]
}

/// Returns the data of RANDOM READABLE: sectors of 2048 bytes, read one by one from a CD and in ECC
/// blocks of 16 from a DVD. PP: there is a read/write error recovery mode page.
fn readable(disc: Option<Disc>) -> [u8; VARIABLE] {
    let blocking = if disc == Some(Disc::Dvd) { 16 } else { 1 };
    [0, 0, 0x08, 0, 0, blocking, 0x01, 0]
}

/// Builds the answer to GET CONFIGURATION with RT `request` and STARTING FEATURE NUMBER `first`
/// in `out`, and returns how many bytes of it are valid.
///
/// DATA LENGTH counts all the features asked for, however many of them fit. A number without a
/// feature is no error: the answer to it is the header alone.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB for a reserved RT.
pub(crate) fn configuration(
    request: u8,
    first: u16,
    disc: Option<Disc>,
    out: &mut [u8],
) -> Result<usize, Sense> {
    let query = match request {
        0 => Query::All(first),
        1 => Query::Current(first),
        2 => Query::One(first),
        _ => return Err(Sense::invalid_field_bit(1, 1)),
    };
    let included = FEATURES
        .iter()
        .filter(|feature| query.includes(feature, disc));
    // DATA LENGTH does not count itself: it leaves four bytes of the header, and each descriptor
    // starts with four more than its data.
    let length = included.clone().fold(4_u32, |length, feature| {
        let data = u32::try_from(feature.data.len()).unwrap_or(u32::MAX);
        length.saturating_add(4).saturating_add(data)
    });

    let mut writer = Writer::new(out);
    writer.put(&length.to_be_bytes());
    writer.put(&[0, 0, 0, disc.map_or(0, |disc| disc as u8)]);
    for feature in included {
        let persistent = matches!(feature.current, Current::Always);
        let flags = (u8::from(persistent) << 1) | u8::from(feature.current.is_met(disc));
        writer.put(&feature.code.to_be_bytes());
        writer.put(&[(feature.version << 2) | flags]);
        writer.put(&[u8::try_from(feature.data.len()).unwrap_or(u8::MAX)]);
        match feature.code {
            PROFILE_LIST => writer.put(&profiles(disc)),
            RANDOM_READABLE => writer.put(&readable(disc)),
            _ => writer.put(feature.data),
        }
    }
    Ok(writer.len())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_configuration))]
mod tests {
    use super::*;

    /// Checks an answer that fits.
    fn answers(request: u8, first: u16, disc: Option<Disc>, expected: &[u8]) -> bool {
        let mut out = [0xaa; 128];
        configuration(request, first, disc, &mut out)
            .is_ok_and(|len| out.get(..len) == Some(expected))
    }

    #[test]
    fn discs_beyond_80_minutes_are_dvds() {
        assert_eq!(Disc::of(0), Disc::Cd);
        assert_eq!(Disc::of(360_000), Disc::Cd);
        assert_eq!(Disc::of(360_001), Disc::Dvd);
        assert_eq!(Disc::of(u64::MAX), Disc::Dvd);
    }

    #[test]
    #[rustfmt::skip]
    fn all_features_with_a_cd() {
        assert!(answers(0, 0, Some(Disc::Cd), &[
            0, 0, 0, 76, 0, 0, 0x00, 0x08,
            0x00, 0x00, 0x03, 8, 0x00, 0x10, 0, 0, 0x00, 0x08, 1, 0,
            0x00, 0x01, 0x0b, 8, 0, 0, 0, 1, 1, 0, 0, 0,
            0x00, 0x02, 0x07, 4, 2, 0, 0, 0,
            0x00, 0x03, 0x0b, 4, 0x39, 0, 0, 0,
            0x00, 0x10, 0x01, 8, 0, 0, 8, 0, 0, 1, 1, 0,
            0x00, 0x1e, 0x09, 4, 0, 0, 0, 0,
            0x00, 0x1f, 0x04, 4, 0, 0, 0, 0,
            0x01, 0x00, 0x03, 0,
        ]));
    }

    #[test]
    #[rustfmt::skip]
    fn current_features_follow_the_disc() {
        assert!(answers(1, 0x0010, Some(Disc::Dvd), &[
            0, 0, 0, 28, 0, 0, 0x00, 0x10,
            0x00, 0x10, 0x01, 8, 0, 0, 8, 0, 0, 16, 1, 0,
            0x00, 0x1f, 0x05, 4, 0, 0, 0, 0,
            0x01, 0x00, 0x03, 0,
        ]));
        assert!(answers(1, 0x0004, None, &[
            0, 0, 0, 8, 0, 0, 0, 0,
            0x01, 0x00, 0x03, 0,
        ]));
    }

    #[test]
    fn one_feature_or_none() {
        assert!(answers(
            2,
            0x0000,
            None,
            &[0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0x10, 0, 0, 0, 0x08, 0, 0]
        ));
        assert!(answers(
            2,
            0x001e,
            None,
            &[0, 0, 0, 12, 0, 0, 0, 0, 0, 0x1e, 8, 4, 0, 0, 0, 0]
        ));
        // MRW, as the CD-ROM layer asks for it.
        assert!(answers(2, 0x0028, None, &[0, 0, 0, 4, 0, 0, 0, 0]));
        assert!(answers(
            0,
            0x0028,
            None,
            &[0, 0, 0, 8, 0, 0, 0, 0, 1, 0, 3, 0]
        ));
        assert!(answers(0, 0x0101, None, &[0, 0, 0, 4, 0, 0, 0, 0]));
    }

    #[test]
    fn length_does_not_depend_on_the_room() {
        let mut out = [0xaa; 8];
        assert_eq!(configuration(0, 0, Some(Disc::Dvd), &mut out), Ok(8));
        assert_eq!(out, [0, 0, 0, 76, 0, 0, 0, 0x10]);
    }

    #[test]
    fn refuses_the_reserved_request() {
        assert_eq!(
            configuration(3, 0, None, &mut []),
            Err(Sense::invalid_field_bit(1, 1))
        );
    }
}
