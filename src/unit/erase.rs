// SPDX-License-Identifier: GPL-2.0

//! FORMAT UNIT and SANITIZE (SBC-4): commands that do away with everything on the medium.
//!
//! Nothing takes time here, so neither is ever in progress: IMMED makes no difference.

use crate::{
    protocol::{
        command::{
            Command,
            SanitizeAction, //
        },
        format, sanitize,
        sense::{
            Asc,
            Sense,
            SenseKey, //
        },
    },
    unit::{
        answer::parameters,
        failure::Failure,
        geometry::Geometry,
        medium::Medium,
        provision,
        transfer::Transfer, //
    }, //
};

/// The largest medium, in bytes, that is filled with a pattern that blocks do not have anyway when
/// they are not mapped. Commands are carried out in one go, with interrupts disabled.
pub(super) const FILL_MAX: u64 = 64 << 20;

/// Where the parameter list of SANITIZE has the INITIALIZATION PATTERN.
const SANITIZE_PATTERN: u16 = 4;

/// The longest parameter list of FORMAT UNIT that is looked at: the long header, and the
/// initialization pattern descriptor with the longest pattern.
const FORMAT_LIST_MAX: usize = 8 + 4 + 65535;

/// How the last SANITIZE ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sanitization {
    /// As it should, or there was none.
    Fine,
    /// It failed: the medium cannot be accessed until another one succeeds.
    Failed {
        /// AUSE was set: EXIT FAILURE MODE makes it accessible as well.
        can_exit: bool,
    },
}

impl Sanitization {
    /// SANITIZE COMMAND FAILED.
    const FAILED: Sense = Sense::new(SenseKey::MediumError, Asc::new(0x31, 0x03));

    /// Checks whether it lets a command use the medium.
    ///
    /// # Errors
    ///
    /// Returns MEDIUM ERROR, SANITIZE COMMAND FAILED.
    pub(super) fn check(self, command: &Command) -> Result<(), Sense> {
        match (self, command) {
            (Self::Fine, _) | (_, Command::Sanitize { .. }) => Ok(()),
            (Self::Failed { .. }, _) => Err(Self::FAILED),
        }
    }

    /// SANITIZE.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN PARAMETER LIST for a pattern that cannot be written in one go,
    /// INVALID FIELD IN CDB to exit a failure that does not permit it, and if there is no memory
    /// for the pattern, SANITIZE COMMAND FAILED.
    pub(super) fn sanitize<M: Medium, T: Transfer>(
        &mut self,
        geometry: Geometry,
        action: SanitizeAction,
        ause: bool,
        medium: &mut M,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        match action {
            SanitizeAction::Overwrite { length } => {
                let list = parameters(transfer, length)?;
                let overwrite = sanitize::overwrite(list.as_ref(), geometry.block_size)?;
                // The pattern is inverted from one pass to the next: only the last one is to be
                // seen.
                let inverted = overwrite.invert && overwrite.count % 2 == 0;
                let filling = Filling {
                    pattern: overwrite.pattern,
                    mask: if inverted { 0xff } else { 0x00 },
                };
                if !filling.is_possible(geometry) {
                    return Err(Sense::invalid_parameter(SANITIZE_PATTERN).into());
                }
                if filling.fill(geometry, medium).is_err() {
                    *self = Self::Failed { can_exit: ause };
                    return Err(Self::FAILED.into());
                }
            }
            SanitizeAction::BlockErase | SanitizeAction::CryptographicErase => {
                erase(geometry, medium)?;
            }
            SanitizeAction::ExitFailureMode => {
                if *self == (Self::Failed { can_exit: false }) {
                    return Err(Sense::invalid_field_bit(1, 4).into());
                }
            }
        }
        *self = Self::Fine;
        Ok(())
    }
}

/// FORMAT UNIT without parameter list, and all there is to it if the list has no pattern.
///
/// # Errors
///
/// Returns LOGICAL BLOCK ADDRESS OUT OF RANGE if the medium is too large for byte offsets.
pub(super) fn erase<M: Medium>(geometry: Geometry, medium: &mut M) -> Result<(), Failure> {
    let place = geometry.everything()?;
    medium.unmap(place.offset, place.len);
    Ok(())
}

