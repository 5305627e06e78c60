// SPDX-License-Identifier: GPL-2.0

//! What a logical unit claims to be, fixed from the moment it appears until it is gone.
//!
//! INQUIRY, VPD, READ CAPACITY and the mode pages report it, and the commands behave as it says.

/// The longest serial number, in bytes.
pub(crate) const SERIAL_MAX: usize = 32;

/// The longest logical unit designator, in bytes: a SCSI name string or T10 vendor identifier.
pub(crate) const DESIGNATOR_MAX: usize = 64;

/// The peripheral device type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Direct access block device.
    Disk = 0x00,
    /// CD/DVD device.
    Cdrom = 0x05,
}

/// A short text or number of bytes whose length is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Bytes<N> {
    /// Returns a copy of `bytes`, or `None` if they do not fit.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let mut copy = [0; N];
        copy.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self {
            bytes: copy,
            len: bytes.len(),
        })
    }

    /// Returns the bytes.
    pub(crate) fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The name of a logical unit (SPC-6, Device Identification VPD page).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Designator {
    /// No designator of its own: only vendor, product and serial number.
    None,
    /// NAA, 8 or 16 bytes.
    Naa(Bytes<16>),
    /// A UUID (RFC 4122), 16 bytes.
    Uuid([u8; 16]),
    /// The vendor specific part of a T10 vendor identification.
    T10(Bytes<DESIGNATOR_MAX>),
}

/// What INQUIRY says of a logical unit.
///
/// The texts are printable ASCII, padded with spaces on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// T10 VENDOR IDENTIFICATION.
    pub(crate) vendor: [u8; 8],
    /// PRODUCT IDENTIFICATION.
    pub(crate) product: [u8; 16],
    /// PRODUCT REVISION LEVEL.
    pub(crate) revision: [u8; 4],
    /// PRODUCT SERIAL NUMBER.
    pub(crate) serial: Bytes<SERIAL_MAX>,
    /// What tells the unit from all others in the world.
    pub(crate) designator: Designator,
}

/// What READ CAPACITY(16) says of blocks that are not mapped (SBC-4, LBPRZ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum UnmappedReads {
    /// LBPRZ 000b: anything. Here it is FFh, so that nobody takes it for zeroes.
    Anything = 0,
    /// LBPRZ 001b: zeroes.
    Zeroes = 1,
    /// LBPRZ 010b: the provisioning initialization pattern, which is FFh.
    Pattern = 2,
}

impl UnmappedReads {
    /// Returns the byte of which unmapped blocks consist.
    pub(crate) const fn fill(self) -> u8 {
        match self {
            Self::Zeroes => 0x00,
            Self::Anything | Self::Pattern => 0xff,
        }
    }
}

/// Logical block provisioning (SBC-4). Lengths in logical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Provisioning {
    /// LBPU: UNMAP is supported.
    pub(crate) unmap: bool,
    /// LBPWS: WRITE SAME(16) and (32) take the UNMAP bit.
    pub(crate) write_same_16: bool,
    /// LBPWS10: WRITE SAME(10) takes the UNMAP bit.
    pub(crate) write_same_10: bool,
    /// LBPRZ.
    pub(crate) reads: UnmappedReads,
    /// OPTIMAL UNMAP GRANULARITY, at least 1: only whole granules are ever unmapped.
    pub(crate) granularity: u32,
    /// UNMAP GRANULARITY ALIGNMENT, less than the granularity: where the first granule starts.
    pub(crate) alignment: u32,
    /// MAXIMUM UNMAP LBA COUNT.
    pub(crate) max_blocks: u32,
    /// MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT.
    pub(crate) max_descriptors: u32,
}

impl Provisioning {
    /// Returns whether the unit is thin: whether there is any command to unmap blocks.
    pub(crate) const fn is_thin(&self) -> bool {
        self.unmap || self.write_same_16 || self.write_same_10
    }
}

/// Atomic writes (SBC-5, Block Limits VPD page). Lengths in logical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Atomic {
    /// MAXIMUM ATOMIC TRANSFER LENGTH; 0: WRITE ATOMIC is not supported.
    pub(crate) max_length: u32,
    /// ATOMIC ALIGNMENT; 0 or 1: none.
    pub(crate) alignment: u32,
    /// ATOMIC TRANSFER LENGTH GRANULARITY; 0 or 1: none.
    pub(crate) granularity: u32,
    /// MAXIMUM ATOMIC TRANSFER LENGTH WITH ATOMIC BOUNDARY.
    pub(crate) max_length_boundary: u32,
    /// MAXIMUM ATOMIC BOUNDARY SIZE; 0: no boundaries.
    pub(crate) max_boundary: u32,
}

