// SPDX-License-Identifier: GPL-2.0

//! Other identities for one logical unit.

use crate::protocol::profile::{
    Bytes,
    Designator,
    Identity, //
};

/// Returns who else a unit can be that was configured to be `configured`: somebody else for each
/// `number`, and the same one for the same number.
///
/// Vendor, product and revision stay. The serial number ends with the number, and so does a textual
/// designator, in place of the end of one of full length, which must not end like that already; a
/// binary one has it mixed into bytes in the middle, so that it is neither that of the
/// next unit in a row of units, nor one of another kind.
pub(super) fn another(configured: &Identity, number: u32) -> Identity {
    let mut other = *configured;
    other.serial = numbered(&configured.serial, number);
    other.designator = match &configured.designator {
        Designator::None => Designator::None,
        Designator::Naa(naa) => {
            let mut bytes = [0; 16];
            copy(&mut bytes, naa.get());
            mix(&mut bytes, number);
            let mixed = bytes.get(..naa.get().len()).and_then(Bytes::new);
            Designator::Naa(mixed.unwrap_or(*naa))
        }
        Designator::Uuid(uuid) => {
            let mut bytes = *uuid;
            mix(&mut bytes, number);
            Designator::Uuid(bytes)
        }
        Designator::T10(text) => Designator::T10(numbered(text, number)),
    };
    other
}

/// Copies as much as fits.
fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// Mixes a number into bytes 2 to 5, which are those of a vendor or of a clock.
fn mix(bytes: &mut [u8; 16], number: u32) {
    let places = bytes.iter_mut().skip(2);
    places
        .zip(number.to_be_bytes())
        .for_each(|(byte, mixed)| *byte ^= mixed);
}

/// Returns a text that ends with a number, in place of its own end if it would get too long.
fn numbered<const N: usize>(text: &Bytes<N>, number: u32) -> Bytes<N> {
    // A dot and ten digits.
    const ENDING: usize = 11;

    let mut digits = [0; ENDING];
    let mut first = ENDING;
    let mut rest = number;
    loop {
        first = first.saturating_sub(1);
        if let (Some(digit), Ok(value)) = (digits.get_mut(first), u8::try_from(rest % 10)) {
            *digit = b'0' + value;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    first = first.saturating_sub(1);
    if let Some(dot) = digits.get_mut(first) {
        *dot = b'.';
    }
    let ending = digits.get(first..).unwrap_or_default();
    let kept = text.get().len().min(N.saturating_sub(ending.len()));
    let mut bytes = [0; N];
    copy(&mut bytes, text.get());
    copy(bytes.get_mut(kept..).unwrap_or_default(), ending);
    let whole = bytes.get(..kept.saturating_add(ending.len()));
    whole.and_then(Bytes::new).unwrap_or(*text)
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_identity))]
mod tests {
    use super::*;
    use crate::protocol::inquiry::samples::{
        bytes,
        disk, //
    };

    #[test]
    fn serial_numbers_end_with_the_number() {
        let identity = disk().identity;
        assert_eq!(another(&identity, 1).serial.get(), b"SN42.1");
        assert_eq!(another(&identity, 10).serial.get(), b"SN42.10");
        assert_eq!(
            another(&identity, u32::MAX).serial.get(),
            b"SN42.4294967295"
        );
        assert_eq!(numbered(&bytes::<4>(b""), 0).get(), b".0");
        assert_eq!(numbered(&bytes::<4>(b"abcd"), 7).get(), b"ab.7");
        assert_eq!(numbered(&bytes::<4>(b"abc"), 7).get(), b"ab.7");
    }

    #[test]
    fn designators_stay_what_they_are() {
        let mut identity = disk().identity;
        let other = another(&identity, 2);
        assert_eq!(other.designator, Designator::None);
        assert_eq!(other.vendor, identity.vendor);

        identity.designator = Designator::Naa(bytes(&[0x30, 0, 0, 0, 0, 0, 0, 9]));
        assert_eq!(
            another(&identity, 2).designator,
            Designator::Naa(bytes(&[0x30, 0, 0, 0, 0, 2, 0, 9]))
        );
        identity.designator = Designator::Uuid([0xff; 16]);
        let mut uuid = [0xff; 16];
        uuid[5] = 0xfd;
        assert_eq!(another(&identity, 2).designator, Designator::Uuid(uuid));
        identity.designator = Designator::T10(bytes(b"x"));
        assert_eq!(
            another(&identity, 2).designator,
            Designator::T10(bytes(b"x.2"))
        );
    }
}
