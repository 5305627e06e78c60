// SPDX-License-Identifier: GPL-2.0

//! What a logical unit keeps its data in, as seen from the unit.

/// Why the medium could not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediumError {
    /// There is no memory for more data.
    OutOfMemory,
    /// The range is beyond what can be addressed. The unit checks its capacity first, so this is a
    /// fault of the emulation.
    OutOfRange,
}

/// A byte-addressed sparse medium. Sizes and offsets are multiples of 512 bytes, the smallest block;
/// each such sector is mapped or not.
///
/// One command has exclusive access: what it does to the medium is atomic. No method may sleep.
pub(crate) trait Medium {
    /// Reads `len` bytes at `offset`: calls `sink` with where each piece belongs, and the piece.
    /// Sectors that are not mapped consist of `fill`.
    ///
    /// # Errors
    ///
    /// [`MediumError::OutOfRange`].
    fn read(
        &self,
        offset: u64,
        len: usize,
        fill: u8,
        sink: impl FnMut(usize, &[u8]),
    ) -> Result<(), MediumError>;

    /// Writes `len` bytes at `offset`, mapping the sectors: calls `source` to fill each piece, which
    /// holds the old content (or `fill`).
    ///
    /// # Errors
    ///
    /// [`MediumError`], with the pieces so far written.
    fn write(
        &mut self,
        offset: u64,
        len: usize,
        fill: u8,
        source: impl FnMut(usize, &mut [u8]),
    ) -> Result<(), MediumError>;

    /// Unmaps a range. Takes time in proportion to what is mapped in it, not to its length.
    fn unmap(&mut self, offset: u64, len: u64);

    /// Returns whether the sector at `offset` is mapped, and for how many bytes from there on all
    /// sectors are like it; at most `len`. A long mapped run may be told in parts of whole blocks.
    fn run(&self, offset: u64, len: u64) -> (bool, u64);

    /// Has what was written to a range be there after a power loss. A medium without a volatile
    /// cache has nothing to do.
    fn flush(&mut self, _offset: u64, _len: u64) {}
}