/// The limits of transfers (SBC-4, Block Limits VPD page). Lengths in logical blocks, 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// MAXIMUM TRANSFER LENGTH. A longer transfer is refused.
    pub(crate) max_transfer: u32,
    /// OPTIMAL TRANSFER LENGTH.
    pub(crate) optimal_transfer: u32,
    /// OPTIMAL TRANSFER LENGTH GRANULARITY, as a power of two.
    pub(crate) optimal_exponent: u8,
    /// MAXIMUM WRITE SAME LENGTH. A longer one is refused.
    pub(crate) max_write_same: u64,
}

/// The longest COMPARE AND WRITE, in logical blocks: all that its length field can say.
pub(crate) const MAX_COMPARE_AND_WRITE: u8 = u8::MAX;

/// Everything that is fixed about a logical unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// What it is.
    pub(crate) kind: Kind,
    /// Who it is.
    pub(crate) identity: Identity,
    /// RMB: the medium can be taken out. Always so for a CD drive.
    pub(crate) removable: bool,
    /// Bytes of a logical block: a power of two from 512 to 65536.
    pub(crate) block_size: u32,
    /// LOGICAL BLOCKS PER PHYSICAL BLOCK EXPONENT, at most 15.
    pub(crate) physical_exponent: u8,
    /// LOWEST ALIGNED LOGICAL BLOCK ADDRESS, at most 3FFFh.
    pub(crate) lowest_aligned: u16,
    /// MEDIUM ROTATION RATE: 0 not reported, 1 does not rotate, else per minute.
    pub(crate) rotation_rate: u16,
    /// WCE after power on.
    pub(crate) write_cache: bool,
    /// DPOFUA: the DPO and FUA bits are supported, otherwise refused.
    pub(crate) dpofua: bool,
    /// D_SENSE after power on.
    pub(crate) descriptor_sense: bool,
    /// Thin provisioning.
    pub(crate) provisioning: Provisioning,
    /// Limits of transfers.
    pub(crate) limits: Limits,
    /// Atomic writes.
    pub(crate) atomic: Atomic,
}

/// The asymmetric access state of a target port group (SPC-6, asymmetric logical unit access).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum AccessState {
    /// Active/optimized.
    Optimized = 0x0,
    /// Active/non-optimized.
    NonOptimized = 0x1,
    /// Standby.
    Standby = 0x2,
    /// Unavailable.
    Unavailable = 0x3,
    /// Transitioning.
    Transitioning = 0xf,
}

impl AccessState {
    /// The words of the attribute `alua_state`.
    const NAMES: [(&'static str, Self); 5] = [
        ("ao", Self::Optimized),
        ("anx", Self::NonOptimized),
        ("standby", Self::Standby),
        ("unavail", Self::Unavailable),
        ("transition", Self::Transitioning),
    ];

    /// Returns the state that a word stands for.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names
            .find(|(name, _)| *name == word)
            .map(|(_, state)| *state)
    }

    /// Returns the word for the state.
    pub(crate) fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        names
            .find(|(_, state)| *state == self)
            .map_or("", |(name, _)| name)
    }
}

/// A target port through which the logical unit is reached: one for each I_T nexus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// RELATIVE TARGET PORT IDENTIFIER, from 1.
    pub(crate) relative: u16,
    /// TARGET PORT GROUP.
    pub(crate) group: u16,
    /// The state of that group; the same for all ports of a group.
    pub(crate) state: AccessState,
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_profile))]
mod tests {
    use super::*;

    #[test]
    fn access_states_have_words() {
        for (word, state) in [
            ("ao", Some(AccessState::Optimized)),
            ("anx", Some(AccessState::NonOptimized)),
            ("standby", Some(AccessState::Standby)),
            ("unavail", Some(AccessState::Unavailable)),
            ("transition", Some(AccessState::Transitioning)),
            ("", None),
            ("AO", None),
        ] {
            assert_eq!(AccessState::parse(word), state);
            assert!(state.is_none_or(|state| state.name() == word));
        }
    }
}
