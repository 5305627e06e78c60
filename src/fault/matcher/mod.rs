// SPDX-License-Identifier: GPL-2.0

//! What a rule matches: conditions on an event, all of which must hold.
//!
//! Each condition is an attribute that reads and prints as text; by default each is `any` (`lun`:
//! `*`) and always holds.

mod condition;
mod display;
mod event;
mod values;

use core::fmt;

pub(crate) use self::{
    condition::{
        Condition,
        Need, //
    },
    event::{
        CommandFacts,
        Direction,
        Event,
        Origin,
        Place,
        PmEvent,
        RpmState, //
    },
    values::LunGlob, //
};

use self::{
    display::Text,
    values::{
        is_within,
        masked_match,
        parse_cdb,
        AtLeast,
        CdbBytes,
        Flow,
        LinkState,
        PmEvents,
        Switch, //
    }, //
};

use crate::fault::{
    extent::extent,
    opcode::OpcodeSet,
    ranges::Ranges,
    trigger::Trigger, //
};

/// The conditions of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matches {
    lun: LunGlob,
    opcode: OpcodeSet,
    cdb_mask: CdbBytes,
    cdb_value: CdbBytes,
    lba: Ranges<u64, 8>,
    len: Ranges<u64, 1>,
    direction: Option<Flow>,
    origin: Option<Origin>,
    hwq: Ranges<u32, 16>,
    cpu: Ranges<u32, 16>,
    tag: Ranges<u32, 16>,
    polled: Option<Switch>,
    retries: Option<AtLeast>,
    qfull: Option<Switch>,
    rpm_state: Option<RpmState>,
    link_state: Option<LinkState>,
    pm_event: PmEvents,
}

impl Default for Matches {
    fn default() -> Self {
        Self {
            lun: LunGlob::default(),
            opcode: OpcodeSet::ANY,
            cdb_mask: CdbBytes::EMPTY,
            cdb_value: CdbBytes::EMPTY,
            lba: Ranges::ANY,
            len: Ranges::ANY,
            direction: None,
            origin: None,
            hwq: Ranges::ANY,
            cpu: Ranges::ANY,
            tag: Ranges::ANY,
            polled: None,
            retries: None,
            qfull: None,
            rpm_state: None,
            link_state: None,
            pm_event: PmEvents::default(),
        }
    }
}

/// Parses `any` or what `parse` knows.
fn or_any<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        "any" => Some(None),
        _ => parse(text).map(Some),
    }
}

impl Matches {
    /// Sets a condition; returns `None` for text that it does not take, with nothing changed.
    #[must_use = "the text may be wrong"]
    pub(crate) fn set(&mut self, condition: Condition, text: &str) -> Option<()> {
        match condition {
            Condition::Lun => self.lun = LunGlob::parse(text)?,
            Condition::Opcode => self.opcode = OpcodeSet::parse(text)?,
            Condition::CdbMask => self.cdb_mask = parse_cdb(text)?,
            Condition::CdbValue => self.cdb_value = parse_cdb(text)?,
            Condition::Lba => self.lba = Ranges::parse(text)?,
            Condition::Len => self.len = Ranges::parse(text)?,
            Condition::Direction => self.direction = or_any(text, Flow::parse)?,
            Condition::Origin => self.origin = or_any(text, Origin::parse)?,
            Condition::Hwq => self.hwq = Ranges::parse(text)?,
            Condition::Cpu => self.cpu = Ranges::parse(text)?,
            Condition::Tag => self.tag = Ranges::parse(text)?,
            Condition::Polled => self.polled = or_any(text, Switch::parse)?,
            Condition::Retries => self.retries = or_any(text, AtLeast::parse)?,
            Condition::Qfull => self.qfull = or_any(text, Switch::parse)?,
            Condition::RpmState => self.rpm_state = or_any(text, RpmState::parse)?,
            Condition::LinkState => self.link_state = or_any(text, LinkState::parse)?,
            Condition::PmEvent => self.pm_event = PmEvents::parse(text)?,
        }
        Some(())
    }

