// SPDX-License-Identifier: GPL-2.0

//! The host adapter: where commands arrive, and what is powered up and down.
//!
//! # Lifecycle
//!
//! [`Adapter::start`] adds the parent device; the driver core probes it, which adds the SCSI host
//! and scans it. [`Adapter::close`], which may come at any time, makes everything come back: rules
//! are no longer asked, and what is held goes on. Dropping the [`Running`] adapter then removes the
//! host.
//!
//! Removal does not take the link down: without rules the disks answer at once, so there is nothing
//! to be saved from, and a START UNIT that fails while a suspended disk is removed is a bug trigger
//! of its own (patches/fix/0001).
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
    },
    time::Delta, //
};

use crate::{
    device::{
        drive,
        link::Link,
        lun::Lun,
        parking::{
            Parked,
            Parking, //
        },
        polling::Polling,
        rules::{
            Entry,
            RuleSet, //
        },
        table::Table, //
    },
    fault::rule::{
        Action,
        Event,
        Origin,
        Trigger, //
    },
    ffi::workqueue::OwnedQueue,
    pm::{
        platform,
        runtime, //
    },
    protocol::sense::Asc,
    scsi::{
        self,
        Address,
        Command,
        CommandId,
        Context,
        HostByte,
        IoLimits,
        Limits,
        Status,
        Submitter, //
    }, //
};

/// Channels and targets that a host may have; their numbers are lower.
pub(crate) const CHANNELS: u32 = 16;
pub(crate) const TARGETS: u32 = 256;

/// How long the error handler waits for commands that are being completed right now.
const COMPLETION_MS: u32 = 5000;

/// The longest latency of a command in nanoseconds: what waits for a command has to come back.
pub(crate) const LATENCY_MAX_NS: u64 = 10_000_000_000;

/// How a host gives back commands that are not polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Where they were queued, without any latency.
    Inline,
    /// In the interrupt of a timer, after the latency.
    Hrtimer,
    /// In a work item, after the latency.
    Workqueue,
}

/// What may be changed only while the host is off.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Autosuspend delay of the disks in milliseconds; negative: they do not suspend.
    pub(crate) sdev_autosuspend_ms: i32,
    /// How commands are given back.
    pub(crate) completion: Completion,
    /// How many commands there may be, and how large.
    pub(crate) io: IoLimits,
}

impl Options {
    /// What a host is of which nothing was said.
    pub(crate) const DEFAULT: Self = Self {
        sdev_autosuspend_ms: -1,
        completion: Completion::Inline,
        io: IoLimits {
            nr_hw_queues: 1,
            poll_queues: 0,
            can_queue: 128,
            cmd_per_lun: 32,
            host_tagset: false,
            max_sectors: 1024,
            sg_tablesize: SG_MAX_SEGMENTS,
        },
    };
}

/// The longest scatterlist: `SG_MAX_SEGMENTS` of `include/linux/scatterlist.h`.
pub(crate) const SG_MAX_SEGMENTS: u16 = 2048;

/// What may be changed while the host is on.
pub(crate) struct Settings {
    latency_ns: Atomic<u64>,
    autosuspend_ms: Atomic<i32>,
    on: Atomic<bool>,
}

impl Settings {
    /// Returns the settings of a host of which nothing was said.
    pub(crate) fn new() -> Self {
        Self {
            latency_ns: Atomic::new(0),
            autosuspend_ms: Atomic::new(0),
            on: Atomic::new(false),
        }
    }

    /// Returns how long a command takes that is not completed inline, in nanoseconds.
    pub(crate) fn latency_ns(&self) -> u64 {
        self.latency_ns.load(Relaxed)
    }

    /// Sets it for commands from now on; [`LATENCY_MAX_NS`] at most.
    pub(crate) fn set_latency_ns(&self, latency_ns: u64) {
        self.latency_ns
            .store(latency_ns.min(LATENCY_MAX_NS), Relaxed);
    }

