// SPDX-License-Identifier: GPL-2.0

//! The host adapter: what the mid layer and the PM core call, and how it comes and goes.
//!
//! # Lifecycle
//!
//! [`Adapter::start`] adds the parent device; the driver core probes it, which adds the SCSI host
//! and scans it. [`Adapter::close`], which may come at any time, makes everything come back: rules
//! are no longer asked, what is held goes on, and a link that is down fails all commands. Dropping
//! the [`Running`] adapter then removes the host.
//!
//! Removal does not take the link down: without rules the disks answer at once, so there is nothing
//! to be saved from, and a START UNIT that fails while a suspended disk is removed is a bug trigger
//! of its own (patches/fix/0001). A link that is down already stays down, and its targets blocked.
//!
//! User space may unbind and bind the driver in between, as with any adapter.

use kernel::{
    device::{
        self,
        Bound, //
    },
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc,
        ArcBorrow,
        Mutex, //
    }, //
};

use crate::{
    device::{
        clock::Clock,
        consult::Verdict,
        effects::Happening,
        events::Events,
        link::{
            Input,
            Link, //
        },
        lun::{
            Lun,
            PowerFlags, //
        },
        parking::Parking,
        polling::Polling,
        power::Supply,
        record::{
            LinkCause,
            Record,
            ReleaseCause, //
        },
        rules::{
            Entry,
            RuleSet, //
        },
        settings::{
            Options,
            Scan,
            Settings, //
        },
        stats::Stats,
        table::Table, //
    },
    fault::trigger::Trigger,
    ffi::workqueue::OwnedQueue,
    link::answer::Answer,
    pm::{
        platform,
        runtime,
        sleep, //
    },
    protocol::sense::Asc,
    scsi::{
        self,
        Address,
        Command,
        DeviceFlags,
        EhError,
        HostRef,
        Limits,
        Refused,
        ScanMode,
        Submitter,
        TargetState,
        Timeout,
        View, //
    }, //
};

/// Channels and targets that a host may have; their numbers are lower.
pub(crate) const CHANNELS: u32 = 16;
pub(crate) const TARGETS: u32 = 256;

/// What an adapter is about to do.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
enum Phase {
    /// To work.
    Up,
    /// To let go of its host, until a driver is bound again.
    Unbinding,
    /// To go away.
    Closing,
}

impl Phase {
    /// Returns what the adapter keeps for it: the journey of a command reads it without a lock.
    const fn raw(self) -> i32 {
        // CAST: The enum is `repr(i32)`.
        self as i32
    }
}

/// What a host and its directories share, whether it is on or off.
#[derive(Clone)]
pub(crate) struct Shared {
    /// What may be changed while it is on.
    pub(crate) settings: Arc<Settings>,
    /// The frozen rules.
    pub(crate) rules: Arc<RuleSet>,
    /// The link.
    pub(crate) link: Arc<Link>,
    /// What has happened.
    pub(crate) events: Arc<Events>,
    /// How often what has happened.
    pub(crate) stats: Arc<Stats>,
    /// What may sleep is done there.
    pub(crate) workqueue: Arc<OwnedQueue>,
    /// How many threads take a LUN out, or are going to as soon as the adapter is there or gone.
    pub(crate) removing: Arc<Atomic<i32>>,
}

/// A host adapter, from the moment it is switched on until it is switched off.
#[pin_data]
pub(crate) struct Adapter {
    pub(super) settings: Arc<Settings>,
    pub(super) options: Options,
    #[pin]
    pub(super) luns: Table,
    pub(super) rules: Arc<RuleSet>,
    pub(super) link: Arc<Link>,
    events: Arc<Events>,
    pub(super) stats: Arc<Stats>,
    pub(super) workqueue: Arc<OwnedQueue>,
    /// [`Phase::raw`]. Nothing leads back from [`Phase::Closing`].
    phase: Atomic<i32>,
    #[pin]
    pub(super) parking: Parking,
    pub(super) polling: Polling,
    #[pin]
    pub(super) clock: Clock,
    /// How many threads are completing commands that were parked, or kept for polling.
    pub(super) unparking: Atomic<i32>,
    /// How many numbers were drawn at random.
    pub(super) drawn: Atomic<u64>,
    /// [`Shared::removing`].
    pub(super) removing: Arc<Atomic<i32>>,
    /// How many threads look for logical units, with the `scan_mutex` of the host.
    scanning: Atomic<i32>,
    pub(super) supply: Supply,
    /// N of hostN; negative: not known yet.
    number: Atomic<i32>,
    /// Why the last probe failed, if it did.
    #[pin]
    failure: Mutex<Option<Error>>,
    #[pin]
    parent: Mutex<Option<ARef<device::Device>>>,
    #[pin]
    host: Mutex<Option<Attached>>,
}

