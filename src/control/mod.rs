// SPDX-License-Identifier: GPL-2.0

//! What a user can say: the configfs tree, one file per directory of the tree.
//!
//! # Locking
//!
//! For each host: `switch`, which is held while the host is switched on or off, then `config`,
//! which is never held across anything that waits for the device or the host. rmdir takes both
//! inside the subsystem's mutex, which makes other mkdir and rmdir wait, but no file.
//!
//! For each logical unit: its configuration, inside that of its host, then the mutex of a named
//! store's disk or of the registry of stores, then the spinlock of its drive.
//!
//! For each rule: its state, then the mutex of [`crate::device::rules::RuleSet`]. Files that let go
//! of something take `switch` only when that is done.

#![deny(unsafe_code)]

mod attributes;
mod faults;
mod features;
mod host;
mod host_dir;
mod link;
mod lun;
mod lun_power;
mod luns;
mod medium;
mod pm;
mod root;
mod rule;
mod rule_files;
mod spec;
mod stats;
mod stores;
mod text;

pub(crate) use root::Root;
