// SPDX-License-Identifier: GPL-2.0

//! `<host>/luns/<c:t:l>/medium/`: the slot of a removable unit, as the user stands before it.
//!
//! A unit that is on may be asked to eject and take a medium at any time; what is in it from the
//! start, `present` says.

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
        luns::LunConfig,
        spec::whole_blocks,
        stores::Registry,
        text, //
    },
    device::{
        host::Adapter,
        lun::Lun, //
    },
    protocol::mmc::event::Event,
    unit::tray::{
        Position,
        Tray, //
    },
};

/// The files of the directory.
pub(super) struct MediumDir {
    host: Arc<Host>,
    lun: Arc<LunConfig>,
    registry: Arc<Registry>,
}

impl MediumDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>, lun: Arc<LunConfig>, registry: Arc<Registry>) -> Self {
        Self {
            host,
            lun,
            registry,
        }
    }

    /// Tells the rules that the medium is another one.
    fn changed(&self) {
        if let Some(adapter) = self.host.adapter() {
            Adapter::medium_changed(adapter.as_arc_borrow(), Some(self.lun.address));
        }
    }

    /// Returns what `read` says of the tray of a unit that is on and has one.
    fn tray<R>(&self, read: impl FnOnce(&Tray) -> R) -> Option<R> {
        self.lun.with(|state| {
            let lun = state.live.as_ref()?;
            Some(lun.drive().with_unit(|unit| read(unit.tray())))
        })
    }

    /// Does something to the tray of a unit that is on.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the unit is off, [`EOPNOTSUPP`] if its medium cannot be taken out, and
    /// the error of `act`.
    fn act(&self, act: impl FnOnce(&Lun) -> Result) -> Result {
        self.lun.with(|state| {
            let lun = state.live.as_ref().ok_or(ENODEV)?;
            if !lun.drive().profile().removable {
                return Err(EOPNOTSUPP);
            }
            act(lun)
        })
    }

    fn show_present(&self, page: &mut Page<'_>) -> fmt::Result {
        let present = self
            .tray(Tray::is_loaded)
            .unwrap_or_else(|| self.lun.with(|state| state.spec.present));
        write!(page, "{}", u8::from(present))
    }

    /// Takes the medium away, whoever prevents it, or puts it back.
    fn store_present(&self, text: &str) -> Result {
        let present = text::switch(text)?;
        let on = self.lun.with(|state| {
            state.spec.present = present;
            state.live.is_some()
        });
        if !on {
            return Ok(());
        }
        self.act(|lun| {
            if present {
                lun.drive().insert_medium()
            } else {
                lun.drive().remove_medium()
            }
        })?;
        self.changed();
        Ok(())
    }

    fn show_tray(&self, page: &mut Page<'_>) -> fmt::Result {
        let position = self.tray(Tray::position).unwrap_or(Position::Closed);
        write!(page, "{position}")
    }

    /// Moves the tray by force, as with a needle.
    fn store_tray(&self, text: &str) -> Result {
        let position = text::word(text, Position::parse)?;
        self.act(|lun| {
            lun.drive().with_unit(|unit| match position {
                Position::Open => {
                    unit.eject(true);
                }
                Position::Closed => unit.close(),
            });
            Ok(())
        })?;
        self.changed();
        Ok(())
    }

    /// Presses the button.
    fn store_eject(&self, text: &str) -> Result {
        text::go(text)?;
        self.act(|lun| {
            lun.drive().with_unit(|unit| unit.eject(false));
            Ok(())
        })
    }

    /// Puts the content of a named store into the drive, in place of what may be in it.
    fn store_insert(&self, text: &str) -> Result {
        let store = self.registry.find(text)?;
        self.lun.with(|state| {
            let lun = state.live.as_ref().ok_or(ENODEV)?;
            let profile = lun.drive().profile();
            if !profile.removable {
                return Err(EOPNOTSUPP);
            }
            let blocks =
                whole_blocks(profile.kind, store.size(), profile.block_size).ok_or(EINVAL)?;
            lun.drive().change_medium(store.store().clone(), |unit| {
                unit.insert(blocks).map_err(|_| EBUSY)
            })?;
            // The content that the unit has from now on, also when it is off and on again.
            state.named = Some(store);
            state.spec.present = true;
            Ok(())
        })?;
        self.changed();
        Ok(())
    }

    fn show_locked(&self, page: &mut Page<'_>) -> fmt::Result {
        let locked = self.tray(Tray::is_locked).unwrap_or(false);
        write!(page, "{}", u8::from(locked))
    }

    /// The event that the next GET EVENT STATUS NOTIFICATION reports.
    fn show_event(&self, page: &mut Page<'_>) -> fmt::Result {
        let event = self.tray(Tray::event).unwrap_or(Event::None);
        write!(page, "{event}")
    }

    fn store_event(&self, text: &str) -> Result {
        let event = text::word(text, Event::parse)?;
        self.act(|lun| {
            lun.drive()
                .with_unit(|unit| unit.tray_mut().announce(event));
            Ok(())
        })
    }
}

impl Directory for MediumDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"present", Self::show_present, Self::store_present),
        Attribute::rw(c"tray", Self::show_tray, Self::store_tray),
        Attribute::wo(c"eject", Self::store_eject),
        Attribute::wo(c"insert", Self::store_insert),
        Attribute::ro(c"locked", Self::show_locked),
        Attribute::rw(c"event", Self::show_event, Self::store_event),
    ];
}
