// SPDX-License-Identifier: GPL-2.0

//! What holds for every answer of a CD drive, every sector of a CD, and whatever is done to a tray.

use proptest::prelude::*;

use crate::{
    protocol::{
        mmc::{
            address,
            configuration::{
                configuration,
                Disc, //
            },
            disc,
            event::{
                notification,
                Class,
                Event,
                Report, //
            },
            mechanism,
            sector,
            toc::toc, //
        },
        sense::Sense, //
    },
    unit::tray::{
        Change,
        Position,
        Tray, //
    },
};

/// Checks that `build` writes the beginning of what it would write into a large buffer, and nothing
/// behind that.
fn is_cut_to_its_room(build: impl Fn(&mut [u8]) -> Result<usize, Sense>, room: usize) {
    let mut whole = [0x55; 4096];
    let Ok(len) = build(&mut whole) else {
        assert!(build(&mut vec![0; room]).is_err());
        return;
    };
    assert!(len < whole.len());
    let mut out = vec![0xaa; room + 1];
    let cut = build(&mut out[..room]).unwrap();
    assert_eq!(cut, len.min(room));
    assert_eq!(out[..cut], whole[..cut]);
    assert!(out[cut..].iter().all(|byte| *byte == 0xaa));
}

proptest! {
    #[test]
    fn answers_stay_in_their_room(
        (a, b, time) in any::<(u8, u8, bool)>(),
        (first, address, blocks) in any::<(u16, u32, u64)>(),
        loaded: bool,
        room in 0_usize..128,
    ) {
        let medium = loaded.then(|| Disc::of(blocks));
        is_cut_to_its_room(|out| configuration(a % 4, first % 0x20, medium, out), room);
        is_cut_to_its_room(|out| configuration(a, first, medium, out), room);
        is_cut_to_its_room(|out| toc(a % 4, time, b % 3, blocks, out), room);
        is_cut_to_its_room(|out| toc(a, time, b, blocks, out), room);
        is_cut_to_its_room(|out| disc::disc_information(a % 2, out), room);
        is_cut_to_its_room(|out| disc::track_information(a % 4, address, blocks, out), room);
        is_cut_to_its_room(|out| disc::track_information(1, 1, blocks, out), room);
        is_cut_to_its_room(|out| Ok(mechanism::status(time, out)), room);
        for report in [
            Report::Unsupported,
            Report::OperationalChange { changed: time },
            Report::Media { event: Event::NewMedia, open: time, loaded },
            Report::DeviceBusy,
        ] {
            is_cut_to_its_room(|out| Ok(notification(report, out)), room);
        }
    }

    #[test]
    fn length_fields_say_how_long_the_answers_are(
        (msf, loaded) in any::<(bool, bool)>(),
        (request, first) in (0_u8..3, 0_u16..0x110),
        format in 0_u8..3,
        blocks: u64,
    ) {
        let mut out = [0; 4096];
        let medium = loaded.then(|| Disc::of(blocks));
        let len = configuration(request, first, medium, &mut out).unwrap();
        let length = u32::from_be_bytes(*out.first_chunk().unwrap());
        prop_assert_eq!(usize::try_from(length).unwrap(), len - 4);

        // The descriptors fill the answer, in ascending order.
        let mut rest = &out[8..len];
        let mut last = None;
        while let [high, low, _, data, ..] = *rest {
            let code = u16::from_be_bytes([high, low]);
            prop_assert!(last < Some(code));
            prop_assert_eq!(data % 4, 0);
            last = Some(code);
            rest = &rest[4 + usize::from(data)..];
        }
        prop_assert!(rest.is_empty());

        let len = toc(format, msf, 0, blocks, &mut out).unwrap();
        prop_assert_eq!(usize::from(u16::from_be_bytes([out[0], out[1]])), len - 2);
        let len = disc::disc_information(0, &mut out).unwrap();
        prop_assert_eq!(usize::from(u16::from_be_bytes([out[0], out[1]])), len - 2);
        let len = disc::track_information(1, 1, blocks, &mut out).unwrap();
        prop_assert_eq!(usize::from(u16::from_be_bytes([out[0], out[1]])), len - 2);
        for report in [Report::Unsupported, Report::DeviceBusy] {
            let len = notification(report, &mut out);
            prop_assert_eq!(usize::from(u16::from_be_bytes([out[0], out[1]])), len - 2);
        }
    }

    #[test]
    fn time_tells_the_address(lba in 0_u32..=1_151_849) {
        let [minute, second, frame] = address::msf(lba).map(u32::from);
        prop_assert!(second < 60 && frame < 75);
        prop_assert_eq!((minute * 60 + second) * 75 + frame, lba + 150);
    }

    #[test]
    fn selected_class_is_requested_and_the_most_urgent(requested: u8, pending: u8) {
        let set = requested & 0x52;
        let expected = match set & pending {
            0 => set,
            events => events,
        };
        let selected = Class::select(requested, pending).map(|class| class as u32);
        prop_assert_eq!(selected, (expected != 0).then(|| expected.trailing_zeros()));
    }

    #[test]
    fn selected_parts_of_a_sector_are_in_it(kind: u8, parts: u8, subchannel: u8) {
        if let Ok(range) = sector::selection(kind, parts, subchannel) {
            prop_assert!(range.start <= range.end && range.end <= sector::SIZE);
            prop_assert_eq!(range.contains(&16), parts & 0x10 != 0);
            prop_assert_eq!(range.contains(&0), parts & 0x80 != 0);
            prop_assert_eq!(range.contains(&2351), parts & 0x08 != 0);
        }
    }
}

