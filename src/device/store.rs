// SPDX-License-Identifier: GPL-2.0

//! Memory that media consist of: it grows with what is written, and shrinks with what is unmapped.
//!
//! A volatile write cache is what can be undone ([`crate::device::undo`]): while somebody asks for
//! it, a store keeps what was there before it was written to, until it is flushed.

use core::ops::Range;

use kernel::{
    new_spinlock,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    }, //
};
use pin_init::Zeroable;

use crate::{
    device::undo::Undo,
    unit::medium::{
        Medium,
        MediumError, //
    }, //
};

/// Bytes of the unit in which it is known what is mapped: the smallest logical block.
const SECTOR_SIZE: usize = 512;

/// Sectors of the unit in which memory is allocated: one for each bit of [`Frame::mapped`].
const SECTORS: usize = 8;

/// After how many bytes a mapped run is not followed any further.
const RUN_MAX: u64 = 64 << 20;

/// Bytes of the unit in which memory is allocated.
pub(super) const FRAME_SIZE: usize = SECTOR_SIZE * SECTORS;

/// What one allocation holds.
#[derive(Zeroable)]
struct Data([u8; FRAME_SIZE]);

/// A part of the medium that has memory, because one of its sectors is mapped.
pub(super) struct Frame {
    data: KBox<Data>,
    /// One bit for each sector. The data of sectors that are not mapped mean nothing.
    mapped: u8,
}

/// The content of a store, to which its holder has exclusive access.
pub(super) struct Content {
    frames: RBTree<u64, Frame>,
    /// How many sectors are mapped.
    sectors: u64,
    /// There while the write cache is volatile.
    undo: Option<Undo>,
}

/// The memory of a medium.
///
/// # Locking
///
/// The content is a spinlock that is taken in atomic context, inside that of the logical unit.
#[pin_data]
pub(crate) struct Store {
    #[pin]
    content: SpinLock<Content>,
    /// [`Content::sectors`], for those who only want to know.
    sectors: Atomic<u64>,
}

impl Store {
    /// Creates an empty store.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            content <- new_spinlock!(Content {
                frames: RBTree::new(),
                sectors: 0,
                undo: None,
            }),
            sectors: Atomic::new(0),
        })
    }

    /// Returns how many bytes are mapped.
    pub(crate) fn mapped_bytes(&self) -> u64 {
        // CAST: usize to u64 widens.
        self.sectors
            .load(Relaxed)
            .saturating_mul(SECTOR_SIZE as u64)
    }

    /// Unmaps everything, a part at a time. Not to be called in atomic context.
    pub(crate) fn clear(&self) {
        while self.with(Content::drop_some) {}
    }

    /// Calls `f` with exclusive access to the content. `f` must not sleep.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Content) -> R) -> R {
        let mut content = self.content.lock();
        let result = f(&mut content);
        self.sectors.store(content.sectors, Relaxed);
        result
    }
}

impl Medium for Content {
    fn read(
        &self,
        offset: u64,
        len: usize,
        fill: u8,
        mut sink: impl FnMut(usize, &[u8]),
    ) -> Result<(), MediumError> {
        let filler = [fill; SECTOR_SIZE];
        each_frame(offset, len, |done, index, range| {
            let frame = self.frames.get(&index);
            if let Some(frame) = frame.filter(|frame| frame.mapped == u8::MAX) {
                sink(done, frame.data.0.get(range).unwrap_or_default());
                return Ok(());
            }
            let start = range.start;
            for (sector, piece) in sectors(range) {
                let bytes = frame
                    .filter(|frame| frame.mapped & bit(sector) != 0)
                    .map_or(filler.get(..piece.len()), |frame| {
                        frame.data.0.get(piece.clone())
                    });
                sink(
                    done.saturating_add(piece.start.saturating_sub(start)),
                    bytes.unwrap_or_default(),
                );
            }
            Ok(())
        })
    }

