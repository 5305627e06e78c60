// SPDX-License-Identifier: GPL-2.0

//! What is on the medium after a power loss, and who a unit is that has become another one.

use std::collections::BTreeSet;

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
            Bytes,
            Designator, //
        },
        sense::Sense, //
    },
    unit::{
        Lost,
        Tamper, //
    }, //
};

/// What happens to a disk with a volatile cache.
#[derive(Clone, Debug)]
enum Step {
    Write { lba: u64, blocks: u32, fua: bool },
    Sync { lba: u64, blocks: u32, fake: bool },
    StartStop { byte4: u8 },
    Verify { lba: u64, blocks: u32 },
    WriteCache(bool),
    ModeSelect(bool),
    PowerLoss,
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0..BLOCKS - 8, 1..8u32);
    prop_oneof![
        6 => (place(), any::<bool>())
            .prop_map(|((lba, blocks), fua)| Step::Write { lba, blocks, fua }),
        1 => (place(), any::<bool>())
            .prop_map(|((lba, blocks), fake)| Step::Sync { lba, blocks, fake }),
        1 => Just(Step::Sync { lba: 0, blocks: 0, fake: false }),
        1 => proptest::sample::select(vec![0u8, 4, 0x30, 0x34, 0x10]).prop_map(|byte4| {
            Step::StartStop { byte4 }
        }),
        1 => place().prop_map(|(lba, blocks)| Step::Verify { lba, blocks }),
        1 => any::<bool>().prop_map(Step::WriteCache),
        1 => any::<bool>().prop_map(Step::ModeSelect),
        1 => Just(Step::PowerLoss),
    ]
}

/// Sets WCE as an initiator does, without saving it.
fn select_write_cache(setup: &mut Setup, on: bool) {
    let mut list = setup.fetch(&[0x1a, 0x08, 0x08, 0, 255, 0], 255).unwrap();
    let len = list.len() as u8;
    list[0] = 0;
    list[2] = 0;
    list[4] &= 0x3f;
    list[6] = (list[6] & !0x04) | if on { 0x04 } else { 0 };
    setup.out(&[0x15, 0x10, 0, 0, len, 0], list).unwrap();
}

proptest! {
    #[test]
    fn what_was_flushed_stays_and_nothing_else(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut setup = Setup::new(samples::disk(), 1);
        let (mut cached, mut durable) = ([0u8; BLOCKS as usize], [0u8; BLOCKS as usize]);
        let mut counter = 0u8;
        for step in steps {
            // A unit that is stopped or was changed says so before anything else.
            let _ = setup.execute(0, &[0x1b, 0, 0, 0, 1, 0], &mut Host::reads(0));
            setup.fetch_any(&[0x12, 0, 0, 0, 36, 0]);
            while setup.execute(0, &[0; 6], &mut Host::reads(0)).is_err() {}
            match step {
                Step::Write { lba, blocks, fua } => {
                    counter = counter.wrapping_add(1);
                    let range = lba as usize..lba as usize + blocks as usize;
                    let flags = if fua { 0x08 } else { 0 };
                    let data = vec![counter; 512 * blocks as usize];
                    setup.out(&cdb16(0x8a, flags, lba, blocks), data).unwrap();
                    cached[range.clone()].fill(counter);
                    if fua {
                        durable[range.clone()].copy_from_slice(&cached[range]);
                    }
                }
                Step::Sync { lba, blocks, fake } => {
                    let tamper = if fake { Tamper::Skip } else { Tamper::None };
                    let cdb = cdb16(0x91, 0, lba, blocks);
                    setup.execute_with(0, &cdb, &mut Host::reads(0), tamper).unwrap();
                    if !fake {
                        let end = if blocks == 0 { BLOCKS as usize } else { lba as usize + blocks as usize };
                        let range = lba as usize..end;
                        durable[range.clone()].copy_from_slice(&cached[range]);
                    }
                }
                Step::StartStop { byte4 } => {
                    setup.execute(0, &[0x1b, 0, 0, 0, byte4, 0], &mut Host::reads(0)).unwrap();
                    if matches!(byte4, 0 | 0x30) {
                        durable = cached;
                    }
                }
                Step::Verify { lba, blocks } => {
                    let cdb = cdb16(0x8f, 0, lba, blocks);
                    setup.execute(0, &cdb, &mut Host::reads(0)).unwrap();
                    let range = lba as usize..lba as usize + blocks as usize;
                    durable[range.clone()].copy_from_slice(&cached[range]);
                }
                // The one behind the unit's back is seen with the next command.
                Step::WriteCache(on) => setup.unit.set_write_cache(on),
                Step::ModeSelect(on) => select_write_cache(&mut setup, on),
                Step::PowerLoss => {
                    setup.medium.lose_power();
                    setup.unit.lose_power(Lost::Cache);
                    cached = durable;
                }
            }
            if !setup.unit.write_cache() {
                setup.execute(0, &[0x12, 0, 0, 0, 0, 0], &mut Host::reads(0)).unwrap();
                durable = cached;
            }
            let read = cdb16(0x88, 0, 0, BLOCKS as u32);
            while setup.execute(0, &[0; 6], &mut Host::reads(0)) != Ok(()) {
                let _ = setup.execute(0, &[0x1b, 0, 0, 0, 1, 0], &mut Host::reads(0));
            }
            let data = setup.fetch(&read, BLOCKS as usize * 512).unwrap();
            prop_assert!(data.iter().step_by(512).eq(&cached));
        }
    }

    #[test]
    fn no_two_identities_are_alike(
        serial in "[ -~]{0,32}",
        naa in proptest::collection::vec(any::<u8>(), 8),
        times in 2..200usize,
    ) {
        let mut profile = samples::disk();
        profile.identity.serial = Bytes::new(serial.as_bytes()).unwrap();
        profile.identity.designator = Designator::Naa(Bytes::new(&naa).unwrap());
        let mut setup = Setup::new(profile, 1);
        let mut seen = BTreeSet::new();
        let mut serials = BTreeSet::new();
        for _ in 0..times {
            let page83 = setup.fetch(&[0x12, 1, 0x83, 0, 255, 0], 255).unwrap();
            let page80 = setup.fetch(&[0x12, 1, 0x80, 0, 255, 0], 255).unwrap();
            prop_assert!(page80[4..].iter().all(|byte| (0x20..0x7f).contains(byte)));
            prop_assert!(seen.insert(page83));
            prop_assert!(serials.insert(page80));
            setup.unit.change_identity();
        }
    }
}

