// SPDX-License-Identifier: GPL-2.0

//! Drives: a logical unit with the memory of its medium, which several hosts may share.
//!
//! # Locking
//!
//! A drive's spinlock is held while a command is carried out, so that commands of one drive come one
//! after the other, whichever host they came through. Inside it only the store's lock is taken.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    }, //
};

use crate::{
    device::store::Store,
    protocol::{
        profile::Profile,
        sense::{
            Encoded,
            Sense, //
        }, //
    },
    scsi::{
        self,
        Direction,
        Status, //
    },
    unit::{
        self,
        transfer::{
            OutOfMemory,
            Transfer, //
        },
        Failure,
        Nexus,
        Unit, //
    }, //
};

/// What changes about a drive.
struct State {
    unit: Unit,
    /// What is, or was last, in the drive.
    store: Arc<Store>,
    /// How many hosts are connected.
    hosts: usize,
}

/// How a command ended.
pub(super) enum Ending {
    /// With GOOD.
    Good,
    /// With CHECK CONDITION and these sense data.
    CheckCondition(Encoded),
    /// With RESERVATION CONFLICT.
    ReservationConflict,
}

impl Ending {
    /// Returns how a command ended, with sense data in the format that `encode` chooses.
    fn new(result: Result<(), Failure>, encode: impl FnOnce(Sense) -> Encoded) -> Self {
        match result {
            Ok(()) => Self::Good,
            Err(Failure::Sense(sense)) => Self::CheckCondition(encode(sense)),
            Err(Failure::ReservationConflict) => Self::ReservationConflict,
        }
    }

    /// Returns what to complete the command with.
    pub(super) fn status(&self) -> Status<'_> {
        match self {
            Self::Good => Status::Good,
            Self::CheckCondition(sense) => Status::CheckCondition(sense.bytes()),
            Self::ReservationConflict => Status::ReservationConflict,
        }
    }
}

/// A drive.
#[pin_data]
pub(crate) struct Drive {
    profile: Profile,
    #[pin]
    state: SpinLock<State>,
}

impl Drive {
    /// Creates a drive of which nobody knows yet. `loaded` says whether it has a medium, which is
    /// always so unless it is removable; the medium has `blocks` logical blocks.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(
        profile: Profile,
        blocks: u64,
        loaded: bool,
        store: Arc<Store>,
    ) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                profile,
                // In place: a unit is too large to be moved about on a kernel stack.
                state <- new_spinlock!(init!(State {
                    unit: Unit::new(*profile, blocks, loaded),
                    store,
                    hosts: 0,
                })),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns what the drive claims to be.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Calls `f` with the logical unit locked. `f` must not sleep.
    pub(crate) fn with_unit<R>(&self, f: impl FnOnce(&mut Unit) -> R) -> R {
        f(&mut self.state.lock().unit)
    }

    /// Connects a host: gives it the nexus whose number is `id`. `group` is its target port group.
    ///
    /// # Errors
    ///
    /// Returns [`EMFILE`] if the drive has as many nexuses as it can have.
    pub(super) fn connect(&self, id: u64, group: u16) -> Result<Nexus> {
        let mut state = self.state.lock();
        let nexus = state.unit.attach(id, group).ok_or(EMFILE)?;
        state.hosts = state.hosts.saturating_add(1);
        Ok(nexus)
    }

    /// Takes back what [`Drive::connect`] has given.
    pub(super) fn disconnect(&self, nexus: Nexus) {
        let mut state = self.state.lock();
        state.unit.detach(nexus);
        state.hosts = state.hosts.saturating_sub(1);
    }

    /// Returns whether a host is connected.
    pub(crate) fn is_connected(&self) -> bool {
        self.state.lock().hosts > 0
    }

    /// Returns how many bytes of the medium are mapped.
    pub(crate) fn mapped_bytes(&self) -> u64 {
        self.state.lock().store.mapped_bytes()
    }

    /// Puts another medium in place, with the logical unit told of it by `f`, which must not sleep.
    ///
    /// Nothing is changed if `f` returns an error.
    ///
    /// # Errors
    ///
    /// Returns the error of `f`.
    pub(crate) fn change_medium(
        &self,
        store: Arc<Store>,
        f: impl FnOnce(&mut Unit) -> Result,
    ) -> Result {
        let mut state = self.state.lock();
        f(&mut state.unit)?;
        let old = core::mem::replace(&mut state.store, store);
        drop(state);
        // May free all of a medium: not with the lock held.
        drop(old);
        Ok(())
    }

    /// Carries a command out that has come through a nexus. `luns` are the LUNs of its target.
    ///
    /// May be called in atomic context.
    pub(super) fn execute(
        &self,
        nexus: Nexus,
        luns: impl Iterator<Item = u64> + Clone,
        command: &mut scsi::Command,
    ) -> Ending {
        let cdb = Cdb::of(command);
        let mut state = self.state.lock();
        let State { unit, store, .. } = &mut *state;
        let result = store
            .with(|content| unit.execute(nexus, luns, cdb.get(), content, &mut Buffer(command)));
        Ending::new(result, |sense| unit.encode(sense))
    }
}

/// Carries a command out for a LUN that does not exist, on a target with a drive of that profile.
///
/// May be called in atomic context.
pub(super) fn execute_absent(
    neighbour: &Profile,
    luns: impl Iterator<Item = u64> + Clone,
    command: &mut scsi::Command,
) -> Ending {
    let cdb = Cdb::of(command);
    let result = unit::execute_absent(neighbour, luns, cdb.get(), &mut Buffer(command));
    Ending::new(result, |sense| sense.encode(neighbour.descriptor_sense))
}

/// The longest CDB: that of the commands of operation code 7Fh.
pub(super) const CDB_MAX: u16 = 32;

/// A copy of a CDB, for while the command is changed.
struct Cdb {
    // CAST: u16 to usize widens.
    bytes: [u8; CDB_MAX as usize],
    len: usize,
}

impl Cdb {
    /// Copies the CDB of a command.
    fn of(command: &scsi::Command) -> Self {
        // CAST: u16 to usize widens.
        let mut bytes = [0; CDB_MAX as usize];
        let len = command.cdb().len().min(bytes.len());
        for (to, from) in bytes.iter_mut().zip(command.cdb()) {
            *to = *from;
        }
        Self { bytes, len }
    }

    /// Returns the bytes.
    fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The data buffer of a command, as the logical unit sees it.
struct Buffer<'a>(&'a mut scsi::Command);

impl Transfer for Buffer<'_> {
    type Buffer = Memory;

    fn len(&self) -> usize {
        self.0.data_len()
    }

    fn send(&mut self, offset: usize, data: &[u8]) -> usize {
        match self.0.direction() {
            Direction::In => self.0.data_in(offset, data),
            Direction::Out | Direction::None => 0,
        }
    }

    fn receive(&mut self, offset: usize, data: &mut [u8]) -> usize {
        match self.0.direction() {
            Direction::Out => self.0.data_out(offset, data),
            Direction::In | Direction::None => 0,
        }
    }

    fn set_transferred(&mut self, transferred: usize) {
        self.0.set_transferred(transferred);
    }

    fn buffer(&self, len: usize) -> Result<Memory, OutOfMemory> {
        KVec::from_elem(0, len, GFP_ATOMIC | __GFP_NOWARN)
            .map(Memory)
            .map_err(|_| OutOfMemory)
    }
}

/// Memory for an answer or a parameter list.
pub(super) struct Memory(KVec<u8>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
