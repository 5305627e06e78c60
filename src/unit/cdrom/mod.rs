// SPDX-License-Identifier: GPL-2.0

//! The commands of MMC-6 that only CD and DVD drives have.

mod sectors;

use crate::{
    protocol::{
        command::Command,
        mmc::{
            configuration::{
                self,
                Disc, //
            },
            disc,
            event::{
                self,
                Class,
                Report, //
            },
            mechanism,
            toc, //
        },
        profile::Profile,
        sense::Sense, //
    },
    unit::{
        answer::answer,
        failure::Failure,
        medium::Medium,
        transfer::Transfer,
        tray::{
            Position,
            Tray, //
        }, //
    }, //
};

/// Bytes of the header of GET EVENT STATUS NOTIFICATION. Who asks for no more than that does not
/// take the event.
const EVENT_HEADER: usize = 4;

/// Returns whether `command` is one of those that [`execute`] serves and needs a medium.
pub(super) fn needs_medium(command: &Command) -> bool {
    matches!(
        command,
        Command::ReadToc { .. }
            | Command::ReadDiscInformation { .. }
            | Command::ReadTrackInformation { .. }
            | Command::ReadCd { .. }
    )
}

/// Executes `command` on a drive that has a disc of `blocks` sectors, if its `tray` is loaded. If
/// it is not, the command must not be one that [`needs_medium`].
///
/// # Errors
///
/// Returns what the builders of the answers do, [`Sense::INSUFFICIENT_RESOURCES`] without memory,
/// and INVALID COMMAND OPERATION CODE for a command that is not for CD and DVD drives only.
pub(super) fn execute<M: Medium, T: Transfer>(
    command: &Command,
    tray: &mut Tray,
    profile: &Profile,
    blocks: u64,
    medium: &mut M,
    transfer: &mut T,
) -> Result<(), Failure> {
    match *command {
        Command::GetConfiguration {
            request,
            first,
            allocation_length,
        } => {
            let disc = tray.is_loaded().then(|| Disc::of(blocks));
            answer(transfer, allocation_length, |out| {
                configuration::configuration(request, first, disc, out)
            })
        }
        Command::GetEventStatus {
            classes,
            allocation_length,
        } => answer(transfer, allocation_length, |out| {
            let taken = out.len() > EVENT_HEADER;
            Ok(event::notification(report(classes, tray, taken), out))
        }),
        Command::ReadToc {
            msf,
            format,
            track,
            allocation_length,
        } => answer(transfer, allocation_length, |out| {
            toc::toc(format, msf, track, blocks, out)
        }),
        Command::ReadDiscInformation {
            data_type,
            allocation_length,
        } => answer(transfer, allocation_length, |out| {
            disc::disc_information(data_type, out)
        }),
        Command::ReadTrackInformation {
            address_type,
            address,
            allocation_length,
        } => answer(transfer, allocation_length, |out| {
            disc::track_information(address_type, address, blocks, out)
        }),
        Command::MechanismStatus { allocation_length } => {
            let open = tray.position() == Position::Open;
            answer(transfer, allocation_length, |out| {
                Ok(mechanism::status(open, out))
            })
        }
        Command::ReadCd {
            extent,
            sector_type,
            parts,
            subchannel,
        } => {
            let selection = sectors::selection(sector_type, parts, subchannel, Disc::of(blocks))?;
            extent.check(blocks)?;
            let fill = profile.provisioning.reads.fill();
            sectors::read(extent, &selection, fill, medium, transfer)
        }
        // There is no speed: all data come at once.
        Command::SetCdSpeed => Ok(()),
        _ => Err(Sense::INVALID_OPCODE.into()),
    }
}

