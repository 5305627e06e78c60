// SPDX-License-Identifier: GPL-2.0

//! Triggers: where rules apply.

use crate::fault::text::words;

words! {
    /// Where a rule applies.
    pub(crate) enum Trigger {
        /// A command arrives at the host, `queuecommand`.
        Queue = "queue",
        /// The result of a command is about to be given back, `scsi_done()`.
        Complete = "complete",
        /// A command took too long, `eh_timed_out`.
        TimedOut = "timed_out",
        /// A queue is polled for completions, `mq_poll`.
        MqPoll = "mq_poll",
        /// The last command of a batch has been queued, `commit_rqs`.
        Commit = "commit",
        /// The driver's part of a command is set up when its host is added, `init_cmd_priv`.
        InitCmd = "init_cmd",

        /// The error handler aborts a command, `eh_abort_handler`.
        EhAbort = "eh_abort",
        /// The error handler resets a device, `eh_device_reset_handler`.
        EhDeviceReset = "eh_device_reset",
        /// The error handler resets a target, `eh_target_reset_handler`.
        EhTargetReset = "eh_target_reset",
        /// The error handler resets a bus, `eh_bus_reset_handler`.
        EhBusReset = "eh_bus_reset",
        /// The error handler resets the host, `eh_host_reset_handler`.
        EhHostReset = "eh_host_reset",
        /// Somebody writes to the host's attribute `host_reset`.
        SysfsHostReset = "sysfs_host_reset",

        /// The host is about to be added, `scsi_add_host()`.
        HostAdd = "host_add",
        /// A target is made, `target_alloc`.
        TargetAlloc = "target_alloc",
        /// A device is made, before its first INQUIRY, `sdev_init`.
        SdevInit = "sdev_init",
        /// A device has answered INQUIRY, `sdev_configure`.
        SdevConfigure = "sdev_configure",
        /// A device goes away, `sdev_destroy`.
        SdevDestroy = "sdev_destroy",
        /// The mid layer asks whether a scan is done, `scan_finished`.
        ScanFinished = "scan_finished",
        /// Somebody writes to a device's attribute `queue_depth`, `change_queue_depth`.
        ChangeQueueDepth = "change_queue_depth",

        /// The host's device is idle, `runtime_idle`.
        RpmIdle = "rpm_idle",
        /// The host's device is to suspend, `runtime_suspend`.
        RpmSuspend = "rpm_suspend",
        /// The host's device is to resume, `runtime_resume`.
        RpmResume = "rpm_resume",

        /// `prepare` of `dev_pm_ops`, as the names that follow.
        Prepare = "prepare",
        /// `suspend`.
        Suspend = "suspend",
        /// `suspend_late`.
        SuspendLate = "suspend_late",
        /// `suspend_noirq`.
        SuspendNoirq = "suspend_noirq",
        /// `resume_noirq`.
        ResumeNoirq = "resume_noirq",
        /// `resume_early`.
        ResumeEarly = "resume_early",
        /// `resume`.
        Resume = "resume",
        /// `freeze`.
        Freeze = "freeze",
        /// `freeze_late`.
        FreezeLate = "freeze_late",
        /// `freeze_noirq`.
        FreezeNoirq = "freeze_noirq",
        /// `thaw_noirq`.
        ThawNoirq = "thaw_noirq",
        /// `thaw_early`.
        ThawEarly = "thaw_early",
        /// `thaw`.
        Thaw = "thaw",
        /// `poweroff`.
        Poweroff = "poweroff",
        /// `poweroff_late`.
        PoweroffLate = "poweroff_late",
        /// `poweroff_noirq`.
        PoweroffNoirq = "poweroff_noirq",
        /// `restore_noirq`.
        RestoreNoirq = "restore_noirq",
        /// `restore_early`.
        RestoreEarly = "restore_early",
        /// `restore`.
        Restore = "restore",
        /// `complete` of `dev_pm_ops`, whose own word means commands.
        PmComplete = "pm_complete",
        /// The machine goes down or another kernel is started, `shutdown` of the driver.
        Shutdown = "shutdown",

        /// The link went down.
        LinkDown = "link_down",
        /// The link came up.
        LinkUp = "link_up",
        /// `fast_io_fail_tmo` is over.
        FastIoFail = "fast_io_fail",
        /// `dev_loss_tmo` is over.
        DevLoss = "dev_loss",
        /// A medium was inserted or removed.
        MediumChange = "medium_change",
        /// The rule's own timer, see [`Settings::timer_ms`](super::schedule::Settings::timer_ms).
        Timer = "timer",
    }
}