    /// Returns the autosuspend delay of the parent in milliseconds; negative: it does not suspend.
    pub(crate) fn autosuspend_ms(&self) -> i32 {
        self.autosuspend_ms.load(Relaxed)
    }

    /// Sets it for the next time that a driver is bound.
    pub(crate) fn set_autosuspend_ms(&self, delay_ms: i32) {
        self.autosuspend_ms.store(delay_ms, Relaxed);
    }

    /// Returns whether the parent may suspend at all (`power/control` is `auto`).
    pub(crate) fn is_auto(&self) -> bool {
        !self.on.load(Relaxed)
    }

    /// Sets it for the next time that a driver is bound.
    pub(crate) fn set_auto(&self, auto: bool) {
        self.on.store(!auto, Relaxed);
    }
}

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

/// A host adapter, from the moment it is switched on until it is switched off.
#[pin_data]
pub(crate) struct Adapter {
    settings: Arc<Settings>,
    options: Options,
    #[pin]
    luns: Table,
    rules: Arc<RuleSet>,
    link: Arc<Link>,
    workqueue: Arc<OwnedQueue>,
    /// [`Phase::raw`]. Nothing leads back from [`Phase::Closing`].
    phase: Atomic<i32>,
    #[pin]
    parking: Parking,
    polling: Polling,
    /// How many threads are completing commands that were parked, or kept for polling.
    unparking: Atomic<i32>,
    /// How many threads are taking a LUN out.
    removing: Atomic<i32>,
    suspended: Atomic<bool>,
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
    power: runtime::Enabled,
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
        settings: Arc<Settings>,
        options: Options,
        luns: KVVec<Arc<Lun>>,
        rules: Arc<RuleSet>,
        link: Arc<Link>,
        workqueue: Arc<OwnedQueue>,
    ) -> Result<Arc<Self>> {
        let polling = Polling::new(&options.io)?;
        let luns = Table::new(luns)?;
        Arc::pin_init(
            pin_init!(Self {
                settings,
                options,
                luns <- luns,
                rules,
                link,
                workqueue,
                phase: Atomic::new(Phase::Up.raw()),
                parking <- Parking::new(),
                polling,
                unparking: Atomic::new(0),
                removing: Atomic::new(0),
                suspended: Atomic::new(false),
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
        if running.adapter.host_no().is_none() {
            let failure = running.adapter.failure.lock().take();
            return Err(failure.unwrap_or(ENXIO));
        }
        if running.adapter.is(Phase::Closing) {
            return Err(EINTR);
        }
        Ok(running)
    }

    /// Makes everything come back that waits for the adapter, now and from now on.
    pub(crate) fn close(&self) {
        self.phase.store(Phase::Closing.raw(), Release);
        self.unpark(usize::MAX, |_| true);
        self.deliver_polled(|_| true);
    }

    /// Returns whether the adapter is in this phase.
    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Acquire) == phase.raw()
    }

    /// Goes from one phase to another, unless it is in a third.
    fn advance(&self, from: Phase, to: Phase) {
        // Being in a third is no error.
        let _ = self.phase.cmpxchg(from.raw(), to.raw(), Full);
    }

    /// Returns N of hostN, or `None` while no driver is bound to the parent.
    pub(crate) fn host_no(&self) -> Option<u32> {
        let attached = self.host.lock();
        attached.as_ref().map(|attached| attached.host.host_no())
    }

    /// Returns the parent device, once there is one.
    pub(crate) fn parent(&self) -> Option<ARef<device::Device>> {
        self.parent.lock().clone()
    }

    /// Returns the mid layer's device for a LUN, if it has one.
    fn device(&self, address: Address) -> Option<scsi::Device> {
        self.host.lock().as_ref()?.host.device(address)
    }

    /// Writes the name of the block device of a LUN into `name`, and returns its length.
    ///
    /// Returns `None` if there is none yet. May sleep.
    pub(crate) fn block_device(&self, address: Address, name: &mut [u8]) -> Option<usize> {
        self.device(address)?.block_device(name)
    }

    /// Puts a LUN in: the mid layer adds a device for it, if there is a host now. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`EEXIST`] if there is one, [`ENOMEM`], or why the mid layer did not take it; it is
    /// not there then.
    pub(crate) fn add_lun(&self, lun: Arc<Lun>) -> Result {
        let address = lun.address();
        self.luns.insert(lun)?;
        self.luns_changed(address);
        // The lock is not held for the scan: a rule may hold its commands.
        let host = self
            .host
            .lock()
            .as_ref()
            .map(|attached| attached.host.host());
        let added = host.map_or(Ok(()), |host| host.add_device(address));
        added.inspect_err(|_| self.remove_lun(address))
    }

    /// Has the other LUNs of a target say that there are others than before.
    fn luns_changed(&self, address: Address) {
        self.luns.read(|luns| {
            let others = luns.target(address).filter(|lun| lun.address() != address);
            for lun in others {
                lun.drive().with_unit(|unit| {
                    unit.queue_attention(Some(lun.nexus()), Asc::LUNS_CHANGED);
                });
            }
        });
    }

    /// Takes a LUN out: the mid layer removes its device. May sleep.
    ///
    /// Comes back whatever the rules hold: the LUN's commands go on, and so do callbacks meanwhile.
    pub(crate) fn remove_lun(&self, address: Address) {
        let Some(lun) = self.luns.find(address) else {
            return;
        };
        lun.set_leaving();
        self.removing.fetch_add(1, Full);
        self.unpark(usize::MAX, |parked| {
            let command = parked.command();
            command.address() == address || command.submitter() == Submitter::Scan
        });
        self.deliver_polled(|command| command.address() == address);
        if let Some(device) = self.device(address) {
            device.remove();
        }
        self.removing.fetch_sub(1, Full);
        lun.set_gone();
        self.luns.sweep();
        // A scan may have found it once more before it was gone.
        if let Some(device) = self.device(address) {
            device.remove();
        }
        self.luns_changed(address);
    }

    /// Carries a command out and completes it. May be called in atomic context.
    fn execute(&self, mut command: Command) {
        if let Some(byte) = self.unreachable() {
            return command.complete(Status::Host(byte));
        }
        let address = command.address();
        let ending = self.luns.read(|luns| {
            let numbers = luns.target(address).map(|lun| lun.address().lun);
            if let Some(lun) = luns.find(address) {
                Some(lun.execute(numbers, &mut command))
            } else {
                let neighbour = luns.target(address).next()?.drive().profile();
                Some(drive::execute_absent(neighbour, numbers, &mut command))
            }
        });
        let Some(ending) = ending.flatten() else {
            return command.complete(Status::Host(HostByte::NoConnect));
        };
        self.answer(command, ending.status());
    }

    /// Completes a command with what a device says, as and when this host does that.
    ///
    /// May be called in atomic context.
    fn answer(&self, command: Command, status: Status<'_>) {
        // Who goes away has no time for latency.
        if !self.asks_rules(&command) {
            return command.complete(status);
        }
        let latency_ns = self.settings.latency_ns();
        let delay = Delta::from_nanos(i64::try_from(latency_ns).unwrap_or(i64::MAX));
        if command.is_polled() {
            return match self.polling.keep(command.prepare(status), delay) {
                Ok(()) if self.is(Phase::Up) && self.removing.load(Acquire) == 0 => {}
                // Whoever has no time may have looked just before this one was kept.
                Ok(()) => self.deliver_polled(|command| !self.asks_rules(command)),
                Err(command) => command.deliver(),
            };
        }
        match self.options.completion {
            Completion::Inline => command.complete(status),
            Completion::Hrtimer => command.complete_after(status, delay, Context::Interrupt),
            Completion::Workqueue => command.complete_after(status, delay, Context::Workqueue),
        }
    }

    /// Completes polled commands that `wanted` says are wanted, as if their time were over.
    ///
    /// May be called in atomic context.
    fn deliver_polled(&self, wanted: impl Fn(&Command) -> bool) {
        self.unparking.fetch_add(1, Full);
        while let Some(command) = self.polling.take(&wanted) {
            command.deliver();
        }
        self.unparking.fetch_sub(1, Full);
        self.rules.wake();
    }

    /// Returns why a command cannot reach a device, if it cannot.
    fn unreachable(&self) -> Option<HostByte> {
        if self.suspended.load(Relaxed) {
            Some(HostByte::NoConnect)
        } else if self.link.is_down() {
            Some(HostByte::TransportDisrupted)
        } else {
            None
        }
    }

    /// Returns whether a rule may hold a command.
    fn may_park(&self, command: &Command, entry: &Entry) -> bool {
        self.asks_rules(command) && !self.link.is_down() && entry.is_enabled()
    }

    /// Holds a command until the rule lets go of it. May be called in atomic context.
    fn park(this: ArcBorrow<'_, Self>, entry: Arc<Entry>, limit_ms: Option<u32>, command: Command) {
        let id = command.id();
        let starts = match this.parking.park(command, entry.clone(), limit_ms) {
            Ok(starts) => starts,
            Err(command) => return command.complete(Status::Host(HostByte::Requeue)),
        };
        if starts {
            let adapter: Arc<Self> = this.into();
            let spawned = this
                .workqueue
                .try_spawn(GFP_ATOMIC, move || adapter.watch_deadlines());
            if spawned.is_err() {
                // Nobody would end what has a deadline, until the next one starts a watcher.
                while this.parking.watch().is_some() {
                    this.unpark(usize::MAX, Parked::has_deadline);
                }
            }
        }
        // Whoever lets go of commands may have looked just before this one was parked.
        this.unpark(usize::MAX, |parked| {
            parked.command().id() == id && !this.may_park(parked.command(), &entry)
        });
    }

    /// Lets commands go whose time is over, until there are none with a deadline. Sleeps.
    fn watch_deadlines(&self) {
        loop {
            self.unpark(usize::MAX, Parked::is_due);
            let Some(watch) = self.parking.watch() else {
                return;
            };
            self.rules
                .wait(watch.after_ms, || self.parking.has_changed(&watch));
        }
    }

    /// Carries out up to `count` of the parked commands that `wanted` says are wanted, and makes
    /// callbacks that are held look whether they still are.
    ///
    /// May be called in atomic context.
    fn unpark(&self, count: usize, wanted: impl Fn(&Parked) -> bool) {
        self.unparking.fetch_add(1, Full);
        for _ in 0..count {
            match self.parking.take(&wanted) {
                Some(command) => self.execute(command),
                None => break,
            }
        }
        self.unparking.fetch_sub(1, Full);
        self.rules.wake();
    }

    /// Lets up to `count` of the callbacks and commands go that a rule holds.
    pub(crate) fn release(&self, entry: &Arc<Entry>, count: u32) {
        let count_commands = usize::try_from(count).unwrap_or(usize::MAX);
        self.unpark(count_commands, |parked| parked.is_held_by(entry));
        self.rules.release(entry, count);
    }

    /// Completes the commands that the loss of the link cuts off. May be called in atomic context.
    pub(crate) fn link_lost(&self) {
        self.unpark(usize::MAX, |_| true);
    }

    /// Takes the link down, as a rule asks.
    fn drop_link(&self) {
        self.link.set_down(true);
        self.link_lost();
    }

    /// Returns whether rules are asked about a command, and whether it may be delayed.
    fn asks_rules(&self, command: &Command) -> bool {
        // Removal waits for scans, whatever they look for.
        let leaving = self.removing.load(Relaxed) > 0
            && (command.submitter() == Submitter::Scan
                || self
                    .luns
                    .find(command.address())
                    .is_some_and(|lun| lun.is_leaving()));
        self.is(Phase::Up) && !leaving
    }

    /// Lets the rules have their say on a callback of the parent. Sleeps while a rule holds it.
    fn callback(&self, trigger: Trigger) -> Result {
        if !self.is(Phase::Up) {
            return Ok(());
        }
        let event = Event {
            trigger,
            cdb: &[],
            origin: None,
        };
        let Some(entry) = self.rules.evaluate(&event) else {
            return Ok(());
        };
        match entry.rule().action() {
            Action::Fail(errno) => Err(Error::from_errno(errno.to_errno())),
            Action::Hold { limit_ms, then } => {
                self.rules.hold(&entry, limit_ms, || {
                    !self.is(Phase::Up) || self.removing.load(Acquire) > 0
                });
                match then {
                    Some(errno) if self.is(Phase::Up) => Err(Error::from_errno(errno.to_errno())),
                    _ => Ok(()),
                }
            }
            Action::LinkDown => {
                self.drop_link();
                Ok(())
            }
            // Rule::freeze() refuses it for a callback.
            Action::Complete(_) => Ok(()),
        }
    }

    /// Returns what the mid layer has to know to scan for the targets.
    fn limits(&self, targets: &[Address]) -> Limits {
        let (max_channel, max_id) = targets.iter().fold((0, 0), |(channel, id), target| {
            (target.channel.max(channel), target.id.max(id))
        });
        Limits {
            max_channel,
            max_id: max_id.saturating_add(1),
            max_cdb: drive::CDB_MAX,
            rpm_autosuspend_delay: self.options.sdev_autosuspend_ms,
            io: self.options.io,
        }
    }

    /// Adds the SCSI host and scans its targets.
    fn bring_up(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        this.advance(Phase::Unbinding, Phase::Up);
        this.suspended.store(false, Relaxed);
        let normal: &device::Device = dev;
        *this.parent.lock() = Some(normal.into());
        let (delay_ms, auto) = (this.settings.autosuspend_ms(), this.settings.is_auto());
        let starting = runtime::Starting::new(dev, delay_ms, auto)?;
        let targets = this.luns.targets()?;
        let limits = this.limits(&targets);
        let host = scsi::Registration::new(dev, limits, this.workqueue.clone(), this.into())?;
        for target in &targets {
            host.scan_target(target.channel, target.id);
        }
        let power = starting.allow_suspend();
        *this.host.lock() = Some(Attached { host, power });
        // Whoever changed a setting since may have done so before it was applied above.
        if this.settings.autosuspend_ms() != delay_ms {
            runtime::set_autosuspend_delay(dev, this.settings.autosuspend_ms());
        }
        if this.settings.is_auto() != auto {
            runtime::set_auto(dev, this.settings.is_auto());
        }
        Ok(())
    }
}

