// SPDX-License-Identifier: GPL-2.0

//! `<host>/luns/` and `<host>/luns/<c:t:l>/`: the logical units.

use core::{
    fmt::{
        self,
        Write, //
    },
    str, //
};

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
        Group,
        Page, //
    },
    control::{
        host::Host,
        text, //
    },
    device::{
        host::{
            CHANNELS,
            TARGETS, //
        },
        lun::{
            Attachment,
            BLOCK_SIZE, //
        },
        store::Store, //
    },
    scsi::{
        Address,
        LUNS, //
    }, //
};

/// The size of a disk of which nothing else is said, in bytes.
const DEFAULT_SIZE: u64 = 1 << 30;

/// The most commands that a host takes.
const QUEUE_DEPTH_MAX: i32 = 4096;

/// What is said of a logical unit.
pub(super) struct LunConfig {
    /// Where it is.
    pub(super) address: Address,
    /// What it keeps, for as long as the directory exists.
    pub(super) store: Arc<Store>,
    size: Atomic<u64>,
    /// Whether the host has it, or will have it when it is switched on. Changed with the
    /// configuration of the host locked.
    enabled: Atomic<bool>,
    /// 0: the `cmd_per_lun` of the host.
    queue_depth: Atomic<i32>,
    no_uld: Atomic<bool>,
}

impl LunConfig {
    /// Returns whether the host has it, or will have it when it is switched on.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Changes that.
    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Relaxed);
    }

    /// Returns what the mid layer is to be told of it.
    pub(super) fn attachment(&self) -> Attachment {
        let depth = u16::try_from(self.queue_depth.load(Relaxed)).ok();
        Attachment {
            queue_depth: depth.filter(|depth| *depth > 0),
            no_uld: self.no_uld.load(Relaxed),
        }
    }

    /// Returns how many logical blocks it has.
    pub(super) fn blocks(&self) -> u64 {
        self.size.load(Relaxed) / u64::from(BLOCK_SIZE)
    }
}

/// The directory in which logical units are made.
pub(super) struct Luns(Arc<Host>);

impl Luns {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }
}

impl Directory for Luns {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let address = address(name)?;
        let lun = Arc::new(
            LunConfig {
                address,
                store: Arc::pin_init(Store::new(), GFP_KERNEL)?,
                size: Atomic::new(DEFAULT_SIZE),
                enabled: Atomic::new(false),
                queue_depth: Atomic::new(0),
                no_uld: Atomic::new(false),
            },
            GFP_KERNEL,
        )?;
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let group = Group::new(
            &dir_name,
            Ok(LunDir {
                host: self.0.clone(),
                lun: lun.clone(),
            }),
        )?;
        self.0.with_config(|config| {
            let at = config.luns.partition_point(|other| other.address < address);
            config.luns.reserve(1, GFP_KERNEL)?;
            lun.set_enabled(config.is_off());
            config
                .luns
                .insert_within_capacity(at, lun)
                .map_err(|_| ENOMEM)
        })?;
        Ok(group)
    }
}

/// The files of one logical unit.
struct LunDir {
    host: Arc<Host>,
    lun: Arc<LunConfig>,
}

impl LunDir {
    fn show_size(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.lun.size.load(Relaxed))
    }

    fn store_size(&self, text: &str) -> Result {
        let size = text::bytes(text)?;
        if size == 0 || size % u64::from(BLOCK_SIZE) != 0 || i64::try_from(size).is_err() {
            return Err(EINVAL);
        }
        self.change(|lun| lun.size.store(size, Relaxed))
    }

    fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.lun.is_enabled()))
    }

    fn store_enable(&self, text: &str) -> Result {
        self.host.switch_lun(&self.lun, text::switch(text)?)
    }

    fn show_queue_depth(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.lun.queue_depth.load(Relaxed))
    }

    fn store_queue_depth(&self, text: &str) -> Result {
        let depth: i32 = text::int(text)?;
        if !(0..=QUEUE_DEPTH_MAX).contains(&depth) {
            return Err(EINVAL);
        }
        self.change(|lun| lun.queue_depth.store(depth, Relaxed))
    }

    fn show_no_uld(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.lun.no_uld.load(Relaxed)))
    }

    fn store_no_uld(&self, text: &str) -> Result {
        let no_uld = text::switch(text)?;
        self.change(|lun| lun.no_uld.store(no_uld, Relaxed))
    }

    /// Changes what is said of the unit, unless it and its host are on.
    fn change(&self, change: impl FnOnce(&LunConfig)) -> Result {
        self.host.with_config(|config| {
            config.check_lun_off(&self.lun)?;
            change(&self.lun);
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
        write!(page, "{}", self.lun.store.mapped_bytes())
    }
}

impl Directory for LunDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        Attribute::rw(c"size", Self::show_size, Self::store_size),
        Attribute::rw(
            c"queue_depth",
            Self::show_queue_depth,
            Self::store_queue_depth,
        ),
        Attribute::rw(c"no_uld", Self::show_no_uld, Self::store_no_uld),
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
            adapter.remove_lun(self.lun.address);
        }
    }
}

/// Reads the name of a logical unit's directory: the last three numbers of H:C:T:L, so that unit
/// 256 is called 16640 ([`crate::scsi::Address`]).
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, for leading zeros (there would be two names for one
/// unit), and for numbers that a host does not have.
fn address(name: &str) -> Result<Address> {
    let mut fields = name.split(':').map(|field| {
        let plain = field == "0" || !field.starts_with('0');
        if plain && field.bytes().all(|byte| byte.is_ascii_digit()) {
            text::int::<u32>(field)
        } else {
            Err(EINVAL)
        }
    });
    let mut next = || fields.next().unwrap_or(Err(EINVAL));
    let address = Address::from_mid_layer(next()?, next()?, u64::from(next()?));
    let known = address.channel < CHANNELS && address.id < TARGETS && address.lun < LUNS;
    if fields.next().is_some() || !known {
        return Err(EINVAL);
    }
    Ok(address)
}
