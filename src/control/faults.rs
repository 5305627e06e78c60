// SPDX-License-Identifier: GPL-2.0

//! `<host>/faults/` and `<host>/faults/<rule>/`: the fault rules.
//!
//! What a rule means is in [`crate::fault::rule`]. Its attributes are frozen when it is enabled.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Group,
        Page, //
    },
    control::{
        host::Host,
        text, //
    },
    device::rules::{
        Counters,
        Entry, //
    },
    fault::{
        errno::Errno,
        opcode::OpcodeSet,
        rule::{
            ActionKind,
            Origin,
            Spec,
            Trigger, //
        },
        schedule::Times, //
    },
    protocol::sense::Sense, //
};

/// The directory in which rules are made.
pub(super) struct Faults {
    host: Arc<Host>,
    /// How many rules were ever made: rules are evaluated in the order in which they were.
    made: Atomic<u64>,
}

impl Faults {
    /// Creates the data of the directory.
    pub(super) fn new(host: Arc<Host>) -> Self {
        Self {
            host,
            made: Atomic::new(0),
        }
    }
}

impl Directory for Faults {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        Group::new(
            &dir_name,
            pin_init!(RuleDir {
                name: CString::try_from_fmt(fmt!("{name}"))?,
                host: self.host.clone(),
                order: self.made.fetch_add(1, Relaxed),
                state <- new_mutex!(State {
                    spec: Spec::default(),
                    times: Times::ONCE,
                    entry: None,
                    enabled: false,
                }),
            }? Error),
        )
    }
}

/// What is said of a rule, and what became of it.
struct State {
    spec: Spec,
    times: Times,
    /// The rule as it is, or was last, enabled.
    entry: Option<Arc<Entry>>,
    enabled: bool,
}

/// The files of one rule.
#[pin_data]
struct RuleDir {
    name: CString,
    host: Arc<Host>,
    order: u64,
    #[pin]
    state: Mutex<State>,
}

impl RuleDir {
    /// Shows one attribute of the specification, or `unset` for one that is not set.
    fn show(
        &self,
        page: &mut Page<'_>,
        unset: &str,
        attribute: impl FnOnce(&Spec) -> Option<&'static str>,
    ) -> fmt::Result {
        page.write_str(attribute(&self.state.lock().spec).unwrap_or(unset))
    }

    /// Changes the specification, unless the rule is enabled.
    fn change(&self, change: impl FnOnce(&mut Spec)) -> Result {
        let mut state = self.state.lock();
        if state.enabled {
            return Err(EBUSY);
        }
        change(&mut state.spec);
        Ok(())
    }

    fn show_enable(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", u8::from(self.state.lock().enabled))
    }

    fn store_enable(&self, text: &str) -> Result {
        if text::switch(text)? {
            self.enable()
        } else {
            self.disable();
            Ok(())
        }
    }

    fn enable(&self) -> Result {
        let mut state = self.state.lock();
        if state.enabled {
            return Ok(());
        }
        let rule = state.spec.freeze().map_err(|reason| {
            let name = self.name.to_str().unwrap_or_default();
            pr_info!("rule {name}: {}\n", Reason::new(&reason).text());
            EINVAL
        })?;
        let entry = Entry::new(rule, state.times, self.order)?;
        self.host.rules.enable(entry.clone())?;
        state.entry = Some(entry);
        state.enabled = true;
        Ok(())
    }

    fn disable(&self) {
        let mut state = self.state.lock();
        if !state.enabled {
            return;
        }
        state.enabled = false;
        let Some(entry) = state.entry.clone() else {
            return;
        };
        drop(state);
        self.host.rules.disable(&entry);
        self.release(&entry, u32::MAX);
    }

    /// Lets go of what the rule holds.
    fn release(&self, entry: &Arc<Entry>, count: u32) {
        if let Some(adapter) = self.host.adapter() {
            adapter.release(entry, count);
        }
    }

    fn show_trigger(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(page, "none", |spec| spec.trigger.map(Trigger::name))
    }

    fn store_trigger(&self, text: &str) -> Result {
        let trigger = Trigger::parse(text).ok_or(EINVAL)?;
        self.change(|spec| spec.trigger = Some(trigger))
    }

