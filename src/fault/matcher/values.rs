// SPDX-License-Identifier: GPL-2.0

//! What conditions compare with, where that is more than a word or a set of numbers.

use core::fmt;

use crate::{
    fault::{
        matcher::event::{
            CommandFacts,
            Direction,
            Place, //
            PmEvent,
        },
        text::{
            small_number,
            words,
            write_list,
            HexBytes, //
        },
    },
    protocol::cdb::opcode, //
};

words! {
    /// Which way the data of a command must go.
    pub(crate) enum Flow {
        /// There must be none.
        None = "none",
        /// To the initiator.
        In = "in",
        /// To the unit.
        Out = "out",
        /// From the cache of the unit to its medium: SYNCHRONIZE CACHE, which has no data itself.
        Flush = "flush",
    }
}

impl Flow {
    /// Returns whether the command is one of these.
    pub(super) fn matches(self, command: &CommandFacts<'_>) -> bool {
        match self {
            Self::None => command.direction == Direction::None,
            Self::In => command.direction == Direction::In,
            Self::Out => command.direction == Direction::Out,
            Self::Flush => matches!(
                command.cdb.first(),
                Some(&(opcode::SYNCHRONIZE_CACHE_10 | opcode::SYNCHRONIZE_CACHE_16))
            ),
        }
    }
}

words! {
    /// How the link must be.
    pub(crate) enum LinkState {
        /// Up.
        Up = "up",
        /// Not up, whatever the mode makes of that.
        Down = "down",
    }
}

words! {
    /// Whether something must be so.
    pub(crate) enum Switch {
        /// It must not.
        Off = "0",
        /// It must.
        On = "1",
    }
}

/// Which logical units, as a pattern of C:T:L; a number that is not there stands for any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LunGlob {
    channel: Option<u32>,
    id: Option<u32>,
    lun: Option<u64>,
}

impl LunGlob {
    /// Parses `*`, or three numbers or `*` with colons between them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        /// Parses one of the three, which are decimal as in H:C:T:L and not more.
        fn field<T: TryFrom<u64>>(text: &str) -> Option<Option<T>> {
            match text.as_bytes() {
                b"*" => Some(None),
                b"0" | [b'1'..=b'9', ..] => small_number(text).map(Some),
                _ => None,
            }
        }
        if text == "*" {
            return Some(Self::default());
        }
        let mut fields = text.split(':');
        let glob = Self {
            channel: field(fields.next()?)?,
            id: field(fields.next()?)?,
            lun: field(fields.next()?)?,
        };
        fields.next().is_none().then_some(glob)
    }

    /// Returns whether the unit at `place` is one of them.
    pub(crate) fn matches(&self, place: Place) -> bool {
        self.channel.is_none_or(|channel| channel == place.channel)
            && self.id.is_none_or(|id| id == place.id)
            && self.lun.is_none_or(|lun| lun == place.lun)
    }
}

impl fmt::Display for LunGlob {
    /// Prints `*` for all units, otherwise all three fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn field<T: fmt::Display>(f: &mut fmt::Formatter<'_>, field: Option<T>) -> fmt::Result {
            match field {
                Some(number) => write!(f, "{number}"),
                None => f.write_str("*"),
            }
        }
        field(f, self.channel)?;
        if *self == Self::default() {
            return Ok(());
        }
        f.write_str(":")?;
        field(f, self.id)?;
        f.write_str(":")?;
        field(f, self.lun)
    }
}

/// The longest CDB.
const CDB_MAX: usize = 32;

/// Bytes of a CDB, from its first on.
pub(super) type CdbBytes = HexBytes<CDB_MAX>;

/// Returns whether `value` has no bits that `mask` leaves out.
pub(super) fn is_within(value: &CdbBytes, mask: &CdbBytes) -> bool {
    let mask = mask.get().iter().copied().chain(core::iter::repeat(0));
    value
        .get()
        .iter()
        .zip(mask)
        .all(|(value, mask)| value & !mask == 0)
}

