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
    },
    time::{
        Instant,
        Monotonic, //
    }, //
};

use crate::{
    device::store::Store,
    protocol::{
        profile::{
            Kind,
            Profile, //
        },
        sense::{
            Asc,
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
        medium::Medium,
        transfer::{
            OutOfMemory,
            Transfer, //
        },
        Failure,
        Lost,
        Nexus,
        Tamper,
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
    /// The write cache, as far as WCE says that there is one, loses its content with its power.
    volatile: bool,
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

    /// Returns whether the command was carried out.
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Good)
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
    /// When it was made: the unit's time starts there.
    since: Instant<Monotonic>,
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
                since: Instant::now(),
                // In place: a unit is too large to be moved about on a kernel stack.
                state <- new_spinlock!(init!(State {
                    unit: Unit::new(*profile, blocks, loaded),
                    store,
                    hosts: 0,
                    volatile: false,
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
        let mut state = self.state.lock();
        let result = f(&mut state.unit);
        state.settle();
        result
    }

    /// Returns how many milliseconds old it is.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(0)
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
        if state.hosts == 0 {
            // The store may go on in another drive.
            state.set_volatile(false);
        }
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
        let volatile = state.volatile;
        state.set_volatile(false);
        let old = core::mem::replace(&mut state.store, store);
        state.set_volatile(volatile);
        drop(state);
        // May free all of a medium: not with the lock held.
        drop(old);
        Ok(())
    }

    /// Says whether a power loss is to be possible that takes what is in the write cache: only then
    /// it is kept what was there before. What was written until now stays.
    ///
    /// For as long as a host is connected. May be called in atomic context.
    pub(crate) fn set_volatile(&self, volatile: bool) {
        self.state.lock().set_volatile(volatile);
    }

    /// Loses power for a moment, and what `lost` says with it. No initiator is told, and the power
    /// condition stays ([`Unit::lose_power`]).
    ///
    /// The cache is lost only if [`Drive::set_volatile`] was called before it was written to, and
    /// holds up to 64 MiB; it is written back when it is full. May be called in atomic context.
    pub(crate) fn lose_power(&self, lost: Lost) {
        let mut state = self.state.lock();
        if lost.has_cache() {
            state.store.with(|content| content.lose_cache());
        }
        state.unit.lose_power(lost);
        state.settle();
    }

    /// Establishes unit attention conditions for one nexus, or for all; in this order.
    ///
    /// May be called in atomic context.
    pub(crate) fn queue_attentions(&self, nexus: Option<Nexus>, attentions: &[Asc]) {
        self.with_unit(|unit| {
            for asc in attentions {
                unit.queue_attention(nexus, *asc);
            }
        });
    }

    /// Stops the unit, as if it had failed to spin; what is in the cache is written back. Only START
    /// STOP UNIT makes it ready again.
    ///
    /// May be called in atomic context.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock();
        state.unit.stop();
        state.flush();
    }

    /// Has the unit become ready in so many milliseconds: until then commands that need the medium
    /// end with NOT READY.
    ///
    /// May be called in atomic context.
    pub(crate) fn not_ready(&self, ms: u32) {
        let now_ms = self.now_ms();
        self.with_unit(|unit| {
            unit.set_time(now_ms);
            unit.not_ready(ms);
        });
    }

    /// Changes the capacity to the whole blocks of so many bytes, and tells all initiators if that is
    /// another one. A CD drive cannot have more blocks than READ CAPACITY(10) says.
    ///
    /// May be called in atomic context.
    pub(crate) fn set_capacity(&self, bytes: u64) {
        let blocks = bytes
            .checked_div(u64::from(self.profile.block_size))
            .unwrap_or(0);
        let most = match self.profile.kind {
            Kind::Disk => u64::MAX,
            Kind::Cdrom => u64::from(u32::MAX),
        };
        self.with_unit(|unit| unit.set_blocks(blocks.min(most)));
    }

    /// Takes the medium away, whoever prevents it; the tray does not move.
    ///
    /// May be called in atomic context.
    ///
    /// # Errors
    ///
    /// Returns [`EOPNOTSUPP`] if the medium cannot be taken out.
    pub(crate) fn remove_medium(&self) -> Result {
        if !self.profile.removable {
            return Err(EOPNOTSUPP);
        }
        self.with_unit(|unit| unit.remove(true)).map_err(|_| EBUSY)
    }

    /// Puts the medium that was there last back, or takes it out for a moment if it is there: that
    /// is a change of the medium for all initiators.
    ///
    /// May be called in atomic context.
    ///
    /// # Errors
    ///
    /// Returns [`EOPNOTSUPP`] if the medium cannot be taken out, and [`EBUSY`] if it is there and
    /// an initiator prevents its removal.
    pub(crate) fn insert_medium(&self) -> Result {
        if !self.profile.removable {
            return Err(EOPNOTSUPP);
        }
        self.with_unit(|unit| unit.insert(unit.blocks()))
            .map_err(|_| EBUSY)
    }

    /// Carries a command out that has come through a nexus. `luns` are the LUNs of its target, and
    /// `tamper` is what goes wrong with it.
    ///
    /// May be called in atomic context.
    pub(super) fn execute(
        &self,
        nexus: Nexus,
        luns: impl Iterator<Item = u64> + Clone,
        command: &mut scsi::Command,
        tamper: Tamper<'_>,
    ) -> Ending {
        let cdb = Cdb::of(command);
        let mut state = self.state.lock();
        let State { unit, store, .. } = &mut *state;
        // To look at the clock takes longer than many a command.
        if unit.needs_time() {
            unit.set_time(self.now_ms());
        }
        let mut buffer = Buffer(command);
        let result = store
            .with(|content| unit.execute(nexus, luns, cdb.get(), content, &mut buffer, tamper));
        Ending::new(result, |sense| unit.encode(sense))
    }
}

impl State {
    /// Says whether the write cache is volatile.
    fn set_volatile(&mut self, volatile: bool) {
        self.volatile = volatile;
        self.store.with(|content| content.set_volatile(volatile));
    }

    /// Writes the cache back.
    fn flush(&self) {
        self.store.with(|content| content.flush(0, u64::MAX));
    }

    /// Writes the cache back if it was switched off, other than by a command.
    fn settle(&self) {
        if self.volatile && !self.unit.write_cache() {
            self.flush();
        }
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
