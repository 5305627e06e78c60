// SPDX-License-Identifier: GPL-2.0

//! Fault rules: trigger x match x schedule -> action.
//!
//! A rule's attributes are gathered in a [`rule::Spec`], which [`rule::Spec::freeze`] checks as a
//! whole and turns into an immutable [`rule::Rule`]. Whoever meets a [`trigger::Trigger`] asks the
//! rule whether it [matches](rule::Rule::matches) the event, then its [`schedule::Schedule`]
//! whether it [fires](schedule::Schedule::fire) this time, and then does what its
//! [`action::Action`] says.
//!
//! Every type that a user writes has a `parse` that returns `None` for what it does not know, and a
//! [`Display`](core::fmt::Display) or `name` that `parse` reads back. Pure: `core` only, no
//! allocation and no kernel types, so that the host tests and KUnit run the very same files.

#![deny(unsafe_code)]

pub(crate) mod action;
pub(crate) mod errno;
pub(crate) mod extent;
pub(crate) mod matcher;
pub(crate) mod opcode;
pub(crate) mod random;
mod ranges;
pub(crate) mod rule;
pub(crate) mod schedule;
pub(crate) mod text;
pub(crate) mod trigger;