    /// Returns something that prints a condition, as [`Self::set`] reads it back.
    pub(crate) fn text(&self, condition: Condition) -> impl fmt::Display + '_ {
        Text(self, condition)
    }

    /// Returns whether a condition is there at all.
    fn is_set(&self, condition: Condition) -> bool {
        match condition {
            Condition::Lun => self.lun != LunGlob::default(),
            Condition::Opcode => self.opcode != OpcodeSet::ANY,
            Condition::CdbMask => self.cdb_mask != CdbBytes::EMPTY,
            Condition::CdbValue => self.cdb_value != CdbBytes::EMPTY,
            Condition::Lba => !self.lba.is_any(),
            Condition::Len => !self.len.is_any(),
            Condition::Direction => self.direction.is_some(),
            Condition::Origin => self.origin.is_some(),
            Condition::Hwq => !self.hwq.is_any(),
            Condition::Cpu => !self.cpu.is_any(),
            Condition::Tag => !self.tag.is_any(),
            Condition::Polled => self.polled.is_some(),
            Condition::Retries => self.retries.is_some(),
            Condition::Qfull => self.qfull.is_some(),
            Condition::RpmState => self.rpm_state.is_some(),
            Condition::LinkState => self.link_state.is_some(),
            Condition::PmEvent => !self.pm_event.is_any(),
        }
    }

    /// Returns the first condition that can never hold for the trigger, with what it needs.
    ///
    /// With an action on units, a trigger that is of no unit leaves the choice of units to `lun`.
    pub(super) fn unmet(&self, trigger: Trigger, on_units: bool) -> Option<(Condition, Need)> {
        let mut set = Condition::ALL.iter().filter(|c| self.is_set(**c));
        set.find_map(|condition| {
            let need = condition.need()?;
            let selects = on_units && *condition == Condition::Lun;
            (!selects && !need.is_met_by(trigger)).then_some((*condition, need))
        })
    }

    /// Returns whether `cdb_value` has bits that `cdb_mask` leaves out, so that it cannot be met.
    pub(super) fn is_cdb_value_outside_mask(&self) -> bool {
        !is_within(&self.cdb_value, &self.cdb_mask)
    }

    /// Returns the pattern of logical units.
    pub(super) fn lun(&self) -> &LunGlob {
        &self.lun
    }

    /// Returns whether all conditions hold. May be called in any context.
    pub(super) fn hold(&self, event: &Event<'_>) -> bool {
        self.lun_holds(event)
            && (self.hwq.is_any() || event.hw_queue.is_some_and(|hwq| self.hwq.contains(hwq)))
            && self.cpu.contains(event.cpu)
            && self.rpm_state.is_none_or(|state| state == event.rpm_state)
            && self
                .link_state
                .is_none_or(|state| (state == LinkState::Down) == event.link_down)
            && (self.pm_event.is_any()
                || event
                    .pm_event
                    .is_some_and(|now| self.pm_event.contains(now)))
            && (!event.trigger.has_command() || self.command_holds(event.command.as_ref()))
    }

    /// Returns whether it happens to one of the logical units.
    fn lun_holds(&self, event: &Event<'_>) -> bool {
        !event.trigger.has_unit()
            || self.lun == LunGlob::default()
            || event.lun.is_some_and(|place| self.lun.matches(place))
    }

    /// Returns whether the conditions on the command hold. Without a command, there must be none.
    fn command_holds(&self, command: Option<&CommandFacts<'_>>) -> bool {
        let Some(command) = command else {
            return !Condition::ALL
                .iter()
                .any(|c| c.need() == Some(Need::Command) && self.is_set(*c));
        };
        self.opcode.matches(command.cdb)
            && self.origin.is_none_or(|origin| origin == command.origin)
            && masked_match(command.cdb, &self.cdb_mask, &self.cdb_value)
            && self.extent_holds(command.cdb)
            && self.direction.is_none_or(|flow| flow.matches(command))
            && self.tag.contains(command.tag)
            && is(self.polled, command.polled)
            && is(self.qfull, command.queue_full)
            && self
                .retries
                .is_none_or(|AtLeast(times)| times <= command.retries)
    }

    /// Returns whether the command is about the right blocks, and the right number of them.
    fn extent_holds(&self, cdb: &[u8]) -> bool {
        if self.lba.is_any() && self.len.is_any() {
            return true;
        }
        extent(cdb).is_some_and(|extent| {
            let overlaps = |last| self.lba.overlaps(extent.lba, last);
            (self.lba.is_any() || extent.last().is_some_and(overlaps))
                && self.len.contains(extent.blocks)
        })
    }
}

