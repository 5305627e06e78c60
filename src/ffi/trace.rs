// SPDX-License-Identifier: GPL-2.0

//! The trace events of `trace.h`.
//!
//! All of these may be called in any context. They cost a call and a patched branch each while
//! nobody listens, so that a caller need not ask first; what they say is text that the events log
//! has formatted anyway.
//!
//! C header: [`src/ffi/trace.h`](trace.h)

use crate::ffi;

/// Which host an event is about.
#[derive(Clone, Copy)]
pub(crate) struct Host<'a> {
    /// Its directory in configfs.
    pub(crate) name: &'a str,
    /// N of hostN, if there is one.
    pub(crate) number: Option<u32>,
}

impl Host<'_> {
    /// Returns the number as C has it.
    fn number(self) -> i32 {
        self.number
            .and_then(|number| i32::try_from(number).ok())
            .unwrap_or(-1)
    }
}

/// Lends text to C.
fn text(text: &str) -> ffi::rpmfault_text {
    ffi::rpmfault_text {
        at: text.as_ptr().cast(),
        len: text.len(),
    }
}

/// A rule acts; `seq` is the number of the event in the log.
pub(crate) fn rule_fire(
    host: Host<'_>,
    rule: &str,
    trigger: &str,
    action: &str,
    lun: &str,
    opcode: Option<u8>,
    seq: u64,
) {
    let event = ffi::rpmfault_rule_fire {
        host: text(host.name),
        host_no: host.number(),
        rule: text(rule),
        trigger: text(trigger),
        action: text(action),
        lun: text(lun),
        opcode: opcode.map_or(-1, i32::from),
        seq,
    };
    // SAFETY: The event, and the text that it borrows, live until the call returns, and nobody
    // keeps a pointer to them: the probes copy what they want.
    unsafe { ffi::rpmfault_trace_rule_fire(&raw const event) };
}

/// A rule holds a command or a callback.
pub(crate) fn park(host: Host<'_>, rule: &str, trigger: &str, lun: &str, cdb: &str) {
    let event = ffi::rpmfault_park {
        host: text(host.name),
        host_no: host.number(),
        rule: text(rule),
        trigger: text(trigger),
        lun: text(lun),
        cdb: text(cdb),
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_park(&raw const event) };
}

/// A rule has let go of a command or a callback.
pub(crate) fn release(
    host: Host<'_>,
    rule: &str,
    trigger: &str,
    lun: &str,
    cdb: &str,
    held_ms: u64,
    why: &str,
) {
    let event = ffi::rpmfault_release {
        host: text(host.name),
        host_no: host.number(),
        rule: text(rule),
        trigger: text(trigger),
        lun: text(lun),
        cdb: text(cdb),
        held_ms,
        why: text(why),
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_release(&raw const event) };
}

/// The link changes.
pub(crate) fn link(host: Host<'_>, from: &str, to: &str, mode: &str, why: &str) {
    let event = ffi::rpmfault_link {
        host: text(host.name),
        host_no: host.number(),
        from: text(from),
        to: text(to),
        mode: text(mode),
        why: text(why),
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_link(&raw const event) };
}

/// A power callback begins.
pub(crate) fn pm_enter(host: Host<'_>, callback: &str) {
    let event = ffi::rpmfault_pm_enter {
        host: text(host.name),
        host_no: host.number(),
        callback: text(callback),
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_pm_enter(&raw const event) };
}

/// A power callback returns.
pub(crate) fn pm_exit(host: Host<'_>, callback: &str, result: i32, duration_us: u64) {
    let event = ffi::rpmfault_pm_exit {
        host: text(host.name),
        host_no: host.number(),
        callback: text(callback),
        result,
        duration_us,
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_pm_exit(&raw const event) };
}

/// A command came to a host that was suspended.
pub(crate) fn io_while_suspended(
    host: Host<'_>,
    lun: &str,
    submitter: &str,
    cdb: &str,
    state: &str,
    reaction: &str,
) {
    let event = ffi::rpmfault_io_while_suspended {
        host: text(host.name),
        host_no: host.number(),
        lun: text(lun),
        submitter: text(submitter),
        cdb: text(cdb),
        state: text(state),
        reaction: text(reaction),
    };
    // SAFETY: As in `rule_fire()`.
    unsafe { ffi::rpmfault_trace_io_while_suspended(&raw const event) };
}
