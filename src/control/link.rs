// SPDX-License-Identifier: GPL-2.0

//! `<host>/link/`: the link between the host and its targets.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Page, //
    },
    control::host::Host, //
};

/// The files of the directory.
pub(super) struct LinkDir(Arc<Host>);

impl LinkDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    fn show_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(if self.0.link.is_down() { "down" } else { "up" })
    }

    fn store_state(&self, text: &str) -> Result {
        let down = match text {
            "up" => false,
            "down" => true,
            _ => return Err(EINVAL),
        };
        self.0.link.set_down(down);
        match self.0.adapter() {
            Some(adapter) if down => adapter.link_lost(),
            _ => {}
        }
        Ok(())
    }

    fn show_mode(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str("fail")
    }

    /// There is one mode, so that writing it changes nothing.
    fn store_mode(&self, text: &str) -> Result {
        match text {
            "fail" => Ok(()),
            _ => Err(EINVAL),
        }
    }
}

impl Directory for LinkDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"state", Self::show_state, Self::store_state),
        Attribute::rw(c"mode", Self::show_mode, Self::store_mode),
    ];
}
