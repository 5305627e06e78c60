// SPDX-License-Identifier: GPL-2.0

//! The pure half of the module, mounted where the kernel crate has it, so that its unit tests run
//! here and property tests can be added that need more than `core`.

#![cfg(test)]

#[path = "../../../src/fault/mod.rs"]
mod fault;
#[path = "../../../src/protocol/mod.rs"]
mod protocol;

mod fault_properties;
mod protocol_properties;