    fn write(
        &mut self,
        offset: u64,
        len: usize,
        fill: u8,
        mut source: impl FnMut(usize, &mut [u8]),
    ) -> Result<(), MediumError> {
        each_frame(offset, len, |done, index, range| {
            self.remember(index)?;
            let frame = self.frame(index)?;
            let before = frame.mapped;
            for (sector, _) in sectors(range.clone()) {
                if frame.mapped & bit(sector) == 0 {
                    let at = sector * SECTOR_SIZE;
                    if let Some(data) = frame.data.0.get_mut(at..at + SECTOR_SIZE) {
                        data.fill(fill);
                    }
                    frame.mapped |= bit(sector);
                }
            }
            let added = (frame.mapped & !before).count_ones();
            source(done, frame.data.0.get_mut(range).unwrap_or_default());
            self.sectors = self.sectors.saturating_add(u64::from(added));
            Ok(())
        })
    }

    fn unmap(&mut self, offset: u64, len: u64) {
        // CAST: usize to u64 widens.
        let frame_size = FRAME_SIZE as u64;
        let end = offset.saturating_add(len);
        let mut next = offset / frame_size;
        while let Some(mut cursor) = self.frames.cursor_lower_bound_mut(&next) {
            let (index, frame) = cursor.current_mut();
            let start = index.saturating_mul(frame_size);
            if start >= end {
                break;
            }
            next = index.saturating_add(1);
            let before = frame.mapped;
            frame.unmap(start, offset, end);
            let removed = (before & !frame.mapped).count_ones();
            let empty = frame.mapped == 0;
            if empty {
                cursor.remove_current();
            }
            self.sectors = self.sectors.saturating_sub(u64::from(removed));
        }
        if let Some(undo) = &mut self.undo {
            undo.unmap(offset, end);
        }
    }

    fn flush(&mut self, offset: u64, len: u64) {
        if let Some(undo) = &mut self.undo {
            undo.forget(offset, offset.saturating_add(len));
        }
    }

    fn run(&self, offset: u64, len: u64) -> (bool, u64) {
        // CAST: usize to u64 widens, here and below.
        let (frame_size, sector_size) = (FRAME_SIZE as u64, SECTOR_SIZE as u64);
        let end = offset.saturating_add(len);
        let is_mapped = |frame: &Frame, at: u64| {
            let sector = usize::try_from(at % frame_size / sector_size).unwrap_or(0);
            frame.mapped & bit(sector) != 0
        };
        let mut at = offset;
        let mut mapped = None;
        while at < end {
            let cursor = self.frames.cursor_lower_bound(&(at / frame_size));
            let next = cursor.as_ref().map(|cursor| cursor.current());
            let frame = next.filter(|(index, _)| **index == at / frame_size);
            let here = frame.is_some_and(|(_, frame)| is_mapped(frame, at));
            if *mapped.get_or_insert(here) != here {
                break;
            }
            // Whoever wants to know all of a long run asks again: not all of it in atomic context.
            if here && at.saturating_sub(offset) >= RUN_MAX {
                break;
            }
            at = match (frame, next) {
                (Some((index, frame)), _) if frame.mapped == u8::MAX => {
                    index.saturating_add(1).saturating_mul(frame_size)
                }
                (Some(_), _) => (at / sector_size).saturating_add(1) * sector_size,
                // Nothing is mapped up to the next frame that has memory.
                (None, Some((index, _))) => index.saturating_mul(frame_size),
                (None, None) => end,
            };
        }
        (mapped.unwrap_or(false), at.min(end).saturating_sub(offset))
    }
}

impl Frame {
    /// Unmaps the sectors that start between `offset` and `end`; the frame itself is at `start`.
    pub(super) fn unmap(&mut self, start: u64, offset: u64, end: u64) {
        for sector in 0..SECTORS {
            // CAST: usize to u64 widens.
            let at = start.saturating_add((sector * SECTOR_SIZE) as u64);
            if offset <= at && at < end {
                self.mapped &= !bit(sector);
            }
        }
    }

    /// Returns whether no sector is mapped.
    pub(super) fn is_empty(&self) -> bool {
        self.mapped == 0
    }

    /// Returns a copy.
    ///
    /// # Errors
    ///
    /// Returns [`MediumError::OutOfMemory`].
    pub(super) fn duplicate(&self) -> Result<Self, MediumError> {
        let mut data = new_data()?;
        data.0.copy_from_slice(&self.data.0);
        Ok(Self {
            data,
            mapped: self.mapped,
        })
    }
}

