// SPDX-License-Identifier: GPL-2.0

//! A workqueue of the module's own.
//!
//! The `system*()` queues of [`kernel::workqueue`] are deprecated in 7.3 and say so in the log.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::{
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    prelude::*,
    workqueue::Queue, //
};

use crate::ffi;

/// An unbound workqueue with a rescuer, destroyed (and so flushed) on drop.
///
/// # Invariants
///
/// `0` comes from `alloc_workqueue()` and was not destroyed.
pub(crate) struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Workqueues may be used from any thread.
unsafe impl Send for OwnedQueue {}
// SAFETY: As above.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Allocates a queue. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: `name` is NUL-terminated; the queue keeps a copy of it.
        let queue = unsafe { ffi::rpmfault_alloc_workqueue(name.as_char_ptr()) };
        // INVARIANT: Just allocated.
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }
}

impl OwnedQueue {
    /// Returns the C structure.
    pub(crate) fn as_raw(&self) -> *mut bindings::workqueue_struct {
        self.0.as_ptr()
    }

    /// Waits for everything that was queued before, until it has run and is dropped. May sleep.
    pub(crate) fn flush(&self) {
        // SAFETY: By the type invariant the queue exists.
        unsafe { bindings::__flush_workqueue(self.0.as_ptr()) };
    }
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: By the type invariant the queue lives as long as `self`.
        unsafe { Queue::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the queue exists; this is its only owner.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}
