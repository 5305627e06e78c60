// SPDX-License-Identifier: GPL-2.0

//! A host and a medium in memory, and a logical unit between them.

use std::collections::BTreeMap;

use crate::{
    protocol::{
        profile::Profile,
        sense::{
            Asc,
            Sense,
            SenseKey, //
        },
    },
    unit::{
        medium::{
            Medium,
            MediumError, //
        },
        transfer::{
            OutOfMemory,
            Transfer, //
        },
        Failure,
        Nexus,
        Tamper,
        Unit, //
    }, //
};

/// Bytes of a sector.
const SECTOR: usize = 512;

/// A medium that keeps what is mapped, sector by sector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// The mapped sectors, by their number.
    pub(crate) sectors: BTreeMap<u64, [u8; SECTOR]>,
    /// How many sectors may be mapped; `None`: any number.
    pub(crate) room: Option<usize>,
    /// The sectors as they are on the medium, where they are not what was written last.
    unflushed: BTreeMap<u64, Option<[u8; SECTOR]>>,
}

impl Model {
    /// Forgets what was written and not flushed.
    pub(crate) fn lose_power(&mut self) {
        for (sector, old) in std::mem::take(&mut self.unflushed) {
            match old {
                Some(old) => self.sectors.insert(sector, old),
                None => self.sectors.remove(&sector),
            };
        }
    }
}

/// Returns the sectors of a range that starts and ends at one.
fn sectors(offset: u64, len: usize) -> std::ops::Range<u64> {
    assert_eq!(offset % SECTOR as u64, 0);
    assert_eq!(len % SECTOR, 0);
    offset / SECTOR as u64..offset / SECTOR as u64 + (len / SECTOR) as u64
}

impl Medium for Model {
    fn read(
        &self,
        offset: u64,
        len: usize,
        fill: u8,
        mut sink: impl FnMut(usize, &[u8]),
    ) -> Result<(), MediumError> {
        for (at, sector) in (0..).step_by(SECTOR).zip(sectors(offset, len)) {
            sink(at, self.sectors.get(&sector).unwrap_or(&[fill; SECTOR]));
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
        for (at, sector) in (0..).step_by(SECTOR).zip(sectors(offset, len)) {
            let full = self.room.is_some_and(|room| self.sectors.len() >= room);
            if full && !self.sectors.contains_key(&sector) {
                return Err(MediumError::OutOfMemory);
            }
            let old = self.sectors.get(&sector).copied();
            self.unflushed.entry(sector).or_insert(old);
            source(at, self.sectors.entry(sector).or_insert([fill; SECTOR]));
        }
        Ok(())
    }

    fn unmap(&mut self, offset: u64, len: u64) {
        assert_eq!(offset % SECTOR as u64, 0);
        assert_eq!(len % SECTOR as u64, 0);
        let end = (offset + len) / SECTOR as u64;
        self.sectors
            .retain(|sector, _| !(offset / SECTOR as u64..end).contains(sector));
    }

    fn flush(&mut self, offset: u64, len: u64) {
        let end = offset.saturating_add(len);
        self.unflushed
            .retain(|sector, _| !(offset..end).contains(&(sector * SECTOR as u64)));
    }

    fn run(&self, offset: u64, len: u64) -> (bool, u64) {
        let (start, end) = (offset / SECTOR as u64, (offset + len) / SECTOR as u64);
        let mapped = self.sectors.contains_key(&start);
        let run_end = if mapped {
            (start..end).find(|sector| !self.sectors.contains_key(sector))
        } else {
            self.sectors
                .range(start..end)
                .next()
                .map(|(sector, _)| *sector)
        };
        (mapped, (run_end.unwrap_or(end) - start) * SECTOR as u64)
    }
}

/// Which way the data of a command go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the initiator.
    In,
    /// To the unit.
    Out,
}

/// The data buffer of a command.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// Its content.
    pub(crate) data: Vec<u8>,
    /// Which way the data go.
    pub(crate) direction: Direction,
    /// How much of it was used, if anybody said so.
    pub(crate) transferred: Option<usize>,
}

impl Host {
    /// Returns a buffer for `len` bytes from the unit.
    pub(crate) fn reads(len: usize) -> Self {
        Self {
            data: vec![0xee; len],
            direction: Direction::In,
            transferred: None,
        }
    }

    /// Returns a buffer with data for the unit.
    pub(crate) fn writes(data: Vec<u8>) -> Self {
        Self {
            data,
            direction: Direction::Out,
            transferred: None,
        }
    }
}

