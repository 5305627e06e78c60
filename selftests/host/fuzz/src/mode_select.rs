// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: mode parameter lists.
//!
//! The input is the choice of a profile, one byte of flags, and the list. What is refused has changed
//! nothing, and what is accepted reads back.

#![no_main]

// The words of unit/ are declared as those of rules are.
#[path = "../../../../src/fault/mod.rs"]
#[allow(dead_code, unused_imports)]
mod fault;
#[path = "../../../../src/link/mod.rs"]
#[allow(dead_code, unused_imports)]
mod link;
#[path = "../../../../src/protocol/mod.rs"]
#[allow(dead_code)]
mod protocol;
#[allow(dead_code)]
mod target;
#[path = "../../../../src/unit/mod.rs"]
#[allow(dead_code, unused_imports)]
mod unit;

use libfuzzer_sys::fuzz_target;

use crate::protocol::mode::{
    Pages,
    Request, //
};

/// Blocks of the unit.
const BLOCKS: u64 = 4096;

fuzz_target!(|input: &[u8]| {
    let [choice, flags, list @ ..] = input else {
        return;
    };
    let profile = target::profile(*choice);
    let mut pages = Pages::new(&profile);
    let saved = pages;
    let short = flags & 1 != 0;
    let show = |pages: &Pages| {
        let mut out = [0; 512];
        let request = Request::new(true, [0x08, 0x3f, 0xff]);
        let len = pages.sense(&saved, &profile, BLOCKS, false, &request, &mut out);
        out[..len.expect("all pages can be read")].to_vec()
    };
    let before = show(&pages);
    match pages.select(list, &profile, BLOCKS, short, flags & 2 != 0) {
        Ok(changed) => assert_eq!(changed.any, show(&pages) != before),
        Err(_) => assert_eq!(show(&pages), before),
    }
});
