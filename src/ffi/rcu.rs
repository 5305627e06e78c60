// SPDX-License-Identifier: GPL-2.0

//! Immutable values that readers in atomic context see without a lock.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        rcu, //
    },
};

/// An optional value that is replaced as a whole and published by RCU.
///
/// A reader of an empty snapshot pays one pointer load.
///
/// # Invariants
///
/// `current` is null or comes from [`KBox::into_raw`]; it is freed only a grace period after
/// readers could last have loaded it.
pub(crate) struct Snapshot<T> {
    current: Atomic<*mut T>,
    _owns: PhantomData<T>,
}

// SAFETY: A `Snapshot` owns its `T`, and hands out only shared references to it.
unsafe impl<T: Send + Sync> Send for Snapshot<T> {}
// SAFETY: As above; `replace()` from several threads is ordered by the exchange of the pointer.
unsafe impl<T: Send + Sync> Sync for Snapshot<T> {}

impl<T> Snapshot<T> {
    /// Creates an empty snapshot.
    pub(crate) const fn empty() -> Self {
        // INVARIANT: Null is allowed.
        Self {
            current: Atomic::new(ptr::null_mut()),
            _owns: PhantomData,
        }
    }

    /// Calls `read` with the current value, unless there is none.
    ///
    /// May be called in any context. `read` runs in an RCU read-side critical section: it must
    /// not sleep.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        if self.current.load(Relaxed).is_null() {
            return None;
        }
        let _guard = rcu::read_lock();
        let current = self.current.load(Acquire);
        // SAFETY: By the type invariants a non-null pointer is valid until a grace period after it
        // was replaced, and `_guard` keeps that grace period from ending. The acquire load pairs
        // with the exchange in `replace()`.
        unsafe { current.as_ref() }.map(read)
    }

    /// Publishes `new` and frees the old value.
    ///
    /// Sleeps for a grace period if there was an old value.
    pub(crate) fn replace(&self, new: Option<KBox<T>>) {
        let new = new.map_or(ptr::null_mut(), KBox::into_raw);
        // INVARIANT: `new` is null or comes from `KBox::into_raw()`.
        let old = self.current.xchg(new, Full);
        if old.is_null() {
            return;
        }
        // SAFETY: Sleeping is allowed here, which is all that is asked.
        unsafe { bindings::synchronize_rcu() };
        // SAFETY: By the type invariants `old` comes from `KBox::into_raw()`. The exchange took it
        // out, so nobody else frees it, and no reader can have it after the grace period.
        drop(unsafe { KBox::from_raw(old) });
    }
}

impl<T> Drop for Snapshot<T> {
    fn drop(&mut self) {
        let current = *self.current.get_mut();
        if !current.is_null() {
            // SAFETY: By the type invariants the pointer comes from `KBox::into_raw()`; `&mut self`
            // says that no reader is left.
            drop(unsafe { KBox::from_raw(current) });
        }
    }
}
