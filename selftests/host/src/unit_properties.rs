// SPDX-License-Identifier: GPL-2.0

//! Properties of logical units, for any commands in any state.

use proptest::prelude::*;

use crate::{
    model::{
        Host,
        Setup,
        BLOCKS, //
    },
    protocol::{
        inquiry::samples,
        profile::{
            AccessState,
            Kind,
            UnmappedReads, //
        },
        sense::{
            Asc,
            SenseKey, //
        },
    },
    unit::{
        execute_absent,
        Failure,
        Lost,
        Tamper,
        Unit, //
    }, //
};

/// Something that happens to a unit.
#[derive(Clone, Debug)]
enum Event {
    Command {
        nexus: usize,
        cdb: [u8; 32],
        len: usize,
        data: Vec<u8>,
        out: bool,
        wrong: Wrong,
    },
    Stop,
    Time(u64),
    MsToReady(u32),
    NotReady(u32),
    PowerLoss(Lost),
    ChangeIdentity,
    Reset,
    Detach(usize),
    Attach(usize),
    Blocks(u64),
    ReadOnly(bool),
    Access(usize, AccessState),
    Insert,
    Eject(bool),
    Close,
    WriteCache(bool),
}

/// What goes wrong with a command: a [`Tamper`] that owns its data.
#[derive(Clone, Debug)]
enum Wrong {
    Nothing,
    Skip,
    NoData,
    Short(u32),
    Corrupt(u32, Vec<u8>),
    Misdirect(i64),
    Torn(u32),
}

impl Wrong {
    fn tamper(&self) -> Tamper<'_> {
        match *self {
            Self::Nothing => Tamper::None,
            Self::Skip => Tamper::Skip,
            Self::NoData => Tamper::NoData,
            Self::Short(residual) => Tamper::Short(residual),
            Self::Corrupt(offset, ref pattern) => Tamper::Corrupt { offset, pattern },
            Self::Misdirect(by) => Tamper::Misdirect(by),
            Self::Torn(blocks) => Tamper::Torn(blocks),
        }
    }
}

fn wrong() -> impl Strategy<Value = Wrong> {
    let number = || prop_oneof![0..2000u32, any::<u32>()];
    let pattern = proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        12 => Just(Wrong::Nothing),
        1 => Just(Wrong::Skip),
        1 => Just(Wrong::NoData),
        1 => number().prop_map(Wrong::Short),
        1 => (number(), pattern).prop_map(|(offset, pattern)| Wrong::Corrupt(offset, pattern)),
        1 => prop_oneof![-40..40i64, any::<i64>()].prop_map(Wrong::Misdirect),
        1 => number().prop_map(Wrong::Torn),
    ]
}

/// Every operation code that any unit has, and some that none has.
const OPCODES: [u8; 70] = [
    0x00, 0x03, 0x04, 0x08, 0x0a, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1b, 0x1d, 0x1e, 0x25, 0x28, 0x2a,
    0x2e, 0x2f, 0x34, 0x35, 0x37, 0x3b, 0x3c, 0x41, 0x42, 0x43, 0x46, 0x48, 0x4a, 0x4c, 0x4d, 0x51,
    0x52, 0x55, 0x56, 0x57, 0x5a, 0x5e, 0x5f, 0x7f, 0x88, 0x89, 0x8a, 0x8b, 0x8e, 0x8f, 0x90, 0x91,
    0x93, 0x9c, 0x9e, 0x9f, 0xa0, 0xa3, 0xa4, 0xa8, 0xaa, 0xae, 0xaf, 0xb7, 0xbb, 0xbd, 0xbe, 0x01,
    0x33, 0x60, 0x7e, 0xc0, 0xdf, 0xff,
];

fn command() -> impl Strategy<Value = Event> {
    let sparse = prop_oneof![6 => Just(0u8), 2 => 0..9u8, 1 => any::<u8>()];
    let list = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        proptest::collection::vec(prop_oneof![3 => Just(0u8), 1 => any::<u8>()], 0..600),
    ];
    (
        0..3usize,
        proptest::sample::select(&OPCODES[..]),
        proptest::array::uniform32(sparse),
        1..33usize,
        any::<bool>(),
        list,
        any::<bool>(),
        wrong(),
    )
        .prop_map(|(nexus, opcode, mut cdb, len, whole, data, out, wrong)| {
            cdb[0] = opcode;
            let len = if whole { 32 } else { len };
            if opcode == 0x7f {
                cdb[7] = 0x18;
            }
            Event::Command {
                nexus,
                cdb,
                len,
                data,
                out,
                wrong,
            }
        })
}