/// What triggers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Commands and the queues that they are in.
    Command,
    /// Callbacks of the error handler, and resets that somebody asks for.
    Eh,
    /// Callbacks while hosts, targets and devices come, change and go.
    Attach,
    /// Runtime power management of the host's device.
    Runtime,
    /// System sleep, hibernation and shutdown of the host's device.
    Sleep,
    /// What happened to the link.
    Link,
    /// What happened to a medium.
    Medium,
    /// Time.
    Timer,
}

impl Trigger {
    /// The number of triggers, for tables indexed by [`Self::index`].
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Returns the trigger's place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Returns what the trigger has in common with others.
    pub(crate) const fn class(self) -> Class {
        match self {
            Self::Queue | Self::Complete | Self::TimedOut | Self::MqPoll | Self::Commit => {
                Class::Command
            }
            Self::EhAbort
            | Self::EhDeviceReset
            | Self::EhTargetReset
            | Self::EhBusReset
            | Self::EhHostReset
            | Self::SysfsHostReset => Class::Eh,
            Self::InitCmd
            | Self::HostAdd
            | Self::TargetAlloc
            | Self::SdevInit
            | Self::SdevConfigure
            | Self::SdevDestroy
            | Self::ScanFinished
            | Self::ChangeQueueDepth => Class::Attach,
            Self::RpmIdle | Self::RpmSuspend | Self::RpmResume => Class::Runtime,
            Self::Prepare
            | Self::Suspend
            | Self::SuspendLate
            | Self::SuspendNoirq
            | Self::ResumeNoirq
            | Self::ResumeEarly
            | Self::Resume
            | Self::Freeze
            | Self::FreezeLate
            | Self::FreezeNoirq
            | Self::ThawNoirq
            | Self::ThawEarly
            | Self::Thaw
            | Self::Poweroff
            | Self::PoweroffLate
            | Self::PoweroffNoirq
            | Self::RestoreNoirq
            | Self::RestoreEarly
            | Self::Restore
            | Self::PmComplete
            | Self::Shutdown => Class::Sleep,
            Self::LinkDown | Self::LinkUp | Self::FastIoFail | Self::DevLoss => Class::Link,
            Self::MediumChange => Class::Medium,
            Self::Timer => Class::Timer,
        }
    }

    /// Returns whether the trigger is met in atomic context, where nothing may sleep.
    ///
    /// The noirq phases may sleep: only the device's own interrupt is off.
    pub(crate) const fn is_atomic(self) -> bool {
        matches!(self.class(), Class::Command)
    }

    /// Returns whether the callback can fail with an errno.
    pub(crate) const fn takes_errno(self) -> bool {
        match self.class() {
            Class::Attach => !matches!(self, Self::SdevDestroy | Self::ScanFinished),
            Class::Runtime => true,
            Class::Sleep => !matches!(self, Self::PmComplete | Self::Shutdown),
            _ => false,
        }
    }

    /// Returns whether there is a command that can be looked at: the one that arrived, ends or took
    /// too long, that is aborted, or for whose sake something is reset.
    pub(crate) const fn has_command(self) -> bool {
        match self.class() {
            Class::Command => !matches!(self, Self::MqPoll | Self::Commit),
            Class::Eh => !matches!(self, Self::SysfsHostReset),
            _ => false,
        }
    }

