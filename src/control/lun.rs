// SPDX-License-Identifier: GPL-2.0

//! `<host>/luns/<c:t:l>/`: a logical unit.
//!
//! What describes the hardware can be changed while the unit is off; what hardware lets its owner
//! change, such as the write protect switch, at any time.

use core::{
    fmt::{
        self,
        Write, //
    },
    str, //
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
            number,
            switch, //
        },
        host::Host,
        lun_power::{
            flag,
            show_flag,
            spin, //
        },
        luns::{
            LunConfig,
            State, //
        },
        spec::{
            is_block_size,
            kind_name,
            parse_kind,
            parse_lbprz,
            parse_text,
            parse_wwid,
            print_text,
            print_wwid,
            whole_blocks,
            Spec, //
        },
        stores::Registry,
        text, //
    },
    device::{
        host::Adapter,
        lun::Lun, //
    },
    protocol::{
        profile::AccessState,
        sense::Asc, //
    }, //
};

/// The files of one logical unit.
pub(super) struct LunDir {
    host: Arc<Host>,
    registry: Arc<Registry>,
    lun: Arc<LunConfig>,
}

impl LunDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>, registry: Arc<Registry>, lun: Arc<LunConfig>) -> Self {
        Self {
            host,
            registry,
            lun,
        }
    }

    /// Calls `f` with the unit's configuration locked.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        self.lun.with(f)
    }

    /// Shows something that is said of the unit.
    fn show(&self, show: impl FnOnce(&Spec) -> fmt::Result) -> fmt::Result {
        self.lun.with(|state| show(&state.spec))
    }

    /// Changes what is said, unless the unit is on.
    pub(super) fn change(&self, change: impl FnOnce(&mut Spec)) -> Result {
        self.lun.with(|state| {
            state.check_off()?;
            change(&mut state.spec);
            Ok(())
        })
    }

    /// Changes what is said, and the unit itself if it is on.
    pub(super) fn change_live(&self, change: impl FnOnce(&mut Spec), live: impl FnOnce(&Lun)) {
        self.lun.with(|state| {
            change(&mut state.spec);
            if let Some(lun) = &state.live {
                live(lun);
            }
        });
    }

    fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.lun.is_enabled()))
    }

    fn store_enable(&self, text: &str) -> Result {
        self.host.switch_lun(&self.lun, text::switch(text)?)
    }

    fn show_vendor(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| print_text(page, spec.vendor.get()))
    }

    fn store_vendor(&self, text: &str) -> Result {
        let vendor = text::word(text, parse_text)?;
        self.change(|spec| spec.vendor = vendor)
    }

    fn show_model(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| print_text(page, spec.model().ok_or(fmt::Error)?.get()))
    }

    fn store_model(&self, text: &str) -> Result {
        let model = text::word(text, parse_text)?;
        self.change(|spec| spec.model = Some(model))
    }

    fn show_rev(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| print_text(page, spec.rev.get()))
    }

    fn store_rev(&self, text: &str) -> Result {
        let rev = text::word(text, parse_text)?;
        self.change(|spec| spec.rev = rev)
    }

    fn show_serial(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let serial = state.spec.serial(self.lun.id(state)).ok_or(fmt::Error)?;
            print_text(page, serial.get())
        })
    }

    fn store_serial(&self, text: &str) -> Result {
        let serial = text::word(text, parse_text)?;
        self.change(|spec| spec.serial = Some(serial))
    }

    fn show_wwid(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let wwid = state.spec.wwid(self.lun.id(state)).ok_or(fmt::Error)?;
            print_wwid(page, &wwid)
        })
    }

    fn store_wwid(&self, text: &str) -> Result {
        let wwid = text::word(text, parse_wwid)?;
        self.change(|spec| spec.wwid = Some(wwid))
    }

    fn show_type(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| page.write_str(kind_name(spec.kind)))
    }

    fn store_type(&self, text: &str) -> Result {
        let kind = text::word(text, parse_kind)?;
        self.change(|spec| spec.kind = kind)
    }

    /// The size of the medium: that of the named store, if the unit has one.
    fn show_size(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| write!(page, "{}", size(state)))
    }

    /// Changes the capacity; a unit that is on tells its initiators with a unit attention.
    fn store_size(&self, text: &str) -> Result {
        let size = text::size(text)?;
        self.lun.with(|state| {
            if state.named.is_some() {
                return Err(EBUSY);
            }
            let block_size = state.spec.sector_size();
            if let Some(lun) = &state.live {
                let blocks = whole_blocks(state.spec.kind, size, block_size).ok_or(EINVAL)?;
                lun.drive().with_unit(|unit| unit.set_blocks(blocks));
            }
            state.spec.size = size;
            Ok(())
        })
    }

    fn show_sector_size(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| write!(page, "{}", spec.sector_size()))
    }

    fn store_sector_size(&self, text: &str) -> Result {
        let bytes = text::int(text)?;
        if !is_block_size(bytes) {
            return Err(EINVAL);
        }
        self.change(|spec| spec.sector_size = Some(bytes))
    }

    fn show_lbprz(&self, page: &mut Page<'_>) -> fmt::Result {
        // CAST: The enum is `repr(u8)`.
        self.show(|spec| write!(page, "{}", spec.provisioning.reads as u8))
    }

    fn store_lbprz(&self, text: &str) -> Result {
        let reads = text::word(text, parse_lbprz)?;
        self.change(|spec| spec.provisioning.reads = reads)
    }

    fn show_store(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let name = state.named.as_ref().map(|store| store.name());
            page.write_str(name.unwrap_or(PRIVATE))
        })
    }

    fn store_store(&self, text: &str) -> Result {
        let named = match text {
            PRIVATE => None,
            name => Some(self.registry.find(name)?),
        };
        let old = self.lun.with(|state| {
            state.check_off()?;
            Ok(core::mem::replace(&mut state.named, named))
        });
        old.map(drop)
    }

    fn show_ro(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(|spec| write!(page, "{}", u8::from(spec.ro)))
    }

    fn store_ro(&self, text: &str) -> Result {
        let ro = text::switch(text)?;
        self.change_live(
            |spec| spec.ro = ro,
            |lun| lun.drive().with_unit(|unit| unit.set_read_only(ro)),
        );
        Ok(())
    }

    /// MODE SELECT may have changed it since.
    fn show_write_cache(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let live = state.live.as_ref();
            let on = live.map(|lun| lun.drive().with_unit(|unit| unit.write_cache()));
            write!(page, "{}", u8::from(on.unwrap_or(state.spec.write_cache)))
        })
    }

    fn store_write_cache(&self, text: &str) -> Result {
        let on = text::switch(text)?;
        self.change_live(
            |spec| spec.write_cache = on,
            |lun| lun.drive().with_unit(|unit| unit.set_write_cache(on)),
        );
        Ok(())
    }

    fn show_alua_state(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let live = state.live.as_ref();
            let now = live.map(|lun| lun.drive().with_unit(|unit| unit.access_state(lun.nexus())));
            page.write_str(now.unwrap_or(state.spec.alua_state).name())
        })
    }

    fn store_alua_state(&self, text: &str) -> Result {
        let access = text::word(text, AccessState::parse)?;
        self.change_live(
            |spec| spec.alua_state = access,
            |lun| {
                lun.drive()
                    .with_unit(|unit| unit.set_access_state(lun.nexus(), access));
            },
        );
        Ok(())
    }

    /// The unit attentions that this host has not been told of yet.
    fn show_ua(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let Some(lun) = &state.live else {
                return Ok(());
            };
            lun.drive().with_unit(|unit| {
                let pending = unit.pending(lun.nexus()).enumerate();
                for (at, asc) in pending {
                    let comma = if at == 0 { "" } else { "," };
                    write!(page, "{comma}{asc}")?;
                }
                Ok(())
            })
        })
    }

    /// Queues unit attentions for this host, if the unit is on.
    fn store_ua(&self, text: &str) -> Result {
        if text.split(',').any(|code| Asc::parse(code).is_none()) {
            return Err(EINVAL);
        }
        self.lun.with(|state| {
            let lun = state.live.as_ref().ok_or(ENODEV)?;
            lun.drive().with_unit(|unit| {
                for asc in text.split(',').filter_map(Asc::parse) {
                    unit.queue_attention(Some(lun.nexus()), asc);
                }
            });
            Ok(())
        })
    }

    /// Empty while no driver of the mid layer has made one.
    fn show_block_dev(&self, page: &mut Page<'_>) -> fmt::Result {
        let mut name = [0; 32];
        let len = self
            .host
            .adapter()
            .and_then(|adapter| adapter.block_device(self.lun.address, &mut name));
        let name = len.and_then(|len| name.get(..len));
        page.write_str(str::from_utf8(name.unwrap_or_default()).map_err(|_| fmt::Error)?)
    }

    fn show_mapped_bytes(&self, page: &mut Page<'_>) -> fmt::Result {
        self.lun.with(|state| {
            let bytes = match (&state.live, &state.named) {
                (Some(lun), _) => lun.drive().mapped_bytes(),
                (None, Some(store)) => store.store().mapped_bytes(),
                (None, None) => self.lun.private.mapped_bytes(),
            };
            write!(page, "{bytes}")
        })
    }
}

