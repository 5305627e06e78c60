// SPDX-License-Identifier: GPL-2.0

//! What actions take as arguments.

use core::fmt;

use crate::{
    fault::text::{
        small_number,
        words,
        write_list,
        HexBytes, //
    },
    protocol::sense::Asc, //
};

/// The bytes that data is overwritten with.
pub(crate) type Pattern = HexBytes<32>;

/// What overwrites data, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Data {
    /// How many bytes of the data stay as they are.
    pub(crate) offset: u32,
    /// What the next ones become; what is behind the end of the data is left out.
    pub(crate) pattern: Pattern,
}

impl Data {
    /// Parses up to 32 bytes in hexadecimal, with `@` and the offset if it is not 0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (pattern, offset) = text.split_once('@').unwrap_or((text, "0"));
        Some(Self {
            offset: small_number(offset)?,
            pattern: Pattern::parse(pattern)?,
        })
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.pattern, self.offset)
    }
}

/// The most unit attentions of one action.
const ATTENTIONS: usize = 8;

/// Unit attentions, in the order in which they are queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AscList {
    /// The codes from the front on.
    codes: [Option<Asc>; ATTENTIONS],
}

impl AscList {
    /// Parses a comma separated list of one to 8 codes such as `29/00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut codes = [None; ATTENTIONS];
        let mut slots = codes.iter_mut();
        for code in text.split(',') {
            *slots.next()? = Some(Asc::parse(code)?);
        }
        Some(Self { codes })
    }

    /// Returns the codes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Asc> + '_ {
        self.codes.iter().flatten().copied()
    }
}

impl fmt::Display for AscList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, "none", self.iter())
    }
}

/// The longest argument of an action that changes a state.
const STATE_ARG_MAX: usize = 32;

/// The argument of an action that changes a state, as text: what it means depends on the action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateArg {
    /// The characters from the front on; zero behind the last.
    bytes: [u8; STATE_ARG_MAX],
}

impl StateArg {
    /// Takes up to 32 visible ASCII characters; `none` for no argument.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut arg = Self::default();
        if text == "none" {
            return Some(arg);
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let start = arg.bytes.get_mut(..text.len())?;
        start.copy_from_slice(text.as_bytes());
        Some(arg)
    }

    /// Returns the argument; empty if there is none.
    pub(crate) fn as_str(&self) -> &str {
        let mut parts = self.bytes.split(|byte| *byte == 0);
        // Nothing but ASCII is ever put in.
        core::str::from_utf8(parts.next().unwrap_or_default()).unwrap_or_default()
    }
}

impl fmt::Display for StateArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            "" => f.write_str("none"),
            text => f.write_str(text),
        }
    }
}

words! {
    /// What queuecommand returns instead of taking a command, `SCSI_MLQUEUE_*`.
    pub(crate) enum QueueRet {
        /// The host is busy: it gets no command until one of its own ends.
        HostBusy = "host_busy",
        /// The device is busy.
        DeviceBusy = "device_busy",
        /// The target is busy.
        TargetBusy = "target_busy",
        /// The error handler is to have the command, `SCSI_MLQUEUE_EH_RETRY`.
        EhRetry = "eh_retry",
    }
}

words! {
    /// What a callback of the error handler returns.
    pub(crate) enum EhRet {
        /// It worked, `SUCCESS`.
        Success = "success",
        /// It did not work, `FAILED`; from `eh_timed_out`: the error handler is to see to it.
        Failed = "failed",
        /// The command is to be failed at once, `FAST_IO_FAIL`.
        FastIoFail = "fast_io_fail",
        /// The command gets as much time again, `SCSI_EH_RESET_TIMER`.
        ResetTimer = "reset_timer",
    }
}

words! {
    /// What the error handler sees when it aborts a command that a rule keeps.
    pub(crate) enum OnAbort {
        /// The abort works, and the command is given up.
        Success = "success",
        /// The abort fails, and the rule keeps the command.
        Failed = "failed",
        /// The abort fails, and the command ends right after it.
        Late = "late",
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_args))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    #[test]
    fn data_is_a_pattern_at_an_offset() {
        for (text, printed) in [
            ("00", "00@0"),
            ("DEadbe@512", "deadbe@512"),
            ("ff@0x10", "ff@16"),
            ("01@4294967295", "01@4294967295"),
        ] {
            assert!(Data::parse(text).is_some_and(|data| prints(data, printed)));
            assert_eq!(Data::parse(printed), Data::parse(text));
        }
        for text in [
            "",
            "@",
            "@0",
            "00@",
            "0@0",
            "00@-1",
            "00@4294967296",
            "00@0@0",
            "none",
        ] {
            assert_eq!(Data::parse(text), None);
        }
    }

    #[test]
    fn attentions_are_listed_in_order() {
        for text in ["29/00", "29/00,28/00", "2a/09,29/00,2a/09"] {
            assert!(AscList::parse(text).is_some_and(|list| prints(list, text)));
        }
        let eight = "00/00,00/01,00/02,00/03,00/04,00/05,00/06,00/07";
        assert!(AscList::parse(eight).is_some_and(|list| list.iter().count() == 8));
        for text in ["", ",", "29/00,", "29", "29/00/00", "none"] {
            assert_eq!(AscList::parse(text), None);
        }
        let nine = "0/0,0/1,0/2,0/3,0/4,0/5,0/6,0/7,0/8";
        assert_eq!(AscList::parse(nine), None);
    }

    #[test]
    fn a_state_argument_is_visible_text() {
        for text in ["0", "4G", "ao", "abcdefghijklmnopqrstuvwxyz012345"] {
            assert!(StateArg::parse(text).is_some_and(|arg| arg.as_str() == text));
            assert!(StateArg::parse(text).is_some_and(|arg| prints(arg, text)));
        }
        assert_eq!(StateArg::parse("none"), Some(StateArg::default()));
        assert!(prints(StateArg::default(), "none"));
        assert_eq!(StateArg::default().as_str(), "");
        for text in [
            "",
            " ",
            "a b",
            "a\n",
            "\u{e9}",
            "\0",
            "abcdefghijklmnopqrstuvwxyz0123456",
        ] {
            assert_eq!(StateArg::parse(text), None);
        }
    }

    #[test]
    fn words_read_back() {
        for ret in QueueRet::ALL {
            assert_eq!(QueueRet::parse(ret.name()), Some(*ret));
        }
        for ret in EhRet::ALL {
            assert_eq!(EhRet::parse(ret.name()), Some(*ret));
        }
        for on_abort in OnAbort::ALL {
            assert_eq!(OnAbort::parse(on_abort.name()), Some(*on_abort));
        }
    }
}
