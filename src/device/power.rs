// SPDX-License-Identifier: GPL-2.0

//! Power transitions of the parent device.
//!
//! Each asks the rules, takes its normal time, changes what the hardware is like, and says so. The
//! host is a power domain of its own: while it is off, no command should come.

use kernel::{
    device::{
        self,
        Bound, //
    },
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        ArcBorrow, //
    }, //
};

use crate::{
    device::{
        consult::Verdict,
        effects::{
            attend,
            origin,
            Happening, //
        },
        host::Adapter,
        link::Input,
        record::{
            LinkCause,
            Record, //
        },
        settings::WhileSuspended,
        stats::Counter, //
    },
    fault::{
        matcher::{
            PmEvent,
            RpmState, //
        },
        text::words,
        trigger::{
            Class,
            Trigger, //
        }, //
    },
    ffi::task,
    pm::{
        platform::Phase,
        runtime,
        sleep, //
    },
    scsi,
    unit::Lost, //
};

words! {
    /// Whether the host has power, and who took it.
    pub(crate) enum Power {
        /// It has.
        On = "on",
        /// The runtime suspend callback has run.
        Runtime = "runtime",
        /// The suspend callback of system sleep has run.
        Suspend = "suspend",
        /// The freeze callback of hibernation has run.
        Freeze = "freeze",
        /// The poweroff callback of hibernation, or the shutdown callback, has run.
        Poweroff = "poweroff",
    }
}

/// The power of a host, read on the journey of a command without a lock.
pub(super) struct Supply {
    /// An index of [`Power::ALL`].
    power: Atomic<i32>,
    /// An index of [`PmEvent::ALL`]: the transition of the system that is under way.
    event: Atomic<i32>,
    /// An index of [`RpmState::ALL`]: the runtime state of the parent, for rules that match it.
    rpm: Atomic<i32>,
}

impl Supply {
    /// Returns a supply that is on.
    pub(super) fn new() -> Self {
        // CAST: The enums have no fields.
        Self {
            power: Atomic::new(Power::On as i32),
            event: Atomic::new(PmEvent::Suspend as i32),
            rpm: Atomic::new(RpmState::Active as i32),
        }
    }

    /// Begins anew, with a driver that has just been bound.
    pub(super) fn reset(&self) {
        self.set(Power::On);
        self.set_rpm(RpmState::Active);
    }

    /// Returns whether there is power.
    pub(super) fn get(&self) -> Power {
        let index = usize::try_from(self.power.load(Acquire)).unwrap_or(0);
        // Only indices of words are stored.
        Power::ALL.get(index).copied().unwrap_or(Power::On)
    }

    /// Switches the power.
    pub(super) fn set(&self, power: Power) {
        // CAST: The enum has no fields.
        self.power.store(power as i32, Release);
    }

    /// Returns the runtime state of the parent.
    pub(super) fn rpm(&self) -> RpmState {
        let index = usize::try_from(self.rpm.load(Relaxed)).unwrap_or(0);
        RpmState::ALL
            .get(index)
            .copied()
            .unwrap_or(RpmState::Active)
    }

    fn set_rpm(&self, state: RpmState) {
        // CAST: The enum has no fields.
        self.rpm.store(state as i32, Relaxed);
    }
}

/// Returns the trigger for a phase of system sleep.
fn trigger(phase: Phase) -> Trigger {
    match phase {
        Phase::Prepare => Trigger::Prepare,
        Phase::Suspend => Trigger::Suspend,
        Phase::SuspendLate => Trigger::SuspendLate,
        Phase::SuspendNoirq => Trigger::SuspendNoirq,
        Phase::ResumeNoirq => Trigger::ResumeNoirq,
        Phase::ResumeEarly => Trigger::ResumeEarly,
        Phase::Resume => Trigger::Resume,
        Phase::Freeze => Trigger::Freeze,
        Phase::FreezeLate => Trigger::FreezeLate,
        Phase::FreezeNoirq => Trigger::FreezeNoirq,
        Phase::ThawNoirq => Trigger::ThawNoirq,
        Phase::ThawEarly => Trigger::ThawEarly,
        Phase::Thaw => Trigger::Thaw,
        Phase::Poweroff => Trigger::Poweroff,
        Phase::PoweroffLate => Trigger::PoweroffLate,
        Phase::PoweroffNoirq => Trigger::PoweroffNoirq,
        Phase::RestoreNoirq => Trigger::RestoreNoirq,
        Phase::RestoreEarly => Trigger::RestoreEarly,
        Phase::Restore => Trigger::Restore,
        Phase::Complete => Trigger::PmComplete,
    }
}

