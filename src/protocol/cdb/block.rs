// SPDX-License-Identifier: GPL-2.0

//! The commands that read, write or compare blocks (SBC-4 and SBC-5).

use crate::protocol::{
    cdb::{
        extent::lba16,
        length16,
        Cdb, //
    },
    command::{
        ByteCheck,
        CacheControl,
        Command,
        Extent, //
    },
    profile::Profile,
    sense::Sense,
};

/// Decodes READ; `options` is the byte with DPO and FUA.
pub(crate) fn read(extent: Extent, options: u8) -> Result<Command, Sense> {
    let cache = cache_control(options);
    Ok(Command::Read { extent, cache })
}

/// Decodes WRITE; `options` is the byte with DPO and FUA.
pub(crate) fn write(extent: Extent, options: u8) -> Result<Command, Sense> {
    let cache = cache_control(options);
    Ok(Command::Write { extent, cache })
}

/// Decodes ORWRITE; `options` is the byte with DPO and FUA.
pub(crate) fn or_write(extent: Extent, options: u8) -> Result<Command, Sense> {
    let cache = cache_control(options);
    Ok(Command::OrWrite { extent, cache })
}

/// Decodes WRITE AND VERIFY, whose DPO and BYTCHK are in byte 1.
pub(crate) fn write_and_verify(extent: Extent, cdb: &Cdb) -> Result<Command, Sense> {
    let check = match byte_check(cdb[1], 1)? {
        ByteCheck::OneBlock => return Err(Sense::invalid_field_bit(1, 2)),
        check => check,
    };
    Ok(Command::WriteAndVerify {
        extent,
        cache: cache_control(cdb[1]),
        check,
    })
}

/// Decodes VERIFY; `options` is the byte with DPO and BYTCHK, number `byte` of the CDB.
pub(crate) fn verify(extent: Extent, options: u8, byte: u16) -> Result<Command, Sense> {
    Ok(Command::Verify {
        extent,
        cache: cache_control(options),
        check: byte_check(options, byte)?,
    })
}

/// Decodes WRITE ATOMIC(16), whose length has but 16 bits.
pub(crate) fn write_atomic(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::WriteAtomic {
        extent: Extent {
            lba: lba16(cdb),
            blocks: u32::from(u16::from_be_bytes([cdb[12], cdb[13]])),
        },
        cache: cache_control(cdb[1]),
        boundary: u16::from_be_bytes([cdb[10], cdb[11]]),
    })
}

/// Decodes WRITE SCATTERED(16).
pub(crate) fn write_scattered_16(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::WriteScattered {
        cache: cache_control(cdb[2]),
        data_offset: u16::from_be_bytes([cdb[4], cdb[5]]),
        descriptors: u16::from_be_bytes([cdb[8], cdb[9]]),
        blocks: u32::from_be_bytes([cdb[10], cdb[11], cdb[12], cdb[13]]),
    })
}

/// Decodes WRITE SCATTERED(32).
pub(crate) fn write_scattered_32(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::WriteScattered {
        cache: cache_control(cdb[10]),
        data_offset: u16::from_be_bytes([cdb[12], cdb[13]]),
        descriptors: u16::from_be_bytes([cdb[16], cdb[17]]),
        blocks: u32::from_be_bytes([cdb[28], cdb[29], cdb[30], cdb[31]]),
    })
}

/// Decodes COMPARE AND WRITE, whose length has but 8 bits.
pub(crate) fn compare_and_write(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::CompareAndWrite {
        extent: Extent {
            lba: lba16(cdb),
            blocks: u32::from(cdb[13]),
        },
        cache: cache_control(cdb[1]),
    })
}

/// Decodes WRITE SAME; `options` is the byte with the flags, and `short` tells the (10) form, where
/// the bit of NDOB means something else and may not be set.
pub(crate) fn write_same(extent: Extent, options: u8, short: bool) -> Result<Command, Sense> {
    Ok(Command::WriteSame {
        extent,
        unmap: options & 0x08 != 0,
        anchor: options & 0x10 != 0,
        no_data: options & 0x01 != 0,
        short,
    })
}

