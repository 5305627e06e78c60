// SPDX-License-Identifier: GPL-2.0

//! The link between the host and its targets.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// A link that fails commands while it is down, as tcm_loop's offline transport does.
pub(crate) struct Link {
    down: Atomic<bool>,
}

impl Link {
    /// Creates a link that is up.
    pub(crate) fn new() -> Self {
        Self {
            down: Atomic::new(false),
        }
    }

    /// Returns whether the link is down.
    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Relaxed)
    }

    /// Takes the link down or brings it up.
    ///
    /// Whoever takes it down while the host is on also has to call
    /// [`crate::device::host::Adapter::link_lost`].
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Relaxed);
    }
}
