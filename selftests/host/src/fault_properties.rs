// SPDX-License-Identifier: GPL-2.0

//! What holds for every text, rule and schedule of `fault`.

use std::fmt::Display;

use proptest::prelude::*;

use crate::{
    fault::{
        errno::Errno,
        opcode::OpcodeSet,
        rule::{
            Action,
            ActionKind,
            Event,
            Origin,
            Spec,
            SpecError,
            Trigger,
            CALLBACK_STALL_MAX_MS, //
        },
        schedule::{
            Schedule,
            Times, //
        },
    },
    protocol::sense::Sense,
};

/// Returns texts, most of them made of what attributes are made of.
fn junk() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "any",
        "read",
        "write",
        "sync",
        "ssu",
        "medium",
        "_access",
        "queue",
        "rpm_",
        "resume",
        "suspend",
        "errno",
        "result",
        "stall",
        "link_down",
        "fs",
        "pm",
        "eh",
        "scan",
        "EIO",
        "EBUSY",
        "none",
        "-",
        "+",
        ",",
        "/",
        "0",
        "5",
        "1b",
        "28",
        "9e",
        "10",
        "7f",
        "4095",
        "0x",
        " ",
        "\n",
        "\0",
        "é",
    ]);
    prop_oneof![
        "\\PC*",
        prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
    ]
}

/// Returns the texts of single entries of an opcode set.
fn entries() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["read", "write", "sync", "ssu", "medium_access"])
            .prop_map(str::to_string),
        any::<u8>().prop_map(|code| format!("{code:02x}")),
        (
            prop::sample::select(vec![0x5eu8, 0x9e, 0x9f, 0xa3, 0xa4]),
            0u8..0x20
        )
            .prop_map(|(code, action)| format!("{code:02x}/{action:02x}")),
        any::<u8>().prop_map(|action| format!("7f/{action:02x}")),
    ]
}

/// Returns CDBs, some of them of the variable length kind.
fn cdbs() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![any::<u8>(), Just(0x7f), Just(0x9e), Just(0xa3)];
    (code, prop::collection::vec(any::<u8>(), 0..32)).prop_map(|(code, rest)| {
        let mut cdb = vec![code];
        cdb.extend(rest);
        cdb
    })
}

/// Returns one of the variants of a word list.
fn one_of<T: Copy + std::fmt::Debug>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Returns specs with anything in them.
fn specs() -> impl Strategy<Value = Spec> {
    (
        prop::option::of(one_of(Trigger::ALL)),
        prop::option::of(entries()),
        prop::option::of(one_of(Origin::ALL)),
        prop::option::of(one_of(ActionKind::ALL)),
        prop::option::of(1i32..=4095),
        prop::option::of(Just(Sense::NOT_READY_STOPPED)),
        prop_oneof![Just(0u32), any::<u32>(), 0u32..100_000],
    )
        .prop_map(
            |(trigger, opcode, origin, action, errno, sense, stall_ms)| Spec {
                trigger,
                opcode: OpcodeSet::parse(opcode.as_deref().unwrap_or("any")).unwrap(),
                origin,
                action,
                errno: errno.and_then(|number| Errno::parse(&format!("-{number}"))),
                sense,
                stall_ms,
            },
        )
}

/// Checks that a value's text is canonical: it parses to the same value.
fn check_round_trip<T: Display + PartialEq + std::fmt::Debug>(
    value: T,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(parse(&value.to_string()), Some(value));
    Ok(())
}

/// What can be done to a schedule.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Have a match.
    Fire,
    /// Set the number of times.
    SetTimes(i32),
}

/// Returns steps, most of which fire.
fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Fire),
        1 => (-1i32..6).prop_map(Step::SetTimes),
    ]
}

