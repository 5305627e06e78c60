// SPDX-License-Identifier: GPL-2.0

//! Bounded output.

use core::fmt;

/// Fills a caller's buffer from the front and drops what does not fit.
///
/// SPC-6 truncates parameter data at the ALLOCATION LENGTH without adjusting the length fields
/// inside it. A builder that writes everything it has through this type gets exactly that, and
/// cannot return more than the initiator asked for.
pub(crate) struct Writer<'a> {
    /// The whole of the caller's buffer.
    out: &'a mut [u8],
    /// Bytes of `out` filled so far; never more than `out.len()`.
    len: usize,
}

impl<'a> Writer<'a> {
    /// Returns a writer that starts at the front of `out`.
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// Appends as much of `bytes` as there is room for.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        let fitting = room.len().min(bytes.len());
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.len = self.len.saturating_add(fitting);
    }

    /// Returns the number of bytes written, which is how much of the buffer is valid.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl fmt::Write for Writer<'_> {
    /// Appends text; cut text is an error, as it may read as something else.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let before = self.len;
        self.put(text.as_bytes());
        if self.len - before == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// Returns whether `value` prints as `expected`, for the tests here and elsewhere.
#[cfg(any(test, CONFIG_KUNIT = "y"))]
pub(crate) fn prints(value: impl fmt::Display, expected: &str) -> bool {
    use fmt::Write as _;

    let mut text = [0; 128];
    let mut writer = Writer::new(&mut text);
    let fits = write!(writer, "{value}").is_ok();
    let len = writer.len();
    fits && text.get(..len) == Some(expected.as_bytes())
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_buf))]
mod tests {
    use super::*;
    use core::fmt::Write as _;

    #[test]
    fn writes_pieces_one_after_the_other() {
        let mut out = [0xaa; 4];
        let mut data = Writer::new(&mut out);
        data.put(&[1]);
        data.put(&[]);
        data.put(&[2, 3]);
        assert_eq!(data.len(), 3);
        assert_eq!(out, [1, 2, 3, 0xaa]);
    }

    #[test]
    fn drops_what_does_not_fit() {
        let mut out = [0; 2];
        let mut data = Writer::new(&mut out);
        data.put(&[1, 2, 3]);
        data.put(&[4]);
        assert_eq!(data.len(), 2);
        assert_eq!(out, [1, 2]);

        let mut data = Writer::new(&mut []);
        data.put(&[1]);
        assert_eq!(data.len(), 0);
    }

    #[test]
    fn cut_text_is_an_error() {
        let mut out = [0; 3];
        assert!(write!(Writer::new(&mut out), "{}", 123).is_ok());
        assert_eq!(&out, b"123");
        assert!(write!(Writer::new(&mut out), "{}", 4567).is_err());
    }

    #[test]
    fn prints_compares_all_of_the_text() {
        assert!(prints(12, "12"));
        assert!(!prints(12, "1"));
        assert!(!prints(12, "123"));
        assert!(!prints(core::format_args!("{:200}", 1), "1"));
    }
}