impl platform::Driver for Adapter {
    const NAME: &'static CStr = c"rpmfault";

    fn probe(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        Self::bring_up(this, dev).inspect_err(|error| *this.failure.lock() = Some(*error))
    }

    fn remove(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) {
        this.advance(Phase::Up, Phase::Unbinding);
        this.unpark(usize::MAX, |_| true);
        this.deliver_polled(|_| true);
        let attached = this.host.lock().take();
        if let Some(Attached { host, power }) = attached {
            drop(host);
            power.disable(dev);
        }
    }

    fn runtime_suspend(this: ArcBorrow<'_, Self>) -> Result {
        this.callback(Trigger::RpmSuspend)?;
        this.suspended.store(true, Relaxed);
        Ok(())
    }

    fn runtime_resume(this: ArcBorrow<'_, Self>) -> Result {
        this.callback(Trigger::RpmResume)?;
        this.suspended.store(false, Relaxed);
        Ok(())
    }
}

impl scsi::Operations for Adapter {
    fn queue(this: ArcBorrow<'_, Self>, command: Command) {
        let event = Event {
            trigger: Trigger::Queue,
            cdb: command.cdb(),
            origin: Some(origin(command.submitter())),
        };
        let entry = if this.asks_rules(&command) {
            this.rules.evaluate(&event)
        } else {
            None
        };
        let Some(entry) = entry else {
            return this.execute(command);
        };
        match entry.rule().action() {
            Action::Complete(sense) => {
                this.answer(command, Status::CheckCondition(sense.encode(false).bytes()));
            }
            Action::Hold { limit_ms, .. } => Self::park(this, entry, limit_ms, command),
            Action::LinkDown => {
                this.drop_link();
                this.execute(command);
            }
            // Rule::freeze() refuses it for a command.
            Action::Fail(_) => this.execute(command),
        }
    }

