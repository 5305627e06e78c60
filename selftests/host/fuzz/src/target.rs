// SPDX-License-Identifier: GPL-2.0

//! What the fuzz targets share: the units that they run against.

#[path = "../../src/model.rs"]
pub(crate) mod model;

use crate::protocol::profile::{
    Atomic,
    Bytes,
    Designator,
    Identity,
    Kind,
    Limits,
    Profile,
    Provisioning,
    UnmappedReads, //
};

/// Returns a profile for each of 16 values of `choice`.
pub(crate) fn profile(choice: u8) -> Profile {
    let flag = |bit: u8| choice & (1 << bit) != 0;
    let kind = if flag(0) { Kind::Cdrom } else { Kind::Disk };
    let thin = kind == Kind::Disk && flag(1);
    Profile {
        kind,
        identity: Identity {
            vendor: *b"FUZZ    ",
            product: *b"target          ",
            revision: *b"0001",
            serial: Bytes::new(b"0").expect("it fits"),
            designator: Designator::None,
        },
        removable: kind == Kind::Cdrom || flag(2),
        block_size: if kind == Kind::Cdrom {
            2048
        } else {
            512 << (choice & 8) / 4
        },
        physical_exponent: 0,
        lowest_aligned: 0,
        rotation_rate: 1,
        write_cache: true,
        dpofua: flag(3),
        descriptor_sense: flag(2),
        provisioning: Provisioning {
            unmap: thin,
            write_same_16: thin,
            write_same_10: thin,
            reads: UnmappedReads::Zeroes,
            granularity: 1 << (choice & 3),
            alignment: 0,
            max_blocks: 32,
            max_descriptors: 4,
        },
        limits: Limits {
            max_transfer: 32,
            optimal_transfer: 0,
            optimal_exponent: 0,
            max_write_same: 32,
        },
        atomic: Atomic {
            max_length: if thin { 16 } else { 0 },
            alignment: 2,
            granularity: 2,
            max_length_boundary: 16,
            max_boundary: 8,
        },
    }
}