impl Content {
    /// Says whether the write cache is volatile. It is written back when that ends.
    pub(super) fn set_volatile(&mut self, volatile: bool) {
        if volatile != self.undo.is_some() {
            self.undo = volatile.then(Undo::new);
        }
    }

    /// Loses what is in the write cache: what was there before is there again.
    pub(super) fn lose_cache(&mut self) {
        let Some(undo) = &mut self.undo else {
            return;
        };
        while let Some((index, old)) = undo.take() {
            let mapped = |frame: &Frame| u64::from(frame.mapped.count_ones());
            self.sectors = self
                .sectors
                .saturating_sub(self.frames.get(&index).map_or(0, mapped));
            match (old, self.frames.get_mut(&index)) {
                (Some(old), Some(frame)) => {
                    self.sectors = self.sectors.saturating_add(mapped(&old));
                    *frame = old;
                }
                // What was mapped in it still would be, if there were anything.
                _ => {
                    self.frames.remove(&index);
                }
            }
        }
    }

    /// Keeps the frame of that number as it is, if it is about to be changed for the first time.
    fn remember(&mut self, index: u64) -> Result<(), MediumError> {
        let Some(undo) = &mut self.undo else {
            return Ok(());
        };
        undo.remember(index, self.frames.get(&index))
    }

    /// Drops some frames, and returns whether there may be more.
    fn drop_some(&mut self) -> bool {
        self.flush(0, u64::MAX);
        for _ in 0..1024 {
            let Some(cursor) = self.frames.cursor_front_mut() else {
                return false;
            };
            let mapped = u64::from(cursor.current().1.mapped.count_ones());
            cursor.remove_current();
            self.sectors = self.sectors.saturating_sub(mapped);
        }
        true
    }

    /// Returns the frame of that number, with memory.
    fn frame(&mut self, index: u64) -> Result<&mut Frame, MediumError> {
        if self.frames.get(&index).is_none() {
            let frame = Frame {
                data: new_data()?,
                mapped: 0,
            };
            let node = RBTreeNode::new(index, frame, GFP_ATOMIC | __GFP_NOWARN)
                .map_err(|_| MediumError::OutOfMemory)?;
            self.frames.insert(node);
        }
        self.frames.get_mut(&index).ok_or(MediumError::OutOfRange)
    }
}

/// Returns memory for a frame.
fn new_data() -> Result<KBox<Data>, MediumError> {
    KBox::init(pin_init::init_zeroed::<Data>(), GFP_ATOMIC | __GFP_NOWARN)
        .map_err(|_| MediumError::OutOfMemory)
}

/// Returns the bit of a sector in [`Frame::mapped`].
const fn bit(sector: usize) -> u8 {
    1 << (sector % SECTORS)
}

/// Cuts a range within a frame at the borders of sectors: the number of each, and its part.
fn sectors(range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let first = range.start / SECTOR_SIZE;
    let last = range.end.div_ceil(SECTOR_SIZE);
    (first..last).map(move |sector| {
        let start = (sector * SECTOR_SIZE).max(range.start);
        let end = ((sector + 1) * SECTOR_SIZE).min(range.end);
        (sector, start..end)
    })
}

/// Cuts a range of the medium at the borders of frames; `step` gets the bytes done so far, the
/// number of the frame and the range within it.
fn each_frame(
    offset: u64,
    len: usize,
    mut step: impl FnMut(usize, u64, Range<usize>) -> Result<(), MediumError>,
) -> Result<(), MediumError> {
    // CAST: usize to u64 widens.
    let frame_size = FRAME_SIZE as u64;
    let mut done = 0;
    while let Some(rest) = len.checked_sub(done).filter(|rest| *rest > 0) {
        let at = u64::try_from(done)
            .ok()
            .and_then(|done| offset.checked_add(done))
            .ok_or(MediumError::OutOfRange)?;
        let start = usize::try_from(at % frame_size).map_err(|_| MediumError::OutOfRange)?;
        let end = start.saturating_add(rest).min(FRAME_SIZE);
        step(done, at / frame_size, start..end)?;
        done = done.saturating_add(end.saturating_sub(start));
    }
    Ok(())
}

