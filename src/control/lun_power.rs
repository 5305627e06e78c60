// SPDX-License-Identifier: GPL-2.0

//! What a logical unit's directory says of its power.

use core::fmt::{
    self,
    Write, //
};

use kernel::prelude::*;

use crate::{
    configfs::Page,
    control::{
        lun::LunDir,
        text, //
    },
    device::lun::{
        PowerFlags,
        SpinTimes, //
    }, //
};

/// The longest time, in milliseconds, that a unit may take to start, to stop, or to become ready.
const MS_MAX: u32 = 600_000;

/// The word for a flag that is as the host has it.
const AS_HOST: &str = "host";

/// Reads a time.
///
/// # Errors
///
/// Returns [`EINVAL`] for one that is too long, and for what is none.
fn milliseconds(text: &str) -> Result<u32> {
    let ms = text::int(text)?;
    (ms <= MS_MAX).then_some(ms).ok_or(EINVAL)
}

/// A flag of the mid layer's device, or what the host has for all; changed while the unit is off.
macro_rules! flag {
    ($name:literal, $field:ident) => {
        Attribute::rw(
            $name,
            |dir, page| dir.show(|spec| show_flag(page, spec.power.$field)),
            |dir, text| dir.store_flag(text, |power| &mut power.$field),
        )
    };
}

/// How long the motor takes, which can be changed at any time.
macro_rules! spin {
    ($name:literal, $field:ident) => {
        Attribute::rw(
            $name,
            |dir, page| dir.show(|spec| write!(page, "{}", spec.spin.$field)),
            |dir, text| dir.store_spin(text, |spin| &mut spin.$field),
        )
    };
}

pub(super) use flag;
pub(super) use spin;

/// Shows a flag.
pub(super) fn show_flag(page: &mut Page<'_>, flag: Option<bool>) -> fmt::Result {
    match flag {
        Some(on) => write!(page, "{}", u8::from(on)),
        None => page.write_str(AS_HOST),
    }
}

impl LunDir {
    /// Changes a flag, unless the unit is on.
    pub(super) fn store_flag(
        &self,
        text: &str,
        place: impl FnOnce(&mut PowerFlags) -> &mut Option<bool>,
    ) -> Result {
        let flag = match text {
            AS_HOST => None,
            text => Some(text::switch(text)?),
        };
        self.change(|spec| *place(&mut spec.power) = flag)
    }

    /// Changes how long the motor takes.
    pub(super) fn store_spin(
        &self,
        text: &str,
        place: impl FnOnce(&mut SpinTimes) -> &mut u32,
    ) -> Result {
        let ms = milliseconds(text)?;
        self.with(|state| {
            *place(&mut state.spec.spin) = ms;
            if let Some(lun) = &state.live {
                lun.set_spin(state.spec.spin);
            }
        });
        Ok(())
    }

    /// Changes how long the unit is becoming ready, from the next start on.
    pub(super) fn store_tur_ms_to_ready(&self, text: &str) -> Result {
        let ms = milliseconds(text)?;
        self.change_live(
            |spec| spec.tur_ms_to_ready = ms,
            |lun| lun.drive().with_unit(|unit| unit.set_ms_to_ready(ms)),
        );
        Ok(())
    }

    /// Active while the unit is off.
    pub(super) fn show_power_cond(&self, page: &mut Page<'_>) -> fmt::Result {
        self.with(|state| {
            let live = state.live.as_ref();
            let condition = live.map(|lun| lun.drive().with_unit(|unit| unit.power_condition()));
            page.write_str(condition.map_or("active", |condition| condition.name()))
        })
    }
}
