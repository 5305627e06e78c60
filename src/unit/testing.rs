// SPDX-License-Identifier: GPL-2.0

//! A logical unit with a small medium and two initiators, for tests.

use crate::{
    protocol::{
        profile::Profile,
        sense::Sense, //
    },
    unit::{
        failure::Failure,
        medium::{
            Medium,
            MediumError, //
        },
        nexus::Nexus,
        state::Unit,
        tamper::Tamper,
        transfer::{
            OutOfMemory,
            Transfer, //
        }, //
    }, //
};

/// Blocks of 512 bytes on the medium.
pub(super) const BLOCKS: u64 = 32;

/// A medium of sectors that consist of one byte each, if they are mapped.
#[derive(Default)]
pub(super) struct Ram {
    /// The sectors.
    pub(super) sectors: [Option<u8>; 32],
}

impl Ram {
    /// Returns the sectors of a range.
    fn range(offset: u64, len: usize) -> core::ops::Range<usize> {
        let start = usize::try_from(offset / 512).unwrap_or(usize::MAX);
        start..start.saturating_add(len / 512)
    }
}

impl Medium for Ram {
    fn read(
        &self,
        offset: u64,
        len: usize,
        fill: u8,
        mut sink: impl FnMut(usize, &[u8]),
    ) -> Result<(), MediumError> {
        let sectors = self.sectors.get(Self::range(offset, len));
        for (at, sector) in sectors.ok_or(MediumError::OutOfRange)?.iter().enumerate() {
            sink(at * 512, &[sector.unwrap_or(fill); 512]);
        }
        Ok(())
    }

    fn write(
        &mut self,
        offset: u64,
        len: usize,
        fill: u8,
        mut source: impl FnMut(usize, &mut [u8]),
    ) -> Result<(), MediumError> {
        let sectors = self.sectors.get_mut(Self::range(offset, len));
        for (at, sector) in sectors
            .ok_or(MediumError::OutOfRange)?
            .iter_mut()
            .enumerate()
        {
            let mut data = [sector.unwrap_or(fill); 512];
            source(at * 512, &mut data);
            *sector = Some(data[0]);
        }
        Ok(())
    }

    fn unmap(&mut self, offset: u64, len: u64) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if let Some(sectors) = self.sectors.get_mut(Self::range(offset, len)) {
            sectors.fill(None);
        }
    }

    fn run(&self, offset: u64, len: u64) -> (bool, u64) {
        let range = Self::range(offset, usize::try_from(len).unwrap_or(usize::MAX));
        let sectors = self.sectors.get(range).unwrap_or_default();
        let mapped = sectors.first().is_some_and(Option::is_some);
        let alike = sectors
            .iter()
            .take_while(|sector| sector.is_some() == mapped);
        (mapped, u64::try_from(alike.count()).unwrap_or(0) * 512)
    }
}

/// The data buffer of a command.
pub(super) struct Wire<'a> {
    /// What the initiator sends, over and over again; empty if it receives.
    sends: &'a [u8],
    /// Length of its buffer.
    len: usize,
    /// The start of what it received.
    pub(super) received: [u8; 64],
    /// How much of the buffer was used.
    pub(super) transferred: usize,
}

impl<'a> Wire<'a> {
    /// Returns a buffer for up to `len` bytes for the initiator.
    pub(super) fn to(len: usize) -> Self {
        Self::from(&[], len)
    }

    /// Returns a buffer with `len` bytes from the initiator.
    pub(super) fn from(sends: &'a [u8], len: usize) -> Self {
        Self {
            sends,
            len,
            received: [0; 64],
            transferred: 0,
        }
    }
}

/// Memory of up to 128 bytes.
pub(super) struct Memory {
    bytes: [u8; 128],
    len: usize,
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl Transfer for Wire<'_> {
    type Buffer = Memory;

    fn len(&self) -> usize {
        self.len
    }

    fn send(&mut self, offset: usize, data: &[u8]) -> usize {
        let end = offset.saturating_add(data.len()).min(self.len);
        let room = self.received.get_mut(offset..).unwrap_or_default();
        room.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        end.saturating_sub(offset)
    }

    fn receive(&mut self, offset: usize, data: &mut [u8]) -> usize {
        let sends = self.sends.iter().cycle().take(self.len).skip(offset);
        data.iter_mut()
            .zip(sends)
            .map(|(to, from)| *to = *from)
            .count()
    }

    fn set_transferred(&mut self, transferred: usize) {
        self.transferred = transferred;
    }

    fn buffer(&self, len: usize) -> Result<Self::Buffer, OutOfMemory> {
        if len > 128 {
            return Err(OutOfMemory);
        }
        Ok(Memory {
            bytes: [0; 128],
            len,
        })
    }
}

/// A unit, its medium, and two initiators in two target port groups that know of the power on.
pub(super) struct Bench {
    /// The unit.
    pub(super) unit: Unit,
    /// Its medium.
    pub(super) ram: Ram,
    /// The nexuses of the initiators.
    pub(super) nexuses: [Nexus; 2],
}

impl Bench {
    /// Returns a unit of that profile.
    pub(super) fn new(profile: Profile) -> Self {
        let mut unit = Unit::new(profile, BLOCKS, true);
        let mut attach = |id, group| {
            let nexus = unit.attach(id, group).unwrap_or(Nexus::nth(15));
            let _ = unit.nexuses.take_attention(nexus);
            nexus
        };
        let nexuses = [attach(1, 10), attach(2, 20)];
        Self {
            unit,
            ram: Ram::default(),
            nexuses,
        }
    }

    /// Executes a command of initiator 0 or 1.
    pub(super) fn execute(
        &mut self,
        initiator: usize,
        cdb: &[u8],
        wire: &mut Wire<'_>,
    ) -> Result<(), Failure> {
        let nexus = self.nexuses[initiator];
        self.unit.execute(
            nexus,
            [0, 3].into_iter(),
            cdb,
            &mut self.ram,
            wire,
            Tamper::None,
        )
    }

    /// Executes a command of initiator 0 without data, and returns the sense data.
    pub(super) fn sense(&mut self, cdb: &[u8]) -> Option<Sense> {
        self.sense_to(0, cdb)
    }

    /// Executes a command without data, and returns the sense data.
    pub(super) fn sense_to(&mut self, initiator: usize, cdb: &[u8]) -> Option<Sense> {
        match self.execute(initiator, cdb, &mut Wire::to(0)) {
            Ok(()) => None,
            Err(Failure::Sense(sense)) => Some(sense),
            Err(Failure::ReservationConflict) => Some(Sense::INTERNAL_TARGET_FAILURE),
        }
    }

    /// Executes REQUEST SENSE of initiator 0, and returns key, code and qualifier.
    pub(super) fn request_sense(&mut self) -> (u8, u8, u8) {
        let mut wire = Wire::to(18);
        let result = self.execute(0, &[0x03, 0, 0, 0, 18, 0], &mut wire);
        assert_eq!(result, Ok(()));
        let data = wire.received;
        (data[2], data[12], data[13])
    }
}
