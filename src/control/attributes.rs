// SPDX-License-Identifier: GPL-2.0

//! Files that say one thing each: one macro for each kind of value.
//!
//! Where the value is kept, and when it may be written, is told by how its place is written:
//!
//! - `field`, or `field.field`: of what the directory calls `show` and `change` with, which refuses
//!   to while the owner is on;
//! - `live field`: of what it calls `show_live` and `change_live` with, at any time;
//! - `get / set`: behind these two methods of what its `settings` returns, at any time.
//!
//! Nothing is changed if the text is refused.

/// A file with a value in one of the places above, that `parse` reads and `print` makes printable.
macro_rules! attribute {
    (
        $name:literal, [live $($field:ident).+],
        |$text:ident| $parse:expr, |$value:ident| $print:expr $(,)?
    ) => {
        $crate::configfs::Attribute::rw(
            $name,
            |dir, page| {
                dir.show_live(|said| {
                    let $value = &said.$($field).+;
                    core::fmt::Write::write_fmt(page, core::format_args!("{}", $print))
                })
            },
            |dir, $text| {
                let value = $parse?;
                dir.change_live(|said| said.$($field).+ = value)
            },
        )
    };
    (
        $name:literal, [$get:ident / $set:ident],
        |$text:ident| $parse:expr, |$value:ident| $print:expr $(,)?
    ) => {
        $crate::configfs::Attribute::rw(
            $name,
            |dir, page| {
                let $value = &dir.settings().$get();
                core::fmt::Write::write_fmt(page, core::format_args!("{}", $print))
            },
            |dir, $text| {
                let value = $parse?;
                dir.settings().$set(value);
                Ok(())
            },
        )
    };
    (
        $name:literal, [$($field:ident).+],
        |$text:ident| $parse:expr, |$value:ident| $print:expr $(,)?
    ) => {
        $crate::configfs::Attribute::rw(
            $name,
            |dir, page| {
                dir.show(|said| {
                    let $value = &said.$($field).+;
                    core::fmt::Write::write_fmt(page, core::format_args!("{}", $print))
                })
            },
            |dir, $text| {
                let value = $parse?;
                dir.change(|said| said.$($field).+ = value)
            },
        )
    };
}

/// A number in a range.
macro_rules! number {
    ($name:literal, live $($field:ident).+, $range:expr) => {
        $crate::control::attributes::number!(@ $name, [live $($field).+], $range)
    };
    ($name:literal, $get:ident / $set:ident, $range:expr) => {
        $crate::control::attributes::number!(@ $name, [$get / $set], $range)
    };
    ($name:literal, $($field:ident).+, $range:expr) => {
        $crate::control::attributes::number!(@ $name, [$($field).+], $range)
    };
    (@ $name:literal, $place:tt, $range:expr) => {
        $crate::control::attributes::attribute!(
            $name, $place,
            |text| $crate::control::text::within(text, &$range), |value| value
        )
    };
}

/// 0 or 1.
macro_rules! switch {
    ($name:literal, live $($field:ident).+) => {
        $crate::control::attributes::switch!(@ $name, [live $($field).+])
    };
    ($name:literal, $get:ident / $set:ident) => {
        $crate::control::attributes::switch!(@ $name, [$get / $set])
    };
    ($name:literal, $($field:ident).+) => {
        $crate::control::attributes::switch!(@ $name, [$($field).+])
    };
    (@ $name:literal, $place:tt) => {
        $crate::control::attributes::attribute!(
            $name, $place,
            |text| $crate::control::text::switch(text), |value| u8::from(*value)
        )
    };
}

/// One of two words, of which the second is for true.
macro_rules! choice {
    ($name:literal, $($field:ident).+, $no:literal, $yes:literal) => {
        $crate::control::attributes::attribute!(
            $name, [$($field).+],
            |text| match text {
                $no => Ok(false),
                $yes => Ok(true),
                _ => Err(EINVAL),
            },
            |value| if *value { $yes } else { $no }
        )
    };
}

/// A word, or something else that a type has a `parse` for and prints.
macro_rules! word {
    ($name:literal, live $($field:ident).+, $ty:ty) => {
        $crate::control::attributes::word!(@ $name, [live $($field).+], $ty)
    };
    ($name:literal, $get:ident / $set:ident, $ty:ty) => {
        $crate::control::attributes::word!(@ $name, [$get / $set], $ty)
    };
    ($name:literal, $($field:ident).+, $ty:ty) => {
        $crate::control::attributes::word!(@ $name, [$($field).+], $ty)
    };
    (@ $name:literal, $place:tt, $ty:ty) => {
        $crate::control::attributes::attribute!(
            $name, $place,
            |text| $crate::control::text::word(text, <$ty>::parse), |value| value
        )
    };
}

/// The same, or `none`.
macro_rules! optional {
    ($name:literal, $($field:ident).+, $ty:ty) => {
        $crate::control::attributes::attribute!(
            $name, [$($field).+],
            |text| $crate::control::text::unless_none(text, <$ty>::parse),
            |value| $crate::control::text::OrNone(value.as_ref())
        )
    };
}

pub(super) use {
    attribute,
    choice,
    number,
    optional,
    switch,
    word, //
};
