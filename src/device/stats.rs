// SPDX-License-Identifier: GPL-2.0

//! Counters of what a host has been through.
//!
//! They belong to the directory of the host and not to the adapter, so that they go on when it is
//! switched off and on.
//!
//! # Cost
//!
//! A command adds to three of them, each with one relaxed atomic operation on a cache line that the
//! CPUs share: a few nanoseconds, and next to the spinlocks that the same command takes for its
//! unit and its store, nothing that per-CPU counters would improve. With `statistics` off, each is
//! one load of a flag that hardly ever changes.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Commands that came to the host, also from the error handler.
    Commands,
    /// Commands that were given back.
    Completions,
    /// Calls of the error handler to abort a command.
    Aborts,
    /// Calls of the error handler to reset a logical unit.
    DeviceResets,
    /// Calls of the error handler to reset a target.
    TargetResets,
    /// Calls of the error handler to reset a bus.
    BusResets,
    /// Calls of the error handler, or of a user, to reset the host.
    HostResets,
    /// Commands that timed out.
    Timeouts,
    /// Commands and callbacks that rules have held.
    Parked,
    /// Commands that ended as a rule said, and not as the unit did.
    Injected,
    /// Runtime suspend callbacks.
    RpmSuspend,
    /// Runtime resume callbacks.
    RpmResume,
    /// Runtime idle callbacks.
    RpmIdle,
    /// Runtime callbacks that failed.
    RpmFail,
    /// System sleep callbacks of the phase `prepare`.
    SysPrepare,
    /// Suspend callbacks.
    SysSuspend,
    /// Resume callbacks.
    SysResume,
    /// Freeze callbacks.
    SysFreeze,
    /// Thaw callbacks.
    SysThaw,
    /// Poweroff callbacks.
    SysPoweroff,
    /// Restore callbacks.
    SysRestore,
    /// System sleep callbacks, of any phase, that failed.
    SysFail,
    /// How often the link went down.
    LinkDown,
    /// How often it came up.
    LinkUp,
    /// Commands that the mid layer sent while it had the host suspended.
    IoWhileSuspended,
    /// How often rules have acted.
    RuleFire,
}

impl Counter {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::RuleFire.index() + 1;

    const fn index(self) -> usize {
        // CAST: The variants are numbered from 0 on.
        self as usize
    }
}

/// The counters of one host. All operations may be called in any context.
#[pin_data]
pub(crate) struct Stats {
    off: Atomic<bool>,
    counters: [Atomic<u64>; Counter::COUNT],
    opcodes: [Atomic<u64>; OPCODES],
}

/// An opcode is a byte.
const OPCODES: usize = 1 << u8::BITS;

impl Stats {
    /// Creates counters that are 0, and that count.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            off: Atomic::new(false),
            counters: [const { Atomic::new(0) }; Counter::COUNT],
            opcodes: [const { Atomic::new(0) }; OPCODES],
        })
    }

    /// Returns whether anything is counted.
    pub(crate) fn is_on(&self) -> bool {
        !self.off.load(Relaxed)
    }

    /// Makes the counters count, or stay as they are.
    pub(crate) fn set_on(&self, on: bool) {
        self.off.store(!on, Relaxed);
    }

    /// Counts something.
    pub(crate) fn add(&self, counter: Counter) {
        self.bump(self.counters.get(counter.index()));
    }

    /// Counts a command that came to the host, also by the first byte of its CDB.
    pub(crate) fn command(&self, opcode: u8) {
        self.add(Counter::Commands);
        self.bump(self.opcodes.get(usize::from(opcode)));
    }

    fn bump(&self, counter: Option<&Atomic<u64>>) {
        if let Some(counter) = counter.filter(|_| self.is_on()) {
            counter.add(1, Relaxed);
        }
    }

    /// Returns how often something was counted.
    pub(crate) fn get(&self, counter: Counter) -> u64 {
        let counter = self.counters.get(counter.index());
        counter.map_or(0, |counter| counter.load(Relaxed))
    }

    /// Returns the opcodes that came, in ascending order, with how often they did.
    pub(crate) fn opcodes(&self) -> impl Iterator<Item = (u8, u64)> + '_ {
        (0..=u8::MAX)
            .zip(&self.opcodes)
            .map(|(opcode, counter)| (opcode, counter.load(Relaxed)))
            .filter(|(_, count)| *count != 0)
    }

    /// Sets all counters to 0.
    pub(crate) fn reset(&self) {
        let zero = |counter: &Atomic<u64>| counter.store(0, Relaxed);
        self.counters.iter().for_each(zero);
        self.opcodes.iter().for_each(zero);
    }
}

#[cfg(CONFIG_KUNIT = "y")]
#[kernel::macros::kunit_tests(rpmfault_stats)]
mod tests {
    use super::*;

    fn new() -> Result<Pin<KBox<Stats>>> {
        KBox::pin_init(Stats::new(), GFP_KERNEL)
    }

    #[test]
    fn each_counter_counts_for_itself() -> Result {
        let stats = new()?;
        stats.add(Counter::RuleFire);
        stats.command(0x28);
        stats.command(0x28);
        stats.command(0xff);
        assert_eq!(stats.get(Counter::RuleFire), 1);
        assert_eq!(stats.get(Counter::Commands), 3);
        assert_eq!(stats.get(Counter::Completions), 0);
        let mut opcodes = stats.opcodes();
        assert_eq!(opcodes.next(), Some((0x28, 2)));
        assert_eq!(opcodes.next(), Some((0xff, 1)));
        assert_eq!(opcodes.next(), None);
        stats.reset();
        assert_eq!(stats.get(Counter::Commands), 0);
        assert!(stats.opcodes().next().is_none());
        Ok(())
    }

    #[test]
    fn what_is_off_stays_as_it_is() -> Result {
        let stats = new()?;
        stats.add(Counter::Parked);
        stats.set_on(false);
        stats.add(Counter::Parked);
        stats.command(0);
        assert_eq!(stats.get(Counter::Parked), 1);
        assert_eq!(stats.get(Counter::Commands), 0);
        stats.set_on(true);
        stats.add(Counter::Parked);
        assert_eq!(stats.get(Counter::Parked), 2);
        Ok(())
    }
}
