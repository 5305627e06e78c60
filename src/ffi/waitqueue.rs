// SPDX-License-Identifier: GPL-2.0

//! Wait queues for holds that a person may keep for minutes.
//!
//! [`kernel::sync::CondVar`] has no `TASK_IDLE` with a timeout: an uninterruptible hold would be
//! reported by the hung task detector as the very bug that the module is there to find, and an
//! interruptible one would end with any signal.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use core::mem::MaybeUninit;

use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    time::msecs_to_jiffies,
    types::Opaque, //
};

use crate::ffi;

/// How long to wait.
#[derive(Clone, Copy)]
pub(crate) enum Timeout {
    /// Until the condition holds.
    Never,
    /// At most so many milliseconds.
    Milliseconds(u32),
}

/// A `struct wait_queue_head`.
#[pin_data]
pub(crate) struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: A wait queue has its own lock.
unsafe impl Send for WaitQueue {}
// SAFETY: As above.
unsafe impl Sync for WaitQueue {}

impl WaitQueue {
    /// Creates a wait queue.
    pub(crate) fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            head <- Opaque::ffi_init(|head| {
                // SAFETY: `head` is valid for writes and stays pinned; `name` and `key` are static.
                unsafe { ffi::rpmfault_init_waitqueue(head, name.as_char_ptr(), key.as_ptr()) }
            }),
        })
    }

    /// Sleeps in `TASK_IDLE` until `done` returns true, and returns true; or until the timeout, and
    /// returns what `done` says then.
    ///
    /// May sleep. `done` is called between `prepare_to_wait()` and `schedule()`, so it must not
    /// sleep itself; a spinlock is fine. It is called again after each [`WaitQueue::wake_all`].
    pub(crate) fn wait(&self, timeout: Timeout, mut done: impl FnMut() -> bool) -> bool {
        let mut left = match timeout {
            Timeout::Never => MAX_SCHEDULE_TIMEOUT,
            Timeout::Milliseconds(ms) => {
                isize::try_from(msecs_to_jiffies(ms)).unwrap_or(MAX_SCHEDULE_TIMEOUT - 1)
            }
        };
        let mut entry = MaybeUninit::<bindings::wait_queue_entry>::uninit();
        // SAFETY: `entry` is valid for writes.
        unsafe { ffi::rpmfault_init_wait(entry.as_mut_ptr()) };

        let result = loop {
            // SAFETY: `head` and `entry` were initialised, and `entry` does not move until
            // `finish_wait()` below has taken it off the queue.
            unsafe {
                bindings::prepare_to_wait(
                    self.head.get(),
                    entry.as_mut_ptr(),
                    bindings::TASK_IDLE as i32,
                )
            };
            if done() {
                break true;
            }
            if left == 0 {
                break false;
            }
            // SAFETY: An FFI call with no requirements but a context that may sleep.
            left = unsafe { bindings::schedule_timeout(left) };
        };
        // SAFETY: As for `prepare_to_wait()`.
        unsafe { bindings::finish_wait(self.head.get(), entry.as_mut_ptr()) };
        result
    }

    /// Makes every waiter look at its condition again. May be called in any context.
    pub(crate) fn wake_all(&self) {
        // SAFETY: `head` was initialised. TASK_NORMAL does not include TASK_IDLE's NOLOAD bit, but
        // TASK_IDLE includes TASK_UNINTERRUPTIBLE, which TASK_NORMAL wakes.
        unsafe {
            bindings::__wake_up(
                self.head.get(),
                bindings::TASK_NORMAL,
                0,
                core::ptr::null_mut(),
            )
        };
    }
}

/// `MAX_SCHEDULE_TIMEOUT` of `include/linux/sched.h`: no timeout.
const MAX_SCHEDULE_TIMEOUT: isize = isize::MAX;
