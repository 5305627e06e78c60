// SPDX-License-Identifier: GPL-2.0

//! What is said of a logical unit, and what it is if nothing is said.

use core::fmt::{
    self,
    Write, //
};

use kernel::prelude::*;

use crate::{
    device::lun::{
        PowerFlags,
        SpinTimes, //
    },
    protocol::profile::{
        AccessState,
        Atomic,
        Bytes,
        Designator,
        Identity,
        Kind,
        Limits,
        Profile,
        Provisioning,
        UnmappedReads,
        DESIGNATOR_MAX,
        SERIAL_MAX, //
    }, //
};

/// Bytes of a sector of a CD.
const CD_SECTOR: u32 = 2048;

/// The smallest and the largest logical block, in bytes.
const BLOCK_SIZES: core::ops::RangeInclusive<u32> = 512..=65536;

/// The attributes of a logical unit's directory, as they are written.
///
/// Each is checked when it is written, and how they go together in [`Spec::profile`].
pub(super) struct Spec {
    pub(super) kind: Kind,
    pub(super) vendor: Bytes<8>,
    /// `None`: a name that tells the kind.
    pub(super) model: Option<Bytes<16>>,
    pub(super) rev: Bytes<4>,
    /// `None`: made of the address, or of the name of the store.
    pub(super) serial: Option<Bytes<SERIAL_MAX>>,
    /// `None`: made like the serial number.
    pub(super) wwid: Option<Designator>,
    /// Bytes of the medium.
    pub(super) size: u64,
    /// `None`: 512, or what a CD has.
    pub(super) sector_size: Option<u32>,
    pub(super) physblk_exp: u8,
    pub(super) lowest_aligned: u16,
    pub(super) rotation_rate: u16,
    pub(super) removable: bool,
    pub(super) ro: bool,
    pub(super) present: bool,
    pub(super) write_cache: bool,
    pub(super) dpofua: bool,
    pub(super) dsense: bool,
    pub(super) limits: Limits,
    pub(super) provisioning: Provisioning,
    pub(super) atomic: Atomic,
    /// 0: the `cmd_per_lun` of the host.
    pub(super) queue_depth: u16,
    pub(super) no_uld: bool,
    pub(super) alua_group: u16,
    pub(super) alua_state: AccessState,
    pub(super) power: PowerFlags,
    pub(super) spin: SpinTimes,
    /// How long the unit is becoming ready when it appears, and after a start, in milliseconds.
    pub(super) tur_ms_to_ready: u32,
}

