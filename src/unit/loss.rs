// SPDX-License-Identifier: GPL-2.0

//! Power losses: what a logical unit forgets that it should, or should not, have saved.

use crate::{
    fault::text::words,
    unit::{
        buffer::DataBuffer,
        state::Unit, //
    }, //
};

words! {
    /// What is forgotten in a power loss.
    pub(crate) enum Lost {
        /// Nothing: there was power all the time.
        None = "none",
        /// The mode pages: those that were saved are in effect again.
        Mode = "mode",
        /// What was written since the volatile cache was flushed.
        Cache = "cache",
        /// Both of that, and all else that is volatile: reservations and registrations unless they
        /// were to persist through a power loss (APTPL), who prevents the removal of the medium, and
        /// the data buffer.
        All = "all",
    }
}

impl Lost {
    /// Returns whether the content of a volatile cache is gone.
    pub(crate) const fn has_cache(self) -> bool {
        matches!(self, Self::Cache | Self::All)
    }
}

impl Unit {
    /// Loses power for a moment. What was in the cache is the business of the medium.
    ///
    /// The power condition stays, as it is not known how a unit comes up again, and no initiator is
    /// told: hardware that forgets something is to be tested with and without a unit attention.
    pub(crate) fn lose_power(&mut self, lost: Lost) {
        if matches!(lost, Lost::Mode | Lost::All) {
            self.pages = self.saved_pages;
        }
        if lost == Lost::All {
            self.reservations.lose_power();
            self.tray.unlock();
            self.buffer = DataBuffer::new();
        }
    }
}
