// SPDX-License-Identifier: GPL-2.0

//! `<host>/faults/<rule>/`: the files of a fault rule.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    prelude::*,
    str::CString, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Page, //
    },
    control::{
        attributes::{
            attribute,
            choice,
            number,
            optional,
            switch,
            word, //
        },
        rule::RuleDir,
        text, //
    },
    fault::{
        action::{
            ActionKind,
            AscList,
            Bounce,
            Data,
            EhRet,
            HostByte,
            Information,
            OnAbort,
            QueueRet,
            SamStatus,
            SenseFormat,
            StateArg,
            DELAY_MAX_US, //
        },
        errno::Errno,
        matcher::Condition,
        rule::ReleaseResult,
        trigger::Trigger, //
    },
    protocol::sense::Sense, //
};

/// The longest time in milliseconds: what does not fit is no limit to `msecs_to_jiffies()`.
const MS_MAX: u32 = i32::MAX as u32;

/// The longest that a read of `wait` takes, in milliseconds.
const WAIT_MAX_MS: u32 = 600_000;

/// The longest name of a directory, `NAME_MAX` of `include/uapi/linux/limits.h`.
const NAME_MAX: usize = 255;

impl RuleDir {
    fn show_matched(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().matched)
    }

    fn show_fired(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().fired)
    }

    fn show_parked(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().parked)
    }

    fn show_remaining(&self, page: &mut Page<'_>) -> fmt::Result {
        match self.counters().remaining {
            Some(times) => write!(page, "{times}"),
            None => self.show_times(page),
        }
    }

    /// What the rule acted on last: nanoseconds, unit, operation code or callback, CPU.
    fn show_last(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(last) = self.counters().last else {
            return Ok(());
        };
        write!(page, "{} ", last.now_ns)?;
        match last.address {
            Some(address) => write!(page, "{address} ")?,
            None => page.write_str("- ")?,
        }
        match last.opcode {
            Some(opcode) => write!(page, "{opcode:02x}")?,
            None => self.show(|said| write!(page, "{}", text::OrNone(said.rule.trigger)))?,
        }
        write!(page, " {}", last.cpu)
    }
}

/// A condition of the rule, which reads and prints itself.
macro_rules! condition {
    ($name:literal, $condition:ident) => {
        Attribute::rw(
            $name,
            |dir, page| {
                dir.show(|said| write!(page, "{}", said.rule.matches.text(Condition::$condition)))
            },
            |dir, text| {
                dir.try_change(|said| {
                    let set = said.rule.matches.set(Condition::$condition, text);
                    set.ok_or(EINVAL)
                })
            },
        )
    };
}

/// Another rule, or `none`.
macro_rules! other_rule {
    ($name:literal, $field:ident) => {
        attribute!($name, [$field], |text| other_rule(text), |name| name
            .as_ref()
            .and_then(|name| name.to_str().ok())
            .unwrap_or("none"))
    };
}

impl Directory for RuleDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        number!(c"priority", rule.priority, i32::MIN..=i32::MAX),
        switch!(c"final", rule.is_final),
        optional!(c"trigger", rule.trigger, Trigger),
        condition!(c"lun", Lun),
        condition!(c"opcode", Opcode),
        condition!(c"cdb_mask", CdbMask),
        condition!(c"cdb_value", CdbValue),
        condition!(c"lba", Lba),
        condition!(c"len", Len),
        condition!(c"direction", Direction),
        condition!(c"origin", Origin),
        condition!(c"hwq", Hwq),
        condition!(c"cpu", Cpu),
        condition!(c"tag", Tag),
        condition!(c"polled", Polled),
        condition!(c"retries", Retries),
        condition!(c"qfull", Qfull),
        condition!(c"rpm_state", RpmState),
        condition!(c"link_state", LinkState),
        condition!(c"pm_event", PmEvent),
        switch!(c"task_filter", rule.task_filter),
        // `none` is one of them: empty is what was never written.
        attribute!(
            c"action",
            [rule.action],
            |text| text::word(text, ActionKind::parse).map(Some),
            |kind| kind.map_or("", ActionKind::name)
        ),
        optional!(c"errno", rule.errno, Errno),
        optional!(c"host_byte", rule.host_byte, HostByte),
        optional!(c"status", rule.status, SamStatus),
        optional!(c"sense", rule.sense, Sense),
        word!(c"sense_info", rule.sense_info, Information),
        word!(c"sense_fmt", rule.sense_fmt, SenseFormat),
        optional!(c"queue_ret", rule.queue_ret, QueueRet),
        optional!(c"eh_ret", rule.eh_ret, EhRet),
        choice!(c"when", rule.when_after, "before", "after"),
        number!(c"resid", rule.resid, 0..=u32::MAX),
        optional!(c"data", rule.data, Data),
        number!(c"lba_shift", rule.lba_shift, i64::MIN..=i64::MAX),
        number!(c"blocks", rule.blocks, 0..=u32::MAX),
        number!(c"delay_us", rule.delay_us, 0..=DELAY_MAX_US),
        number!(c"jitter_us", rule.jitter_us, 0..=u32::MAX),
        number!(c"stall_ms", rule.stall_ms, 0..=MS_MAX),
        word!(c"on_abort", rule.on_abort, OnAbort),
        word!(c"release_result", rule.release_result, ReleaseResult),
        optional!(c"link_arg", rule.link_arg, Bounce),
        optional!(c"ua_arg", rule.ua_arg, AscList),
        word!(c"state_arg", rule.state_arg, StateArg),
        other_rule!(c"then_enable", then_enable),
        other_rule!(c"then_disable", then_disable),
        number!(c"probability", live schedule.probability, 0..=100),
        number!(c"chance", live schedule.chance, 0..=u32::MAX),
        number!(c"interval", live schedule.interval, 0..=u32::MAX),
        Attribute::rw(c"times", Self::show_times, Self::store_times),
        number!(c"space", live schedule.space, 0..=u32::MAX),
        number!(c"skip", live schedule.skip, 0..=u32::MAX),
        number!(c"delay_ms", live schedule.delay_ms, 0..=MS_MAX),
        number!(c"window_ms", live schedule.window_ms, 0..=MS_MAX),
        Attribute::rw(c"seed", Self::show_seed, Self::store_seed),
        Attribute::ro(c"seed_used", Self::show_seed_used),
        number!(c"verbose", live schedule.verbose, 0..=2),
        number!(c"wait_for", live wait_for, 0..=u32::MAX),
        number!(c"wait_ms", live wait_ms, 0..=WAIT_MAX_MS),
        Attribute::ro_owner(c"wait", Self::show_wait),
        Attribute::wo(c"release", Self::store_release),
        Attribute::wo(c"reset", Self::store_reset),
        Attribute::ro(c"matched", Self::show_matched),
        Attribute::ro(c"fired", Self::show_fired),
        Attribute::ro(c"remaining", Self::show_remaining),
        Attribute::ro(c"parked", Self::show_parked),
        Attribute::ro(c"last", Self::show_last),
    ];

    fn removed(&self) {
        self.disable();
    }
}

/// Reads the name of a rule, which need not be there yet, or `none`.
///
/// # Errors
///
/// Returns [`EINVAL`] for what is no name of a directory, and [`ENOMEM`].
fn other_rule(text: &str) -> Result<Option<CString>> {
    let is_name = !text.is_empty() && text.len() <= NAME_MAX && !text.contains(['/', '\0']);
    match text {
        "none" => Ok(None),
        _ if is_name => Ok(Some(CString::try_from_fmt(fmt!("{text}"))?)),
        _ => Err(EINVAL),
    }
}