/// What a bound driver has set up. The host goes first.
struct Attached {
    host: scsi::Registration<Adapter>,
    power: Option<runtime::Enabled>,
}

/// An adapter that is switched on.
pub(crate) struct Running {
    adapter: Arc<Adapter>,
    device: Option<platform::Device<Adapter>>,
}

impl Adapter {
    /// Prepares an adapter with its LUNs, in ascending order of their addresses.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(
        shared: Shared,
        options: Options,
        luns: KVVec<Arc<Lun>>,
    ) -> Result<Arc<Self>> {
        let polling = Polling::new(&options.io)?;
        let luns = Table::new(luns)?;
        Arc::pin_init(
            pin_init!(Self {
                settings: shared.settings,
                options,
                luns <- luns,
                rules: shared.rules,
                link: shared.link,
                events: shared.events,
                stats: shared.stats,
                workqueue: shared.workqueue,
                phase: Atomic::new(Phase::Up.raw()),
                parking <- Parking::new(),
                polling,
                clock <- Clock::new(),
                unparking: Atomic::new(0),
                drawn: Atomic::new(0),
                removing: shared.removing,
                scanning: Atomic::new(0),
                supply: Supply::new(),
                number: Atomic::new(-1),
                failure <- new_mutex!(None),
                parent <- new_mutex!(None),
                host <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    /// Switches the host on: adds its parent device and the host, and scans. May sleep.
    ///
    /// # Errors
    ///
    /// Returns what failed, [`EINTR`] if it was closed meanwhile; nothing is left behind.
    pub(crate) fn start(this: Arc<Self>) -> Result<Running> {
        let device = platform::Device::new(this.clone())?;
        let running = Running {
            adapter: this,
            device: Some(device),
        };
        // The driver core keeps the error of probe to itself.
        if running.adapter.host_ref().is_none() {
            let failure = running.adapter.failure.lock().take();
            return Err(failure.unwrap_or(ENXIO));
        }
        if running.adapter.is(Phase::Closing) {
            return Err(EINTR);
        }
        Ok(running)
    }

    /// Makes everything come back that waits for the adapter, now and from now on.
    pub(crate) fn close(this: ArcBorrow<'_, Self>) {
        this.phase.store(Phase::Closing.raw(), Release);
        Self::let_go(this);
    }

    /// Ends what is held, and fails what the link holds up.
    fn let_go(this: ArcBorrow<'_, Self>) {
        Self::change_link(this, Input::Close, LinkCause::Host);
        Self::unpark(this, usize::MAX, ReleaseCause::Removed, |_| true);
        this.deliver_polled(|_| true);
        this.unblock_scan();
    }

    /// Has a scan come back whose commands wait for a target that is blocked. May sleep.
    ///
    /// Removal waits for the `scan_mutex`, and nobody would unblock the target any more. Without a
    /// scan it stays as it is: that is what removal has to cope with.
    fn unblock_scan(&self) {
        if self.scanning.load(Acquire) == 0 {
            return;
        }
        if let Some(host) = self.host_ref() {
            host.unblock_targets(TargetState::Running);
        }
    }

    /// Returns whether the adapter is in this phase.
    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Acquire) == phase.raw()
    }

    /// Returns whether the adapter works, and nobody waits for it to go.
    pub(super) fn is_up(&self) -> bool {
        self.is(Phase::Up)
    }

    /// Goes from one phase to another, unless it is in a third.
    fn advance(&self, from: Phase, to: Phase) {
        // Being in a third is no error.
        let _ = self.phase.cmpxchg(from.raw(), to.raw(), Full);
    }

    /// Returns N of hostN, or `None` while there is no host.
    pub(crate) fn host_no(&self) -> Option<u32> {
        u32::try_from(self.number.load(Relaxed)).ok()
    }

    /// Returns the parent device, once there is one.
    pub(crate) fn parent(&self) -> Option<ARef<device::Device>> {
        self.parent.lock().clone()
    }

    /// Returns the mid layer's host, while there is one. May sleep.
    pub(crate) fn host_ref(&self) -> Option<HostRef> {
        let host = self.host.lock();
        host.as_ref().map(|attached| attached.host.host())
    }

    /// Returns the mid layer's device for a LUN, if it has one. May sleep.
    pub(crate) fn device(&self, address: Address) -> Option<scsi::Device> {
        self.host.lock().as_ref()?.host.device(address)
    }

    /// Writes the name of the block device of a LUN into `name`, and returns its length.
    ///
    /// Returns `None` if there is none yet. May sleep.
    pub(crate) fn block_device(&self, address: Address, name: &mut [u8]) -> Option<usize> {
        self.device(address)?.block_device(name)
    }

    /// Takes note of something that has happened. May be called in atomic context.
    pub(super) fn record(&self, record: Record<'_>) {
        self.events.record(self.host_no(), record);
    }

    /// Returns what becomes of a command that reaches the link now.
    pub(super) fn link_answer(&self, command: &View) -> Answer {
        match self.link.answer() {
            // Nobody would ever ask for it: who removes the host, or its logical unit, waits.
            Answer::Swallow if !self.asks_rules(command) => Answer::NoConnect,
            answer => answer,
        }
    }

    /// Puts a LUN in: the mid layer adds a device for it, if there is a host now. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`EEXIST`] if there is one, [`ENOMEM`], or why the mid layer did not take it; it is
    /// not there then.
    pub(crate) fn add_lun(this: ArcBorrow<'_, Self>, lun: Arc<Lun>) -> Result {
        let address = lun.address();
        this.luns.insert(lun)?;
        this.keep_undo();
        this.luns_changed(address);
        // The lock is not held for the scan: a rule may hold its commands.
        this.scanning.fetch_add(1, Full);
        let added = this
            .host_ref()
            .map_or(Ok(()), |host| host.add_device(address));
        this.scanning.fetch_sub(1, Full);
        added.inspect_err(|_| Self::remove_lun(this, address))
    }

    /// Has the other LUNs of a target say that there are others than before.
    pub(super) fn luns_changed(&self, address: Address) {
        self.luns.read(|luns| {
            let others = luns.target(address).filter(|lun| lun.address() != address);
            for lun in others {
                lun.drive().with_unit(|unit| {
                    unit.queue_attention(Some(lun.nexus()), Asc::LUNS_CHANGED);
                });
            }
        });
    }

    /// Makes a scan, and whoever is held, come back: somebody waits for that, and has counted
    /// itself in [`Shared::removing`].
    pub(crate) fn hurry(this: ArcBorrow<'_, Self>) {
        Self::unpark(this, usize::MAX, ReleaseCause::Removed, |parked| {
            parked.view().submitter() == Submitter::Scan
        });
        this.unblock_scan();
    }

    /// Takes a LUN out: the mid layer removes its device. May sleep.
    ///
    /// Comes back whatever the rules hold: the LUN's commands go on, and so do callbacks meanwhile.
    pub(crate) fn remove_lun(this: ArcBorrow<'_, Self>, address: Address) {
        let Some(lun) = this.luns.find(address) else {
            return;
        };
        lun.set_leaving();
        this.removing.fetch_add(1, Full);
        Self::unpark(this, usize::MAX, ReleaseCause::Removed, |parked| {
            let command = parked.view();
            command.address() == address || command.submitter() == Submitter::Scan
        });
        this.deliver_polled(|command| command.address() == address);
        this.unblock_scan();
        if let Some(device) = this.device(address) {
            device.remove();
        }
        this.removing.fetch_sub(1, Full);
        lun.set_gone();
        this.luns.sweep();
        // A scan may have found it once more before it was gone.
        if let Some(device) = this.device(address) {
            device.remove();
        }
        this.luns_changed(address);
    }

    /// Lets up to `count` of the callbacks and commands go that a rule holds.
    pub(crate) fn release(this: ArcBorrow<'_, Self>, entry: &Arc<Entry>, count: u32) {
        let count_commands = usize::try_from(count).unwrap_or(usize::MAX);
        Self::unpark(this, count_commands, ReleaseCause::Released, |parked| {
            parked.is_held_by(entry)
        });
        this.rules.release(entry, count);
    }

    /// Returns what the mid layer has to know to add the host and to scan for the targets.
    fn limits(&self, targets: &[Address]) -> Limits {
        let (max_channel, max_id) = targets.iter().fold((0, 0), |(channel, id), target| {
            (target.channel.max(channel), target.id.max(id))
        });
        let options = &self.options;
        Limits {
            max_channel: match options.max_channel {
                0 => max_channel,
                configured => configured,
            },
            max_id: match options.max_id {
                0 => max_id.saturating_add(1),
                configured => configured,
            },
            max_lun: match options.max_lun {
                0 => scsi::LUNS,
                configured => configured,
            },
            max_cmd_len: options.max_cmd_len,
            this_id: options.this_id,
            rpm_autosuspend_delay: options.sdev_autosuspend_ms,
            eh_strategy: options.eh_strategy,
            eh_noresume: options.eh_noresume,
            skip_settle_delay: options.skip_settle_delay,
            io: options.io,
        }
    }

    /// Adds the SCSI host and scans its targets.
    fn bring_up(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        this.advance(Phase::Unbinding, Phase::Up);
        this.supply.reset();
        this.keep_undo();
        Self::change_link(this, Input::Reopen, LinkCause::Host);
        let normal: &device::Device = dev;
        *this.parent.lock() = Some(normal.into());
        if let Verdict::Fail(errno) = Self::consult(this, &Happening::of_host(Trigger::HostAdd)) {
            return Err(Error::from_errno(errno.to_errno()));
        }
        sleep::set_async(dev, this.options.async_suspend);
        runtime::set_ignore_children(dev, this.options.ignore_children);
        let (delay_ms, auto) = (this.settings.autosuspend_ms(), this.settings.is_auto());
        let starting = match this.options.runtime {
            true => Some(runtime::Starting::new(dev, delay_ms, auto)?),
            false => None,
        };
        let limits = this.limits(&this.luns.targets()?);
        let host = scsi::Registration::new(dev, limits, this.workqueue.clone(), this.into())?;
        let number = i32::try_from(host.host_no()).unwrap_or(-1);
        this.number.store(number, Relaxed);
        let reference = host.host();
        *this.host.lock() = Some(Attached { host, power: None });
        Self::kick_clock(this);
        match this.options.scan {
            Scan::Manual => {}
            Scan::Auto if this.options.async_scan => reference.scan(),
            Scan::Auto => {
                this.scan_targets(&reference);
                // Whatever the rules say, it is.
                let _ = Self::consult(this, &Happening::of_host(Trigger::ScanFinished));
            }
        }
        if let Some(starting) = starting {
            let power = starting.allow_suspend();
            let mut host = this.host.lock();
            if let Some(attached) = host.as_mut().get_mut() {
                attached.power = Some(power);
            }
        }
        // Whoever changed a setting since may have done so before it was applied above.
        if this.settings.autosuspend_ms() != delay_ms {
            runtime::set_autosuspend_delay(dev, this.settings.autosuspend_ms());
        }
        if this.settings.is_auto() != auto {
            runtime::set_auto(dev, this.settings.is_auto());
        }
        Ok(())
    }

    /// Has the drives keep what they would lose with their power, if the host is to lose it.
    pub(crate) fn keep_undo(&self) {
        let volatile = self.settings.lose_state().has_cache();
        self.luns.read(|luns| {
            luns.iter()
                .for_each(|lun| lun.drive().set_volatile(volatile));
        });
    }

    /// Looks for the logical units of all targets. May sleep.
    pub(super) fn scan_targets(&self, host: &HostRef) {
        let Ok(targets) = self.luns.targets() else {
            return;
        };
        self.scanning.fetch_add(1, Full);
        for target in &targets {
            host.scan_target(target.channel, target.id, None, ScanMode::Initial);
        }
        self.scanning.fetch_sub(1, Full);
    }
}

impl platform::Driver for Adapter {
    const NAME: &'static CStr = c"rpmfault";

    fn probe(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        Self::bring_up(this, dev).inspect_err(|error| *this.failure.lock() = Some(*error))
    }

    fn remove(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) {
        this.advance(Phase::Up, Phase::Unbinding);
        Self::let_go(this);
        let attached = this.host.lock().take();
        if let Some(Attached { host, power }) = attached {
            drop(host);
            if let Some(power) = power {
                power.disable(dev);
            }
        }
        this.number.store(-1, Relaxed);
    }

    fn runtime_idle(this: ArcBorrow<'_, Self>, _dev: &device::Device<Bound>) -> Result {
        Self::rpm_idle(this)
    }

    fn runtime_suspend(this: ArcBorrow<'_, Self>, _dev: &device::Device<Bound>) -> Result {
        Self::rpm_suspend(this)
    }

    fn runtime_resume(this: ArcBorrow<'_, Self>, _dev: &device::Device<Bound>) -> Result {
        Self::rpm_resume(this)
    }

    fn sleep(
        this: ArcBorrow<'_, Self>,
        dev: &device::Device<Bound>,
        phase: platform::Phase,
    ) -> Result {
        Self::sleep_phase(this, dev, phase)
    }

    fn shutdown(this: ArcBorrow<'_, Self>, _dev: &device::Device<Bound>) {
        Self::power_off(this);
    }
}

impl scsi::Operations for Adapter {
    fn queue(this: ArcBorrow<'_, Self>, command: Command) -> Result<(), Refused> {
        Self::arrive(this, command)
    }

    fn timed_out(this: ArcBorrow<'_, Self>, command: &View) -> Timeout {
        Self::expire(this, command)
    }

    fn abort(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        Self::abort_one(this, command)
    }

    fn reset_device(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        Self::reset_lun(this, command)
    }

    fn reset_target(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        Self::reset_targets_of(this, command)
    }

    fn reset_bus(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        Self::reset_channel(this, command)
    }

    fn reset_host(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        Self::reset_all(this, Trigger::EhHostReset, Some(command))
    }

    fn host_reset(this: ArcBorrow<'_, Self>, _adapter: bool) -> Result {
        Self::reset_all(this, Trigger::SysfsHostReset, None).map_err(|_| EIO)
    }

    fn poll(this: ArcBorrow<'_, Self>, queue: u32) -> usize {
        Self::poll_queue(this, queue)
    }

    fn commit(this: ArcBorrow<'_, Self>, queue: u32) {
        Self::announce(this, &Happening::of_queue(Trigger::Commit, queue));
    }

    fn init_command(this: ArcBorrow<'_, Self>) -> Result {
        Self::attach(this, &Happening::of_host(Trigger::InitCmd))
    }

    fn alloc_target(this: ArcBorrow<'_, Self>, channel: u32, id: u32) -> Result {
        let target = Address {
            channel,
            id,
            lun: 0,
        };
        Self::attach(this, &Happening::of_lun(Trigger::TargetAlloc, target))
    }

    fn init_device(this: ArcBorrow<'_, Self>, address: Address) -> Result {
        Self::attach(this, &Happening::of_lun(Trigger::SdevInit, address))
    }

    fn configure_device(this: ArcBorrow<'_, Self>, device: scsi::NewDevice<'_>) -> Result {
        let address = device.address();
        Self::attach(this, &Happening::of_lun(Trigger::SdevConfigure, address))?;
        let mut flags = this.options.power;
        if let Some(lun) = this.luns.find(address) {
            if let Some(depth) = lun.attachment().queue_depth {
                device.set_queue_depth(depth);
            }
            if lun.attachment().no_uld {
                device.keep_upper_drivers_away();
            }
            merge(&mut flags, &lun.attachment().power);
        }
        device.apply(&flags);
        let supplier = this
            .options
            .supplier
            .filter(|supplier| *supplier != address);
        if let Some(supplier) = supplier.and_then(|supplier| device.sibling(supplier)) {
            device.supplier(&supplier)?;
        }
        Ok(())
    }

    fn destroy_device(this: ArcBorrow<'_, Self>, address: Address) {
        // There is nobody to take an error.
        let _ = Self::attach(this, &Happening::of_lun(Trigger::SdevDestroy, address));
    }

    fn scan_start(this: ArcBorrow<'_, Self>, host: &HostRef) {
        this.scan_targets(host);
    }

    fn scan_finished(this: ArcBorrow<'_, Self>, _elapsed_ms: u32) -> bool {
        // Whatever the rules say, it is.
        let _ = Self::consult(this, &Happening::of_host(Trigger::ScanFinished));
        true
    }

    fn change_queue_depth(this: ArcBorrow<'_, Self>, address: Address, _depth: u32) -> Result {
        Self::attach(this, &Happening::of_lun(Trigger::ChangeQueueDepth, address))
    }
}

/// Has a logical unit's own flags stand above those of its host.
fn merge(flags: &mut DeviceFlags, own: &PowerFlags) {
    for (flag, own) in [
        (
            &mut flags.manage_runtime_start_stop,
            own.manage_runtime_start_stop,
        ),
        (
            &mut flags.manage_system_start_stop,
            own.manage_system_start_stop,
        ),
        (&mut flags.manage_shutdown, own.manage_shutdown),
        (&mut flags.manage_restart, own.manage_restart),
        (
            &mut flags.force_runtime_start_on_system_start,
            own.force_runtime_start_on_system_start,
        ),
        (&mut flags.start_stop_pwr_cond, own.start_stop_pwr_cond),
        (&mut flags.ignore_media_change, own.ignore_media_change),
        (&mut flags.silence_suspend, own.silence_suspend),
        (&mut flags.allow_restart, own.allow_restart),
    ] {
        *flag = own.unwrap_or(*flag);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        Adapter::close(self.adapter.as_arc_borrow());
        self.device = None;
    }
}
