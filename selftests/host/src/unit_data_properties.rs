// SPDX-License-Identifier: GPL-2.0

//! Commands that read and write do what they would do to an array.

use proptest::prelude::*;

use crate::{
    model::{
        cdb16,
        Host,
        Setup,
        BLOCKS, //
    },
    protocol::{
        inquiry::samples,
        profile::{
            Profile,
            UnmappedReads, //
        },
        sense::Sense, //
    },
    unit::Failure, //
};

/// What the data commands are compared with.
struct Naive {
    profile: Profile,
    blocks: Vec<Option<Vec<u8>>>,
}

impl Naive {
    fn size(&self) -> usize {
        self.profile.block_size as usize
    }

    fn thin(&self) -> bool {
        self.profile.provisioning.is_thin()
    }

    fn unmapped(&self) -> Vec<u8> {
        let fill = if self.thin() {
            self.profile.provisioning.reads.fill()
        } else {
            0
        };
        vec![fill; self.size()]
    }

    fn read(&self, lba: u64, blocks: u32) -> Vec<u8> {
        (lba..lba + u64::from(blocks))
            .flat_map(|lba| {
                self.blocks[lba as usize]
                    .clone()
                    .unwrap_or_else(|| self.unmapped())
            })
            .collect()
    }

    fn write(&mut self, lba: u64, data: &[u8]) {
        for (lba, block) in (lba as usize..).zip(data.chunks(self.size())) {
            self.blocks[lba] = Some(block.to_vec());
        }
    }

    /// Returns the blocks of a range that are in granules which are all in the range.
    fn granules(&self, lba: u64, blocks: u32) -> Vec<usize> {
        let p = &self.profile.provisioning;
        let (granularity, alignment) = (u64::from(p.granularity), u64::from(p.alignment));
        let range = lba..lba + u64::from(blocks);
        range
            .clone()
            .filter(|lba| {
                let Some(behind) = lba.checked_sub(alignment) else {
                    return false;
                };
                let start = alignment + behind / granularity * granularity;
                range.contains(&start) && range.contains(&(start + granularity - 1))
            })
            .map(|lba| lba as usize)
            .collect()
    }
}

/// A data command.
#[derive(Clone, Debug)]
enum Op {
    Write(u8, u8),
    OrWrite(u8, u8),
    CompareAndWrite(u8, bool),
    WriteSame {
        byte: u8,
        unmap: bool,
        no_data: bool,
    },
    Unmap,
    Verify(bool),
    Read,
}

fn op() -> impl Strategy<Value = (Op, u64, u32)> {
    let op = prop_oneof![
        (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Op::Write(a, b)),
        (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Op::OrWrite(a, b)),
        (any::<u8>(), any::<bool>()).prop_map(|(a, b)| Op::CompareAndWrite(a, b)),
        (
            prop_oneof![Just(0), Just(0xff), any::<u8>()],
            any::<bool>(),
            any::<bool>()
        )
            .prop_map(|(byte, unmap, no_data)| Op::WriteSame {
                byte,
                unmap,
                no_data
            }),
        Just(Op::Unmap),
        any::<bool>().prop_map(Op::Verify),
        Just(Op::Read),
    ];
    (op, 0..BLOCKS + 2, 1..20u32)
}

fn profile() -> impl Strategy<Value = Profile> {
    let reads = prop_oneof![
        Just(UnmappedReads::Zeroes),
        Just(UnmappedReads::Anything),
        Just(UnmappedReads::Pattern)
    ];
    (any::<bool>(), reads, 1..9u32, 0..9u32, 0..3u32).prop_map(
        |(thin, reads, granularity, alignment, exponent)| {
            let mut profile = if thin {
                samples::thin_disk(reads)
            } else {
                samples::disk()
            };
            profile.block_size = 512 << exponent;
            profile.provisioning.granularity = granularity;
            profile.provisioning.alignment = alignment % granularity;
            profile
        },
    )
}

