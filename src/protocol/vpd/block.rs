// SPDX-License-Identifier: GPL-2.0

//! The VPD pages of disks (SBC-4 and SBC-5), from byte 4 on.

use crate::protocol::profile::{
    Profile,
    Provisioning,
    MAX_COMPARE_AND_WRITE, //
};

/// Returns the Block Limits page.
///
/// WSNZ is zero, as WRITE SAME takes 0 blocks for all blocks to the end. What has to do with UNMAP
/// is zero without UNMAP, and the granularity unless there is any command to unmap blocks.
pub(super) fn limits(profile: &Profile) -> [u8; 60] {
    let limits = &profile.limits;
    let thin = &profile.provisioning;
    let atomic = &profile.atomic;
    let mut data = [0; 60];
    let mut put = |byte: usize, field: &[u8]| {
        for (to, from) in data.iter_mut().skip(byte - 4).zip(field) {
            *to = *from;
        }
    };

    put(5, &[MAX_COMPARE_AND_WRITE]);
    let granularity = 1u16.checked_shl(u32::from(limits.optimal_exponent));
    put(6, &granularity.unwrap_or(0).to_be_bytes());
    put(8, &limits.max_transfer.to_be_bytes());
    put(12, &limits.optimal_transfer.to_be_bytes());
    if thin.unmap {
        put(20, &thin.max_blocks.to_be_bytes());
        put(24, &thin.max_descriptors.to_be_bytes());
    }
    if thin.is_thin() {
        put(28, &thin.granularity.to_be_bytes());
        put(32, &(thin.alignment | 0x8000_0000).to_be_bytes()); // UGAVALID
    }
    put(36, &limits.max_write_same.to_be_bytes());
    if atomic.max_length > 0 {
        put(44, &atomic.max_length.to_be_bytes());
        put(48, &atomic.alignment.to_be_bytes());
        put(52, &atomic.granularity.to_be_bytes());
        put(56, &atomic.max_length_boundary.to_be_bytes());
        put(60, &atomic.max_boundary.to_be_bytes());
    }
    data
}

/// Returns the Block Device Characteristics page.
///
/// WABEREQ and WACEREQ say that blocks can be read after SANITIZE without having been written,
/// which goes with SANITIZE BLOCK ERASE and CRYPTOGRAPHIC ERASE: there are such for thin units.
pub(super) fn characteristics(profile: &Profile) -> [u8; 60] {
    let mut data = [0; 60];
    data[..2].copy_from_slice(&profile.rotation_rate.to_be_bytes());
    if profile.provisioning.is_thin() {
        data[3] = 0x50; // Byte 7: WABEREQ 01b, WACEREQ 01b; NOMINAL FORM FACTOR not reported.
    }
    // Byte 8: FUAB, a cache is flushed as SBC-3 says; VBULS, unmapped blocks can be verified.
    data[4] = 0x03;
    data
}

/// Returns the Logical Block Provisioning page. There are no thresholds, and no anchored blocks.
pub(super) fn provisioning(provisioning: &Provisioning) -> [u8; 4] {
    if !provisioning.is_thin() {
        return [0; 4]; // PROVISIONING TYPE 0: fully provisioned.
    }
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    // CAST: a fieldless `repr(u8)` enum.
    let reads = provisioning.reads as u8;
    let flags = bit(provisioning.unmap, 0x80)
        | bit(provisioning.write_same_16, 0x40)
        | bit(provisioning.write_same_10, 0x20)
        | (reads << 2);
    [0x00, flags, 0x02, 0x00] // PROVISIONING TYPE 2: thin.
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_vpd_block))]
mod tests {
    use super::*;
    use crate::protocol::{
        inquiry::samples,
        profile::{
            Atomic,
            Limits,
            UnmappedReads, //
        },
        vpd, //
    };

    #[test]
    fn limits_of_a_plain_disk() {
        let mut out = [0xaa; 64];
        assert_eq!(vpd::page(0xb0, &samples::disk(), &[], 0, &mut out), Ok(64));
        assert_eq!(out[..8], [0x00, 0xb0, 0x00, 0x3c, 0x00, 0xff, 0x00, 0x01]);
        assert_eq!(out[8..], [0; 56]);
    }

