// SPDX-License-Identifier: GPL-2.0

//! `<host>/link/`: the link between the host and its targets.
//!
//! What the settings mean is in [`crate::link`]. They are checked together whenever one is written,
//! so that they can be used at any time.

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
    control::{
        attributes::{
            attribute,
            number,
            switch,
            word, //
        },
        host::Host,
        text, //
    },
    device::{
        host::Adapter,
        link::{
            Input,
            Snapshot, //
        },
        settings, //
    },
    link::{
        settings::{
            Mode,
            OnUp,
            Settings, //
        },
        text::{
            Bounce,
            Timeout, //
        }, //
    }, //
};

/// The longest delay in milliseconds: an hour.
const DELAY_MAX_MS: u32 = 3_600_000;

/// The files of the directory.
pub(super) struct LinkDir(Arc<Host>);

impl LinkDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    /// Shows one of the settings.
    fn show_live(&self, show: impl FnOnce(&Settings) -> fmt::Result) -> fmt::Result {
        show(&self.0.shared.link.settings())
    }

    /// Changes one of them, unless it does not go together with the others.
    fn change_live(&self, change: impl FnOnce(&mut Settings)) -> Result {
        self.0
            .shared
            .link
            .change_settings(change)
            .map_err(|reason| {
                self.0.log(format_args!("link/{reason}"));
                EINVAL
            })
    }

    /// Returns what is kept with those of the host.
    fn settings(&self) -> &settings::Settings {
        &self.0.shared.settings
    }

    /// Returns how the link is now.
    fn snapshot(&self) -> Snapshot {
        self.0.shared.link.snapshot()
    }

    fn show_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(if self.snapshot().down { "down" } else { "up" })
    }

    /// Comes back when the targets are what the link makes of them, or after a while.
    fn store_state(&self, text: &str) -> Result {
        let input = match text {
            "up" => Input::Up,
            "down" => Input::Down,
            _ => return Err(EINVAL),
        };
        let adapter = self.0.with_config(|config| {
            let adapter = config.adapter();
            if adapter.is_none() {
                self.0.shared.link.remember(input);
            }
            adapter
        });
        adapter.map_or(Ok(()), |adapter| {
            Adapter::change_link_by_hand(adapter.as_arc_borrow(), input)
        })
    }

    fn store_bounce(&self, text: &str) -> Result {
        let bounce = text::word(text, Bounce::parse)?;
        if bounce.down_ms > DELAY_MAX_MS || bounce.up_ms > DELAY_MAX_MS {
            return Err(EINVAL);
        }
        let adapter = self.0.adapter().ok_or(ENODEV)?;
        Adapter::change_link_by_hand(adapter.as_arc_borrow(), Input::Bounce(bounce))
    }

    fn show_status(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(self.snapshot().status.name())
    }

    fn show_down_on_suspend(&self, page: &mut Page<'_>) -> fmt::Result {
        let goes_down = self.0.shared.link.goes_down_on_suspend();
        write!(page, "{}", u8::from(goes_down))
    }

    fn store_down_on_suspend(&self, text: &str) -> Result {
        let goes_down = text::switch(text)?;
        self.0.shared.link.set_down_on_suspend(goes_down);
        Ok(())
    }

    fn show_downs(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.snapshot().downs)
    }

    fn show_transitions(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.snapshot().transitions)
    }

    /// On the monotonic clock, with the resolution of a millisecond; 0 if it never changed.
    fn show_last_change_ns(&self, page: &mut Page<'_>) -> fmt::Result {
        let ns = self.snapshot().last_change_ms.saturating_mul(1_000_000);
        write!(page, "{ns}")
    }
}

impl Directory for LinkDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"state", Self::show_state, Self::store_state),
        Attribute::ro(c"status", Self::show_status),
        word!(c"mode", live mode, Mode),
        word!(c"fast_io_fail_tmo", live fast_io_fail_tmo, Timeout),
        word!(c"dev_loss_tmo", live dev_loss_tmo, Timeout),
        word!(c"reconnect_delay", live reconnect_delay, Timeout),
        Attribute::wo(c"bounce", Self::store_bounce),
        number!(c"flap_jitter_ms", live flap_jitter_ms, 0..=DELAY_MAX_MS),
        word!(c"on_up", live on_up, OnUp),
        attribute!(
            c"up_ua",
            [up_ua / set_up_ua],
            |text| text::attentions(text),
            |value| value
        ),
        switch!(c"wwn_change", live wwn_change),
        Attribute::rw(
            c"down_on_suspend",
            Self::show_down_on_suspend,
            Self::store_down_on_suspend,
        ),
        number!(c"up_delay_ms", live up_delay_ms, 0..=DELAY_MAX_MS),
        Attribute::ro(c"downs", Self::show_downs),
        Attribute::ro(c"transitions", Self::show_transitions),
        Attribute::ro(c"last_change_ns", Self::show_last_change_ns),
    ];
}