/// FORMAT UNIT with a parameter list, which has the long header if it is `long`. That is all there
/// is to choose: there are no defects, and a fast format is as fast as the other.
///
/// # Errors
///
/// Returns what [`format::parse`] does, INVALID FIELD IN PARAMETER LIST for a pattern that cannot
/// be written in one go, and what the medium does.
pub(super) fn format_unit<M: Medium, T: Transfer>(
    geometry: Geometry,
    long: bool,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    let list = parameters(transfer, transfer.len().min(FORMAT_LIST_MAX))?;
    let Some(pattern) = format::parse(list.as_ref(), long, geometry.block_size)?.pattern else {
        return erase(geometry, medium);
    };
    let filling = Filling {
        pattern,
        mask: 0x00,
    };
    if !filling.is_possible(geometry) {
        let pattern_at = if long { 12 } else { 8 };
        return Err(Sense::invalid_parameter(pattern_at).into());
    }
    filling.fill(geometry, medium)
}

/// What all blocks of a medium shall consist of.
struct Filling<'a> {
    /// Repeated from the start of each block on; if it is empty, it is one byte of 0.
    pattern: &'a [u8],
    /// Which bits of each byte are inverted.
    mask: u8,
}

impl Filling<'_> {
    /// Returns the byte at that offset in each block.
    fn byte(&self, at: usize) -> u8 {
        let index = at.checked_rem(self.pattern.len()).unwrap_or(0);
        self.pattern.get(index).copied().unwrap_or(0) ^ self.mask
    }

    /// Returns whether it is what blocks consist of that are not mapped.
    fn is_unmapped(&self, geometry: Geometry) -> bool {
        (0..self.pattern.len().max(1)).all(|at| self.byte(at) == geometry.fill)
    }

    /// Returns whether it can be done in one go.
    fn is_possible(&self, geometry: Geometry) -> bool {
        self.is_unmapped(geometry)
            || geometry
                .everything()
                .is_ok_and(|place| place.len <= FILL_MAX)
    }

    /// Does it.
    fn fill<M: Medium>(&self, geometry: Geometry, medium: &mut M) -> Result<(), Failure> {
        erase(geometry, medium)?;
        if !self.is_unmapped(geometry) {
            provision::fill(geometry, geometry.everything()?, medium, |at, data| {
                for (at, byte) in (at..).zip(data) {
                    *byte = self.byte(at);
                }
            })?;
        }
        Ok(())
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_erase))]
mod tests {
    use super::*;

    #[test]
    fn large_media_take_only_what_they_read_as_anyway() {
        let small = Geometry {
            blocks: 64,
            block_size: 512,
            fill: 0,
        };
        let large = Geometry {
            blocks: 1 << 40,
            ..small
        };
        for (pattern, mask, unmapped) in [
            (&[][..], 0x00, true),
            (&[0, 0, 0][..], 0x00, true),
            (&[0xff, 0xff][..], 0xff, true),
            (&[0, 1][..], 0x00, false),
            (&[0][..], 0xff, false),
        ] {
            let filling = Filling { pattern, mask };
            assert_eq!(filling.is_unmapped(small), unmapped);
            assert!(filling.is_possible(small));
            assert_eq!(filling.is_possible(large), unmapped);
        }
    }

    #[test]
    fn patterns_repeat() {
        let filling = Filling {
            pattern: &[1, 2, 3],
            mask: 0xf0,
        };
        assert!((0..5)
            .map(|at| filling.byte(at))
            .eq([0xf1, 0xf2, 0xf3, 0xf1, 0xf2]));
    }

    #[test]
    fn a_failed_sanitize_is_in_the_way_of_all_but_another() {
        let again = Command::Sanitize {
            action: SanitizeAction::BlockErase,
            immediate: false,
            ause: false,
        };
        let failed = Sanitization::Failed { can_exit: false };
        assert_eq!(failed.check(&again), Ok(()));
        assert!(failed.check(&Command::TestUnitReady).is_err());
        assert_eq!(Sanitization::Fine.check(&Command::TestUnitReady), Ok(()));
    }
}