fn event() -> impl Strategy<Value = Event> {
    let state = prop_oneof![
        3 => Just(AccessState::Optimized),
        1 => Just(AccessState::NonOptimized),
        1 => Just(AccessState::Standby),
        1 => Just(AccessState::Unavailable),
        1 => Just(AccessState::Transitioning),
    ];
    prop_oneof![
        30 => command(),
        1 => Just(Event::Stop),
        2 => any::<u64>().prop_map(Event::Time),
        1 => any::<u32>().prop_map(Event::MsToReady),
        1 => any::<u32>().prop_map(Event::NotReady),
        1 => proptest::sample::select(Lost::ALL).prop_map(Event::PowerLoss),
        1 => Just(Event::ChangeIdentity),
        1 => Just(Event::Reset),
        1 => (0..3usize).prop_map(Event::Detach),
        1 => (0..3usize).prop_map(Event::Attach),
        1 => (0..BLOCKS).prop_map(Event::Blocks),
        1 => any::<bool>().prop_map(Event::ReadOnly),
        1 => (0..3usize, state).prop_map(|(nexus, state)| Event::Access(nexus, state)),
        1 => Just(Event::Insert),
        1 => any::<bool>().prop_map(Event::Eject),
        1 => Just(Event::Close),
        1 => any::<bool>().prop_map(Event::WriteCache),
    ]
}

/// Returns the ALLOCATION LENGTH of some commands that have one.
fn allocation_length(cdb: &[u8]) -> Option<usize> {
    let be = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    Some(match cdb[0] {
        0x03 | 0x1a => be(cdb.get(4..5)?),
        0x12 => be(cdb.get(3..5)?),
        0x37 | 0x43 | 0x46 | 0x4a | 0x4d | 0x51 | 0x52 | 0x5a | 0x5e => be(cdb.get(7..9)?),
        0x3c => be(cdb.get(6..9)?),
        0x9e => be(cdb.get(10..14)?),
        0xa0 | 0xa3 | 0xb7 => be(cdb.get(6..10)?),
        _ => return None,
    })
}

proptest! {
    #[test]
    fn no_command_in_any_state_panics_or_sends_too_much(
        kind in 0..3u8,
        events in proptest::collection::vec(event(), 1..80),
    ) {
        let mut profile = match kind {
            0 => samples::cdrom(),
            1 => samples::disk(),
            _ => samples::thin_disk(UnmappedReads::Zeroes),
        };
        profile.removable |= kind == 2;
        profile.atomic.max_length = 4;
        let mut setup = Setup::new(profile, 3);
        for event in events {
            match event {
                Event::Command { nexus, cdb, len, data, out, wrong } => {
                    let cdb = &cdb[..len];
                    let mut host = if out { Host::writes(data) } else { Host::reads(data.len()) };
                    let before = host.data.clone();
                    let tamper = wrong.tamper();
                    let result = setup.execute_with(nexus, cdb, &mut host, tamper);
                    if out || result.is_err() {
                        prop_assert_eq!(&host.data, &before);
                    }
                    if let (Ok(()), false, Some(used)) = (result, out, host.transferred) {
                        prop_assert_eq!(&host.data[used..], &before[used..]);
                        let max = allocation_length(cdb).filter(|_| tamper != Tamper::Skip);
                        prop_assert!(max.is_none_or(|max| used <= max));
                    }
                    if let Err(Failure::Sense(sense)) = result {
                        prop_assert!(sense.key != SenseKey::NoSense);
                        prop_assert!(sense.key != SenseKey::HardwareError);
                        prop_assert!(setup.unit.encode(sense).bytes().len() >= 8);
                    }
                    let luns = [0].into_iter();
                    let _ = execute_absent(&setup.profile, luns, cdb, &mut host);
                }
                Event::Stop => setup.unit.stop(),
                Event::Time(now_ms) => setup.unit.set_time(now_ms),
                Event::MsToReady(ms) => setup.unit.set_ms_to_ready(ms),
                Event::NotReady(ms) => setup.unit.not_ready(ms),
                Event::PowerLoss(lost) => setup.unit.lose_power(lost),
                Event::ChangeIdentity => setup.unit.change_identity(),
                Event::Reset => setup.unit.reset(),
                Event::Detach(nexus) => setup.unit.detach(setup.nexuses[nexus]),
                Event::Attach(id) => {
                    prop_assert_eq!(setup.unit.attach(id as u64 + 100, 0), Some(setup.nexuses[id]));
                }
                Event::Blocks(blocks) => setup.unit.set_blocks(blocks),
                Event::ReadOnly(read_only) => setup.unit.set_read_only(read_only),
                Event::Access(nexus, state) => {
                    setup.unit.set_access_state(setup.nexuses[nexus], state);
                }
                Event::Insert if profile.removable => {
                    let _ = setup.unit.insert(BLOCKS);
                }
                Event::Eject(force) if profile.removable => {
                    setup.unit.eject(force);
                }
                Event::Close => setup.unit.close(),
                Event::WriteCache(enabled) => setup.unit.set_write_cache(enabled),
                Event::Insert | Event::Eject(_) => {}
            }
            prop_assert!(profile.kind == Kind::Disk || setup.medium.sectors.is_empty());
        }
    }

    #[test]
    fn a_power_on_is_never_lost(
        events in proptest::collection::vec((any::<u8>(), any::<u8>()), 0..60),
    ) {
        let mut unit = Unit::new(samples::disk(), BLOCKS, true);
        let nexus = unit.attach(1, 0).unwrap();
        for (asc, ascq) in events {
            let asc = if asc < 64 { 0x29 } else { asc };
            unit.queue_attention(Some(nexus).filter(|_| ascq & 1 == 0), Asc::new(asc, ascq));
        }
        prop_assert_eq!(unit.pending(nexus).next(), Some(Asc::POWER_ON));
        prop_assert!(unit.pending(nexus).count() <= 16);
    }
}
