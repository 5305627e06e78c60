// SPDX-License-Identifier: GPL-2.0

//! What holds for every link, whatever happens to it.

use proptest::prelude::*;

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
    machine::{
        Input,
        Link,
        Status, //
    },
    settings::{
        Mode,
        OnUp,
        Settings,
        SettingsError, //
    },
    text::{
        Bounce,
        Timeout, //
    },
};

/// Returns timeouts around the limits, and any other.
fn timeouts() -> impl Strategy<Value = Timeout> {
    prop_oneof![
        3 => Just(Timeout::Off),
        6 => (0u32..5).prop_map(Timeout::Seconds),
        1 => (598u32..604).prop_map(Timeout::Seconds),
        1 => any::<u32>().prop_map(Timeout::Seconds),
    ]
}

/// Returns settings, valid or not.
fn settings() -> impl Strategy<Value = Settings> {
    (
        prop::sample::select(Mode::ALL),
        (timeouts(), timeouts(), timeouts()),
        prop::sample::select(OnUp::ALL),
        prop_oneof![2 => Just(0u32), 2 => 0u32..5000, 1 => any::<u32>()],
        any::<bool>(),
        prop_oneof![2 => Just(0u32), 2 => 0u32..5000, 1 => any::<u32>()],
    )
        .prop_map(
            |(mode, (fast, loss, reconnect), on_up, up_delay_ms, wwn_change, jitter)| Settings {
                mode,
                fast_io_fail_tmo: fast,
                dev_loss_tmo: loss,
                reconnect_delay: reconnect,
                on_up,
                up_delay_ms,
                wwn_change,
                flap_jitter_ms: jitter,
            },
        )
}

/// Returns bounces that end.
fn bounces() -> impl Strategy<Value = Bounce> {
    (0u32..3000, 0u32..3000, 0u32..5).prop_map(|(down_ms, up_ms, count)| Bounce {
        down_ms,
        up_ms,
        count,
    })
}

fn inputs() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => Just(Input::Down),
        4 => Just(Input::Up),
        8 => Just(Input::Tick),
        2 => bounces().prop_map(Input::Bounce),
        1 => Just(Input::Close),
        2 => Just(Input::Reopen),
    ]
}

/// What happens, with which settings, and where the clock goes first.
#[derive(Clone, Copy, Debug)]
struct Step {
    input: Input,
    settings: Settings,
    clock: Clock,
}

#[derive(Clone, Copy, Debug)]
enum Clock {
    /// To when the next timer expires.
    Deadline,
    /// Forward by so many milliseconds.
    Forward(u64),
    /// To any time.
    Jump(u64),
}

/// Returns steps, many of them with the settings of the step before.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let clock = prop_oneof![
        6 => Just(Clock::Deadline),
        6 => (0u64..3000).prop_map(Clock::Forward),
        1 => any::<u64>().prop_map(Clock::Jump),
    ];
    let step = (inputs(), prop::option::weighted(0.2, settings()), clock);
    (settings(), prop::collection::vec(step, 0..60)).prop_map(|(mut current, steps)| {
        steps
            .into_iter()
            .map(|(input, changed, clock)| {
                current = changed.unwrap_or(current);
                Step {
                    input,
                    settings: current,
                    clock,
                }
            })
            .collect()
    })
}

/// The targets as the midlayer has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Targets {
    Running,
    Blocked,
    Offline,
    Gone,
}

/// A midlayer that does what it is told, and a host that publishes answers.
#[derive(Debug)]
struct Midlayer {
    targets: Targets,
    answer: Answer,
    /// The last of the events that say where the link is.
    last: Event,
    downs: u64,
    ups: u64,
}

impl Midlayer {
    fn new() -> Self {
        Self {
            targets: Targets::Gone,
            answer: Answer::Carry,
            last: Event::Up,
            downs: 0,
            ups: 0,
        }
    }

