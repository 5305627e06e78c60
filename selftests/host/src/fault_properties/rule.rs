// SPDX-License-Identifier: GPL-2.0

//! What holds for every rule.

use proptest::prelude::*;

use super::{
    cdbs,
    conditions,
    one_of, //
};
use crate::{
    fault::{
        action::{
            valid,
            Action,
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
            CALLBACK_STALL_MAX_MS,
            DELAY_MAX_US, //
        },
        errno::Errno,
        matcher::{
            CommandFacts,
            Condition,
            Direction,
            Event,
            Matches,
            Origin,
            Place,
            PmEvent,
            RpmState, //
        },
        rule::{
            ReleaseResult,
            Spec,
            SpecError, //
        },
        trigger::Trigger,
    },
    protocol::sense::Sense,
};

/// The room for the reason why a rule is refused, in src/control/faults.rs.
const REASON_MAX: usize = 96;

/// What an event is made of that borrows its CDB.
#[derive(Clone, Debug)]
struct Happening {
    cdb: Vec<u8>,
    event: Event<'static>,
    command: Option<CommandFacts<'static>>,
}

impl Happening {
    /// Returns the event.
    fn event(&self) -> Event<'_> {
        Event {
            command: self.command.map(|command| CommandFacts {
                cdb: &self.cdb,
                ..command
            }),
            ..self.event
        }
    }
}

/// Returns events, with commands or without.
fn happenings() -> impl Strategy<Value = Happening> {
    let directions = prop::sample::select(vec![Direction::None, Direction::In, Direction::Out]);
    let place =
        (0u32..2, 0u32..4, 0u64..2).prop_map(|(channel, id, lun)| Place { channel, id, lun });
    let command = (
        one_of(Origin::ALL),
        directions,
        0u32..200,
        any::<[bool; 2]>(),
        0u32..3,
    );
    (
        (one_of(Trigger::ALL), cdbs(), prop::option::of(place)),
        prop::option::of(command),
        (
            prop::option::of(0u32..200),
            0u32..200,
            one_of(RpmState::ALL),
        ),
        (any::<[bool; 2]>(), prop::option::of(one_of(PmEvent::ALL))),
    )
        .prop_map(
            |((trigger, cdb, lun), command, (hw_queue, cpu, rpm_state), (flags, pm_event))| {
                let command =
                    command.map(
                        |(origin, direction, tag, [polled, full], retries)| CommandFacts {
                            cdb: &[],
                            origin,
                            direction,
                            tag,
                            polled,
                            retries,
                            queue_full: full,
                            data_len: 0,
                        },
                    );
                let event = Event {
                    trigger,
                    lun,
                    command: None,
                    hw_queue,
                    cpu,
                    rpm_state,
                    link_down: flags[0],
                    pm_event,
                    task_fails: flags[1],
                    now_ns: 0,
                };
                Happening {
                    cdb,
                    event,
                    command,
                }
            },
        )
}

/// Returns sets of conditions.
fn matches() -> impl Strategy<Value = Matches> {
    prop::collection::vec(conditions(), 0..4).prop_map(|conditions| {
        let mut matches = Matches::default();
        for (condition, text) in conditions {
            matches.set(condition, &text).unwrap();
        }
        matches
    })
}