/// Carries out a command on both, and checks that the outcome is the same.
fn step(setup: &mut Setup, naive: &mut Naive, op: Op, lba: u64, blocks: u32) {
    let size = naive.size();
    let fits = lba + u64::from(blocks) <= BLOCKS;
    let expect = |result: Result<(), Failure>| {
        let expected = if fits {
            Ok(())
        } else {
            Err(Sense::LBA_OUT_OF_RANGE.into())
        };
        assert_eq!(result, expected);
        fits
    };
    let len = size * blocks as usize;
    let patterned = |a: u8, b: u8| -> Vec<u8> {
        (0..len)
            .map(|at| a.wrapping_mul(at as u8).wrapping_add(b))
            .collect()
    };
    match op {
        Op::Write(a, b) => {
            let data = patterned(a, b);
            if expect(setup.out(&cdb16(0x8a, 0, lba, blocks), data.clone())) {
                naive.write(lba, &data);
            }
        }
        Op::OrWrite(a, b) => {
            let data = patterned(a, b);
            if expect(setup.out(&cdb16(0x8b, 0, lba, blocks), data.clone())) {
                let old = naive.read(lba, blocks);
                let new: Vec<_> = old.iter().zip(&data).map(|(a, b)| a | b).collect();
                naive.write(lba, &new);
            }
        }
        Op::CompareAndWrite(byte, matches) => {
            let mut cdb = cdb16(0x89, 0, lba, 0);
            cdb[13] = blocks as u8;
            if !fits {
                expect(setup.out(&cdb, vec![0; 2 * len]));
                return;
            }
            let mut data = naive.read(lba, blocks);
            let at = usize::from(byte) * 7 % len;
            if !matches {
                data[at] ^= 0x10;
            }
            let new = patterned(byte, 1);
            data.extend(&new);
            let result = setup.out(&cdb, data);
            if matches {
                expect(result);
                naive.write(lba, &new);
            } else {
                let miscompare = Sense::MISCOMPARE.with_information(at as u64);
                assert_eq!(result, Err(miscompare.into()));
            }
        }
        Op::WriteSame {
            byte,
            unmap,
            no_data,
        } => {
            let (unmap, no_data) = (unmap && naive.thin(), no_data && naive.thin());
            let flags = (u8::from(unmap) << 3) | u8::from(no_data);
            let block = vec![if no_data { 0 } else { byte }; size];
            let data = if no_data { vec![] } else { block.clone() };
            if expect(setup.out(&cdb16(0x93, flags, lba, blocks), data)) {
                naive.write(lba, &block.repeat(blocks as usize));
                let anything = naive.profile.provisioning.reads == UnmappedReads::Anything;
                if unmap && (anything || block == naive.unmapped()) {
                    for lba in naive.granules(lba, blocks) {
                        naive.blocks[lba] = None;
                    }
                }
            }
        }
        Op::Unmap => {
            let mut list = vec![0, 22, 0, 16, 0, 0, 0, 0];
            list.extend(lba.to_be_bytes());
            list.extend(blocks.to_be_bytes());
            list.extend([0; 4]);
            let result = setup.out(&[0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0], list);
            if !naive.thin() {
                assert_eq!(result, Err(Sense::INVALID_OPCODE.into()));
            } else if expect(result) {
                for lba in naive.granules(lba, blocks) {
                    naive.blocks[lba] = None;
                }
            }
        }
        Op::Verify(one_block) => {
            let flags = if one_block { 0x06 } else { 0x02 };
            let cdb = cdb16(0x8f, flags, lba, blocks);
            if !fits {
                expect(setup.out(&cdb, vec![0; len]));
                return;
            }
            let data = naive.read(lba, blocks);
            let sent = if one_block {
                data[..size].to_vec()
            } else {
                data.clone()
            };
            let wanted = sent.iter().cycle();
            let differs = data.iter().zip(wanted).position(|(a, b)| a != b);
            let expected = match differs {
                None => Ok(()),
                Some(at) => Err(Sense::MISCOMPARE.with_information(at as u64).into()),
            };
            assert_eq!(setup.out(&cdb, sent), expected);
        }
        Op::Read => {
            let data = setup.fetch(&cdb16(0x88, 0, lba, blocks), len);
            if expect(data.clone().map(|_| ())) {
                assert_eq!(data, Ok(naive.read(lba, blocks)));
            }
        }
    }
}