/// PERSISTENT RESERVE OUT, REGISTER AND IGNORE EXISTING KEY.
fn register(setup: &mut Setup, aptpl: bool) {
    let mut list = vec![0; 24];
    list[15] = 7;
    list[20] = u8::from(aptpl);
    setup
        .out(&[0x5f, 6, 0, 0, 0, 0, 0, 0, 24, 0], list)
        .unwrap();
}

/// Returns PRGENERATION and the length of the list of keys.
fn keys(setup: &mut Setup) -> (u8, u8) {
    let data = setup
        .fetch(&[0x5e, 0, 0, 0, 0, 0, 0, 0, 64, 0], 64)
        .unwrap();
    (data[3], data[7])
}

#[test]
fn registrations_survive_a_power_loss_if_they_asked_for_it() {
    for aptpl in [false, true] {
        for lost in Lost::ALL {
            let mut setup = Setup::new(samples::disk(), 1);
            register(&mut setup, aptpl);
            setup.unit.lose_power(*lost);
            let expected = match (lost, aptpl) {
                (Lost::All, false) => (0, 0),
                (Lost::All, true) => (0, 8),
                _ => (1, 8),
            };
            assert_eq!(keys(&mut setup), expected);
        }
    }
    assert_eq!(Lost::parse("cache"), Some(Lost::Cache));
    assert!(Lost::All.has_cache() && !Lost::Mode.has_cache());
}

#[test]
fn mode_pages_that_were_not_saved_are_forgotten() {
    for lost in Lost::ALL {
        let mut setup = Setup::new(samples::disk(), 1);
        select_write_cache(&mut setup, false);
        assert!(!setup.unit.write_cache());
        setup.unit.lose_power(*lost);
        let forgotten = matches!(lost, Lost::Mode | Lost::All);
        assert_eq!(setup.unit.write_cache(), forgotten);
        // Nobody is told.
        assert_eq!(setup.execute(0, &[0; 6], &mut Host::reads(0)), Ok(()));
    }
}

#[test]
fn a_start_takes_its_time() {
    const READY: [u8; 6] = [0; 6];
    const START: [u8; 6] = [0x1b, 0, 0, 0, 1, 0];

    let mut setup = Setup::new(samples::disk(), 1);
    let send = |setup: &mut Setup, cdb: &[u8]| setup.execute(0, cdb, &mut Host::reads(0));
    assert!(!setup.unit.needs_time());
    setup.unit.set_ms_to_ready(50);
    setup.unit.set_time(1000);
    // It was spinning already.
    assert_eq!(send(&mut setup, &START), Ok(()));
    assert_eq!(send(&mut setup, &READY), Ok(()));

    setup.unit.stop();
    assert_eq!(
        send(&mut setup, &READY),
        Err(Sense::NOT_READY_STOPPED.into())
    );
    assert_eq!(send(&mut setup, &START), Ok(()));
    assert_eq!(send(&mut setup, &READY), Err(Sense::BECOMING_READY.into()));
    let sense = setup.fetch(&[0x03, 0, 0, 0, 18, 0], 18).unwrap();
    assert_eq!((sense[2], sense[12], sense[13]), (2, 4, 1));
    setup.unit.set_time(1050);
    assert_eq!(send(&mut setup, &READY), Ok(()));

    setup.unit.not_ready(7);
    let read = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    assert_eq!(send(&mut setup, &read), Err(Sense::BECOMING_READY.into()));
    assert_eq!(send(&mut setup, &[0x12, 0, 0, 0, 0, 0]), Ok(()));
    setup.unit.set_time(1057);
    assert_eq!(send(&mut setup, &read), Ok(()));
}
