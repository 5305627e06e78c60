// SPDX-License-Identifier: GPL-2.0

//! Where a logical unit is on its host.
//!
//! Logical units have plain numbers from 0 to 16383 here. The mid layer has the eight bytes of
//! SAM-5 as an integer, `scsilun_to_int()`: the same number up to 255, which the peripheral device
//! addressing method encodes, and 4000h more beyond, which the flat space one does. It is what
//! H:C:T:L shows, so that unit 256 is called 16640.

use core::fmt;

/// How many logical units a target may have: those that the flat space addressing method has.
pub(crate) const LUNS: u64 = 1 << 14;

/// The first number for which the flat space addressing method is used, and its mark.
const FLAT_FIRST: u64 = 1 << 8;
const FLAT: u64 = 1 << 14;

/// One more than the highest number of the mid layer's own that is a unit.
const MID_LAYER_LUNS: u64 = FLAT + LUNS;

/// Returns what the mid layer may scan of a target with so many units: one more than the highest
/// number of its own.
pub(super) fn mid_layer_max_lun(luns: u64) -> u64 {
    match luns {
        0..=FLAT_FIRST => luns,
        _ => luns.min(LUNS) + FLAT,
    }
}

/// A place for a logical unit: the last three numbers of the H:C:T:L tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    /// Bus of the host adapter.
    pub(crate) channel: u32,
    /// Target on that bus.
    pub(crate) id: u32,
    /// Plain logical unit number; [`LUNS`] or more: one that no unit can have.
    pub(crate) lun: u64,
}

impl Address {
    /// Converts the numbers of H:C:T:L.
    ///
    /// A number in another addressing method than the one for its unit is one that no unit can
    /// have: there would be two devices for one unit.
    pub(crate) fn from_mid_layer(channel: u32, id: u32, lun: u64) -> Self {
        let lun = match lun {
            0..FLAT_FIRST => lun,
            _ if (FLAT + FLAT_FIRST..MID_LAYER_LUNS).contains(&lun) => lun - FLAT,
            _ => lun.saturating_add(LUNS),
        };
        Self { channel, id, lun }
    }

    /// Returns the last of the numbers of H:C:T:L.
    pub(crate) fn mid_layer_lun(self) -> u64 {
        match self.lun {
            0..FLAT_FIRST => self.lun,
            FLAT_FIRST..LUNS => self.lun + FLAT,
            _ => self.lun.saturating_sub(LUNS),
        }
    }

    /// Returns whether both are on the same target.
    pub(crate) fn is_on_target_of(self, other: Self) -> bool {
        self.channel == other.channel && self.id == other.id
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.channel, self.id, self.mid_layer_lun())
    }
}

#[cfg(CONFIG_KUNIT = "y")]
#[kernel::macros::kunit_tests(rpmfault_address)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_mid_layer() {
        for (plain, mid_layer) in [(0, 0), (255, 255), (256, 16640), (16383, 32767)] {
            let address = Address::from_mid_layer(0, 0, mid_layer);
            assert_eq!(address.lun, plain);
            assert_eq!(address.mid_layer_lun(), mid_layer);
        }
    }

    #[test]
    fn what_is_scanned_ends_behind_the_last_unit() {
        for luns in [1, 255, 256, 257, LUNS] {
            let last = Address {
                channel: 0,
                id: 0,
                lun: luns - 1,
            };
            assert_eq!(mid_layer_max_lun(luns), last.mid_layer_lun() + 1);
        }
    }

    #[test]
    fn other_numbers_are_no_units() {
        for mid_layer in [256, 16383, 16384, 16639, 32768, 0xc101] {
            let address = Address::from_mid_layer(0, 0, mid_layer);
            assert!(address.lun >= LUNS);
            assert_eq!(address.mid_layer_lun(), mid_layer);
        }
    }
}
