// SPDX-License-Identifier: GPL-2.0

//! What was in the place of what is in a volatile write cache.
//!
//! Frames are written back as a whole, and all of them when the cache is full, as any cache may do
//! at any time. What is unmapped is unmapped for good.

use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    }, //
};

use crate::{
    device::store::{
        Frame,
        FRAME_SIZE, //
    },
    unit::medium::MediumError, //
};

/// How many frames the write cache has room for: 64 MiB.
const FRAMES_MAX: usize = 1 << 14;

/// [`FRAME_SIZE`] as a part of an offset.
// CAST: usize to u64 widens.
const FRAME: u64 = FRAME_SIZE as u64;

/// The frames that were written to since they were flushed, as they were before.
pub(super) struct Undo {
    /// By their numbers; `None`: without memory. What is mapped in one is also mapped in the frame
    /// that has taken its place.
    frames: RBTree<u64, Option<Frame>>,
    /// How many there are, at most [`FRAMES_MAX`].
    count: usize,
}

impl Undo {
    /// Returns that nothing was written.
    pub(super) fn new() -> Self {
        Self {
            frames: RBTree::new(),
            count: 0,
        }
    }

    /// Keeps a frame as it is, `None` if it has no memory, before it is written to.
    ///
    /// # Errors
    ///
    /// Returns [`MediumError::OutOfMemory`].
    pub(super) fn remember(
        &mut self,
        index: u64,
        frame: Option<&Frame>,
    ) -> Result<(), MediumError> {
        if self.frames.get(&index).is_some() {
            return Ok(());
        }
        if self.count >= FRAMES_MAX {
            *self = Self::new();
        }
        let old = frame.map(Frame::duplicate).transpose()?;
        let node = RBTreeNode::new(index, old, GFP_ATOMIC | __GFP_NOWARN)
            .map_err(|_| MediumError::OutOfMemory)?;
        self.frames.insert(node);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Unmaps what was there before from `offset` to `end`.
    pub(super) fn unmap(&mut self, offset: u64, end: u64) {
        let mut next = offset / FRAME;
        while let Some(mut cursor) = self.frames.cursor_lower_bound_mut(&next) {
            let (index, old) = cursor.current_mut();
            let start = index.saturating_mul(FRAME);
            if start >= end {
                break;
            }
            next = index.saturating_add(1);
            if let Some(frame) = old {
                frame.unmap(start, offset, end);
                if frame.is_empty() {
                    *old = None;
                }
            }
        }
    }

    /// Forgets what was there before from `offset` to `end`: what has taken its place stays.
    pub(super) fn forget(&mut self, offset: u64, end: u64) {
        let first = offset / FRAME;
        while let Some(cursor) = self.frames.cursor_lower_bound_mut(&first) {
            if cursor.current().0.saturating_mul(FRAME) >= end {
                break;
            }
            cursor.remove_current();
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Takes any frame as it was, with its number.
    pub(super) fn take(&mut self) -> Option<(u64, Option<Frame>)> {
        let (_, node) = self.frames.cursor_front_mut()?.remove_current();
        self.count = self.count.saturating_sub(1);
        Some(node.to_key_value())
    }
}

#[cfg(CONFIG_KUNIT = "y")]
impl Undo {
    /// Makes the cache full, for the tests of [`crate::device::store`].
    pub(super) fn fill(&mut self) {
        self.count = FRAMES_MAX;
    }
}