/// Returns specs with anything in them.
fn specs() -> impl Strategy<Value = Spec> {
    let texts = |texts: &[&'static str]| prop::sample::select(texts.to_vec());
    (
        (
            prop::option::weighted(0.95, one_of(Trigger::ALL)),
            prop::option::weighted(0.95, one_of(ActionKind::ALL)),
            prop_oneof![3 => Just(Matches::default()), 1 => matches()],
            any::<[bool; 3]>(),
            any::<i32>(),
        ),
        (
            prop::option::of(1i32..=4095),
            texts(&["", "error", "0", "0xff"]),
            texts(&["", "busy", "check_condition", "0xfe"]),
            texts(&["", "02/04/02", "03/11/00"]),
            texts(&["none", "lba", "77"]),
            one_of(SenseFormat::ALL),
        ),
        (
            prop::option::of(one_of(QueueRet::ALL)),
            prop::option::of(one_of(EhRet::ALL)),
            prop_oneof![Just(0u32), any::<u32>()],
            texts(&["", "00@0", "deadbeef@512"]),
            prop_oneof![Just(0i64), any::<i64>()],
            prop_oneof![Just(0u64), any::<u64>(), 0u64..100_000_000],
            prop_oneof![Just(0u32), any::<u32>(), 0u32..100_000],
        ),
        (
            one_of(OnAbort::ALL),
            one_of(ReleaseResult::ALL),
            texts(&["", "10", "10,20,30"]),
            texts(&["", "29/00", "29/00,28/00"]),
            texts(&["none", "100", "1M", "standby", "512", "0", "8192P"]),
        ),
    )
        .prop_map(|(first, result, numbers, last)| {
            let (trigger, action, matches, [is_final, task_filter, when_after], priority) = first;
            let (errno, host_byte, status, sense, sense_info, sense_fmt) = result;
            let (queue_ret, eh_ret, resid, data, lba_shift, delay_us, stall_ms) = numbers;
            let (on_abort, release_result, link_arg, ua_arg, state_arg) = last;
            Spec {
                trigger,
                priority,
                is_final,
                matches,
                task_filter,
                action,
                errno: errno.and_then(|number| Errno::parse(&format!("-{number}"))),
                host_byte: HostByte::parse(host_byte),
                status: SamStatus::parse(status),
                sense: Sense::parse(sense),
                sense_info: Information::parse(sense_info).unwrap(),
                sense_fmt,
                queue_ret,
                eh_ret,
                when_after,
                resid,
                data: Data::parse(data),
                lba_shift,
                blocks: resid,
                delay_us,
                jitter_us: stall_ms,
                stall_ms,
                on_abort,
                release_result,
                link_arg: Bounce::parse(link_arg),
                ua_arg: AscList::parse(ua_arg),
                state_arg: StateArg::parse(state_arg).unwrap(),
            }
        })
}

proptest! {
    #[test]
    fn conditions_hold_together_if_each_of_them_holds(
        conditions in prop::collection::vec(conditions(), 0..4),
        happening in happenings(),
        task_filter: bool,
    ) {
        let event = happening.event();
        let rule = |conditions: &[&(Condition, String)], task_filter| {
            let mut spec = Spec {
                trigger: Some(event.trigger),
                action: Some(ActionKind::None),
                task_filter,
                ..Spec::default()
            };
            for (condition, text) in conditions {
                spec.matches.set(*condition, text).unwrap();
            }
            spec.freeze().ok()
        };
        // The last text of a condition counts, and a value is nothing without its mask.
        let is_cdb = |c: Condition| matches!(c, Condition::CdbMask | Condition::CdbValue);
        let mut last: Vec<&(Condition, String)> = Vec::new();
        for condition in &conditions {
            last.retain(|other| other.0 != condition.0);
            last.push(condition);
        }
        let Some(all) = rule(&last, task_filter) else {
            return Ok(());
        };
        let (bits, others): (Vec<_>, Vec<_>) = last.iter().copied().partition(|c| is_cdb(c.0));
        let each = others
            .iter()
            .all(|condition| rule(&[condition], false).unwrap().matches(&event));
        let filtered = !task_filter || event.task_fails;
        let wanted = each && filtered && rule(&bits, false).unwrap().matches(&event);
        prop_assert_eq!(all.matches(&event), wanted);
    }

    #[test]
    fn a_frozen_rule_means_what_was_written(spec in specs(), happening in happenings()) {
        let rule = match spec.freeze() {
            Ok(rule) => rule,
            Err(error) => {
                let text = error.to_string();
                let (attribute, reason) = text.split_once(": ").unwrap();
                prop_assert!(text.len() < REASON_MAX && !reason.is_empty());
                let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                prop_assert!(attribute.bytes().all(is_letter));
                let unset = spec.trigger.is_none() || spec.action.is_none();
                prop_assert_eq!(matches!(error, SpecError::Unset(_)), unset);
                if let (Some(trigger), Some(kind)) = (spec.trigger, spec.action) {
                    prop_assert_eq!(matches!(error, SpecError::Pair(..)), !valid(trigger, kind));
                }
                return Ok(());
            }
        };
        let (trigger, kind) = (spec.trigger.unwrap(), spec.action.unwrap());
        prop_assert!(valid(trigger, kind));
        prop_assert_eq!(rule.trigger(), trigger);
        prop_assert_eq!((rule.priority(), rule.is_final()), (spec.priority, spec.is_final));
        prop_assert!(!rule.matches(&happening.event()) || happening.event.trigger == trigger);
        match *rule.action() {
            Action::Result(completion) => {
                prop_assert!(completion.host.is_some() || completion.status.is_some());
                prop_assert!(completion.sense.is_none() || completion.status.is_some());
            }
            Action::Errno(errno) => {
                prop_assert!(trigger.takes_errno());
                prop_assert_eq!(spec.errno, Some(errno));
            }
            Action::Stall { limit_ms, then, .. } => {
                prop_assert!(trigger.is_atomic());
                prop_assert_eq!(limit_ms.unwrap_or(0), spec.stall_ms);
                prop_assert_eq!(then.is_some(), spec.release_result == ReleaseResult::Result);
            }
            Action::Hold { limit_ms, then } => {
                prop_assert!(!trigger.is_atomic());
                prop_assert!((1..=CALLBACK_STALL_MAX_MS).contains(&limit_ms));
                prop_assert!(limit_ms == spec.stall_ms || limit_ms == CALLBACK_STALL_MAX_MS);
                prop_assert_eq!(then, if trigger.takes_errno() { spec.errno } else { None });
            }
            Action::Delay { us, jitter_us } => {
                let most = if trigger.is_atomic() {
                    DELAY_MAX_US
                } else {
                    u64::from(CALLBACK_STALL_MAX_MS) * 1000
                };
                prop_assert!((1..=most).contains(&(us + u64::from(jitter_us))));
                prop_assert!(us <= spec.delay_us && jitter_us <= spec.jitter_us);
            }
            Action::Capacity { bytes } => prop_assert!(bytes != 0 && bytes % 512 == 0),
            Action::Misdirect { blocks } => prop_assert!(blocks != 0),
            _ => {}
        }
        // What a rule frozen a second time does is the same.
        prop_assert_eq!(spec.freeze(), Ok(rule));
    }
}
