// SPDX-License-Identifier: GPL-2.0

//! Target port groups: REPORT TARGET PORT GROUPS and SET TARGET PORT GROUPS (SPC-6).

use crate::protocol::{
    buf::Writer,
    profile::{
        AccessState,
        Port, //
    },
    sense::Sense, //
};

/// The states that a group can have: T_SUP, U_SUP, S_SUP, AN_SUP and AO_SUP.
const SUPPORTED: u8 = 0x8f;

/// Returns the numbers of the groups in ascending order, each once.
fn groups(ports: &[Port]) -> impl Iterator<Item = u16> + Clone + '_ {
    let next = |last: Option<u16>| {
        let above = |group: &u16| last.is_none_or(|last| *group > last);
        ports.iter().map(|port| port.group).filter(above).min()
    };
    core::iter::successors(next(None), move |last| next(Some(*last)))
}

/// Writes REPORT TARGET PORT GROUPS parameter data into `out` and returns how many bytes of it are
/// valid.
///
/// `extended` asks for the extended header. STATUS CODE is always 00h, "no status available".
pub(crate) fn report(ports: &[Port], extended: bool, out: &mut [u8]) -> usize {
    let header = if extended { 4 } else { 0 };
    let length = header + 8 * groups(ports).count() + 4 * ports.len();

    let mut data = Writer::new(out);
    data.put(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    if extended {
        // FORMAT TYPE 1; IMPLICIT TRANSITION TIME not specified.
        data.put(&[0x10, 0x00, 0x00, 0x00]);
    }
    for group in groups(ports) {
        let members = ports.iter().filter(|port| port.group == group);
        let state = members.clone().next().map(|port| port.state);
        let [high, low] = group.to_be_bytes();
        data.put(&[
            // CAST: a fieldless `repr(u8)` enum. PREF is zero.
            state.unwrap_or(AccessState::Optimized) as u8,
            SUPPORTED,
            high,
            low,
            0x00,
            0x00, // STATUS CODE
            0x00,
            // There are not more ports than nexuses.
            u8::try_from(members.clone().count()).unwrap_or(u8::MAX),
        ]);
        for port in members {
            let [high, low] = port.relative.to_be_bytes();
            data.put(&[0x00, 0x00, high, low]);
        }
    }
    data.len()
}

/// Parses a SET TARGET PORT GROUPS parameter list, and returns the groups with the states they are
/// to have. Descriptor `n`, from 0, is at byte `4 + 4 * n` of the list, with TARGET PORT GROUP two
/// bytes further on. Whether there are such groups is not checked. An empty list has none.
///
/// # Errors
///
/// Returns PARAMETER LIST LENGTH ERROR unless the list consists of its header and whole
/// descriptors, and INVALID FIELD IN PARAMETER LIST for a state that groups do not have or, as with
/// transitioning, that nobody can ask for.
pub(crate) fn parse_set(
    list: &[u8],
) -> Result<impl Iterator<Item = (u16, AccessState)> + Clone + '_, Sense> {
    let descriptors = match list {
        [] => list,
        [_, _, _, _, descriptors @ ..] => descriptors,
        _ => return Err(Sense::PARAMETER_LIST_LENGTH_ERROR),
    }
    .chunks_exact(4);
    if !descriptors.remainder().is_empty() {
        return Err(Sense::PARAMETER_LIST_LENGTH_ERROR);
    }
    for (index, descriptor) in descriptors.clone().enumerate() {
        if parse_descriptor(descriptor).is_none() {
            let byte = index.saturating_mul(4).saturating_add(4);
            let byte = u16::try_from(byte).unwrap_or(u16::MAX);
            return Err(Sense::invalid_parameter_bit(byte, 3));
        }
    }
    Ok(descriptors.filter_map(parse_descriptor))
}

