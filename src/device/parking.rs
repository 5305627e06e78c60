// SPDX-License-Identifier: GPL-2.0

//! Commands that a rule holds.
//!
//! A parked command belongs to its slot until somebody takes it out: the worker that waits for the
//! rule to let go, or the error handler. Exactly one of them gets it.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    }, //
};

use crate::scsi::{
    Address,
    Command,
    CommandId, //
};

/// The place of one parked command.
#[pin_data]
pub(super) struct Slot {
    id: CommandId,
    address: Address,
    #[pin]
    command: SpinLock<Option<Command>>,
}

impl Slot {
    /// Takes the command out, unless somebody did.
    pub(super) fn take(&self) -> Option<Command> {
        self.command.lock().take()
    }

    /// Returns whether somebody has taken the command out.
    pub(super) fn is_empty(&self) -> bool {
        self.command.lock().is_none()
    }
}

/// The parked commands of a host.
#[pin_data]
pub(super) struct Parking {
    #[pin]
    slots: SpinLock<KVec<Arc<Slot>>>,
}

impl Parking {
    /// Creates an empty parking.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            slots <- new_spinlock!(KVec::new()),
        })
    }

    /// Parks a command. May be called in atomic context.
    ///
    /// # Errors
    ///
    /// Gives the command back if there is no memory.
    pub(super) fn park(&self, command: Command) -> Result<Arc<Slot>, Command> {
        let (id, address) = (command.id(), command.address());
        let slot = Arc::pin_init(
            pin_init!(Slot {
                id,
                address,
                command <- new_spinlock!(None),
            }),
            GFP_ATOMIC,
        );
        let Ok(slot) = slot else {
            return Err(command);
        };
        // The command goes in first, so that whoever finds the slot finds the command.
        *slot.command.lock() = Some(command);
        let listed = self.slots.lock().push(slot.clone(), GFP_ATOMIC);
        match listed {
            Ok(()) => Ok(slot),
            // Nobody else knows the slot, so the command is still in it.
            Err(_) => slot.take().map_or(Ok(slot), Err),
        }
    }

    /// Forgets a slot whose command is done with.
    pub(super) fn forget(&self, slot: &Arc<Slot>) {
        self.slots.lock().retain(|other| !Arc::ptr_eq(other, slot));
    }

    /// Returns whether a command is parked, or was and is not done with.
    pub(super) fn has(&self, id: CommandId) -> bool {
        self.slots.lock().iter().any(|slot| slot.id == id)
    }

    /// Returns whether a device has commands that are parked, or were and are not done with.
    pub(super) fn has_any(&self, address: Address) -> bool {
        self.slots.lock().iter().any(|slot| slot.address == address)
    }

    /// Takes out the command with this identity, if it is still parked.
    pub(super) fn take(&self, id: CommandId) -> Option<Command> {
        self.slots
            .lock()
            .iter()
            .filter(|slot| slot.id == id)
            .find_map(|slot| slot.take())
    }

    /// Takes out a command of this device, if one is still parked.
    pub(super) fn take_any(&self, address: Address) -> Option<Command> {
        self.slots
            .lock()
            .iter()
            .filter(|slot| slot.address == address)
            .find_map(|slot| slot.take())
    }
}
