// SPDX-License-Identifier: GPL-2.0

//! SCSI wire formats.
//!
//! Turns the bytes of a CDB into a [`cdb::Command`] and an emulated disk's properties into the
//! bytes of the answers to it. Pure: `core` only, no allocation and no kernel types, so that the
//! host tests and KUnit run the very same files.
//!
//! The standards are cited by the name of the command, page or field: the numbers of their sections
//! change with every revision, the names do not.

#![deny(unsafe_code)]

pub(crate) mod buf;
pub(crate) mod capacity;
pub(crate) mod cdb;
pub(crate) mod inquiry;
pub(crate) mod luns;
pub(crate) mod mode;
pub(crate) mod sense;
pub(crate) mod vpd;
