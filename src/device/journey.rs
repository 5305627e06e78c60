// SPDX-License-Identifier: GPL-2.0

//! The journey of a command through the host.
//!
//! [`Adapter::arrive`] asks the rules for `queue`, [`Adapter::carry_out`] has the logical unit
//! execute it, [`Adapter::finish`] asks the rules for `complete`, and [`Adapter::deliver`] gives it
//! back as and when this host does that. A rule may end the journey at both stations, and may hold
//! the command there.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Full,
            Relaxed, //
        },
        Arc,
        ArcBorrow, //
    },
    time::Delta, //
};

use crate::{
    device::{
        drive,
        effects::Happening,
        host::Adapter,
        outcome::Outcome,
        parking::{
            Held,
            Parked, //
        },
        record::{
            Record,
            ReleaseCause, //
        },
        rules::Entry,
        settings::{
            Completion,
            LATENCY_MAX_NS, //
        },
        stats::Counter, //
    },
    fault::{
        action::{
            Action,
            Completion as Wanted,
            OnAbort,
            QueueRet, //
        },
        random::Random,
        trigger::Trigger, //
    },
    ffi::task,
    link::answer::Answer,
    protocol::cdb::opcode,
    scsi::{
        Busy,
        Command,
        Context,
        HostByte,
        Refused,
        Status,
        Submitter,
        View, //
    },
    unit::Tamper, //
};

/// What the rules want of a command, at one station of its journey.
#[derive(Default)]
struct Plan {
    /// How long it takes longer.
    delay_ns: u64,
    /// The rule that decides how it ends, if there is one.
    outcome: Option<Arc<Entry>>,
}

impl Adapter {
    /// Takes a command in. May be called in atomic context.
    pub(super) fn arrive(this: ArcBorrow<'_, Self>, command: Command) -> Result<(), Refused> {
        this.stats.add(Counter::Commands);
        if let Some(opcode) = command.cdb().first() {
            this.stats.command(*opcode);
        }
        if !this.meets_no_power(&command) {
            this.give_back(command, Status::Host(HostByte::NoConnect));
            return Ok(());
        }
        let plan = Self::plan(this, Trigger::Queue, &command);
        let Some(entry) = plan.outcome else {
            Self::carry_out(this, command, Tamper::None, plan.delay_ns);
            return Ok(());
        };
        match entry.rule().action() {
            Action::Result(completion) => {
                Self::end_as(this, command, completion, plan.delay_ns);
            }
            Action::QueueRet(ret) => return Err(command.refuse(busy(*ret))),
            Action::Drop { on_abort } => {
                Self::park(
                    this,
                    Held::Queued(command),
                    Trigger::Queue,
                    &entry,
                    None,
                    *on_abort,
                );
            }
            Action::Stall {
                limit_ms, on_abort, ..
            } => Self::park(
                this,
                Held::Queued(command),
                Trigger::Queue,
                &entry,
                *limit_ms,
                *on_abort,
            ),
            Action::BlkAbort => {
                command.abort_request();
                Self::park(
                    this,
                    Held::Queued(command),
                    Trigger::Queue,
                    &entry,
                    None,
                    OnAbort::Success,
                );
            }
            action => Self::carry_out(this, command, tamper(action), plan.delay_ns),
        }
        Ok(())
    }

    /// Asks the rules about a command, and does what decides no outcome.
    fn plan(this: ArcBorrow<'_, Self>, trigger: Trigger, command: &View) -> Plan {
        let mut plan = Plan::default();
        if !this.asks_rules(command) {
            return plan;
        }
        let happening = || Happening::of_command(trigger, command);
        let firing = this.rules.evaluate(trigger, || this.event(&happening()));
        if firing.is_empty() {
            return plan;
        }
        let happening = happening();
        for entry in firing.iter() {
            Self::note(this, entry, &happening);
            match entry.rule().action() {
                Action::Delay { us, jitter_us } => {
                    let us = us.saturating_add(entry.jitter_us(*jitter_us).into());
                    let delay_ns = us.saturating_mul(1000);
                    plan.delay_ns = plan.delay_ns.saturating_add(delay_ns);
                }
                action if action.is_outcome() => {
                    if plan.outcome.is_none() {
                        this.stats.add(Counter::Injected);
                        plan.outcome = Some(entry.clone());
                    }
                }
                _ => Self::affect(this, entry, &happening),
            }
        }
        plan
    }

