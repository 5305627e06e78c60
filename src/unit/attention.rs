// SPDX-License-Identifier: GPL-2.0

//! Unit attention conditions of one I_T nexus (SAM-6, unit attention conditions).

use crate::protocol::sense::Asc;

/// How many unit attention conditions can be pending at once.
const PENDING_MAX: usize = 16;

/// The unit attention conditions that one initiator has not been told of yet, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Queue {
    /// The conditions; valid up to `len`.
    pending: [Asc; PENDING_MAX],
    /// How many there are, at most [`PENDING_MAX`].
    len: usize,
}

/// How much of the past a reset wipes out. What is not a reset is an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    /// Not a reset: it says nothing about other conditions.
    Event,
    /// The nexus was lost.
    NexusLoss,
    /// Some reset.
    Reset,
    /// Power on.
    PowerOn,
}

impl Severity {
    /// Returns the severity of a condition.
    fn of(asc: Asc) -> Self {
        match asc {
            Asc::POWER_ON => Self::PowerOn,
            Asc::NEXUS_LOSS => Self::NexusLoss,
            Asc { asc: 0x29, .. } => Self::Reset,
            _ => Self::Event,
        }
    }
}

impl Queue {
    /// Returns a queue without conditions.
    pub(super) const fn new() -> Self {
        Self {
            pending: [Asc::new(0, 0); PENDING_MAX],
            len: 0,
        }
    }

    /// Establishes a condition.
    ///
    /// One that is pending already is not repeated. A reset clears all that is not more severe than
    /// itself, and says nothing if something more severe is pending. Of the rest the newest is
    /// dropped when there is no room.
    pub(super) fn push(&mut self, asc: Asc) {
        let severity = Severity::of(asc);
        if severity != Severity::Event {
            self.retain(|pending| Severity::of(pending) > severity);
            if self.len > 0 {
                return;
            }
        }
        if self.iter().any(|pending| pending == asc) {
            return;
        }
        if let Some(free) = self.pending.get_mut(self.len) {
            *free = asc;
            self.len += 1;
        }
    }

    /// Takes the oldest condition.
    pub(super) fn pop(&mut self) -> Option<Asc> {
        let oldest = self.iter().next()?;
        self.remove(oldest);
        Some(oldest)
    }

    /// Clears a condition if it is pending.
    pub(super) fn remove(&mut self, asc: Asc) {
        self.retain(|pending| pending != asc);
    }

    /// Returns the conditions, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Asc> + '_ {
        self.pending.iter().take(self.len).copied()
    }

    /// Drops all conditions for which `keep` says no.
    fn retain(&mut self, keep: impl Fn(Asc) -> bool) {
        let mut kept = Self::new();
        for asc in self.iter().filter(|asc| keep(*asc)) {
            if let Some(free) = kept.pending.get_mut(kept.len) {
                *free = asc;
                kept.len += 1;
            }
        }
        *self = kept;
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_attention))]
mod tests {
    use super::*;

    #[test]
    fn reports_in_order_and_once() {
        let mut queue = Queue::new();
        assert_eq!(queue.pop(), None);
        queue.push(Asc::MODE_CHANGED);
        queue.push(Asc::CAPACITY_CHANGED);
        queue.push(Asc::MODE_CHANGED);
        assert_eq!(queue.pop(), Some(Asc::MODE_CHANGED));
        assert_eq!(queue.pop(), Some(Asc::CAPACITY_CHANGED));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_reset_clears_what_is_not_more_severe() {
        let mut queue = Queue::new();
        queue.push(Asc::MODE_CHANGED);
        queue.push(Asc::RESET);
        queue.push(Asc::NEXUS_LOSS);
        queue.push(Asc::LUNS_CHANGED);
        assert!(queue.iter().eq([Asc::RESET, Asc::LUNS_CHANGED]));

        queue.push(Asc::POWER_ON);
        assert!(queue.iter().eq([Asc::POWER_ON]));
        queue.push(Asc::MODE_CHANGED);
        queue.push(Asc::RESET);
        assert!(queue.iter().eq([Asc::POWER_ON]));
    }

    #[test]
    fn drops_the_newest_but_never_a_power_on() {
        let mut queue = Queue::new();
        for ascq in 0..=40 {
            queue.push(Asc::new(0x3f, ascq));
        }
        assert_eq!(queue.iter().count(), PENDING_MAX);
        assert_eq!(queue.iter().next(), Some(Asc::new(0x3f, 0)));
        queue.push(Asc::POWER_ON);
        assert!(queue.iter().eq([Asc::POWER_ON]));
    }

    #[test]
    fn removes_one_condition() {
        let mut queue = Queue::new();
        queue.push(Asc::MODE_CHANGED);
        queue.push(Asc::LUNS_CHANGED);
        queue.push(Asc::CAPACITY_CHANGED);
        queue.remove(Asc::LUNS_CHANGED);
        queue.remove(Asc::LUNS_CHANGED);
        assert!(queue.iter().eq([Asc::MODE_CHANGED, Asc::CAPACITY_CHANGED]));
    }
}