/// Returns the transition that a phase belongs to; `prepare` and `complete` belong to several.
fn transition(phase: Phase) -> Option<PmEvent> {
    match phase {
        Phase::Prepare | Phase::Complete => None,
        Phase::Suspend | Phase::SuspendLate | Phase::SuspendNoirq => Some(PmEvent::Suspend),
        Phase::ResumeNoirq | Phase::ResumeEarly | Phase::Resume => Some(PmEvent::Resume),
        Phase::Freeze | Phase::FreezeLate | Phase::FreezeNoirq => Some(PmEvent::Freeze),
        Phase::ThawNoirq | Phase::ThawEarly | Phase::Thaw => Some(PmEvent::Thaw),
        Phase::Poweroff | Phase::PoweroffLate | Phase::PoweroffNoirq => Some(PmEvent::Poweroff),
        Phase::RestoreNoirq | Phase::RestoreEarly | Phase::Restore => Some(PmEvent::Restore),
    }
}

/// Returns what counts a phase, if that is counted.
fn counter(phase: Phase) -> Option<Counter> {
    match phase {
        Phase::Prepare => Some(Counter::SysPrepare),
        Phase::Suspend => Some(Counter::SysSuspend),
        Phase::Resume => Some(Counter::SysResume),
        Phase::Freeze => Some(Counter::SysFreeze),
        Phase::Thaw => Some(Counter::SysThaw),
        Phase::Poweroff => Some(Counter::SysPoweroff),
        Phase::Restore => Some(Counter::SysRestore),
        _ => None,
    }
}

impl Adapter {
    /// Runs a callback of the PM core: asks the rules, and does the `work` if they let it.
    ///
    /// # Errors
    ///
    /// Returns what a rule wants, or the error of `work`.
    fn transit(
        this: ArcBorrow<'_, Self>,
        trigger: Trigger,
        normal_ms: u32,
        work: impl FnOnce() -> Result,
    ) -> Result {
        let since_ns = task::monotonic_ns();
        this.record(Record::PmEnter {
            callback: trigger.name(),
        });
        let result = match Self::consult(this, &Happening::of_host(trigger)) {
            Verdict::Fail(errno) => Err(Error::from_errno(errno.to_errno())),
            Verdict::Succeed => Ok(()),
            Verdict::Pass | Verdict::Recovery { .. } => {
                if normal_ms > 0 && this.is_up() {
                    this.rules.wait(normal_ms, || this.is_in_a_hurry());
                }
                work()
            }
        };
        this.record(Record::PmExit {
            callback: trigger.name(),
            result: result.map_or_else(|error| error.to_errno(), |()| 0),
            duration_us: task::monotonic_ns().saturating_sub(since_ns) / 1000,
        });
        result
    }

    /// Takes the power away: the link may go with it.
    fn power_down(this: ArcBorrow<'_, Self>, power: Power) {
        this.supply.set(power);
        if this.link.falls_asleep() {
            Self::change_link(this, Input::Down, LinkCause::Suspend);
        }
    }

    /// Gives the power back, with what the hardware has forgotten and has to say.
    fn power_up(this: ArcBorrow<'_, Self>) {
        let slept = this.supply.get() != Power::On;
        this.supply.set(Power::On);
        if slept {
            let forgotten = this.settings.lose_state();
            let attentions = this.settings.resume_ua();
            this.luns.read(|luns| {
                for lun in luns.iter() {
                    if forgotten != Lost::None {
                        lun.drive().lose_power(forgotten);
                    }
                    attend(lun, &attentions);
                }
            });
            if this.link.wakes_up() {
                Self::change_link(this, Input::Up, LinkCause::Suspend);
            }
        }
    }

    /// `.runtime_idle`: the PM core suspends the parent unless this fails.
    pub(super) fn rpm_idle(this: ArcBorrow<'_, Self>) -> Result {
        this.stats.add(Counter::RpmIdle);
        Self::transit(this, Trigger::RpmIdle, 0, || Ok(()))
    }

