// SPDX-License-Identifier: GPL-2.0

//! Which blocks a command is about.
//!
//! Unlike [`crate::protocol::cdb`] this knows nothing of the unit, and takes every command as it
//! comes: rules also match what a unit then refuses.

use crate::protocol::cdb::opcode;

/// Service actions of the variable length CDB (SBC-4): READ(32), VERIFY(32), WRITE(32), WRITE AND
/// VERIFY(32), WRITE SAME(32), ORWRITE(32) and WRITE ATOMIC(32).
const VARIABLE_LENGTH_ACTIONS: [u16; 7] = [0x0009, 0x000a, 0x000b, 0x000c, 0x000d, 0x000e, 0x000f];
/// WRITE SAME(32), for which no blocks means all.
const WRITE_SAME_32: u16 = 0x000d;

/// The blocks that a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Address of the first block.
    pub(crate) lba: u64,
    /// Number of blocks; `u64::MAX` for all from `lba` on.
    pub(crate) blocks: u64,
}

impl Extent {
    /// Returns the address of the last block, `None` for no blocks at all.
    pub(crate) fn last(self) -> Option<u64> {
        Some(self.lba.saturating_add(self.blocks.checked_sub(1)?))
    }
}

/// Returns the blocks that the command is about; `None` for a command without, with a list of
/// them (UNMAP, WRITE SCATTERED), or whose CDB is cut.
pub(crate) fn extent(cdb: &[u8]) -> Option<Extent> {
    let (lba, blocks) = match *cdb.first()? {
        opcode::READ_6 | opcode::WRITE_6 => {
            let lba = be(cdb, 1, 3)? & 0x1f_ffff;
            let blocks = match be(cdb, 4, 1)? {
                0 => 256,
                blocks => blocks,
            };
            (lba, blocks)
        }
        opcode::READ_10 | opcode::WRITE_10 | opcode::WRITE_AND_VERIFY_10 | opcode::VERIFY_10 => {
            (be(cdb, 2, 4)?, be(cdb, 7, 2)?)
        }
        opcode::PRE_FETCH_10 | opcode::SYNCHRONIZE_CACHE_10 | opcode::WRITE_SAME_10 => {
            (be(cdb, 2, 4)?, all_if_none(be(cdb, 7, 2)?))
        }
        opcode::READ_12 | opcode::WRITE_12 | opcode::WRITE_AND_VERIFY_12 | opcode::VERIFY_12 => {
            (be(cdb, 2, 4)?, be(cdb, 6, 4)?)
        }
        opcode::READ_16
        | opcode::WRITE_16
        | opcode::ORWRITE_16
        | opcode::WRITE_AND_VERIFY_16
        | opcode::VERIFY_16 => (be(cdb, 2, 8)?, be(cdb, 10, 4)?),
        opcode::PRE_FETCH_16 | opcode::SYNCHRONIZE_CACHE_16 | opcode::WRITE_SAME_16 => {
            (be(cdb, 2, 8)?, all_if_none(be(cdb, 10, 4)?))
        }
        opcode::COMPARE_AND_WRITE => (be(cdb, 2, 8)?, be(cdb, 13, 1)?),
        opcode::WRITE_ATOMIC_16 => (be(cdb, 2, 8)?, be(cdb, 12, 2)?),
        opcode::VARIABLE_LENGTH => {
            let action = u16::try_from(be(cdb, 8, 2)?).ok()?;
            if !VARIABLE_LENGTH_ACTIONS.contains(&action) {
                return None;
            }
            let blocks = be(cdb, 28, 4)?;
            let blocks = match action {
                WRITE_SAME_32 => all_if_none(blocks),
                _ => blocks,
            };
            (be(cdb, 12, 8)?, blocks)
        }
        _ => return None,
    };
    Some(Extent { lba, blocks })
}

/// Returns the `count` bytes at `at` as a number.
fn be(cdb: &[u8], at: usize, count: usize) -> Option<u64> {
    let bytes = cdb.get(at..at.checked_add(count)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte)),
    )
}

