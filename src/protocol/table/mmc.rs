// SPDX-License-Identifier: GPL-2.0

//! The commands of CD drives (MMC-6).

use crate::protocol::{
    cdb::{
        block,
        extent::{
            extent10,
            extent12, //
        },
        mmc,
        opcode, //
    },
    command::Command,
    profile::Kind,
    table::{
        Entry,
        Field, //
    }, //
};

/// DPO and FUA of the reads; where FUA may not be set, it is reserved.
const DPO_FUA: &[Field] = &[Field::dpo(1), Field::fua(1)];

/// The commands.
pub(super) static COMMANDS: &[Entry] = &[
    Entry::new(
        opcode::START_STOP_UNIT,
        &[0x01, 0, 0, 0xf3, 0],
        mmc::start_stop_unit,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_10,
        &[0x18, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0],
        |cdb, _| block::read(extent10(cdb), cdb[1]),
    )
    .only(Kind::Cdrom)
    .with_fields(DPO_FUA),
    Entry::new(
        opcode::VERIFY_10,
        &[0x10, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0],
        |cdb, _| mmc::verify(extent10(cdb), cdb[1]),
    )
    .only(Kind::Cdrom)
    .with_fields(DPO_FUA),
    Entry::new(
        opcode::SYNCHRONIZE_CACHE_10,
        &[0x02, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0],
        |cdb, _| Ok(Command::SynchronizeCache(extent10(cdb))),
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_TOC,
        &[0x02, 0x0f, 0, 0, 0, 0xff, 0xff, 0xff, 0xc0],
        mmc::read_toc,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::GET_CONFIGURATION,
        &[0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0],
        mmc::get_configuration,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::GET_EVENT_STATUS,
        &[0x01, 0, 0, 0xff, 0, 0, 0xff, 0xff, 0],
        mmc::get_event_status,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_DISC_INFORMATION,
        &[0x07, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        mmc::read_disc_information,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_TRACK_INFORMATION,
        &[0x03, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0],
        mmc::read_track_information,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_12,
        &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
        |cdb, _| block::read(extent12(cdb), cdb[1]),
    )
    .only(Kind::Cdrom)
    .with_fields(DPO_FUA),
    Entry::new(
        opcode::SET_CD_SPEED,
        &[0x03, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0],
        mmc::set_cd_speed,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::MECHANISM_STATUS,
        &[0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
        mmc::mechanism_status,
    )
    .only(Kind::Cdrom),
    Entry::new(
        opcode::READ_CD,
        &[
            0x1e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x07, 0,
        ],
        mmc::read_cd,
    )
    .only(Kind::Cdrom),
];
