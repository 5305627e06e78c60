// SPDX-License-Identifier: GPL-2.0

//! What the error handler asks of the host.
//!
//! Whatever the rules say, commands that the error handler asks for are the mid layer's again when
//! a callback returns: it has timed them out, so that completing them does nothing any more
//! (`SCMD_STATE_COMPLETE`), and it may give them away anew as soon as it is through.

use kernel::{
    prelude::*,
    sync::{
        atomic::Acquire,
        ArcBorrow, //
    }, //
};

use crate::{
    device::{
        consult::Verdict,
        effects::Happening,
        host::Adapter,
        record::ReleaseCause,
        stats::Counter, //
    },
    fault::{
        action::{
            Action,
            EhRet,
            OnAbort, //
        },
        trigger::Trigger, //
    },
    link::answer::{
        Answer,
        EhAnswer, //
    },
    scsi::{
        Address,
        EhError,
        HostByte,
        Status,
        Timeout,
        View, //
    },
};

/// How long the error handler waits for commands that are being completed right now.
const COMPLETION_MS: u32 = 5000;

/// How long the error handler waits for a link that is blocked.
const BLOCKED_MS: u32 = 60_000;

impl Adapter {
    /// `.eh_timed_out`: decides whether a command gets more time. Atomic context.
    pub(super) fn expire(this: ArcBorrow<'_, Self>, command: &View) -> Timeout {
        this.stats.add(Counter::Timeouts);
        let mut timeout = Timeout::NotHandled;
        // A blocked target cannot answer: its transport waits for the link, not for the command.
        if this.link.answer() == Answer::ImmRetry && this.is_up() {
            timeout = Timeout::ResetTimer;
        }
        if !this.asks_rules(command) {
            return timeout;
        }
        let happening = Happening::of_command(Trigger::TimedOut, command);
        let firing = this
            .rules
            .evaluate(Trigger::TimedOut, || this.event(&happening));
        for entry in firing.iter() {
            Self::note(this, entry, &happening);
            match timeout_of(entry.rule().action()) {
                Some(EhRet::ResetTimer) => timeout = Timeout::ResetTimer,
                Some(_) => timeout = Timeout::NotHandled,
                None => Self::affect(this, entry, &happening),
            }
        }
        timeout
    }

    /// `.eh_abort_handler`: takes one command back. Sleeps.
    pub(super) fn abort_one(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        this.stats.add(Counter::Aborts);
        let id = command.id();
        Self::recover(this, Trigger::EhAbort, Some(command), |_| {
            let mut result = this.link_recovery();
            if let Some(parked) = this.parking.take(|parked| parked.view().id() == id) {
                this.released(&parked, ReleaseCause::Aborted);
                match parked.on_abort {
                    OnAbort::Success => {}
                    // It has come back while the abort was under way.
                    OnAbort::Failed | OnAbort::Late => result = Err(EhError::Failed),
                }
                parked
                    .held
                    .into_command()
                    .complete(Status::Host(HostByte::Abort));
            }
            // One that was let go of may have to be polled now.
            this.wait_unparked()?;
            if let Some(prepared) = this.polling.take(|command| command.id() == id) {
                prepared
                    .into_command()
                    .complete(Status::Host(HostByte::Abort));
            }
            this.wait_unparked()?;
            result
        })
    }

    /// `.eh_device_reset_handler`: takes back the commands of a logical unit and resets it.
    pub(super) fn reset_lun(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        this.stats.add(Counter::DeviceResets);
        let address = command.address();
        Self::recover(this, Trigger::EhDeviceReset, Some(command), |reaches| {
            this.reset(reaches, |other| other == address)
        })
    }

    /// `.eh_target_reset_handler`: the same for all logical units of a target.
    pub(super) fn reset_targets_of(
        this: ArcBorrow<'_, Self>,
        command: &View,
    ) -> Result<(), EhError> {
        this.stats.add(Counter::TargetResets);
        let address = command.address();
        Self::recover(this, Trigger::EhTargetReset, Some(command), |reaches| {
            this.reset(reaches, |other| other.is_on_target_of(address))
        })
    }

