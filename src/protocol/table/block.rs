// SPDX-License-Identifier: GPL-2.0

//! The commands of disks (SBC-4 and SBC-5) with up to 16 bytes.
//!
//! FUA_NV and SYNC_NV are obsolete but may be set, as older initiators do; they mean nothing.

use crate::protocol::{
    cdb::{
        block,
        extent::{
            extent10,
            extent12,
            extent16,
            extent6, //
        },
        manage,
        opcode, //
    },
    command::{
        Command,
        SanitizeAction, //
    },
    profile::Kind,
    table::{
        Entry,
        Field,
        Need, //
    }, //
};

/// The fields of byte 1 of reads and writes.
const PROTECT_DPO_FUA: &[Field] = &[Field::protect(1), Field::dpo(1), Field::fua(1)];

/// The fields of byte 1 of commands that verify.
const PROTECT_DPO: &[Field] = &[Field::protect(1), Field::dpo(1)];

/// FMTPINFO.
const FORMAT_PROTECTION: &[Field] = &[Field::new(1, 0xc0, Need::Impossible)];

/// WRPROTECT, ANCHOR and UNMAP of WRITE SAME(10).
const WRITE_SAME_10: &[Field] = &[
    Field::protect(1),
    Field::new(1, 0x10, Need::Impossible),
    Field::new(1, 0x08, Need::WriteSame10),
];

/// WRPROTECT, ANCHOR, UNMAP and NDOB of WRITE SAME(16).
const WRITE_SAME_16: &[Field] = &[
    Field::protect(1),
    Field::new(1, 0x10, Need::Impossible),
    Field::new(1, 0x08, Need::WriteSame16),
    Field::new(1, 0x01, Need::WriteSame16),
];

/// ANCHOR of UNMAP.
const UNMAP_ANCHOR: &[Field] = &[Field::new(1, 0x01, Need::Impossible)];

/// The commands, those first that are sent most.
pub(super) static COMMANDS: &[Entry] = &[
    Entry::new(
        opcode::READ_10,
        &[0xfe, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| block::read(extent10(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::WRITE_10,
        &[0xfa, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| block::write(extent10(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::READ_16,
        &[
            0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::read(extent16(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::WRITE_16,
        &[
            0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::write(extent16(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::SYNCHRONIZE_CACHE_10,
        &[0x06, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| Ok(Command::SynchronizeCache(extent10(cdb))),
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::FORMAT_UNIT,
        &[0xff, 0, 0, 0x03, 0],
        manage::format_unit,
    )
    .only(Kind::Disk)
    .with_fields(FORMAT_PROTECTION),
    Entry::new(opcode::READ_6, &[0x1f, 0xff, 0xff, 0xff, 0], |cdb, _| {
        block::read(extent6(cdb), 0)
    })
    .only(Kind::Disk),
    Entry::new(opcode::WRITE_6, &[0x1f, 0xff, 0xff, 0xff, 0], |cdb, _| {
        block::write(extent6(cdb), 0)
    })
    .only(Kind::Disk),
    Entry::new(
        opcode::START_STOP_UNIT,
        &[0x01, 0, 0x0f, 0xf7, 0],
        manage::start_stop_unit,
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::WRITE_AND_VERIFY_10,
        &[0xf6, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| block::write_and_verify(extent10(cdb), cdb),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::VERIFY_10,
        &[0xf6, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| block::verify(extent10(cdb), cdb[1], 1),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::PRE_FETCH_10,
        &[0x02, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| Ok(Command::PreFetch(extent10(cdb))),
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::READ_DEFECT_DATA_10,
        &[0, 0x1f, 0, 0, 0, 0, 0xff, 0xff, 0],
        manage::read_defect_data_10,
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::WRITE_SAME_10,
        &[0xf8, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0],
        |cdb, _| block::write_same(extent10(cdb), cdb[1], true),
    )
    .only(Kind::Disk)
    .with_fields(WRITE_SAME_10),
    Entry::new(
        opcode::UNMAP,
        &[0x01, 0, 0, 0, 0, 0x3f, 0xff, 0xff, 0],
        block::unmap,
    )
    .only(Kind::Disk)
    .if_met(Need::Unmap)
    .with_fields(UNMAP_ANCHOR),
    Entry::new(
        opcode::SANITIZE,
        &[0xa1, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        manage::sanitize_overwrite,
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::SANITIZE,
        &[0xa2, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| manage::sanitize(SanitizeAction::BlockErase, cdb),
    )
    .with_action()
    .only(Kind::Disk)
    .if_met(Need::Thin),
    Entry::new(
        opcode::SANITIZE,
        &[0xa3, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| manage::sanitize(SanitizeAction::CryptographicErase, cdb),
    )
    .with_action()
    .only(Kind::Disk)
    .if_met(Need::Thin),
    Entry::new(
        opcode::SANITIZE,
        &[0xbf, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| manage::sanitize(SanitizeAction::ExitFailureMode, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::COMPARE_AND_WRITE,
        &[
            0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0xff, 0x3f, 0,
        ],
        block::compare_and_write,
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::ORWRITE_16,
        &[
            0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::or_write(extent16(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::WRITE_AND_VERIFY_16,
        &[
            0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::write_and_verify(extent16(cdb), cdb),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::VERIFY_16,
        &[
            0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::verify(extent16(cdb), cdb[1], 1),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::PRE_FETCH_16,
        &[
            0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| Ok(Command::PreFetch(extent16(cdb))),
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::SYNCHRONIZE_CACHE_16,
        &[
            0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| Ok(Command::SynchronizeCache(extent16(cdb))),
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::WRITE_SAME_16,
        &[
            0xf9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::write_same(extent16(cdb), cdb[1], false),
    )
    .only(Kind::Disk)
    .with_fields(WRITE_SAME_16),
    Entry::new(
        opcode::WRITE_ATOMIC_16,
        &[
            0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        block::write_atomic,
    )
    .only(Kind::Disk)
    .if_met(Need::Atomic)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::SERVICE_ACTION_IN_16,
        &[0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        manage::read_capacity_16,
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::SERVICE_ACTION_IN_16,
        &[
            0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
        ],
        manage::get_lba_status,
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::SERVICE_ACTION_IN_16,
        &[
            0x16, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0,
        ],
        manage::get_stream_status,
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::SERVICE_ACTION_OUT_16,
        &[
            0x12, 0xf8, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        block::write_scattered_16,
    )
    .with_action()
    .only(Kind::Disk)
    .with_fields(&[Field::protect(2), Field::dpo(2), Field::fua(2)]),
    Entry::new(
        opcode::READ_12,
        &[
            0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::read(extent12(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::WRITE_12,
        &[
            0xfa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::write(extent12(cdb), cdb[1]),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO_FUA),
    Entry::new(
        opcode::WRITE_AND_VERIFY_12,
        &[
            0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::write_and_verify(extent12(cdb), cdb),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::VERIFY_12,
        &[
            0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0,
        ],
        |cdb, _| block::verify(extent12(cdb), cdb[1], 1),
    )
    .only(Kind::Disk)
    .with_fields(PROTECT_DPO),
    Entry::new(
        opcode::READ_DEFECT_DATA_12,
        &[0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
        manage::read_defect_data_12,
    )
    .only(Kind::Disk),
];
