// SPDX-License-Identifier: GPL-2.0

//! What commands need of a logical unit: its medium, the right to write, an accessible port.

use crate::{
    protocol::{
        command::Command,
        profile::AccessState,
        sense::Sense, //
    },
    unit::cdrom, //
};

/// Returns whether a command needs a medium that is ready.
pub(super) fn needs_medium(command: &Command) -> bool {
    matches!(
        command,
        Command::TestUnitReady | Command::ReadCapacity10 | Command::ReadCapacity16 { .. }
    ) || uses_medium(command)
}

/// Returns whether a command uses the medium, for which it has to spin.
pub(super) fn uses_medium(command: &Command) -> bool {
    matches!(
        command,
        Command::Read { .. }
            | Command::Verify { .. }
            | Command::PreFetch(_)
            | Command::SynchronizeCache(_)
            | Command::GetLbaStatus { .. }
            | Command::GetStreamStatus { .. }
    ) || writes(command)
        || cdrom::needs_medium(command)
}

/// Returns whether a command changes what is on the medium, or would if there were any blocks to
/// change in it.
pub(super) fn writes(command: &Command) -> bool {
    matches!(
        command,
        Command::Write { .. }
            | Command::WriteAndVerify { .. }
            | Command::WriteAtomic { .. }
            | Command::WriteScattered { .. }
            | Command::OrWrite { .. }
            | Command::CompareAndWrite { .. }
            | Command::WriteSame { .. }
            | Command::Unmap { .. }
            | Command::FormatUnit { .. }
            | Command::Sanitize { .. }
    )
}

/// Checks whether a port whose group is in that state lets a command pass (SPC-6, target port
/// asymmetric access states).
///
/// READ CAPACITY passes on a standby port, so that initiators see what is there.
///
/// # Errors
///
/// Returns NOT READY with the state.
pub(super) fn check_access_state(state: AccessState, command: &Command) -> Result<(), Sense> {
    let (refused, passes) = match state {
        AccessState::Optimized | AccessState::NonOptimized => return Ok(()),
        AccessState::Standby => (Sense::STANDBY_PORT, passes_standby(command)),
        AccessState::Unavailable => (
            Sense::UNAVAILABLE_PORT,
            passes_always(command) || matches!(command, Command::SetTargetPortGroups { .. }),
        ),
        AccessState::Transitioning => (Sense::TRANSITION, passes_always(command)),
    };
    if passes {
        Ok(())
    } else {
        Err(refused)
    }
}

/// Returns whether a command passes whatever the state is.
fn passes_always(command: &Command) -> bool {
    matches!(
        command,
        Command::Inquiry { .. }
            | Command::ReportLuns { .. }
            | Command::ReportTargetPortGroups { .. }
            | Command::RequestSense { .. }
            | Command::ReadBuffer { .. }
            | Command::WriteBuffer { .. }
    )
}

/// Returns whether a command passes a standby port.
fn passes_standby(command: &Command) -> bool {
    passes_always(command)
        || matches!(
            command,
            Command::SetTargetPortGroups { .. }
                | Command::LogSelect { .. }
                | Command::LogSense { .. }
                | Command::ModeSelect { .. }
                | Command::ModeSense { .. }
                | Command::PersistentReserveIn { .. }
                | Command::PersistentReserveOut { .. }
                | Command::ReadCapacity10
                | Command::ReadCapacity16 { .. }
                | Command::ReportSupportedOpcodes { .. }
                | Command::ReportSupportedTmfs { .. }
                | Command::SendDiagnostic { .. }
        )
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_needs))]
mod tests {
    use super::*;

    const SET: Command = Command::SetTargetPortGroups { length: 0 };
    const INQUIRY: Command = Command::Inquiry {
        page: None,
        allocation_length: 0,
    };

    #[test]
    fn what_writes_uses_the_medium_and_needs_it() {
        let unmap = Command::Unmap {
            anchor: false,
            length: 0,
        };
        assert!(writes(&unmap) && uses_medium(&unmap) && needs_medium(&unmap));
        let ready = Command::TestUnitReady;
        assert!(!writes(&ready) && !uses_medium(&ready) && needs_medium(&ready));
        assert!(!needs_medium(&INQUIRY));
    }

    #[test]
    fn access_states_let_less_and_less_pass() {
        let ready = Command::TestUnitReady;
        let capacity = Command::ReadCapacity10;
        for (state, refused, passing) in [
            (AccessState::Optimized, None, 4),
            (AccessState::NonOptimized, None, 4),
            (AccessState::Standby, Some(Sense::STANDBY_PORT), 3),
            (AccessState::Unavailable, Some(Sense::UNAVAILABLE_PORT), 2),
            (AccessState::Transitioning, Some(Sense::TRANSITION), 1),
        ] {
            for (index, command) in [INQUIRY, SET, capacity, ready].iter().enumerate() {
                let expected = if index < passing { None } else { refused };
                assert_eq!(check_access_state(state, command).err(), expected);
            }
        }
    }
}
