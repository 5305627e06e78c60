// SPDX-License-Identifier: GPL-2.0

//! The state machine of the link.
//!
//! # Locking
//!
//! The owner serialises the calls and carries out the effects of one input before it hands in the
//! next, with a lock under which it may sleep. Only answers are read without it.

use crate::link::{
    answer::{
        Answer,
        EhAnswer, //
    },
    effect::{
        Effect,
        Effects,
        Event, //
    },
    settings::{
        Mode,
        OnUp,
        Settings, //
    },
    text::Bounce,
    timers::{
        after,
        jitter,
        Timer,
        Timers, //
    },
};

/// What `link/status` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Commands get through.
    Up,
    /// Commands neither get through nor fail.
    Blocked,
    /// Commands fail; the targets are still there.
    Failfast,
    /// There are no targets: they were lost, or the host came when the link was down.
    Lost,
    /// The targets were removed when the link went down.
    Removed,
}

impl Status {
    /// Returns the word for the status.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Blocked => "blocked",
            Self::Failfast => "failfast",
            Self::Lost => "lost",
            Self::Removed => "removed",
        }
    }
}

/// What a link is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Go down, and stay there: a bounce ends, and so does coming up. Nothing if it is down anyway.
    Down,
    /// Come up after the delay, and stay there: a bounce ends. Nothing if it is up anyway.
    Up,
    /// Time has passed: at most one timer that has expired does what it is for. Due at
    /// [`Link::deadline`], which may be in the past afterwards if several have expired.
    Tick,
    /// Go down and come up again by itself. Ends another bounce. Nothing if the link is down.
    Bounce(Bounce),
    /// The host goes away: no timer runs, and if the link is down all commands fail. A link that is
    /// up lets the disks be stopped as ever. Targets that are blocked stay so, because `__scsi_remove_device()` has a path for them that wants to be tested.
    Close,
    /// The host is enabled; to be told before it is scanned. A link that is down stays down as the
    /// mode of now has it, without timers.
    Reopen,
}

/// Where the link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It is up.
    Up,
    /// It is down, and the targets are blocked ([`Mode::Block`]).
    Blocked,
    /// It is down, and the targets are offline ([`Mode::Block`], [`Mode::Offline`]).
    Offline,
    /// It is down, and commands are disrupted ([`Mode::Fail`]).
    Failing,
    /// It is down, and commands vanish ([`Mode::Drop`]).
    Swallowing,
    /// It is down, and there are no targets.
    Lost,
    /// It is down, and the targets were removed at once ([`Mode::Remove`]).
    Removed,
}

/// A link.
///
/// All times are in milliseconds, on a clock that the owner chooses. If it goes backwards, timers
/// are late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    phase: Phase,
    /// Whether there is no host: nothing has an effect, and only the state is kept.
    closed: bool,
    /// Whether the midlayer knows no targets, so that coming up means scanning.
    gone: bool,
    timers: Timers,
    /// What is left to do of a bounce; its count is how often the link is still to go down.
    bounce: Option<Bounce>,
    downs: u64,
    transitions: u64,
    last_change_ms: u64,
}

impl Link {
    /// Returns a link that is up, of a host that is not enabled yet.
    pub(crate) const fn new() -> Self {
        Self {
            phase: Phase::Up,
            closed: true,
            gone: false,
            timers: Timers::OFF,
            bounce: None,
            downs: 0,
            transitions: 0,
            last_change_ms: 0,
        }
    }

    /// Returns what is to be done about an input, in the order in which it is to be done.
    pub(crate) fn handle(&mut self, input: Input, settings: &Settings, now_ms: u64) -> Effects {
        let mut effects = Effects::new();
        match input {
            Input::Close if !self.closed => self.close(now_ms, &mut effects),
            Input::Reopen if self.closed => self.reopen(settings, now_ms, &mut effects),
            Input::Down if self.closed => self.remember(Phase::Lost, now_ms),
            Input::Up if self.closed => self.remember(Phase::Up, now_ms),
            Input::Down => self.down(settings, now_ms, &mut effects),
            Input::Up => self.up(settings, now_ms, &mut effects),
            Input::Tick => self.tick(settings, now_ms, &mut effects),
            Input::Bounce(bounce) if !self.closed && !self.is_down() => {
                self.timers.again = None;
                self.bounce_down(bounce, settings, now_ms, &mut effects);
            }
            Input::Close | Input::Reopen | Input::Bounce(_) => {}
        }
        effects
    }

