// SPDX-License-Identifier: GPL-2.0

//! What holds for every CDB, and for every command of the table.

use proptest::prelude::*;

use crate::protocol::{
    cdb::{
        decode,
        testing::{
            cdrom_profile,
            disk_profile, //
        }, //
    },
    command::{
        Command,
        Extent,
        OpcodeQuery, //
    },
    profile::Profile,
    sense::{
        FieldPointer,
        Sense,
        SenseKey, //
    },
    supported::{
        report_opcodes,
        report_tmfs, //
    },
    table::find,
};

/// Offset and length in bytes of a number in a CDB.
type Place = [usize; 2];

/// The commands that act on blocks: operation code and service action, then where the address and
/// the number of blocks are.
const EXTENTS: [(u8, Option<u16>, Place, Place); 28] = [
    (0x08, None, [1, 3], [4, 1]),
    (0x0a, None, [1, 3], [4, 1]),
    (0x28, None, [2, 4], [7, 2]),
    (0x2a, None, [2, 4], [7, 2]),
    (0x2e, None, [2, 4], [7, 2]),
    (0x2f, None, [2, 4], [7, 2]),
    (0x34, None, [2, 4], [7, 2]),
    (0x35, None, [2, 4], [7, 2]),
    (0x41, None, [2, 4], [7, 2]),
    (0x88, None, [2, 8], [10, 4]),
    (0x89, None, [2, 8], [13, 1]),
    (0x8a, None, [2, 8], [10, 4]),
    (0x8b, None, [2, 8], [10, 4]),
    (0x8e, None, [2, 8], [10, 4]),
    (0x8f, None, [2, 8], [10, 4]),
    (0x90, None, [2, 8], [10, 4]),
    (0x91, None, [2, 8], [10, 4]),
    (0x93, None, [2, 8], [10, 4]),
    (0x9c, None, [2, 8], [12, 2]),
    (0xa8, None, [2, 4], [6, 4]),
    (0xaa, None, [2, 4], [6, 4]),
    (0xae, None, [2, 4], [6, 4]),
    (0xaf, None, [2, 4], [6, 4]),
    (0xbe, None, [2, 4], [6, 3]),
    (0x7f, Some(0x09), [12, 8], [28, 4]),
    (0x7f, Some(0x0a), [12, 8], [28, 4]),
    (0x7f, Some(0x0b), [12, 8], [28, 4]),
    (0x7f, Some(0x0d), [12, 8], [28, 4]),
];

/// A command as REPORT SUPPORTED OPERATION CODES has it.
#[derive(Clone, Debug)]
struct Reported {
    opcode: u8,
    action: Option<u16>,
    usage: Vec<u8>,
}

impl Reported {
    /// Returns a CDB that has of the bits of `cdb` those that are the command's to have.
    fn masked(&self, cdb: &[u8]) -> Vec<u8> {
        let mut masked: Vec<u8> = cdb.iter().zip(&self.usage).map(|(a, b)| a & b).collect();
        for (byte, bits) in self.fixed() {
            masked[byte] = (masked[byte] & !bits) | (self.usage[byte] & bits);
        }
        masked
    }

    /// Returns the bytes, and the bits in them, that are the same in all CDBs of the command.
    fn fixed(&self) -> Vec<(usize, u8)> {
        match (self.opcode, self.action) {
            (0x7f, _) => vec![(0, 0xff), (7, 0xff), (8, 0xff), (9, 0xff)],
            (_, Some(_)) => vec![(0, 0xff), (1, 0x1f)],
            (_, None) => vec![(0, 0xff)],
        }
    }

    /// Returns a CDB that is decoded and has as few bits set as possible.
    fn plain(&self) -> Vec<u8> {
        let mut cdb = self.masked(&[0; 32]);
        match (self.opcode, self.action) {
            (0x4a, _) => cdb[1] = 0x01,
            (0x48, Some(0x01)) => cdb[8] = 0x08,
            _ => {}
        }
        cdb
    }
}

