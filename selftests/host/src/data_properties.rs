// SPDX-License-Identifier: GPL-2.0

//! What holds for every answer and every parameter list of `protocol`.

use proptest::prelude::*;

use crate::protocol::{
    capacity::{
        read_capacity10,
        read_capacity16, //
    },
    command::Extent,
    defects, format, inquiry, log, luns,
    mode::{
        self,
        PageControl,
        Pages,
        Request, //
    },
    ports,
    profile::{
        AccessState,
        Atomic,
        Bytes,
        Designator,
        Identity,
        Kind,
        Limits,
        Port,
        Profile,
        Provisioning,
        UnmappedReads, //
    },
    provisioning::{
        unmap_ranges,
        LbaStatus, //
    },
    sanitize, scatter,
    sense::{
        Sense,
        SenseKey, //
    },
    vpd,
};

/// Returns numbers of every magnitude, as uniform ones would nearly all be huge.
fn sizes() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(number, shift)| number >> shift)
}

/// Returns texts of up to `N` bytes.
fn texts<const N: usize>() -> impl Strategy<Value = Bytes<N>> {
    prop::collection::vec(any::<u8>(), 0..=N).prop_map(|bytes| Bytes::new(&bytes).unwrap())
}

/// Returns identities with every kind of designator.
fn identities() -> impl Strategy<Value = Identity> {
    let designators = prop_oneof![
        Just(Designator::None),
        texts().prop_map(Designator::Naa),
        any::<[u8; 16]>().prop_map(Designator::Uuid),
        texts().prop_map(Designator::T10),
    ];
    let names = (any::<[u8; 8]>(), any::<[u8; 16]>(), any::<[u8; 4]>());
    (names, texts(), designators).prop_map(|(names, serial, designator)| Identity {
        vendor: names.0,
        product: names.1,
        revision: names.2,
        serial,
        designator,
    })
}

/// Returns thin, full and half-thin provisioning.
fn provisionings() -> impl Strategy<Value = Provisioning> {
    let reads = prop_oneof![
        Just(UnmappedReads::Anything),
        Just(UnmappedReads::Zeroes),
        Just(UnmappedReads::Pattern),
    ];
    (
        any::<[bool; 3]>(),
        reads,
        any::<[u32; 3]>(),
        0u32..=0x7fff_ffff,
    )
        .prop_map(|(commands, reads, numbers, alignment)| Provisioning {
            unmap: commands[0],
            write_same_16: commands[1],
            write_same_10: commands[2],
            reads,
            granularity: numbers[0],
            alignment,
            max_blocks: numbers[1],
            max_descriptors: numbers[2],
        })
}

/// Returns profiles of disks and CD drives.
fn profiles() -> impl Strategy<Value = Profile> {
    let kinds = prop_oneof![Just(Kind::Disk), Just(Kind::Cdrom)];
    let numbers = (9u32..=16, 0u8..=15, 0u16..=0x3fff, any::<u16>());
    let limits = (any::<[u32; 2]>(), any::<u8>(), any::<u64>()).prop_map(|limits| Limits {
        max_transfer: limits.0[0],
        optimal_transfer: limits.0[1],
        optimal_exponent: limits.1,
        max_write_same: limits.2,
    });
    let atomic = any::<[u32; 5]>().prop_map(|atomic| Atomic {
        max_length: atomic[0],
        alignment: atomic[1],
        granularity: atomic[2],
        max_length_boundary: atomic[3],
        max_boundary: atomic[4],
    });
    let rest = (identities(), provisionings(), limits, atomic);
    (kinds, any::<[bool; 4]>(), numbers, rest).prop_map(|(kind, flags, numbers, rest)| Profile {
        kind,
        identity: rest.0,
        removable: flags[0],
        block_size: 1 << numbers.0,
        physical_exponent: numbers.1,
        lowest_aligned: numbers.2,
        rotation_rate: numbers.3,
        write_cache: flags[1],
        dpofua: flags[2],
        descriptor_sense: flags[3],
        provisioning: rest.1,
        limits: rest.2,
        atomic: rest.3,
    })
}

