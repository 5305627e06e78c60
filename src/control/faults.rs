// SPDX-License-Identifier: GPL-2.0

//! `<host>/faults/`: where fault rules are made.

use kernel::{
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Group, //
    },
    control::{
        host::Host,
        rule::RuleDir, //
    }, //
};

/// The directory in which rules are made.
pub(super) struct Faults {
    host: Arc<Host>,
    /// How many rules were ever made: rules of one priority are evaluated in the order in which
    /// they were.
    made: Atomic<u64>,
}

impl Faults {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self {
            host,
            made: Atomic::new(0),
        }
    }
}

impl Directory for Faults {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let made = self.made.fetch_add(1, Relaxed);
        Group::new(&dir_name, RuleDir::new(self.host.clone(), name, made))
    }
}