    /// Has the logical unit carry a command out. May be called in atomic context.
    pub(super) fn carry_out(
        this: ArcBorrow<'_, Self>,
        mut command: Command,
        tamper: Tamper<'_>,
        delay_ns: u64,
    ) {
        match this.link_answer(&command) {
            Answer::Carry => {}
            Answer::Swallow => return Self::swallow(this, command),
            Answer::ImmRetry => {
                return this.give_back(command, Status::Host(HostByte::ImmediateRetry));
            }
            Answer::Disrupted => {
                return this.give_back(command, Status::Host(HostByte::TransportDisrupted));
            }
            Answer::FailFast => {
                return this.give_back(command, Status::Host(HostByte::TransportFailfast));
            }
            Answer::NoConnect => {
                return this.give_back(command, Status::Host(HostByte::NoConnect));
            }
        }
        let address = command.address();
        let mut delay_ns = delay_ns;
        let ending = this.luns.read(|luns| {
            let numbers = luns
                .target(address)
                .filter(|lun| !lun.is_hidden())
                .map(|lun| lun.address().lun);
            if let Some(lun) = luns.find(address) {
                let spin_ms = u64::from(lun.spin_ms(command.cdb()));
                delay_ns = delay_ns.saturating_add(spin_ms.saturating_mul(1_000_000));
                Some(lun.execute(numbers, &mut command, tamper))
            } else {
                let neighbour = luns.target(address).next()?.drive().profile();
                Some(drive::execute_absent(neighbour, numbers, &mut command))
            }
        });
        let Some(ending) = ending.flatten() else {
            return this.give_back(command, Status::Host(HostByte::NoConnect));
        };
        if ending.is_good() && moves_medium(command.cdb()) {
            Self::medium_changed(this, Some(address));
        }
        Self::finish(this, command, ending.status(), delay_ns);
    }

    /// Asks the rules about a command that has an outcome. May be called in atomic context.
    fn finish(this: ArcBorrow<'_, Self>, mut command: Command, status: Status<'_>, delay_ns: u64) {
        let plan = Self::plan(this, Trigger::Complete, &command);
        let delay_ns = delay_ns.saturating_add(plan.delay_ns);
        let Some(entry) = plan.outcome else {
            return Self::deliver(this, command, status, delay_ns);
        };
        match entry.rule().action() {
            Action::Result(completion) => Self::end_as(this, command, completion, delay_ns),
            Action::Stall {
                limit_ms, on_abort, ..
            } => Self::park(
                this,
                Held::Done(command.prepare(status)),
                Trigger::Complete,
                &entry,
                *limit_ms,
                *on_abort,
            ),
            action => {
                let status = match action {
                    Action::Succeed => Status::Good,
                    Action::Short { resid } => {
                        let resid = usize::try_from(*resid).unwrap_or(usize::MAX);
                        command.set_transferred(command.data_len().saturating_sub(resid));
                        status
                    }
                    Action::NoData => {
                        command.set_transferred(0);
                        status
                    }
                    Action::Corrupt(data) => {
                        let offset = usize::try_from(data.offset).unwrap_or(usize::MAX);
                        command.data_in(offset, data.pattern.get());
                        status
                    }
                    _ => status,
                };
                Self::deliver(this, command, status, delay_ns);
            }
        }
    }

    /// Gives a command back as a rule wants. May be called in atomic context.
    fn end_as(this: ArcBorrow<'_, Self>, mut command: Command, completion: &Wanted, delay_ns: u64) {
        let descriptor = this
            .luns
            .find(command.address())
            .is_some_and(|lun| lun.drive().profile().descriptor_sense);
        let outcome = Outcome::new(completion, command.cdb(), descriptor);
        if !outcome.is_good() {
            command.set_transferred(0);
        }
        Self::deliver(this, command, outcome.status(), delay_ns);
    }

