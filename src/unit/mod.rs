// SPDX-License-Identifier: GPL-2.0

//! A logical unit: its state, and what commands do with it.
//!
//! All of it is pure: the data are behind [`medium::Medium`] and [`transfer::Transfer`], and the
//! caller holds a lock of the unit around each call. Nothing in here sleeps or allocates, other
//! than through [`transfer::Transfer::buffer`].
//!
//! [`Unit::execute`] in `dispatch` is where a command starts: it passes one check after the other
//! in the order in which initiators expect their errors, and ends in `primary` (commands of SPC-6),
//! `disk` (commands of SBC-4) or `cdrom` (commands of MMC-6), which use the state machines in the
//! other files.

#![deny(unsafe_code)]

mod absent;
mod answer;
mod attention;
mod block;
mod buffer;
mod cdrom;
mod disk;
mod dispatch;
mod durable;
mod erase;
mod failure;
mod geometry;
mod identity;
mod limits;
mod loss;
pub(crate) mod medium;
mod needs;
mod nexus;
pub(crate) mod power;
mod primary;
mod provision;
mod readiness;
mod reservation;
mod start_stop;
mod state;
mod tamper;
#[cfg(any(test, CONFIG_KUNIT = "y"))]
mod testing;
pub(crate) mod transfer;
pub(crate) mod tray;

pub(crate) use self::{
    absent::execute_absent,
    failure::Failure,
    loss::Lost,
    nexus::Nexus,
    state::Unit,
    tamper::Tamper, //
};
