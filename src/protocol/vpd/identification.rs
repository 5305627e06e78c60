// SPDX-License-Identifier: GPL-2.0

//! The VPD pages that name the unit and its ports: Device Identification and SCSI Ports (SPC-6).

use crate::protocol::{
    profile::{
        Designator,
        Identity,
        Port, //
    },
    vpd::Page, //
};

/// What a designator names, and how: the first two bytes of its descriptor.
#[derive(Clone, Copy)]
enum Type {
    /// ASCII; logical unit, T10 vendor identification.
    T10,
    /// Binary; logical unit, NAA.
    Naa,
    /// Binary; logical unit, UUID identifier.
    Uuid,
    /// Binary; target port, relative target port identifier.
    RelativePort,
    /// Binary; target port, target port group.
    PortGroup,
}

impl Type {
    /// Returns CODE SET, then ASSOCIATION and DESIGNATOR TYPE. PIV is zero: there is no transport
    /// protocol.
    const fn bytes(self) -> [u8; 2] {
        match self {
            Self::T10 => [0x02, 0x01],
            Self::Naa => [0x01, 0x03],
            Self::Uuid => [0x01, 0x0a],
            Self::RelativePort => [0x01, 0x14],
            Self::PortGroup => [0x01, 0x15],
        }
    }
}

/// Calls `put` with the type and the parts of each designator.
///
/// Vendor, product and serial number make up for a missing designator, and complete a NAA or UUID
/// one. Without a serial number they would be the same for all units of a kind, and are left out if
/// there is anything better.
fn each(identity: &Identity, port: Option<&Port>, mut put: impl FnMut(Type, &[&[u8]])) {
    let vendor: &[u8] = &identity.vendor;
    let serial = identity.serial.get();
    let product: [&[u8]; 3] = [vendor, &identity.product, serial];
    let only_number = matches!(
        identity.designator,
        Designator::Naa(_) | Designator::Uuid(_)
    );
    // In front: of a NAA designator that is locally assigned and this one Linux takes the last.
    if only_number && !serial.is_empty() {
        put(Type::T10, &product);
    }
    match &identity.designator {
        Designator::None => put(Type::T10, &product),
        Designator::Naa(naa) => put(Type::Naa, &[naa.get()]),
        Designator::Uuid(uuid) => put(Type::Uuid, &[&[0x10, 0x00], uuid]),
        Designator::T10(specific) => put(Type::T10, &[vendor, specific.get()]),
    }
    if let Some(port) = port {
        put(Type::RelativePort, &[&[0, 0], &port.relative.to_be_bytes()]);
        put(Type::PortGroup, &[&[0, 0], &port.group.to_be_bytes()]);
    }
}

/// Returns the length of a designator without the four bytes of its header.
fn length(parts: &[&[u8]]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}

/// Writes the Device Identification page of a unit that is reached through `port`.
pub(super) fn designators(page: &mut Page<'_>, identity: &Identity, port: Option<&Port>) {
    let mut total = 0;
    each(identity, port, |_, parts| total += 4 + length(parts));
    page.header(total);
    each(identity, port, |kind, parts| {
        let [code_set, association] = kind.bytes();
        // All are shorter than 100 bytes.
        let length = u8::try_from(length(parts)).unwrap_or(u8::MAX);
        page.data.put(&[code_set, association, 0x00, length]);
        for part in parts {
            page.data.put(part);
        }
    });
}

/// Writes the SCSI Ports page: the numbers of the ports, which have no names.
pub(super) fn ports(page: &mut Page<'_>, ports: &[Port]) {
    page.header(ports.len().saturating_mul(12));
    for port in ports {
        let [high, low] = port.relative.to_be_bytes();
        page.data.put(&[0x00, 0x00, high, low]);
        page.data.put(&[0; 4]); // INITIATOR PORT TRANSPORTID LENGTH: none.
        page.data.put(&[0; 4]); // TARGET PORT DESCRIPTORS LENGTH: none.
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_vpd_identification))]
mod tests {
    use super::*;
    use crate::protocol::{
        inquiry::samples,
        profile::{
            AccessState,
            Profile, //
        },
        vpd, //
    };

    /// Two ports in two groups.
    const PORTS: [Port; 2] = [
        Port {
            relative: 1,
            group: 0x0102,
            state: AccessState::Optimized,
        },
        Port {
            relative: 0x0203,
            group: 7,
            state: AccessState::Standby,
        },
    ];

    /// Returns the disk with that designator.
    fn disk(designator: Designator) -> Profile {
        let disk = samples::disk();
        Profile {
            identity: Identity {
                designator,
                ..disk.identity
            },
            ..disk
        }
    }

    #[test]
    fn without_a_designator_the_serial_number_has_to_do() {
        let mut out = [0; 64];
        let disk = disk(Designator::None);
        assert_eq!(vpd::page(0x83, &disk, &[], 0, &mut out), Ok(36));
        assert_eq!(out[..4], [0x00, 0x83, 0x00, 32]);
        assert_eq!(out[4..8], [0x02, 0x01, 0x00, 28]);
        assert_eq!(&out[8..36], b"RPMFAULTVirtual disk    SN42");
    }

    #[test]
    fn naa_and_the_port() {
        let naa = [0x31, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let mut out = [0; 64];
        let disk = disk(Designator::Naa(samples::bytes(&naa)));
        assert_eq!(vpd::page(0x83, &disk, &PORTS, 1, &mut out), Ok(64));
        assert_eq!(out[..4], [0x00, 0x83, 0x00, 60]);
        assert_eq!(out[4..8], [0x02, 0x01, 0x00, 28]);
        assert_eq!(&out[8..36], b"RPMFAULTVirtual disk    SN42");
        assert_eq!(out[36..40], [0x01, 0x03, 0x00, 8]);
        assert_eq!(out[40..48], naa);
        assert_eq!(out[48..56], [0x01, 0x14, 0x00, 4, 0, 0, 0x02, 0x03]);
        assert_eq!(out[56..64], [0x01, 0x15, 0x00, 4, 0, 0, 0x00, 0x07]);
    }

    #[test]
    fn uuid_alone_if_there_is_no_serial_number() {
        let mut out = [0; 64];
        let mut disk = disk(Designator::Uuid(*b"0123456789abcdef"));
        disk.identity.serial = samples::bytes(b"");
        assert_eq!(vpd::page(0x83, &disk, &[], 0, &mut out), Ok(26));
        assert_eq!(out[..4], [0x00, 0x83, 0x00, 22]);
        assert_eq!(out[4..10], [0x01, 0x0a, 0x00, 18, 0x10, 0x00]);
        assert_eq!(&out[10..26], b"0123456789abcdef");
    }

    #[test]
    fn t10_with_a_text_of_its_own() {
        let mut out = [0; 64];
        let disk = disk(Designator::T10(samples::bytes(b"left")));
        assert_eq!(vpd::page(0x83, &disk, &[], 0, &mut out), Ok(20));
        assert_eq!(out[..8], [0x00, 0x83, 0x00, 16, 0x02, 0x01, 0x00, 12]);
        assert_eq!(&out[8..20], b"RPMFAULTleft");
    }

    #[test]
    fn lists_all_ports() {
        let mut out = [0xaa; 32];
        assert_eq!(
            vpd::page(0x88, &samples::disk(), &PORTS, 0, &mut out),
            Ok(28)
        );
        assert_eq!(out[..4], [0x00, 0x88, 0x00, 24]);
        assert_eq!(out[4..16], [0, 0, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[16..28], [0, 0, 0x02, 0x03, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[28..], [0xaa; 4]);
    }
}