    /// Gives a command back as and when this host does that. May be called in atomic context.
    fn deliver(this: ArcBorrow<'_, Self>, command: Command, status: Status<'_>, delay_ns: u64) {
        // Who goes away has no time for latency.
        if !this.asks_rules(&command) {
            return this.give_back(command, status);
        }
        let latency_ns = match this.options.completion {
            Completion::Inline if !command.is_polled() => 0,
            _ => this.latency_ns(),
        };
        let total_ns = delay_ns.saturating_add(latency_ns).min(LATENCY_MAX_NS);
        let delay = Delta::from_nanos(i64::try_from(total_ns).unwrap_or(i64::MAX));
        if command.is_polled() {
            return match this.polling.keep(command.prepare(status), delay) {
                Ok(()) if this.is_up() && this.removing.load(Acquire) == 0 => {}
                // Whoever has no time may have looked just before this one was kept.
                Ok(()) => this.deliver_polled(|command| !this.asks_rules(command)),
                Err(prepared) => prepared.deliver(),
            };
        }
        this.stats.add(Counter::Completions);
        match this.options.completion {
            Completion::Inline if total_ns == 0 => command.complete(status),
            Completion::Inline | Completion::Hrtimer => {
                command.complete_after(status, delay, Context::Interrupt);
            }
            Completion::Workqueue => command.complete_after(status, delay, Context::Workqueue),
        }
    }

    /// Returns how long a command takes, as the settings have it.
    fn latency_ns(&self) -> u64 {
        let latency_ns = self.settings.latency_ns();
        let jitter_ns = self.settings.jitter_ns();
        if jitter_ns == 0 {
            return latency_ns;
        }
        let range = jitter_ns.saturating_mul(2).saturating_add(1);
        latency_ns
            .saturating_add(self.random() % range)
            .saturating_sub(jitter_ns)
    }

    /// Returns a number at random; the same ones in the same order with the same seed.
    fn random(&self) -> u64 {
        match self.settings.seed() {
            0 => task::random(),
            seed => {
                let drawn = self.drawn.fetch_add(1, Relaxed);
                Random::new(seed.wrapping_add(drawn)).next()
            }
        }
    }

    /// Gives a command back at once. May be called in any context.
    pub(super) fn give_back(&self, command: Command, status: Status<'_>) {
        self.stats.add(Counter::Completions);
        command.complete(status);
    }

    /// Completes polled commands that `wanted` says are wanted, as if their time were over.
    ///
    /// May be called in atomic context.
    pub(super) fn deliver_polled(&self, wanted: impl Fn(&Command) -> bool) {
        self.unparking.fetch_add(1, Full);
        while let Some(command) = self.polling.take(&wanted) {
            self.stats.add(Counter::Completions);
            command.deliver();
        }
        self.unparking.fetch_sub(1, Full);
        self.rules.wake();
    }

    /// Completes the polled commands of a hardware queue that are due, and returns how many.
    pub(super) fn poll_queue(this: ArcBorrow<'_, Self>, queue: u32) -> usize {
        let happening = Happening::of_queue(Trigger::MqPoll, queue);
        let firing = this
            .rules
            .evaluate(Trigger::MqPoll, || this.event(&happening));
        let mut finds = true;
        for entry in firing.iter() {
            Self::note(this, entry, &happening);
            match entry.rule().action() {
                Action::Drop { .. } => finds = false,
                _ => Self::affect(this, entry, &happening),
            }
        }
        if !finds || !this.polling.has_due(queue) {
            return 0;
        }
        let mut found = 0;
        this.unparking.fetch_add(1, Full);
        while let Some(command) = this.polling.take_due(queue) {
            this.stats.add(Counter::Completions);
            command.deliver();
            found += 1;
        }
        this.unparking.fetch_sub(1, Full);
        this.rules.wake();
        found
    }

    /// Holds a command until its rule lets go of it. May be called in atomic context.
    fn park(
        this: ArcBorrow<'_, Self>,
        held: Held,
        trigger: Trigger,
        entry: &Arc<Entry>,
        limit_ms: Option<u32>,
        on_abort: OnAbort,
    ) {
        this.stats.add(Counter::Parked);
        this.record(Record::Park {
            rule: entry.name(),
            trigger: trigger.name(),
            address: Some(held.command().address()),
            cdb: held.command().cdb(),
        });
        Self::keep(
            this,
            Parked::new(held, trigger, Some(entry.clone()), limit_ms, on_abort),
        );
    }

    /// Keeps a command that the link has swallowed until the error handler asks for it.
    fn swallow(this: ArcBorrow<'_, Self>, command: Command) {
        let held = Held::Queued(command);
        Self::keep(
            this,
            Parked::new(held, Trigger::Queue, None, None, OnAbort::Failed),
        );
    }

