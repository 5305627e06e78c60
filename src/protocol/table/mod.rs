// SPDX-License-Identifier: GPL-2.0

//! The command table: every command that there is, and which bits its CDB may have.
//!
//! Finding and decoding commands and REPORT SUPPORTED OPERATION CODES all work on it, so that they
//! cannot disagree.

mod block;
mod long;
mod mmc;
mod primary;

use crate::protocol::{
    cdb::{
        ends_early,
        opcode,
        Cdb,
        Decoder, //
    },
    command::Command,
    profile::{
        Kind,
        Profile, //
    },
    sense::Sense,
};

/// The longest CDB, in bytes.
pub(crate) const LONGEST: usize = 32;

/// What a unit needs to have so that it knows a command or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing.
    Nothing,
    /// What no unit has: protection information, or anchored logical blocks.
    Impossible,
    /// DPOFUA.
    DpoFua,
    /// LBPU.
    Unmap,
    /// LBPWS.
    WriteSame16,
    /// LBPWS10.
    WriteSame10,
    /// LBPME.
    Thin,
    /// Atomic writes.
    Atomic,
    /// A medium that can be taken out.
    Removable,
}

impl Need {
    /// Returns whether a unit has it.
    fn is_met(self, profile: &Profile) -> bool {
        match self {
            Self::Nothing => true,
            Self::Impossible => false,
            Self::DpoFua => profile.dpofua,
            Self::Unmap => profile.provisioning.unmap,
            Self::WriteSame16 => profile.provisioning.write_same_16,
            Self::WriteSame10 => profile.provisioning.write_same_10,
            Self::Thin => profile.provisioning.is_thin(),
            Self::Atomic => profile.atomic.max_length > 0,
            Self::Removable => profile.removable,
        }
    }
}

/// A field of a CDB that not every unit knows; it is within one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    /// The byte.
    byte: u8,
    /// The bits that belong to it.
    bits: u8,
    /// Who knows it.
    need: Need,
}

impl Field {
    /// Returns RDPROTECT, WRPROTECT or VRPROTECT, which are the upper bits of `byte`.
    const fn protect(byte: u8) -> Self {
        Self::new(byte, 0xe0, Need::Impossible)
    }

    /// Returns DPO in `byte`.
    const fn dpo(byte: u8) -> Self {
        Self::new(byte, 0x10, Need::DpoFua)
    }

    /// Returns FUA in `byte`.
    const fn fua(byte: u8) -> Self {
        Self::new(byte, 0x08, Need::DpoFua)
    }

    /// Returns the field of `bits` in `byte`.
    const fn new(byte: u8, bits: u8, need: Need) -> Self {
        Self { byte, bits, need }
    }
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// OPERATION CODE.
    pub(crate) opcode: u8,
    /// SERVICE ACTION, if the operation code has any.
    pub(crate) service_action: Option<u16>,
    /// What follows the operation code in REPORT SUPPORTED OPERATION CODES: the service action that
    /// all CDBs of the command have, and else the bits that may be set if all `fields` are known.
    usage: &'static [u8],
    /// Which device has it; `None` means both.
    kind: Option<Kind>,
    /// Who has it of them.
    need: Need,
    /// The fields that not every unit knows.
    fields: &'static [Field],
    /// What makes a [`Command`] of a CDB.
    decoder: Decoder,
}

impl Entry {
    /// Returns a command that all kinds of units have; `usage` is for the bytes from 1 on.
    const fn new(opcode: u8, usage: &'static [u8], decoder: Decoder) -> Self {
        Self {
            opcode,
            service_action: None,
            usage,
            kind: None,
            need: Need::Nothing,
            fields: &[],
            decoder,
        }
    }

    /// Says that the command has a service action, which `usage` has where all its like do.
    const fn with_action(mut self) -> Self {
        self.service_action = Some(if self.opcode == opcode::VARIABLE_LENGTH {
            u16::from_be_bytes([self.usage[7], self.usage[8]])
        } else {
            u16::from_be_bytes([0, self.usage[0] & 0x1f])
        });
        self
    }