/// Returns the ports of a unit.
fn port_lists() -> impl Strategy<Value = Vec<Port>> {
    let port = (any::<u16>(), 0u16..4, 0u8..5).prop_map(|(relative, group, state)| Port {
        relative,
        group,
        state: [
            AccessState::Optimized,
            AccessState::NonOptimized,
            AccessState::Standby,
            AccessState::Unavailable,
            AccessState::Transitioning,
        ][usize::from(state)],
    });
    prop::collection::vec(port, 0..=16)
}

/// Returns requests, half of them for a page that some unit has.
fn requests() -> impl Strategy<Value = Request> {
    let known = prop::sample::select(vec![
        0x01u8, 0x02, 0x08, 0x0a, 0x1a, 0x1c, 0x2a, 0x3f, 0x3f, 0x3f,
    ]);
    let subpages = prop::sample::select(vec![0x00u8, 0x01, 0xff]);
    (
        any::<bool>(),
        any::<[u8; 3]>(),
        prop::option::of((known, subpages)),
    )
        .prop_map(|(short, fields, known)| {
            let request = Request::new(short, fields);
            match known {
                Some((page, subpage)) => Request {
                    page,
                    subpage,
                    ..request
                },
                None => request,
            }
        })
}

/// Returns junk, and lists of small numbers, which are right more often.
fn lists() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600),
        prop::collection::vec(0u8..4, 0..80),
    ]
}

/// Returns parameter lists of MODE SELECT that are right but for a byte or two.
fn mode_lists() -> impl Strategy<Value = (bool, Vec<u8>)> {
    let pages = prop::sample::subsequence(
        vec![
            vec![
                0x08u8, 18, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
            vec![0x0a, 10, 0x06, 0x10, 0x08, 0, 0, 0, 0, 0, 0, 0],
            vec![0x1c, 10, 0x04, 6, 0, 0, 0, 0, 0, 0, 0, 0],
        ],
        0..=3,
    );
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (any::<bool>(), pages, damage, 0usize..3).prop_map(|(short, pages, damage, cut)| {
        let mut list = vec![0; if short { 4 } else { 8 }];
        list.extend(pages.concat());
        for (index, byte) in damage {
            let at = index.index(list.len());
            list[at] = byte;
        }
        list.truncate(list.len() - cut);
        (short, list)
    })
}

/// Runs a builder on a part of a larger buffer and checks that it stays within that part, and that
/// what it writes is the beginning of what it writes when there is room for everything, which is
/// returned.
fn check_builder(
    room: usize,
    build: impl Fn(&mut [u8]) -> Result<usize, Sense>,
) -> Result<Option<Vec<u8>>, TestCaseError> {
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
            whole.truncate(complete);
            Ok(Some(whole))
        }
        (complete, cut) => {
            prop_assert_eq!(complete, cut);
            check_refusal(complete.err())?;
            Ok(None)
        }
    }
}

/// Checks that a refusal is ILLEGAL REQUEST, with a pointer to a bit that there is.
fn check_refusal(sense: Option<Sense>) -> Result<(), TestCaseError> {
    if let Some(sense) = sense {
        prop_assert_eq!(sense.key, SenseKey::IllegalRequest);
        let bit = sense.field.and_then(|field| field.bit);
        prop_assert!(bit.is_none_or(|bit| bit < 8));
    }
    Ok(())
}