/// Returns whether the bits of `cdb` that `mask` selects are those of `value`, which has zeroes
/// behind its end. A CDB without one of these bits does not match.
pub(super) fn masked_match(cdb: &[u8], mask: &CdbBytes, value: &CdbBytes) -> bool {
    let value = value.get().iter().copied().chain(core::iter::repeat(0));
    let mut bytes = mask.get().iter().zip(value).enumerate();
    bytes.all(|(at, (mask, value))| {
        *mask == 0 || cdb.get(at).is_some_and(|byte| byte & mask == value)
    })
}

/// Parses `any` or bytes of a CDB in hexadecimal.
pub(super) fn parse_cdb(text: &str) -> Option<CdbBytes> {
    match text {
        "any" => Some(CdbBytes::EMPTY),
        _ => CdbBytes::parse(text),
    }
}

/// How often a command must have been tried before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtLeast(
    /// That often, or more often.
    pub(super) u32,
);

impl AtLeast {
    /// Parses `>=` and a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        small_number(text.strip_prefix(">=")?).map(Self)
    }
}

impl fmt::Display for AtLeast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ">={}", self.0)
    }
}

/// What the system must be doing: any of these, or anything if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PmEvents {
    /// One bit for each, in the order in which they are declared.
    bits: u8,
}

impl PmEvents {
    /// Returns the bit of an event, of which there are seven.
    fn bit(event: PmEvent) -> u8 {
        1 << event as u8
    }

    /// Parses `any` or a list of events.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bits = 0;
        if text != "any" {
            for word in text.split(',') {
                bits |= Self::bit(PmEvent::parse(word)?);
            }
        }
        Some(Self { bits })
    }

    /// Returns whether it can be anything.
    pub(super) fn is_any(self) -> bool {
        self.bits == 0
    }

    /// Returns whether this is one of the events.
    pub(super) fn contains(self, event: PmEvent) -> bool {
        self.bits & Self::bit(event) != 0
    }
}

impl fmt::Display for PmEvents {
    /// Prints `any` or the list, in the order in which the events are declared.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = PmEvent::ALL.iter();
        write_list(f, "any", events.filter(|event| self.contains(**event)))
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_values))]
mod tests {
    use super::*;
    use crate::{
        fault::matcher::event::Origin,
        protocol::buf::prints, //
    };