impl Transfer for Host {
    type Buffer = Vec<u8>;

    fn len(&self) -> usize {
        self.data.len()
    }

    fn send(&mut self, offset: usize, data: &[u8]) -> usize {
        if self.direction == Direction::Out {
            return 0;
        }
        let room = self.data.get_mut(offset..).unwrap_or_default();
        let len = room.len().min(data.len());
        room[..len].copy_from_slice(&data[..len]);
        len
    }

    fn receive(&mut self, offset: usize, data: &mut [u8]) -> usize {
        if self.direction == Direction::In {
            return 0;
        }
        let room = self.data.get(offset..).unwrap_or_default();
        let len = room.len().min(data.len());
        data[..len].copy_from_slice(&room[..len]);
        len
    }

    fn set_transferred(&mut self, transferred: usize) {
        assert!(transferred <= self.data.len());
        self.transferred = Some(transferred);
    }

    fn buffer(&self, len: usize) -> Result<Self::Buffer, OutOfMemory> {
        Ok(vec![0; len])
    }
}

/// Blocks of the units in here.
pub(crate) const BLOCKS: u64 = 64;

/// A unit with its medium, and initiators that were told of the power on.
pub(crate) struct Setup {
    /// What the unit claims to be.
    pub(crate) profile: Profile,
    /// The unit.
    pub(crate) unit: Unit,
    /// Its medium.
    pub(crate) medium: Model,
    /// The nexuses of the initiators.
    pub(crate) nexuses: Vec<Nexus>,
}

impl Setup {
    /// Returns a unit with so many initiators.
    pub(crate) fn new(profile: Profile, nexuses: u64) -> Self {
        let mut unit = Unit::new(profile, BLOCKS, true);
        let nexuses: Vec<_> = (0..nexuses)
            .map(|id| unit.attach(id + 100, 0).unwrap())
            .collect();
        let mut setup = Self {
            profile,
            unit,
            medium: Model::default(),
            nexuses,
        };
        for index in 0..setup.nexuses.len() {
            let told = setup.execute(index, &[0; 6], &mut Host::reads(0));
            assert_eq!(told, Err(Sense::unit_attention(Asc::POWER_ON).into()));
        }
        setup
    }

    /// Executes a command.
    pub(crate) fn execute(
        &mut self,
        nexus: usize,
        cdb: &[u8],
        host: &mut Host,
    ) -> Result<(), Failure> {
        self.execute_with(nexus, cdb, host, Tamper::None)
    }

    /// Executes a command that is tampered with.
    pub(crate) fn execute_with(
        &mut self,
        nexus: usize,
        cdb: &[u8],
        host: &mut Host,
        tamper: Tamper<'_>,
    ) -> Result<(), Failure> {
        let (nexus, luns) = (self.nexuses[nexus], [0, 1].into_iter());
        self.unit
            .execute(nexus, luns, cdb, &mut self.medium, host, tamper)
    }

    /// Executes a command of the first initiator that sends data.
    pub(crate) fn out(&mut self, cdb: &[u8], data: Vec<u8>) -> Result<(), Failure> {
        self.execute(0, cdb, &mut Host::writes(data))
    }

    /// Executes a command of the first initiator that fetches data.
    pub(crate) fn fetch(&mut self, cdb: &[u8], len: usize) -> Result<Vec<u8>, Failure> {
        let mut host = Host::reads(len);
        self.execute(0, cdb, &mut host)?;
        host.data.truncate(host.transferred.unwrap_or(0));
        Ok(host.data)
    }

    /// Executes a command of the first initiator, whatever it has to be told before.
    pub(crate) fn fetch_any(&mut self, cdb: &[u8]) -> Vec<u8> {
        loop {
            match self.fetch(cdb, 256) {
                Err(Failure::Sense(sense)) if sense.key == SenseKey::UnitAttention => {}
                result => return result.unwrap(),
            }
        }
    }
}

/// Returns a 16 byte CDB with LBA and length where most commands have them.
pub(crate) fn cdb16(opcode: u8, flags: u8, lba: u64, blocks: u32) -> [u8; 16] {
    let mut cdb = [0; 16];
    cdb[0] = opcode;
    cdb[1] = flags;
    cdb[2..10].copy_from_slice(&lba.to_be_bytes());
    cdb[10..14].copy_from_slice(&blocks.to_be_bytes());
    cdb
}
