// SPDX-License-Identifier: GPL-2.0

//! The host adapter: where commands arrive, and what is powered up and down.
//!
//! # Lifecycle
//!
//! [`Adapter::start`] adds the parent device; the driver core probes it, which adds the SCSI host
//! and scans it. Dropping the [`Running`] adapter undoes all of it, in the order that always comes
//! back: rules are no longer evaluated, what is held is let go, the link is lost, the host is
//! removed.
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
            Atomic,
            Relaxed, //
        },
        Arc,
        ArcBorrow,
        Mutex, //
    }, //
};

use crate::{
    device::{
        disk::{
            self,
            Failure, //
        },
        link::Link,
        lun::Lun,
        parking::Parking,
        rules::{
            Entry,
            RuleSet, //
        }, //
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
    scsi::{
        self,
        Address,
        Command,
        CommandId,
        HostByte,
        Limits,
        Status,
        Submitter, //
    }, //
};

/// Channels and targets that a host may have; their numbers are lower.
pub(crate) const CHANNELS: u32 = 16;
pub(crate) const TARGETS: u32 = 256;
/// Logical units of a target: those that the peripheral device addressing method of SAM-6 has.
pub(crate) const LUNS: u64 = 256;

/// How long the error handler waits for a command that is being completed right now.
const COMPLETION_MS: u32 = 5000;

/// How a host is set up when it starts.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// Autosuspend delay of the parent, in milliseconds; negative: it does not suspend.
    pub(crate) autosuspend_ms: i32,
    /// Autosuspend delay of the disks, likewise.
    pub(crate) sdev_autosuspend_ms: i32,
    /// Whether the parent may suspend at all (`power/control` is `auto`).
    pub(crate) auto: bool,
}

/// A host adapter, from the moment it is switched on until it is switched off.
#[pin_data]
pub(crate) struct Adapter {
    settings: Settings,
    /// In ascending order of their addresses.
    luns: KVec<Arc<Lun>>,
    rules: Arc<RuleSet>,
    link: Arc<Link>,
    workqueue: Arc<OwnedQueue>,
    #[pin]
    parking: Parking,
    suspended: Atomic<bool>,
    closing: Atomic<bool>,
    /// Why the last probe failed, if it did.
    #[pin]
    failure: Mutex<Option<Error>>,
    #[pin]
    host: Mutex<Option<scsi::Registration<Adapter>>>,
}

/// An adapter that is switched on.
pub(crate) struct Running {
    adapter: Arc<Adapter>,
    device: Option<platform::Device<Adapter>>,
}