impl Spec {
    /// Returns a disk of 1 GiB.
    ///
    /// # Errors
    ///
    /// None that can happen: the vendor's name fits.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            kind: Kind::Disk,
            vendor: Bytes::new(b"Linux").ok_or(EINVAL)?,
            model: None,
            rev: Bytes::new(b"0001").ok_or(EINVAL)?,
            serial: None,
            wwid: None,
            size: 1 << 30,
            sector_size: None,
            physblk_exp: 0,
            lowest_aligned: 0,
            rotation_rate: 1,
            removable: false,
            ro: false,
            present: true,
            write_cache: true,
            dpofua: true,
            dsense: false,
            limits: Limits {
                max_transfer: 0,
                optimal_transfer: 1024,
                optimal_exponent: 0,
                max_write_same: 0xffff,
            },
            provisioning: Provisioning {
                unmap: false,
                write_same_16: false,
                write_same_10: false,
                reads: UnmappedReads::Zeroes,
                granularity: 1,
                alignment: 0,
                max_blocks: u32::MAX,
                max_descriptors: 256,
            },
            atomic: Atomic {
                max_length: 0,
                alignment: 0,
                granularity: 0,
                max_length_boundary: 0,
                max_boundary: 0,
            },
            queue_depth: 0,
            no_uld: false,
            alua_group: 0,
            alua_state: AccessState::Optimized,
            power: PowerFlags::default(),
            spin: SpinTimes::default(),
            tur_ms_to_ready: 0,
        })
    }

    /// Returns the bytes of a logical block.
    pub(super) fn sector_size(&self) -> u32 {
        self.sector_size.unwrap_or(match self.kind {
            Kind::Disk => *BLOCK_SIZES.start(),
            Kind::Cdrom => CD_SECTOR,
        })
    }

    /// Returns the product identification.
    pub(super) fn model(&self) -> Option<Bytes<16>> {
        self.model.or(Bytes::new(match self.kind {
            Kind::Disk => b"rpmfault",
            Kind::Cdrom => b"rpmfault CD",
        }))
    }

    /// Returns the serial number of a unit whose unique number is `id`.
    pub(super) fn serial(&self, id: u64) -> Option<Bytes<SERIAL_MAX>> {
        self.serial.or(Bytes::new(&hex(id)))
    }

    /// Returns the designator of a unit whose unique number is `id`.
    pub(super) fn wwid(&self, id: u64) -> Option<Designator> {
        // NAA 3h: locally assigned.
        let naa = (id & (u64::MAX >> 4)) | (3 << 60);
        self.wwid
            .or(Bytes::new(&naa.to_be_bytes()).map(Designator::Naa))
    }

    /// Returns what a unit of the unique number `id` with a medium of `size` bytes is, and how many
    /// blocks it has.
    ///
    /// # Errors
    ///
    /// Returns which attributes do not go together.
    pub(super) fn profile(&self, id: u64, size: u64) -> Result<(Profile, u64), &'static str> {
        let block_size = self.sector_size();
        let provisioning = &self.provisioning;
        if self.kind == Kind::Cdrom && block_size != CD_SECTOR {
            return Err("a cdrom has a sector_size of 2048");
        }
        let blocks = whole_blocks(self.kind, size, block_size)
            .filter(|blocks| *blocks > 0)
            .ok_or("size is not a multiple of sector_size, or too large for a cdrom")?;
        if provisioning.alignment >= provisioning.granularity {
            return Err("unmap_alignment is not less than unmap_granularity");
        }
        if self.kind == Kind::Cdrom && provisioning.is_thin() {
            return Err("lbpu, lbpws and lbpws10 are not for a cdrom");
        }
        let text = "a text is too long";
        let identity = Identity {
            vendor: padded(self.vendor.get()),
            product: padded(self.model().ok_or(text)?.get()),
            revision: padded(self.rev.get()),
            serial: self.serial(id).ok_or(text)?,
            designator: self.wwid(id).ok_or(text)?,
        };
        let profile = Profile {
            kind: self.kind,
            identity,
            removable: self.removable || self.kind == Kind::Cdrom,
            block_size,
            physical_exponent: self.physblk_exp,
            lowest_aligned: self.lowest_aligned,
            rotation_rate: self.rotation_rate,
            write_cache: self.write_cache,
            dpofua: self.dpofua && self.kind == Kind::Disk,
            descriptor_sense: self.dsense,
            provisioning: self.provisioning,
            limits: self.limits,
            atomic: self.atomic,
        };
        Ok((profile, blocks))
    }
}

/// Returns how many blocks of that size a medium of `size` bytes has, if nothing is left over, and if
/// READ CAPACITY(10), which is all that a CD drive has, can say it.
pub(super) fn whole_blocks(kind: Kind, size: u64, block_size: u32) -> Option<u64> {
    let block_size = u64::from(block_size);
    let blocks = size.checked_div(block_size)?;
    let fits = kind == Kind::Disk || u32::try_from(blocks).is_ok();
    (fits && blocks.checked_mul(block_size) == Some(size)).then_some(blocks)
}

/// Returns whether a number of bytes can be a logical block.
pub(super) fn is_block_size(bytes: u32) -> bool {
    BLOCK_SIZES.contains(&bytes) && bytes.is_power_of_two()
}

/// Returns the unique number of what has this name, the same in every run.
///
/// The 64-bit FNV-1a hash: stability is all that is asked of it.
pub(super) fn unique(pieces: &[&[u8]]) -> u64 {
    let bytes = pieces.iter().copied().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The words for the kinds of logical units.
pub(super) const KINDS: [(&str, Kind); 2] = [("disk", Kind::Disk), ("cdrom", Kind::Cdrom)];

/// Reads a kind of logical unit.
pub(super) fn parse_kind(text: &str) -> Option<Kind> {
    let mut kinds = KINDS.iter();
    kinds.find(|(name, _)| *name == text).map(|(_, kind)| *kind)
}

/// Returns the word for a kind.
pub(super) fn kind_name(wanted: Kind) -> &'static str {
    let mut kinds = KINDS.iter();
    kinds
        .find(|(_, kind)| *kind == wanted)
        .map_or("", |(name, _)| name)
}

