// SPDX-License-Identifier: GPL-2.0

//! A host as its directories share it: what is said of it, and switching it on and off.

use core::fmt;

use kernel::{
    debugfs,
    device,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Full, //
        },
        Arc,
        Mutex, //
    }, //
};

use crate::{
    control::{
        luns::LunConfig,
        text::Line, //
    },
    device::{
        events::{
            Events,
            Log, //
        },
        host::{
            Adapter,
            Running,
            Shared, //
        },
        link::Link,
        rules::RuleSet,
        settings::{
            Options,
            Settings, //
        },
        stats::Stats, //
    },
    ffi::workqueue::OwnedQueue, //
};

/// What a host is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing: everything may be changed.
    Off,
    /// Being switched on.
    Starting,
    /// Working.
    Running,
    /// Being switched off.
    Removing,
}

/// What is configured, and whether it may change.
pub(super) struct Config {
    /// What the host will be like.
    pub(super) options: Options,
    /// The logical units, in ascending order of their addresses.
    pub(super) luns: KVVec<Arc<LunConfig>>,
    state: State,
    /// There from when the host is being switched on until it is being switched off.
    adapter: Option<Arc<Adapter>>,
    /// How many threads wait to switch the host off.
    leaving: u32,
}

impl Config {
    /// Returns [`EBUSY`] unless the host is off.
    pub(super) fn check_off(&self) -> Result {
        match self.state {
            State::Off => Ok(()),
            State::Starting | State::Running | State::Removing => Err(EBUSY),
        }
    }

    /// Returns whether the host is off, so that a new unit comes when it is switched on.
    pub(super) fn is_off(&self) -> bool {
        self.state == State::Off
    }

    /// Returns the adapter, if there is one.
    pub(super) fn adapter(&self) -> Option<Arc<Adapter>> {
        self.adapter.clone()
    }

    /// Makes the logical units changeable again.
    fn disconnect_luns(&self) {
        self.luns.iter().for_each(|lun| lun.disconnect());
    }
}

/// What the directories of one host share.
#[pin_data]
pub(super) struct Host {
    name: CString,
    /// What it has in common with its adapter.
    pub(super) shared: Shared,
    /// The file in debugfs, until the directory is removed: the name may be used again then.
    #[pin]
    log: Mutex<Option<Log>>,
    #[pin]
    config: Mutex<Config>,
    #[pin]
    switch: Mutex<Option<Running>>,
}

