// SPDX-License-Identifier: GPL-2.0

//! How the link behaves, as the files of `link/` say.

use core::fmt;

use crate::{
    fault::text::words,
    link::text::Timeout, //
};

/// How long targets may be blocked, in seconds: `SCSI_DEVICE_BLOCK_MAX_TIMEOUT`.
pub(crate) const BLOCK_MAX_S: u32 = 600;

words! {
    /// What happens to commands and targets when the link goes down.
    pub(crate) enum Mode {
        /// The targets are blocked until a timer fails them, as with FC and SRP.
        Block = "block",
        /// Commands are completed with DID_TRANSPORT_DISRUPTED, as by tcm_loop when it is offline.
        Fail = "fail",
        /// Commands vanish until they time out; nobody has noticed that the link is down.
        Drop = "drop",
        /// The targets are offline at once, as after fast_io_fail_tmo.
        Offline = "offline",
        /// The targets are removed at once: a surprise unplug.
        Remove = "remove",
    }
}

words! {
    /// What is done when the link comes up and its targets are still there.
    pub(crate) enum OnUp {
        /// They carry on.
        Unblock = "unblock",
        /// They carry on, and the host is scanned.
        Rescan = "rescan",
    }
}

/// What a user has set.
///
/// A link that goes down looks at the mode, the timers and the jitter; one that comes up looks at
/// the rest. What is set later takes effect the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// What happens when the link goes down.
    pub(crate) mode: Mode,
    /// In [`Mode::Block`], when commands start to fail instead of being held.
    pub(crate) fast_io_fail_tmo: Timeout,
    /// In [`Mode::Block`], when the targets are removed.
    pub(crate) dev_loss_tmo: Timeout,
    /// When the link comes up by itself, in every mode.
    pub(crate) reconnect_delay: Timeout,
    /// What is done when it comes up.
    pub(crate) on_up: OnUp,
    /// How long it takes to come up, in milliseconds.
    pub(crate) up_delay_ms: u32,
    /// Whether the units come back with another identity.
    pub(crate) wwn_change: bool,
    /// By how many milliseconds at most each phase of a bounce is longer than it was asked to be.
    pub(crate) flap_jitter_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Fail,
            fast_io_fail_tmo: Timeout::Off,
            dev_loss_tmo: Timeout::Off,
            reconnect_delay: Timeout::Off,
            on_up: OnUp::Unblock,
            up_delay_ms: 0,
            wwn_change: false,
            flap_jitter_ms: 0,
        }
    }
}

impl Settings {
    /// Checks that commands end and that multipath notices in time, as `srp_tmo_valid()` does.
    ///
    /// The timers have to be possible in every mode, so that the mode can be changed at any time;
    /// that they are not all off matters only in [`Mode::Block`].
    ///
    /// # Errors
    ///
    /// Returns what is wrong. Whoever changes a setting should check a changed copy first.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let fast = self.fast_io_fail_tmo.seconds();
        let loss = self.dev_loss_tmo.seconds();
        let reconnect = self.reconnect_delay.seconds();
        if reconnect == Some(0) {
            return Err(SettingsError::ReconnectAtOnce);
        }
        if self.mode == Mode::Block && fast.is_none() && loss.is_none() && reconnect.is_none() {
            return Err(SettingsError::BlockedForEver);
        }
        match (fast, loss) {
            (Some(fast), _) if fast > BLOCK_MAX_S => Err(SettingsError::FastIoFailTooLate),
            (None, Some(loss)) if loss > BLOCK_MAX_S => Err(SettingsError::DevLossTooLate),
            (Some(fast), Some(loss)) if fast >= loss => Err(SettingsError::FastIoFailAfterDevLoss),
            _ => Ok(()),
        }
    }
}

/// Why settings do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingsError {
    /// The targets would be blocked until somebody brings the link up.
    BlockedForEver,
    /// The link would not be down at all.
    ReconnectAtOnce,
    /// Commands would be held for longer than the midlayer allows.
    FastIoFailTooLate,
    /// The same, with no other timer to fail them earlier.
    DevLossTooLate,
    /// The targets would be gone before their commands fail.
    FastIoFailAfterDevLoss,
}