/// The most commands that a host takes.
const QUEUE_DEPTH_MAX: u16 = 4096;

/// The word for a store that only this unit has.
const PRIVATE: &str = "private";

/// Returns the size of a unit's medium in bytes.
fn size(state: &State) -> u64 {
    match &state.named {
        Some(store) => store.size(),
        None => state.spec.size,
    }
}

impl Directory for LunDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        number!(c"queue_depth", queue_depth, 0..=QUEUE_DEPTH_MAX),
        switch!(c"no_uld", no_uld),
        Attribute::rw(c"type", Self::show_type, Self::store_type),
        Attribute::rw(c"vendor", Self::show_vendor, Self::store_vendor),
        Attribute::rw(c"model", Self::show_model, Self::store_model),
        Attribute::rw(c"rev", Self::show_rev, Self::store_rev),
        Attribute::rw(c"serial", Self::show_serial, Self::store_serial),
        Attribute::rw(c"wwid", Self::show_wwid, Self::store_wwid),
        Attribute::rw(c"store", Self::show_store, Self::store_store),
        Attribute::rw(c"size", Self::show_size, Self::store_size),
        Attribute::rw(
            c"sector_size",
            Self::show_sector_size,
            Self::store_sector_size,
        ),
        number!(c"physblk_exp", physblk_exp, 0..=15),
        number!(c"lowest_aligned", lowest_aligned, 0..=0x3fff),
        number!(c"rotation_rpm", rotation_rate, 0..=0xfffe),
        number!(c"opt_blks", limits.optimal_transfer, 0..=u32::MAX),
        number!(c"opt_xfer_exp", limits.optimal_exponent, 0..=15),
        number!(c"max_xfer", limits.max_transfer, 0..=u32::MAX),
        switch!(c"removable", removable),
        switch!(c"dpofua", dpofua),
        switch!(c"dsense", dsense),
        switch!(c"lbpu", provisioning.unmap),
        switch!(c"lbpws", provisioning.write_same_16),
        switch!(c"lbpws10", provisioning.write_same_10),
        Attribute::rw(c"lbprz", Self::show_lbprz, Self::store_lbprz),
        number!(
            c"unmap_granularity",
            provisioning.granularity,
            1..=0x8000_0000
        ),
        number!(c"unmap_alignment", provisioning.alignment, 0..=0x7fff_ffff),
        number!(c"unmap_max_blocks", provisioning.max_blocks, 0..=u32::MAX),
        number!(
            c"unmap_max_desc",
            provisioning.max_descriptors,
            0..=u32::MAX
        ),
        number!(c"write_same_max", limits.max_write_same, 0..=u64::MAX),
        number!(c"atomic_max_length", atomic.max_length, 0..=u32::MAX),
        number!(c"atomic_align", atomic.alignment, 0..=u32::MAX),
        number!(c"atomic_gran", atomic.granularity, 0..=u32::MAX),
        number!(
            c"atomic_max_length_bndry",
            atomic.max_length_boundary,
            0..=u32::MAX
        ),
        number!(c"atomic_max_bndry", atomic.max_boundary, 0..=u32::MAX),
        number!(c"alua_group", alua_group, 0..=u16::MAX),
        Attribute::rw(c"alua_state", Self::show_alua_state, Self::store_alua_state),
        Attribute::rw(c"ro", Self::show_ro, Self::store_ro),
        Attribute::rw(
            c"write_cache",
            Self::show_write_cache,
            Self::store_write_cache,
        ),
        flag!(c"manage_system_start_stop", manage_system_start_stop),
        flag!(c"manage_runtime_start_stop", manage_runtime_start_stop),
        flag!(c"manage_shutdown", manage_shutdown),
        flag!(c"manage_restart", manage_restart),
        flag!(
            c"force_runtime_start_on_system_start",
            force_runtime_start_on_system_start
        ),
        flag!(c"allow_restart", allow_restart),
        flag!(c"start_stop_pwr_cond", start_stop_pwr_cond),
        flag!(c"ignore_media_change", ignore_media_change),
        flag!(c"silence_suspend", silence_suspend),
        spin!(c"start_ms", start_ms),
        spin!(c"stop_ms", stop_ms),
        Attribute::rw(
            c"tur_ms_to_ready",
            |dir, page| dir.show(|spec| write!(page, "{}", spec.tur_ms_to_ready)),
            Self::store_tur_ms_to_ready,
        ),
        Attribute::rw(c"ua", Self::show_ua, Self::store_ua),
        Attribute::ro(c"power_cond", Self::show_power_cond),
        Attribute::ro(c"block_dev", Self::show_block_dev),
        Attribute::ro(c"mapped_bytes", Self::show_mapped_bytes),
    ];

    fn removed(&self) {
        let adapter = self.host.with_config(|config| {
            let address = self.lun.address;
            if let Ok(at) = config
                .luns
                .binary_search_by(|lun| lun.address.cmp(&address))
            {
                // There is something at that place.
                let _ = config.luns.remove(at);
            }
            config.adapter().filter(|_| self.lun.is_enabled())
        });
        if let Some(adapter) = adapter {
            Adapter::remove_lun(adapter.as_arc_borrow(), self.lun.address);
        }
        self.lun.disconnect();
    }
}
