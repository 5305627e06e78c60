// SPDX-License-Identifier: GPL-2.0

//! The medium: sparse memory that grows with what is written to it.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    xarray::{
        AllocKind,
        XArray, //
    }, //
};
use pin_init::Zeroable;

/// Bytes of the unit in which memory is allocated.
const FRAME_SIZE: usize = 4096;

/// What one allocation holds.
#[derive(Zeroable)]
struct Frame([u8; FRAME_SIZE]);

/// What is read where nothing was written.
static ZEROES: [u8; FRAME_SIZE] = [0; FRAME_SIZE];

/// A byte-addressed medium without an end; the logical unit checks bounds.
///
/// All operations may be called in atomic context.
#[pin_data]
pub(crate) struct Store {
    #[pin]
    frames: XArray<KBox<Frame>>,
    mapped: Atomic<u64>,
}

/// The part of a frame that one step of a transfer touches.
struct Chunk {
    frame: usize,
    start: usize,
    end: usize,
}

impl Store {
    /// Creates an empty medium, which reads as zeroes.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            frames <- XArray::new(AllocKind::Alloc),
            mapped: Atomic::new(0),
        })
    }

    /// Returns the bytes of memory that the content takes.
    pub(crate) fn mapped_bytes(&self) -> u64 {
        self.mapped.load(Relaxed)
    }

    /// Reads `len` bytes at `offset`: calls `sink` with where each piece belongs, and the piece.
    ///
    /// # Errors
    ///
    /// Returns [`EFBIG`] if the range is beyond what can be addressed.
    pub(crate) fn read(
        &self,
        offset: u64,
        len: usize,
        mut sink: impl FnMut(usize, &[u8]),
    ) -> Result {
        each_chunk(offset, len, |done, chunk| {
            let frames = self.frames.lock();
            let bytes = frames
                .get(chunk.frame)
                .map_or(&ZEROES, |frame| &frame.0)
                .get(chunk.start..chunk.end)
                .ok_or(EFBIG)?;
            sink(done, bytes);
            Ok(())
        })
    }

    /// Writes `len` bytes at `offset`: calls `source` to fill each piece.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], with the pieces so far written, or [`EFBIG`] as for [`Store::read`].
    pub(crate) fn write(
        &self,
        offset: u64,
        len: usize,
        mut source: impl FnMut(usize, &mut [u8]),
    ) -> Result {
        each_chunk(offset, len, |done, chunk| {
            let range = chunk.start..chunk.end;
            let mut frames = self.frames.lock();
            if let Some(frame) = frames.get_mut(chunk.frame) {
                source(done, frame.0.get_mut(range).ok_or(EFBIG)?);
                return Ok(());
            }
            let mut frame = KBox::init(pin_init::init_zeroed::<Frame>(), GFP_ATOMIC)?;
            source(done, frame.0.get_mut(range).ok_or(EFBIG)?);
            frames
                .store(chunk.frame, frame, GFP_ATOMIC)
                .map_err(|failed| failed.error)?;
            // CAST: usize to u64 widens.
            self.mapped.fetch_add(FRAME_SIZE as u64, Relaxed);
            Ok(())
        })
    }
}

/// Cuts a range at the borders of frames; `step` gets the bytes done so far, and the next chunk.
fn each_chunk(offset: u64, len: usize, mut step: impl FnMut(usize, Chunk) -> Result) -> Result {
    // CAST: usize to u64 widens.
    let frame_size = FRAME_SIZE as u64;
    let mut done = 0;
    while let Some(rest) = len.checked_sub(done).filter(|rest| *rest > 0) {
        let at = u64::try_from(done)
            .ok()
            .and_then(|done| offset.checked_add(done))
            .ok_or(EFBIG)?;
        let start = usize::try_from(at % frame_size)?;
        let end = start.saturating_add(rest).min(FRAME_SIZE);
        step(
            done,
            Chunk {
                frame: usize::try_from(at / frame_size).map_err(|_| EFBIG)?,
                start,
                end,
            },
        )?;
        done = done.saturating_add(end.saturating_sub(start));
    }
    Ok(())
}
