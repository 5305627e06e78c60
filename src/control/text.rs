// SPDX-License-Identifier: GPL-2.0

//! The values of attributes as text.

use kernel::{
    prelude::*,
    str::{
        parse_int::ParseInt,
        BStr, //
    }, //
};

/// Reads an integer in decimal, with 0x in hexadecimal, with 0 in octal.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, and for what does not fit the type.
pub(super) fn int<T: ParseInt>(text: &str) -> Result<T> {
    T::from_str(BStr::from_bytes(text.as_bytes())).map_err(|_| EINVAL)
}

/// Reads 0 or 1.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else.
pub(super) fn switch(text: &str) -> Result<bool> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(EINVAL),
    }
}

/// Reads a number of bytes, which K, M, G, T or P multiplies by a power of 1024.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, and for what does not fit 64 bits.
pub(super) fn bytes(text: &str) -> Result<u64> {
    let (digits, shift) = match text.as_bytes().split_last() {
        Some((b'K' | b'k', _)) => (text.get(..text.len() - 1), 10),
        Some((b'M' | b'm', _)) => (text.get(..text.len() - 1), 20),
        Some((b'G' | b'g', _)) => (text.get(..text.len() - 1), 30),
        Some((b'T' | b't', _)) => (text.get(..text.len() - 1), 40),
        Some((b'P' | b'p', _)) => (text.get(..text.len() - 1), 50),
        _ => (Some(text), 0),
    };
    let number: u64 = int(digits.ok_or(EINVAL)?)?;
    number.checked_mul(1 << shift).ok_or(EINVAL)
}

/// Reads the size of a medium: whole sectors of 512 bytes, at least one.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, and for what a file offset cannot reach.
pub(super) fn size(text: &str) -> Result<u64> {
    let size = bytes(text)?;
    if size == 0 || size % 512 != 0 || i64::try_from(size).is_err() {
        return Err(EINVAL);
    }
    Ok(size)
}

/// Reads a value that `parse` knows.
///
/// # Errors
///
/// Returns [`EINVAL`] for one that it does not know.
pub(super) fn word<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    parse(text).ok_or(EINVAL)
}
