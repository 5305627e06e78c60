// SPDX-License-Identifier: GPL-2.0

//! Sets of SCSI commands.

use core::fmt;

use crate::{
    fault::text::{
        words,
        write_list, //
    },
    protocol::{
        cdb::opcode,
        sense::hex_byte, //
    },
};

/// The most entries a set can have.
const ENTRIES: usize = 16;

/// Service actions of the variable length CDB: READ(32) and WRITE(32) (SBC-4).
const SA_READ_32: u16 = 0x0009;
/// See [`SA_READ_32`].
const SA_WRITE_32: u16 = 0x000b;

/// The operation codes whose commands have a service action in byte 1.
///
/// SPC-6, SBC-4 and ZBC-2: SANITIZE, PERSISTENT RESERVE, third-party copy, READ ATTRIBUTE, ZBC,
/// SERVICE ACTION BIDIRECTIONAL/IN/OUT and MAINTENANCE IN/OUT.
const WITH_SERVICE_ACTION: [u8; 15] = [
    0x48, 0x5e, 0x5f, 0x83, 0x84, 0x8c, 0x94, 0x95, 0x9d, 0x9e, 0x9f, 0xa3, 0xa4, 0xa9, 0xab,
];

words! {
    /// A named group of commands.
    pub(crate) enum Group {
        /// READ of every length.
        Read = "read",
        /// WRITE of every length.
        Write = "write",
        /// UNMAP.
        Unmap = "unmap",
        /// SYNCHRONIZE CACHE of every length.
        Sync = "sync",
        /// START STOP UNIT.
        Ssu = "ssu",
        /// Everything that needs the medium: the commands that a stopped disk refuses.
        MediumAccess = "medium_access",
    }
}

impl Group {
    /// Returns whether a command belongs to the group.
    fn contains(self, code: u8, service_action: Option<u16>) -> bool {
        match self {
            Self::Read => match code {
                opcode::READ_6 | opcode::READ_10 | opcode::READ_12 | opcode::READ_16 => true,
                opcode::VARIABLE_LENGTH => service_action == Some(SA_READ_32),
                _ => false,
            },
            Self::Write => match code {
                opcode::WRITE_6 | opcode::WRITE_10 | opcode::WRITE_12 | opcode::WRITE_16 => true,
                opcode::VARIABLE_LENGTH => service_action == Some(SA_WRITE_32),
                _ => false,
            },
            Self::Unmap => code == opcode::UNMAP,
            Self::Sync => matches!(
                code,
                opcode::SYNCHRONIZE_CACHE_10 | opcode::SYNCHRONIZE_CACHE_16
            ),
            Self::Ssu => code == opcode::START_STOP_UNIT,
            Self::MediumAccess => {
                [Self::Read, Self::Write, Self::Sync]
                    .into_iter()
                    .any(|group| group.contains(code, service_action))
                    || matches!(
                        code,
                        opcode::WRITE_AND_VERIFY_10
                            | opcode::VERIFY_10
                            | opcode::PRE_FETCH_10
                            | opcode::WRITE_SAME_10
                            | opcode::UNMAP
                            | opcode::COMPARE_AND_WRITE
                            | opcode::ORWRITE_16
                            | opcode::WRITE_AND_VERIFY_16
                            | opcode::VERIFY_16
                            | opcode::PRE_FETCH_16
                            | opcode::WRITE_SAME_16
                            | opcode::WRITE_ATOMIC_16
                            | opcode::WRITE_AND_VERIFY_12
                            | opcode::VERIFY_12
                    )
            }
        }
    }
}

/// One entry of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// All commands with this operation code.
    Code(u8),
    /// The command with this operation code and service action.
    ServiceAction(u8, u16),
    /// The commands of a group.
    Group(Group),
}