/// Checks the mapping that GET LBA STATUS reports.
fn check_status(setup: &mut Setup, naive: &Naive) {
    let mut cdb = cdb16(0x9e, 0x12, 0, 4096);
    let mut lba = 0;
    while lba < BLOCKS {
        cdb[2..10].copy_from_slice(&lba.to_be_bytes());
        let data = setup.fetch(&cdb, 4096).unwrap();
        assert!(data.len() > 8);
        for descriptor in data[8..].chunks(16) {
            let start = u64::from_be_bytes(descriptor[..8].try_into().unwrap());
            let count = u32::from_be_bytes(descriptor[8..12].try_into().unwrap());
            assert_eq!(start, lba);
            assert!(count > 0);
            for _ in 0..count {
                let mapped = !naive.thin() || naive.blocks[lba as usize].is_some();
                assert_eq!(descriptor[12] & 0x0f, u8::from(!mapped));
                lba += 1;
            }
        }
    }
    assert_eq!(lba, BLOCKS);
}

proptest! {
    #[test]
    fn data_commands_agree_with_an_array(
        profile in profile(),
        ops in proptest::collection::vec(op(), 1..40),
    ) {
        let mut setup = Setup::new(profile, 1);
        let mut naive = Naive { profile, blocks: vec![None; BLOCKS as usize] };
        for (op, lba, blocks) in ops {
            step(&mut setup, &mut naive, op, lba, blocks);
        }
        let len = naive.size() * BLOCKS as usize;
        let data = setup.fetch(&cdb16(0x88, 0, 0, BLOCKS as u32), len).unwrap();
        prop_assert_eq!(data, naive.read(0, BLOCKS as u32));
        check_status(&mut setup, &naive);
    }

    #[test]
    fn compare_and_write_and_write_atomic_do_all_or_nothing(
        room in 0..12usize,
        blocks in 1..10u8,
        atomic in any::<bool>(),
    ) {
        let mut profile = samples::disk();
        profile.atomic.max_length = 64;
        let mut setup = Setup::new(profile, 1);
        setup.medium.room = Some(room);
        let len = 512 * usize::from(blocks);
        let mut cdb = cdb16(if atomic { 0x9c } else { 0x89 }, 0, 3, 0);
        cdb[13] = blocks;
        let new = vec![0xab; len];
        let data = if atomic { new.clone() } else { [vec![0; len], new.clone()].concat() };
        let result = setup.out(&cdb, data);
        let after = setup.fetch(&cdb16(0x88, 0, 3, blocks.into()), len).unwrap();
        if result.is_ok() {
            prop_assert!(room >= blocks.into());
            prop_assert_eq!(after, new);
        } else {
            prop_assert!(room < blocks.into());
            prop_assert_eq!(result, Err(Sense::WRITE_ERROR.into()));
            prop_assert_eq!(after, vec![0; len]);
        }
    }

    #[test]
    fn short_buffers_transfer_what_fits(
        room in 0..3000usize,
        blocks in 0..6u32,
    ) {
        let mut setup = Setup::new(samples::disk(), 1);
        let len = 512 * blocks as usize;
        setup.out(&cdb16(0x8a, 0, 0, 6), vec![1; 3072]).unwrap();
        let mut host = Host::writes(vec![2; room]);
        prop_assert_eq!(setup.execute(0, &cdb16(0x8a, 0, 0, blocks), &mut host), Ok(()));
        let fitting = len.min(room);
        prop_assert_eq!(host.transferred, Some(fitting));
        let data = setup.fetch(&cdb16(0x88, 0, 0, 6), 3072).unwrap();
        prop_assert!(data[..fitting].iter().all(|byte| *byte == 2));
        prop_assert!(data[fitting..].iter().all(|byte| *byte == 1));
        prop_assert_eq!(setup.fetch(&cdb16(0x88, 0, 0, blocks), room).unwrap(), &data[..fitting]);
    }
}
