// SPDX-License-Identifier: GPL-2.0

//! A fault rule: what is said of it, and enabling it.
//!
//! What a rule means is in [`crate::fault::rule`]. Its attributes are frozen when it is enabled,
//! but for its schedule, which may be changed meanwhile.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    }, //
};

use crate::{
    configfs::Page,
    control::{
        host::Host,
        text, //
    },
    device::{
        host::Adapter,
        rules::{
            Counters,
            Entry,
            Identity, //
        }, //
    },
    fault::{
        rule::Spec,
        schedule::{
            Settings,
            Times, //
        }, //
    },
    ffi::task, //
};

/// How long a read of `wait` takes unless something else is said, in milliseconds.
const WAIT_MS: u32 = 5000;

/// What is said of a rule while it is disabled.
pub(super) struct Said {
    /// The rule itself.
    pub(super) rule: Spec,
    /// The rule that begins to act when this one does.
    pub(super) then_enable: Option<CString>,
    /// The rule that stops to act when this one acts.
    pub(super) then_disable: Option<CString>,
}

/// What is said of a rule at any time.
pub(super) struct Live {
    /// When it acts; the seed is as it was written.
    pub(super) schedule: Settings,
    /// How many a read of `wait` waits for.
    pub(super) wait_for: u32,
    /// How long, in milliseconds.
    pub(super) wait_ms: u32,
}

/// What is said of a rule, and what became of it.
struct State {
    said: Said,
    live: Live,
    /// The seed of the rule as it is, or was last, enabled.
    seed_used: u64,
    /// The rule as it is, or was last, enabled.
    entry: Option<Arc<Entry>>,
    enabled: bool,
}

/// The data of the directory of a rule. What its files do that concerns the state is here, and the
/// rest in [`crate::control::rule_files`].
#[pin_data]
pub(super) struct RuleDir {
    name: CString,
    host: Arc<Host>,
    /// How many rules of the host were made before it.
    made: u64,
    #[pin]
    state: Mutex<State>,
}

