// SPDX-License-Identifier: GPL-2.0

//! The link between the host and its targets.
//!
//! What it does is decided by [`crate::link`]; here decisions are carried out. Those that are
//! atomic take effect where they were made, so that the very command that makes a rule drop the
//! link fails already. From the first that may sleep on they go through a list that one work item
//! empties, in their order.
//!
//! # Locking
//!
//! `state` is a spinlock that is not taken in interrupts; nothing is called with it held.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        ArcBorrow,
        SpinLock, //
    }, //
};

use crate::{
    device::{
        effects::{
            attend,
            Happening, //
        },
        host::Adapter,
        record::{
            LinkCause,
            Record,
            ReleaseCause, //
        },
        stats::Counter, //
    },
    fault::trigger::Trigger,
    ffi::task,
    link::{
        answer::{
            Answer,
            EhAnswer, //
        },
        effect::{
            Effect,
            Event, //
        },
        machine::{
            self,
            Status, //
        },
        settings::{
            Settings,
            SettingsError, //
        }, //
    },
    scsi::TargetState, //
};

pub(crate) use crate::link::machine::Input;

/// How long whoever changes the link by hand waits for what that entails, in milliseconds.
const SETTLE_MS: u32 = 10_000;

struct State {
    machine: machine::Link,
    settings: Settings,
    /// What is still to be done that may sleep, or that comes after something that may.
    pending: KVec<Effect>,
    /// Whether a work item is doing that.
    working: bool,
}

/// What can be read of a link.
pub(crate) struct Snapshot {
    /// `link/status`.
    pub(crate) status: Status,
    /// Whether it is down.
    pub(crate) down: bool,
    /// How often it went down.
    pub(crate) downs: u64,
    /// How often it changed.
    pub(crate) transitions: u64,
    /// When it changed last, in milliseconds of the monotonic clock.
    pub(crate) last_change_ms: u64,
}

/// The link of a host.
#[pin_data]
pub(crate) struct Link {
    #[pin]
    state: SpinLock<State>,
    /// [`Answer::raw`]: the journey of a command reads it without a lock.
    answer: Atomic<u32>,
    /// Whether the link goes down while the host is suspended.
    down_on_suspend: Atomic<bool>,
    /// Whether it has.
    asleep: Atomic<bool>,
}

impl Link {
    /// Creates a link that is up, of a host that is off.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            state <- new_spinlock!(State {
                machine: machine::Link::new(),
                settings: Settings::default(),
                pending: KVec::new(),
                working: false,
            }),
            answer: Atomic::new(Answer::Carry.raw()),
            down_on_suspend: Atomic::new(false),
            asleep: Atomic::new(false),
        })
    }

    /// Returns whether the link is down.
    pub(crate) fn is_down(&self) -> bool {
        self.state.lock().machine.is_down()
    }

    /// Returns what can be read of it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.state.lock();
        Snapshot {
            status: state.machine.status(),
            down: state.machine.is_down(),
            downs: state.machine.downs(),
            transitions: state.machine.transitions(),
            last_change_ms: state.machine.last_change_ms(),
        }
    }

    /// Returns the settings.
    pub(crate) fn settings(&self) -> Settings {
        self.state.lock().settings
    }

    /// Changes the settings. Timers that run stay as they are.
    ///
    /// # Errors
    ///
    /// Returns why they do not go together; nothing is changed then.
    pub(crate) fn change_settings(
        &self,
        change: impl FnOnce(&mut Settings),
    ) -> Result<(), SettingsError> {
        let mut state = self.state.lock();
        let mut settings = state.settings;
        change(&mut settings);
        settings.validate()?;
        state.settings = settings;
        Ok(())
    }

    /// Returns whether the link goes down while the host is suspended.
    pub(crate) fn goes_down_on_suspend(&self) -> bool {
        self.down_on_suspend.load(Relaxed)
    }

    /// Sets that.
    pub(crate) fn set_down_on_suspend(&self, down: bool) {
        self.down_on_suspend.store(down, Relaxed);
    }

    /// Returns whether a link goes down because its host is being suspended, and takes note of it.
    pub(super) fn falls_asleep(&self) -> bool {
        let falls = self.goes_down_on_suspend() && !self.is_down();
        if falls {
            self.asleep.store(true, Relaxed);
        }
        falls
    }

    /// Returns whether a link comes up because its host is being resumed: nobody else has taken it
    /// down.
    pub(super) fn wakes_up(&self) -> bool {
        self.asleep.xchg(false, Relaxed)
    }

    /// Returns what becomes of a command that reaches the link now.
    pub(super) fn answer(&self) -> Answer {
        Answer::from_raw(self.answer.load(Acquire))
    }

    /// Returns whether commands fail that reach the link, so that none may be held.
    pub(super) fn disrupts(&self) -> bool {
        !matches!(self.answer(), Answer::Carry | Answer::Swallow)
    }

    /// Returns what becomes of an abort or a reset.
    pub(super) fn eh(&self) -> EhAnswer {
        self.state.lock().machine.eh()
    }

    /// Returns when the link does something by itself, in nanoseconds of the monotonic clock.
    pub(super) fn due_ns(&self) -> Option<u64> {
        let deadline_ms = self.state.lock().machine.deadline()?;
        Some(deadline_ms.saturating_mul(1_000_000))
    }

    /// Tells the link something while its host is off: nothing has an effect.
    pub(crate) fn remember(&self, input: Input) {
        let mut state = self.state.lock();
        let settings = state.settings;
        state.machine.handle(input, &settings, now_ms());
    }

    /// Puts off what may sleep; returns whether the caller has to start the work item.
    fn put_off(&self, effect: Effect) -> bool {
        let mut state = self.state.lock();
        if state.pending.push(effect, GFP_ATOMIC).is_err() {
            pr_warn!("no memory for a change of the link\n");
            return false;
        }
        !core::mem::replace(&mut state.working, true)
    }

    /// Returns whether something is put off.
    fn is_busy(&self) -> bool {
        let state = self.state.lock();
        state.working || !state.pending.is_empty()
    }

    /// Takes the next of what was put off; `None`: the work item ends.
    fn next(&self) -> Option<Effect> {
        let mut state = self.state.lock();
        let next = state.pending.remove(0).ok();
        state.working = next.is_some();
        next
    }
}

