// SPDX-License-Identifier: GPL-2.0

//! Commands that were tampered with go wrong as they should, and in no other way.

use proptest::prelude::*;

use crate::{
    model::{
        cdb16,
        Host,
        Setup,
        BLOCKS, //
    },
    protocol::inquiry::samples,
    unit::Tamper, //
};

const SECTOR: usize = 512;

/// What the content of the medium is: all blocks differ.
fn content() -> Vec<u8> {
    (0..BLOCKS as usize * SECTOR)
        .map(|at| (at / SECTOR) as u8 ^ (at as u8).rotate_left(3))
        .collect()
}

/// Returns a disk with [`content`].
fn setup() -> Setup {
    let mut setup = Setup::new(samples::disk(), 1);
    let write = cdb16(0x8a, 0, 0, BLOCKS as u32);
    setup.out(&write, content()).unwrap();
    setup
}

/// Returns all that is on the medium.
fn all(setup: &mut Setup) -> Vec<u8> {
    let read = cdb16(0x88, 0, 0, BLOCKS as u32);
    setup.fetch(&read, BLOCKS as usize * SECTOR).unwrap()
}

/// Returns where `lba` is misdirected to.
fn moved(lba: u64, blocks: u64, by: i64) -> usize {
    let to = i128::from(lba) + i128::from(by);
    if to >= 0 && to + i128::from(blocks) <= i128::from(BLOCKS) {
        to as usize
    } else {
        0
    }
}

proptest! {
    #[test]
    fn reads_go_wrong_as_asked(
        lba in 0..BLOCKS - 8,
        blocks in 1..8u64,
        by in prop_oneof![-70..70i64, any::<i64>()],
        offset in prop_oneof![0..5000u32, any::<u32>()],
        pattern in proptest::collection::vec(any::<u8>(), 0..1500),
        residual in prop_oneof![0..5000u32, any::<u32>()],
    ) {
        let mut setup = setup();
        let content = content();
        let (start, len) = (lba as usize * SECTOR, blocks as usize * SECTOR);
        let honest = &content[start..start + len];
        let cdb = cdb16(0x88, 0, lba, blocks as u32);
        let mut read = |tamper| {
            let mut host = Host::reads(len);
            assert_eq!(setup.execute_with(0, &cdb, &mut host, tamper), Ok(()));
            (host.data, host.transferred.unwrap())
        };

        prop_assert_eq!(read(Tamper::None), (honest.to_vec(), len));
        prop_assert_eq!(read(Tamper::Skip), (vec![0; len], len));
        prop_assert_eq!(read(Tamper::NoData), (vec![0xee; len], 0));
        prop_assert_eq!(read(Tamper::Torn(1)), (honest.to_vec(), len));

        let from = moved(lba, blocks, by) * SECTOR;
        prop_assert_eq!(read(Tamper::Misdirect(by)), (content[from..from + len].to_vec(), len));

        let rest = len.saturating_sub(residual as usize);
        let (data, transferred) = read(Tamper::Short(residual));
        prop_assert_eq!(transferred, rest);
        prop_assert_eq!(&data[..rest], &honest[..rest]);
        prop_assert!(data[rest..].iter().all(|byte| *byte == 0xee));

        let mut corrupted = honest.to_vec();
        for (place, byte) in corrupted.iter_mut().skip(offset as usize).zip(&pattern) {
            *place = *byte;
        }
        let tamper = Tamper::Corrupt { offset, pattern: &pattern };
        prop_assert_eq!(read(tamper), (corrupted, len));
    }

    #[test]
    fn writes_go_wrong_as_asked(
        lba in 0..BLOCKS - 8,
        blocks in 1..8u64,
        by in prop_oneof![-70..70i64, any::<i64>()],
        offset in 0..5000u32,
        pattern in proptest::collection::vec(any::<u8>(), 0..1500),
        rest in 0..10u32,
        atomic in any::<bool>(),
    ) {
        let mut profile = samples::disk();
        profile.atomic.max_length = 64;
        let mut setup = Setup::new(profile, 1);
        let opcode = if atomic { 0x9c } else { 0x8a };
        let mut cdb = cdb16(opcode, 0, lba, blocks as u32);
        if atomic {
            cdb[10..14].copy_from_slice(&[0, 0, 0, blocks as u8]);
        }
        let (start, len) = (lba as usize * SECTOR, blocks as usize * SECTOR);
        let data = vec![0x5a; len];
        let mut write = |tamper| {
            let whole = cdb16(0x8a, 0, 0, BLOCKS as u32);
            setup.out(&whole, content()).unwrap();
            let mut host = Host::writes(data.clone());
            assert_eq!(setup.execute_with(0, &cdb, &mut host, tamper), Ok(()));
            (all(&mut setup), host.transferred.unwrap())
        };
        let expect = |start: usize, data: &[u8]| {
            let mut expected = content();
            expected[start..start + data.len()].copy_from_slice(data);
            expected
        };

        prop_assert_eq!(write(Tamper::None), (expect(start, &data), len));
        prop_assert_eq!(write(Tamper::Skip), (content(), len));
        prop_assert_eq!(write(Tamper::NoData), (content(), 0));
        let to = moved(lba, blocks, by) * SECTOR;
        prop_assert_eq!(write(Tamper::Misdirect(by)), (expect(to, &data), len));
        let torn = len.min(rest as usize * SECTOR);
        prop_assert_eq!(write(Tamper::Torn(rest)), (expect(start, &data[..torn]), len));
        let short = len.saturating_sub(offset as usize);
        prop_assert_eq!(write(Tamper::Short(offset)), (expect(start, &data[..short]), short));
        let mut corrupted = data.clone();
        for (place, byte) in corrupted.iter_mut().skip(offset as usize).zip(&pattern) {
            *place = *byte;
        }
        let tamper = Tamper::Corrupt { offset, pattern: &pattern };
        prop_assert_eq!(write(tamper), (expect(start, &corrupted), len));
    }
}
