// SPDX-License-Identifier: GPL-2.0

//! GET EVENT STATUS NOTIFICATION (MMC-6).

use core::fmt;

use crate::protocol::buf::Writer;

/// What happened to the medium. The value is the media event code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Event {
    /// Nothing.
    None = 0,
    /// Someone wants the medium to be ejected, as with the button of the drive.
    EjectRequest = 1,
    /// There is a new medium, which can be accessed.
    NewMedia = 2,
    /// The medium is gone or out of reach.
    MediaRemoval = 3,
    /// The medium is to be changed for another one. Changers report it.
    MediaChanged = 4,
}

impl Event {
    /// All of them.
    const ALL: [Self; 5] = [
        Self::None,
        Self::EjectRequest,
        Self::NewMedia,
        Self::MediaRemoval,
        Self::MediaChanged,
    ];

    /// Returns the name by which users know it.
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::EjectRequest => "eject_request",
            Self::NewMedia => "new_media",
            Self::MediaRemoval => "media_removal",
            Self::MediaChanged => "media_changed",
        }
    }

    /// Returns the event of that name, or `None`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A class of events. The value is its number; the lower, the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Operational Change: the features changed.
    OperationalChange = 1,
    /// Media: something happened to the medium.
    Media = 4,
    /// Device Busy: the drive is not, ever, as all commands are done at once.
    DeviceBusy = 6,
}

impl Class {
    /// All that are supported, the most urgent one first.
    const ALL: [Self; 3] = [Self::OperationalChange, Self::Media, Self::DeviceBusy];

    /// Returns its bit in the fields that hold a set of classes.
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns the set of all that are supported.
    fn supported() -> u8 {
        Self::ALL.iter().fold(0, |set, class| set | class.bit())
    }

    /// Returns which of the `requested` classes to report on if those in `pending` have an event:
    /// the most urgent one of these, or of all if nothing happened. `None` if none is supported.
    pub(crate) fn select(requested: u8, pending: u8) -> Option<Self> {
        let first = |set: u8| Self::ALL.into_iter().find(|class| class.bit() & set != 0);
        first(requested & pending).or_else(|| first(requested))
    }
}

/// What is reported: the class of the event, and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// None of the classes that were asked for is supported.
    Unsupported,
    /// [`Class::OperationalChange`]
    OperationalChange {
        /// Features became current, or are so no more.
        changed: bool,
    },
    /// [`Class::Media`]
    Media {
        /// What happened.
        event: Event,
        /// DOOR OR TRAY OPEN.
        open: bool,
        /// MEDIA PRESENT: there is a medium that can be accessed.
        loaded: bool,
    },
    /// [`Class::DeviceBusy`]
    DeviceBusy,
}

/// Builds the answer to GET EVENT STATUS NOTIFICATION in `out`, and returns how many bytes of it
/// are valid.
pub(crate) fn notification(report: Report, out: &mut [u8]) -> usize {
    let event = match report {
        Report::Unsupported => None,
        Report::OperationalChange { changed } => {
            // A feature change both as event code 2 and as operational change 1; status 0 is
            // available.
            let report = if changed { [2, 0, 0, 1] } else { [0; 4] };
            Some((Class::OperationalChange, report))
        }
        Report::Media {
            event,
            open,
            loaded,
        } => {
            let status = (u8::from(loaded) << 1) | u8::from(open);
            Some((Class::Media, [event as u8, status, 0, 0]))
        }
        Report::DeviceBusy => Some((Class::DeviceBusy, [0; 4])),
    };

    let mut writer = Writer::new(out);
    // EVENT DESCRIPTOR LENGTH counts what follows it: the rest of the header, and the descriptor.
    match event {
        None => writer.put(&[0, 2, 0x80, Class::supported()]), // NEA
        Some((class, descriptor)) => {
            writer.put(&[0, 6, class as u8, Class::supported()]);
            writer.put(&descriptor);
        }
    }
    writer.len()
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_mmc_event))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    /// Checks an answer that fits.
    fn answers(report: Report, expected: &[u8]) -> bool {
        let mut out = [0xaa; 16];
        let len = notification(report, &mut out);
        out.get(..len) == Some(expected)
    }

    #[test]
    fn parses_what_it_prints() {
        for (event, name) in [
            (Event::None, "none"),
            (Event::EjectRequest, "eject_request"),
            (Event::NewMedia, "new_media"),
            (Event::MediaRemoval, "media_removal"),
            (Event::MediaChanged, "media_changed"),
        ] {
            assert!(prints(event, name));
            assert_eq!(Event::parse(name), Some(event));
        }
        for name in ["", "None", "eject", "new_media "] {
            assert_eq!(Event::parse(name), None);
        }
    }

    #[test]
    fn most_urgent_event_comes_first() {
        assert_eq!(Class::select(0xff, 0x52), Some(Class::OperationalChange));
        assert_eq!(Class::select(0xff, 0x10), Some(Class::Media));
        assert_eq!(Class::select(0x50, 0x02), Some(Class::Media));
        assert_eq!(Class::select(0x10, 0x02), Some(Class::Media));
        assert_eq!(Class::select(0x40, 0x10), Some(Class::DeviceBusy));
    }

    #[test]
    fn without_events_the_most_urgent_class_answers() {
        assert_eq!(Class::select(0xff, 0), Some(Class::OperationalChange));
        assert_eq!(Class::select(0x50, 0), Some(Class::Media));
    }

    #[test]
    fn unsupported_classes_are_not_selected() {
        assert_eq!(Class::select(0x00, 0xff), None);
        assert_eq!(Class::select(0xad, 0xff), None);
    }

    #[test]
    fn answers_have_a_header_and_one_descriptor() {
        assert!(answers(Report::Unsupported, &[0, 2, 0x80, 0x52]));
        assert!(answers(
            Report::OperationalChange { changed: true },
            &[0, 6, 1, 0x52, 2, 0, 0, 1]
        ));
        assert!(answers(
            Report::OperationalChange { changed: false },
            &[0, 6, 1, 0x52, 0, 0, 0, 0]
        ));
        assert!(answers(
            Report::Media {
                event: Event::NewMedia,
                open: false,
                loaded: true
            },
            &[0, 6, 4, 0x52, 2, 2, 0, 0]
        ));
        assert!(answers(
            Report::Media {
                event: Event::None,
                open: true,
                loaded: false
            },
            &[0, 6, 4, 0x52, 0, 1, 0, 0]
        ));
        assert!(answers(Report::DeviceBusy, &[0, 6, 6, 0x52, 0, 0, 0, 0]));
    }
}