/// Returns all that a unit reports.
fn reported(profile: &Profile) -> Vec<Reported> {
    let mut all = vec![0; 4096];
    let len = report_opcodes(profile, false, OpcodeQuery::All, &mut all).unwrap();
    all[4..len]
        .chunks(8)
        .map(|data| {
            let opcode = data[0];
            let number = u16::from_be_bytes([data[2], data[3]]);
            let action = (data[5] & 1 != 0).then_some(number);
            let query = match action {
                Some(action) => OpcodeQuery::ServiceAction(opcode, action),
                None => OpcodeQuery::Opcode(opcode),
            };
            let mut one = [0; 64];
            let len = report_opcodes(profile, false, query, &mut one).unwrap();
            assert_eq!(one[1], 3);
            let usage = one[4..len].to_vec();
            assert_eq!(
                usage.len(),
                usize::from(u16::from_be_bytes([data[6], data[7]]))
            );
            assert_eq!(
                usage.len(),
                usize::from(u16::from_be_bytes([one[2], one[3]]))
            );
            Reported {
                opcode,
                action,
                usage,
            }
        })
        .collect()
}

/// Returns units of both kinds, with and without what is optional.
fn profiles() -> impl Strategy<Value = Profile> {
    (any::<[bool; 6]>(), any::<u16>(), 9u32..=16).prop_map(
        |([cdrom, dpofua, unmap, write_same_16, write_same_10, removable], atomic, shift)| {
            let mut profile = if cdrom {
                cdrom_profile().unwrap()
            } else {
                disk_profile().unwrap()
            };
            profile.dpofua = dpofua;
            profile.removable |= removable;
            profile.provisioning.unmap = unmap;
            profile.provisioning.write_same_16 = write_same_16;
            profile.provisioning.write_same_10 = write_same_10;
            profile.atomic.max_length = u32::from(atomic % 4);
            profile.block_size = 1 << shift;
            profile
        },
    )
}

/// Returns a unit and one of its commands.
fn commands() -> impl Strategy<Value = (Profile, Reported)> {
    profiles().prop_flat_map(|profile| (Just(profile), prop::sample::select(reported(&profile))))
}

/// Returns CDBs of any length and content.
fn cdbs() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..40)
}

/// Returns numbers of every magnitude, as uniform ones would nearly all be huge.
fn sizes() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(number, shift)| number >> shift)
}

/// Finds and decodes.
fn run(profile: &Profile, cdb: &[u8]) -> Result<Command, Sense> {
    decode(find(profile.kind, cdb)?, cdb, profile)
}