/// Returns the time of the machine.
fn now_ms() -> u64 {
    task::monotonic_ns() / 1_000_000
}

impl Adapter {
    /// Tells the link something, and begins to do what follows. May be called in atomic context.
    pub(super) fn change_link(this: ArcBorrow<'_, Self>, input: Input, why: LinkCause) {
        let (before, effects, after) = {
            let mut state = this.link.state.lock();
            let settings = state.settings;
            let before = state.machine.status();
            let effects = state.machine.handle(input, &settings, now_ms());
            (before, effects, state.machine.status())
        };
        if before != after {
            this.record(Record::Link {
                from: before.name(),
                to: after.name(),
                mode: this.link.settings().mode.name(),
                why,
            });
        }
        let mut starts = false;
        for effect in effects {
            if this.link.is_busy() || may_sleep(effect) {
                starts |= this.link.put_off(effect);
            } else {
                Self::do_effect(this, effect);
            }
        }
        if starts {
            let adapter: Arc<Self> = this.into();
            let spawned = this.workqueue.try_spawn(GFP_ATOMIC, move || {
                let this = adapter.as_arc_borrow();
                while let Some(effect) = this.link.next() {
                    Self::do_effect(this, effect);
                }
                this.rules.wake();
            });
            if spawned.is_err() {
                pr_warn!("no memory for a change of the link\n");
                while this.link.next().is_some() {}
            }
        }
        Self::kick_clock(this);
    }

    /// The same by hand: waits for what follows, for a while. Sleeps.
    ///
    /// # Errors
    ///
    /// Returns [`EINTR`] if a signal comes; the link is changed all the same.
    pub(crate) fn change_link_by_hand(this: ArcBorrow<'_, Self>, input: Input) -> Result {
        Self::change_link(this, input, LinkCause::User);
        this.rules
            .wait_interruptible(SETTLE_MS, || !this.link.is_busy() || !this.is_up())?;
        Ok(())
    }

    /// Does what the link wants.
    fn do_effect(this: ArcBorrow<'_, Self>, effect: Effect) {
        match effect {
            Effect::Answer(answer) => this.link.answer.store(answer.raw(), Release),
            Effect::Disrupt => {
                Self::unpark(this, usize::MAX, ReleaseCause::Link, |_| true);
                this.deliver_polled(|_| true);
            }
            Effect::UnitAttentions => {
                let list = this.settings.up_ua();
                this.luns.read(|luns| {
                    luns.iter().for_each(|lun| attend(lun, &list));
                });
            }
            Effect::ChangeIdentity => {
                this.luns.read(|luns| {
                    luns.iter()
                        .for_each(|lun| lun.drive().with_unit(|unit| unit.change_identity()));
                });
            }
            Effect::Notify(event) => Self::notify(this, event),
            Effect::Block | Effect::Unblock | Effect::Offline | Effect::Remove | Effect::Rescan => {
                // A host that goes away is left as it is: that is what its removal has to cope
                // with.
                if let Some(host) = this.host_ref().filter(|_| this.is_up()) {
                    match effect {
                        Effect::Block => host.block_targets(),
                        Effect::Unblock => host.unblock_targets(TargetState::Running),
                        Effect::Offline => host.unblock_targets(TargetState::TransportOffline),
                        Effect::Remove => host.remove_targets(),
                        _ => this.scan_targets(&host),
                    }
                }
            }
        }
    }

    /// Tells the rules what has happened to the link.
    fn notify(this: ArcBorrow<'_, Self>, event: Event) {
        let trigger = match event {
            Event::Down => {
                this.stats.add(Counter::LinkDown);
                Trigger::LinkDown
            }
            Event::Up => {
                this.stats.add(Counter::LinkUp);
                Trigger::LinkUp
            }
            Event::FastIoFail => Trigger::FastIoFail,
            Event::DevLoss => Trigger::DevLoss,
        };
        Self::announce(this, &Happening::of_host(trigger));
    }

    /// Tells the rules of something that has no outcome.
    pub(super) fn announce(this: ArcBorrow<'_, Self>, happening: &Happening<'_>) {
        if !this.is_up() {
            return;
        }
        let firing = this
            .rules
            .evaluate(happening.trigger, || this.event(happening));
        for entry in firing.iter() {
            Self::note(this, entry, happening);
            Self::affect(this, entry, happening);
        }
    }
}

/// Returns whether an effect is put off. Rules are told by the work item, too: what they do may be
/// to change the link.
fn may_sleep(effect: Effect) -> bool {
    match effect {
        Effect::Answer(_) | Effect::Disrupt | Effect::UnitAttentions | Effect::ChangeIdentity => {
            false
        }
        Effect::Block
        | Effect::Unblock
        | Effect::Offline
        | Effect::Remove
        | Effect::Rescan
        | Effect::Notify(_) => true,
    }
}