impl Adapter {
    /// Switches a host on: adds its parent device and the host, and scans for `luns`. May sleep.
    ///
    /// # Errors
    ///
    /// Returns what failed; nothing is left behind.
    pub(crate) fn start(
        settings: Settings,
        luns: KVec<Arc<Lun>>,
        rules: Arc<RuleSet>,
        link: Arc<Link>,
        workqueue: Arc<OwnedQueue>,
    ) -> Result<Running> {
        let adapter = Arc::pin_init(
            pin_init!(Self {
                settings,
                luns,
                rules,
                link,
                workqueue,
                parking <- Parking::new(),
                suspended: Atomic::new(false),
                closing: Atomic::new(false),
                failure <- new_mutex!(None),
                host <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )?;
        let device = platform::Device::new(adapter.clone())?;
        // The driver core keeps the error of probe to itself.
        if adapter.host_no().is_none() {
            drop(device);
            return Err(adapter.failure.lock().take().unwrap_or(ENXIO));
        }
        Ok(Running {
            adapter,
            device: Some(device),
        })
    }

    /// Returns N of hostN, or `None` while no driver is bound to the parent.
    pub(crate) fn host_no(&self) -> Option<u32> {
        self.host.lock().as_ref().map(scsi::Registration::host_no)
    }

    /// Writes the name of the block device of a LUN into `name`, and returns its length.
    ///
    /// Returns `None` if there is none yet. May sleep.
    pub(crate) fn block_device(&self, address: Address, name: &mut [u8]) -> Option<usize> {
        self.host.lock().as_ref()?.block_device(address, name)
    }

    /// Takes a LUN out: the mid layer removes its device. May sleep.
    pub(crate) fn remove_lun(&self, address: Address) {
        if let Some(lun) = self.find(address) {
            lun.set_gone();
        }
        if let Some(host) = self.host.lock().as_ref() {
            host.remove_device(address);
        }
    }

    /// Returns the LUN at an address.
    fn find(&self, address: Address) -> Option<&Arc<Lun>> {
        self.target(address).find(|lun| lun.address == address)
    }

    /// Returns the LUNs of the target that `address` is on.
    fn target(&self, address: Address) -> impl Iterator<Item = &Arc<Lun>> + Clone {
        self.luns.iter().filter(move |lun| {
            !lun.is_gone() && lun.address.channel == address.channel && lun.address.id == address.id
        })
    }

    /// Carries a command out and completes it. May be called in atomic context.
    fn execute(&self, mut command: Command) {
        if let Some(byte) = self.unreachable() {
            return command.complete(Status::Host(byte));
        }
        let address = command.address();
        let numbers = self.target(address).map(|lun| lun.address.lun);
        let result = if let Some(lun) = self.find(address) {
            disk::execute(lun, numbers, &mut command)
        } else if let Some(neighbour) = self.target(address).next() {
            disk::execute_absent(neighbour, numbers, &mut command)
        } else {
            return command.complete(Status::Host(HostByte::NoConnect));
        };
        match result {
            Ok(()) => command.complete(Status::Good),
            Err(Failure::Sense(sense)) => {
                command.complete(Status::CheckCondition(&sense.fixed()));
            }
            Err(Failure::Busy) => command.complete(Status::Host(HostByte::Requeue)),
        }
    }

    /// Returns why a command cannot reach a device, if it cannot.
    fn unreachable(&self) -> Option<HostByte> {
        if self.closing.load(Relaxed) || self.suspended.load(Relaxed) {
            Some(HostByte::NoConnect)
        } else if self.link.is_down() {
            Some(HostByte::TransportDisrupted)
        } else {
            None
        }
    }

    /// Returns whether a parked command has nothing to wait for any more.
    fn is_cut_off(&self) -> bool {
        self.closing.load(Relaxed) || self.link.is_down()
    }

    /// Holds a command until the rule lets go of it. May be called in atomic context.
    fn park(this: ArcBorrow<'_, Self>, entry: Arc<Entry>, limit_ms: Option<u32>, command: Command) {
        let slot = match this.parking.park(command) {
            Ok(slot) => slot,
            Err(command) => return command.complete(Status::Host(HostByte::Requeue)),
        };
        let adapter: Arc<Self> = this.into();
        let held = slot.clone();
        let spawned = this.workqueue.try_spawn(GFP_ATOMIC, move || {
            adapter
                .rules
                .hold(&entry, limit_ms, || held.is_empty() || adapter.is_cut_off());
            if let Some(command) = held.take() {
                adapter.execute(command);
            }
            adapter.parking.forget(&held);
            adapter.rules.wake();
        });
        if spawned.is_err() {
            if let Some(command) = slot.take() {
                command.complete(Status::Host(HostByte::Requeue));
            }
            this.parking.forget(&slot);
        }
    }

    /// Takes the link down, as a rule asks.
    fn drop_link(&self) {
        self.link.set_down(true);
        self.rules.wake();
    }

    /// Lets the rules have their say on a callback of the parent. Sleeps while a rule holds it.
    fn callback(&self, trigger: Trigger) -> Result {
        if self.closing.load(Relaxed) {
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
                self.rules
                    .hold(&entry, limit_ms, || self.closing.load(Relaxed));
                then.map_or(Ok(()), |errno| Err(Error::from_errno(errno.to_errno())))
            }
            Action::LinkDown => {
                self.drop_link();
                Ok(())
            }
            // Rule::freeze() refuses it for a callback.
            Action::Complete(_) => Ok(()),
        }
    }

    /// Returns what the mid layer has to know to scan for the LUNs.
    fn limits(&self) -> Limits {
        let (max_channel, max_id) = self.luns.iter().fold((0, 0), |(channel, id), lun| {
            (lun.address.channel.max(channel), lun.address.id.max(id))
        });
        Limits {
            max_channel,
            max_id: max_id.saturating_add(1),
            max_lun: LUNS,
            rpm_autosuspend_delay: self.settings.sdev_autosuspend_ms,
        }
    }

    /// Adds the SCSI host and scans its targets.
    fn bring_up(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        this.suspended.store(false, Relaxed);
        let power = runtime::Enabled::new(dev, this.settings.autosuspend_ms, this.settings.auto)?;
        let host = scsi::Registration::new(dev, this.limits(), this.into())?;
        let mut scanned = None;
        for lun in &this.luns {
            let target = (lun.address.channel, lun.address.id);
            if scanned != Some(target) {
                host.scan_target(target.0, target.1);
                scanned = Some(target);
            }
        }
        *this.host.lock() = Some(host);
        power.allow_suspend();
        Ok(())
    }
}

impl platform::Driver for Adapter {
    const NAME: &'static CStr = c"rpmfault";

