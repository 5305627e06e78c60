// SPDX-License-Identifier: GPL-2.0

//! What commands and error handlers meet at a link.

/// What becomes of a command that reaches the host.
///
/// Fits an atomic integer, so that the command path need not take the lock of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It goes to its unit.
    Carry,
    /// DID_IMM_RETRY: the targets are blocked, or are about to be (`fc_remote_port_chkready()`).
    ImmRetry,
    /// DID_TRANSPORT_DISRUPTED.
    Disrupted,
    /// DID_TRANSPORT_FAILFAST (`srp_chkready()`).
    FailFast,
    /// DID_NO_CONNECT: the targets are gone, or the host is going.
    NoConnect,
    /// It is never completed unless the error handler aborts it.
    Swallow,
}

impl Answer {
    /// Returns the number to store for the answer.
    pub(crate) const fn raw(self) -> u32 {
        match self {
            Self::Carry => 0,
            Self::ImmRetry => 1,
            Self::Disrupted => 2,
            Self::FailFast => 3,
            Self::NoConnect => 4,
            Self::Swallow => 5,
        }
    }

    /// Returns the answer that a number from [`Self::raw`] stands for; [`Self::NoConnect`], which
    /// is safe at all times, for any other.
    pub(crate) const fn from_raw(raw: u32) -> Self {
        match raw {
            0 => Self::Carry,
            1 => Self::ImmRetry,
            2 => Self::Disrupted,
            3 => Self::FailFast,
            5 => Self::Swallow,
            _ => Self::NoConnect,
        }
    }
}

/// What becomes of an abort or a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EhAnswer {
    /// It is carried out.
    Carry,
    /// The targets are blocked: ask again until they are not, as `fc_block_rport()` does, lest the
    /// error handler takes them offline. One of the timers of valid settings ends that.
    Wait,
    /// FAILED: nobody is there to answer, and nobody knows.
    Failed,
    /// FAST_IO_FAIL: the command has ended, and the unit stays as it is.
    FastIoFail,
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_link_answer))]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_an_integer() {
        for answer in [
            Answer::Carry,
            Answer::ImmRetry,
            Answer::Disrupted,
            Answer::FailFast,
            Answer::NoConnect,
            Answer::Swallow,
        ] {
            assert_eq!(Answer::from_raw(answer.raw()), answer);
        }
        assert_eq!(Answer::from_raw(6), Answer::NoConnect);
        assert_eq!(Answer::from_raw(u32::MAX), Answer::NoConnect);
    }
}
