// SPDX-License-Identifier: GPL-2.0

//! Answers and parameter lists: data that are not the content of the medium.

use crate::{
    protocol::sense::Sense,
    unit::{
        failure::Failure,
        transfer::Transfer, //
    }, //
};

/// The longest answer, in bytes: the LUNs of a target that has as many as the mid layer can count.
const ANSWER_MAX: usize = 1 << 17;

/// Sends what `build` writes into a buffer of the allocation length, and returns how many bytes of
/// it are valid.
///
/// # Errors
///
/// Returns the error of `build`, and [`Sense::INSUFFICIENT_RESOURCES`] without memory.
pub(super) fn answer<T: Transfer>(
    transfer: &mut T,
    allocation_length: usize,
    build: impl FnOnce(&mut [u8]) -> Result<usize, Sense>,
) -> Result<(), Failure> {
    let room = allocation_length.min(transfer.len()).min(ANSWER_MAX);
    let mut out = transfer.buffer(room)?;
    let len = build(out.as_mut())?;
    let sent = transfer.send(0, out.as_ref().get(..len).unwrap_or_default());
    transfer.set_transferred(sent);
    Ok(())
}

/// The longest parameter list that is fetched, in bytes: far more than any command makes use of.
const PARAMETERS_MAX: usize = 1 << 17;

/// Fetches a parameter list of `length` bytes.
///
/// # Errors
///
/// Returns PARAMETER LIST LENGTH ERROR if the initiator sends less than its CDB says or more than
/// any command needs, and
/// [`Sense::INSUFFICIENT_RESOURCES`] without memory.
pub(super) fn parameters<T: Transfer>(
    transfer: &mut T,
    length: usize,
) -> Result<T::Buffer, Failure> {
    if length > transfer.len().min(PARAMETERS_MAX) {
        return Err(Sense::PARAMETER_LIST_LENGTH_ERROR.into());
    }
    let mut list = transfer.buffer(length)?;
    if transfer.receive(0, list.as_mut()) < length {
        return Err(Sense::PARAMETER_LIST_LENGTH_ERROR.into());
    }
    Ok(list)
}