/// Returns whether something is as it must be.
fn is(wanted: Option<Switch>, value: bool) -> bool {
    wanted.is_none_or(|wanted| (wanted == Switch::On) == value)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_matcher))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    /// A READ(10) of 8 blocks from block 100 on, as a file system sends it.
    const READ: CommandFacts<'static> = CommandFacts {
        cdb: &[0x28, 0, 0, 0, 0, 100, 0, 0, 8, 0],
        origin: Origin::Fs,
        direction: Direction::In,
        tag: 5,
        polled: false,
        retries: 1,
        queue_full: true,
        data_len: 4096,
    };

    /// The command as it arrives.
    const QUEUED: Event<'static> = Event {
        trigger: Trigger::Queue,
        lun: Some(Place {
            channel: 0,
            id: 3,
            lun: 1,
        }),
        command: Some(READ),
        hw_queue: Some(2),
        cpu: 7,
        rpm_state: RpmState::Active,
        link_down: false,
        pm_event: None,
        task_fails: false,
        now_ns: 0,
    };

    /// A callback.
    const PREPARE: Event<'static> = Event {
        trigger: Trigger::Prepare,
        lun: None,
        command: None,
        hw_queue: None,
        pm_event: Some(PmEvent::Freeze),
        ..QUEUED
    };

    /// Returns conditions of which one is set.
    fn one(condition: Condition, text: &str) -> Matches {
        let mut matches = Matches::default();
        assert!(matches.set(condition, text).is_some());
        matches
    }

    /// Sets of conditions with one text that READ meets and one that it does not.
    const TEXTS: [(Condition, &str, &str); 16] = [
        (Condition::Lun, "*:3:*", "*:*:0"),
        (Condition::Opcode, "read", "write"),
        (Condition::CdbMask, "d7", "01000000000f"),
        (Condition::Lba, "0-50,107-200", "99,108"),
        (Condition::Len, "8", "9-100"),
        (Condition::Direction, "in", "none"),
        (Condition::Origin, "fs", "pm"),
        (Condition::Hwq, "0,2", "0-1"),
        (Condition::Cpu, "7", "6"),
        (Condition::Tag, "4-6", "6"),
        (Condition::Polled, "0", "1"),
        (Condition::Retries, ">=1", ">=2"),
        (Condition::Qfull, "1", "0"),
        (Condition::RpmState, "active", "suspended"),
        (Condition::LinkState, "up", "down"),
        (Condition::CdbValue, "any", "any"),
    ];

    #[test]
    fn every_condition_can_hold_or_not() {
        for (condition, met, unmet) in TEXTS {
            assert!(one(condition, met).hold(&QUEUED));
            assert!(prints(one(condition, met).text(condition), met));
            if met != unmet {
                assert!(!one(condition, unmet).hold(&QUEUED));
                assert!(prints(one(condition, unmet).text(condition), unmet));
            }
        }
        let mut masked = one(Condition::CdbMask, "ff");
        assert!(!masked.hold(&QUEUED));
        assert!(masked.set(Condition::CdbValue, "28").is_some());
        assert!(masked.hold(&QUEUED));
        assert!(!masked.is_cdb_value_outside_mask());
        assert!(one(Condition::CdbValue, "01").is_cdb_value_outside_mask());

        assert!(one(Condition::PmEvent, "freeze,thaw").hold(&PREPARE));
        assert!(!one(Condition::PmEvent, "suspend").hold(&PREPARE));
        assert!(!one(Condition::PmEvent, "freeze").hold(&Event {
            pm_event: None,
            ..PREPARE
        }));
    }

    #[test]
    fn all_conditions_must_hold() {
        let mut all = Matches::default();
        for (condition, met, _) in TEXTS {
            if condition != Condition::CdbMask {
                assert!(all.set(condition, met).is_some());
            }
        }
        assert!(all.hold(&QUEUED));
        for (condition, met, unmet) in TEXTS {
            let mut spoilt = all;
            assert!(spoilt.set(condition, unmet).is_some());
            assert_eq!(spoilt.hold(&QUEUED), met == unmet);
        }
    }

    #[test]
    fn nothing_is_set_by_default() {
        let any = Matches::default();
        for condition in Condition::ALL {
            let word = if *condition == Condition::Lun {
                "*"
            } else {
                "any"
            };
            assert!(prints(any.text(*condition), word));
            assert_eq!(one(*condition, word), any);
            assert!(!any.is_set(*condition));
        }
        for trigger in Trigger::ALL {
            assert_eq!(any.unmet(*trigger, false), None);
            assert!(any.hold(&Event {
                trigger: *trigger,
                ..PREPARE
            }));
        }
    }

    #[test]
    fn text_that_is_wrong_changes_nothing() {
        for (condition, met, _) in TEXTS {
            let before = one(condition, met);
            let mut matches = before;
            for text in ["", "nonsense", "-1", "1,", "any,any", "\u{e9}"] {
                assert_eq!(matches.set(condition, text), None);
            }
            assert_eq!(matches, before);
        }
    }

    #[test]
    fn conditions_need_something_of_the_trigger() {
        for trigger in Trigger::ALL {
            for condition in Condition::ALL {
                let text = match condition {
                    Condition::CdbValue => "00",
                    Condition::PmEvent => "thaw",
                    _ => TEXTS
                        .iter()
                        .find(|(known, ..)| known == condition)
                        .map_or("", |(_, met, _)| met),
                };
                let met = match condition {
                    Condition::Lun => trigger.has_unit(),
                    Condition::Hwq => {
                        trigger.has_command()
                            || matches!(trigger, Trigger::MqPoll | Trigger::Commit)
                    }
                    Condition::Cpu | Condition::RpmState | Condition::LinkState => true,
                    Condition::PmEvent => {
                        trigger.takes_errno()
                            && trigger.index() >= Trigger::Prepare.index()
                            && trigger.index() <= Trigger::Restore.index()
                            || *trigger == Trigger::PmComplete
                    }
                    _ => trigger.has_command(),
                };
                let unmet = one(*condition, text).unmet(*trigger, false);
                assert_eq!(unmet.is_none(), met);
                assert!(unmet.is_none_or(|(found, _)| found == *condition));
            }
            assert_eq!(one(Condition::Lun, "0:0:0").unmet(*trigger, true), None);
        }
    }

    #[test]
    fn without_a_command_there_must_be_no_condition_on_it() {
        // The host may be reset for no command's sake.
        let event = Event {
            trigger: Trigger::EhHostReset,
            lun: None,
            command: None,
            hw_queue: None,
            ..QUEUED
        };
        for (condition, met, _) in TEXTS {
            let holds = matches!(
                condition,
                Condition::Cpu | Condition::RpmState | Condition::LinkState | Condition::CdbValue
            );
            assert_eq!(one(condition, met).hold(&event), holds);
        }
    }

    #[test]
    fn blocks_match_where_they_overlap() {
        let mut command = READ;
        let inquiry = [0x12, 0, 0, 0, 36, 0];
        let flush = [0x35, 0, 0, 0, 0, 100, 0, 0, 0, 0];
        let nothing = [0x28, 0, 0, 0, 0, 100, 0, 0, 0, 0];
        for (cdb, condition, text, holds) in [
            (READ.cdb, Condition::Lba, "0-99", false),
            (READ.cdb, Condition::Lba, "0-100", true),
            (READ.cdb, Condition::Lba, "107", true),
            (READ.cdb, Condition::Lba, "108-200", false),
            (READ.cdb, Condition::Len, "0-8", true),
            (&inquiry, Condition::Lba, "0-18446744073709551615", false),
            (&inquiry, Condition::Len, "0-18446744073709551615", false),
            (&flush, Condition::Lba, "1000000", true),
            (&flush, Condition::Lba, "99", false),
            (&flush, Condition::Len, "0", false),
            (&flush, Condition::Len, "65536-18446744073709551615", true),
            (&nothing, Condition::Lba, "100", false),
            (&nothing, Condition::Len, "0", true),
        ] {
            command.cdb = cdb;
            let event = Event {
                command: Some(command),
                ..QUEUED
            };
            assert_eq!(one(condition, text).hold(&event), holds);
        }
    }
}
