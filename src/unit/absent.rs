// SPDX-License-Identifier: GPL-2.0

//! LUNs that do not exist, on targets that do (SAM-6, incorrect logical unit numbers).

use crate::{
    protocol::{
        cdb,
        command::Command,
        inquiry,
        luns,
        profile::Profile,
        sense::Sense,
        table, //
    },
    unit::{
        answer::answer,
        failure::Failure,
        transfer::Transfer, //
    }, //
};

/// Executes a command for a LUN that does not exist. `profile` is of another unit of the target,
/// and `luns` are all of the target's.
///
/// # Errors
///
/// Returns LOGICAL UNIT NOT SUPPORTED for all commands but INQUIRY, REPORT LUNS and REQUEST SENSE,
/// and what is wrong with those.
pub(crate) fn execute_absent<T: Transfer>(
    profile: &Profile,
    luns: impl Iterator<Item = u64> + Clone,
    cdb: &[u8],
    transfer: &mut T,
) -> Result<(), Failure> {
    let entry = table::find(profile.kind, cdb).map_err(|_| Sense::LUN_NOT_SUPPORTED)?;
    match cdb::decode(entry, cdb, profile) {
        Ok(Command::Inquiry {
            page: None,
            allocation_length,
        }) => answer(transfer, allocation_length, |out| {
            Ok(inquiry::standard(profile, false, false, out))
        }),
        Ok(Command::ReportLuns {
            select,
            allocation_length,
        }) => answer(transfer, allocation_length, |out| {
            Ok(luns::report_luns(select, luns, out))
        }),
        Ok(Command::RequestSense {
            descriptor,
            allocation_length,
        }) => answer(transfer, allocation_length, |out| {
            Ok(super::primary::put_sense(
                Sense::LUN_NOT_SUPPORTED,
                descriptor,
                out,
            ))
        }),
        _ => Err(Sense::LUN_NOT_SUPPORTED.into()),
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_absent))]
mod tests {
    use super::*;
    use crate::{
        protocol::inquiry::samples,
        unit::testing::Wire, //
    };

    #[test]
    fn answers_what_finds_out_that_there_is_nothing() {
        let profile = samples::disk();
        let execute = |cdb: &[u8]| {
            let mut wire = Wire::to(64);
            let result = execute_absent(&profile, [2].into_iter(), cdb, &mut wire);
            (result, wire.received)
        };
        let (result, data) = execute(&[0x12, 0, 0, 0, 36, 0]);
        assert_eq!((result, data[0]), (Ok(()), 0x7f));
        let (result, data) = execute(&[0x03, 0, 0, 0, 18, 0]);
        assert_eq!((result, data[2], data[12]), (Ok(()), 0x05, 0x25));
        let (result, data) = execute(&[0xa0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0]);
        assert_eq!((result, data[3], data[9]), (Ok(()), 8, 2));
        for cdb in [&[0; 6][..], &[0x12, 1, 0, 0, 36, 0], &[0xff; 6], &[]] {
            let (result, _) = execute(cdb);
            assert_eq!(result, Err(Sense::LUN_NOT_SUPPORTED.into()));
        }
    }
}