impl RuleDir {
    /// Creates the data of the directory.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(
        host: Arc<Host>,
        name: &str,
        made: u64,
    ) -> impl PinInit<Self, Error> + use<'_> {
        pin_init!(Self {
            name: CString::try_from_fmt(fmt!("{name}"))?,
            host,
            made,
            state <- new_mutex!(State {
                said: Said {
                    rule: Spec::default(),
                    then_enable: None,
                    then_disable: None,
                },
                live: Live {
                    schedule: Settings::default(),
                    wait_for: 1,
                    wait_ms: WAIT_MS,
                },
                seed_used: 0,
                entry: None,
                enabled: false,
            }),
        }? Error)
    }

    /// Shows something that is said of the rule.
    pub(super) fn show(&self, show: impl FnOnce(&Said) -> fmt::Result) -> fmt::Result {
        show(&self.state.lock().said)
    }

    /// Changes it, unless the rule is enabled.
    pub(super) fn change(&self, change: impl FnOnce(&mut Said)) -> Result {
        self.try_change(|said| {
            change(said);
            Ok(())
        })
    }

    /// Changes it, unless the rule is enabled or `change` fails, which then changes nothing.
    pub(super) fn try_change(&self, change: impl FnOnce(&mut Said) -> Result) -> Result {
        let mut state = self.state.lock();
        if state.enabled {
            return Err(EBUSY);
        }
        change(&mut state.said)
    }

    /// Shows something of the rule that may be changed at any time.
    pub(super) fn show_live(&self, show: impl FnOnce(&Live) -> fmt::Result) -> fmt::Result {
        show(&self.state.lock().live)
    }

    /// Changes it, and the rule itself if it is enabled.
    pub(super) fn change_live(&self, change: impl FnOnce(&mut Live)) -> Result {
        let mut state = self.state.lock();
        change(&mut state.live);
        if let Some(entry) = &state.entry {
            entry.set_schedule(state.live.schedule);
        }
        drop(state);
        self.retime();
        Ok(())
    }

    /// Has the host look when rules for `timer` are due.
    fn retime(&self) {
        if let Some(adapter) = self.host.adapter() {
            Adapter::kick_clock(adapter.as_arc_borrow());
        }
    }

    /// 0, 1, or armed: other rules may have changed it.
    pub(super) fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        let state = self.state.lock();
        let acts = |entry: &Arc<Entry>| entry.counters().active;
        page.write_str(match &state.entry {
            Some(entry) if state.enabled => match acts(entry) {
                true => "1",
                false => "armed",
            },
            _ => "0",
        })
    }

    /// Enables the rule, has it act or not, or ends it. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] for a rule that makes no sense, with the reason in the kernel log.
    pub(super) fn store_enable(&self, text: &str) -> Result {
        match text {
            "0" => {
                self.disable();
                Ok(())
            }
            "1" => self.enable(true),
            "armed" => self.enable(false),
            _ => Err(EINVAL),
        }
    }

    /// Freezes the rule if it is not, and has it act or not.
    fn enable(&self, acts: bool) -> Result {
        let mut state = self.state.lock();
        let now_ns = task::monotonic_ns();
        match &state.entry {
            Some(entry) if state.enabled => entry.set_active(acts, now_ns),
            _ => {
                let rule = state.said.rule.freeze().map_err(|reason| {
                    let name = self.name.to_str().unwrap_or_default();
                    self.host.log(format_args!("rule {name}: {reason}"));
                    EINVAL
                })?;
                let seed = match state.live.schedule.seed {
                    // 0 would be no seed.
                    0 => task::random() | 1,
                    seed => seed,
                };
                let identity = self.identity(&state.said)?;
                let schedule = state.live.schedule;
                let entry = Entry::new(rule, identity, schedule, seed, now_ns, acts)?;
                self.host.shared.rules.freeze(entry.clone())?;
                state.seed_used = seed;
                state.entry = Some(entry);
                state.enabled = true;
            }
        }
        drop(state);
        self.retime();
        Ok(())
    }

    /// Returns what tells the rule from others, and what it does to them.
    fn identity(&self, said: &Said) -> Result<Identity> {
        let action = said.rule.action.ok_or(EINVAL)?;
        let copy = |name: &CString| CString::try_from(&**name).map_err(|_| ENOMEM);
        Ok(Identity {
            name: copy(&self.name)?,
            made: self.made,
            action,
            then_enable: said.then_enable.as_ref().map(copy).transpose()?,
            then_disable: said.then_disable.as_ref().map(copy).transpose()?,
        })
    }

    /// Ends the rule and lets go of what it holds, if it is enabled. May sleep.
    pub(super) fn disable(&self) {
        let mut state = self.state.lock();
        if !state.enabled {
            return;
        }
        state.enabled = false;
        let Some(entry) = state.entry.clone() else {
            return;
        };
        drop(state);
        self.host.shared.rules.thaw(&entry);
        self.release(&entry, u32::MAX);
    }

    /// Lets go of what the rule holds.
    fn release(&self, entry: &Arc<Entry>, count: u32) {
        if let Some(adapter) = self.host.adapter() {
            Adapter::release(adapter.as_arc_borrow(), entry, count);
        }
    }

    /// How often the rule acts, as it was written.
    pub(super) fn show_times(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_live(|live| write!(page, "{}", live.schedule.times))
    }

    /// Begins to count anew.
    pub(super) fn store_times(&self, text: &str) -> Result {
        let times = Times::new(text::int(text)?).ok_or(EINVAL)?;
        let mut state = self.state.lock();
        state.live.schedule.times = times;
        if let Some(entry) = &state.entry {
            entry.set_times(times);
        }
        Ok(())
    }

    /// The seed as it was written.
    pub(super) fn show_seed(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show_live(|live| write!(page, "{}", live.schedule.seed))
    }

    /// Makes the random choices begin anew, unless it is 0.
    pub(super) fn store_seed(&self, text: &str) -> Result {
        let seed = text::int(text)?;
        self.change_live(|live| live.schedule.seed = seed)?;
        let mut state = self.state.lock();
        if seed != 0 && state.enabled {
            state.seed_used = seed;
        }
        Ok(())
    }

    /// The seed as it is used; 0 if the rule never was enabled.
    pub(super) fn show_seed_used(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.state.lock().seed_used)
    }

    /// Waits until the rule holds what `wait_for` says, it is disabled or `wait_ms` are over, and
    /// shows what it holds then.
    pub(super) fn show_wait(&self, page: &mut Page<'_>) -> fmt::Result {
        let state = self.state.lock();
        let entry = state.entry.clone().filter(|_| state.enabled);
        let (count, limit_ms) = (state.live.wait_for, state.live.wait_ms);
        drop(state);
        if let Some(entry) = entry {
            let rules = &self.host.shared.rules;
            rules
                .wait_parked(&entry, count, limit_ms)
                .map_err(|error| page.fail(error))?;
        }
        write!(page, "{}", self.counters().parked)
    }

    /// Lets go of some of what the rule holds, or of `all`.
    pub(super) fn store_release(&self, text: &str) -> Result {
        let count = match text {
            "all" => u32::MAX,
            _ => text::int(text)?,
        };
        let entry = self.state.lock().entry.clone();
        if let Some(entry) = entry {
            self.release(&entry, count);
        }
        Ok(())
    }

    /// Zeroes the counters and begins the schedule anew, with the seed if there is one.
    pub(super) fn store_reset(&self, text: &str) -> Result {
        text::go(text)?;
        if let Some(entry) = &self.state.lock().entry {
            entry.reset(task::monotonic_ns());
        }
        self.retime();
        Ok(())
    }

    /// Returns the counters of the rule as it is, or was last, enabled.
    pub(super) fn counters(&self) -> Counters {
        let state = self.state.lock();
        state
            .entry
            .as_ref()
            .map_or_else(Counters::default, |entry| entry.counters())
    }
}
