// SPDX-License-Identifier: GPL-2.0

//! What commands leave on the medium for good (SBC-4, caches): all else that was written may be gone
//! after a power loss, while WCE says that there is a volatile cache.

use crate::protocol::command::{
    Command,
    Extent,
    PowerRequest, //
};

/// What has to be on the medium when a command ends with GOOD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// Nothing more than before.
    Nothing,
    /// These blocks; a length of 0 means all from the first one on.
    Blocks(Extent),
    /// Everything.
    Everything,
}

/// Returns what a command makes durable.
///
/// IMMED makes no difference, as nothing takes time here. FUA of WRITE SCATTERED is taken for all
/// blocks: a cache may write more than it has to. What FORMAT UNIT and SANITIZE do stays done.
pub(super) fn durable(command: &Command) -> Durable {
    match *command {
        Command::Read { extent, cache }
        | Command::Write { extent, cache }
        | Command::WriteAtomic { extent, cache, .. }
        | Command::OrWrite { extent, cache }
        | Command::CompareAndWrite { extent, cache }
            if cache.fua =>
        {
            some(extent)
        }
        // They are about what is on the medium.
        Command::WriteAndVerify { extent, .. } | Command::Verify { extent, .. } => some(extent),
        Command::SynchronizeCache(extent) => Durable::Blocks(extent),
        Command::WriteScattered { cache, .. } if cache.fua => Durable::Everything,
        Command::FormatUnit { .. } | Command::Sanitize { .. } => Durable::Everything,
        Command::StartStopUnit {
            no_flush, request, ..
        } => match request {
            // NO_FLUSH is not for an eject, after which the medium may be in another drive.
            PowerRequest::StartStop {
                start: false,
                load_eject,
            } if load_eject || !no_flush => Durable::Everything,
            PowerRequest::Standby(_) | PowerRequest::ForceStandby(_) if !no_flush => {
                Durable::Everything
            }
            _ => Durable::Nothing,
        },
        _ => Durable::Nothing,
    }
}

/// Returns that the blocks of an extent are durable, which may be none at all.
fn some(extent: Extent) -> Durable {
    match extent.blocks {
        0 => Durable::Nothing,
        _ => Durable::Blocks(extent),
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_durable))]
mod tests {
    use super::*;
    use crate::protocol::{
        cdb,
        inquiry::samples,
        table, //
    };

    fn of(bytes: &[u8]) -> Option<Durable> {
        let profile = samples::disk();
        let entry = table::find(profile.kind, bytes).ok()?;
        cdb::decode(entry, bytes, &profile)
            .ok()
            .map(|command| durable(&command))
    }

    fn blocks(lba: u64, blocks: u32) -> Option<Durable> {
        Some(Durable::Blocks(Extent { lba, blocks }))
    }

    #[test]
    fn writes_are_volatile_unless_they_say_otherwise() {
        for (opcode, plain) in [(0x28, false), (0x2a, false), (0x2e, true), (0x2f, true)] {
            let volatile = [opcode, 0, 0, 0, 0, 3, 0, 0, 2, 0];
            let expected = if plain {
                blocks(3, 2)
            } else {
                Some(Durable::Nothing)
            };
            assert_eq!(of(&volatile), expected);
        }
        for opcode in [0x28, 0x2a] {
            assert_eq!(of(&[opcode, 8, 0, 0, 0, 3, 0, 0, 2, 0]), blocks(3, 2));
            let none = [opcode, 8, 0, 0, 0, 3, 0, 0, 0, 0];
            assert_eq!(of(&none), Some(Durable::Nothing));
        }
        assert_eq!(of(&[0x0a, 0, 0, 3, 2, 0]), Some(Durable::Nothing));
    }

    #[test]
    fn flushes_name_their_blocks() {
        assert_eq!(of(&[0x35, 0, 0, 0, 0, 3, 0, 0, 2, 0]), blocks(3, 2));
        assert_eq!(of(&[0x35, 2, 0, 0, 0, 0, 0, 0, 0, 0]), blocks(0, 0));
    }

    #[test]
    fn a_unit_flushes_before_it_stops() {
        for (byte4, flushes) in [
            (0x00, true),
            (0x04, false),
            (0x01, false),
            (0x10, false),
            (0x20, false),
            (0x30, true),
            (0x34, false),
            (0xb0, true),
        ] {
            let expected = if flushes {
                Durable::Everything
            } else {
                Durable::Nothing
            };
            assert_eq!(of(&[0x1b, 0, 0, 0, byte4, 0]), Some(expected));
        }
    }
}