/// Reads a length field.
fn be(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

proptest! {
    #[test]
    fn standard_inquiry_data_are_cut_and_state_their_length(
        profile in profiles(),
        room in 0usize..300,
        present in any::<bool>(),
        tpgs in any::<bool>(),
    ) {
        let whole = check_builder(room, |out| Ok(inquiry::standard(&profile, present, tpgs, out)))?;
        let whole = whole.unwrap();
        prop_assert_eq!(usize::from(whole[4]) + 5, whole.len());
    }

    #[test]
    fn vpd_pages_are_the_listed_ones(
        profile in profiles(),
        ports in port_lists(),
        this in 0usize..20,
        room in 0usize..300,
    ) {
        let listed = check_builder(room, |out| vpd::page(0x00, &profile, &ports, this, out))?;
        let listed = listed.unwrap();
        for code in 0..=u8::MAX {
            let whole = check_builder(room, |out| vpd::page(code, &profile, &ports, this, out))?;
            prop_assert_eq!(whole.is_some(), listed[4..].contains(&code));
            if let Some(whole) = whole {
                prop_assert_eq!(&whole[..2], &[profile.kind as u8, code]);
                prop_assert_eq!(be(&whole[2..4]) + 4, whole.len());
            }
        }
    }

    #[test]
    fn designators_fill_their_page(
        profile in profiles(),
        ports in port_lists(),
        this in 0usize..20,
    ) {
        let whole = check_builder(0, |out| vpd::page(0x83, &profile, &ports, this, out))?.unwrap();
        let mut rest = &whole[4..];
        let mut of_the_unit = 0;
        while !rest.is_empty() {
            if rest[1] & 0x30 == 0 {
                of_the_unit += 1;
            }
            rest = &rest[4 + usize::from(rest[3])..];
        }
        prop_assert!(of_the_unit >= 1);
    }

    #[test]
    fn capacities_read_back(profile in profiles(), blocks in sizes()) {
        let long = read_capacity16(&profile, blocks);
        let last = blocks.saturating_sub(1);
        prop_assert_eq!(&long[..8], &last.to_be_bytes());
        prop_assert_eq!(&long[8..12], &profile.block_size.to_be_bytes());
        prop_assert_eq!(long[14] & 0x80 != 0, profile.provisioning.is_thin());
        prop_assert_eq!(be(&long[14..16]) & 0x3fff, usize::from(profile.lowest_aligned));

        let short = read_capacity10(&profile, blocks);
        prop_assert_eq!(&short[..4], &last.min(0xffff_ffff).to_be_bytes()[4..]);
        prop_assert_eq!(&short[4..], &profile.block_size.to_be_bytes());
    }

    #[test]
    fn mode_parameters_are_cut_and_state_their_length(
        profile in profiles(),
        request in requests(),
        blocks in sizes(),
        write_protected in any::<bool>(),
        room in 0usize..300,
    ) {
        let pages = Pages::new(&profile);
        let whole = check_builder(room, |out| {
            pages.sense(&pages, &profile, blocks, write_protected, &request, out)
        })?;
        if let Some(whole) = whole {
            let stated = if request.short { be(&whole[..1]) + 1 } else { be(&whole[..2]) + 2 };
            prop_assert_eq!(stated, whole.len());
        }
    }

    #[test]
    fn what_mode_sense_returns_can_be_selected_and_changes_nothing(
        profile in profiles(),
        request in requests(),
        blocks in sizes(),
        write_protected in any::<bool>(),
        (earlier_short, earlier) in mode_lists(),
    ) {
        let mut pages = Pages::new(&profile);
        let _ = pages.select(&earlier, &profile, blocks, earlier_short, true);
        let before = pages;
        let request = Request { page_control: PageControl::Current, ..request };
        let mut list = [0; 256];
        let answer =
            pages.sense(&pages, &profile, blocks, write_protected, &request, &mut list);
        if let Ok(len) = answer {
            // MODE DATA LENGTH and all PS bits are reserved in MODE SELECT.
            let (header, descriptor) = if request.short { (4, 3..4) } else { (8, 6..8) };
            list[..if request.short { 1 } else { 2 }].fill(0);
            let mut at = header + be(&list[descriptor]);
            while at < len {
                let length = match list[at] & 0x40 {
                    0 => 2 + be(&list[at + 1..at + 2]),
                    _ => 4 + be(&list[at + 2..at + 4]),
                };
                list[at] &= 0x7f;
                at += length;
            }
            let changed = pages.select(&list[..len], &profile, blocks, request.short, true);
            prop_assert_eq!(changed, Ok(mode::Changed { any: false }));
            prop_assert_eq!(pages, before);
        }
    }

    #[test]
    fn a_refused_mode_select_changes_nothing(
        profile in profiles(),
        (short, list) in mode_lists(),
        junk in lists(),
        blocks in sizes(),
    ) {
        for list in [list, junk] {
            let mut pages = Pages::new(&profile);
            let before = pages;
            match pages.select(&list, &profile, blocks, short, true) {
                Ok(changed) => prop_assert_eq!(changed.any, pages != before),
                Err(sense) => {
                    prop_assert_eq!(pages, before);
                    check_refusal(Some(sense))?;
                }
            }
        }
    }

    #[test]
    fn mode_select_changes_only_what_is_changeable(
        profile in profiles(),
        (short, list) in mode_lists(),
        blocks in sizes(),
    ) {
        let ask = |pages: &Pages, page_control| {
            let request = Request {
                short: true,
                llbaa: false,
                dbd: true,
                page_control,
                page: 0x3f,
                subpage: 0xff,
            };
            let mut out = [0; 256];
            let len = pages.sense(pages, &profile, blocks, false, &request, &mut out);
            out[..len.unwrap()].to_vec()
        };
        let mut pages = Pages::new(&profile);
        let before = ask(&pages, PageControl::Current);
        let mask = ask(&pages, PageControl::Changeable);
        let _ = pages.select(&list, &profile, blocks, short, true);
        let after = ask(&pages, PageControl::Current);
        for ((before, after), mask) in before.iter().zip(&after).zip(&mask) {
            prop_assert_eq!((before ^ after) & !mask, 0);
        }
        prop_assert_eq!(ask(&pages, PageControl::Default), before);
    }

    #[test]
    fn log_pages_are_the_listed_ones(room in 0usize..40) {
        let listed = check_builder(room, |out| log::sense(0x00, 0xff, 0, out))?.unwrap();
        for code in 0..0x40u8 {
            for subpage in 0..=u8::MAX {
                let whole = check_builder(room, |out| log::sense(code, subpage, 0, out))?;
                let is_listed = listed[4..].chunks(2).any(|page| page == [code, subpage]);
                prop_assert_eq!(whole.is_some(), is_listed);
                if let Some(whole) = whole {
                    prop_assert_eq!(be(&whole[2..4]) + 4, whole.len());
                }
            }
        }
    }

    #[test]
    fn log_select_takes_any_list(
        flags in any::<[bool; 2]>(),
        page in any::<[u8; 2]>(),
        list in lists(),
    ) {
        check_refusal(log::select(flags[0], flags[1], page[0] & 0x3f, page[1], &list).err())?;
        check_refusal(log::select(false, false, 0, 0, &list).err())?;
    }

    #[test]
    fn lun_lists_are_cut_and_state_their_length(
        room in 0usize..600,
        select in any::<u8>(),
        luns in prop::collection::vec(sizes(), 0..80),
    ) {
        let list = || luns.iter().copied();
        let whole = check_builder(room, |out| Ok(luns::report_luns(select, list(), out)))?.unwrap();
        prop_assert_eq!(be(&whole[..4]) + 8, whole.len());
        let addressable = list().filter(|lun| *lun < 16384).count();
        let listed = if matches!(select, 0 | 2) { addressable } else { 0 };
        prop_assert_eq!(whole.len(), 8 + 8 * listed);
    }

    #[test]
    fn port_groups_are_cut_and_state_their_length(
        ports in port_lists(),
        extended in any::<bool>(),
        room in 0usize..200,
    ) {
        let whole = check_builder(room, |out| Ok(ports::report(&ports, extended, out)))?.unwrap();
        prop_assert_eq!(be(&whole[..4]) + 4, whole.len());
        let mut rest = &whole[if extended { 8 } else { 4 }..];
        let mut last = None;
        let mut listed = 0;
        while !rest.is_empty() {
            let group = Some(be(&rest[2..4]));
            prop_assert!(last < group);
            last = group;
            listed += usize::from(rest[7]);
            rest = &rest[8 + 4 * usize::from(rest[7])..];
        }
        prop_assert_eq!(listed, ports.len());
    }

    #[test]
    fn set_target_port_groups_takes_any_list(list in lists()) {
        match ports::parse_set(&list) {
            Ok(groups) => prop_assert_eq!(4 * groups.count(), list.len().saturating_sub(4)),
            Err(sense) => check_refusal(Some(sense))?,
        }
    }

    #[test]
    fn defect_lists_are_cut(flags in any::<[bool; 3]>(), format in 0u8..8, room in 0usize..12) {
        check_builder(room, |out| defects::read(flags[0], flags[1], flags[2], format, out))?;
    }

    #[test]
    fn unmap_lists_give_whole_descriptors(list in lists(), lengths in prop::option::of(0u16..600)) {
        let mut list = list;
        if let (Some(lengths), true) = (lengths, list.len() >= 4) {
            list[..2].copy_from_slice(&lengths.to_be_bytes());
            list[2..4].copy_from_slice(&lengths.saturating_sub(6).to_be_bytes());
        }
        let ranges = unmap_ranges(&list);
        match ranges {
            Ok(ranges) => {
                let whole = list.len().saturating_sub(8) / 16;
                prop_assert!(ranges.len() <= whole);
                for (index, extent) in ranges.enumerate() {
                    let descriptor = &list[8 + 16 * index..];
                    prop_assert_eq!(&extent.lba.to_be_bytes(), &descriptor[..8]);
                    prop_assert_eq!(&extent.blocks.to_be_bytes(), &descriptor[8..12]);
                }
            }
            Err(sense) => prop_assert_eq!(sense, Sense::PARAMETER_LIST_LENGTH_ERROR),
        }
    }

    #[test]
    fn block_status_states_what_is_returned(
        runs in prop::collection::vec((any::<u64>(), any::<u32>(), any::<bool>()), 0..12),
        room in 0usize..200,
    ) {
        let mut buffer = vec![0xa5; room + 64];
        let mut status = LbaStatus::new(&mut buffer[..room]);
        let mut put = 0;
        for (lba, blocks, mapped) in &runs {
            put += 1;
            if !status.put(*lba, *blocks, *mapped) {
                break;
            }
        }
        let len = status.finish();
        prop_assert!(buffer[len..].iter().all(|byte| *byte == 0xa5));
        prop_assert_eq!(len, room.min(8 + 16 * put));
        if room >= 24 {
            prop_assert_eq!(be(&buffer[..4]) + 4, len);
        }
        for (descriptor, (lba, blocks, _)) in buffer[..len].get(8..).unwrap_or_default()
            .chunks_exact(16).zip(&runs)
        {
            prop_assert_eq!(&descriptor[..8], &lba.to_be_bytes());
            prop_assert_eq!(&descriptor[8..12], &blocks.to_be_bytes());
        }
    }

    #[test]
    fn scattered_ranges_fit_the_data(
        list in prop::collection::vec(0u8..2, 0..300),
        descriptors in 0u16..12,
        room in any::<u32>(),
    ) {
        match scatter::ranges(&list, descriptors, room) {
            Ok(ranges) => {
                prop_assert_eq!(ranges.len(), usize::from(descriptors));
                let blocks = |extent: Extent| u64::from(extent.blocks);
                prop_assert!(ranges.map(blocks).sum::<u64>() <= u64::from(room));
            }
            Err(sense) => check_refusal(Some(sense))?,
        }
    }

    #[test]
    fn format_and_sanitize_take_any_list(
        list in lists(),
        long in any::<bool>(),
        block_size in prop::sample::select(vec![512u32, 4096, 65536]),
    ) {
        match format::parse(&list, long, block_size) {
            Ok(format) => {
                let length = format.pattern.map_or(1, <[u8]>::len);
                prop_assert!((1..=block_size).contains(&u32::try_from(length).unwrap()));
            }
            Err(sense) => check_refusal(Some(sense))?,
        }
        match sanitize::overwrite(&list, block_size) {
            Ok(overwrite) => {
                let length = u32::try_from(overwrite.pattern.len()).unwrap();
                prop_assert!((1..=block_size).contains(&length));
                prop_assert!((1..=31).contains(&overwrite.count));
            }
            Err(sense) => check_refusal(Some(sense))?,
        }
    }
}
