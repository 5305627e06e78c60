// SPDX-License-Identifier: GPL-2.0

//! What this module can do, for scripts that have to know.

use core::fmt::{
    self,
    Display,
    Write, //
};

use crate::{
    control::{
        host_dir::EH_STRATEGIES,
        spec::KINDS, //
    },
    device::settings::Completion,
    fault::{
        action::{
            self,
            ActionKind, //
        },
        matcher::{
            Condition,
            Origin, //
        },
        trigger::Trigger, //
    },
    link::settings::{
        Mode,
        OnUp, //
    },
    unit::Lost, //
};

/// The version of the interface: raised when what a file means changes.
const ABI: u32 = 1;

/// Prints one token a line: what it is, and a word for it.
///
/// # Errors
///
/// Returns the error of `out`.
pub(super) fn print(out: &mut impl Write) -> fmt::Result {
    write!(out, "abi={ABI}")?;
    tokens(out, "trigger", Trigger::ALL)?;
    tokens(out, "match", Condition::ALL)?;
    tokens(out, "origin", Origin::ALL)?;
    tokens(out, "action", ActionKind::ALL)?;
    tokens(out, "link_mode", Mode::ALL)?;
    tokens(out, "on_up", OnUp::ALL)?;
    tokens(out, "lose_state", Lost::ALL)?;
    tokens(out, "completion", Completion::ALL)?;
    tokens(out, "eh_strategy", &EH_STRATEGIES.map(|(name, _)| name))?;
    tokens(out, "lun_type", &KINDS.map(|(name, _)| name))
}

/// Prints the words for things of one sort.
fn tokens(out: &mut impl Write, sort: &str, words: &[impl Display]) -> fmt::Result {
    words
        .iter()
        .try_for_each(|word| write!(out, "\n{sort}={word}"))
}

/// Prints which actions go with which triggers: `trigger,..=action,..`, a line for all triggers
/// that have the same actions.
///
/// # Errors
///
/// Returns the error of `out`.
pub(super) fn print_pairs(out: &mut impl Write) -> fmt::Result {
    let are_alike = |one: Trigger, other: Trigger| {
        let mut kinds = ActionKind::ALL.iter();
        kinds.all(|kind| action::valid(one, *kind) == action::valid(other, *kind))
    };
    let mut end = "";
    for (at, first) in Trigger::ALL.iter().enumerate() {
        let mut earlier = Trigger::ALL.iter().take(at);
        if earlier.any(|other| are_alike(*first, *other)) {
            continue;
        }
        let alike = Trigger::ALL
            .iter()
            .filter(|other| are_alike(*first, **other));
        let actions = ActionKind::ALL
            .iter()
            .filter(|kind| action::valid(*first, **kind));
        out.write_str(end)?;
        list(out, alike)?;
        out.write_str("=")?;
        list(out, actions)?;
        end = "\n";
    }
    Ok(())
}

/// Prints words with commas between them.
fn list(out: &mut impl Write, words: impl Iterator<Item = impl Display>) -> fmt::Result {
    let mut comma = "";
    for word in words {
        write!(out, "{comma}{word}")?;
        comma = ",";
    }
    Ok(())
}
