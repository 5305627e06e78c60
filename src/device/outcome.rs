// SPDX-License-Identifier: GPL-2.0

//! Outcomes that a rule decides.

use crate::{
    fault::{
        action::{
            Completion,
            Information,
            SenseFormat, //
        },
        extent::extent, //
    },
    protocol::sense::Encoded,
    scsi::Status, //
};

/// How a rule wants a command to end, with its sense data encoded.
pub(super) struct Outcome {
    host: u8,
    status: u8,
    sense: Option<Encoded>,
}

impl Outcome {
    /// Encodes what a rule wants for a command. `descriptor` says which format the logical unit
    /// uses for its sense data.
    pub(super) fn new(completion: &Completion, cdb: &[u8], descriptor: bool) -> Self {
        let sense = completion.sense.map(|(sense, format)| {
            let information = match completion.information {
                Information::None => None,
                Information::Lba => extent(cdb).map(|extent| extent.lba),
                Information::Value(number) => Some(number),
            };
            let sense = match information {
                Some(number) => sense.with_information(number),
                None => sense,
            };
            sense.encode(match format {
                SenseFormat::Auto => descriptor,
                SenseFormat::Fixed => false,
                SenseFormat::Desc => true,
            })
        });
        Self {
            host: completion.host.map_or(0, |host| host.number()),
            status: completion.status.map_or(0, |status| status.number()),
            sense,
        }
    }

    /// Returns whether the command is to have ended well.
    pub(super) fn is_good(&self) -> bool {
        self.host == 0 && self.status == 0
    }

    /// Returns what to complete the command with.
    pub(super) fn status(&self) -> Status<'_> {
        Status::Raw {
            host: self.host,
            status: self.status,
            sense: self.sense.as_ref().map_or(&[], |sense| sense.bytes()),
        }
    }
}
