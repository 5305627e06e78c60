// SPDX-License-Identifier: GPL-2.0

//! What holds for every text, rule and schedule of `fault`, and the values to try it with.

mod rule;
mod schedule;
mod text;

use proptest::prelude::*;

use crate::fault::matcher::Condition;

/// Returns the texts of single entries of an opcode set.
fn entries() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "read",
            "write",
            "unmap",
            "sync",
            "ssu",
            "medium_access"
        ])
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
    let code = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0x1bu8, 0x28, 0x2a, 0x35, 0x7f, 0x88, 0x9e, 0xa3]),
    ];
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

/// Returns lists of numbers and ranges.
fn ranges(most: usize) -> impl Strategy<Value = String> {
    let range = (0u32..300, 0u32..100).prop_map(|(first, more)| match more {
        0 => first.to_string(),
        _ => format!("{first}-{}", first + more),
    });
    prop::collection::vec(range, 1..=most).prop_map(|ranges| ranges.join(","))
}

/// Returns a condition with a text for it.
fn conditions() -> impl Strategy<Value = (Condition, String)> {
    one_of(Condition::ALL).prop_flat_map(|condition| {
        let words = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| word.to_string()).collect();
            prop::sample::select(words).boxed()
        };
        let text = match condition {
            Condition::Lun => words(&["*", "0:*:*", "*:3:*", "0:3:1", "*:*:0", "1:1:1"]),
            Condition::Opcode => prop::collection::vec(entries(), 1..=16)
                .prop_map(|entries| entries.join(","))
                .boxed(),
            Condition::CdbMask | Condition::CdbValue => "([0-9a-f][0-9a-f]){1,32}".boxed(),
            Condition::Lba => ranges(8).boxed(),
            Condition::Len => ranges(1).boxed(),
            Condition::Hwq | Condition::Cpu | Condition::Tag => ranges(16).boxed(),
            Condition::Direction => words(&["any", "none", "in", "out", "flush"]),
            Condition::Origin => words(&["any", "fs", "passthrough", "pm", "eh", "reserved"]),
            Condition::Polled | Condition::Qfull => words(&["any", "0", "1"]),
            Condition::Retries => words(&["any", ">=0", ">=1", ">=4294967295"]),
            Condition::RpmState => words(&["any", "active", "suspending", "suspended", "resuming"]),
            Condition::LinkState => words(&["any", "up", "down"]),
            Condition::PmEvent => words(&["any", "suspend", "freeze,thaw", "poweroff", "restore"]),
        };
        (Just(condition), text)
    })
}