    /// `.eh_bus_reset_handler`: the same for all targets of a channel.
    pub(super) fn reset_channel(this: ArcBorrow<'_, Self>, command: &View) -> Result<(), EhError> {
        this.stats.add(Counter::BusResets);
        let channel = command.address().channel;
        Self::recover(this, Trigger::EhBusReset, Some(command), |reaches| {
            this.reset(reaches, |other| other.channel == channel)
        })
    }

    /// `.eh_host_reset_handler`, and the file `host_reset`: the same for the whole host.
    pub(super) fn reset_all(
        this: ArcBorrow<'_, Self>,
        trigger: Trigger,
        command: Option<&View>,
    ) -> Result<(), EhError> {
        this.stats.add(Counter::HostResets);
        Self::recover(this, trigger, command, |reaches| {
            this.reset(reaches, |_| true)
        })
    }

    /// Asks the rules about a callback of the error handler, and does its work.
    ///
    /// A rule that says `before` keeps the hardware from being reset, but not the mid layer from
    /// getting its commands back.
    fn recover(
        this: ArcBorrow<'_, Self>,
        trigger: Trigger,
        command: Option<&View>,
        work: impl FnOnce(bool) -> Result<(), EhError>,
    ) -> Result<(), EhError> {
        let happening = match command {
            Some(command) => Happening::of_command(trigger, command),
            None => Happening::of_host(trigger),
        };
        let verdict = Self::consult(this, &happening);
        let reaches = !matches!(verdict, Verdict::Recovery { after: false, .. });
        let result = work(reaches);
        match verdict {
            Verdict::Recovery { ret, .. } => match ret {
                EhRet::Success | EhRet::ResetTimer => Ok(()),
                EhRet::Failed => Err(EhError::Failed),
                EhRet::FastIoFail => Err(EhError::FastIoFail),
            },
            _ => result,
        }
    }

    /// Takes back the commands of the logical units that `wanted` says are wanted, and resets them if
    /// the reset `reaches` them.
    fn reset(&self, reaches: bool, wanted: impl Fn(Address) -> bool) -> Result<(), EhError> {
        while let Some(parked) = self.parking.take(|parked| wanted(parked.view().address())) {
            self.released(&parked, ReleaseCause::Reset);
            parked
                .held
                .into_command()
                .complete(Status::Host(HostByte::Reset));
        }
        let answer = self.link_recovery();
        if answer.is_ok() && reaches {
            self.luns.read(|luns| {
                luns.iter()
                    .filter(|lun| wanted(lun.address()))
                    .for_each(|lun| lun.drive().with_unit(|unit| unit.reset()));
            });
        }
        self.rules.wake();
        self.wait_unparked()?;
        while let Some(prepared) = self.polling.take(|command| wanted(command.address())) {
            prepared
                .into_command()
                .complete(Status::Host(HostByte::Reset));
        }
        self.wait_unparked()?;
        answer
    }

    /// Returns what the state of the link lets the error handler do, as soon as the link is not
    /// blocked any more, as `fc_block_scsi_eh()` does.
    fn link_recovery(&self) -> Result<(), EhError> {
        self.rules.wait(BLOCKED_MS, || {
            !self.is_up() || self.link.eh() != EhAnswer::Wait
        });
        match self.link.eh() {
            EhAnswer::Carry => Ok(()),
            // Nobody waits for a host that goes away.
            _ if !self.is_up() => Ok(()),
            EhAnswer::Failed | EhAnswer::Wait => Err(EhError::Failed),
            EhAnswer::FastIoFail => Err(EhError::FastIoFail),
        }
    }

    /// Waits for commands that somebody has taken out of the parking, or out of the list of a
    /// polled queue, and is completing.
    ///
    /// # Errors
    ///
    /// Returns [`EhError::Failed`] if that takes too long.
    fn wait_unparked(&self) -> Result<(), EhError> {
        let idle = || self.unparking.load(Acquire) == 0;
        self.rules.wait(COMPLETION_MS, idle);
        idle().then_some(()).ok_or(EhError::Failed)
    }
}

/// Returns what an action wants of `.eh_timed_out`, if it wants anything of it.
fn timeout_of(action: &Action) -> Option<EhRet> {
    match action {
        Action::Eh { ret, .. } => Some(*ret),
        _ => None,
    }
}