impl Entry {
    /// Parses `1b`, `9e/10` or the name of a group.
    fn parse(text: &str) -> Option<Self> {
        if let Some(group) = Group::parse(text) {
            return Some(Self::Group(group));
        }
        let Some((code, service_action)) = text.split_once('/') else {
            return hex_byte(text).map(Self::Code);
        };
        let code = hex_byte(code)?;
        let service_action = u16::from(hex_byte(service_action)?);
        let exists = match code {
            opcode::VARIABLE_LENGTH => true,
            _ => WITH_SERVICE_ACTION.contains(&code) && service_action <= 0x1f,
        };
        exists.then_some(Self::ServiceAction(code, service_action))
    }

    /// Returns whether a command is of this entry.
    fn contains(self, code: u8, service_action: Option<u16>) -> bool {
        match self {
            Self::Code(wanted) => code == wanted,
            Self::ServiceAction(wanted, action) => code == wanted && service_action == Some(action),
            Self::Group(group) => group.contains(code, service_action),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code:02x}"),
            Self::ServiceAction(code, action) => write!(f, "{code:02x}/{action:02x}"),
            Self::Group(group) => f.write_str(group.name()),
        }
    }
}

/// Returns the service action of a CDB, if commands of its kind have one.
fn service_action(cdb: &[u8]) -> Option<u16> {
    match *cdb.first()? {
        opcode::VARIABLE_LENGTH => cdb.get(8..10)?.try_into().ok().map(u16::from_be_bytes),
        code if WITH_SERVICE_ACTION.contains(&code) => {
            cdb.get(1).map(|byte| u16::from(byte & 0x1f))
        }
        _ => None,
    }
}

/// A set of SCSI commands: any command, or those that a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpcodeSet {
    /// The entries from the front on; none at all stands for any command.
    entries: [Option<Entry>; ENTRIES],
}

impl OpcodeSet {
    /// Every command, and also an event without a command.
    pub(crate) const ANY: Self = Self {
        entries: [None; ENTRIES],
    };

    /// Parses `any` or a comma separated list of at most 16 entries.
    ///
    /// An entry is an operation code in hexadecimal (`1b`), one with a service action (`9e/10`), or
    /// one of the groups `read`, `write`, `unmap`, `sync`, `ssu` and `medium_access`. Repeated
    /// entries count once.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut set = Self::ANY;
        if text == "any" {
            return Some(set);
        }
        for word in text.split(',') {
            let entry = Some(Entry::parse(word)?);
            if !set.entries.contains(&entry) {
                *set.entries.iter_mut().find(|slot| slot.is_none())? = entry;
            }
        }
        Some(set)
    }

    /// Returns whether the set contains the command in `cdb`.
    ///
    /// An empty or cut CDB is in no set but [`Self::ANY`].
    pub(crate) fn matches(&self, cdb: &[u8]) -> bool {
        if *self == Self::ANY {
            return true;
        }
        let Some(code) = cdb.first() else {
            return false;
        };
        let service_action = service_action(cdb);
        self.entries
            .iter()
            .flatten()
            .any(|entry| entry.contains(*code, service_action))
    }
}

impl Default for OpcodeSet {
    fn default() -> Self {
        Self::ANY
    }
}