    /// Does what effects say, and checks that it makes sense to do it then.
    fn carry_out(&mut self, effects: Effects) -> Result<(), TestCaseError> {
        let mut attentions = false;
        for effect in effects {
            match effect {
                Effect::Answer(answer) => self.answer = answer,
                Effect::Block => {
                    // The only state that scsi_block_targets() is for; and what is requeued by the
                    // commands in flight must not get through.
                    prop_assert_eq!(self.targets, Targets::Running);
                    prop_assert!(self.answer != Answer::Carry);
                    self.targets = Targets::Blocked;
                }
                Effect::Disrupt => prop_assert!(self.answer != Answer::Carry),
                Effect::Offline => {
                    prop_assert_eq!(self.targets, Targets::Blocked);
                    self.targets = Targets::Offline;
                }
                Effect::Unblock => {
                    prop_assert!(matches!(self.targets, Targets::Blocked | Targets::Offline));
                    prop_assert_eq!(self.answer, Answer::Carry);
                    self.targets = Targets::Running;
                }
                Effect::Remove => {
                    // sd flushes its cache while it is removed, which must not hang.
                    prop_assert!(matches!(self.targets, Targets::Running | Targets::Offline));
                    prop_assert_eq!(self.answer, Answer::NoConnect);
                    self.targets = Targets::Gone;
                }
                Effect::Rescan => {
                    prop_assert!(matches!(self.targets, Targets::Running | Targets::Gone));
                    prop_assert_eq!(self.answer, Answer::Carry);
                    self.targets = Targets::Running;
                }
                Effect::ChangeIdentity => prop_assert!(!attentions && self.answer != Answer::Carry),
                Effect::UnitAttentions => {
                    prop_assert!(self.answer != Answer::Carry);
                    attentions = true;
                }
                Effect::Notify(event) => {
                    match event {
                        Event::Down => self.downs += 1,
                        Event::Up => {
                            prop_assert!(attentions);
                            prop_assert_eq!(self.targets, Targets::Running);
                            self.ups += 1;
                        }
                        Event::FastIoFail => prop_assert_eq!(self.targets, Targets::Offline),
                        Event::DevLoss => prop_assert_eq!(self.targets, Targets::Gone),
                    }
                    self.last = event;
                }
            }
        }
        Ok(())
    }
}

/// A link with its host.
#[derive(Debug)]
struct Bench {
    link: Link,
    midlayer: Midlayer,
    closed: bool,
    now: u64,
}

impl Bench {
    fn new() -> Self {
        Self {
            link: Link::new(),
            midlayer: Midlayer::new(),
            closed: true,
            now: 0,
        }
    }

    /// Returns a link whose host is enabled.
    fn enabled(settings: &Settings) -> Result<Self, TestCaseError> {
        let mut bench = Self::new();
        bench.handle(Input::Reopen, settings)?;
        Ok(bench)
    }

    fn handle(&mut self, input: Input, settings: &Settings) -> Result<(), TestCaseError> {
        let before = self.link;
        let effects = self.link.handle(input, settings, self.now);
        // The owner of the link removes the host after Close, and scans it after Reopen.
        match input {
            Input::Close => {
                self.closed = true;
                self.midlayer.targets = Targets::Gone;
            }
            Input::Reopen if self.closed => {
                // Nothing is found behind a link that is down.
                self.closed = false;
                if !self.link.is_down() {
                    self.midlayer.targets = Targets::Running;
                }
            }
            _ => {}
        }
        self.midlayer.carry_out(effects)?;
        self.check(&before, effects, input)
    }

    /// Checks what holds at all times.
    fn check(&self, before: &Link, effects: Effects, input: Input) -> Result<(), TestCaseError> {
        let link = &self.link;
        prop_assert_eq!(Answer::from_raw(link.answer().raw()), link.answer());
        prop_assert_eq!(link.is_down(), link.status() != Status::Up);
        let first = effects.into_iter().next();
        if self.closed {
            let (answer, eh) = match link.is_down() {
                true => (Answer::NoConnect, EhAnswer::FastIoFail),
                false => (Answer::Carry, EhAnswer::Carry),
            };
            prop_assert_eq!(link.answer(), answer);
            prop_assert_eq!(link.eh(), eh);
            prop_assert_eq!(link.deadline(), None);
            prop_assert!(first.is_none() || input == Input::Close);
        } else {
            prop_assert_eq!(link.answer(), self.midlayer.answer);
            prop_assert_eq!(link.answer() == Answer::Carry, !link.is_down());
            prop_assert_eq!(link.eh() == EhAnswer::Carry, !link.is_down());
            let wanted = match (link.answer(), self.midlayer.targets) {
                (Answer::Carry, targets) => targets == Targets::Running,
                (Answer::ImmRetry, targets) => targets == Targets::Blocked,
                (Answer::FailFast, targets) => targets == Targets::Offline,
                (Answer::NoConnect, targets) => targets == Targets::Gone,
                (_, targets) => matches!(targets, Targets::Running | Targets::Gone),
            };
            prop_assert!(wanted, "{:?}", self);
        }
        if first.is_some_and(|first| first != Effect::UnitAttentions) {
            let expected = matches!(first, Some(Effect::Answer(_) | Effect::ChangeIdentity));
            prop_assert!(expected, "{:?}", first);
        }
        // Counters only grow, by what happened.
        let down = u64::from(link.is_down() && !before.is_down());
        prop_assert_eq!(link.downs(), before.downs() + down);
        if link.status() != before.status() {
            prop_assert_eq!(link.transitions(), before.transitions() + 1);
            prop_assert_eq!(link.last_change_ms(), self.now);
        }
        Ok(())
    }