    #[test]
    fn limits_of_a_disk_that_has_everything() {
        let disk = Profile {
            limits: Limits {
                max_transfer: 0x0000_2000,
                optimal_transfer: 0x0000_0800,
                optimal_exponent: 3,
                max_write_same: 0x0001_0002_0003_0004,
            },
            atomic: Atomic {
                max_length: 0x80,
                alignment: 2,
                granularity: 4,
                max_length_boundary: 0x40,
                max_boundary: 0x20,
            },
            ..samples::thin_disk(UnmappedReads::Zeroes)
        };
        let mut out = [0; 64];
        assert_eq!(vpd::page(0xb0, &disk, &[], 0, &mut out), Ok(64));
        assert_eq!(out[4..8], [0x00, 0xff, 0x00, 0x08]);
        assert_eq!(out[8..16], [0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x08, 0x00]);
        assert_eq!(out[16..20], [0; 4]); // MAXIMUM PREFETCH LENGTH
        assert_eq!(
            out[20..28],
            [0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00]
        );
        assert_eq!(
            out[28..36],
            [0x00, 0x00, 0x00, 0x08, 0x80, 0x00, 0x00, 0x04]
        );
        assert_eq!(out[36..44], [0, 1, 0, 2, 0, 3, 0, 4]);
        assert_eq!(out[44..52], [0, 0, 0, 0x80, 0, 0, 0, 0x02]);
        assert_eq!(out[52..60], [0, 0, 0, 0x04, 0, 0, 0, 0x40]);
        assert_eq!(out[60..64], [0, 0, 0, 0x20]);
    }

    #[test]
    fn unmap_limits_only_with_unmap() {
        let mut disk = samples::thin_disk(UnmappedReads::Zeroes);
        disk.provisioning.unmap = false;
        let data = limits(&disk);
        assert_eq!(data[16..24], [0; 8]);
        assert_eq!(data[24..32], [0, 0, 0, 8, 0x80, 0, 0, 4]);
    }

    #[test]
    fn a_granularity_that_does_not_fit_is_not_reported() {
        let mut disk = samples::disk();
        for (exponent, field) in [(15, [0x80, 0x00]), (16, [0, 0]), (255, [0, 0])] {
            disk.limits.optimal_exponent = exponent;
            assert_eq!(limits(&disk)[2..4], field);
        }
    }

    #[test]
    fn characteristics_page() {
        let mut out = [0xaa; 64];
        assert_eq!(vpd::page(0xb1, &samples::disk(), &[], 0, &mut out), Ok(64));
        assert_eq!(
            out[..9],
            [0x00, 0xb1, 0x00, 0x3c, 0x00, 0x01, 0x00, 0x00, 0x03]
        );
        assert_eq!(out[9..], [0; 55]);
        let disk = Profile {
            rotation_rate: 7200,
            ..samples::thin_disk(UnmappedReads::Zeroes)
        };
        assert_eq!(characteristics(&disk)[..5], [0x1c, 0x20, 0x00, 0x50, 0x03]);
    }

    #[test]
    fn provisioning_page() {
        let mut out = [0xaa; 8];
        assert_eq!(vpd::page(0xb2, &samples::disk(), &[], 0, &mut out), Ok(8));
        assert_eq!(out, [0x00, 0xb2, 0x00, 4, 0, 0, 0, 0]);
        for (reads, flags) in [
            (UnmappedReads::Anything, 0xe0),
            (UnmappedReads::Zeroes, 0xe4),
            (UnmappedReads::Pattern, 0xe8),
        ] {
            let mut thin = samples::thin_disk(reads).provisioning;
            assert_eq!(provisioning(&thin), [0, flags, 2, 0]);
            thin.unmap = false;
            thin.write_same_10 = false;
            assert_eq!(provisioning(&thin), [0, flags & 0x5f, 2, 0]);
        }
    }

    #[test]
    fn limits_extension_reports_none() {
        let mut out = [0xaa; 64];
        assert_eq!(vpd::page(0xb7, &samples::disk(), &[], 0, &mut out), Ok(64));
        assert_eq!(out[..4], [0x00, 0xb7, 0x00, 0x3c]);
        assert_eq!(out[4..], [0; 60]);
    }
}
