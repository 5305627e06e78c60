// SPDX-License-Identifier: GPL-2.0

//! The enabled fault rules of a host.
//!
//! What a rule matches and does is in [`crate::fault`]; here rules are published to the paths that
//! evaluate them, counted, and made to hold and let go.
//!
//! # Locking
//!
//! `enabled` orders enabling and disabling and may be held while sleeping. The state of a rule is
//! a spinlock, and innermost: nothing is taken inside it.

use core::cmp::Ordering;

use kernel::{
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        SpinLock, //
    }, //
};

use crate::{
    fault::{
        rule::{
            Event,
            Rule,
            Trigger, //
        },
        schedule::{
            Schedule,
            Times, //
        }, //
    },
    ffi::{
        rcu::Snapshot,
        waitqueue::{
            Timeout,
            WaitQueue, //
        }, //
    },
};

/// What changes while a rule is enabled.
struct State {
    schedule: Schedule,
    enabled: bool,
    /// How many callbacks and commands the rule holds.
    parked: u32,
    /// How many callbacks may go. A device has one callback running at a time, so that a ticket
    /// cannot go to another than the one it was meant for.
    tickets: u32,
}

/// A rule that was enabled; it is never enabled again after it was disabled.
#[pin_data]
pub(crate) struct Entry {
    rule: Rule,
    /// Rules are evaluated in ascending order of this.
    order: u64,
    #[pin]
    state: SpinLock<State>,
}

/// What a rule has done so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counters {
    /// Events that matched.
    pub(crate) matched: u64,
    /// Matches on which the rule acted.
    pub(crate) fired: u64,
    /// Callbacks and commands that the rule holds now.
    pub(crate) parked: u32,
}

impl Entry {
    /// Prepares a rule; [`RuleSet::enable`] makes it effective.
    pub(crate) fn new(rule: Rule, times: Times, order: u64) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                rule,
                order,
                state <- new_spinlock!(State {
                    schedule: Schedule::new(times),
                    enabled: true,
                    parked: 0,
                    tickets: 0,
                }),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the rule.
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns what the rule has done.
    pub(crate) fn counters(&self) -> Counters {
        let state = self.state.lock();
        Counters {
            matched: state.schedule.matched(),
            fired: state.schedule.fired(),
            parked: state.parked,
        }
    }

    /// Makes the rule fire so many times from now on.
    pub(crate) fn set_times(&self, times: Times) {
        self.state.lock().schedule.set_times(times);
    }

    /// Counts a match, and returns whether the rule acts on it.
    fn fire(&self) -> bool {
        let mut state = self.state.lock();
        state.enabled && state.schedule.fire()
    }

    /// Returns whether the rule still acts.
    pub(super) fn is_enabled(&self) -> bool {
        self.state.lock().enabled
    }

    /// Lets a held callback go, if it may.
    fn try_leave(&self) -> bool {
        let mut state = self.state.lock();
        match state.tickets.checked_sub(1) {
            Some(rest) => {
                state.tickets = rest;
                true
            }
            None => !state.enabled,
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

/// The rules of one host.
#[pin_data]
pub(crate) struct RuleSet {
    #[pin]
    enabled: Mutex<KVec<Arc<Entry>>>,
    by_trigger: [Snapshot<KVec<Arc<Entry>>>; Trigger::COUNT],
    #[pin]
    changed: WaitQueue,
}

impl RuleSet {
    /// Creates an empty set.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            enabled <- new_mutex!(KVec::new()),
            by_trigger: [const { Snapshot::empty() }; Trigger::COUNT],
            changed <- WaitQueue::new(c"rpmfault_hold", kernel::static_lock_class!()),
        })
    }

    /// Returns the first rule, in their order, that matches `event` and acts on it.
    ///
    /// May be called in atomic context. Costs one pointer load if there is no rule for the trigger.
    pub(crate) fn evaluate(&self, event: &Event<'_>) -> Option<Arc<Entry>> {
        self.by_trigger
            .get(event.trigger.index())?
            .read(|entries| {
                entries
                    .iter()
                    .find(|entry| entry.rule.matches(event) && entry.fire())
                    .cloned()
            })
            .flatten()
    }

    /// Makes a rule effective: events that start after this returns see it. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`]; nothing is changed then.
    pub(crate) fn enable(&self, entry: Arc<Entry>) -> Result {
        let mut enabled = self.enabled.lock();
        let at = enabled
            .iter()
            .position(|other| other.order.cmp(&entry.order) == Ordering::Greater)
            .unwrap_or(enabled.len());
        let trigger = entry.rule.trigger();
        let mut next = KVec::with_capacity(enabled.len().saturating_add(1), GFP_KERNEL)?;
        for other in enabled.iter().take(at) {
            next.push(other.clone(), GFP_KERNEL)?;
        }
        next.push(entry, GFP_KERNEL)?;
        for other in enabled.iter().skip(at) {
            next.push(other.clone(), GFP_KERNEL)?;
        }
        self.publish(&next, trigger)?;
        *enabled = next;
        Ok(())
    }

    /// Ends a rule and lets go of the callback that it holds. May sleep.
    ///
    /// No event that starts after this returns sees the rule.
    pub(crate) fn disable(&self, entry: &Arc<Entry>) {
        entry.state.lock().enabled = false;
        let mut enabled = self.enabled.lock();
        enabled.retain(|other| !Arc::ptr_eq(other, entry));
        // Without memory for a shorter list the longer one stays: the flag above makes the rule
        // inert, and the next change of the list leaves it out.
        let _ = self.publish(&enabled, entry.rule.trigger());
        drop(enabled);
        self.wake();
    }

    /// Publishes the rules for one trigger.
    fn publish(&self, enabled: &[Arc<Entry>], trigger: Trigger) -> Result {
        let mut entries = KVec::new();
        for entry in enabled
            .iter()
            .filter(|entry| entry.rule.trigger() == trigger)
        {
            entries.push(entry.clone(), GFP_KERNEL)?;
        }
        let entries = if entries.is_empty() {
            None
        } else {
            Some(KBox::new(entries, GFP_KERNEL)?)
        };
        if let Some(snapshot) = self.by_trigger.get(trigger.index()) {
            snapshot.replace(entries);
        }
        Ok(())
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
    pub(crate) fn hold(
        &self,
        entry: &Entry,
        limit_ms: Option<u32>,
        mut interrupted: impl FnMut() -> bool,
    ) {
        let timeout = limit_ms.map_or(Timeout::Never, Timeout::Milliseconds);
        entry.enter();
        self.changed
            .wait(timeout, || entry.try_leave() || interrupted());
        entry.leave();
    }

    /// Sleeps until `done` returns true at a [`RuleSet::wake`], or the time is over.
    pub(crate) fn wait(&self, limit_ms: u32, done: impl FnMut() -> bool) {
        self.changed.wait(Timeout::Milliseconds(limit_ms), done);
    }

    /// Makes everybody who waits here look whether there is still something to wait for.
    ///
    /// May be called in any context.
    pub(crate) fn wake(&self) {
        self.changed.wake_all();
    }
}
