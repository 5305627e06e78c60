// SPDX-License-Identifier: GPL-2.0

//! What rules do beside deciding an outcome: they change the state of the hardware, and make the
//! kernel do things.
//!
//! Changes of state are made where the rule acts. What the kernel is made to do may sleep, so that
//! it is done by a work item, as libata starts a rescan from the resume of a port.

use kernel::{
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    }, //
};

use crate::{
    device::{
        host::Adapter,
        link::Input,
        lun::Lun,
        record::{
            LinkCause,
            Record, //
        },
        rules::Entry,
        stats::Counter, //
    },
    fault::{
        action::{
            Action,
            AscList,
            LinkChange, //
        },
        matcher::{
            CommandFacts,
            Direction,
            Event,
            Origin,
            Place, //
        },
        trigger::Trigger, //
    },
    ffi::task,
    link::answer::Answer,
    pm::{
        platform,
        runtime, //
    },
    scsi::{
        self,
        Address,
        Submitter, //
    },
};

/// What the kernel is made to do.
#[derive(Clone, Copy)]
enum Poke {
    /// Look at each of the devices again, `scsi_rescan_device()`.
    Rescan,
    /// Run the error handler, `scsi_schedule_eh()`.
    ScheduleEh,
    /// Resume the parent, `pm_request_resume()`.
    Wake,
    /// Block all devices, `scsi_block_targets()`.
    Block,
    /// Undo that.
    Unblock,
    /// Take the driver off the parent, which removes the host.
    RemoveHost,
    /// Tell the rules of another medium, now that the rule that has changed it is through.
    MediumChange,
    /// Tell user space that a rule acts for the first time.
    Uevent(Trigger),
}

/// Something that happens to a host, for its rules.
#[derive(Clone, Copy)]
pub(super) struct Happening<'a> {
    /// What it is.
    pub(super) trigger: Trigger,
    /// The logical unit, if it happens to one.
    pub(super) address: Option<Address>,
    /// The command, if there is one.
    pub(super) command: Option<CommandFacts<'a>>,
    /// The hardware queue, if it happens in one.
    pub(super) hw_queue: Option<u32>,
}

impl<'a> Happening<'a> {
    /// Something that has to do with no logical unit.
    pub(super) fn of_host(trigger: Trigger) -> Self {
        Self {
            trigger,
            address: None,
            command: None,
            hw_queue: None,
        }
    }

    /// Something that happens to a logical unit or, with a wrong number, to its target.
    pub(super) fn of_lun(trigger: Trigger, address: Address) -> Self {
        Self {
            address: Some(address),
            ..Self::of_host(trigger)
        }
    }

    /// Something that happens in a hardware queue.
    pub(super) fn of_queue(trigger: Trigger, queue: u32) -> Self {
        Self {
            hw_queue: Some(queue),
            ..Self::of_host(trigger)
        }
    }

    /// Something that happens to a command.
    pub(super) fn of_command(trigger: Trigger, command: &'a scsi::View) -> Self {
        Self {
            trigger,
            address: Some(command.address()),
            command: Some(facts(command)),
            hw_queue: command.hw_queue(),
        }
    }

    /// Returns the operation code of the command.
    fn opcode(&self) -> Option<u8> {
        self.command?.cdb.first().copied()
    }
}

/// Returns what a rule can match of a command.
fn facts(command: &scsi::View) -> CommandFacts<'_> {
    CommandFacts {
        cdb: command.cdb(),
        origin: origin(command.submitter()),
        direction: direction(command.direction()),
        tag: command.tag(),
        polled: command.is_polled(),
        retries: command.retries(),
        queue_full: command.is_queue_full(),
        data_len: command.data_len(),
    }
}

