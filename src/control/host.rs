// SPDX-License-Identifier: GPL-2.0

//! `<host>/`: the host adapter as a whole.

use core::{
    fmt::{
        self,
        Write, //
    },
    ops::RangeInclusive, //
};

use kernel::{
    device,
    new_mutex,
    prelude::*,
    str::{
        parse_int::ParseInt,
        CString, //
    },
    sync::{
        aref::ARef,
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
            Completion,
            Options,
            Running,
            Settings,
            LATENCY_MAX_NS,
            SG_MAX_SEGMENTS, //
        },
        link::Link,
        rules::RuleSet, //
    },
    ffi::workqueue::OwnedQueue, //
};

/// Hardware queues of each kind, and commands of a queue, that a host may have. The upper limits
/// are there for the memory that they take: about 2 KiB a command.
const QUEUES: RangeInclusive<u16> = 1..=64;
const POLL_QUEUES: RangeInclusive<u16> = 0..=64;
const COMMANDS: RangeInclusive<u16> = 1..=4096;
/// Units of 512 bytes in a command: a page is what the block layer wants, 32 MiB is enough.
const SECTORS: RangeInclusive<u32> = 8..=65536;

/// What a host is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
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
    workqueue: Arc<OwnedQueue>,
    /// What may change while the host is on.
    pub(super) settings: Arc<Settings>,
    /// The enabled rules.
    pub(super) rules: Arc<RuleSet>,
    /// The link.
    pub(super) link: Arc<Link>,
    #[pin]
    config: Mutex<Config>,
    #[pin]
    switch: Mutex<Option<Running>>,
}

