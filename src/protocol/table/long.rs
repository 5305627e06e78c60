// SPDX-License-Identifier: GPL-2.0

//! The variable length commands of disks (SBC-4 and SBC-5).
//!
//! They exist for the expected protection information in them. A unit without any serves them as it
//! does the shorter forms, and nobody looks at the expectations.

use crate::protocol::{
    cdb::{
        block,
        extent::extent32,
        opcode, //
    },
    profile::Kind,
    table::{
        Entry,
        Field,
        Need, //
    }, //
};

/// The fields of byte 10 of reads and writes.
const PROTECT_DPO_FUA: &[Field] = &[Field::protect(10), Field::dpo(10), Field::fua(10)];

/// The fields of byte 10 of VERIFY(32).
const PROTECT_DPO: &[Field] = &[Field::protect(10), Field::dpo(10)];

/// WRPROTECT, ANCHOR, UNMAP and NDOB of WRITE SAME(32).
const WRITE_SAME: &[Field] = &[
    Field::protect(10),
    Field::new(10, 0x10, Need::Impossible),
    Field::new(10, 0x08, Need::WriteSame16),
    Field::new(10, 0x01, Need::WriteSame16),
];

/// The commands.
pub(super) static COMMANDS: &[Entry] = &[
    Entry::new(
        opcode::VARIABLE_LENGTH,
        &[
            0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x09, 0xfe, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
        |cdb, _| block::read(extent32(cdb), cdb[10]),
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::VARIABLE_LENGTH,
        &[
            0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x0a, 0xf6, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
        |cdb, _| block::verify(extent32(cdb), cdb[10], 10),
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::VARIABLE_LENGTH,
        &[
            0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x0b, 0xfa, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
        |cdb, _| block::write(extent32(cdb), cdb[10]),
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::VARIABLE_LENGTH,
        &[
            0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x0d, 0xf9, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
        |cdb, _| block::write_same(extent32(cdb), cdb[10], false),
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(WRITE_SAME),
    Entry::new(
        opcode::VARIABLE_LENGTH,
        &[
            0, 0, 0, 0, 0, 0x3f, 0x18, 0, 0x11, 0xf8, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
        ],
        block::write_scattered_32,
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
];