/// Parses a set target port group descriptor; `None` for a state that cannot be asked for.
fn parse_descriptor(descriptor: &[u8]) -> Option<(u16, AccessState)> {
    let [state, _, high, low] = descriptor else {
        return None;
    };
    let state = match state & 0x0f {
        0x0 => AccessState::Optimized,
        0x1 => AccessState::NonOptimized,
        0x2 => AccessState::Standby,
        0x3 => AccessState::Unavailable,
        _ => return None,
    };
    Some((u16::from_be_bytes([*high, *low]), state))
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_ports))]
mod tests {
    use super::*;

    /// Returns a port.
    const fn port(relative: u16, group: u16, state: AccessState) -> Port {
        Port {
            relative,
            group,
            state,
        }
    }

    /// Three ports in two groups.
    const PORTS: [Port; 3] = [
        port(1, 0x0102, AccessState::Transitioning),
        port(2, 7, AccessState::Standby),
        port(0x0304, 0x0102, AccessState::Transitioning),
    ];

    #[test]
    fn reports_each_group_once_in_ascending_order() {
        let mut out = [0xaa; 36];
        assert_eq!(report(&PORTS, false, &mut out), 32);
        assert_eq!(out[..4], [0, 0, 0, 28]);
        assert_eq!(out[4..12], [0x02, 0x8f, 0x00, 0x07, 0, 0, 0, 1]);
        assert_eq!(out[12..16], [0, 0, 0x00, 0x02]);
        assert_eq!(out[16..24], [0x0f, 0x8f, 0x01, 0x02, 0, 0, 0, 2]);
        assert_eq!(out[24..32], [0, 0, 0x00, 0x01, 0, 0, 0x03, 0x04]);
        assert_eq!(out[32..], [0xaa; 4]);
    }

    #[test]
    fn extended_header() {
        let mut out = [0; 36];
        assert_eq!(report(&PORTS[1..2], true, &mut out), 20);
        assert_eq!(out[..8], [0, 0, 0, 16, 0x10, 0, 0, 0]);
        assert_eq!(out[8..16], [0x02, 0x8f, 0x00, 0x07, 0, 0, 0, 1]);
        assert_eq!(report(&[], true, &mut out), 8);
        assert_eq!(out[..8], [0, 0, 0, 4, 0x10, 0, 0, 0]);
    }

    #[test]
    fn is_cut_with_its_length_unchanged() {
        let mut out = [0; 5];
        assert_eq!(report(&PORTS, false, &mut out), 5);
        assert_eq!(out, [0, 0, 0, 28, 0x02]);
    }

    /// Checks what a parameter list says.
    fn check(list: &[u8], expected: Result<&[(u16, AccessState)], Sense>) {
        match (parse_set(list), expected) {
            (Ok(groups), Ok(expected)) => assert!(groups.eq(expected.iter().copied())),
            (groups, expected) => assert_eq!(groups.err(), expected.err()),
        }
    }

    #[test]
    fn parses_a_list() {
        let list = [0, 0, 0, 0, 0x00, 0, 0x01, 0x02, 0x02, 0, 0x00, 0x07];
        let groups = [(0x0102, AccessState::Optimized), (7, AccessState::Standby)];
        check(&list, Ok(&groups));
        check(&[0, 0, 0, 0], Ok(&[]));
        check(&[], Ok(&[]));
        let list = [0, 0, 0, 0, 1, 0, 0, 1, 3, 0, 0, 2];
        let groups = [
            (1, AccessState::NonOptimized),
            (2, AccessState::Unavailable),
        ];
        check(&list, Ok(&groups));
    }

    #[test]
    fn refuses_lists_that_are_not_whole_descriptors() {
        for len in [1, 3, 5, 7, 9] {
            let list = [0; 9];
            let list = list.get(..len).unwrap_or_default();
            check(list, Err(Sense::PARAMETER_LIST_LENGTH_ERROR));
        }
    }

    #[test]
    fn refuses_states_that_cannot_be_asked_for() {
        for state in [0x4, 0x5, 0xe, 0xf] {
            let list = [0, 0, 0, 0, 0, 0, 0, 1, state, 0, 0, 2];
            check(&list, Err(Sense::invalid_parameter_bit(8, 3)));
        }
    }
}