    /// Lets time pass until no timer runs, at most so often.
    fn settle(&mut self, settings: &Settings, limit: u32) -> Result<(), TestCaseError> {
        for _ in 0..limit {
            let Some(at) = self.link.deadline() else {
                return Ok(());
            };
            self.now = self.now.max(at);
            let before = self.link;
            self.handle(Input::Tick, settings)?;
            prop_assert_ne!(self.link, before);
        }
        prop_assert_eq!(self.link.deadline(), None);
        Ok(())
    }
}

/// Restates `srp_tmo_valid()`, where -1 is off.
fn srp_tmo_valid(reconnect_delay: i64, fast_io_fail_tmo: i64, dev_loss_tmo: i64) -> bool {
    let off = |tmo| tmo == -1;
    let all_off = off(reconnect_delay) && off(fast_io_fail_tmo) && off(dev_loss_tmo);
    let too_long = fast_io_fail_tmo > 600 || (off(fast_io_fail_tmo) && dev_loss_tmo > 600);
    let late = !off(fast_io_fail_tmo) && !off(dev_loss_tmo) && fast_io_fail_tmo >= dev_loss_tmo;
    !all_off && reconnect_delay != 0 && !too_long && !late
}

proptest! {
    #[test]
    fn targets_are_never_left_behind(steps in steps()) {
        let mut bench = Bench::new();
        for step in steps {
            bench.now = match step.clock {
                Clock::Deadline => bench.link.deadline().unwrap_or(bench.now),
                Clock::Forward(ms) => bench.now.saturating_add(ms),
                Clock::Jump(to) => to,
            };
            bench.handle(step.input, &step.settings)?;
        }
        // Whatever happened, the link can be brought up and everything works.
        let settings = Settings::default();
        bench.handle(Input::Reopen, &settings)?;
        bench.handle(Input::Up, &settings)?;
        prop_assert_eq!(bench.link.status(), Status::Up);
        prop_assert_eq!(bench.midlayer.targets, Targets::Running);
        prop_assert_eq!(bench.link.deadline(), None);
    }

    #[test]
    fn timers_end(steps in steps()) {
        let mut bench = Bench::new();
        for step in steps {
            bench.now = bench.now.saturating_add(100);
            bench.handle(step.input, &step.settings)?;
            // At most four bounces are left, of four timers each while down and one while up.
            let mut copy = Bench {
                midlayer: Midlayer { ..bench.midlayer },
                ..bench
            };
            copy.settle(&step.settings, 32)?;
        }
    }

    #[test]
    fn valid_settings_hold_commands_for_a_while_only(settings in settings()) {
        if settings.validate().is_err() {
            return Ok(());
        }
        let mut bench = Bench::enabled(&settings)?;
        bench.handle(Input::Down, &settings)?;
        bench.settle(&settings, 8)?;
        prop_assert_ne!(bench.link.answer(), Answer::ImmRetry);
    }

    #[test]
    fn an_early_tick_does_nothing(steps in steps()) {
        let mut bench = Bench::new();
        for step in steps {
            bench.now = bench.now.saturating_add(700);
            bench.handle(step.input, &step.settings)?;
            let before = bench.link;
            bench.now = match before.deadline() {
                Some(0) => continue,
                Some(at) => at - 1,
                None => bench.now,
            };
            bench.handle(Input::Tick, &step.settings)?;
            prop_assert_eq!(bench.link, before);
        }
    }

    #[test]
    fn asking_twice_is_asking_once(steps in steps()) {
        let mut bench = Bench::new();
        for step in steps {
            bench.now = bench.now.saturating_add(700);
            bench.handle(step.input, &step.settings)?;
            let before = bench.link;
            let again = match step.input {
                Input::Bounce(_) | Input::Tick => continue,
                input => input,
            };
            bench.now = bench.now.saturating_add(1);
            bench.handle(again, &step.settings)?;
            prop_assert_eq!(bench.link, before);
        }
    }

    #[test]
    fn a_bounce_is_exact(settings in settings(), bounce in bounces()) {
        let mut bench = Bench::enabled(&settings)?;
        let changes = bench.link.transitions();
        bench.handle(Input::Bounce(bounce), &settings)?;
        bench.settle(&settings, 32)?;
        let count = u64::from(bounce.count);
        prop_assert_eq!(bench.link.downs(), count);
        prop_assert_eq!((bench.midlayer.downs, bench.midlayer.ups), (count, count));
        prop_assert_eq!(bench.link.status(), Status::Up);
        if settings.mode != Mode::Block {
            prop_assert_eq!(bench.link.transitions(), changes + 2 * count);
        }
        let asked = count * (u64::from(bounce.down_ms) + u64::from(settings.up_delay_ms))
            + count.saturating_sub(1) * u64::from(bounce.up_ms);
        prop_assert!(bench.now >= asked);
        prop_assert!(bench.now <= asked + 2 * count * u64::from(settings.flap_jitter_ms));
    }

    #[test]
    fn closing_forgets_all_but_up_and_down(before in steps(), after in steps()) {
        let mut bench = Bench::enabled(&Settings::default())?;
        for step in before {
            bench.handle(step.input, &step.settings)?;
        }
        bench.handle(Input::Close, &Settings::default())?;
        let mut link = bench.link;
        let mut fresh = Link::new();
        if link.is_down() {
            fresh.handle(Input::Down, &Settings::default(), 0);
        }
        // Jitter depends on what happened before.
        let steps = after.into_iter().map(|step| (step.input, step.settings));
        for (now, (input, settings)) in (0..).step_by(500).zip(steps) {
            let settings = Settings { flap_jitter_ms: 0, ..settings };
            let effects = link.handle(input, &settings, now);
            prop_assert_eq!(fresh.handle(input, &settings, now), effects);
            prop_assert_eq!(fresh.deadline(), link.deadline());
            prop_assert_eq!(fresh.status(), link.status());
        }
    }

    #[test]
    fn settings_are_valid_as_in_srp(settings in settings()) {
        let tmo = |timeout: Timeout| timeout.seconds().map_or(-1, i64::from);
        let valid = srp_tmo_valid(
            tmo(settings.reconnect_delay),
            tmo(settings.fast_io_fail_tmo),
            tmo(settings.dev_loss_tmo),
        );
        match settings.validate() {
            Err(SettingsError::BlockedForEver) => {
                prop_assert!(settings.mode == Mode::Block && !valid);
            }
            // Other modes do not care if all are off; the absolute value is on.
            Ok(()) if settings.mode != Mode::Block => {
                let with_timer = srp_tmo_valid(
                    tmo(settings.reconnect_delay).abs(),
                    tmo(settings.fast_io_fail_tmo),
                    tmo(settings.dev_loss_tmo),
                );
                prop_assert!(with_timer);
            }
            Ok(()) => prop_assert!(valid),
            Err(error) => {
                prop_assert!(!valid);
                let text = error.to_string();
                prop_assert!(text.split_once(": ").is_some_and(|(_, what)| !what.is_empty()));
            }
        }
    }

    #[test]
    fn texts_read_back(
        text in prop_oneof!["\\PC*", "(off|0x|0|[0-9a-f]{1,9}|,|-|\\+| ){0,6}"],
        bounce in bounces(),
        timeout in timeouts(),
    ) {
        if let Some(timeout) = Timeout::parse(&text) {
            prop_assert_eq!(Timeout::parse(&timeout.to_string()), Some(timeout));
        }
        if let Some(bounce) = Bounce::parse(&text) {
            prop_assert!(bounce.count > 0);
            prop_assert_eq!(Bounce::parse(&bounce.to_string()), Some(bounce));
        }
        prop_assert_eq!(Timeout::parse(&timeout.to_string()), Some(timeout));
        let again = Bounce::parse(&bounce.to_string());
        prop_assert_eq!(again, Some(bounce).filter(|bounce| bounce.count > 0));
    }
}
