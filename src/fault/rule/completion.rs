// SPDX-License-Identifier: GPL-2.0

//! How rules end commands.

use crate::fault::{
    action::{
        Completion,
        SamStatus, //
    },
    rule::Spec, //
};

impl Spec {
    /// Returns how a command ends, if anything is said of that.
    pub(super) fn completion(&self) -> Option<Completion> {
        let sense = self.sense.map(|sense| (sense, self.sense_fmt));
        let implied = sense.map(|_| SamStatus::CHECK_CONDITION);
        let completion = Completion {
            host: self.host_byte,
            status: self.status.or(implied),
            sense,
            information: self.sense_info,
        };
        let is_said = completion.host.is_some() || completion.status.is_some();
        is_said.then_some(completion)
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_completion))]
mod tests {
    use super::*;
    use crate::{
        fault::{
            action::{
                Action,
                ActionKind,
                HostByte,
                Information,
                SenseFormat, //
            },
            rule::testing::{
                makes,
                spec, //
            },
            trigger::Trigger, //
        },
        protocol::sense::Sense, //
    };

    #[test]
    fn a_result_is_made_of_what_is_set() {
        let kind = ActionKind::Result;
        let nothing = Completion {
            host: None,
            status: None,
            sense: None,
            information: Information::None,
        };
        let busy = SamStatus::parse("busy");
        let host = HostByte::parse("no_connect");
        let mut spec = spec(Trigger::Queue, kind);
        spec.status = busy;
        let status = Completion {
            status: busy,
            ..nothing
        };
        assert!(makes(spec, Action::Result(status)));
        spec.host_byte = host;
        let both = Completion { host, ..status };
        assert!(makes(spec, Action::Result(both)));
        spec.status = None;
        let byte = Completion { host, ..nothing };
        assert!(makes(spec, Action::Result(byte)));

        spec.host_byte = None;
        spec.sense = Some(Sense::NOT_READY_STOPPED);
        spec.sense_fmt = SenseFormat::Desc;
        spec.sense_info = Information::Lba;
        let sense = Completion {
            host: None,
            status: Some(SamStatus::CHECK_CONDITION),
            sense: Some((Sense::NOT_READY_STOPPED, SenseFormat::Desc)),
            information: Information::Lba,
        };
        assert!(makes(spec, Action::Result(sense)));
        spec.status = busy;
        let overruled = Completion {
            status: busy,
            ..sense
        };
        assert!(makes(spec, Action::Result(overruled)));
    }
}
