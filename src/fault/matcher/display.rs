// SPDX-License-Identifier: GPL-2.0

//! Conditions as text.

use core::fmt;

use crate::fault::matcher::{
    values::CdbBytes,
    Condition,
    Matches, //
};

/// Prints a condition.
pub(super) struct Text<'a>(pub(super) &'a Matches, pub(super) Condition);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Prints a value, or `any`.
        fn or_any(f: &mut fmt::Formatter<'_>, value: Option<impl fmt::Display>) -> fmt::Result {
            match value {
                Some(value) => write!(f, "{value}"),
                None => f.write_str("any"),
            }
        }
        let bytes = |bytes: CdbBytes| (bytes != CdbBytes::EMPTY).then_some(bytes);
        let Self(matches, condition) = self;
        match condition {
            Condition::Lun => write!(f, "{}", matches.lun),
            Condition::Opcode => write!(f, "{}", matches.opcode),
            Condition::CdbMask => or_any(f, bytes(matches.cdb_mask)),
            Condition::CdbValue => or_any(f, bytes(matches.cdb_value)),
            Condition::Lba => write!(f, "{}", matches.lba),
            Condition::Len => write!(f, "{}", matches.len),
            Condition::Direction => or_any(f, matches.direction),
            Condition::Origin => or_any(f, matches.origin),
            Condition::Hwq => write!(f, "{}", matches.hwq),
            Condition::Cpu => write!(f, "{}", matches.cpu),
            Condition::Tag => write!(f, "{}", matches.tag),
            Condition::Polled => or_any(f, matches.polled),
            Condition::Retries => or_any(f, matches.retries),
            Condition::Qfull => or_any(f, matches.qfull),
            Condition::RpmState => or_any(f, matches.rpm_state),
            Condition::LinkState => or_any(f, matches.link_state),
            Condition::PmEvent => write!(f, "{}", matches.pm_event),
        }
    }
}