    fn abort(this: ArcBorrow<'_, Self>, id: CommandId) -> Result {
        if let Some(command) = this.parking.take(|parked| parked.command().id() == id) {
            command.complete(Status::Host(HostByte::Abort));
            this.rules.wake();
        }
        // One that was let go of may have to be polled now.
        this.wait_unparked()?;
        if let Some(command) = this.polling.take(|command| command.id() == id) {
            command
                .into_command()
                .complete(Status::Host(HostByte::Abort));
        }
        this.wait_unparked()
    }

    fn reset_device(this: ArcBorrow<'_, Self>, address: Address) -> Result {
        let wanted = |parked: &Parked| parked.command().address() == address;
        while let Some(command) = this.parking.take(wanted) {
            command.complete(Status::Host(HostByte::Reset));
        }
        if let Some(lun) = this.luns.find(address) {
            lun.drive().with_unit(|unit| unit.reset());
        }
        this.rules.wake();
        this.wait_unparked()?;
        while let Some(command) = this.polling.take(|command| command.address() == address) {
            command
                .into_command()
                .complete(Status::Host(HostByte::Reset));
        }
        this.wait_unparked()
    }

    fn poll(this: ArcBorrow<'_, Self>, queue: u32) -> usize {
        if !this.polling.has_due(queue) {
            return 0;
        }
        let mut found = 0;
        this.unparking.fetch_add(1, Full);
        while let Some(command) = this.polling.take_due(queue) {
            command.deliver();
            found += 1;
        }
        this.unparking.fetch_sub(1, Full);
        this.rules.wake();
        found
    }

