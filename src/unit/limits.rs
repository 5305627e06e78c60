// SPDX-License-Identifier: GPL-2.0

//! How long transfers may be (SBC-4, Block Limits VPD page).

use crate::protocol::{
    command::Command,
    profile::Limits,
    sense::Sense, //
};

/// Checks the length of the transfer against what the unit reports as its limit.
///
/// # Errors
///
/// Returns INVALID FIELD IN CDB with a pointer to the length.
pub(super) fn check(command: &Command, cdb: &[u8], limits: &Limits) -> Result<(), Sense> {
    let blocks = match command {
        Command::Read { extent, .. }
        | Command::Write { extent, .. }
        | Command::WriteAndVerify { extent, .. }
        | Command::WriteAtomic { extent, .. }
        | Command::OrWrite { extent, .. }
        | Command::CompareAndWrite { extent, .. }
        | Command::Verify { extent, .. } => extent.blocks,
        Command::WriteScattered { blocks, .. } => *blocks,
        _ => return Ok(()),
    };
    if limits.max_transfer != 0 && blocks > limits.max_transfer {
        return Err(Sense::invalid_field(length_field(cdb)));
    }
    Ok(())
}

/// Returns at which byte of a CDB that names blocks their number is.
pub(super) fn length_field(cdb: &[u8]) -> u16 {
    match cdb.first() {
        Some(0x00..=0x1f) => 4,
        Some(0x20..=0x5f) => 7,
        Some(0x7f) => 28,
        Some(0x89) => 13, // COMPARE AND WRITE
        Some(0x9c) => 12, // WRITE ATOMIC(16)
        Some(0x80..=0x9f) => 10,
        _ => 6,
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_limits))]
mod tests {
    use super::*;
    use crate::protocol::command::{
        ByteCheck,
        CacheControl,
        Extent, //
    };

    const LIMITS: Limits = Limits {
        max_transfer: 8,
        optimal_transfer: 0,
        optimal_exponent: 0,
        max_write_same: 0,
    };

    fn verify(blocks: u32) -> Command {
        Command::Verify {
            extent: Extent { lba: 0, blocks },
            cache: CacheControl::default(),
            check: ByteCheck::Medium,
        }
    }

    #[test]
    fn points_to_the_length_of_what_is_too_long() {
        assert_eq!(check(&verify(8), &[0x2f], &LIMITS), Ok(()));
        for (opcode, byte) in [
            (0x08, 4),
            (0x2f, 7),
            (0xaf, 6),
            (0x8f, 10),
            (0x89, 13),
            (0x9c, 12),
            (0x7f, 28),
        ] {
            assert_eq!(
                check(&verify(9), &[opcode], &LIMITS),
                Err(Sense::invalid_field(byte))
            );
        }
        let unlimited = Limits {
            max_transfer: 0,
            ..LIMITS
        };
        assert_eq!(check(&verify(u32::MAX), &[0x2f], &unlimited), Ok(()));
    }
}