    fn show_opcode(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.state.lock().spec.opcode)
    }

    fn store_opcode(&self, text: &str) -> Result {
        let opcode = OpcodeSet::parse(text).ok_or(EINVAL)?;
        self.change(|spec| spec.opcode = opcode)
    }

    fn show_origin(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(page, "any", |spec| spec.origin.map(Origin::name))
    }

    fn store_origin(&self, text: &str) -> Result {
        let origin = unless("any", text, Origin::parse)?;
        self.change(|spec| spec.origin = origin)
    }

    fn show_action(&self, page: &mut Page<'_>) -> fmt::Result {
        self.show(page, "none", |spec| spec.action.map(ActionKind::name))
    }

    fn store_action(&self, text: &str) -> Result {
        let action = ActionKind::parse(text).ok_or(EINVAL)?;
        self.change(|spec| spec.action = Some(action))
    }

    fn show_errno(&self, page: &mut Page<'_>) -> fmt::Result {
        show_unless_none(page, self.state.lock().spec.errno)
    }

    fn store_errno(&self, text: &str) -> Result {
        let errno = unless("none", text, Errno::parse)?;
        self.change(|spec| spec.errno = errno)
    }

    fn show_sense(&self, page: &mut Page<'_>) -> fmt::Result {
        show_unless_none(page, self.state.lock().spec.sense)
    }

    fn store_sense(&self, text: &str) -> Result {
        let sense = unless("none", text, Sense::parse)?;
        self.change(|spec| spec.sense = sense)
    }

    fn show_stall_ms(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.state.lock().spec.stall_ms)
    }

    fn store_stall_ms(&self, text: &str) -> Result {
        // What does not fit is no limit to msecs_to_jiffies().
        let limit: i32 = text::int(text)?;
        let limit = u32::try_from(limit).map_err(|_| EINVAL)?;
        self.change(|spec| spec.stall_ms = limit)
    }

    fn show_times(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.state.lock().times)
    }

    fn store_times(&self, text: &str) -> Result {
        let times = Times::new(text::int(text)?).ok_or(EINVAL)?;
        let mut state = self.state.lock();
        state.times = times;
        if let Some(entry) = &state.entry {
            entry.set_times(times);
        }
        Ok(())
    }

    /// Lets go of some of what the rule holds, or of `all`.
    fn store_release(&self, text: &str) -> Result {
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

    /// Returns the counters of the rule as it is, or was last, enabled.
    fn counters(&self) -> Counters {
        let state = self.state.lock();
        state
            .entry
            .as_ref()
            .map_or_else(Counters::default, |entry| entry.counters())
    }

    fn show_matched(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().matched)
    }

    fn show_fired(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().fired)
    }

    fn show_parked(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.counters().parked)
    }
}

impl Directory for RuleDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"enable", Self::show_enable, Self::store_enable),
        Attribute::rw(c"trigger", Self::show_trigger, Self::store_trigger),
        Attribute::rw(c"opcode", Self::show_opcode, Self::store_opcode),
        Attribute::rw(c"origin", Self::show_origin, Self::store_origin),
        Attribute::rw(c"action", Self::show_action, Self::store_action),
        Attribute::rw(c"errno", Self::show_errno, Self::store_errno),
        Attribute::rw(c"sense", Self::show_sense, Self::store_sense),
        Attribute::rw(c"stall_ms", Self::show_stall_ms, Self::store_stall_ms),
        Attribute::rw(c"times", Self::show_times, Self::store_times),
        Attribute::wo(c"release", Self::store_release),
        Attribute::ro(c"matched", Self::show_matched),
        Attribute::ro(c"fired", Self::show_fired),
        Attribute::ro(c"parked", Self::show_parked),
    ];

    fn removed(&self) {
        self.disable();
    }
}

/// Reads a value for which one word stands for none.
fn unless<T>(none: &str, text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    if text == none {
        Ok(None)
    } else {
        parse(text).map(Some).ok_or(EINVAL)
    }
}

/// Shows a value, or `none`.
fn show_unless_none(page: &mut Page<'_>, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => write!(page, "{value}"),
        None => page.write_str("none"),
    }
}

/// Why a rule was refused, as text for the kernel log.
struct Reason {
    bytes: [u8; 96],
    len: usize,
}

impl Reason {
    fn new(reason: &impl fmt::Display) -> Self {
        let mut bytes = [0; 96];
        let mut writer = crate::protocol::buf::Writer::new(&mut bytes);
        // What does not fit is left out.
        let _ = write!(writer, "{reason}");
        let len = writer.len();
        Self { bytes, len }
    }

    fn text(&self) -> &str {
        let text = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}