impl fmt::Display for OpcodeSet {
    /// Prints `any` or the list in the order in which it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, "any", self.entries.iter().flatten())
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_opcode))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    /// Returns whether the set that `text` names contains the command.
    fn contains(text: &str, cdb: &[u8]) -> bool {
        OpcodeSet::parse(text).is_some_and(|set| set.matches(cdb))
    }

    #[test]
    fn any_contains_everything() {
        assert_eq!(OpcodeSet::parse("any"), Some(OpcodeSet::ANY));
        assert_eq!(OpcodeSet::default(), OpcodeSet::ANY);
        assert!(OpcodeSet::ANY.matches(&[]));
        for code in 0..=u8::MAX {
            assert!(OpcodeSet::ANY.matches(&[code]));
        }
    }

    #[test]
    fn a_list_contains_its_operation_codes() {
        for code in 0..=u8::MAX {
            assert_eq!(
                contains("0,1B,28", &[code; 6]),
                matches!(code, 0x00 | 0x1b | 0x28)
            );
        }
        assert!(!contains("0,1b,28", &[]));
    }

    #[test]
    fn a_service_action_narrows_its_operation_code() {
        assert!(contains("9e/10", &[0x9e, 0x10]));
        assert!(contains("9e/10", &[0x9e, 0xf0])); // The upper bits are no part of it.
        assert!(!contains("9e/10", &[0x9e, 0x12]));
        assert!(!contains("9e/10", &[0x9e]));
        assert!(!contains("9e/10", &[0x9f, 0x10]));
        assert!(contains("9e", &[0x9e]));
        assert!(contains("9e,9e/10", &[0x9e, 0x12]));
    }

    #[test]
    fn a_variable_length_cdb_has_its_service_action_elsewhere() {
        let mut cdb = [0; 32];
        cdb[0] = 0x7f;
        cdb[1] = 0x0b;
        cdb[9] = 0x09;
        assert!(contains("7f/09", &cdb));
        assert!(contains("read", &cdb));
        assert!(!contains("7f/0b,write", &cdb));
        assert!(!contains("7f/09", &cdb[..9]));
        cdb[9] = 0x0b;
        assert!(contains("write", &cdb));
        assert!(!contains("read", &cdb));
        cdb[8] = 0x01;
        assert!(!contains("write,medium_access", &cdb));
    }

    #[test]
    fn groups_contain_their_operation_codes() {
        for code in 0..=u8::MAX {
            let cdb = [code, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let read = matches!(code, 0x08 | 0x28 | 0x88 | 0xa8);
            let write = matches!(code, 0x0a | 0x2a | 0x8a | 0xaa);
            let sync = matches!(code, 0x35 | 0x91);
            let other = matches!(
                code,
                0x2e | 0x2f
                    | 0x34
                    | 0x41
                    | 0x42
                    | 0x89
                    | 0x8b
                    | 0x8e
                    | 0x8f
                    | 0x90
                    | 0x93
                    | 0x9c
                    | 0xae
                    | 0xaf
            );
            assert_eq!(contains("read", &cdb), read);
            assert_eq!(contains("write", &cdb), write);
            assert_eq!(contains("unmap", &cdb), code == 0x42);
            assert_eq!(contains("sync", &cdb), sync);
            assert_eq!(contains("ssu", &cdb), code == 0x1b);
            assert_eq!(
                contains("medium_access", &cdb),
                read || write || sync || other
            );
            assert_eq!(contains("read,write", &cdb), read || write);
        }
    }

    #[test]
    fn prints_the_list_as_it_was_written() {
        for (text, printed) in [
            ("any", "any"),
            ("1b", "1b"),
            ("1B,8", "1b,08"),
            ("28,88,9e/10", "28,88,9e/10"),
            ("a3/c", "a3/0c"),
            ("ssu,read,0", "ssu,read,00"),
            ("28,28,read,read,28", "28,read"),
            ("medium_access,write,sync", "medium_access,write,sync"),
        ] {
            assert!(OpcodeSet::parse(text).is_some_and(|set| prints(set, printed)));
        }
    }

    #[test]
    fn takes_up_to_16_different_entries() {
        assert!(OpcodeSet::parse("0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,f,0").is_some());
        assert!(OpcodeSet::parse("0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,10").is_none());
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", ",", "1b,", ",1b", "1b,,28", "any,1b", "1b,any", "0x1b", "+1", "1bb", "g", "1b ",
            "1b, 28", "reads", "Read", "none", "9e/", "/10", "9e/10/10", "9e/20", "28/01",
            "read/10", "9e/read", "7f/100",
        ] {
            assert!(OpcodeSet::parse(text).is_none());
        }
    }
}