    /// A command with this CDB and this direction.
    fn command(cdb: &[u8], direction: Direction) -> CommandFacts<'_> {
        CommandFacts {
            cdb,
            origin: Origin::Fs,
            direction,
            tag: 0,
            polled: false,
            retries: 0,
            queue_full: false,
            data_len: 0,
        }
    }

    #[test]
    fn words_read_back() {
        for flow in Flow::ALL {
            assert_eq!(Flow::parse(flow.name()), Some(*flow));
        }
        for state in LinkState::ALL {
            assert_eq!(LinkState::parse(state.name()), Some(*state));
        }
        for switch in Switch::ALL {
            assert_eq!(Switch::parse(switch.name()), Some(*switch));
        }
        for event in PmEvent::ALL {
            assert_eq!(PmEvent::parse(event.name()), Some(*event));
        }
    }

    #[test]
    fn a_flush_has_no_data_of_its_own() {
        for (code, direction, expected) in [
            (0x00, Direction::None, [true, false, false, false]),
            (0x28, Direction::In, [false, true, false, false]),
            (0x2a, Direction::Out, [false, false, true, false]),
            (0x35, Direction::None, [true, false, false, true]),
            (0x91, Direction::None, [true, false, false, true]),
        ] {
            let cdb = [code];
            let command = command(&cdb, direction);
            for (flow, expected) in Flow::ALL.iter().zip(expected) {
                assert_eq!(flow.matches(&command), expected);
            }
        }
        assert!(!Flow::Flush.matches(&command(&[], Direction::None)));
    }

    #[test]
    fn a_pattern_of_units_has_three_fields() {
        let place = Place {
            channel: 0,
            id: 3,
            lun: 16640,
        };
        for (text, printed, matches) in [
            ("*", "*", true),
            ("*:*:*", "*", true),
            ("0:3:*", "0:3:*", true),
            ("*:3:16640", "*:3:16640", true),
            ("0:3:16640", "0:3:16640", true),
            ("*:*:0", "*:*:0", false),
            ("1:*:*", "1:*:*", false),
            ("*:2:*", "*:2:*", false),
            (
                "*:*:18446744073709551615",
                "*:*:18446744073709551615",
                false,
            ),
        ] {
            assert!(LunGlob::parse(text).is_some_and(|glob| prints(glob, printed)));
            assert!(LunGlob::parse(text).is_some_and(|glob| glob.matches(place) == matches));
        }
        for text in [
            "",
            "any",
            "**",
            ":",
            "0:0",
            "0:0:",
            "0:0:0:0",
            "*:*",
            "0:0:00",
            "0:0:0x1",
            "0:0:-1",
            "0:0:+1",
            "0: 0:0",
            "4294967296:0:0",
            "0:0:1*",
        ] {
            assert_eq!(LunGlob::parse(text), None);
        }
    }

    #[test]
    fn bits_of_the_cdb_are_selected_and_compared() {
        let cdb = [0x1b, 0, 0, 0, 0x01, 0];
        for (mask, value, within, matches) in [
            ("any", "any", true, true),
            ("any", "00", true, true),
            ("any", "01", false, true),
            ("0000000001", "0000000001", true, true),
            ("0000000001", "0000000000", true, false),
            ("0000000001", "any", true, false),
            ("0000000001", "0000000003", false, false),
            ("00000000f0", "any", true, true),
            ("ff", "1b", true, true),
            ("ff", "1b00", true, true),
            ("0f", "0b", true, true),
            ("ff", "1c", true, false),
            // Bits that the CDB does not have do not match, bits that nobody asks for do.
            ("00000000000001", "any", true, false),
            ("ff000000000000", "1b", true, true),
            ("ff", "1b01", false, true),
        ] {
            let mask = parse_cdb(mask).unwrap_or(CdbBytes::EMPTY);
            let value = parse_cdb(value).unwrap_or(CdbBytes::EMPTY);
            assert_eq!(is_within(&value, &mask), within);
            assert_eq!(masked_match(&cdb, &mask, &value), matches);
        }
        let most = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert!(parse_cdb(most).is_some_and(|bytes| bytes.get().len() == 32));
        for text in ["", "1", "0x1b", "none", "1b 00"] {
            assert_eq!(parse_cdb(text), None);
        }
    }

    #[test]
    fn retries_have_a_least_number() {
        assert!(AtLeast::parse(">=0x10").is_some_and(|times| prints(times, ">=16")));
        for text in ["", "1", ">1", ">=", ">= 1", ">=-1", "=>1", ">=4294967296"] {
            assert_eq!(AtLeast::parse(text), None);
        }
    }

    #[test]
    fn pm_events_are_a_set() {
        for (text, printed) in [
            ("any", "any"),
            ("thaw", "thaw"),
            ("poweroff,suspend,poweroff", "suspend,poweroff"),
            (
                "suspend,freeze,hibernate,resume,thaw,restore,poweroff",
                "suspend,freeze,hibernate,resume,thaw,restore,poweroff",
            ),
        ] {
            assert!(PmEvents::parse(text).is_some_and(|events| prints(events, printed)));
        }
        for text in ["", "any,thaw", "thaw,", "sleep", "Thaw"] {
            assert_eq!(PmEvents::parse(text), None);
        }
        let thaw = PmEvents::parse("thaw");
        for event in PmEvent::ALL {
            let contains = thaw.is_some_and(|events| events.contains(*event));
            assert_eq!(contains, *event == PmEvent::Thaw);
        }
        assert!(thaw.is_some_and(|events| !events.is_any()));
        assert!(PmEvents::default().is_any());
    }
}
