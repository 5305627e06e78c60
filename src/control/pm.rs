// SPDX-License-Identifier: GPL-2.0

//! `<host>/pm/`: power management of the parent device and of the disks.

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
        host::Host,
        text, //
    },
    pm::runtime, //
};

/// The files of the directory.
pub(super) struct Pm(Arc<Host>);

impl Pm {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    fn show_autosuspend_ms(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.0.settings.autosuspend_ms())
    }

    fn store_autosuspend_ms(&self, text: &str) -> Result {
        let delay = delay(text)?;
        self.0.settings.set_autosuspend_ms(delay);
        if let Some(parent) = self.0.parent() {
            runtime::set_autosuspend_delay(&parent, delay);
        }
        Ok(())
    }

    fn show_sdev_autosuspend_ms(&self, page: &mut Page<'_>) -> fmt::Result {
        let delay = self
            .0
            .with_config(|config| config.options.sdev_autosuspend_ms);
        write!(page, "{delay}")
    }

    fn store_sdev_autosuspend_ms(&self, text: &str) -> Result {
        let delay = delay(text)?;
        self.0.with_config(|config| {
            config.check_off()?;
            config.options.sdev_autosuspend_ms = delay;
            Ok(())
        })
    }

    fn show_control(&self, page: &mut Page<'_>) -> fmt::Result {
        // User space may have written to power/control behind our back.
        let auto = match self.0.parent() {
            Some(parent) => runtime::is_auto(&parent),
            None => self.0.settings.is_auto(),
        };
        page.write_str(if auto { "auto" } else { "on" })
    }

    fn store_control(&self, text: &str) -> Result {
        let auto = match text {
            "auto" => true,
            "on" => false,
            _ => return Err(EINVAL),
        };
        self.0.settings.set_auto(auto);
        if let Some(parent) = self.0.parent() {
            runtime::set_auto(&parent, auto);
        }
        Ok(())
    }

    /// As `power/runtime_status` of the parent, which reads `unsupported` where there is none.
    fn show_status(&self, page: &mut Page<'_>) -> fmt::Result {
        let status = match self.0.parent() {
            Some(parent) => runtime::status(&parent),
            None => runtime::Status::Unsupported,
        };
        page.write_str(status.name())
    }
}

impl Directory for Pm {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(
            c"autosuspend_ms",
            Self::show_autosuspend_ms,
            Self::store_autosuspend_ms,
        ),
        Attribute::rw(
            c"sdev_autosuspend_ms",
            Self::show_sdev_autosuspend_ms,
            Self::store_sdev_autosuspend_ms,
        ),
        Attribute::rw(c"control", Self::show_control, Self::store_control),
        Attribute::ro(c"status", Self::show_status),
    ];
}

/// Reads an autosuspend delay: milliseconds, or -1 for none.
fn delay(text: &str) -> Result<i32> {
    text::int(text).and_then(|delay| if delay >= -1 { Ok(delay) } else { Err(EINVAL) })
}
