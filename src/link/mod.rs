// SPDX-License-Identifier: GPL-2.0

//! The link between the host and its targets, as the transport classes see it.
//!
//! A [`machine::Link`] is told what happens to the link and what time it is, and answers with the
//! [effects](effect::Effect) that its owner carries out, in that order. What a command meets that
//! reaches the host is an [`answer::Answer`], small enough for an atomic integer.
//!
//! The modes and what becomes of the timers in them follow drivers/scsi/scsi_transport_srp.c and
//! drivers/scsi/scsi_transport_fc.c:
//!
//! | mode    | going down                | status             | commands            | coming up |
//! |---------|---------------------------|--------------------|---------------------|-----------|
//! | block   | block targets, disrupt    | blocked            | retried (held)      | unblock   |
//! |         | after fast_io_fail_tmo    | failfast           | fail fast           | unblock   |
//! |         | after dev_loss_tmo        | lost               | no connection       | rescan    |
//! | fail    | disrupt                   | failfast           | disrupted           |           |
//! | drop    |                           | blocked            | swallowed           |           |
//! | offline | block, disrupt, offline   | failfast           | fail fast           | unblock   |
//! | remove  | disrupt, remove targets   | removed            | no connection       | rescan    |
//!
//! In mode drop, commands that vanished stay so when the link comes up: only the error handler
//! finds out. Those that were on their way when it went down may still arrive.
//!
//! Pure: `core` only, no clock, no allocation and no kernel types, so that the host tests and KUnit
//! run the very same files.

#![deny(unsafe_code)]

pub(crate) mod answer;
pub(crate) mod effect;
pub(crate) mod machine;
mod modes;
pub(crate) mod settings;
pub(crate) mod text;
mod timers;
