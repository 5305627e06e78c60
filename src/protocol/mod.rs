// SPDX-License-Identifier: GPL-2.0

//! SCSI wire formats.
//!
//! Turns the bytes of a CDB into a [`command::Command`] and a logical unit's properties into the
//! bytes of the answers to it. Pure: `core` only, no allocation and no kernel types, so that the
//! host tests and KUnit run the very same files.
//!
//! The standards are cited by the name of the command, page or field: the numbers of their sections
//! change with every revision, the names do not.

#![deny(unsafe_code)]

pub(crate) mod buf;
pub(crate) mod capacity;
pub(crate) mod cdb;
pub(crate) mod command;
pub(crate) mod defects;
pub(crate) mod format;
pub(crate) mod inquiry;
pub(crate) mod log;
pub(crate) mod luns;
pub(crate) mod mmc;
pub(crate) mod mode;
pub(crate) mod ports;
pub(crate) mod profile;
pub(crate) mod provisioning;
pub(crate) mod sanitize;
pub(crate) mod scatter;
pub(crate) mod sense;
pub(crate) mod supported;
pub(crate) mod table;
pub(crate) mod vpd;
