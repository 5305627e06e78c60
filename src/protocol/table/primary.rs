// SPDX-License-Identifier: GPL-2.0

//! The commands of all kinds of units, and those of SPC-6 and SPC-2 that only disks have.

use crate::protocol::{
    cdb::{
        opcode,
        primary, //
    },
    command::{
        Command,
        ReserveIn,
        ReserveOut, //
    },
    profile::Kind,
    table::{
        Entry,
        Field,
        Need, //
    }, //
};

/// MODE SPECIFIC of READ BUFFER and WRITE BUFFER, which no mode here has a use for.
const MODE_SPECIFIC: &[Field] = &[Field::new(1, 0xe0, Need::Impossible)];

/// The commands.
pub(super) static COMMANDS: &[Entry] = &[
    Entry::new(opcode::TEST_UNIT_READY, &[0, 0, 0, 0, 0], |_, _| {
        Ok(Command::TestUnitReady)
    }),
    Entry::new(
        opcode::REQUEST_SENSE,
        &[0x01, 0, 0, 0xff, 0],
        primary::request_sense,
    ),
    Entry::new(
        opcode::INQUIRY,
        &[0x01, 0xff, 0xff, 0xff, 0],
        primary::inquiry,
    ),
    Entry::new(
        opcode::MODE_SELECT_6,
        &[0x13, 0, 0, 0xff, 0],
        primary::mode_select_6,
    ),
    Entry::new(opcode::RESERVE_6, &[0, 0, 0, 0, 0], |_, _| {
        Ok(Command::Reserve)
    })
    .only(Kind::Disk),
    Entry::new(opcode::RELEASE_6, &[0, 0, 0, 0, 0], |_, _| {
        Ok(Command::Release)
    })
    .only(Kind::Disk),
    Entry::new(
        opcode::MODE_SENSE_6,
        &[0x08, 0xff, 0xff, 0xff, 0],
        primary::mode_sense_6,
    ),
    Entry::new(
        opcode::SEND_DIAGNOSTIC,
        &[0xf7, 0, 0xff, 0xff, 0],
        primary::send_diagnostic,
    ),
    Entry::new(
        opcode::PREVENT_ALLOW,
        &[0, 0, 0, 0x01, 0],
        primary::prevent_allow,
    )
    .if_met(Need::Removable),
    Entry::new(
        opcode::READ_CAPACITY_10,
        &[0, 0, 0, 0, 0, 0, 0, 0, 0],
        |_, _| Ok(Command::ReadCapacity10),
    ),
    Entry::new(
        opcode::WRITE_BUFFER,
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
        primary::write_buffer,
    )
    .only(Kind::Disk)
    .with_fields(MODE_SPECIFIC),
    Entry::new(
        opcode::READ_BUFFER_10,
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
        primary::read_buffer,
    )
    .only(Kind::Disk)
    .with_fields(MODE_SPECIFIC),
    Entry::new(
        opcode::LOG_SELECT,
        &[0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0],
        primary::log_select,
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::LOG_SENSE,
        &[0x01, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0],
        primary::log_sense,
    )
    .only(Kind::Disk),
    Entry::new(
        opcode::MODE_SELECT_10,
        &[0x13, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        primary::mode_select_10,
    ),
    Entry::new(opcode::RESERVE_10, &[0, 0, 0, 0, 0, 0, 0, 0, 0], |_, _| {
        Ok(Command::Reserve)
    })
    .only(Kind::Disk),
    Entry::new(opcode::RELEASE_10, &[0, 0, 0, 0, 0, 0, 0, 0, 0], |_, _| {
        Ok(Command::Release)
    })
    .only(Kind::Disk),
    Entry::new(
        opcode::MODE_SENSE_10,
        &[0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0],
        primary::mode_sense_10,
    ),
    Entry::new(
        opcode::PERSISTENT_RESERVE_IN,
        &[0x00, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_in(ReserveIn::ReadKeys, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_IN,
        &[0x01, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_in(ReserveIn::ReadReservation, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_IN,
        &[0x02, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_in(ReserveIn::ReportCapabilities, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_IN,
        &[0x03, 0, 0, 0, 0, 0, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_in(ReserveIn::ReadFullStatus, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x00, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::Register, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x01, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::Reserve, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x02, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::Release, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x03, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::Clear, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x04, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::Preempt, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x05, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::PreemptAndAbort, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::PERSISTENT_RESERVE_OUT,
        &[0x06, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0],
        |cdb, _| primary::persistent_reserve_out(ReserveOut::RegisterAndIgnore, cdb),
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::REPORT_LUNS,
        &[0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        primary::report_luns,
    ),
    Entry::new(
        opcode::MAINTENANCE_IN,
        &[0xea, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        primary::report_target_port_groups,
    )
    .with_action()
    .only(Kind::Disk),
    Entry::new(
        opcode::MAINTENANCE_IN,
        &[0x0c, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
        primary::report_supported_opcodes,
    )
    .with_action(),
    Entry::new(
        opcode::MAINTENANCE_IN,
        &[0x0d, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        primary::report_supported_tmfs,
    )
    .with_action(),
    Entry::new(
        opcode::MAINTENANCE_OUT,
        &[0x0a, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        primary::set_target_port_groups,
    )
    .with_action()
    .only(Kind::Disk),
];