impl Adapter {
    /// Describes what happens to the rules.
    pub(super) fn event<'a>(&self, happening: &Happening<'a>) -> Event<'a> {
        Event {
            trigger: happening.trigger,
            lun: happening.address.map(place),
            command: happening.command,
            hw_queue: happening.hw_queue,
            cpu: task::cpu(),
            rpm_state: self.supply.rpm(),
            link_down: self.link.is_down(),
            pm_event: self.pm_event(happening.trigger),
            task_fails: task::make_it_fail(),
            now_ns: task::monotonic_ns(),
        }
    }

    /// Takes note that a rule acts, and makes the other rules follow. May be called in atomic
    /// context.
    pub(super) fn note(this: ArcBorrow<'_, Self>, entry: &Arc<Entry>, happening: &Happening<'_>) {
        this.stats.add(Counter::RuleFire);
        this.record(Record::RuleFire {
            rule: entry.name(),
            trigger: happening.trigger.name(),
            action: entry.action().name(),
            address: happening.address,
            opcode: happening.opcode(),
        });
        let verbose = entry.verbosity();
        if verbose > 0 {
            task::log_injection(entry.name(), happening.trigger.name(), verbose > 1);
            if entry.counters().fired == 1 {
                Self::poke(this, Poke::Uevent(happening.trigger), entry, happening);
            }
        }
        this.rules.follow(entry, task::monotonic_ns());
        Self::kick_clock(this);
    }

    /// Tells the rules that there is another medium in a drive, or none any more; `None`: nobody
    /// knows in which. May be called in atomic context.
    pub(crate) fn medium_changed(this: ArcBorrow<'_, Self>, address: Option<Address>) {
        let happening = Happening {
            address,
            ..Happening::of_host(Trigger::MediumChange)
        };
        Self::announce(this, &happening);
    }

    /// Does what a rule wants that decides no outcome. May be called in atomic context.
    pub(super) fn affect(this: ArcBorrow<'_, Self>, entry: &Arc<Entry>, happening: &Happening<'_>) {
        let on_luns = |f: &mut dyn FnMut(&Lun)| this.affected(entry, happening, f);
        match *entry.rule().action() {
            Action::Link(change) => Self::change_link(
                this,
                match change {
                    LinkChange::Down => Input::Down,
                    LinkChange::Up => Input::Up,
                    LinkChange::Bounce(bounce) => Input::Bounce(bounce),
                },
                LinkCause::Rule,
            ),
            Action::Ua(ref list) => on_luns(&mut |lun| attend(lun, list)),
            Action::StopLun => on_luns(&mut |lun| lun.drive().stop()),
            Action::NotReady { ms } => on_luns(&mut |lun| lun.drive().not_ready(ms)),
            // A drive that has no tray, or no medium to put in, stays as it is.
            Action::MediumOut => {
                on_luns(&mut |lun| {
                    let _ = lun.drive().remove_medium();
                });
                Self::poke(this, Poke::MediumChange, entry, happening);
            }
            Action::MediumIn => {
                on_luns(&mut |lun| {
                    let _ = lun.drive().insert_medium();
                });
                Self::poke(this, Poke::MediumChange, entry, happening);
            }
            Action::Capacity { bytes } => on_luns(&mut |lun| lun.drive().set_capacity(bytes)),
            Action::Alua(state) => on_luns(&mut |lun| {
                lun.drive()
                    .with_unit(|unit| unit.set_access_state(lun.nexus(), state));
            }),
            Action::LunGone => this.hide(entry, happening, true),
            Action::LunBack => this.hide(entry, happening, false),
            Action::RemoveHost => Self::poke(this, Poke::RemoveHost, entry, happening),
            Action::Rescan => Self::poke(this, Poke::Rescan, entry, happening),
            Action::ScheduleEh => Self::poke(this, Poke::ScheduleEh, entry, happening),
            Action::Wake => Self::poke(this, Poke::Wake, entry, happening),
            Action::Block => Self::poke(this, Poke::Block, entry, happening),
            Action::Unblock => Self::poke(this, Poke::Unblock, entry, happening),
            // The others are outcomes, or take time: whoever asked the rules sees to them.
            _ => {}
        }
    }

    /// Calls `f` with the logical units that a rule is about: that of the event, or else all that
    /// the rule matches.
    fn affected(&self, entry: &Entry, happening: &Happening<'_>, f: &mut dyn FnMut(&Lun)) {
        self.luns.read(|luns| {
            let wanted = |lun: &&Arc<Lun>| match happening.address {
                Some(address) => lun.address() == address,
                None => entry.rule().units().matches(place(lun.address())),
            };
            luns.iter().filter(wanted).for_each(|lun| f(lun));
        });
    }

    /// Makes logical units disappear from their target, or come back.
    fn hide(&self, entry: &Entry, happening: &Happening<'_>, hidden: bool) {
        let mut last = None;
        self.affected(entry, happening, &mut |lun| {
            if lun.set_hidden(hidden) {
                last = Some(lun.address());
            }
        });
        if let Some(address) = last {
            self.luns_changed(address);
        }
    }

    /// Makes the kernel do something, soon. May be called in atomic context.
    fn poke(this: ArcBorrow<'_, Self>, poke: Poke, entry: &Arc<Entry>, happening: &Happening<'_>) {
        let address = happening.address;
        let (adapter, entry) = (Arc::from(this), entry.clone());
        let spawned = this.workqueue.try_spawn(GFP_ATOMIC, move || {
            Adapter::do_poke(adapter.as_arc_borrow(), poke, &entry, address);
        });
        if spawned.is_err() {
            pr_warn!("no memory for what a rule wants the kernel to do\n");
        }
    }

    /// Makes the kernel do something. May sleep.
    fn do_poke(this: ArcBorrow<'_, Self>, poke: Poke, entry: &Entry, address: Option<Address>) {
        if !this.is_up() {
            return;
        }
        let Some(host) = this.host_ref() else {
            return;
        };
        match poke {
            Poke::Rescan => this.rescan_devices(&host, |known| match address {
                Some(address) => known == address,
                None => entry.rule().units().matches(place(known)),
            }),
            // With the mid layer's strategy nobody ends it: the thread is at it when the host goes,
            // and looks at its tags after they were freed.
            Poke::ScheduleEh if this.options.eh_strategy != scsi::EhStrategy::Own => {}
            Poke::ScheduleEh => host.schedule_eh(),
            Poke::Wake => {
                if let Some(parent) = this.parent() {
                    runtime::request_resume(&parent);
                }
            }
            // The link has blocked them already, or has taken them offline.
            Poke::Block if matches!(this.link.answer(), Answer::ImmRetry | Answer::FailFast) => {}
            // Who takes a unit out may wait for a scan.
            Poke::Block if this.is_in_a_hurry() => {}
            Poke::Block => host.block_targets(),
            Poke::Unblock => host.unblock_targets(scsi::TargetState::Running),
            Poke::RemoveHost => {
                if let Some(parent) = this.parent() {
                    platform::release_driver(&parent);
                }
            }
            Poke::MediumChange => Self::medium_changed(this, address),
            Poke::Uevent(trigger) => host.announce(entry.name(), trigger.name()),
        }
    }

    /// Has the mid layer look at devices again, as libata does once it has resumed a port.
    fn rescan_devices(&self, host: &scsi::HostRef, wanted: impl Fn(Address) -> bool) {
        let Ok(addresses) = self.luns.addresses() else {
            return;
        };
        for address in addresses.iter().copied().filter(|address| wanted(*address)) {
            // A device that is not there, or that cannot be looked at now, stays as it is.
            let _ = host.rescan_device(address);
        }
    }
}

/// Converts to what rules match.
pub(super) fn origin(submitter: Submitter) -> Origin {
    match submitter {
        Submitter::Block => Origin::Fs,
        Submitter::Passthrough => Origin::Passthrough,
        Submitter::Pm => Origin::Pm,
        Submitter::ErrorHandler => Origin::Eh,
        Submitter::Scan => Origin::Scan,
    }
}

/// Converts to what rules match.
fn direction(direction: scsi::Direction) -> Direction {
    match direction {
        scsi::Direction::None => Direction::None,
        scsi::Direction::In => Direction::In,
        scsi::Direction::Out => Direction::Out,
    }
}

/// Has a logical unit tell its host something.
pub(super) fn attend(lun: &Lun, list: &AscList) {
    for asc in list.iter() {
        lun.drive().queue_attentions(Some(lun.nexus()), &[asc]);
    }
}

/// Converts to what rules match: the numbers of H:C:T:L.
pub(super) fn place(address: Address) -> Place {
    Place {
        channel: address.channel,
        id: address.id,
        lun: address.mid_layer_lun(),
    }
}