/// Reads LBPRZ.
pub(super) fn parse_lbprz(text: &str) -> Option<UnmappedReads> {
    match text {
        "0" => Some(UnmappedReads::Anything),
        "1" => Some(UnmappedReads::Zeroes),
        "2" => Some(UnmappedReads::Pattern),
        _ => None,
    }
}

/// Reads printable ASCII of at most `N` bytes; blanks at the ends are padding.
pub(super) fn parse_text<const N: usize>(text: &str) -> Option<Bytes<N>> {
    let printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    Bytes::new(text.as_bytes()).filter(|_| printable)
}

/// Reads `naa:` with 16 or 32 hexadecimal digits, `uuid:` with a UUID, `t10:` with a text, or `none`.
pub(super) fn parse_wwid(text: &str) -> Option<Designator> {
    if text == "none" {
        return Some(Designator::None);
    }
    let (scheme, rest) = text.split_once(':')?;
    match scheme {
        "naa" if !rest.contains('-') => {
            let (bytes, len) = hex_bytes::<16>(rest)?;
            matches!(len, 8 | 16)
                .then(|| Bytes::new(bytes.get(..len)?).map(Designator::Naa))
                .flatten()
        }
        "uuid" => {
            let mut groups = rest.split('-').map(str::len);
            let shape = [8, 4, 4, 4, 12];
            if !shape.iter().all(|len| groups.next() == Some(*len)) || groups.next().is_some() {
                return None;
            }
            let (bytes, len) = hex_bytes::<16>(rest)?;
            (len == 16).then_some(Designator::Uuid(bytes))
        }
        "t10" => parse_text::<DESIGNATOR_MAX>(rest)
            .filter(|text| !text.get().is_empty())
            .map(Designator::T10),
        _ => None,
    }
}

/// Prints what [`parse_wwid`] reads.
pub(super) fn print_wwid(out: &mut impl Write, wwid: &Designator) -> fmt::Result {
    match wwid {
        Designator::None => out.write_str("none"),
        Designator::Naa(naa) => {
            out.write_str("naa:")?;
            naa.get()
                .iter()
                .try_for_each(|byte| write!(out, "{byte:02x}"))
        }
        Designator::Uuid(uuid) => {
            out.write_str("uuid:")?;
            uuid.iter().enumerate().try_for_each(|(at, byte)| {
                let dash = if matches!(at, 4 | 6 | 8 | 10) {
                    "-"
                } else {
                    ""
                };
                write!(out, "{dash}{byte:02x}")
            })
        }
        Designator::T10(text) => {
            out.write_str("t10:")?;
            print_text(out, text.get())
        }
    }
}

/// Prints printable ASCII.
pub(super) fn print_text(out: &mut impl Write, text: &[u8]) -> fmt::Result {
    out.write_str(core::str::from_utf8(text).map_err(|_| fmt::Error)?)
}

/// Reads pairs of hexadecimal digits, with dashes between pairs left out, and counts the bytes.
fn hex_bytes<const N: usize>(text: &str) -> Option<([u8; N], usize)> {
    let mut bytes = [0; N];
    let mut len = 0;
    let mut digits = text.bytes().filter(|byte| *byte != b'-');
    while let Some(high) = digits.next() {
        let pair = [high, digits.next()?];
        let pair = core::str::from_utf8(&pair).ok()?;
        *bytes.get_mut(len)? = crate::protocol::sense::hex_byte(pair)?;
        len += 1;
    }
    Some((bytes, len))
}

/// Returns a text padded with blanks.
fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut padded = [b' '; N];
    for (to, from) in padded.iter_mut().zip(text) {
        *to = *from;
    }
    padded
}

/// Writes a number as hexadecimal digits.
fn hex(number: u64) -> [u8; 16] {
    let mut rest = number;
    let mut digits = [b'0'; 16];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest & 0xf).unwrap_or(0);
        *digit = match value {
            0..=9 => b'0' + value,
            _ => b'a' + (value - 10),
        };
        rest >>= 4;
    }
    digits
}