    fn keep(this: ArcBorrow<'_, Self>, parked: Parked) {
        let id = parked.view().id();
        if let Err(held) = this.parking.park(parked) {
            return this.give_back(held.into_command(), Status::Host(HostByte::Requeue));
        }
        Self::kick_clock(this);
        // Whoever lets go of commands may have looked just before this one was parked.
        Self::unpark(this, usize::MAX, ReleaseCause::Removed, |parked| {
            parked.view().id() == id && !this.may_hold(parked)
        });
        this.rules.wake();
    }

    /// Returns whether a command may be held any longer.
    fn may_hold(&self, parked: &Parked) -> bool {
        self.asks_rules(parked.view())
            && match &parked.entry {
                Some(entry) => entry.is_enabled() && !self.link.disrupts(),
                None => self.link_answer(parked.view()) == Answer::Swallow,
            }
    }

    /// Lets up to `count` of the parked commands go on that `wanted` says are wanted, and makes
    /// callbacks that are held look whether they still are.
    ///
    /// May be called in atomic context.
    pub(super) fn unpark(
        this: ArcBorrow<'_, Self>,
        count: usize,
        why: ReleaseCause,
        wanted: impl Fn(&Parked) -> bool,
    ) {
        this.unparking.fetch_add(1, Full);
        for _ in 0..count {
            match this.parking.take(&wanted) {
                Some(parked) => Self::go_on(this, parked, why),
                None => break,
            }
        }
        this.unparking.fetch_sub(1, Full);
        this.rules.wake();
    }

    /// Lets a command that was parked go on.
    fn go_on(this: ArcBorrow<'_, Self>, parked: Parked, why: ReleaseCause) {
        this.released(&parked, why);
        let wanted = match parked.entry.as_ref().map(|entry| entry.rule().action()) {
            Some(Action::Stall { then, .. }) if this.is_up() => *then,
            _ => None,
        };
        match (wanted, parked.held) {
            (Some(completion), held) => {
                Self::end_as(this, held.into_command(), &completion, 0);
            }
            (None, Held::Queued(command)) => Self::carry_out(this, command, Tamper::None, 0),
            (None, Held::Done(prepared)) => {
                this.stats.add(Counter::Completions);
                prepared.deliver();
            }
        }
    }

    /// Says that a command is no longer held.
    pub(super) fn released(&self, parked: &Parked, why: ReleaseCause) {
        let held_ns = task::monotonic_ns().saturating_sub(parked.since_ns);
        self.record(Record::Release {
            rule: parked.entry.as_ref().map_or("-", |entry| entry.name()),
            trigger: parked.trigger.name(),
            address: Some(parked.view().address()),
            cdb: parked.view().cdb(),
            held_ms: held_ns / 1_000_000,
            why,
        });
    }

    /// Returns whether rules are asked about a command, and whether it may be delayed.
    pub(super) fn asks_rules(&self, command: &View) -> bool {
        // Removal waits for scans, whatever they look for.
        let leaving = self.removing.load(Relaxed) > 0
            && (command.submitter() == Submitter::Scan
                || self
                    .luns
                    .find(command.address())
                    .is_some_and(|lun| lun.is_leaving()));
        self.is_up() && !leaving
    }
}

/// Returns whether a command loads or ejects a medium: START STOP UNIT with LOEJ (SBC-4).
fn moves_medium(cdb: &[u8]) -> bool {
    cdb.first() == Some(&opcode::START_STOP_UNIT) && cdb.get(4).is_some_and(|byte| byte & 0x02 != 0)
}

/// Returns how an action has the logical unit cheat.
fn tamper(action: &Action) -> Tamper<'_> {
    match action {
        Action::Succeed => Tamper::Skip,
        Action::Short { resid } => Tamper::Short(*resid),
        Action::NoData => Tamper::NoData,
        Action::Corrupt(data) => Tamper::Corrupt {
            offset: data.offset,
            pattern: data.pattern.get(),
        },
        Action::Misdirect { blocks } => Tamper::Misdirect(*blocks),
        Action::Torn { blocks } => Tamper::Torn(*blocks),
        _ => Tamper::None,
    }
}

/// Converts to what `.queuecommand` returns.
fn busy(ret: QueueRet) -> Busy {
    match ret {
        QueueRet::HostBusy => Busy::Host,
        QueueRet::DeviceBusy => Busy::Device,
        QueueRet::TargetBusy => Busy::Target,
        QueueRet::EhRetry => Busy::EhRetry,
    }
}
