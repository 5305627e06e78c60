// SPDX-License-Identifier: GPL-2.0

//! What commands need of a logical unit that somebody has reserved (SPC-6, SBC-4 and MMC-6,
//! commands that are allowed in the presence of various reservations).

use crate::protocol::command::{
    Command,
    PowerRequest, //
};

/// How a command gets along with reservations of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::unit) enum Access {
    /// Nothing keeps it from being processed.
    Always,
    /// It looks at the unit: only RESERVE (SPC-2) keeps it from being processed.
    Status,
    /// It reads: a reservation that only excludes writes lets it pass.
    Read,
    /// It changes something.
    Write,
    /// PERSISTENT RESERVE IN and OUT. The latter's service actions look at registrations
    /// themselves; neither is processed while RESERVE (SPC-2) is in effect, whoever holds it.
    PersistentReserve,
}

/// Returns what a command needs.
///
/// RELEASE needs nothing, as it has no effect where it does not belong.
pub(in crate::unit) fn access(command: &Command) -> Access {
    match command {
        Command::Inquiry { .. }
        | Command::ReportLuns { .. }
        | Command::RequestSense { .. }
        | Command::ReadCapacity10
        | Command::ReadCapacity16 { .. }
        | Command::Release
        | Command::PreventAllow { prevent: false }
        | Command::StartStopUnit {
            request:
                PowerRequest::StartStop {
                    start: true,
                    load_eject: false,
                },
            ..
        }
        | Command::GetConfiguration { .. }
        | Command::GetEventStatus { .. }
        | Command::MechanismStatus { .. } => Access::Always,

        Command::TestUnitReady
        | Command::LogSense { .. }
        | Command::ReportTargetPortGroups { .. } => Access::Status,

        Command::PersistentReserveIn { .. } | Command::PersistentReserveOut { .. } => {
            Access::PersistentReserve
        }

        Command::ModeSense { .. }
        | Command::ReportSupportedOpcodes { .. }
        | Command::ReportSupportedTmfs { .. }
        | Command::ReadBuffer { .. }
        | Command::Read { .. }
        | Command::Verify { .. }
        | Command::PreFetch(_)
        | Command::GetLbaStatus { .. }
        | Command::GetStreamStatus { .. }
        | Command::ReadDefectData { .. }
        | Command::ReadToc { .. }
        | Command::ReadDiscInformation { .. }
        | Command::ReadTrackInformation { .. }
        | Command::ReadCd { .. } => Access::Read,

        Command::ModeSelect { .. }
        | Command::LogSelect { .. }
        | Command::SetTargetPortGroups { .. }
        | Command::Reserve
        | Command::PreventAllow { prevent: true }
        | Command::SendDiagnostic { .. }
        | Command::WriteBuffer { .. }
        | Command::Write { .. }
        | Command::WriteAndVerify { .. }
        | Command::WriteAtomic { .. }
        | Command::WriteScattered { .. }
        | Command::OrWrite { .. }
        | Command::CompareAndWrite { .. }
        | Command::SynchronizeCache(_)
        | Command::WriteSame { .. }
        | Command::Unmap { .. }
        | Command::StartStopUnit { .. }
        | Command::FormatUnit { .. }
        | Command::Sanitize { .. }
        | Command::SetCdSpeed => Access::Write,
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_access))]
mod tests {
    use super::*;

    #[test]
    fn starting_and_allowing_is_for_all() {
        let start = |start, load_eject| Command::StartStopUnit {
            immediate: false,
            no_flush: false,
            request: PowerRequest::StartStop { start, load_eject },
        };
        assert_eq!(access(&start(true, false)), Access::Always);
        assert_eq!(access(&start(false, false)), Access::Write);
        assert_eq!(access(&start(true, true)), Access::Write);
        assert_eq!(
            access(&Command::PreventAllow { prevent: false }),
            Access::Always
        );
        assert_eq!(
            access(&Command::PreventAllow { prevent: true }),
            Access::Write
        );
    }
}
