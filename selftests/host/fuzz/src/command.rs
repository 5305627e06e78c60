// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: sequences of commands with their parameter lists, of two initiators, on one unit.
//!
//! The input is the choice of a profile, then for each command one byte that says who sends it, how
//! long the CDB is and which way the data go, the CDB, the length of the data and the data.

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
#[allow(dead_code)]
mod unit;

use libfuzzer_sys::fuzz_target;

use crate::target::model::{
    self,
    Host,
    Setup, //
};

/// Splits what can be had of `len` bytes off the front.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (front, back) = rest.split_at(len.min(rest.len()));
    *rest = back;
    front
}

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let choice = take(&mut rest, 1).first().copied().unwrap_or(0);
    let mut setup = Setup::new(target::profile(choice), 2);
    while let [how, ..] = *take(&mut rest, 1) {
        let cdb = take(&mut rest, usize::from(how >> 2));
        let len = take(&mut rest, 1)
            .first()
            .map_or(0, |len| usize::from(*len) * 4);
        let mut host = if how & 2 == 0 {
            Host::reads(len)
        } else {
            let mut data = take(&mut rest, len).to_vec();
            data.resize(len, 0);
            Host::writes(data)
        };
        let before = host.data.clone();
        let result = setup.execute(usize::from(how & 1), cdb, &mut host);
        assert!(
            result.is_ok() || host.data == before,
            "a failed command sent data"
        );
        let _ = unit::execute_absent(&setup.profile, [0].into_iter(), cdb, &mut host);
        assert!(
            setup.medium.sectors.len() as u64 <= model::BLOCKS * 128,
            "wrote behind the end"
        );
    }
});
