// SPDX-License-Identifier: GPL-2.0

//! What rules decide about a callback that may sleep.

use kernel::{
    prelude::*,
    sync::{
        atomic::Acquire,
        ArcBorrow, //
    }, //
};

use crate::{
    device::{
        effects::Happening,
        host::Adapter,
        record::{
            Record,
            ReleaseCause, //
        },
        rules::Entry,
        stats::Counter, //
    },
    fault::{
        action::{
            Action,
            EhRet, //
        },
        errno::Errno, //
    },
    ffi::task, //
};

/// How a callback goes on.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    /// As always.
    Pass,
    /// It does nothing and succeeds.
    Succeed,
    /// It does nothing and fails.
    Fail(Errno),
    /// It is one of the error handler and returns this, with its work done or not.
    Recovery {
        /// What it returns.
        ret: EhRet,
        /// Whether it does its work first.
        after: bool,
    },
}

impl Adapter {
    /// Asks the rules about a callback, and holds it as long as they want. Sleeps.
    ///
    /// Whoever waits for the host to go does not wait for rules: no rule is asked then, and no hold
    /// goes on.
    pub(super) fn consult(this: ArcBorrow<'_, Self>, happening: &Happening<'_>) -> Verdict {
        let mut verdict = Verdict::Pass;
        if !this.is_up() {
            return verdict;
        }
        let firing = this
            .rules
            .evaluate(happening.trigger, || this.event(happening));
        for entry in firing.iter() {
            Self::note(this, entry, happening);
            let wanted = match *entry.rule().action() {
                Action::Errno(errno) => Verdict::Fail(errno),
                Action::Succeed => Verdict::Succeed,
                Action::Eh { ret, after } => Verdict::Recovery { ret, after },
                Action::Delay { us, jitter_us } => {
                    let us = us.saturating_add(entry.jitter_us(jitter_us).into());
                    this.pause(entry, happening, whole_ms(us));
                    continue;
                }
                Action::Hold { limit_ms, then } => {
                    this.pause(entry, happening, limit_ms);
                    match then {
                        Some(errno) if this.is_up() => Verdict::Fail(errno),
                        _ => continue,
                    }
                }
                _ => {
                    Self::affect(this, entry, happening);
                    continue;
                }
            };
            if matches!(verdict, Verdict::Pass) {
                this.stats.add(Counter::Injected);
                verdict = wanted;
            }
        }
        verdict
    }

    /// Asks the rules about a callback that attaches or detaches something. Sleeps.
    ///
    /// # Errors
    ///
    /// Returns what a rule wants.
    pub(super) fn attach(this: ArcBorrow<'_, Self>, happening: &Happening<'_>) -> Result {
        match Self::consult(this, happening) {
            Verdict::Fail(errno) => Err(Error::from_errno(errno.to_errno())),
            Verdict::Pass | Verdict::Succeed | Verdict::Recovery { .. } => Ok(()),
        }
    }

    /// Holds the caller for a rule.
    fn pause(&self, entry: &Entry, happening: &Happening<'_>, limit_ms: u32) {
        let (rule, trigger) = (entry.name(), happening.trigger.name());
        let address = happening.address;
        self.stats.add(Counter::Parked);
        self.record(Record::Park {
            rule,
            trigger,
            address,
            cdb: &[],
        });
        let since_ns = task::monotonic_ns();
        let ended = self.rules.hold(entry, limit_ms, || self.is_in_a_hurry());
        let why = match ended {
            false => ReleaseCause::Deadline,
            true if self.is_in_a_hurry() => ReleaseCause::Removed,
            true if !entry.is_enabled() => ReleaseCause::Disabled,
            true => ReleaseCause::Released,
        };
        self.record(Record::Release {
            rule,
            trigger,
            address,
            cdb: &[],
            held_ms: task::monotonic_ns().saturating_sub(since_ns) / 1_000_000,
            why,
        });
    }

    /// Returns whether somebody waits for the host, or for a logical unit, to go.
    pub(super) fn is_in_a_hurry(&self) -> bool {
        !self.is_up() || self.removing.load(Acquire) > 0
    }
}

/// Returns a time in whole milliseconds, one at least.
fn whole_ms(us: u64) -> u32 {
    u32::try_from(us.div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}