/// Reads a number of a CDB.
fn field(cdb: &[u8], [offset, length]: Place) -> u128 {
    cdb[offset..offset + length]
        .iter()
        .fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// Returns the extent of a command that has one.
fn extent(command: Command) -> Option<Extent> {
    match command {
        Command::Read { extent, .. }
        | Command::Write { extent, .. }
        | Command::WriteAndVerify { extent, .. }
        | Command::WriteAtomic { extent, .. }
        | Command::OrWrite { extent, .. }
        | Command::CompareAndWrite { extent, .. }
        | Command::Verify { extent, .. }
        | Command::PreFetch(extent)
        | Command::SynchronizeCache(extent)
        | Command::WriteSame { extent, .. }
        | Command::ReadCd { extent, .. } => Some(extent),
        _ => None,
    }
}

/// Checks that a refusal points into the CDB, or right behind one that ends too early.
fn check_refusal(sense: Sense, cdb: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(sense.key, SenseKey::IllegalRequest);
    prop_assert_eq!(sense.information, None);
    match sense.field {
        None => prop_assert_eq!(sense, Sense::INVALID_OPCODE),
        Some(FieldPointer {
            in_parameters,
            byte,
            bit,
        }) => {
            prop_assert!(!in_parameters);
            prop_assert!(usize::from(byte) <= cdb.len());
            prop_assert!(bit.is_none_or(|bit| bit < 8));
            prop_assert_eq!(sense.asc, Sense::invalid_field(0).asc);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_cdb_panics_and_every_refusal_points_into_it(profile in profiles(), cdb in cdbs()) {
        if let Err(sense) = run(&profile, &cdb) {
            check_refusal(sense, &cdb)?;
        }
    }

    #[test]
    fn no_command_panics_and_every_refusal_points_into_it(
        (profile, command) in commands(),
        cdb in any::<[u8; 32]>(),
        cut in 0usize..40,
    ) {
        let cdb = command.masked(&cdb);
        if let Err(sense) = run(&profile, &cdb) {
            check_refusal(sense, &cdb)?;
            // Of a value, as there are no bits that are not known.
            let FieldPointer { byte, bit, .. } = sense.field.unwrap();
            let bits = bit.map_or(0xff, |bit| 1 << bit);
            prop_assert!(command.usage[usize::from(byte)] & bits != 0);
        }
        if cut < cdb.len() {
            let missing = u16::try_from(cut).unwrap();
            prop_assert_eq!(run(&profile, &cdb[..cut]), Err(Sense::invalid_field(missing)));
        }
    }

    #[test]
    fn what_is_behind_the_cdb_does_not_matter(
        (profile, command) in commands(),
        cdb in any::<[u8; 32]>(),
        more in any::<[u8; 16]>(),
    ) {
        let cdb = command.masked(&cdb);
        let mut padded = cdb.clone();
        padded.extend(more);
        prop_assert_eq!(run(&profile, &padded), run(&profile, &cdb));
    }

    #[test]
    fn only_reported_operation_codes_are_served(profile in profiles(), cdb in any::<[u8; 32]>()) {
        let unknown = run(&profile, &cdb) == Err(Sense::INVALID_OPCODE);
        let reported = reported(&profile).iter().any(|command| command.opcode == cdb[0]);
        prop_assert_eq!(unknown, !reported);
    }

    #[test]
    fn reported_commands_are_served_and_every_bit_is_as_reported(
        (profile, command) in commands(),
    ) {
        let plain = command.plain();
        prop_assert!(run(&profile, &plain).is_ok(), "{:02x?}", plain);
        let entry = find(profile.kind, &plain).unwrap();
        prop_assert!(entry.is_supported(&profile));
        prop_assert_eq!(entry.opcode, command.opcode);
        prop_assert_eq!(entry.service_action, command.action);
        prop_assert_eq!(entry.len(), command.usage.len());

        let fixed = command.fixed();
        for byte in 0..plain.len() {
            for bit in 0..8u8 {
                let mask = 1 << bit;
                if fixed.contains(&(byte, 0xff)) || (fixed.contains(&(byte, 0x1f)) && bit < 5) {
                    continue;
                }
                let mut cdb = plain.clone();
                cdb[byte] |= mask;
                let result = run(&profile, &cdb);
                if command.usage[byte] & mask != 0 {
                    // A value may be refused, but then its field is one that has bits.
                    if let Err(sense) = result {
                        let FieldPointer { byte, bit, .. } = sense.field.unwrap();
                        let bits = bit.map_or(0xff, |bit| 1 << bit);
                        prop_assert!(command.usage[usize::from(byte)] & bits != 0);
                    }
                } else {
                    let pointer = result.unwrap_err().field.unwrap();
                    let FieldPointer { byte: at, bit: first, .. } = pointer;
                    prop_assert_eq!(usize::from(at), byte);
                    // Protection and the like are fields of two or three bits at the top.
                    prop_assert!(first == Some(bit) || (first == Some(7) && bit >= 5));
                }
            }
        }
    }

    #[test]
    fn the_first_unknown_bit_is_pointed_at(
        (profile, command) in commands(),
        cdb in any::<[u8; 32]>(),
        at in 1usize..32,
        bit in 0u8..8,
    ) {
        let at = at % command.usage.len();
        let mut cdb = command.masked(&cdb);
        let mask = 1 << bit;
        let in_fixed = |(byte, bits): &(usize, u8)| *byte == at && bits & mask != 0;
        if command.fixed().iter().any(in_fixed) || command.usage[at] & mask != 0 {
            return Ok(());
        }
        cdb[at] |= mask;
        let pointer = run(&profile, &cdb).unwrap_err().field.unwrap();
        prop_assert_eq!(usize::from(pointer.byte), at);
        prop_assert!(pointer.bit == Some(bit) || (pointer.bit == Some(7) && bit >= 5));
    }

    #[test]
    fn extents_are_decoded_and_checked_as_with_wide_numbers(
        (profile, command) in commands(),
        mut cdb in any::<[u8; 32]>(),
        shift in 0u32..128,
        slack in -2i128..=2,
        capacity in sizes(),
    ) {
        let places = EXTENTS.iter().find(|(opcode, action, _, _)| {
            *opcode == command.opcode && *action == command.action
        });
        let Some((code, _, address, length)) = places else {
            if let Ok(command) = run(&profile, &command.plain()) {
                prop_assert_eq!(extent(command), None);
            }
            return Ok(());
        };
        // Small numbers, too: shift the first and the second half.
        for half in cdb.chunks_mut(16) {
            let number = u128::from_be_bytes(half.try_into().unwrap()) >> shift;
            half.copy_from_slice(&number.to_be_bytes());
        }
        let mut cdb = command.masked(&cdb);
        // Neither flags nor values that may be refused.
        if !matches!(code, 0x08 | 0x0a) {
            cdb[1] = 0;
        }
        match code {
            0x7f => cdb[10] = 0,
            0xbe => cdb[9..11].fill(0),
            _ => {}
        }

        let decoded = run(&profile, &cdb);
        let Ok(Some(extent)) = decoded.map(extent) else {
            return Err(TestCaseError::fail(format!("{decoded:?}")));
        };
        let lba = field(&cdb, *address);
        let blocks = match (code, field(&cdb, *length)) {
            (0x08 | 0x0a, 0) => 256,
            (_, blocks) => blocks,
        };
        prop_assert_eq!(u128::from(extent.lba), lba);
        prop_assert_eq!(u128::from(extent.blocks), blocks);

        let close = i128::try_from(lba + blocks).unwrap() + slack;
        for capacity in [capacity, u64::try_from(close).unwrap_or(capacity)] {
            let fits = lba + blocks <= u128::from(capacity);
            let wanted = if fits { Ok(()) } else { Err(Sense::LBA_OUT_OF_RANGE) };
            prop_assert_eq!(extent.check(capacity), wanted);
        }
    }

    #[test]
    fn no_extent_wraps_around(
        lba in any::<u64>(),
        blocks in any::<u32>(),
        capacity in any::<u64>(),
    ) {
        let fits = u128::from(lba) + u128::from(blocks) <= u128::from(capacity);
        prop_assert_eq!(Extent { lba, blocks }.check(capacity).is_ok(), fits);
    }

    #[test]
    fn reports_stay_within_their_buffer_and_are_cut_at_the_end(
        profile in profiles(),
        timeouts in any::<bool>(),
        option in 0u8..5,
        code in prop_oneof![
            any::<u8>(),
            prop::sample::select(vec![0x28u8, 0x48, 0x7f, 0x9e, 0xa3]),
        ],
        action in prop_oneof![any::<u16>(), 0u16..0x20],
        room in 0usize..2400,
    ) {
        const CANARY: u8 = 0xa5;

        let build = |out: &mut [u8]| match option {
            0 => report_opcodes(&profile, timeouts, OpcodeQuery::All, out),
            1 => report_opcodes(&profile, timeouts, OpcodeQuery::Opcode(code), out),
            2 => report_opcodes(&profile, timeouts, OpcodeQuery::ServiceAction(code, action), out),
            3 => report_opcodes(&profile, timeouts, OpcodeQuery::Either(code, action), out),
            _ => Ok(report_tmfs(timeouts, out)),
        };
        let mut whole = vec![0; 4096];
        let complete = build(&mut whole);
        let mut buffer = vec![CANARY; room + 64];
        let cut = build(&mut buffer[..room]);

        prop_assert!(buffer[room..].iter().all(|byte| *byte == CANARY));
        match (complete, cut) {
            (Ok(complete), Ok(cut)) => {
                prop_assert_eq!(cut, complete.min(room));
                prop_assert_eq!(&buffer[..cut], &whole[..cut]);
                prop_assert!(buffer[cut..].iter().all(|byte| *byte == CANARY));
            }
            (complete, cut) => {
                prop_assert_eq!(complete, Err(Sense::invalid_field(3)));
                prop_assert_eq!(complete, cut);
            }
        }
    }

    #[test]
    fn either_query_agrees_with_the_others(
        profile in profiles(),
        code in any::<u8>(),
        action in prop_oneof![Just(0u16), any::<u16>(), 0u16..0x20],
    ) {
        let answer = |query| {
            let mut out = [0; 64];
            report_opcodes(&profile, false, query, &mut out).map(|len| out[..len].to_vec())
        };
        let either = answer(OpcodeQuery::Either(code, action)).unwrap();
        let others = [
            answer(OpcodeQuery::ServiceAction(code, action)),
            answer(OpcodeQuery::Opcode(code)),
        ];
        match others {
            [Ok(with_action), _] => prop_assert_eq!(either, with_action),
            [Err(_), without] if action == 0 => prop_assert_eq!(Ok(either), without),
            _ => prop_assert_eq!(either, vec![0, 1, 0, 0]),
        }
    }
}
