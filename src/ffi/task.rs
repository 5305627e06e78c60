// SPDX-License-Identifier: GPL-2.0

//! Who is running, where and when.
//!
//! All functions may be called in any context.
//!
//! C headers: [`include/linux/sched.h`](srctree/include/linux/sched.h),
//! [`include/linux/stacktrace.h`](srctree/include/linux/stacktrace.h)

use crate::ffi;

/// Returns whether the current task has asked for failures (`/proc/self/make-it-fail`).
///
/// False in an interrupt, and without `CONFIG_FAULT_INJECTION`.
pub(crate) fn make_it_fail() -> bool {
    // SAFETY: The helper has no requirements.
    unsafe { ffi::rpmfault_make_it_fail() }
}

/// Returns the CPU that the caller was on a moment ago.
pub(crate) fn cpu() -> u32 {
    // SAFETY: The helper has no requirements.
    unsafe { ffi::rpmfault_cpu() }
}

/// Returns the time of `CLOCK_MONOTONIC` in nanoseconds.
pub(crate) fn monotonic_ns() -> u64 {
    // SAFETY: `ktime_get()` may be called in any context but that of the suspended timekeeping,
    // when nothing of a device runs.
    unsafe { ffi::rpmfault_monotonic_ns() }
}

/// Returns a random number (`get_random_u64()`).
pub(crate) fn random() -> u64 {
    // SAFETY: The helper has no requirements.
    unsafe { ffi::rpmfault_random() }
}

/// Writes the stack of the current task into `text`, a symbol a line, the innermost 16 of them, and
/// returns how many bytes that are.
///
/// Nothing without `CONFIG_STACKTRACE`.
pub(crate) fn stack_trace(text: &mut [u8]) -> usize {
    // SAFETY: `text` is writable for its length, and the helper writes no more.
    let len = unsafe { ffi::rpmfault_stack_trace(text.as_mut_ptr().cast(), text.len()) };
    // `stack_trace_snprint()` says how long it would have been.
    len.min(text.len().saturating_sub(1))
}

/// Makes the kernel warn of a command that has come while its host is suspended, with the stack of
/// who sent it. May be called in any context.
pub(crate) fn warn() {
    // SAFETY: An FFI call with no requirements.
    unsafe { ffi::rpmfault_warn_suspended() };
}

/// Says in the kernel log that a rule acts, but not too often, and with the stack if `stack`. May be
/// called in any context.
pub(crate) fn log_injection(rule: &str, trigger: &str, stack: bool) {
    // SAFETY: The pointers are valid for as many bytes as the lengths say; the text is copied.
    unsafe {
        ffi::rpmfault_log_injection(
            rule.as_ptr().cast(),
            rule.len(),
            trigger.as_ptr().cast(),
            trigger.len(),
            stack,
        )
    };
}
