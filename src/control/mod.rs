// SPDX-License-Identifier: GPL-2.0

//! What a user can say: the configfs tree, one file per directory of the tree.
//!
//! # Locking
//!
//! For each host: `switch`, which is held while the host is switched on or off, then `config`,
//! which is never held across anything that waits for the device or the host. Files that let go of
//! what a rule holds take neither.

#![deny(unsafe_code)]

mod faults;
mod host;
mod link;
mod luns;
mod pm;
mod root;
mod text;

pub(crate) use root::Root;