/// Returns what GET EVENT STATUS NOTIFICATION has to say of the `classes` asked for. An event
/// counts as reported if it is `taken`.
fn report(classes: u8, tray: &mut Tray, taken: bool) -> Report {
    let mut pending = 0;
    if tray.features_changed() {
        pending |= Class::OperationalChange.bit();
    }
    if tray.event() != event::Event::None {
        pending |= Class::Media.bit();
    }
    let report = match Class::select(classes, pending) {
        None => Report::Unsupported,
        Some(Class::OperationalChange) => Report::OperationalChange {
            changed: tray.features_changed(),
        },
        Some(Class::Media) => Report::Media {
            event: tray.event(),
            open: tray.position() == Position::Open,
            loaded: tray.is_loaded(),
        },
        Some(Class::DeviceBusy) => Report::DeviceBusy,
    };
    match report {
        Report::OperationalChange { .. } if taken => tray.features_reported(),
        Report::Media { .. } if taken => {
            let _ = tray.take_event();
        }
        _ => {}
    }
    report
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_cdrom))]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            command::Extent,
            inquiry::samples,
            mmc::event::Event, //
        },
        unit::{
            medium::MediumError,
            transfer::OutOfMemory, //
        }, //
    };

    /// Sectors of the disc: 80 minutes.
    const BLOCKS: u64 = 360_000;

    /// A medium that cannot be read.
    struct Scratched;

    impl Medium for Scratched {
        fn read(
            &self,
            _: u64,
            _: usize,
            _: u8,
            _: impl FnMut(usize, &[u8]),
        ) -> Result<(), MediumError> {
            Err(MediumError::OutOfRange)
        }

        fn write(
            &mut self,
            _: u64,
            _: usize,
            _: u8,
            _: impl FnMut(usize, &mut [u8]),
        ) -> Result<(), MediumError> {
            Err(MediumError::OutOfRange)
        }

        fn unmap(&mut self, _: u64, _: u64) {}

        fn run(&self, _: u64, len: u64) -> (bool, u64) {
            (false, len)
        }
    }

    /// Memory for answers, of which `len` bytes are in use.
    pub(super) struct Memory<const N: usize> {
        pub(super) bytes: [u8; N],
        pub(super) len: usize,
    }

    impl<const N: usize> AsRef<[u8]> for Memory<N> {
        fn as_ref(&self) -> &[u8] {
            self.bytes.get(..self.len).unwrap_or_default()
        }
    }

    impl<const N: usize> AsMut<[u8]> for Memory<N> {
        fn as_mut(&mut self) -> &mut [u8] {
            self.bytes.get_mut(..self.len).unwrap_or_default()
        }
    }

    impl<const N: usize> Transfer for Memory<N> {
        type Buffer = Self;

        fn len(&self) -> usize {
            self.bytes.len()
        }

        fn send(&mut self, offset: usize, data: &[u8]) -> usize {
            let room = self.bytes.get_mut(offset..).unwrap_or_default();
            for (to, from) in room.iter_mut().zip(data) {
                *to = *from;
            }
            room.len().min(data.len())
        }

        fn receive(&mut self, _: usize, _: &mut [u8]) -> usize {
            0
        }

        fn set_transferred(&mut self, transferred: usize) {
            self.len = transferred;
        }

        fn buffer(&self, len: usize) -> Result<Self, OutOfMemory> {
            if len > self.bytes.len() {
                return Err(OutOfMemory);
            }
            Ok(Self { bytes: [0; N], len })
        }
    }

    /// Executes `command`, and returns its answer.
    fn answer_to(command: Command, tray: &mut Tray) -> Result<Memory<128>, Failure> {
        let mut transfer = Memory {
            bytes: [0xaa; 128],
            len: 0,
        };
        execute(
            &command,
            tray,
            &samples::cdrom(),
            BLOCKS,
            &mut Scratched,
            &mut transfer,
        )?;
        Ok(transfer)
    }

    /// Returns whether the answer to `command` is `expected`.
    fn answers(command: Command, tray: &mut Tray, expected: &[u8]) -> bool {
        answer_to(command, tray).is_ok_and(|answer| answer.as_ref() == expected)
    }

    /// Returns why `command` fails.
    fn failure(command: Command) -> Option<Failure> {
        answer_to(command, &mut Tray::new(true)).err()
    }

    fn events(classes: u8, allocation_length: usize) -> Command {
        Command::GetEventStatus {
            classes,
            allocation_length,
        }
    }

    fn read_cd(lba: u64, blocks: u32, parts: u8) -> Command {
        Command::ReadCd {
            extent: Extent { lba, blocks },
            sector_type: 0,
            parts,
            subchannel: 0,
        }
    }

    #[test]
    fn current_profile_needs_a_disc() {
        let command = Command::GetConfiguration {
            request: 2,
            first: 0x0100,
            allocation_length: 8,
        };
        let mut tray = Tray::new(false);
        assert!(answers(command, &mut tray, &[0, 0, 0, 8, 0, 0, 0, 0]));
        assert!(tray.insert().is_ok());
        assert!(answers(command, &mut tray, &[0, 0, 0, 8, 0, 0, 0, 8]));
    }

    #[test]
    fn events_are_reported_once() {
        let mut tray = Tray::new(false);
        assert!(tray.insert().is_ok());
        let media = events(0x10, 8);
        assert!(answers(media, &mut tray, &[0, 6, 4, 0x52, 2, 2, 0, 0]));
        assert!(answers(media, &mut tray, &[0, 6, 4, 0x52, 0, 2, 0, 0]));
        let all = events(0xff, 8);
        assert!(answers(all, &mut tray, &[0, 6, 1, 0x52, 2, 0, 0, 1]));
        assert!(answers(all, &mut tray, &[0, 6, 1, 0x52, 0, 0, 0, 0]));

        assert!(tray.eject().is_ok());
        assert!(answers(all, &mut tray, &[0, 6, 1, 0x52, 2, 0, 0, 1]));
        assert!(answers(all, &mut tray, &[0, 6, 4, 0x52, 3, 1, 0, 0]));
        assert!(answers(
            events(0x40, 8),
            &mut tray,
            &[0, 6, 6, 0x52, 0, 0, 0, 0]
        ));
    }

    #[test]
    fn header_alone_takes_no_event() {
        let mut tray = Tray::new(false);
        assert!(tray.insert().is_ok());
        assert!(answers(events(0x10, 4), &mut tray, &[0, 6, 4, 0x52]));
        assert!(answers(events(0x02, 4), &mut tray, &[0, 6, 1, 0x52]));
        assert_eq!(tray.event(), Event::NewMedia);
        assert!(tray.features_changed());
    }

    #[test]
    fn unsupported_classes_are_not_available() {
        let mut tray = Tray::new(true);
        assert!(answers(events(0x08, 8), &mut tray, &[0, 2, 0x80, 0x52]));
    }

    #[test]
    fn disc_is_described() {
        let mut tray = Tray::new(true);
        let toc = Command::ReadToc {
            msf: false,
            format: 0,
            track: 0xaa,
            allocation_length: 12,
        };
        let expected = [0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0x05, 0x7e, 0x40];
        assert!(answers(toc, &mut tray, &expected));
        let information = Command::ReadDiscInformation {
            data_type: 0,
            allocation_length: 4,
        };
        assert!(answers(information, &mut tray, &[0, 32, 0x0e, 1]));
        let track = Command::ReadTrackInformation {
            address_type: 1,
            address: 1,
            allocation_length: 4,
        };
        assert!(answers(track, &mut tray, &[0, 46, 1, 1]));
        for command in [toc, information, track, read_cd(0, 1, 0x10)] {
            assert!(needs_medium(&command));
        }
    }

    #[test]
    fn drive_answers_without_a_disc() {
        let mut tray = Tray::new(false);
        assert!(tray.eject().is_ok());
        let mechanism = Command::MechanismStatus {
            allocation_length: 8,
        };
        assert!(answers(mechanism, &mut tray, &[0, 0x10, 0, 0, 0, 0, 0, 0]));
        assert!(answers(Command::SetCdSpeed, &mut tray, &[]));
        for command in [mechanism, Command::SetCdSpeed, events(0x10, 8)] {
            assert!(!needs_medium(&command));
        }
    }

    #[test]
    fn read_cd_stays_on_the_disc() {
        for command in [
            read_cd(BLOCKS, 1, 0x10),
            read_cd(BLOCKS - 1, 2, 0x10),
            read_cd(u64::from(u32::MAX), 0, 0),
        ] {
            assert_eq!(failure(command), Some(Sense::LBA_OUT_OF_RANGE.into()));
        }
    }

    #[test]
    fn read_cd_needs_memory_for_a_sector() {
        assert_eq!(
            failure(read_cd(0, 1, 0x10)),
            Some(Sense::INSUFFICIENT_RESOURCES.into())
        );
    }

    #[test]
    fn other_commands_are_not_served() {
        assert_eq!(
            failure(Command::TestUnitReady),
            Some(Sense::INVALID_OPCODE.into())
        );
        assert!(!needs_medium(&Command::TestUnitReady));
    }
}