impl Host {
    /// Creates a host that is switched off. Its events are shown in a directory of `debugfs`.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(
        name: &str,
        workqueue: Arc<OwnedQueue>,
        debugfs: &debugfs::Dir,
    ) -> Result<Arc<Self>> {
        let events = Events::new(name)?;
        let log = Log::new(events.clone(), debugfs)?;
        let name = CString::try_from_fmt(fmt!("{name}"))?;
        let shared = Shared {
            settings: Arc::pin_init(Settings::new(), GFP_KERNEL)?,
            rules: Arc::pin_init(RuleSet::new(), GFP_KERNEL)?,
            link: Arc::pin_init(Link::new(), GFP_KERNEL)?,
            events,
            stats: Arc::pin_init(Stats::new(), GFP_KERNEL)?,
            workqueue,
            removing: Arc::new(Atomic::new(0), GFP_KERNEL)?,
        };
        Arc::pin_init(
            pin_init!(Self {
                name,
                shared,
                log <- new_mutex!(Some(log)),
                config <- new_mutex!(Config {
                    options: Options::DEFAULT,
                    luns: KVVec::new(),
                    state: State::Off,
                    adapter: None,
                    leaving: 0,
                }),
                switch <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the name of its directory.
    pub(super) fn name(&self) -> &str {
        self.name.to_str().unwrap_or_default()
    }

    /// Says in the kernel log why something was refused.
    pub(super) fn log(&self, reason: impl fmt::Display) {
        pr_info!("host {}: {}\n", self.name(), Line::new(reason).as_str());
    }

    /// Calls `f` with the configuration locked. `f` must not wait for the device.
    pub(super) fn with_config<R>(&self, f: impl FnOnce(&mut Config) -> R) -> R {
        f(&mut self.config.lock())
    }

    /// Returns the adapter, if the host is on or being switched on.
    pub(super) fn adapter(&self) -> Option<Arc<Adapter>> {
        self.with_config(|config| config.adapter())
    }

    /// Returns the parent device, if there is one.
    pub(super) fn parent(&self) -> Option<ARef<device::Device>> {
        self.adapter()?.parent()
    }

    /// Switches the host on. May sleep.
    ///
    /// # Errors
    ///
    /// Returns what failed, [`EINTR`] if it was switched off meanwhile; it is off then.
    pub(super) fn switch_on(&self) -> Result {
        let mut switch = self.switch.lock();
        if switch.is_some() {
            return Ok(());
        }
        let adapter = self.with_config(|config| -> Result<_> {
            // Who waits for the lock above has not seen this adapter, and would not close it.
            if config.leaving > 0 {
                return Err(EINTR);
            }
            let adapter = self
                .new_adapter(config)
                .inspect_err(|_| config.disconnect_luns())?;
            config.adapter = Some(adapter.clone());
            config.state = State::Starting;
            Ok(adapter)
        })?;
        match Adapter::start(adapter) {
            Ok(running) => {
                self.with_config(|config| config.state = State::Running);
                *switch = Some(running);
                Ok(())
            }
            Err(error) => {
                self.with_config(|config| {
                    config.adapter = None;
                    config.disconnect_luns();
                    config.state = State::Off;
                });
                Err(error)
            }
        }
    }

    /// Switches the host off, also while it is being switched on. May sleep.
    ///
    /// Comes back whatever is held.
    pub(super) fn switch_off(&self) {
        let adapter = self.with_config(|config| {
            config.leaving = config.leaving.saturating_add(1);
            config.adapter()
        });
        if let Some(adapter) = adapter {
            Adapter::close(adapter.as_arc_borrow());
        }
        let mut switch = self.switch.lock();
        self.with_config(|config| config.leaving = config.leaving.saturating_sub(1));
        let Some(running) = switch.take() else {
            return;
        };
        self.with_config(|config| {
            config.adapter = None;
            config.state = State::Removing;
        });
        drop(running);
        self.with_config(|config| {
            config.disconnect_luns();
            config.state = State::Off;
        });
    }

    /// Switches a logical unit on or off; on a host that is off, for when it is switched on.
    ///
    /// May sleep. A host that is being switched on or off, and a unit that another thread adds, are
    /// waited for; both come back when the host, or this unit, is switched off, whatever is held.
    ///
    /// # Errors
    ///
    /// Returns why the unit could not be added; it is off then.
    pub(super) fn switch_lun(&self, lun: &LunConfig, on: bool) -> Result {
        let _hurry = (!on).then(|| Hurry::new(self));
        let _switch = self.switch.lock();
        let adapter = self.with_config(|config| {
            let changed = lun.is_enabled() != on;
            lun.set_enabled(on);
            config.adapter().filter(|_| changed)
        });
        let Some(adapter) = adapter else {
            return Ok(());
        };
        if !on {
            Adapter::remove_lun(adapter.as_arc_borrow(), lun.address);
            lun.disconnect();
            return Ok(());
        }
        lun.connect()
            .and_then(|unit| Adapter::add_lun(adapter.as_arc_borrow(), unit))
            .inspect_err(|_| {
                lun.disconnect();
                self.with_config(|_| lun.set_enabled(false));
            })
    }

    /// Builds an adapter with the logical units that are switched on.
    fn new_adapter(&self, config: &Config) -> Result<Arc<Adapter>> {
        let mut luns = KVVec::with_capacity(config.luns.len(), GFP_KERNEL)?;
        for lun in config.luns.iter().filter(|lun| lun.is_enabled()) {
            luns.push(lun.connect()?, GFP_KERNEL)?;
        }
        Adapter::new(self.shared.clone(), config.options, luns)
    }

    /// Ends what is only there while the host has a directory. May sleep.
    pub(super) fn remove(&self) {
        self.switch_off();
        *self.log.lock() = None;
    }

    /// Returns what the host is doing.
    pub(super) fn state(&self) -> State {
        self.with_config(|config| config.state)
    }
}

/// Keeps everything from being held that the removal of a logical unit would wait for.
struct Hurry<'a>(&'a Host);

impl<'a> Hurry<'a> {
    /// Begins to, and lets go of what is held. May sleep.
    fn new(host: &'a Host) -> Self {
        host.shared.removing.fetch_add(1, Full);
        if let Some(adapter) = host.adapter() {
            Adapter::hurry(adapter.as_arc_borrow());
        }
        Self(host)
    }
}

impl Drop for Hurry<'_> {
    fn drop(&mut self) {
        self.0.shared.removing.fetch_sub(1, Full);
    }
}
