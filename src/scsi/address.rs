// SPDX-License-Identifier: GPL-2.0

//! Where a logical unit is on its host.

use core::fmt;

/// The last three numbers of the H:C:T:L tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    /// Bus of the host adapter.
    pub(crate) channel: u32,
    /// Target on that bus.
    pub(crate) id: u32,
    /// Logical unit number, as the mid layer counts (not as SAM encodes it).
    pub(crate) lun: u64,
}

impl Address {
    /// Returns whether both are on the same target.
    pub(crate) fn is_on_target_of(self, other: Self) -> bool {
        self.channel == other.channel && self.id == other.id
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.channel, self.id, self.lun)
    }
}