proptest! {
    #[test]
    fn junk_is_refused_or_prints_canonically(text in junk()) {
        if let Some(errno) = Errno::parse(&text) {
            prop_assert!((-4095..=-1).contains(&errno.to_errno()));
            check_round_trip(errno, Errno::parse)?;
        }
        if let Some(set) = OpcodeSet::parse(&text) {
            check_round_trip(set, OpcodeSet::parse)?;
        }
        // Words have no other form than the canonical one.
        if let Some(trigger) = Trigger::parse(&text) {
            prop_assert_eq!(trigger.name(), &text);
        }
        if let Some(origin) = Origin::parse(&text) {
            prop_assert_eq!(origin.name(), &text);
        }
        if let Some(kind) = ActionKind::parse(&text) {
            prop_assert_eq!(kind.name(), &text);
        }
    }

    #[test]
    fn every_errno_reads_back(number in -5000i32..5000) {
        let errno = Errno::parse(&number.to_string());
        prop_assert_eq!(errno.is_some(), (-4095..=-1).contains(&number));
        if let Some(errno) = errno {
            prop_assert_eq!(errno.to_errno(), number);
            check_round_trip(errno, Errno::parse)?;
        }
    }

    #[test]
    fn every_opcode_set_reads_back(entries in prop::collection::vec(entries(), 1..=16)) {
        let set = OpcodeSet::parse(&entries.join(","));
        prop_assert!(set.is_some());
        check_round_trip(set.unwrap(), OpcodeSet::parse)?;
    }

    #[test]
    fn a_set_contains_what_its_entries_contain(
        entries in prop::collection::vec(entries(), 1..=16),
        cdb in prop_oneof![Just(vec![]), cdbs()],
    ) {
        let set = OpcodeSet::parse(&entries.join(",")).unwrap();
        let contained = entries
            .iter()
            .any(|entry| OpcodeSet::parse(entry).unwrap().matches(&cdb));
        prop_assert_eq!(set.matches(&cdb), contained);
    }

    #[test]
    fn a_frozen_rule_means_what_was_written(
        spec in specs(),
        trigger in one_of(Trigger::ALL),
        cdb in cdbs(),
        origin in prop::option::of(one_of(Origin::ALL)),
    ) {
        let rule = match spec.freeze() {
            Ok(rule) => rule,
            Err(error) => {
                let text = error.to_string();
                let (attribute, reason) = text.split_once(": ").unwrap();
                let known = ["trigger", "action", "opcode", "origin", "errno", "sense"];
                prop_assert!(known.contains(&attribute) && !reason.is_empty());
                let unset = spec.trigger.is_none() || spec.action.is_none();
                prop_assert_eq!(matches!(error, SpecError::Unset(_)), unset);
                return Ok(());
            }
        };
        let queue = spec.trigger == Some(Trigger::Queue);
        prop_assert_eq!(Some(rule.trigger()), spec.trigger);
        prop_assert!(queue || (spec.opcode == OpcodeSet::ANY && spec.origin.is_none()));
        match rule.action() {
            Action::Fail(errno) => {
                prop_assert!(!queue);
                prop_assert_eq!(spec.action, Some(ActionKind::Errno));
                prop_assert_eq!(spec.errno, Some(errno));
            }
            Action::Complete(sense) => {
                prop_assert!(queue);
                prop_assert_eq!(spec.action, Some(ActionKind::Result));
                prop_assert_eq!(spec.sense, Some(sense));
            }
            Action::LinkDown => {
                prop_assert_eq!(spec.action, Some(ActionKind::LinkDown));
            }
            Action::Hold { limit_ms, then } => {
                prop_assert_eq!(spec.action, Some(ActionKind::Stall));
                prop_assert_eq!(then, if queue { None } else { spec.errno });
                match limit_ms {
                    None => prop_assert!(queue && spec.stall_ms == 0),
                    Some(limit) if queue => prop_assert_eq!(limit, spec.stall_ms),
                    Some(limit) => {
                        prop_assert!((1..=CALLBACK_STALL_MAX_MS).contains(&limit));
                        prop_assert!(limit == spec.stall_ms || limit == CALLBACK_STALL_MAX_MS);
                    }
                }
            }
        }
        let event = Event { trigger, cdb: &cdb, origin };
        let wanted = Some(trigger) == spec.trigger
            && spec.opcode.matches(&cdb)
            && spec.origin.is_none_or(|wanted| Some(wanted) == origin);
        prop_assert_eq!(rule.matches(&event), wanted);
    }

    #[test]
    fn every_number_of_times_prints_as_itself(number in any::<i32>()) {
        let times = Times::new(number);
        prop_assert_eq!(times.is_some(), number >= -1);
        if let Some(times) = times {
            prop_assert_eq!(times.to_string(), number.to_string());
        }
    }

    #[test]
    fn a_schedule_behaves_like_fault_inject(
        times in -1i32..6,
        steps in prop::collection::vec(steps(), 0..60),
    ) {
        let mut schedule = Schedule::new(Times::new(times).unwrap());
        let (mut left, mut matched, mut fired) = (times, 0, 0);
        for step in steps {
            match step {
                Step::Fire => {
                    matched += 1;
                    let fires = left != 0;
                    if fires {
                        fired += 1;
                        if left != -1 {
                            left -= 1;
                        }
                    }
                    prop_assert_eq!(schedule.fire(), fires);
                }
                Step::SetTimes(times) => {
                    left = times;
                    schedule.set_times(Times::new(times).unwrap());
                }
            }
            prop_assert_eq!((schedule.matched(), schedule.fired()), (matched, fired));
        }
    }
}
