// SPDX-License-Identifier: GPL-2.0

//! The frozen fault rules of a host.
//!
//! What a rule matches and does is in [`crate::fault`]; here rules are published to the paths that
//! evaluate them, counted, and made to hold and let go.
//!
//! # Locking
//!
//! `frozen` orders enabling and disabling and may be held while sleeping. The state of a rule is
//! a spinlock that is not taken in interrupts, and innermost: nothing is taken inside it.

use core::cmp::Reverse;

use kernel::{
    new_mutex,
    new_spinlock,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex,
        SpinLock, //
    }, //
};

use crate::{
    fault::{
        action::ActionKind,
        matcher::Event,
        rule::Rule,
        schedule::{
            Schedule,
            Settings,
            Times, //
        },
        trigger::Trigger, //
    },
    ffi::{
        rcu::Snapshot,
        waitqueue::WaitQueue, //
    },
    scsi::Address, //
};

/// How many rules may act on one event: side effects, and an outcome.
const CHAIN: usize = 8;

/// What a rule acted on last.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    /// When, in nanoseconds of the monotonic clock.
    pub(crate) now_ns: u64,
    /// The logical unit, if there was one.
    pub(crate) address: Option<Address>,
    /// The operation code of the command, if there was one.
    pub(crate) opcode: Option<u8>,
    /// The CPU.
    pub(crate) cpu: u32,
}

/// What changes while a rule is frozen.
struct State {
    schedule: Schedule,
    /// Whether events are matched.
    active: bool,
    /// Set for good when the rule is disabled.
    thawed: bool,
    /// How many callbacks and commands the rule holds.
    parked: u32,
    /// How many callbacks may go.
    tickets: u32,
    last: Option<Last>,
    /// The settings as they were written: those of the schedule of a rule for `timer` differ.
    settings: Settings,
    /// When a rule for `timer` is due next, in nanoseconds of the monotonic clock.
    due_ns: u64,
}

impl State {
    /// Counts the time of a rule for `timer` anew.
    fn start_timer(&mut self, now_ns: u64, first: bool) {
        let period_ns = self.settings.timer_ms(first).saturating_mul(1_000_000);
        self.due_ns = now_ns.saturating_add(period_ns);
    }
}

/// What a rule is told besides what makes it a [`Rule`].
pub(crate) struct Identity {
    /// Its directory.
    pub(crate) name: CString,
    /// How many rules of the host were made before it.
    pub(crate) made: u64,
    /// What it does, in a word.
    pub(crate) action: ActionKind,
    /// The rule that begins to act when this one does.
    pub(crate) then_enable: Option<CString>,
    /// The rule that stops to act when this one acts.
    pub(crate) then_disable: Option<CString>,
}

/// A frozen rule; it is never frozen again after it was disabled.
#[pin_data]
pub(crate) struct Entry {
    rule: Rule,
    identity: Identity,
    #[pin]
    state: SpinLock<State>,
}

/// What a rule has done so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counters {
    /// Whether it acts.
    pub(crate) active: bool,
    /// Events that matched.
    pub(crate) matched: u64,
    /// Matches on which the rule acted.
    pub(crate) fired: u64,
    /// How often it acts yet.
    pub(crate) remaining: Option<Times>,
    /// Callbacks and commands that the rule holds now.
    pub(crate) parked: u32,
    /// What it acted on last.
    pub(crate) last: Option<Last>,
}