#[cfg(CONFIG_KUNIT = "y")]
#[kernel::macros::kunit_tests(rpmfault_store)]
mod tests {
    use super::*;

    const SECTOR: u64 = SECTOR_SIZE as u64;
    const FRAME: u64 = FRAME_SIZE as u64;

    fn empty() -> Content {
        Content {
            frames: RBTree::new(),
            sectors: 0,
            undo: None,
        }
    }

    /// Writes sectors that consist of one byte.
    fn write(content: &mut Content, offset: u64, sectors: usize, byte: u8) {
        let len = sectors * SECTOR_SIZE;
        let written = content.write(offset, len, 0, |_, data| data.fill(byte));
        assert!(written.is_ok());
    }

    /// Returns whether a sector consists of that byte; `None`: whether it is not mapped.
    fn holds(content: &Content, offset: u64, byte: Option<u8>) -> bool {
        let (mapped, _) = content.run(offset, SECTOR);
        let mut same = true;
        let read = content.read(offset, SECTOR_SIZE, 0, |_, data| {
            same &= data.iter().all(|found| *found == byte.unwrap_or(0));
        });
        read.is_ok() && same && mapped == byte.is_some()
    }

    #[test]
    fn what_is_in_the_cache_is_lost_and_nothing_else() {
        let mut content = empty();
        write(&mut content, SECTOR, 1, 1);
        content.set_volatile(true);
        write(&mut content, 0, 17, 2);
        write(&mut content, SECTOR, 1, 3);
        assert_eq!(content.sectors, 17);
        content.lose_cache();
        assert_eq!(content.sectors, 1);
        assert!(holds(&content, 0, None));
        assert!(holds(&content, SECTOR, Some(1)));
        assert!(holds(&content, FRAME, None));
        assert!(holds(&content, 2 * FRAME, None));
        assert_eq!(content.frames.keys().count(), 1);

        write(&mut content, 0, 1, 4);
        content.lose_cache();
        assert!(holds(&content, 0, None));
    }

    #[test]
    fn what_was_flushed_stays() {
        let mut content = empty();
        content.set_volatile(true);
        write(&mut content, 0, 32, 1);
        content.flush(FRAME, 1);
        content.flush(3 * FRAME, u64::MAX);
        content.lose_cache();
        for (frame, byte) in [(0, None), (1, Some(1)), (2, None), (3, Some(1))] {
            assert!(holds(&content, frame * FRAME, byte));
        }
        assert_eq!(content.sectors, 16);

        write(&mut content, 0, 32, 2);
        content.set_volatile(false);
        content.lose_cache();
        content.set_volatile(true);
        content.lose_cache();
        assert!(holds(&content, 0, Some(2)));
    }

    #[test]
    fn what_was_unmapped_does_not_come_back() {
        let mut content = empty();
        write(&mut content, 0, 16, 1);
        content.set_volatile(true);
        write(&mut content, 0, 16, 2);
        content.unmap(SECTOR, FRAME);
        content.lose_cache();
        assert!(holds(&content, 0, Some(1)));
        assert!(holds(&content, SECTOR, None));
        assert!(holds(&content, FRAME, None));
        assert!(holds(&content, FRAME + SECTOR, Some(1)));
        assert_eq!(content.sectors, 8);

        write(&mut content, 0, 1, 3);
        content.unmap(0, FRAME);
        write(&mut content, SECTOR, 1, 4);
        content.lose_cache();
        assert_eq!(content.sectors, 7);
        assert!(holds(&content, SECTOR, None));
    }

    #[test]
    fn a_full_cache_is_written_back() {
        let mut content = empty();
        content.set_volatile(true);
        write(&mut content, 0, 1, 1);
        if let Some(undo) = &mut content.undo {
            undo.fill();
        }
        write(&mut content, SECTOR, 1, 2);
        write(&mut content, FRAME, 1, 3);
        content.lose_cache();
        assert!(holds(&content, 0, Some(1)));
        assert!(holds(&content, SECTOR, Some(2)));
        assert!(holds(&content, FRAME, None));
    }
}
