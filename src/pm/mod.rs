// SPDX-License-Identifier: GPL-2.0

//! A parent device with power management callbacks.
//!
//! `faux` devices have no power management by design, and [`kernel::platform`] has no way to set
//! `driver.pm`, so this is a platform driver of our own, written as if for `rust/kernel/`.

pub(crate) mod platform;
pub(crate) mod runtime;
pub(crate) mod sleep;
pub(crate) mod tree;