impl Entry {
    /// Prepares a rule; [`RuleSet::freeze`] makes it effective. `seed` is not 0.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(
        rule: Rule,
        identity: Identity,
        settings: Settings,
        seed: u64,
        now_ns: u64,
        active: bool,
    ) -> Result<Arc<Self>> {
        let mut state = State {
            schedule: Schedule::new(effective(&rule, settings), seed, now_ns),
            active,
            thawed: false,
            parked: 0,
            tickets: 0,
            last: None,
            settings,
            due_ns: 0,
        };
        state.start_timer(now_ns, true);
        Arc::pin_init(
            pin_init!(Self {
                rule,
                identity,
                state <- new_spinlock!(state),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the rule.
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the name of its directory.
    pub(crate) fn name(&self) -> &str {
        self.identity.name.to_str().unwrap_or_default()
    }

    /// Returns what it does, in a word.
    pub(crate) fn action(&self) -> ActionKind {
        self.identity.action
    }

    /// Returns whether to say that the rule acts: 0 no, 1 yes, 2 with the stack.
    pub(crate) fn verbosity(&self) -> u8 {
        self.state.lock().settings.verbose
    }

    /// Returns what the rule has done so far.
    pub(crate) fn counters(&self) -> Counters {
        let state = self.state.lock();
        Counters {
            active: state.active && !state.thawed,
            matched: state.schedule.matched(),
            fired: state.schedule.fired(),
            remaining: Some(state.schedule.remaining()),
            parked: state.parked,
            last: state.last,
        }
    }

    /// Changes the schedule for events from now on; the counters stay.
    pub(crate) fn set_schedule(&self, settings: Settings) {
        let mut state = self.state.lock();
        state.schedule.set(effective(&self.rule, settings));
        state.settings = settings;
    }

    /// Makes the rule fire so many times from now on.
    pub(crate) fn set_times(&self, times: Times) {
        self.state.lock().schedule.set_times(times);
    }

    /// Zeroes the counters and begins the schedule anew.
    pub(crate) fn reset(&self, now_ns: u64) {
        let mut state = self.state.lock();
        state.schedule.reset(now_ns);
        state.start_timer(now_ns, true);
        state.last = None;
    }

    /// Returns a random number of microseconds up to `max_us`; the seed of the rule decides.
    pub(super) fn jitter_us(&self, max_us: u32) -> u32 {
        let bound = max_us.saturating_add(1);
        self.state.lock().schedule.choose(bound)
    }

    /// Counts a match, and returns whether the rule acts on it.
    fn fire(&self, event: &Event<'_>) -> bool {
        let mut state = self.state.lock();
        if !state.active || state.thawed {
            return false;
        }
        // What has no data counts one, as lib/fault-inject has it for what has no size.
        let size = event.command.map_or(1, |command| command.data_len);
        if !state.schedule.fire(event.now_ns, size) {
            return false;
        }
        state.last = Some(Last {
            now_ns: event.now_ns,
            address: event
                .lun
                .map(|place| Address::from_mid_layer(place.channel, place.id, place.lun)),
            opcode: event
                .command
                .and_then(|command| command.cdb.first().copied()),
            cpu: event.cpu,
        });
        true
    }

    /// Returns whether the rule still acts, or holds what it holds.
    pub(super) fn is_enabled(&self) -> bool {
        !self.state.lock().thawed
    }

    /// Begins or stops to act; the schedule begins anew when it begins.
    pub(crate) fn set_active(&self, active: bool, now_ns: u64) {
        let mut state = self.state.lock();
        if active && !state.active {
            state.schedule.reset(now_ns);
            state.start_timer(now_ns, true);
        }
        state.active = active;
    }

    /// Returns whether a rule for `timer` is due, and if so counts its time anew.
    fn is_due(&self, now_ns: u64) -> bool {
        let mut state = self.state.lock();
        let due = state.due_ns <= now_ns;
        if due {
            state.start_timer(now_ns, false);
        }
        due
    }

    /// Returns when a rule for `timer` is due next.
    fn due_ns(&self) -> Option<u64> {
        let state = self.state.lock();
        let acts = state.active && !state.thawed;
        (acts && state.schedule.remaining() != Times::Limited(0)).then_some(state.due_ns)
    }

    /// Lets a held callback go, if it may.
    fn try_leave(&self) -> bool {
        let mut state = self.state.lock();
        match state.tickets.checked_sub(1) {
            Some(rest) => {
                state.tickets = rest;
                true
            }
            None => state.thawed,
        }
    }

    /// Counts something that the rule holds from now on.
    pub(super) fn enter(&self) {
        let mut state = self.state.lock();
        state.parked = state.parked.saturating_add(1);
    }

    /// Counts something that the rule has let go of.
    pub(super) fn leave(&self) {
        let mut state = self.state.lock();
        state.parked = state.parked.saturating_sub(1);
        state.tickets = state.tickets.min(state.parked);
    }
}

/// Returns the settings for the schedule of a rule.
fn effective(rule: &Rule, settings: Settings) -> Settings {
    match rule.trigger() {
        Trigger::Timer => settings.for_timer(),
        _ => settings,
    }
}

/// The rules that act on one event, in their order.
#[derive(Default)]
pub(crate) struct Firing {
    entries: [Option<Arc<Entry>>; CHAIN],
    len: usize,
}

impl Firing {
    /// Adds a rule; returns whether there is room for another.
    fn push(&mut self, entry: &Arc<Entry>) -> bool {
        if let Some(slot) = self.entries.get_mut(self.len) {
            *slot = Some(entry.clone());
            self.len += 1;
        }
        self.len < CHAIN
    }

    /// Returns the rules.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().flatten()
    }

    /// Returns whether no rule acts.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A list of rules in their order.
type List = KVec<Arc<Entry>>;

/// The rules of one host.
#[pin_data]
pub(crate) struct RuleSet {
    #[pin]
    frozen: Mutex<List>,
    all: Snapshot<List>,
    by_trigger: [Snapshot<List>; Trigger::COUNT],
    #[pin]
    changed: WaitQueue,
}

impl RuleSet {
    /// Creates an empty set.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            frozen <- new_mutex!(KVec::new()),
            all: Snapshot::empty(),
            by_trigger: [const { Snapshot::empty() }; Trigger::COUNT],
            changed <- WaitQueue::new(c"rpmfault_hold", kernel::static_lock_class!()),
        })
    }

    /// Returns the rules that act on an event, which is looked at only if there is a rule for the
    /// trigger: the first that matches and fires, and those after it as long as none is final.
    ///
    /// May be called in atomic context, but not in an interrupt. Costs one pointer load if there
    /// is no rule for the trigger.
    pub(crate) fn evaluate<'a>(
        &self,
        trigger: Trigger,
        event: impl FnOnce() -> Event<'a>,
    ) -> Firing {
        let mut firing = Firing::default();
        let Some(rules) = self.by_trigger.get(trigger.index()) else {
            return firing;
        };
        rules.read(|entries| {
            let event = event();
            for entry in entries {
                let acts = entry.rule.matches(&event) && entry.fire(&event);
                if acts && (!firing.push(entry) || entry.rule.is_final()) {
                    break;
                }
            }
        });
        firing
    }

    /// Returns the rules for `timer` that are due, and counts their time anew.
    ///
    /// Each rule acts by itself: being final means nothing here. What there is no room for is
    /// due at once again.
    pub(crate) fn take_due(&self, event: &Event<'_>) -> Firing {
        let mut firing = Firing::default();
        let Some(rules) = self.by_trigger.get(Trigger::Timer.index()) else {
            return firing;
        };
        rules.read(|entries| {
            for entry in entries {
                let acts =
                    entry.is_due(event.now_ns) && entry.rule.matches(event) && entry.fire(event);
                if acts && !firing.push(entry) {
                    break;
                }
            }
        });
        firing
    }

    /// Returns when the next rule for `timer` is due, in nanoseconds of the monotonic clock.
    pub(crate) fn timer_due_ns(&self) -> Option<u64> {
        self.by_trigger
            .get(Trigger::Timer.index())?
            .read(|entries| entries.iter().filter_map(|entry| entry.due_ns()).min())
            .flatten()
    }

    /// Does what a rule that acts wants of other rules: `then_enable` and `then_disable`.
    ///
    /// Takes effect for the next event. May be called in atomic context.
    pub(crate) fn follow(&self, entry: &Entry, now_ns: u64) {
        let switch = |name: &Option<CString>, active: bool| {
            let Some(name) = name else {
                return;
            };
            self.all.read(|entries| {
                if let Some(other) = entries.iter().find(|other| *other.identity.name == **name) {
                    other.set_active(active, now_ns);
                }
            });
        };
        switch(&entry.identity.then_disable, false);
        switch(&entry.identity.then_enable, true);
    }

    /// Makes a rule effective: events that start after this returns see it. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`]; nothing is changed then.
    pub(crate) fn freeze(&self, entry: Arc<Entry>) -> Result {
        let order = |entry: &Entry| (Reverse(entry.rule.priority()), entry.identity.made);
        let mut frozen = self.frozen.lock();
        let at = frozen.partition_point(|other| order(other) < order(&entry));
        let trigger = entry.rule.trigger();
        let mut next = KVec::with_capacity(frozen.len().saturating_add(1), GFP_KERNEL)?;
        for other in frozen.iter().take(at) {
            next.push(other.clone(), GFP_KERNEL)?;
        }
        next.push(entry, GFP_KERNEL)?;
        for other in frozen.iter().skip(at) {
            next.push(other.clone(), GFP_KERNEL)?;
        }
        let all = list(&next, |_| true)?;
        let of_trigger = list(&next, |entry| entry.rule.trigger() == trigger)?;
        self.publish(trigger, all, of_trigger);
        *frozen = next;
        drop(frozen);
        self.wake();
        Ok(())
    }

    /// Ends a rule and lets go of the callbacks that it holds. May sleep.
    ///
    /// No event that starts after this returns sees the rule.
    pub(crate) fn thaw(&self, entry: &Arc<Entry>) {
        entry.state.lock().thawed = true;
        let mut frozen = self.frozen.lock();
        frozen.retain(|other| !Arc::ptr_eq(other, entry));
        let trigger = entry.rule.trigger();
        let all = list(&frozen, |_| true);
        let of_trigger = list(&frozen, |entry| entry.rule.trigger() == trigger);
        // Without memory for shorter lists the longer ones stay: the flag above makes the rule
        // inert, and the next change of the lists leaves it out.
        if let (Ok(all), Ok(of_trigger)) = (all, of_trigger) {
            self.publish(trigger, all, of_trigger);
        }
        drop(frozen);
        self.wake();
    }

    /// Replaces the lists that readers see.
    fn publish(&self, trigger: Trigger, all: Option<KBox<List>>, of_trigger: Option<KBox<List>>) {
        self.all.replace(all);
        if let Some(snapshot) = self.by_trigger.get(trigger.index()) {
            snapshot.replace(of_trigger);
        }
    }

    /// Lets up to `count` callbacks that a rule holds go.
    pub(crate) fn release(&self, entry: &Entry, count: u32) {
        let mut state = entry.state.lock();
        state.tickets = state.tickets.saturating_add(count).min(state.parked);
        drop(state);
        self.wake();
    }

    /// Holds the caller, a callback, until the rule lets go of it, the limit is reached, the rule
    /// is disabled, or `interrupted` returns true at a [`RuleSet::wake`]. Sleeps.
    ///
    /// Returns whether one of these ended it before the limit.
    pub(crate) fn hold(
        &self,
        entry: &Entry,
        limit_ms: u32,
        mut interrupted: impl FnMut() -> bool,
    ) -> bool {
        entry.enter();
        // Who waits for something to be held looks again.
        self.wake();
        let ended = self
            .changed
            .wait(limit_ms, || entry.try_leave() || interrupted());
        entry.leave();
        ended
    }

    /// Sleeps until `done` returns true at a [`RuleSet::wake`], or the time is over.
    pub(crate) fn wait(&self, limit_ms: u32, done: impl FnMut() -> bool) {
        self.changed.wait(limit_ms, done);
    }

    /// Sleeps until `done` returns true at a [`RuleSet::wake`], or the time is over.
    ///
    /// # Errors
    ///
    /// Returns [`EINTR`] if a signal comes.
    pub(super) fn wait_interruptible(&self, limit_ms: u32, done: impl FnMut() -> bool) -> Result {
        self.changed.wait_interruptible(limit_ms, done)?;
        Ok(())
    }

    /// Sleeps until a rule holds `count` callbacks and commands, is disabled, or the time is over.
    ///
    /// # Errors
    ///
    /// Returns [`EINTR`] if a signal comes.
    pub(crate) fn wait_parked(&self, entry: &Entry, count: u32, limit_ms: u32) -> Result {
        self.wait_interruptible(limit_ms, || {
            let state = entry.state.lock();
            state.parked >= count || state.thawed
        })
    }

    /// Makes everybody who waits here look whether there is still something to wait for.
    ///
    /// May be called in any context.
    pub(crate) fn wake(&self) {
        self.changed.wake_all();
    }
}

/// Makes a list of some of the rules, or none if it would be empty.
fn list(entries: &[Arc<Entry>], wanted: impl Fn(&Entry) -> bool) -> Result<Option<KBox<List>>> {
    let mut list = KVec::new();
    for entry in entries.iter().filter(|entry| wanted(entry)) {
        list.push(entry.clone(), GFP_KERNEL)?;
    }
    Ok(if list.is_empty() {
        None
    } else {
        Some(KBox::new(list, GFP_KERNEL)?)
    })
}