/// Decodes UNMAP.
pub(crate) fn unmap(cdb: &Cdb, _: &Profile) -> Result<Command, Sense> {
    Ok(Command::Unmap {
        anchor: cdb[1] & 0x01 != 0,
        length: length16([cdb[7], cdb[8]]),
    })
}

/// Decodes DPO and FUA, which have the same bits in every byte that has them. Commands without FUA
/// may not have its bit set.
fn cache_control(options: u8) -> CacheControl {
    CacheControl {
        dpo: options & 0x10 != 0,
        fua: options & 0x08 != 0,
    }
}

/// Decodes BYTCHK, which is in byte number `byte` of the CDB.
fn byte_check(options: u8, byte: u16) -> Result<ByteCheck, Sense> {
    match (options >> 1) & 0x03 {
        0 => Ok(ByteCheck::Medium),
        1 => Ok(ByteCheck::Blocks),
        3 => Ok(ByteCheck::OneBlock),
        _ => Err(Sense::invalid_field_bit(byte, 2)),
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdb_block))]
mod tests {
    use super::*;
    use crate::protocol::cdb::testing::{
        disk,
        full_disk, //
    };

    /// The CDB of a 10 byte command for [`NEAR`].
    fn cdb10(code: u8, byte1: u8) -> [u8; 10] {
        [code, byte1, 1, 2, 3, 4, 0x3f, 5, 6, 0]
    }

    /// The CDB of a 12 byte command for [`NEAR`].
    fn cdb12(code: u8, byte1: u8) -> [u8; 12] {
        [code, byte1, 1, 2, 3, 4, 0, 0, 5, 6, 0x3f, 0]
    }

    /// The CDB of a 16 byte command for [`FAR`].
    fn cdb16(code: u8, byte1: u8) -> [u8; 16] {
        [code, byte1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x3f, 0]
    }

    /// The CDB of a 32 byte command for [`FAR`], with expectations about protection information.
    fn cdb32(action: u8, byte10: u8) -> [u8; 32] {
        [
            0x7f, 0, 0, 0, 0, 0, 0x3f, 0x18, 0, action, byte10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 9, 10, 11, 12,
        ]
    }

    const NEAR: Extent = Extent {
        lba: 0x0102_0304,
        blocks: 0x0506,
    };
    const FAR: Extent = Extent {
        lba: 0x0102_0304_0506_0708,
        blocks: 0x090a_0b0c,
    };
    const PLAIN: CacheControl = CacheControl {
        dpo: false,
        fua: false,
    };
    const DPO: CacheControl = CacheControl {
        dpo: true,
        fua: false,
    };
    const BOTH: CacheControl = CacheControl {
        dpo: true,
        fua: true,
    };

    #[test]
    fn decodes_reads_and_writes() {
        for (byte, cache) in [(0x00, PLAIN), (0x10, DPO), (0x18, BOTH), (0x02, PLAIN)] {
            let near = Ok(Command::Read {
                extent: NEAR,
                cache,
            });
            let far = Ok(Command::Read { extent: FAR, cache });
            assert_eq!(full_disk(&cdb10(0x28, byte)), near);
            assert_eq!(full_disk(&cdb12(0xa8, byte)), near);
            assert_eq!(full_disk(&cdb16(0x88, byte)), far);
            assert_eq!(full_disk(&cdb32(0x09, byte)), far);
            let near = Ok(Command::Write {
                extent: NEAR,
                cache,
            });
            let far = Ok(Command::Write { extent: FAR, cache });
            assert_eq!(full_disk(&cdb10(0x2a, byte)), near);
            assert_eq!(full_disk(&cdb12(0xaa, byte)), near);
            assert_eq!(full_disk(&cdb16(0x8a, byte)), far);
            assert_eq!(full_disk(&cdb32(0x0b, byte)), far);
        }
    }