    /// Returns when the next [`Input::Tick`] is due.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.timers.first().map(|(at, _)| at)
    }

    /// Returns what `link/status` says.
    pub(crate) fn status(&self) -> Status {
        match self.phase {
            Phase::Up => Status::Up,
            Phase::Blocked | Phase::Swallowing => Status::Blocked,
            Phase::Offline | Phase::Failing => Status::Failfast,
            Phase::Lost => Status::Lost,
            Phase::Removed => Status::Removed,
        }
    }

    /// Returns whether the link is down, or not up yet.
    pub(crate) fn is_down(&self) -> bool {
        self.phase != Phase::Up
    }

    /// Returns how often it went down.
    pub(crate) fn downs(&self) -> u64 {
        self.downs
    }

    /// Returns how often its state changed, which is at least as often as its status did.
    pub(crate) fn transitions(&self) -> u64 {
        self.transitions
    }

    /// Returns when it last changed, in milliseconds; 0 if it never did.
    pub(crate) fn last_change_ms(&self) -> u64 {
        self.last_change_ms
    }

    /// Returns what a command gets that reaches the host now. [`Effect::Answer`] says when that is
    /// to be made known.
    pub(crate) fn answer(&self) -> Answer {
        match self.phase {
            Phase::Up => Answer::Carry,
            _ if self.closed => Answer::NoConnect,
            Phase::Blocked => Answer::ImmRetry,
            Phase::Offline => Answer::FailFast,
            Phase::Failing => Answer::Disrupted,
            Phase::Swallowing => Answer::Swallow,
            Phase::Lost | Phase::Removed => Answer::NoConnect,
        }
    }

    /// Returns what an abort or a reset gets.
    ///
    /// Where commands fail by themselves, the error handler need not do anything about a link that
    /// is down: like `srp_abort()` without a port, this says FAST_IO_FAIL.
    pub(crate) fn eh(&self) -> EhAnswer {
        match self.answer() {
            Answer::Carry => EhAnswer::Carry,
            Answer::ImmRetry => EhAnswer::Wait,
            Answer::Swallow => EhAnswer::Failed,
            Answer::Disrupted | Answer::FailFast | Answer::NoConnect => EhAnswer::FastIoFail,
        }
    }

    fn close(&mut self, now_ms: u64, effects: &mut Effects) {
        self.closed = true;
        self.timers = Timers::OFF;
        self.bounce = None;
        if self.is_down() {
            self.enter(Phase::Lost, now_ms);
            effects.push(Effect::Answer(self.answer()));
            effects.push(Effect::Disrupt);
        }
    }

    fn reopen(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        self.closed = false;
        // A scan finds no targets behind a link that is down.
        self.gone = self.is_down();
        if self.is_down() {
            let phase = match settings.mode {
                Mode::Fail => Phase::Failing,
                Mode::Drop => Phase::Swallowing,
                Mode::Block | Mode::Offline | Mode::Remove => Phase::Lost,
            };
            self.enter(phase, now_ms);
        }
        effects.push(Effect::Answer(self.answer()));
    }

    /// Keeps the state for the time when there is a host.
    fn remember(&mut self, phase: Phase, now_ms: u64) {
        if !self.is_down() && phase != Phase::Up {
            self.downs = self.downs.saturating_add(1);
        }
        self.enter(phase, now_ms);
    }

    fn down(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        let bounced = self.bounce.take().is_some();
        self.timers.up = None;
        self.timers.again = None;
        let went_down = !self.is_down();
        if went_down {
            self.go_down(settings, now_ms, effects);
        }
        // The bounce would have brought the link up, and now nothing else does.
        if went_down || bounced {
            self.timers.reconnect = after(now_ms, settings.reconnect_delay)
                .map(|at| at.saturating_add(u64::from(settings.up_delay_ms)));
        }
    }

    fn up(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        self.bounce = None;
        self.timers.again = None;
        if !self.is_down() {
            return;
        }
        if settings.up_delay_ms == 0 {
            self.come_up(settings, now_ms, effects);
            return;
        }
        // Asking again does not make it take longer.
        let at = now_ms.saturating_add(u64::from(settings.up_delay_ms));
        self.timers.up = Some(self.timers.up.map_or(at, |earlier| earlier.min(at)));
    }

    fn tick(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        let timer = match self.timers.first() {
            Some((at, timer)) if at <= now_ms => timer,
            _ => return,
        };
        match timer {
            Timer::Up | Timer::Reconnect => self.come_up(settings, now_ms, effects),
            Timer::FastIoFail => {
                self.timers.fast_io_fail = None;
                self.enter(Phase::Offline, now_ms);
                effects.push(Effect::Answer(self.answer()));
                effects.push(Effect::Offline);
                effects.push(Effect::Notify(Event::FastIoFail));
            }
            Timer::DevLoss => {
                self.timers.fast_io_fail = None;
                self.timers.dev_loss = None;
                let blocked = self.phase == Phase::Blocked;
                self.enter(Phase::Lost, now_ms);
                effects.push(Effect::Answer(self.answer()));
                // What is queued fails before the targets go, as in rport_dev_loss_timedout().
                if blocked {
                    effects.push(Effect::Offline);
                }
                self.remove(effects);
                effects.push(Effect::Notify(Event::DevLoss));
            }
            Timer::Again => {
                self.timers.again = None;
                if let Some(bounce) = self.bounce {
                    self.bounce_down(bounce, settings, now_ms, effects);
                }
            }
        }
    }

    /// Takes the link down once more if the bounce says so.
    fn bounce_down(
        &mut self,
        bounce: Bounce,
        settings: &Settings,
        now_ms: u64,
        effects: &mut Effects,
    ) {
        self.bounce = bounce
            .count
            .checked_sub(1)
            .map(|count| Bounce { count, ..bounce });
        if self.bounce.is_none() {
            return;
        }
        self.go_down(settings, now_ms, effects);
        let at = self.jittered(now_ms, bounce.down_ms, settings);
        self.timers.up = Some(at.saturating_add(u64::from(settings.up_delay_ms)));
    }

    /// Takes a link down that is up.
    fn go_down(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        self.downs = self.downs.saturating_add(1);
        let phase = match settings.mode {
            Mode::Block => Phase::Blocked,
            Mode::Fail => Phase::Failing,
            Mode::Drop => Phase::Swallowing,
            Mode::Offline => Phase::Offline,
            Mode::Remove => Phase::Removed,
        };
        self.enter(phase, now_ms);
        effects.push(Effect::Answer(self.answer()));
        match settings.mode {
            // No command is being queued once the targets are blocked, so that none is missed.
            Mode::Block => {
                self.timers.fast_io_fail = after(now_ms, settings.fast_io_fail_tmo);
                self.timers.dev_loss = after(now_ms, settings.dev_loss_tmo);
                effects.push(Effect::Block);
                effects.push(Effect::Disrupt);
            }
            Mode::Fail => effects.push(Effect::Disrupt),
            Mode::Drop => {}
            Mode::Offline => {
                effects.push(Effect::Block);
                effects.push(Effect::Disrupt);
                effects.push(Effect::Offline);
            }
            Mode::Remove => {
                effects.push(Effect::Disrupt);
                self.remove(effects);
            }
        }
        effects.push(Effect::Notify(Event::Down));
    }

    /// Brings a link up that is down, and arranges for the next time that a bounce takes it down.
    fn come_up(&mut self, settings: &Settings, now_ms: u64, effects: &mut Effects) {
        let held = matches!(self.phase, Phase::Blocked | Phase::Offline);
        let gone = core::mem::replace(&mut self.gone, false);
        self.timers = Timers::OFF;
        self.enter(Phase::Up, now_ms);
        // The first command that gets through is to meet what the units have become.
        if settings.wwn_change {
            effects.push(Effect::ChangeIdentity);
        }
        effects.push(Effect::UnitAttentions);
        effects.push(Effect::Answer(self.answer()));
        if held {
            effects.push(Effect::Unblock);
        }
        if gone || settings.on_up == OnUp::Rescan {
            effects.push(Effect::Rescan);
        }
        effects.push(Effect::Notify(Event::Up));
        self.bounce = self.bounce.filter(|bounce| bounce.count > 0);
        if let Some(bounce) = self.bounce {
            self.timers.again = Some(self.jittered(now_ms, bounce.up_ms, settings));
        }
    }

    fn remove(&mut self, effects: &mut Effects) {
        self.gone = true;
        effects.push(Effect::Remove);
    }

    fn enter(&mut self, phase: Phase, now_ms: u64) {
        if self.phase != phase {
            self.phase = phase;
            self.transitions = self.transitions.saturating_add(1);
            self.last_change_ms = now_ms;
        }
    }

    /// Returns when a phase of a bounce ends.
    fn jittered(&self, now_ms: u64, asked_ms: u32, settings: &Settings) -> u64 {
        now_ms
            .saturating_add(u64::from(asked_ms))
            .saturating_add(jitter(self.transitions, settings.flap_jitter_ms))
    }
}