/// Returns the length of a command that takes 0 for all the blocks there are.
fn all_if_none(blocks: u64) -> u64 {
    match blocks {
        0 => u64::MAX,
        _ => blocks,
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_extent))]
mod tests {
    use super::*;

    /// A CDB whose every byte is its own number, with this operation code and service action.
    fn counting(code: u8, action: u8) -> [u8; 32] {
        let mut cdb = [0; 32];
        for (byte, number) in cdb.iter_mut().zip(0..) {
            *byte = number;
        }
        cdb[0] = code;
        cdb[8] = 0;
        cdb[9] = action;
        cdb
    }

    #[test]
    fn every_command_has_its_blocks() {
        for code in 0..=u8::MAX {
            let expected = match code {
                0x08 | 0x0a => Some((0x01_0203, 4)),
                0x28 | 0x2a | 0x2e | 0x2f | 0x34 | 0x35 | 0x41 => Some((0x0203_0405, 0x0700)),
                0xa8 | 0xaa | 0xae | 0xaf => Some((0x0203_0405, 0x0607_0000)),
                0x88 | 0x8a | 0x8b | 0x8e | 0x8f | 0x90 | 0x91 | 0x93 => {
                    Some((0x0203_0405_0607_0000, 0x0a0b_0c0d))
                }
                0x89 => Some((0x0203_0405_0607_0000, 0x0d)),
                0x9c => Some((0x0203_0405_0607_0000, 0x0c0d)),
                _ => None,
            };
            let expected = expected.map(|(lba, blocks)| Extent { lba, blocks });
            assert_eq!(extent(&counting(code, 0)), expected);
        }
        for action in 0..=u8::MAX {
            let expected = (0x09..=0x0f).contains(&action).then_some(Extent {
                lba: 0x0c0d_0e0f_1011_1213,
                blocks: 0x1c1d_1e1f,
            });
            assert_eq!(extent(&counting(0x7f, action)), expected);
        }
    }

    #[test]
    fn no_blocks_means_256_or_all_or_none() {
        let cdb = |code: u8, action: u8| {
            let mut cdb = [0; 32];
            cdb[0] = code;
            cdb[9] = action;
            cdb
        };
        for (code, action, blocks) in [
            (0x08, 0, 256),
            (0x0a, 0, 256),
            (0x28, 0, 0),
            (0xa8, 0, 0),
            (0x88, 0, 0),
            (0x89, 0, 0),
            (0x9c, 0, 0),
            (0x7f, 0x09, 0),
            (0x34, 0, u64::MAX),
            (0x35, 0, u64::MAX),
            (0x41, 0, u64::MAX),
            (0x90, 0, u64::MAX),
            (0x91, 0, u64::MAX),
            (0x93, 0, u64::MAX),
            (0x7f, 0x0d, u64::MAX),
        ] {
            assert_eq!(extent(&cdb(code, action)), Some(Extent { lba: 0, blocks }));
        }
    }

    #[test]
    fn a_cut_cdb_has_no_blocks() {
        for (code, action, needed) in [
            (0x08, 0, 5),
            (0x28, 0, 9),
            (0xa8, 0, 10),
            (0x88, 0, 14),
            (0x91, 0, 14),
            (0x89, 0, 14),
            (0x9c, 0, 14),
            (0x7f, 0x09, 32),
        ] {
            let cdb = counting(code, action);
            for (len, _) in cdb.iter().enumerate() {
                let cut = cdb.get(..len).unwrap_or_default();
                assert_eq!(extent(cut).is_some(), len >= needed);
            }
            assert!(extent(&cdb).is_some());
        }
    }

    #[test]
    fn the_last_block_does_not_overflow() {
        for (lba, blocks, last) in [
            (5, 0, None),
            (5, 1, Some(5)),
            (5, 3, Some(7)),
            (5, u64::MAX, Some(u64::MAX)),
            (u64::MAX, 2, Some(u64::MAX)),
        ] {
            assert_eq!(Extent { lba, blocks }.last(), last);
        }
    }
}