    #[test]
    fn decodes_reads_and_writes_of_6_bytes() {
        let extent = Extent {
            lba: 0x1f_0203,
            blocks: 256,
        };
        let cache = PLAIN;
        assert_eq!(
            disk(&[0x08, 0x1f, 0x02, 0x03, 0x00, 0x00]),
            Ok(Command::Read { extent, cache })
        );
        assert_eq!(
            disk(&[0x0a, 0x1f, 0x02, 0x03, 0x00, 0x00]),
            Ok(Command::Write { extent, cache })
        );
        assert_eq!(
            disk(&[0x08, 0x20, 0x02, 0x03, 0x08, 0x00]),
            Err(Sense::invalid_field_bit(1, 5))
        );
    }

    #[test]
    fn dpo_and_fua_are_for_units_that_say_so() {
        for (byte, bit) in [(0x10, 4), (0x08, 3), (0x18, 4)] {
            for code in [0x28, 0x2a] {
                assert_eq!(
                    disk(&cdb10(code, byte)),
                    Err(Sense::invalid_field_bit(1, bit))
                );
            }
            for code in [0x88, 0x8a, 0x8b] {
                assert_eq!(
                    disk(&cdb16(code, byte)),
                    Err(Sense::invalid_field_bit(1, bit))
                );
            }
            assert_eq!(
                disk(&cdb32(0x09, byte)),
                Err(Sense::invalid_field_bit(10, bit))
            );
        }
        for code in [0x2e, 0x2f] {
            assert_eq!(
                disk(&cdb10(code, 0x10)),
                Err(Sense::invalid_field_bit(1, 4))
            );
            // They have no FUA anyway.
            assert_eq!(
                full_disk(&cdb10(code, 0x08)),
                Err(Sense::invalid_field_bit(1, 3))
            );
        }
    }

    #[test]
    fn decodes_write_and_verify() {
        for (byte, cache, check) in [
            (0x00, PLAIN, ByteCheck::Medium),
            (0x12, DPO, ByteCheck::Blocks),
        ] {
            let near = Ok(Command::WriteAndVerify {
                extent: NEAR,
                cache,
                check,
            });
            assert_eq!(full_disk(&cdb10(0x2e, byte)), near);
            assert_eq!(full_disk(&cdb12(0xae, byte)), near);
            assert_eq!(
                full_disk(&cdb16(0x8e, byte)),
                Ok(Command::WriteAndVerify {
                    extent: FAR,
                    cache,
                    check,
                })
            );
        }
        for byte in [0x04, 0x06] {
            assert_eq!(
                full_disk(&cdb10(0x2e, byte)),
                Err(Sense::invalid_field_bit(1, 2))
            );
        }
    }

    #[test]
    fn decodes_verify() {
        for (byte, cache, check) in [
            (0x00, PLAIN, ByteCheck::Medium),
            (0x02, PLAIN, ByteCheck::Blocks),
            (0x16, DPO, ByteCheck::OneBlock),
        ] {
            let near = Ok(Command::Verify {
                extent: NEAR,
                cache,
                check,
            });
            let far = Ok(Command::Verify {
                extent: FAR,
                cache,
                check,
            });
            assert_eq!(full_disk(&cdb10(0x2f, byte)), near);
            assert_eq!(full_disk(&cdb12(0xaf, byte)), near);
            assert_eq!(full_disk(&cdb16(0x8f, byte)), far);
            assert_eq!(full_disk(&cdb32(0x0a, byte)), far);
        }
        assert_eq!(
            full_disk(&cdb16(0x8f, 0x04)),
            Err(Sense::invalid_field_bit(1, 2))
        );
        assert_eq!(
            full_disk(&cdb32(0x0a, 0x04)),
            Err(Sense::invalid_field_bit(10, 2))
        );
    }

    #[test]
    fn decodes_commands_about_the_cache() {
        // IMMED, and SYNC_NV where there is one.
        assert_eq!(disk(&cdb10(0x34, 0x02)), Ok(Command::PreFetch(NEAR)));
        assert_eq!(disk(&cdb16(0x90, 0x02)), Ok(Command::PreFetch(FAR)));
        assert_eq!(
            disk(&cdb10(0x35, 0x06)),
            Ok(Command::SynchronizeCache(NEAR))
        );
        assert_eq!(disk(&cdb16(0x91, 0x06)), Ok(Command::SynchronizeCache(FAR)));
    }