impl Host {
    /// Creates a host that is switched off.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(name: &str, workqueue: Arc<OwnedQueue>) -> Result<Arc<Self>> {
        let name = CString::try_from_fmt(fmt!("{name}"))?;
        let settings = Arc::new(Settings::new(), GFP_KERNEL)?;
        let rules = Arc::pin_init(RuleSet::new(), GFP_KERNEL)?;
        let link = Arc::new(Link::new(), GFP_KERNEL)?;
        Arc::pin_init(
            pin_init!(Self {
                name,
                workqueue,
                settings,
                rules,
                link,
                config <- new_mutex!(Config {
                    options: Options::DEFAULT,
                    luns: KVVec::new(),
                    state: State::Off,
                    adapter: None,
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
    fn switch_on(&self) -> Result {
        let mut switch = self.switch.lock();
        if switch.is_some() {
            return Ok(());
        }
        let adapter = self.with_config(|config| -> Result<_> {
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
    fn switch_off(&self) {
        if let Some(adapter) = self.adapter() {
            adapter.close();
        }
        let mut switch = self.switch.lock();
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
    /// waited for; both come back when the host is switched off.
    ///
    /// # Errors
    ///
    /// Returns why the unit could not be added; it is off then.
    pub(super) fn switch_lun(&self, lun: &LunConfig, on: bool) -> Result {
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
            adapter.remove_lun(lun.address);
            lun.disconnect();
            return Ok(());
        }
        lun.connect()
            .and_then(|unit| adapter.add_lun(unit))
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
        Adapter::new(
            self.settings.clone(),
            config.options,
            luns,
            self.rules.clone(),
            self.link.clone(),
            self.workqueue.clone(),
        )
    }

    /// Returns what the host is doing.
    fn state(&self) -> State {
        self.with_config(|config| config.state)
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
        write!(page, "{}", u8::from(self.0.state() == State::Running))
    }

    fn store_enable(&self, text: &str) -> Result {
        if text::switch(text)? {
            self.0.switch_on()
        } else {
            self.0.switch_off();
            Ok(())
        }
    }

    /// Shows something that was configured.
    fn show_option(
        &self,
        page: &mut Page<'_>,
        option: impl FnOnce(&Options) -> u32,
    ) -> fmt::Result {
        let value = self.0.with_config(|config| option(&config.options));
        write!(page, "{value}")
    }

    /// Configures something, unless the host is on.
    fn set_option(&self, set: impl FnOnce(&mut Options)) -> Result {
        self.0.with_config(|config| {
            config.check_off()?;
            set(&mut config.options);
            Ok(())
        })
    }

    fn show_nr_hw_queues(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.nr_hw_queues.into())
    }

    fn store_nr_hw_queues(&self, text: &str) -> Result {
        let queues = within(&QUEUES, text)?;
        self.set_option(|options| options.io.nr_hw_queues = queues)
    }

    fn show_poll_queues(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.poll_queues.into())
    }

    fn store_poll_queues(&self, text: &str) -> Result {
        let queues = within(&POLL_QUEUES, text)?;
        self.set_option(|options| options.io.poll_queues = queues)
    }

    fn show_can_queue(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.can_queue.into())
    }

    fn store_can_queue(&self, text: &str) -> Result {
        let commands = within(&COMMANDS, text)?;
        self.set_option(|options| options.io.can_queue = commands)
    }

    fn show_cmd_per_lun(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.cmd_per_lun.into())
    }

    fn store_cmd_per_lun(&self, text: &str) -> Result {
        let commands = within(&COMMANDS, text)?;
        self.set_option(|options| options.io.cmd_per_lun = commands)
    }

    fn show_host_tagset(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.host_tagset.into())
    }

    fn store_host_tagset(&self, text: &str) -> Result {
        let shared = text::switch(text)?;
        self.set_option(|options| options.io.host_tagset = shared)
    }

    fn show_max_sectors(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.max_sectors)
    }

    fn store_max_sectors(&self, text: &str) -> Result {
        let sectors = within(&SECTORS, text)?;
        self.set_option(|options| options.io.max_sectors = sectors)
    }

    fn show_sg_tablesize(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_option(page, |options| options.io.sg_tablesize.into())
    }

    fn store_sg_tablesize(&self, text: &str) -> Result {
        let elements = within(&(1..=SG_MAX_SEGMENTS), text)?;
        self.set_option(|options| options.io.sg_tablesize = elements)
    }

    fn show_completion(&self, page: &mut Page<'_>) -> fmt::Result {
        let completion = self.0.with_config(|config| config.options.completion);
        page.write_str(match completion {
            Completion::Inline => "inline",
            Completion::Hrtimer => "hrtimer",
            Completion::Workqueue => "wq",
        })
    }

    fn store_completion(&self, text: &str) -> Result {
        let completion = match text {
            "inline" => Completion::Inline,
            "hrtimer" => Completion::Hrtimer,
            "wq" => Completion::Workqueue,
            _ => return Err(EINVAL),
        };
        self.set_option(|options| options.completion = completion)
    }

    /// Means nothing with `completion` `inline`, but for polled commands.
    fn show_latency_ns(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.0.settings.latency_ns())
    }

    fn store_latency_ns(&self, text: &str) -> Result {
        let latency = within(&(0..=LATENCY_MAX_NS), text)?;
        self.0.settings.set_latency_ns(latency);
        Ok(())
    }

    fn show_host_no(&self, page: &mut Page<'_>) -> fmt::Result {
        match self.0.adapter().and_then(|adapter| adapter.host_no()) {
            Some(number) => write!(page, "{number}"),
            None => page.write_str("-1"),
        }
    }

    fn show_state(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(match self.0.state() {
            State::Off | State::Starting => "off",
            State::Running => "running",
            State::Removing => "removing",
        })
    }
}

impl Directory for HostDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        Attribute::rw(
            c"nr_hw_queues",
            Self::show_nr_hw_queues,
            Self::store_nr_hw_queues,
        ),
        Attribute::rw(
            c"poll_queues",
            Self::show_poll_queues,
            Self::store_poll_queues,
        ),
        Attribute::rw(c"can_queue", Self::show_can_queue, Self::store_can_queue),
        Attribute::rw(
            c"cmd_per_lun",
            Self::show_cmd_per_lun,
            Self::store_cmd_per_lun,
        ),
        Attribute::rw(
            c"host_tagset",
            Self::show_host_tagset,
            Self::store_host_tagset,
        ),
        Attribute::rw(
            c"max_sectors",
            Self::show_max_sectors,
            Self::store_max_sectors,
        ),
        Attribute::rw(
            c"sg_tablesize",
            Self::show_sg_tablesize,
            Self::store_sg_tablesize,
        ),
        Attribute::rw(c"completion", Self::show_completion, Self::store_completion),
        Attribute::rw(c"latency_ns", Self::show_latency_ns, Self::store_latency_ns),
        Attribute::ro(c"host_no", Self::show_host_no),
        Attribute::ro(c"state", Self::show_state),
    ];

    fn removed(&self) {
        self.0.switch_off();
    }
}

/// Reads an integer that has to be in a range.
fn within<T: ParseInt + PartialOrd>(range: &RangeInclusive<T>, text: &str) -> Result<T> {
    text::int(text).and_then(|value| {
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(EINVAL)
        }
    })
}
