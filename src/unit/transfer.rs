// SPDX-License-Identifier: GPL-2.0

//! The initiator's side of a command, as seen from the unit.

/// The host ran out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// The data buffer of one command. No method may sleep.
pub(crate) trait Transfer {
    /// Memory for an answer or a parameter list.
    type Buffer: AsRef<[u8]> + AsMut<[u8]>;

    /// Returns the length of the initiator's buffer in bytes, whichever its direction.
    fn len(&self) -> usize;

    /// Copies `data` to the initiator, `offset` bytes into its buffer; returns how many bytes fitted
    /// (0 if the buffer is for the other direction).
    fn send(&mut self, offset: usize, data: &[u8]) -> usize;

    /// Copies from the initiator's buffer, `offset` bytes into it, to `data`; returns how many bytes
    /// there were (0 if the buffer is for the other direction).
    fn receive(&mut self, offset: usize, data: &mut [u8]) -> usize;

    /// Says that only the first `transferred` bytes of the initiator's buffer were used: what is
    /// missing is the residual.
    fn set_transferred(&mut self, transferred: usize);

    /// Returns zeroed memory of `len` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`OutOfMemory`].
    fn buffer(&self, len: usize) -> Result<Self::Buffer, OutOfMemory>;
}
