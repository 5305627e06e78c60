// SPDX-License-Identifier: GPL-2.0

//! What holds for every CDB, every answer and every text of `protocol`.

use proptest::prelude::*;

use crate::protocol::{
    capacity::{
        read_capacity10,
        read_capacity16,
        Geometry, //
    },
    cdb::{
        Command,
        Extent, //
    },
    inquiry::{
        self,
        Identity, //
    },
    luns, mode,
    sense::{
        Asc,
        FieldPointer,
        Sense,
        SenseKey, //
    },
    vpd,
};

/// The commands that transfer or flush blocks: operation code, then offset and length in bytes of
/// the address and of the number of blocks.
const EXTENTS: [(u8, [usize; 2], [usize; 2]); 10] = [
    (0x08, [1, 3], [4, 1]),
    (0x0a, [1, 3], [4, 1]),
    (0x28, [2, 4], [7, 2]),
    (0x2a, [2, 4], [7, 2]),
    (0x35, [2, 4], [7, 2]),
    (0x88, [2, 8], [10, 4]),
    (0x8a, [2, 8], [10, 4]),
    (0x91, [2, 8], [10, 4]),
    (0xa8, [2, 4], [6, 4]),
    (0xaa, [2, 4], [6, 4]),
];

/// Every operation code that is decoded.
const SERVED: [u8; 19] = [
    0x00, 0x03, 0x08, 0x0a, 0x12, 0x1a, 0x1b, 0x25, 0x28, 0x2a, 0x35, 0x5a, 0x88, 0x8a, 0x91, 0x9e,
    0xa0, 0xa8, 0xaa,
];

/// Returns CDBs of any length and content, half of them with an operation code that is decoded.
fn cdbs() -> impl Strategy<Value = Vec<u8>> {
    let any_cdb = prop::collection::vec(any::<u8>(), 0..40);
    let served =
        (prop::sample::select(SERVED.to_vec()), any_cdb.clone()).prop_map(|(code, cdb)| {
            let mut served = vec![code];
            served.extend(cdb);
            served
        });
    prop_oneof![any_cdb, served]
}

/// Returns numbers of every magnitude, as uniform ones would nearly all be huge.
fn sizes() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(number, shift)| number >> shift)
}

/// Returns geometries, also ones that no disk can have.
fn geometries() -> impl Strategy<Value = Geometry> {
    (sizes(), any::<u32>()).prop_map(|(blocks, block_size)| Geometry { blocks, block_size })
}

