// SPDX-License-Identifier: GPL-2.0

//! The emulated hardware: a host adapter with a link, and the logical units behind it.
//!
//! # Locking
//!
//! A command takes, one after the other and never two at once, except where noted: the state of a
//! rule (`rules`), the list of parked commands (`parking`), the state of a drive (`drive`) and inside
//! it the content of a store (`store`), the list of a polled queue (`polling`). All are spinlocks
//! that are not taken in interrupts, and none is held while a command is completed.

#![deny(unsafe_code)]

mod clock;
mod consult;
pub(crate) mod drive;
mod effects;
pub(crate) mod events;
pub(crate) mod host;
mod journey;
pub(crate) mod link;
pub(crate) mod lun;
mod outcome;
mod parking;
mod polling;
mod power;
pub(crate) mod record;
mod recovery;
mod ring;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod stats;
pub(crate) mod store;
mod table;
mod undo;