    fn probe(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) -> Result {
        Self::bring_up(this, dev).inspect_err(|error| *this.failure.lock() = Some(*error))
    }

    fn remove(this: ArcBorrow<'_, Self>, dev: &device::Device<Bound>) {
        let host = this.host.lock().take();
        drop(host);
        runtime::disable(dev);
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
        let entry = if this.closing.load(Relaxed) {
            None
        } else {
            this.rules.evaluate(&event)
        };
        let Some(entry) = entry else {
            return this.execute(command);
        };
        match entry.rule().action() {
            Action::Complete(sense) => command.complete(Status::CheckCondition(&sense.fixed())),
            Action::Hold { limit_ms, .. } => Self::park(this, entry, limit_ms, command),
            Action::LinkDown => {
                this.drop_link();
                this.execute(command);
            }
            // Rule::freeze() refuses it for a command.
            Action::Fail(_) => this.execute(command),
        }
    }

    fn abort(this: ArcBorrow<'_, Self>, id: CommandId, taken: &mut dyn FnMut(Command)) -> Result {
        if let Some(command) = this.parking.take(id) {
            taken(command);
            this.rules.wake();
        }
        // A worker may be completing it right now; then it touches the data buffer.
        let done = this.rules.wait(COMPLETION_MS, || !this.parking.has(id));
        done.then_some(()).ok_or(ETIMEDOUT)
    }

    fn reset_device(
        this: ArcBorrow<'_, Self>,
        address: Address,
        taken: &mut dyn FnMut(Command),
    ) -> Result {
        while let Some(command) = this.parking.take_any(address) {
            taken(command);
        }
        this.rules.wake();
        let done = this
            .rules
            .wait(COMPLETION_MS, || !this.parking.has_any(address));
        done.then_some(()).ok_or(ETIMEDOUT)
    }

    fn configure_device(_this: ArcBorrow<'_, Self>, device: scsi::Device<'_>) -> Result {
        device.manage_runtime_pm();
        Ok(())
    }
}

impl Running {
    /// Returns the adapter.
    pub(crate) fn adapter(&self) -> Arc<Adapter> {
        self.adapter.clone()
    }

    /// Returns the parent device.
    pub(crate) fn parent(&self) -> Option<ARef<device::Device>> {
        self.device.as_ref().map(platform::Device::device)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // From here on no rule fires, and what is held goes on; commands find no one, so that
        // removal does not wait for anything that the rules or the link could keep from it.
        self.adapter.closing.store(true, Relaxed);
        self.adapter.rules.wake();
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
