// SPDX-License-Identifier: GPL-2.0

//! What a host does by itself when its time comes: holds end, the link goes through its timeouts,
//! rules for `timer` fire.
//!
//! One work item per host sleeps until the first of these is due. It is there only while there is
//! something to wait for.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow,
        SpinLock, //
    }, //
};

use crate::{
    device::{
        effects::Happening,
        host::Adapter,
        link::Input,
        parking::Parked,
        record::{
            LinkCause,
            ReleaseCause, //
        }, //
    },
    fault::trigger::Trigger,
    ffi::task, //
};

struct State {
    /// Whether the work item is there.
    runs: bool,
    /// Changes whenever there may be something new to wait for.
    generation: u64,
}

/// Whether somebody watches the time.
#[pin_data]
pub(super) struct Clock {
    #[pin]
    state: SpinLock<State>,
}

impl Clock {
    /// Creates a clock that is not watched.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            state <- new_spinlock!(State {
                runs: false,
                generation: 0,
            }),
        })
    }

    /// Says that there may be something new; returns whether the caller has to start the watcher.
    fn kick(&self) -> bool {
        let mut state = self.state.lock();
        state.generation = state.generation.wrapping_add(1);
        !core::mem::replace(&mut state.runs, true)
    }

    /// Returns what to compare [`Clock::has_changed`] with.
    fn generation(&self) -> u64 {
        self.state.lock().generation
    }

    /// Returns whether there may be something new since.
    fn has_changed(&self, generation: u64) -> bool {
        self.state.lock().generation != generation
    }

    /// Ends the watch unless there may be something new since; returns whether it is ended.
    fn stop(&self, generation: u64) -> bool {
        let mut state = self.state.lock();
        let stops = state.generation == generation;
        state.runs &= !stops;
        stops
    }
}

impl Adapter {
    /// Has somebody look what is due, and when the next thing is. May be called in atomic context.
    pub(crate) fn kick_clock(this: ArcBorrow<'_, Self>) {
        if this.next_due_ns().is_none() {
            return;
        }
        if !this.clock.kick() {
            return this.rules.wake();
        }
        let adapter: Arc<Self> = this.into();
        let spawned = this
            .workqueue
            .try_spawn(GFP_ATOMIC, move || Self::watch(adapter.as_arc_borrow()));
        if spawned.is_err() {
            // Nobody would end what has a deadline, until something else starts a watcher.
            this.clock.stop(this.clock.generation());
            Self::unpark(
                this,
                usize::MAX,
                ReleaseCause::Deadline,
                Parked::has_deadline,
            );
        }
    }

    /// Does what is due until nothing is left to wait for. Sleeps.
    fn watch(this: ArcBorrow<'_, Self>) {
        loop {
            let generation = this.clock.generation();
            if this.is_up() {
                Self::run_due(this);
            }
            let now_ns = task::monotonic_ns();
            match this.next_due_ns() {
                Some(due_ns) => {
                    // Rounded up: what is due in less than a millisecond is not due.
                    let ms = due_ns.saturating_sub(now_ns).div_ceil(1_000_000);
                    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
                    this.rules
                        .wait(ms, || this.clock.has_changed(generation) || !this.is_up());
                }
                None if this.clock.stop(generation) => return,
                None => {}
            }
        }
    }

    /// Does what is due now.
    fn run_due(this: ArcBorrow<'_, Self>) {
        Self::unpark(this, usize::MAX, ReleaseCause::Deadline, Parked::is_due);
        if this
            .link
            .due_ns()
            .is_some_and(|due| due <= task::monotonic_ns())
        {
            Self::change_link(this, Input::Tick, LinkCause::Timer);
        }
        let happening = Happening::of_host(Trigger::Timer);
        let firing = this.rules.take_due(&this.event(&happening));
        for entry in firing.iter() {
            Self::note(this, entry, &happening);
            Self::affect(this, entry, &happening);
        }
    }

    /// Returns when the next thing is due, in nanoseconds of the monotonic clock.
    ///
    /// Nothing is, once the host goes away.
    fn next_due_ns(&self) -> Option<u64> {
        if !self.is_up() {
            return None;
        }
        [
            self.parking.due_ns(),
            self.link.due_ns(),
            self.rules.timer_due_ns(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
