// SPDX-License-Identifier: GPL-2.0

//! What holds for every text.

use std::fmt::Display;

use proptest::prelude::*;

use super::{
    cdbs,
    conditions,
    entries, //
};
use crate::fault::{
    action::{
        ActionKind,
        AscList,
        Bounce,
        Data,
        HostByte,
        Information,
        SamStatus,
        StateArg, //
    },
    errno::Errno,
    extent::extent,
    matcher::{
        Condition,
        Matches,
        Origin, //
    },
    opcode::OpcodeSet,
    rule::ReleaseResult,
    schedule::Times,
    trigger::Trigger,
};

/// Returns texts, most of them made of what attributes are made of.
fn junk() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "any",
        "none",
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
        "error",
        "busy",
        "good",
        "lba",
        "thaw",
        "freeze",
        "up",
        "down",
        "active",
        "in",
        "flush",
        "*",
        ":",
        ">=",
        "@",
        "-",
        "+",
        ",",
        "/",
        "0",
        "1",
        "5",
        "1b",
        "28",
        "9e",
        "10",
        "7f",
        "ff",
        "4095",
        "0x",
        "K",
        "M",
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

/// Checks that a value's text is canonical: it parses to the same value.
fn check_round_trip<T: Display + PartialEq + std::fmt::Debug>(
    value: Option<T>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<(), TestCaseError> {
    if let Some(value) = value {
        prop_assert_eq!(parse(&value.to_string()), Some(value));
    }
    Ok(())
}

/// Checks a text that may be a word, which has no other form than the canonical one.
fn check_word<T: Display>(
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<(), TestCaseError> {
    if let Some(word) = parse(text) {
        prop_assert_eq!(word.to_string(), text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn junk_is_refused_or_prints_canonically(text in junk()) {
        let errno = Errno::parse(&text);
        prop_assert!(errno.is_none_or(|errno| (-4095..=-1).contains(&errno.to_errno())));
        check_round_trip(errno, Errno::parse)?;
        check_round_trip(OpcodeSet::parse(&text), OpcodeSet::parse)?;
        check_round_trip(HostByte::parse(&text), HostByte::parse)?;
        let status = SamStatus::parse(&text);
        prop_assert!(status.is_none_or(|status| status.number() % 2 == 0));
        check_round_trip(status, SamStatus::parse)?;
        check_round_trip(Information::parse(&text), Information::parse)?;
        check_round_trip(Data::parse(&text), Data::parse)?;
        check_round_trip(Bounce::parse(&text), Bounce::parse)?;
        check_round_trip(AscList::parse(&text), AscList::parse)?;
        check_round_trip(StateArg::parse(&text), StateArg::parse)?;
        check_word(&text, Trigger::parse)?;
        check_word(&text, Origin::parse)?;
        check_word(&text, ActionKind::parse)?;
        check_word(&text, ReleaseResult::parse)?;
        for condition in Condition::ALL {
            let mut matches = Matches::default();
            match matches.set(*condition, &text) {
                None => prop_assert_eq!(matches, Matches::default()),
                Some(()) => {
                    let mut again = Matches::default();
                    let printed = matches.text(*condition).to_string();
                    prop_assert!(again.set(*condition, &printed).is_some());
                    prop_assert_eq!(matches, again);
                }
            }
        }
    }

    #[test]
    fn every_errno_reads_back(number in -5000i32..5000) {
        let errno = Errno::parse(&number.to_string());
        prop_assert_eq!(errno.is_some(), (-4095..=-1).contains(&number));
        if let Some(errno) = errno {
            prop_assert_eq!(errno.to_errno(), number);
            check_round_trip(Some(errno), Errno::parse)?;
        }
    }

    #[test]
    fn every_condition_reads_back((condition, text) in conditions()) {
        let mut matches = Matches::default();
        prop_assert!(matches.set(condition, &text).is_some());
        let mut again = Matches::default();
        prop_assert!(again.set(condition, &matches.text(condition).to_string()).is_some());
        prop_assert_eq!(matches, again);
        for other in Condition::ALL.iter().filter(|other| **other != condition) {
            prop_assert_eq!(
                matches.text(*other).to_string(),
                Matches::default().text(*other).to_string()
            );
        }
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
    fn every_cdb_has_an_extent_or_none(cdb in prop_oneof![Just(vec![]), cdbs()]) {
        if let Some(extent) = extent(&cdb) {
            prop_assert_eq!(extent.last().is_none(), extent.blocks == 0);
            prop_assert!(extent.last().is_none_or(|last| last >= extent.lba));
        }
    }

    #[test]
    fn every_number_of_times_prints_as_itself(number in any::<i32>()) {
        let times = Times::new(number);
        prop_assert_eq!(times.is_some(), number >= -1);
        if let Some(times) = times {
            prop_assert_eq!(times.to_string(), number.to_string());
        }
    }
}
