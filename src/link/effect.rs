// SPDX-License-Identifier: GPL-2.0

//! What the owner of a link has to do.

use core::{
    array,
    iter, //
};

use crate::link::answer::Answer;

/// What happens to a link; each is a trigger of fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It went down.
    Down,
    /// It came up.
    Up,
    /// Commands that were held start to fail: fast_io_fail_tmo expired.
    FastIoFail,
    /// The targets are lost: dev_loss_tmo expired.
    DevLoss,
}

/// One thing to do. All but [`Self::Answer`] need an enabled host; some of them sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// From now on commands get this answer. Atomic.
    Answer(Answer),
    /// Complete the commands in flight, and those that are parked or swallowed, with
    /// DID_TRANSPORT_DISRUPTED. Atomic.
    Disrupt,
    /// `scsi_block_targets()`, which waits until no command is being queued. Sleeps.
    Block,
    /// `scsi_target_unblock()` to SDEV_RUNNING. Sleeps.
    Unblock,
    /// `scsi_target_unblock()` to SDEV_TRANSPORT_OFFLINE. Sleeps.
    Offline,
    /// `scsi_remove_target()` for all of them. Sleeps, and sends commands.
    Remove,
    /// Scan the host. Sleeps, and sends commands.
    Rescan,
    /// Queue the unit attentions of `link/up_ua`. Atomic.
    UnitAttentions,
    /// Give the units another identity.
    ChangeIdentity,
    /// Tell fault rules and observers.
    Notify(Event),
}

/// How many effects an input can have; coming up has the most.
const CAPACITY: usize = 6;

/// Things to do, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effects([Option<Effect>; CAPACITY]);

impl Effects {
    /// Returns an empty list.
    pub(crate) const fn new() -> Self {
        Self([None; CAPACITY])
    }

    /// Appends an effect. The list has room for all that one input does.
    pub(super) fn push(&mut self, effect: Effect) {
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(effect);
        }
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = iter::Flatten<array::IntoIter<Option<Effect>, CAPACITY>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_effect))]
mod tests {
    use super::*;

    #[test]
    fn effects_keep_their_order() {
        let mut effects = Effects::new();
        assert_eq!(effects.into_iter().next(), None);
        let all = [
            Effect::ChangeIdentity,
            Effect::UnitAttentions,
            Effect::Answer(Answer::Carry),
            Effect::Unblock,
            Effect::Rescan,
            Effect::Notify(Event::Up),
        ];
        for effect in all {
            effects.push(effect);
        }
        assert!(effects.into_iter().eq(all));
    }
}
