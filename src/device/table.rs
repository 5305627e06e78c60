// SPDX-License-Identifier: GPL-2.0

//! The logical units of a host, which come and go while commands look them up.
//!
//! # Locking
//!
//! `all` orders changes and may be held while sleeping. Readers see a copy that RCU publishes.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    }, //
};

use crate::{
    device::lun::Lun,
    ffi::rcu::Snapshot,
    scsi::Address, //
};

/// Units in ascending order of their addresses, each address once.
type Sorted = KVVec<Arc<Lun>>;

/// The table.
#[pin_data]
pub(super) struct Table {
    #[pin]
    all: Mutex<Sorted>,
    published: Snapshot<View>,
}

/// The units as they are at one moment. A unit that is gone may still be in it.
pub(super) struct View(Sorted);

impl Table {
    /// Creates a table of these units, in ascending order of their addresses.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(luns: Sorted) -> Result<impl PinInit<Self>> {
        let published = Snapshot::empty();
        published.replace(Some(View::of(&luns)?));
        Ok(pin_init!(Self {
            all <- new_mutex!(luns),
            published,
        }))
    }

    /// Calls `read` with the units. May be called in any context; `read` must not sleep.
    ///
    /// Returns `None` if there is no table, which cannot be.
    pub(super) fn read<R>(&self, read: impl FnOnce(&View) -> R) -> Option<R> {
        self.published.read(read)
    }

    /// Returns the addresses of all units. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn addresses(&self) -> Result<KVVec<Address>> {
        let all = self.all.lock();
        let mut addresses = KVVec::with_capacity(all.len(), GFP_KERNEL)?;
        for lun in all.iter().filter(|lun| !lun.is_gone()) {
            addresses.push(lun.address(), GFP_KERNEL)?;
        }
        Ok(addresses)
    }

    /// Returns the unit at an address. May be called in any context.
    pub(super) fn find(&self, address: Address) -> Option<Arc<Lun>> {
        self.read(|view| view.find(address).cloned()).flatten()
    }

    /// Returns an address on each target, in ascending order. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn targets(&self) -> Result<KVec<Address>> {
        let mut targets: KVec<Address> = KVec::new();
        for lun in self.all.lock().iter() {
            let address = lun.address();
            if !targets
                .last()
                .is_some_and(|last| last.is_on_target_of(address))
            {
                targets.push(address, GFP_KERNEL)?;
            }
        }
        Ok(targets)
    }

    /// Adds a unit, in the place of one that is gone if need be. Sleeps for a grace period.
    ///
    /// # Errors
    ///
    /// Returns [`EEXIST`] if there is one at the address, [`ENOMEM`]; nothing is changed then.
    pub(super) fn insert(&self, lun: Arc<Lun>) -> Result {
        let added = lun.clone();
        let mut all = self.all.lock();
        match position(&all, lun.address()) {
            Ok(at) => match all.get_mut(at) {
                Some(old) if old.is_gone() => *old = lun,
                _ => return Err(EEXIST),
            },
            Err(at) => {
                all.reserve(1, GFP_KERNEL)?;
                all.insert_within_capacity(at, lun).map_err(|_| ENOMEM)?;
            }
        }
        // One that nobody was told of goes the way of those that are gone.
        self.publish(&all).inspect_err(|_| added.set_gone())
    }

    /// Takes the units out that are gone. Sleeps for a grace period.
    ///
    /// Without memory for the shorter table readers keep the longer one, until the next change.
    pub(super) fn sweep(&self) {
        let mut all = self.all.lock();
        all.retain(|lun| !lun.is_gone());
        let _ = self.publish(&all);
    }

    fn publish(&self, all: &Sorted) -> Result {
        self.published.replace(Some(View::of(all)?));
        Ok(())
    }
}

impl View {
    fn of(all: &Sorted) -> Result<KBox<Self>> {
        let mut copy = Sorted::with_capacity(all.len(), GFP_KERNEL)?;
        for lun in all {
            copy.push(lun.clone(), GFP_KERNEL)?;
        }
        Ok(KBox::new(Self(copy), GFP_KERNEL)?)
    }

    /// Returns the unit at an address.
    pub(super) fn find(&self, address: Address) -> Option<&Arc<Lun>> {
        let at = position(&self.0, address).ok()?;
        self.0.get(at).filter(|lun| !lun.is_gone())
    }

    /// Returns all units.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Lun>> + Clone {
        self.0.iter().filter(|lun| !lun.is_gone())
    }

    /// Returns the units of the target that `address` is on.
    pub(super) fn target(&self, address: Address) -> impl Iterator<Item = &Arc<Lun>> + Clone {
        let first = Address { lun: 0, ..address };
        let (Ok(at) | Err(at)) = position(&self.0, first);
        let rest = self.0.get(at..).unwrap_or_default();
        rest.iter()
            .take_while(move |lun| lun.address().is_on_target_of(address))
            .filter(|lun| !lun.is_gone())
    }
}

/// Returns where the unit with an address is, or where it would have to be.
fn position(luns: &[Arc<Lun>], address: Address) -> Result<usize, usize> {
    luns.binary_search_by(|lun| lun.address().cmp(&address))
}
