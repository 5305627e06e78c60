// SPDX-License-Identifier: GPL-2.0

//! What holds for all sense data and every text of them.

use proptest::prelude::*;

use crate::protocol::sense::{
    Asc,
    FieldPointer,
    Sense,
    SenseKey, //
};

proptest! {
    #[test]
    fn both_formats_say_the_same(
        key in 0u8..16,
        asc in any::<u8>(),
        ascq in any::<u8>(),
        in_parameters in any::<bool>(),
        byte in any::<u16>(),
        bit in prop::option::of(0u8..8),
        information in prop::option::of((any::<u64>(), 0u32..64).prop_map(|(a, b)| a >> b)),
        pointer in any::<bool>(),
    ) {
        let Some(mut sense) = Sense::parse(&format!("{key:x}/{asc:x}/{ascq:x}")) else {
            return Ok(());
        };
        sense.field = pointer.then_some(FieldPointer { in_parameters, byte, bit });
        sense.information = information;

        let fixed = sense.encode(false);
        let fixed = fixed.bytes();
        prop_assert_eq!(fixed.len(), 18);
        prop_assert_eq!([fixed[2], fixed[12], fixed[13]], [key, asc, ascq]);
        prop_assert_eq!(usize::from(fixed[7]) + 8, fixed.len());
        let fitting = information.and_then(|wide| u32::try_from(wide).ok());
        prop_assert_eq!(fixed[0], if fitting.is_some() { 0xf0 } else { 0x70 });
        prop_assert_eq!(&fixed[3..7], &fitting.unwrap_or(0).to_be_bytes());

        let descriptors = sense.encode(true);
        let descriptors = descriptors.bytes();
        prop_assert_eq!(&descriptors[..4], &[0x72, key, asc, ascq]);
        prop_assert_eq!(usize::from(descriptors[7]) + 8, descriptors.len());
        let mut rest = &descriptors[8..];
        let mut found = (None, [0; 3]);
        while let [kind, length, ..] = *rest {
            let (descriptor, more) = rest.split_at(2 + usize::from(length));
            match kind {
                0 => found.0 = Some(u64::from_be_bytes(descriptor[4..].try_into().unwrap())),
                2 => found.1 = descriptor[4..7].try_into().unwrap(),
                _ => prop_assert!(false),
            }
            rest = more;
        }
        prop_assert_eq!(found.0, information);
        prop_assert_eq!(&found.1, &fixed[15..]);
        let shown = pointer && sense.key == SenseKey::IllegalRequest;
        prop_assert_eq!(found.1[0] & 0x80 != 0, shown);
        if shown {
            prop_assert_eq!(found.1[0] & 0x40 == 0, in_parameters);
            prop_assert_eq!((found.1[0] & 0x08 != 0).then_some(found.1[0] & 7), bit);
            prop_assert_eq!(u16::from_be_bytes([found.1[1], found.1[2]]), byte);
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
            let data = sense.encode(false);
            let data = data.bytes();
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