    /// Returns whether it happens to one logical unit, or (`target_alloc`) to one target.
    pub(crate) const fn has_unit(self) -> bool {
        self.has_command()
            || matches!(
                self,
                Self::TargetAlloc
                    | Self::SdevInit
                    | Self::SdevConfigure
                    | Self::SdevDestroy
                    | Self::ChangeQueueDepth
                    | Self::MediumChange
            )
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_trigger))]
mod tests {
    use super::*;

    /// What is true of a trigger, one letter each: atomic, errno, command, unit.
    fn traits(trigger: Trigger) -> [bool; 4] {
        [
            trigger.is_atomic(),
            trigger.takes_errno(),
            trigger.has_command(),
            trigger.has_unit(),
        ]
    }

    #[test]
    fn the_words_read_back() {
        for trigger in Trigger::ALL {
            assert_eq!(Trigger::parse(trigger.name()), Some(*trigger));
        }
        for word in ["", "rpm", "Queue", "queue ", "queue\n", "rpm_resumes"] {
            assert_eq!(Trigger::parse(word), None);
        }
    }

    #[test]
    fn triggers_index_a_table() {
        assert_eq!(Trigger::COUNT, 49);
        for (index, trigger) in Trigger::ALL.iter().enumerate() {
            assert_eq!(trigger.index(), index);
        }
    }

    #[test]
    fn every_class_has_its_words() {
        let mut known = 0;
        for (class, words) in [
            (Class::Command, "queue complete timed_out mq_poll commit"),
            (
                Class::Eh,
                "eh_abort eh_device_reset eh_target_reset eh_bus_reset eh_host_reset \
                 sysfs_host_reset",
            ),
            (
                Class::Attach,
                "init_cmd host_add target_alloc sdev_init sdev_configure sdev_destroy \
                 scan_finished change_queue_depth",
            ),
            (Class::Runtime, "rpm_idle rpm_suspend rpm_resume"),
            (
                Class::Sleep,
                "prepare suspend suspend_late suspend_noirq resume_noirq resume_early resume \
                 freeze freeze_late freeze_noirq thaw_noirq thaw_early thaw poweroff \
                 poweroff_late poweroff_noirq restore_noirq restore_early restore pm_complete \
                 shutdown",
            ),
            (Class::Link, "link_down link_up fast_io_fail dev_loss"),
            (Class::Medium, "medium_change"),
            (Class::Timer, "timer"),
        ] {
            for word in words.split(' ') {
                known += 1;
                assert_eq!(Trigger::parse(word).map(Trigger::class), Some(class));
            }
        }
        assert_eq!(known, Trigger::COUNT);
    }

    #[test]
    fn triggers_say_what_there_is_and_what_may_be_done() {
        for trigger in Trigger::ALL {
            let expected = match trigger {
                Trigger::Queue | Trigger::Complete | Trigger::TimedOut => [true, false, true, true],
                Trigger::MqPoll | Trigger::Commit => [true, false, false, false],
                Trigger::EhAbort
                | Trigger::EhDeviceReset
                | Trigger::EhTargetReset
                | Trigger::EhBusReset
                | Trigger::EhHostReset => [false, false, true, true],
                Trigger::InitCmd | Trigger::HostAdd => [false, true, false, false],
                Trigger::TargetAlloc
                | Trigger::SdevInit
                | Trigger::SdevConfigure
                | Trigger::ChangeQueueDepth => [false, true, false, true],
                Trigger::SdevDestroy | Trigger::MediumChange => [false, false, false, true],
                Trigger::SysfsHostReset
                | Trigger::ScanFinished
                | Trigger::PmComplete
                | Trigger::Shutdown
                | Trigger::LinkDown
                | Trigger::LinkUp
                | Trigger::FastIoFail
                | Trigger::DevLoss
                | Trigger::Timer => [false, false, false, false],
                _ => [false, true, false, false],
            };
            assert_eq!(traits(*trigger), expected);
        }
    }
}
