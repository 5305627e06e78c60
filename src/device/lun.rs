// SPDX-License-Identifier: GPL-2.0

//! Logical units: what they are, and what state they are in.

use kernel::sync::{
    atomic::{
        Atomic,
        Relaxed, //
    },
    Arc, //
};

use crate::{
    device::store::Store,
    protocol::{
        capacity::Geometry,
        inquiry::Identity, //
    },
    scsi::Address, //
};

/// Bytes of a logical block.
pub(crate) const BLOCK_SIZE: u32 = 512;

/// Whether a disk is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
enum Presence {
    /// It is.
    Present,
    /// It is being taken out: it still answers, and at once.
    Leaving,
    /// It is not.
    Gone,
}

impl Presence {
    /// Returns what the disk keeps for it: the journey of a command reads it without a lock.
    const fn raw(self) -> i32 {
        // CAST: The enum is `repr(i32)`.
        self as i32
    }
}

/// What the mid layer is told of a disk.
#[derive(Clone, Copy)]
pub(crate) struct Attachment {
    /// How many commands it takes; `None`: the `cmd_per_lun` of its host.
    pub(crate) queue_depth: Option<u16>,
    /// Whether sd is to leave it alone.
    pub(crate) no_uld: bool,
}

/// A disk.
pub(crate) struct Lun {
    address: Address,
    attachment: Attachment,
    geometry: Geometry,
    store: Arc<Store>,
    /// What tells it from all others; the serial number is this in hexadecimal digits.
    id: [u8; 16],
    naa: u64,
    stopped: Atomic<bool>,
    /// [`Presence::raw`].
    presence: Atomic<i32>,
}

impl Lun {
    /// Describes a disk of `blocks` logical blocks on a host with that name. It starts started.
    pub(crate) fn new(
        host: &str,
        address: Address,
        attachment: Attachment,
        blocks: u64,
        store: Arc<Store>,
    ) -> Self {
        let naa = fnv1a(&[
            host.as_bytes(),
            b"/",
            &address.channel.to_be_bytes(),
            &address.id.to_be_bytes(),
            &address.lun.to_be_bytes(),
        ]);
        Self {
            address,
            attachment,
            geometry: Geometry {
                blocks,
                block_size: BLOCK_SIZE,
            },
            store,
            id: hex(naa),
            naa,
            stopped: Atomic::new(false),
            presence: Atomic::new(Presence::Present.raw()),
        }
    }

    /// Returns where it is.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Returns what the mid layer is told of it.
    pub(crate) fn attachment(&self) -> &Attachment {
        &self.attachment
    }

    /// Returns how large it is.
    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Returns what it keeps its data in.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns what INQUIRY says of the disk.
    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            vendor: b"Linux   ",
            product: b"rpmfault        ",
            revision: b"0001",
            serial: &self.id,
            naa: self.naa,
        }
    }

    /// Returns whether START STOP UNIT has stopped the disk.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Stops or starts the disk.
    pub(crate) fn set_stopped(&self, stopped: bool) {
        self.stopped.store(stopped, Relaxed);
    }

    /// Returns whether the disk is taken out, or being taken out.
    pub(crate) fn is_leaving(&self) -> bool {
        self.presence.load(Relaxed) >= Presence::Leaving.raw()
    }

    /// Returns whether the disk was taken out.
    pub(crate) fn is_gone(&self) -> bool {
        self.presence.load(Relaxed) >= Presence::Gone.raw()
    }

    /// Begins to take the disk out.
    pub(crate) fn set_leaving(&self) {
        self.presence.store(Presence::Leaving.raw(), Relaxed);
    }

    /// Ends taking the disk out.
    pub(crate) fn set_gone(&self) {
        self.presence.store(Presence::Gone.raw(), Relaxed);
    }
}

/// The 64-bit FNV-1a hash: stable names from run to run are all that is asked of it.
fn fnv1a(pieces: &[&[u8]]) -> u64 {
    let bytes = pieces.iter().copied().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
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
