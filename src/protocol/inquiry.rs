// SPDX-License-Identifier: GPL-2.0

//! INQUIRY standard data (SPC-6, standard INQUIRY data).

use crate::protocol::{
    buf::Writer,
    profile::{
        Kind,
        Profile, //
    }, //
};

/// SAM-5 and SPC-4, "no version claimed" of each (SPC-6, version descriptors), as the VERSION field
/// says it.
const PRIMARY: [u16; 2] = [0x00a0, 0x0460];
/// SBC-3, the command set of the same generation, which is also the latest that test suites know.
const SBC_3: u16 = 0x04c0;
/// MMC-6.
const MMC_6: u16 = 0x04e0;

/// Writes standard INQUIRY data into `out` and returns how many bytes of it are valid.
///
/// `present` says whether a unit is connected: if not, the answer has peripheral qualifier 3 and
/// device type 1Fh, and what remains describes the target. `tpgs` says that the unit is reached
/// through target port groups with states of their own, which both the unit and the initiator
/// change; it has several ports then.
pub(crate) fn standard(profile: &Profile, present: bool, tpgs: bool, out: &mut [u8]) -> usize {
    let mut data = Writer::new(out);
    data.put(&[
        // CAST: a fieldless `repr(u8)` enum.
        if present { profile.kind as u8 } else { 0x7f },
        if present && profile.removable {
            0x80
        } else {
            0x00
        }, // RMB
        0x06,                           // VERSION: SPC-4.
        0x12,                           // HISUP; RESPONSE DATA FORMAT 2.
        69,                             // ADDITIONAL LENGTH: up to byte 73.
        if tpgs { 0x30 } else { 0x00 }, // TPGS: implicit and explicit.
        if tpgs { 0x10 } else { 0x00 }, // MULTIP
        0x02,                           // CMDQUE
    ]);
    data.put(&profile.identity.vendor);
    data.put(&profile.identity.product);
    data.put(&profile.identity.revision);
    data.put(&[0; 22]); // Vendor specific and reserved, bytes 36 to 57.
    for version in PRIMARY {
        data.put(&version.to_be_bytes());
    }
    let commands = match profile.kind {
        Kind::Disk => SBC_3,
        Kind::Cdrom => MMC_6,
    };
    data.put(&commands.to_be_bytes());
    data.put(&[0; 10]); // Version descriptors 4 to 8.
    data.len()
}

/// Units that the tests of the parameter data describe.
#[cfg(any(test, CONFIG_KUNIT = "y"))]
pub(crate) mod samples {
    use crate::protocol::profile::{
        Atomic,
        Bytes,
        Designator,
        Identity,
        Kind,
        Limits,
        Profile,
        Provisioning,
        UnmappedReads, //
    };

    /// Returns `text` as a short text.
    pub(crate) fn bytes<const N: usize>(text: &[u8]) -> Bytes<N> {
        Bytes::new(text).unwrap()
    }

    /// Returns a plain disk of 512 byte blocks, fully provisioned and without optional commands.
    pub(crate) fn disk() -> Profile {
        Profile {
            kind: Kind::Disk,
            identity: Identity {
                vendor: *b"RPMFAULT",
                product: *b"Virtual disk    ",
                revision: *b"0001",
                serial: bytes(b"SN42"),
                designator: Designator::None,
            },
            removable: false,
            block_size: 512,
            physical_exponent: 0,
            lowest_aligned: 0,
            rotation_rate: 1,
            write_cache: true,
            dpofua: true,
            descriptor_sense: false,
            provisioning: Provisioning {
                unmap: false,
                write_same_16: false,
                write_same_10: false,
                reads: UnmappedReads::Zeroes,
                granularity: 1,
                alignment: 0,
                max_blocks: 0x0010_0000,
                max_descriptors: 256,
            },
            limits: Limits {
                max_transfer: 0,
                optimal_transfer: 0,
                optimal_exponent: 0,
                max_write_same: 0,
            },
            atomic: Atomic {
                max_length: 0,
                alignment: 0,
                granularity: 0,
                max_length_boundary: 0,
                max_boundary: 0,
            },
        }
    }

    /// Returns a thin disk with all commands that unmap, and granules of 8 blocks from block 4 on.
    pub(crate) fn thin_disk(reads: UnmappedReads) -> Profile {
        let plain = disk();
        Profile {
            provisioning: Provisioning {
                unmap: true,
                write_same_16: true,
                write_same_10: true,
                reads,
                granularity: 8,
                alignment: 4,
                ..plain.provisioning
            },
            ..plain
        }
    }

    /// Returns a CD drive.
    pub(crate) fn cdrom() -> Profile {
        Profile {
            kind: Kind::Cdrom,
            removable: true,
            block_size: 2048,
            write_cache: false,
            dpofua: false,
            ..disk()
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_inquiry))]
mod tests {
    use super::*;

    #[test]
    fn describes_a_disk() {
        let mut out = [0xaa; 96];
        assert_eq!(standard(&samples::disk(), true, false, &mut out), 74);
        assert_eq!(out[..8], [0x00, 0x00, 0x06, 0x12, 69, 0x00, 0x00, 0x02]);
        assert_eq!(&out[8..36], b"RPMFAULTVirtual disk    0001");
        assert_eq!(out[36..58], [0; 22]);
        assert_eq!(out[58..64], [0x00, 0xa0, 0x04, 0x60, 0x04, 0xc0]);
        assert_eq!(out[64..74], [0; 10]);
        assert_eq!(out[74..], [0xaa; 22]);
    }

    #[test]
    fn describes_a_removable_disk_with_target_port_groups() {
        let disk = Profile {
            removable: true,
            ..samples::disk()
        };
        let mut out = [0; 74];
        assert_eq!(standard(&disk, true, true, &mut out), 74);
        assert_eq!(out[..8], [0x00, 0x80, 0x06, 0x12, 69, 0x30, 0x10, 0x02]);
    }

    #[test]
    fn describes_a_cd_drive() {
        let mut out = [0; 74];
        assert_eq!(standard(&samples::cdrom(), true, false, &mut out), 74);
        assert_eq!(out[..8], [0x05, 0x80, 0x06, 0x12, 69, 0x00, 0x00, 0x02]);
        assert_eq!(out[58..64], [0x00, 0xa0, 0x04, 0x60, 0x04, 0xe0]);
    }

    #[test]
    fn says_that_there_is_no_unit() {
        let mut out = [0; 74];
        assert_eq!(standard(&samples::cdrom(), false, false, &mut out), 74);
        assert_eq!(out[..8], [0x7f, 0x00, 0x06, 0x12, 69, 0x00, 0x00, 0x02]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 5];
        assert_eq!(standard(&samples::disk(), true, false, &mut out), 5);
        assert_eq!(out, [0x00, 0x00, 0x06, 0x12, 69]);
        assert_eq!(standard(&samples::disk(), true, false, &mut []), 0);
    }
}
