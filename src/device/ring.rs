// SPDX-License-Identifier: GPL-2.0

//! The memory of the events log: the last lines, and the stacks of a few of them.
//!
//! All of it is allocated beforehand, so that an event can be noted in any context.

use core::{
    fmt,
    ops::Range, //
};

use kernel::{
    cpu::CpuId,
    prelude::*,
    time::{
        ClockSource,
        Monotonic, //
    }, //
};

use crate::protocol::buf;

/// How many lines are kept, and how many stacks.
const LINES: u16 = 512;
const STACKS: u16 = 16;

/// Bytes of a line from the rule on, and of a stack.
const LINE: usize = 168;
const STACK: usize = 1024;

/// Text of a bounded length; what does not fit is cut off.
#[derive(Clone, Copy)]
pub(super) struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    const EMPTY: Self = Self {
        bytes: [0; N],
        len: 0,
    };

    /// Returns what `write` writes.
    pub(super) fn new(write: impl FnOnce(&mut buf::Writer<'_>) -> fmt::Result) -> Self {
        let mut text = Self::EMPTY;
        let mut writer = buf::Writer::new(&mut text.bytes);
        // The one error is that it is full, and what is in it then is what there is room for.
        let _ = write(&mut writer);
        text.len = writer.len();
        text
    }

    /// Replaces the text.
    fn set(&mut self, text: &str) {
        let mut writer = buf::Writer::new(&mut self.bytes);
        writer.put(text.as_bytes());
        self.len = writer.len();
    }

    /// Returns the text, up to the last whole letter.
    pub(super) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}

/// A line of the log. Its number follows from its place in the ring.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// `CLOCK_MONOTONIC` in nanoseconds.
    ns: i64,
    cpu: u32,
    /// From the rule on.
    text: Text<LINE>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.ns, self.cpu, self.text.as_str())
    }
}

const _: () = assert!(size_of::<Line>() <= 192);

/// The stack that belongs to a line.
#[derive(Clone, Copy)]
struct Stack {
    /// The number of the line; 0 for none.
    seq: u64,
    text: Text<STACK>,
}

/// What the log keeps. Events have numbers, from 1 on.
pub(super) struct Ring {
    /// The number that the next event gets.
    next: u64,
    lines: KVVec<Line>,
    /// How many stacks there were.
    stack_count: u64,
    stacks: KVVec<Stack>,
}

impl Ring {
    /// Creates an empty ring, of about 110 KiB.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new() -> Result<Self> {
        let line = Line {
            ns: 0,
            cpu: 0,
            text: Text::EMPTY,
        };
        let stack = Stack {
            seq: 0,
            text: Text::EMPTY,
        };
        Ok(Self {
            next: 1,
            lines: KVVec::from_elem(line, usize::from(LINES), GFP_KERNEL)?,
            stack_count: 0,
            stacks: KVVec::from_elem(stack, usize::from(STACKS), GFP_KERNEL)?,
        })
    }

    /// Puts an event in, and returns its number.
    pub(super) fn push(&mut self, text: Text<LINE>) -> u64 {
        let seq = self.next;
        self.next = seq.wrapping_add(1);
        if let Some(line) = self.lines.get_mut(place(seq, LINES)) {
            *line = Line {
                ns: Monotonic::ktime_get(),
                cpu: CpuId::current().as_u32(),
                text,
            };
        }
        seq
    }

    /// Keeps the stack of an event, and returns whether it is the first of all.
    pub(super) fn push_stack(&mut self, seq: u64, stack: &str) -> bool {
        let count = self.stack_count;
        self.stack_count = count.wrapping_add(1);
        if let Some(kept) = self.stacks.get_mut(place(count, STACKS)) {
            kept.seq = seq;
            kept.text.set(stack);
        }
        count == 0
    }

    /// Returns the numbers of the events that are there.
    pub(super) fn range(&self) -> Range<u64> {
        self.next.saturating_sub(u64::from(LINES)).max(1)..self.next
    }

    /// Returns an event, unless it is not there any more.
    pub(super) fn line(&self, seq: u64) -> Option<Line> {
        let line = self.lines.get(place(seq, LINES))?;
        self.range().contains(&seq).then_some(*line)
    }

    /// Returns the stack of an event, if it has one that is still there.
    pub(super) fn stack(&self, seq: u64) -> Option<Text<STACK>> {
        let stack = self.stacks.iter().find(|stack| stack.seq == seq)?;
        Some(stack.text)
    }
}

/// Returns where number `seq` is in a ring of `size`.
fn place(seq: u64, size: u16) -> usize {
    usize::try_from(seq % u64::from(size)).unwrap_or_default()
}

#[cfg(CONFIG_KUNIT = "y")]
#[kernel::macros::kunit_tests(rpmfault_ring)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first() -> Result {
        let mut ring = Ring::new()?;
        assert!(ring.range().is_empty());
        for number in 1..=u64::from(LINES) + 3 {
            assert_eq!(ring.push(Text::EMPTY), number);
        }
        assert_eq!(ring.range(), 4..u64::from(LINES) + 4);
        assert!(ring.line(3).is_none());
        assert!(ring.line(4).is_some());
        assert!(ring.line(u64::from(LINES) + 4).is_none());
        Ok(())
    }

    #[test]
    fn the_last_stacks_are_kept() -> Result {
        let mut ring = Ring::new()?;
        assert!(ring.push_stack(1, "a\nb"));
        for seq in 2..=u64::from(STACKS) + 1 {
            assert!(!ring.push_stack(seq, "a\nb"));
        }
        assert!(ring.stack(1).is_none());
        let stack = ring.stack(2).ok_or(EINVAL)?;
        assert_eq!(stack.as_str(), "a\nb");
        Ok(())
    }

    #[test]
    fn long_text_is_cut_at_a_letter() {
        let mut cut = Text::<5>::EMPTY;
        cut.set("abc\u{20ac}\u{20ac}");
        assert_eq!(cut.as_str(), "abc");
        cut.set("abcdefgh");
        assert_eq!(cut.as_str(), "abcde");
    }
}
