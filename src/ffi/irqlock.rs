// SPDX-License-Identifier: GPL-2.0

//! A spinlock for data that interrupts use, too.
//!
//! The kernel crate has one as well, `SpinLockIrq`, but not in all releases that the module builds
//! with.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use kernel::{
    bindings,
    ffi::{
        c_char,
        c_ulong, //
    },
    sync::lock::{
        Backend,
        Lock, //
    }, //
};

use crate::ffi;

/// A `spinlock_t` that is taken with interrupts off, so that [`Lock::lock`] may be called in any
/// context but NMI. Interrupts are as before when the guard is dropped: drop guards in reverse.
pub(crate) type IrqLock<T> = Lock<T, IrqSave>;

/// How an [`IrqLock`] is taken: as `spin_lock_irqsave()` does it.
pub(crate) struct IrqSave;

// SAFETY: `spinlock_t` excludes others, and the default `relock()` locks as `lock()` does.
unsafe impl Backend for IrqSave {
    type State = bindings::spinlock_t;
    /// The state of interrupts from before.
    type GuardState = c_ulong;

    unsafe fn init(ptr: *mut Self::State, name: *const c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: By the safety requirements `ptr` may be written, `name` and `key` are static.
        unsafe { bindings::__spin_lock_init(ptr, name, key) }
    }

    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        // SAFETY: By the safety requirements the lock was initialised.
        unsafe { ffi::rpmfault_spin_lock_irqsave(ptr) }
    }

    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        let mut flags = 0;
        // SAFETY: By the safety requirements the lock was initialised; `flags` may be written.
        unsafe { ffi::rpmfault_spin_trylock_irqsave(ptr, &raw mut flags) }.then_some(flags)
    }

    unsafe fn unlock(ptr: *mut Self::State, flags: &Self::GuardState) {
        // SAFETY: By the safety requirements the caller has the lock; `flags` is what taking it
        // returned.
        unsafe { ffi::rpmfault_spin_unlock_irqrestore(ptr, *flags) }
    }

    unsafe fn assert_is_held(ptr: *mut Self::State) {
        // SAFETY: By the safety requirements the lock was initialised.
        unsafe { bindings::spin_assert_is_held(ptr) }
    }
}
