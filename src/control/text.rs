// SPDX-License-Identifier: GPL-2.0

//! The values of attributes as text.

use core::{
    fmt::{
        self,
        Write, //
    },
    ops::RangeInclusive, //
};

use kernel::{
    prelude::*,
    str::{
        parse_int::ParseInt,
        BStr, //
    }, //
};

use crate::{
    device::host::{
        CHANNELS,
        TARGETS, //
    },
    fault::{
        action::AscList,
        text::byte_size, //
    },
    protocol::buf::Writer,
    scsi::{
        Address,
        LUNS, //
    }, //
};

/// Reads an integer in decimal, with 0x in hexadecimal, with 0 in octal.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, and for what does not fit the type.
pub(super) fn int<T: ParseInt>(text: &str) -> Result<T> {
    // `ParseInt` takes one wherever `from_str_radix()` does, as in 0x+5.
    if text.contains('+') {
        return Err(EINVAL);
    }
    T::from_str(BStr::from_bytes(text.as_bytes())).map_err(|_| EINVAL)
}

/// Reads an integer that has to be in a range.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else.
pub(super) fn within<T: ParseInt + PartialOrd>(text: &str, range: &RangeInclusive<T>) -> Result<T> {
    int(text).and_then(|value| {
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(EINVAL)
        }
    })
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
    byte_size(text).ok_or(EINVAL)
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

/// Reads a value that `parse` knows, or `none`.
///
/// # Errors
///
/// Returns [`EINVAL`] for one that it does not know.
pub(super) fn unless_none<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>> {
    match text {
        "none" => Ok(None),
        _ => word(text, parse).map(Some),
    }
}

/// Reads a list of unit attentions, or `none`.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else.
pub(super) fn attentions(text: &str) -> Result<AscList> {
    unless_none(text, AscList::parse).map(Option::unwrap_or_default)
}

/// Reads the 1 that makes a file do what it is for.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else.
pub(super) fn go(text: &str) -> Result {
    match text {
        "1" => Ok(()),
        _ => Err(EINVAL),
    }
}

/// Prints a value, or `none`.
pub(super) struct OrNone<T>(pub(super) Option<T>);

impl<T: fmt::Display> fmt::Display for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// The longest reason.
const LINE_MAX: usize = 160;

/// A reason for the kernel log, which takes no [`fmt::Display`]. What is too long is cut.
pub(super) struct Line {
    bytes: [u8; LINE_MAX],
    len: usize,
}

impl Line {
    /// Prints the reason.
    pub(super) fn new(reason: impl fmt::Display) -> Self {
        let mut bytes = [0; LINE_MAX];
        let mut writer = Writer::new(&mut bytes);
        // An error says that it was cut.
        let _ = write!(writer, "{reason}");
        let len = writer.len();
        Self { bytes, len }
    }

    /// Returns it.
    pub(super) fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

/// Reads the name of a logical unit's directory: the last three numbers of H:C:T:L, so that unit
/// 256 is called 16640 ([`crate::scsi::Address`]).
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else, for leading zeros (there would be two names for one
/// unit), and for numbers that a host does not have.
pub(super) fn address(name: &str) -> Result<Address> {
    let mut fields = name.split(':').map(|field| {
        let plain = field == "0" || !field.starts_with('0');
        if plain && field.bytes().all(|byte| byte.is_ascii_digit()) {
            int::<u32>(field)
        } else {
            Err(EINVAL)
        }
    });
    let mut next = || fields.next().unwrap_or(Err(EINVAL));
    let address = Address::from_mid_layer(next()?, next()?, u64::from(next()?));
    let known = address.channel < CHANNELS && address.id < TARGETS && address.lun < LUNS;
    if fields.next().is_some() || !known {
        return Err(EINVAL);
    }
    Ok(address)
}

/// Reads the address of a logical unit, or `none`.
///
/// # Errors
///
/// Returns [`EINVAL`] for anything else.
pub(super) fn address_or_none(text: &str) -> Result<Option<Address>> {
    match text {
        "none" => Ok(None),
        _ => address(text).map(Some),
    }
}