/// The field of 256 elements in which the parities are, by its powers of two.
struct Field {
    power: [u8; 255],
    logarithm: [usize; 256],
}

impl Field {
    fn new() -> Self {
        let mut field = Self {
            power: [0; 255],
            logarithm: [0; 256],
        };
        let mut x: u16 = 1;
        for exponent in 0..255 {
            let element = u8::try_from(x).unwrap();
            field.power[exponent] = element;
            field.logarithm[usize::from(element)] = exponent;
            x *= 2;
            if x > 255 {
                x ^= 0x11d;
            }
        }
        field
    }

    /// Returns `x` times two to the power of `exponent`.
    fn scale(&self, x: u8, exponent: usize) -> u8 {
        if x == 0 {
            return 0;
        }
        self.power[(self.logarithm[usize::from(x)] + exponent) % 255]
    }

    /// Returns whether `word` is a code word: whether its two syndromes are zero.
    fn accepts(&self, word: &[u8]) -> bool {
        let weighted = |(place, byte): (usize, &u8)| self.scale(*byte, place);
        let sum = word.iter().fold(0, |sum, byte| sum ^ byte);
        let syndrome = word.iter().rev().enumerate().map(weighted);
        sum == 0 && syndrome.fold(0, |sum, byte| sum ^ byte) == 0
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // The indices are those that ECMA-130 gives for the words of 16 bits from the header on.
    #[test]
    fn sectors_are_those_of_ecma_130(
        user in prop::collection::vec(any::<u8>(), 2048),
        lba in 0_u32..449_850,
    ) {
        let mut bytes = Box::new([0xee; sector::SIZE]);
        bytes[sector::USER_DATA].copy_from_slice(&user);
        sector::complete(&mut bytes, lba);

        prop_assert_eq!(&bytes[..12], b"\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0");
        let digits = |byte: u8| u32::from(byte >> 4) * 10 + u32::from(byte & 0x0f);
        let [minute, second, frame] = [12, 13, 14].map(|at| digits(bytes[at]));
        prop_assert_eq!((minute * 60 + second) * 75 + frame, lba + 150);
        prop_assert_eq!(bytes[15], 1);
        prop_assert_eq!(&bytes[sector::USER_DATA], &user[..]);

        // A polynomial whose remainder is appended is divisible; bits come the lowest first.
        let mut remainder: u32 = 0;
        for bit in (0..2068 * 8).map(|at| (bytes[at / 8] >> (at % 8)) & 1) {
            let carry = remainder >> 31 == 1;
            remainder = (remainder << 1) | u32::from(bit);
            if carry {
                remainder ^= 0x8001_801b;
            }
        }
        prop_assert_eq!(remainder, 0);
        prop_assert_eq!(&bytes[2068..2076], [0; 8]);

        let field = Field::new();
        for half in 0..2 {
            let byte = |word: usize| bytes[12 + 2 * word + half];
            for column in 0..43 {
                let word: Vec<u8> = (0..26).map(|row| byte(43 * row + column)).collect();
                prop_assert!(field.accepts(&word));
            }
            for diagonal in 0..26 {
                let data = (0..43).map(|step| byte((44 * step + 43 * diagonal) % 1118));
                let parity = [1118 + diagonal, 1118 + 26 + diagonal].map(byte);
                let word: Vec<u8> = data.chain(parity).collect();
                prop_assert!(field.accepts(&word));
            }
        }
    }
}

/// How many media events a tray keeps.
const EVENTS: usize = 4;

/// What can be done to a tray.
#[derive(Clone, Copy, Debug)]
enum Step {
    Lock(usize, bool),
    Unlock,
    Eject,
    Press { force: bool },
    Load,
    Insert,
    Remove { force: bool },
    Announce(Event),
    Take,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let events = prop::sample::select(vec![
        Event::EjectRequest,
        Event::NewMedia,
        Event::MediaRemoval,
        Event::MediaChanged,
    ]);
    let step = prop_oneof![
        (0_usize..16, any::<bool>()).prop_map(|(nexus, locked)| Step::Lock(nexus, locked)),
        Just(Step::Unlock),
        Just(Step::Eject),
        any::<bool>().prop_map(|force| Step::Press { force }),
        Just(Step::Load),
        Just(Step::Insert),
        any::<bool>().prop_map(|force| Step::Remove { force }),
        events.prop_map(Step::Announce),
        Just(Step::Take),
    ];
    prop::collection::vec(step, 0..64)
}

proptest! {
    #[test]
    fn tray_tells_what_becomes_of_the_medium(loaded: bool, steps in steps()) {
        let mut tray = Tray::new(loaded);
        let mut locked = 0_u16;
        for step in steps {
            let before = tray;
            let result = match step {
                Step::Lock(nexus, lock) => {
                    tray.set_locked(nexus, lock);
                    locked = (locked & !(1 << nexus)) | (u16::from(lock) << nexus);
                    Ok(Change::None)
                }
                Step::Unlock => {
                    tray.unlock();
                    locked = 0;
                    Ok(Change::None)
                }
                Step::Eject => tray.eject(),
                Step::Press { force } => Ok(tray.press_eject(force)),
                Step::Load => Ok(tray.load()),
                Step::Insert => tray.insert(),
                Step::Remove { force } => tray.remove(force),
                Step::Announce(event) => {
                    tray.announce(event);
                    Ok(Change::None)
                }
                Step::Take => {
                    tray.take_event();
                    Ok(Change::None)
                }
            };
            prop_assert_eq!(tray.is_locked(), locked != 0);

            // A locked medium is only lost by force.
            let force = matches!(step, Step::Press { force: true } | Step::Remove { force: true });
            if before.is_loaded() && before.is_locked() && !force {
                prop_assert!(tray.is_loaded());
                prop_assert_ne!(result, Ok(Change::Unloaded));
            }
            if before.position() == Position::Closed && before.is_locked() && !force {
                prop_assert_eq!(tray.position(), Position::Closed);
            }
            // A refusal changes nothing.
            if result.is_err() {
                prop_assert_eq!(tray, before);
            }
            match result {
                Ok(Change::Loaded) => prop_assert!(tray.is_loaded() && tray.features_changed()),
                Ok(Change::Unloaded) => prop_assert!(!tray.is_loaded() && before.is_loaded()),
                Ok(Change::EjectRequested) => prop_assert!(before.is_locked()),
                Ok(Change::None) | Err(_) => {
                    prop_assert_eq!(tray.is_loaded(), before.is_loaded());
                }
            }
            if tray.is_loaded() {
                prop_assert_eq!(tray.position(), Position::Closed);
            }
        }
    }

    #[test]
    fn latest_events_come_in_order(
        announced in prop::collection::vec(
            prop::sample::select(vec![Event::EjectRequest, Event::NewMedia, Event::MediaRemoval]),
            0..16,
        ),
    ) {
        let mut tray = Tray::new(true);
        for event in &announced {
            tray.announce(*event);
        }
        let mut expected = announced;
        expected.dedup();
        expected.drain(..expected.len().saturating_sub(EVENTS));
        let mut reported = Vec::new();
        while tray.event() != Event::None {
            prop_assert_eq!(tray.event(), tray.clone().take_event());
            reported.push(tray.take_event());
            prop_assert!(reported.len() <= EVENTS);
        }
        prop_assert_eq!(reported, expected);
    }
}
