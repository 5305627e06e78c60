// SPDX-License-Identifier: GPL-2.0

//! `<host>/pm/`: power management of the parent device and of the disks.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    device,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    }, //
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
            choice,
            number,
            switch,
            word, //
        },
        host::Host,
        text, //
    },
    device::settings::{
        Options,
        Settings,
        WhileSuspended,
        CALLBACK_LATENCY_MAX_MS, //
    },
    pm::{
        runtime,
        tree, //
    },
    unit::Lost, //
};

/// The files of the directory.
pub(super) struct Pm(Arc<Host>);

impl Pm {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    /// Shows something that is said of the host.
    fn show(&self, show: impl FnOnce(&Options) -> fmt::Result) -> fmt::Result {
        self.0.with_config(|config| show(&config.options))
    }

    /// Changes what is said, unless the host is on.
    fn change(&self, change: impl FnOnce(&mut Options)) -> Result {
        self.0.with_config(|config| {
            config.check_off()?;
            change(&mut config.options);
            Ok(())
        })
    }

    /// Returns what may be changed at any time.
    fn settings(&self) -> &Settings {
        &self.0.shared.settings
    }

    /// Returns the parent device.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] while there is none.
    fn parent(&self) -> Result<ARef<device::Device>> {
        self.0.parent().ok_or(ENODEV)
    }

    fn show_autosuspend_ms(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.settings().autosuspend_ms())
    }

    fn store_autosuspend_ms(&self, text: &str) -> Result {
        let delay = text::within(text, &DELAY)?;
        self.settings().set_autosuspend_ms(delay);
        if let Some(parent) = self.0.parent() {
            runtime::set_autosuspend_delay(&parent, delay);
        }
        Ok(())
    }

    fn show_control(&self, page: &mut Page<'_>) -> fmt::Result {
        // User space may have written to power/control behind our back.
        let auto = match self.0.parent() {
            Some(parent) => runtime::is_auto(&parent),
            None => self.settings().is_auto(),
        };
        page.write_str(if auto { "auto" } else { "on" })
    }

    fn store_control(&self, text: &str) -> Result {
        let auto = match text {
            "auto" => true,
            "on" => false,
            _ => return Err(EINVAL),
        };
        self.settings().set_auto(auto);
        if let Some(parent) = self.0.parent() {
            runtime::set_auto(&parent, auto);
        }
        Ok(())
    }

    fn show_lose_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(self.settings().lose_state().name())
    }

    fn store_lose_state(&self, text: &str) -> Result {
        let lost = text::word(text, Lost::parse)?;
        self.settings().set_lose_state(lost);
        if let Some(adapter) = self.0.adapter() {
            adapter.keep_undo();
        }
        Ok(())
    }

    fn store_wake(&self, text: &str) -> Result {
        text::go(text)?;
        runtime::request_resume(&*self.parent()?);
        Ok(())
    }

    fn store_idle(&self, text: &str) -> Result {
        text::go(text)?;
        runtime::request_idle(&*self.parent()?);
        Ok(())
    }

    /// Makes runtime power management of the parent go on after a callback has failed for good.
    fn store_clear_error(&self, text: &str) -> Result {
        text::go(text)?;
        runtime::clear_error(&*self.parent()?)
    }

    /// As `power/runtime_status` of the parent, which reads `unsupported` where there is none.
    fn show_status(&self, page: &mut Page<'_>) -> fmt::Result {
        let status = match self.0.parent() {
            Some(parent) => runtime::status(&parent),
            None => runtime::Status::Unsupported,
        };
        page.write_str(status.name())
    }

    fn show_usage(&self, page: &mut Page<'_>) -> fmt::Result {
        let usage = self
            .0
            .parent()
            .map_or(0, |parent| runtime::usage_count(&parent));
        write!(page, "{usage}")
    }

    /// The parent, the host, its targets and their devices, one a line: the name, the runtime
    /// status and the usage count, as sysfs has them.
    fn show_devices(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(parent) = self.0.parent() else {
            return Ok(());
        };
        let mut end = "";
        tree::visit(&parent, &mut |dev| {
            let name = dev.name().to_str().unwrap_or_default();
            let status = runtime::status(dev).name();
            write!(page, "{end}{name} {status} {}", runtime::usage_count(dev))?;
            end = "\n";
            Ok(())
        })
    }
}

/// An autosuspend delay: milliseconds, or -1 for none.
const DELAY: core::ops::RangeInclusive<i32> = -1..=i32::MAX;

impl Directory for Pm {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        choice!(c"runtime", runtime, "off", "on"),
        Attribute::rw(c"control", Self::show_control, Self::store_control),
        Attribute::rw(
            c"autosuspend_ms",
            Self::show_autosuspend_ms,
            Self::store_autosuspend_ms,
        ),
        switch!(c"sdev_autosuspend", power.rpm_autosuspend),
        number!(c"sdev_autosuspend_ms", sdev_autosuspend_ms, DELAY),
        switch!(
            c"manage_runtime_start_stop",
            power.manage_runtime_start_stop
        ),
        switch!(c"manage_system_start_stop", power.manage_system_start_stop),
        switch!(c"manage_shutdown", power.manage_shutdown),
        switch!(c"manage_restart", power.manage_restart),
        switch!(
            c"force_runtime_start_on_system_start",
            power.force_runtime_start_on_system_start
        ),
        switch!(c"start_stop_pwr_cond", power.start_stop_pwr_cond),
        switch!(c"ignore_media_change", power.ignore_media_change),
        switch!(c"silence_suspend", power.silence_suspend),
        switch!(c"async_suspend", async_suspend),
        switch!(c"ignore_children", ignore_children),
        attribute!(
            c"supplier",
            [supplier],
            |text| text::address_or_none(text),
            |value| text::OrNone(value.as_ref())
        ),
        number!(
            c"suspend_ms",
            suspend_ms / set_suspend_ms,
            0..=CALLBACK_LATENCY_MAX_MS
        ),
        number!(
            c"resume_ms",
            resume_ms / set_resume_ms,
            0..=CALLBACK_LATENCY_MAX_MS
        ),
        attribute!(
            c"resume_ua",
            [resume_ua / set_resume_ua],
            |text| text::attentions(text),
            |value| value
        ),
        Attribute::rw(c"lose_state", Self::show_lose_state, Self::store_lose_state),
        word!(
            c"io_while_suspended",
            while_suspended / set_while_suspended,
            WhileSuspended
        ),
        Attribute::wo(c"wake", Self::store_wake),
        Attribute::wo(c"idle", Self::store_idle),
        Attribute::wo(c"clear_error", Self::store_clear_error),
        Attribute::ro(c"status", Self::show_status),
        Attribute::ro(c"usage", Self::show_usage),
        Attribute::ro(c"devices", Self::show_devices),
    ];
}