    #[test]
    fn decodes_or_write_and_compare_and_write() {
        assert_eq!(
            full_disk(&cdb16(0x8b, 0x18)),
            Ok(Command::OrWrite {
                extent: FAR,
                cache: BOTH,
            })
        );
        assert_eq!(
            full_disk(&[0x89, 0x18, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 255, 0x3f, 0]),
            Ok(Command::CompareAndWrite {
                extent: Extent {
                    lba: FAR.lba,
                    blocks: 255,
                },
                cache: BOTH,
            })
        );
    }

    #[test]
    fn decodes_write_atomic() {
        assert_eq!(
            full_disk(&[0x9c, 0x18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x3f, 0]),
            Ok(Command::WriteAtomic {
                extent: Extent {
                    lba: FAR.lba,
                    blocks: 0x0b0c,
                },
                cache: BOTH,
                boundary: 0x090a,
            })
        );
    }

    #[test]
    fn decodes_write_scattered() {
        let wanted = Ok(Command::WriteScattered {
            cache: DPO,
            data_offset: 0x0102,
            descriptors: 0x0304,
            blocks: 0x0506_0708,
        });
        assert_eq!(
            full_disk(&[0x9f, 0x12, 0x10, 0, 1, 2, 0, 0, 3, 4, 5, 6, 7, 8, 0x3f, 0]),
            wanted
        );
        let mut cdb = [0; 32];
        cdb[0] = 0x7f;
        cdb[6] = 0x3f;
        cdb[7] = 0x18;
        cdb[9] = 0x11;
        cdb[10] = 0x10;
        cdb[12..14].copy_from_slice(&[1, 2]);
        cdb[16..18].copy_from_slice(&[3, 4]);
        cdb[28..32].copy_from_slice(&[5, 6, 7, 8]);
        assert_eq!(full_disk(&cdb), wanted);
        assert_eq!(
            full_disk(&[0x9f, 0x12, 0x20, 0, 1, 2, 0, 0, 3, 4, 5, 6, 7, 8, 0x3f, 0]),
            Err(Sense::invalid_field_bit(2, 7))
        );
    }

    #[test]
    fn decodes_write_same() {
        for (byte, unmap, no_data) in [
            (0x00, false, false),
            (0x08, true, false),
            (0x09, true, true),
        ] {
            let far = Ok(Command::WriteSame {
                extent: FAR,
                unmap,
                anchor: false,
                no_data,
                short: false,
            });
            assert_eq!(full_disk(&cdb16(0x93, byte)), far);
            assert_eq!(full_disk(&cdb32(0x0d, byte)), far);
        }
        assert_eq!(
            full_disk(&cdb10(0x41, 0x08)),
            Ok(Command::WriteSame {
                extent: NEAR,
                unmap: true,
                anchor: false,
                no_data: false,
                short: true,
            })
        );
        // ANCHOR, LBDATA, PBDATA, and in the (10) form the bit that is NDOB in others.
        for (byte, bit) in [(0x18, 4), (0x04, 2), (0x02, 1), (0x01, 0)] {
            assert_eq!(
                full_disk(&cdb10(0x41, byte)),
                Err(Sense::invalid_field_bit(1, bit))
            );
        }
        for (byte, bit) in [(0x08, 3), (0x01, 0)] {
            assert_eq!(
                disk(&cdb10(0x41, byte)),
                Err(Sense::invalid_field_bit(1, bit))
            );
            assert_eq!(
                disk(&cdb16(0x93, byte)),
                Err(Sense::invalid_field_bit(1, bit))
            );
            assert_eq!(
                disk(&cdb32(0x0d, byte)),
                Err(Sense::invalid_field_bit(10, bit))
            );
        }
    }

    #[test]
    fn decodes_unmap() {
        assert_eq!(
            full_disk(&[0x42, 0, 0, 0, 0, 0, 0x3f, 0x01, 0x08, 0]),
            Ok(Command::Unmap {
                anchor: false,
                length: 0x108,
            })
        );
        assert_eq!(
            full_disk(&[0x42, 0x01, 0, 0, 0, 0, 0, 0, 8, 0]),
            Err(Sense::invalid_field_bit(1, 0))
        );
    }
}
