// SPDX-License-Identifier: GPL-2.0

//! Wait queues for holds that a person may keep for minutes.
//!
//! [`kernel::sync::CondVar`] has no `TASK_IDLE` with a timeout: an uninterruptible hold would be
//! reported by the hung task detector as the very bug that the module is there to find, and an
//! interruptible one would end with any signal. A person who waits for a hold may send one.
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

    /// Sleeps in `TASK_IDLE` until `done` returns true, and returns true; or until so many milliseconds are over, and
    /// returns what `done` says then.
    ///
    /// May sleep. `done` is called between `prepare_to_wait()` and `schedule()`, so it must not
    /// sleep itself; a spinlock is fine. It is called again after each [`WaitQueue::wake_all`].
    pub(crate) fn wait(&self, limit_ms: u32, done: impl FnMut() -> bool) -> bool {
        // A task that ignores signals gets no error.
        self.wait_in(bindings::TASK_IDLE, limit_ms, done)
            .unwrap_or(false)
    }

    /// Does the same in `TASK_INTERRUPTIBLE`, on behalf of a person.
    ///
    /// # Errors
    ///
    /// Returns [`ERESTARTSYS`] for a signal: the system call is made again, or returns `EINTR`.
    pub(crate) fn wait_interruptible(
        &self,
        limit_ms: u32,
        done: impl FnMut() -> bool,
    ) -> Result<bool> {
        self.wait_in(bindings::TASK_INTERRUPTIBLE, limit_ms, done)
    }

    /// Sleeps in the given state, which a signal ends if it is `TASK_INTERRUPTIBLE`.
    fn wait_in(&self, state: u32, limit_ms: u32, mut done: impl FnMut() -> bool) -> Result<bool> {
        let mut left = isize::try_from(msecs_to_jiffies(limit_ms)).unwrap_or(isize::MAX - 1);
        let mut entry = MaybeUninit::<bindings::wait_queue_entry>::uninit();
        // SAFETY: `entry` is valid for writes.
        unsafe { ffi::rpmfault_init_wait(entry.as_mut_ptr()) };

        let result = loop {
            // SAFETY: `head` and `entry` were initialised, and `entry` does not move until
            // `finish_wait()` below has taken it off the queue.
            unsafe {
                // CAST: The states are small numbers.
                bindings::prepare_to_wait(self.head.get(), entry.as_mut_ptr(), state as i32)
            };
            if done() {
                break Ok(true);
            }
            if left == 0 {
                break Ok(false);
            }
            if state == bindings::TASK_INTERRUPTIBLE && kernel::current!().signal_pending() {
                break Err(ERESTARTSYS);
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
        // SAFETY: `head` was initialised. TASK_NORMAL is TASK_INTERRUPTIBLE and
        // TASK_UNINTERRUPTIBLE, and TASK_IDLE is the latter with a bit that TASK_NORMAL need not
        // have.
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