impl fmt::Display for SettingsError {
    /// Prints `<attribute>: <what to do>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlockedForEver => f.write_str(
                "mode: block needs one of fast_io_fail_tmo, dev_loss_tmo and reconnect_delay",
            ),
            Self::ReconnectAtOnce => {
                f.write_str("reconnect_delay: must be at least 1 second, or off")
            }
            Self::FastIoFailTooLate => {
                write!(f, "fast_io_fail_tmo: must be at most {BLOCK_MAX_S} seconds")
            }
            Self::DevLossTooLate => write!(
                f,
                "dev_loss_tmo: must be at most {BLOCK_MAX_S} seconds while fast_io_fail_tmo is off"
            ),
            Self::FastIoFailAfterDevLoss => {
                f.write_str("fast_io_fail_tmo: must be less than dev_loss_tmo")
            }
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_settings))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    const OFF: Timeout = Timeout::Off;

    const fn s(seconds: u32) -> Timeout {
        Timeout::Seconds(seconds)
    }

    /// Returns whether settings with these timers are valid.
    fn check(
        mode: Mode,
        reconnect_delay: Timeout,
        fast_io_fail_tmo: Timeout,
        dev_loss_tmo: Timeout,
    ) -> Result<(), SettingsError> {
        Settings {
            mode,
            reconnect_delay,
            fast_io_fail_tmo,
            dev_loss_tmo,
            ..Settings::default()
        }
        .validate()
    }

    #[test]
    fn the_default_is_valid() {
        assert_eq!(Settings::default().validate(), Ok(()));
        assert_eq!(Settings::default().mode, Mode::Fail);
    }

    #[test]
    fn timers_are_checked_as_srp_does() {
        for mode in Mode::ALL {
            for (reconnect, fast, loss, expected) in [
                (s(1), OFF, OFF, Ok(())),
                (OFF, s(0), OFF, Ok(())),
                (OFF, OFF, s(0), Ok(())),
                (OFF, s(600), OFF, Ok(())),
                (OFF, OFF, s(600), Ok(())),
                (OFF, s(0), s(1), Ok(())),
                (OFF, s(600), s(601), Ok(())),
                (OFF, s(0), s(u32::MAX), Ok(())),
                (s(u32::MAX), OFF, OFF, Ok(())),
                (s(0), s(1), s(2), Err(SettingsError::ReconnectAtOnce)),
                (OFF, s(601), OFF, Err(SettingsError::FastIoFailTooLate)),
                (OFF, s(601), s(602), Err(SettingsError::FastIoFailTooLate)),
                (OFF, OFF, s(601), Err(SettingsError::DevLossTooLate)),
                (OFF, s(0), s(0), Err(SettingsError::FastIoFailAfterDevLoss)),
                (OFF, s(3), s(2), Err(SettingsError::FastIoFailAfterDevLoss)),
            ] {
                assert_eq!(check(*mode, reconnect, fast, loss), expected);
            }
        }
    }

    #[test]
    fn block_mode_needs_a_timer() {
        for mode in Mode::ALL {
            let expected = match mode {
                Mode::Block => Err(SettingsError::BlockedForEver),
                _ => Ok(()),
            };
            assert_eq!(check(*mode, OFF, OFF, OFF), expected);
        }
    }

    #[test]
    fn errors_say_what_to_do() {
        for (error, text) in [
            (
                SettingsError::BlockedForEver,
                "mode: block needs one of fast_io_fail_tmo, dev_loss_tmo and reconnect_delay",
            ),
            (
                SettingsError::ReconnectAtOnce,
                "reconnect_delay: must be at least 1 second, or off",
            ),
            (
                SettingsError::FastIoFailTooLate,
                "fast_io_fail_tmo: must be at most 600 seconds",
            ),
            (
                SettingsError::DevLossTooLate,
                "dev_loss_tmo: must be at most 600 seconds while fast_io_fail_tmo is off",
            ),
            (
                SettingsError::FastIoFailAfterDevLoss,
                "fast_io_fail_tmo: must be less than dev_loss_tmo",
            ),
        ] {
            assert!(prints(error, text));
        }
    }

    #[test]
    fn words_are_those_of_the_contract() {
        for (mode, word) in Mode::ALL
            .iter()
            .zip(["block", "fail", "drop", "offline", "remove"])
        {
            assert_eq!(Mode::parse(word), Some(*mode));
        }
        assert_eq!(OnUp::parse("unblock"), Some(OnUp::Unblock));
        assert_eq!(OnUp::parse("rescan"), Some(OnUp::Rescan));
        assert_eq!(OnUp::parse(""), None);
    }
}
