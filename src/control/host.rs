// SPDX-License-Identifier: GPL-2.0

//! `<host>/`: the host adapter as a whole.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    device,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Page, //
    },
    control::{
        luns::LunConfig,
        text, //
    },
    device::{
        host::{
            Adapter,
            Running,
            Settings, //
        },
        link::Link,
        lun::Lun,
        rules::RuleSet, //
    },
    ffi::workqueue::OwnedQueue, //
};

/// The live parts of a host that is switched on.
#[derive(Clone)]
pub(super) struct Live {
    /// The adapter.
    pub(super) adapter: Arc<Adapter>,
    /// Its parent device.
    pub(super) parent: ARef<device::Device>,
}

/// What is configured, and whether it may change.
pub(super) struct Config {
    /// How the host is set up when it is switched on.
    pub(super) settings: Settings,
    /// Its logical units, in ascending order of their addresses.
    pub(super) luns: KVec<Arc<LunConfig>>,
    /// Set from before the host is switched on until after it is off.
    pub(super) busy: bool,
    /// Set while the host is on.
    pub(super) live: Option<Live>,
}

impl Config {
    /// Returns [`EBUSY`] while the host is on, or is being switched on or off.
    pub(super) fn check_idle(&self) -> Result {
        if self.busy {
            Err(EBUSY)
        } else {
            Ok(())
        }
    }
}

/// What the directories of one host share.
#[pin_data]
pub(super) struct Host {
    name: CString,
    workqueue: Arc<OwnedQueue>,
    /// The enabled rules.
    pub(super) rules: Arc<RuleSet>,
    /// The link.
    pub(super) link: Arc<Link>,
    #[pin]
    config: Mutex<Config>,
    #[pin]
    switch: Mutex<Option<Running>>,
    removing: Atomic<bool>,
}

impl Host {
    /// Creates a host that is switched off.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(name: &str, workqueue: Arc<OwnedQueue>) -> Result<Arc<Self>> {
        let name = CString::try_from_fmt(fmt!("{name}"))?;
        let rules = Arc::pin_init(RuleSet::new(), GFP_KERNEL)?;
        let link = Arc::new(Link::new(), GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                name,
                workqueue,
                rules,
                link,
                config <- new_mutex!(Config {
                    settings: Settings {
                        autosuspend_ms: 0,
                        sdev_autosuspend_ms: -1,
                        auto: true,
                    },
                    luns: KVec::new(),
                    busy: false,
                    live: None,
                }),
                switch <- new_mutex!(None),
                removing: Atomic::new(false),
            }),
            GFP_KERNEL,
        )
    }

    /// Calls `f` with the configuration locked. `f` must not wait for the device.
    pub(super) fn with_config<R>(&self, f: impl FnOnce(&mut Config) -> R) -> R {
        f(&mut self.config.lock())
    }

    /// Returns the live parts, if the host is on.
    pub(super) fn live(&self) -> Option<Live> {
        self.with_config(|config| config.live.clone())
    }

    /// Switches the host on. May sleep.
    fn switch_on(&self) -> Result {
        let mut switch = self.switch.lock();
        if switch.is_some() {
            return Ok(());
        }
        let (settings, luns) = self.with_config(|config| -> Result<_> {
            let mut luns = KVec::with_capacity(config.luns.len(), GFP_KERNEL)?;
            for lun in &config.luns {
                luns.push(self.lun(lun)?, GFP_KERNEL)?;
            }
            config.busy = true;
            Ok((config.settings, luns))
        })?;
        let started = Adapter::start(
            settings,
            luns,
            self.rules.clone(),
            self.link.clone(),
            self.workqueue.clone(),
        );
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                self.with_config(|config| config.busy = false);
                return Err(error);
            }
        };
        let live = running.parent().map(|parent| Live {
            adapter: running.adapter(),
            parent,
        });
        self.with_config(|config| config.live = live);
        *switch = Some(running);
        Ok(())
    }

    /// Switches the host off. Comes back whatever is held. May sleep.
    fn switch_off(&self) {
        let mut switch = self.switch.lock();
        let Some(running) = switch.take() else {
            return;
        };
        self.removing.store(true, Relaxed);
        self.with_config(|config| config.live = None);
        drop(running);
        self.with_config(|config| config.busy = false);
        self.removing.store(false, Relaxed);
    }

    /// Builds a logical unit from its configuration.
    fn lun(&self, config: &LunConfig) -> Result<Arc<Lun>> {
        let name = self.name.to_str().map_err(|_| EINVAL)?;
        let lun = Lun::new(name, config.address, config.blocks(), config.store.clone());
        Ok(Arc::new(lun, GFP_KERNEL)?)
    }
}

/// The files of a host's own directory.
pub(super) struct HostDir(Arc<Host>);

impl HostDir {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self(host)
    }

    fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.0.live().is_some()))
    }

    fn store_enable(&self, text: &str) -> Result {
        if text::switch(text)? {
            self.0.switch_on()
        } else {
            self.0.switch_off();
            Ok(())
        }
    }

    fn show_host_no(&self, page: &mut Page<'_>) -> fmt::Result {
        match self.0.live().and_then(|live| live.adapter.host_no()) {
            Some(number) => write!(page, "{number}"),
            None => page.write_str("-1"),
        }
    }

    fn show_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(if self.0.removing.load(Relaxed) {
            "removing"
        } else if self.0.live().is_some() {
            "running"
        } else {
            "off"
        })
    }
}

impl Directory for HostDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        Attribute::ro(c"host_no", Self::show_host_no),
        Attribute::ro(c"state", Self::show_state),
    ];

    fn removed(&self) {
        self.0.switch_off();
    }
}