    /// Says that only a kind of units has the command.
    const fn only(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Says who has the command.
    const fn if_met(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// Says which fields not every unit knows.
    const fn with_fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// Returns the length of the CDB in bytes.
    pub(crate) const fn len(&self) -> usize {
        1 + self.usage.len()
    }

    /// Returns whether a unit has the command.
    pub(crate) fn is_supported(&self, profile: &Profile) -> bool {
        self.is_of(profile.kind) && self.need.is_met(profile)
    }

    /// Returns the bytes of the CDB USAGE DATA for a unit that follow the operation code.
    pub(crate) fn usage<'a>(&'a self, profile: &'a Profile) -> impl Iterator<Item = u8> + 'a {
        self.usage.iter().zip(1..).map(|(bits, byte)| {
            self.fields
                .iter()
                .filter(|field| field.byte == byte && !field.need.is_met(profile))
                .fold(*bits, |bits, field| bits & !field.bits)
        })
    }

    /// Checks that no bit is set that the unit does not know.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB with a pointer to the first such bit; if a field is known by
    /// name, to the most significant bit of that.
    pub(crate) fn check_bits(&self, cdb: &Cdb, profile: &Profile) -> Result<(), Sense> {
        for ((value, usage), byte) in cdb.iter().skip(1).zip(self.usage(profile)).zip(1..) {
            if let Some(bit) = highest_bit(value & !usage) {
                let field = self
                    .fields
                    .iter()
                    .find(|field| field.byte == byte && field.bits & (1 << bit) != 0)
                    .and_then(|field| highest_bit(field.bits));
                return Err(Sense::invalid_field_bit(
                    u16::from(byte),
                    field.unwrap_or(bit),
                ));
            }
        }
        Ok(())
    }

    /// Makes a command of a CDB whose bits have been checked.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB for values that a field may not have.
    pub(crate) fn decode(&self, cdb: &Cdb, profile: &Profile) -> Result<Command, Sense> {
        (self.decoder)(cdb, profile)
    }

    /// Returns whether units of that kind have the command.
    fn is_of(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|only| only == kind)
    }
}

/// Returns the number of the most significant bit that is set.
fn highest_bit(byte: u8) -> Option<u8> {
    (0..8).rev().find(|bit| byte & (1 << bit) != 0)
}

/// Returns the commands that units of that kind have if they have all that is optional.
pub(crate) fn commands(kind: Kind) -> impl Iterator<Item = &'static Entry> {
    block::COMMANDS
        .iter()
        .chain(primary::COMMANDS)
        .chain(mmc::COMMANDS)
        .chain(long::COMMANDS)
        .filter(move |entry| entry.is_of(kind))
}

/// Returns the command that a CDB is of.
///
/// # Errors
///
/// Returns INVALID COMMAND OPERATION CODE for an operation code that units of that kind never have,
/// and INVALID FIELD IN CDB with a pointer to a service action that they never have, or to the
/// first missing byte if the CDB ends before it.
pub(crate) fn find(kind: Kind, cdb: &[u8]) -> Result<&'static Entry, Sense> {
    let code = *cdb.first().ok_or(ends_early(cdb))?;
    let mut unknown = Sense::INVALID_OPCODE;
    for entry in commands(kind).filter(|entry| entry.opcode == code) {
        let Some(wanted) = entry.service_action else {
            return Ok(entry);
        };
        let action = service_action(cdb).ok_or(ends_early(cdb))?;
        if action == wanted {
            return Ok(entry);
        }
        unknown = match code {
            opcode::VARIABLE_LENGTH => Sense::invalid_field(8),
            _ => Sense::invalid_field_bit(1, 4),
        };
    }
    Err(unknown)
}

/// Returns the service action of a CDB whose operation code has service actions, if it does not end
/// before.
fn service_action(cdb: &[u8]) -> Option<u16> {
    match *cdb.first()? {
        opcode::VARIABLE_LENGTH => cdb.get(8..10)?.try_into().ok().map(u16::from_be_bytes),
        _ => cdb.get(1).map(|byte| u16::from(byte & 0x1f)),
    }
}