    /// `.runtime_suspend`.
    pub(super) fn rpm_suspend(this: ArcBorrow<'_, Self>) -> Result {
        this.stats.add(Counter::RpmSuspend);
        this.supply.set_rpm(RpmState::Suspending);
        let result = Self::transit(
            this,
            Trigger::RpmSuspend,
            this.settings.suspend_ms(),
            || {
                Self::power_down(this, Power::Runtime);
                Ok(())
            },
        );
        this.rpm_ended(result, RpmState::Suspended, RpmState::Active)
    }

    /// `.runtime_resume`.
    pub(super) fn rpm_resume(this: ArcBorrow<'_, Self>) -> Result {
        this.stats.add(Counter::RpmResume);
        this.supply.set_rpm(RpmState::Resuming);
        let result = Self::transit(this, Trigger::RpmResume, this.settings.resume_ms(), || {
            Self::power_up(this);
            Ok(())
        });
        this.rpm_ended(result, RpmState::Active, RpmState::Suspended)
    }

    /// Takes note of how a runtime transition has ended.
    fn rpm_ended(&self, result: Result, good: RpmState, bad: RpmState) -> Result {
        self.supply.set_rpm(if result.is_ok() { good } else { bad });
        if result.is_err() {
            self.stats.add(Counter::RpmFail);
        }
        result
    }

    /// A callback of system sleep.
    pub(super) fn sleep_phase(
        this: ArcBorrow<'_, Self>,
        dev: &device::Device<Bound>,
        phase: Phase,
    ) -> Result {
        if let Some(counter) = counter(phase) {
            this.stats.add(counter);
        }
        let event = match transition(phase) {
            Some(event) => Some(event),
            None if phase == Phase::Prepare => Some(match sleep::is_suspending() {
                true => PmEvent::Suspend,
                false => PmEvent::Freeze,
            }),
            None => None,
        };
        if let Some(event) = event {
            // CAST: The enum has no fields.
            this.supply.event.store(event as i32, Relaxed);
        }
        let normal_ms = match phase {
            Phase::Suspend | Phase::Freeze | Phase::Poweroff => this.settings.suspend_ms(),
            Phase::Resume | Phase::Thaw | Phase::Restore => this.settings.resume_ms(),
            _ => 0,
        };
        Self::transit(this, trigger(phase), normal_ms, || {
            match phase {
                Phase::Suspend => Self::power_down(this, Power::Suspend),
                Phase::Freeze => Self::power_down(this, Power::Freeze),
                Phase::Poweroff => Self::power_down(this, Power::Poweroff),
                Phase::Resume | Phase::Thaw | Phase::Restore => {
                    Self::power_up(this);
                    // Whatever it was before, it has power now.
                    if this.options.runtime {
                        // It has no parent whose state could be in the way.
                        let _ = runtime::reactivate(dev);
                        this.supply.set_rpm(RpmState::Active);
                    }
                }
                _ => {}
            }
            Ok(())
        })
        .inspect_err(|_| this.stats.add(Counter::SysFail))
    }

    /// `.shutdown`.
    pub(super) fn power_off(this: ArcBorrow<'_, Self>) {
        // There is nobody to take an error.
        let _ = Self::transit(this, Trigger::Shutdown, 0, || {
            Self::power_down(this, Power::Poweroff);
            Ok(())
        });
    }

    /// Takes note of a command that has come while the host has no power, and returns whether it
    /// is carried out all the same. May be called in atomic context.
    pub(super) fn meets_no_power(&self, command: &scsi::View) -> bool {
        let power = self.supply.get();
        if power == Power::On {
            return true;
        }
        let reaction = self.settings.while_suspended();
        self.stats.add(Counter::IoWhileSuspended);
        let mut stack = [0; 1024];
        let len = task::stack_trace(&mut stack);
        self.record(Record::IoWhileSuspended {
            address: command.address(),
            submitter: origin(command.submitter()).name(),
            cdb: command.cdb(),
            state: power.name(),
            reaction: reaction.name(),
            stack: core::str::from_utf8(stack.get(..len).unwrap_or_default()).unwrap_or_default(),
        });
        if reaction == WhileSuspended::Warn {
            task::warn();
        }
        reaction == WhileSuspended::Allow
    }

    /// Returns the transition of the system that is under way, for the triggers that have one.
    pub(super) fn pm_event(&self, trigger: Trigger) -> Option<PmEvent> {
        if trigger.class() != Class::Sleep {
            return None;
        }
        let index = usize::try_from(self.supply.event.load(Relaxed)).ok()?;
        PmEvent::ALL.get(index).copied()
    }
}
