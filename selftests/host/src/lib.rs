// SPDX-License-Identifier: GPL-2.0

//! The pure half of the module, mounted where the kernel crate has it, so that its unit tests run
//! here and property tests can be added that need more than `core`.

#![cfg(test)]

#[path = "../../../src/fault/mod.rs"]
mod fault;
#[path = "../../../src/link/mod.rs"]
mod link;
#[path = "../../../src/protocol/mod.rs"]
mod protocol;
#[path = "../../../src/unit/mod.rs"]
#[expect(dead_code, reason = "some of it is what configfs asks for")]
mod unit;

mod cdb_properties;
mod data_properties;
mod fault_properties;
mod link_properties;
mod mmc_properties;
mod model;
mod power_loss_properties;
mod sense_properties;
mod tamper_properties;
mod unit_data_properties;
mod unit_properties;
mod unit_reservation_properties;
