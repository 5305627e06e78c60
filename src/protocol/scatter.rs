// SPDX-License-Identifier: GPL-2.0

//! The descriptors of WRITE SCATTERED (SBC-4).

use crate::protocol::{
    command::Extent,
    provisioning::extent,
    sense::{
        Asc,
        Sense,
        SenseKey, //
    }, //
};

/// The length of the parameter list header, and of an LBA range descriptor.
const UNIT: usize = 32;

/// Returns the runs of blocks to write, in the order of their data.
///
/// `list` are the logical blocks in front of the data: LOGICAL BLOCK DATA OFFSET of them.
/// `descriptors` is NUMBER OF LBA RANGE DESCRIPTORS, and `room` the number of blocks that they may
/// have in all: BUFFER TRANSFER LENGTH.
///
/// # Errors
///
/// Without descriptors nothing is wrong. Otherwise:
///
/// - INVALID FIELD IN CDB, without a pointer as the (16) and (32) byte commands have the fields in
///   different places: the descriptors do not fit in front of the data.
/// - INVALID FIELD IN PARAMETER LIST, pointing to NUMBER OF LOGICAL BLOCKS: there are not as many
///   data as the descriptors up to that one need.
pub(crate) fn ranges(
    list: &[u8],
    descriptors: u16,
    room: u32,
) -> Result<impl ExactSizeIterator<Item = Extent> + Clone + '_, Sense> {
    let length = usize::from(descriptors).saturating_mul(UNIT);
    let described = match length {
        0 => Some(Default::default()),
        _ => list.get(UNIT..UNIT.saturating_add(length)),
    };
    let ranges = described
        .ok_or(Sense::new(
            SenseKey::IllegalRequest,
            Asc::INVALID_FIELD_IN_CDB,
        ))?
        .chunks_exact(UNIT)
        .map(extent);

    let mut left = room;
    for (index, extent) in ranges.clone().enumerate() {
        left = left.checked_sub(extent.blocks).ok_or_else(|| {
            let byte = index
                .saturating_add(1)
                .saturating_mul(UNIT)
                .saturating_add(8);
            Sense::invalid_parameter(u16::try_from(byte).unwrap_or(u16::MAX))
        })?;
    }
    Ok(ranges)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_scatter))]
mod tests {
    use super::*;

    /// Returns a list with 2 blocks for 100h and 3 for 7.
    fn list() -> [u8; 96] {
        let mut list = [0; 96];
        list[38] = 0x01;
        list[43] = 2;
        list[71] = 7;
        list[75] = 3;
        list
    }

    #[test]
    fn parses_descriptors() {
        let first = Extent {
            lba: 0x100,
            blocks: 2,
        };
        let second = Extent { lba: 7, blocks: 3 };
        let list = list();
        assert!(ranges(&list, 2, 5).is_ok_and(|ranges| ranges.eq([first, second])));
        assert!(ranges(&list, 1, 2).is_ok_and(|ranges| ranges.eq([first])));
        assert!(ranges(&list, 0, 0).is_ok_and(|ranges| ranges.len() == 0));
        assert!(ranges(&[], 0, 0).is_ok_and(|ranges| ranges.len() == 0));
    }

    #[test]
    fn refuses_descriptors_that_do_not_fit_in_front_of_the_data() {
        let refused = Sense::new(SenseKey::IllegalRequest, Asc::INVALID_FIELD_IN_CDB);
        assert_eq!(ranges(&list(), 3, 5).err(), Some(refused));
        assert_eq!(ranges(&list()[..95], 2, 5).err(), Some(refused));
        assert_eq!(ranges(&list(), u16::MAX, 5).err(), Some(refused));
    }

    #[test]
    fn refuses_more_blocks_than_there_are_data() {
        for (room, byte) in [(4, 72), (2, 72), (1, 40)] {
            assert_eq!(
                ranges(&list(), 2, room).err(),
                Some(Sense::invalid_parameter(byte))
            );
        }
    }
}