    fn configure_device(this: ArcBorrow<'_, Self>, device: scsi::NewDevice<'_>) -> Result {
        device.manage_runtime_pm();
        if let Some(lun) = this.luns.find(device.address()) {
            if let Some(depth) = lun.attachment().queue_depth {
                device.set_queue_depth(depth);
            }
            if lun.attachment().no_uld {
                device.keep_upper_drivers_away();
            }
        }
        Ok(())
    }
}

impl Adapter {
    /// Waits for commands that somebody has taken out of the parking, or out of the list of a
    /// polled queue, and is completing.
    ///
    /// # Errors
    ///
    /// Returns [`ETIMEDOUT`] if that takes too long.
    fn wait_unparked(&self) -> Result {
        let idle = || self.unparking.load(Acquire) == 0;
        self.rules.wait(COMPLETION_MS, idle);
        idle().then_some(()).ok_or(ETIMEDOUT)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.adapter.close();
        self.device = None;
    }
}

/// Converts to what a rule can match.
fn origin(submitter: Submitter) -> Origin {
    match submitter {
        Submitter::Block => Origin::Fs,
        Submitter::Passthrough => Origin::Passthrough,
        Submitter::Pm => Origin::Pm,
        Submitter::ErrorHandler => Origin::Eh,
        Submitter::Scan => Origin::Scan,
    }
}