/// Reads a number of a CDB.
fn field(cdb: &[u8], [offset, length]: [usize; 2]) -> u128 {
    cdb[offset..offset + length]
        .iter()
        .fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

/// Runs a builder on a part of a larger buffer and checks that it stays within that part, and that
/// what it writes is the beginning of what it writes when there is room for everything.
fn check_builder(
    room: usize,
    build: impl Fn(&mut [u8]) -> Result<usize, Sense>,
) -> Result<(), TestCaseError> {
    const CANARY: u8 = 0xa5;

    let mut whole = vec![0; 0x10000];
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
        (complete, cut) => prop_assert_eq!(complete, cut),
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_cdb_panics_and_every_refusal_is_an_illegal_request(cdb in cdbs()) {
        if let Err(sense) = Command::decode(&cdb) {
            prop_assert_eq!(sense.key, SenseKey::IllegalRequest);
            if let Some(FieldPointer { byte, bit }) = sense.field {
                prop_assert!(usize::from(byte) <= cdb.len());
                prop_assert!(bit.is_none_or(|bit| bit < 8));
            }
        }
    }

    #[test]
    fn what_is_behind_the_cdb_does_not_matter(cdb in cdbs(), more in any::<[u8; 16]>()) {
        if let Ok(command) = Command::decode(&cdb) {
            let mut padded = cdb;
            padded.extend(more);
            prop_assert_eq!(Command::decode(&padded), Ok(command));
        }
    }

    #[test]
    fn only_served_operation_codes_are_decoded(cdb in any::<[u8; 16]>()) {
        let unknown = Command::decode(&cdb) == Err(Sense::INVALID_OPCODE);
        prop_assert_eq!(unknown, !SERVED.contains(&cdb[0]));
    }

    #[test]
    fn extents_are_decoded_and_checked_as_with_wide_numbers(
        command in prop::sample::select(EXTENTS.to_vec()),
        mut cdb in any::<[u8; 16]>(),
        shift in 0u32..128,
        slack in -2i128..=2,
        capacity in sizes(),
    ) {
        let (code, address, length) = command;
        // Small addresses, too: shift the bytes behind the operation code as one number.
        let shifted = (u128::from_be_bytes(cdb) >> shift).to_be_bytes();
        cdb[2..].copy_from_slice(&shifted[2..]);
        cdb[0] = code;
        cdb[1] &= 0x1f; // Neither protection nor what READ(6) has there.

        let decoded = Command::decode(&cdb);
        let (Ok(Command::Read(extent))
        | Ok(Command::Write(extent))
        | Ok(Command::SynchronizeCache(extent))) = decoded
        else {
            return Err(TestCaseError::fail(format!("{decoded:?}")));
        };
        let lba = field(&cdb, address);
        let blocks = match (code, field(&cdb, length)) {
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
    fn capacities_read_back(geometry in geometries()) {
        let long = read_capacity16(&geometry);
        let last = geometry.blocks.saturating_sub(1);
        prop_assert_eq!(&long[..8], &last.to_be_bytes());
        prop_assert_eq!(&long[8..12], &geometry.block_size.to_be_bytes());

        let short = read_capacity10(&geometry);
        let last = last.min(0xffff_ffff);
        prop_assert_eq!(&short[..4], &last.to_be_bytes()[4..]);
        prop_assert_eq!(&short[4..], &geometry.block_size.to_be_bytes());
    }

    #[test]
    fn inquiry_data_stays_within_its_buffer(
        room in 0usize..600,
        code in prop_oneof![any::<u8>(), prop::sample::select(vec![0u8, 0x80, 0x83, 0xb0, 0xb1])],
        present in any::<bool>(),
        vendor in any::<[u8; 8]>(),
        product in any::<[u8; 16]>(),
        revision in any::<[u8; 4]>(),
        serial in prop::collection::vec(any::<u8>(), 0..600),
        naa in any::<u64>(),
    ) {
        let identity = Identity {
            vendor: &vendor,
            product: &product,
            revision: &revision,
            serial: &serial,
            naa,
        };
        check_builder(room, |out| Ok(inquiry::standard(&identity, present, out)))?;
        check_builder(room, |out| vpd::page(code, &identity, out))?;
    }

    #[test]
    fn mode_parameters_stay_within_their_buffer(
        room in 0usize..100,
        short in any::<bool>(),
        fields in any::<[u8; 3]>(),
        known in prop::option::of(prop::sample::select(vec![0x08u8, 0x0a, 0x1c, 0x3f])),
        geometry in geometries(),
        write_protected in any::<bool>(),
    ) {
        let mut request = mode::Request::new(short, fields);
        if let Some(page) = known {
            request.page = page;
            request.subpage = 0;
        }
        check_builder(room, |out| mode::sense(&request, &geometry, write_protected, out))?;
    }

    #[test]
    fn mode_data_length_is_what_follows_it(
        short in any::<bool>(),
        dbd in any::<bool>(),
        page in prop::sample::select(vec![0x08u8, 0x0a, 0x1c, 0x3f]),
        geometry in geometries(),
    ) {
        let request = mode::Request {
            short,
            dbd,
            page_control: mode::PageControl::Current,
            page,
            subpage: 0,
        };
        let mut out = [0; 256];
        let len = mode::sense(&request, &geometry, false, &mut out).unwrap();
        let stated = match short {
            true => 1 + usize::from(out[0]),
            false => 2 + usize::from(u16::from_be_bytes([out[0], out[1]])),
        };
        prop_assert_eq!(stated, len);
    }

    #[test]
    fn lun_lists_stay_within_their_buffer(
        room in 0usize..600,
        select in 0u8..=3,
        luns in prop::collection::vec(sizes(), 0..80),
    ) {
        let list = || luns.iter().copied();
        check_builder(room, |out| luns::report_luns(select, list(), out))?;
        let addressable = list().filter(|lun| *lun < 16384 && select != 1).count();
        if select < 3 {
            let mut out = [0; 1024];
            prop_assert_eq!(luns::report_luns(select, list(), &mut out), Ok(8 + 8 * addressable));
            let stated = usize::from(u16::from_be_bytes([out[2], out[3]]));
            prop_assert_eq!(stated, 8 * addressable);
        }
    }

    #[test]
    fn printed_sense_reads_back(key in 0u8..16, asc in any::<u8>(), ascq in any::<u8>()) {
        let sense = Sense::parse(&format!("{key:x}/{asc:x}/{ascq:x}"));
        prop_assert_eq!(sense.is_none(), key == 0xc);
        if let Some(sense) = sense {
            prop_assert_eq!(sense.asc, Asc { asc, ascq });
            prop_assert_eq!(sense.to_string(), format!("{key:02x}/{asc:02x}/{ascq:02x}"));
            prop_assert_eq!(Sense::parse(&sense.to_string()), Some(sense));
            let data = sense.fixed();
            prop_assert_eq!([data[2], data[12], data[13]], [key, asc, ascq]);
        }
    }

    #[test]
    fn junk_is_no_sense_or_prints_canonically(
        text in prop_oneof!["\\PC*", "[0-9a-fA-F/+x-]{0,9}"],
    ) {
        if let Some(sense) = Sense::parse(&text) {
            let printed = sense.to_string();
            prop_assert_eq!(printed.len(), 8);
            prop_assert!(text.len() <= 8);
            prop_assert_eq!(Sense::parse(&printed), Some(sense));
        }
    }
}
