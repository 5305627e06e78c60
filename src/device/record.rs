// SPDX-License-Identifier: GPL-2.0

//! What can happen on a host: how it is written to the log, and as a trace event.

use core::fmt::{
    self,
    Write, //
};

use crate::{
    ffi::trace,
    scsi::Address, //
};

/// Why something that was held goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReleaseCause {
    /// Somebody wrote to `release`.
    Released,
    /// Its time was over.
    Deadline,
    /// The rule was disabled.
    Disabled,
    /// The error handler aborted the command.
    Aborted,
    /// The error handler reset something.
    Reset,
    /// The link was lost.
    Link,
    /// The logical unit or the host is going away.
    Removed,
}

impl ReleaseCause {
    /// Returns the word for it.
    fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Deadline => "deadline",
            Self::Disabled => "disabled",
            Self::Aborted => "aborted",
            Self::Reset => "reset",
            Self::Link => "link",
            Self::Removed => "removed",
        }
    }
}

/// Who changed the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkCause {
    /// Somebody wrote to a file.
    User,
    /// A rule.
    Rule,
    /// A timeout or a delay that was over.
    Timer,
    /// The host went to sleep, or woke up.
    Suspend,
    /// The host was switched on or off.
    Host,
}

impl LinkCause {
    /// Returns the word for it.
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Rule => "rule",
            Self::Timer => "timer",
            Self::Suspend => "suspend",
            Self::Host => "host",
        }
    }
}

/// Something that happened.
///
/// All text but that of a stack is one word in the log, whatever is in it.
#[derive(Clone, Copy)]
pub(crate) enum Record<'a> {
    /// A rule acts.
    RuleFire {
        /// Directory of the rule.
        rule: &'a str,
        /// Its trigger.
        trigger: &'a str,
        /// Its action.
        action: &'a str,
        /// Where, if it is about a logical unit.
        address: Option<Address>,
        /// First byte of the CDB, if it is about a command.
        opcode: Option<u8>,
    },
    /// A rule holds a command or a callback.
    Park {
        /// Directory of the rule.
        rule: &'a str,
        /// Its trigger.
        trigger: &'a str,
        /// The logical unit of a command.
        address: Option<Address>,
        /// The CDB; empty for a callback.
        cdb: &'a [u8],
    },
    /// What was held goes on.
    Release {
        /// Directory of the rule.
        rule: &'a str,
        /// Its trigger.
        trigger: &'a str,
        /// The logical unit of a command.
        address: Option<Address>,
        /// The CDB; empty for a callback.
        cdb: &'a [u8],
        /// For how many milliseconds it was held.
        held_ms: u64,
        /// Why it goes on.
        why: ReleaseCause,
    },
    /// The link changes.
    Link {
        /// Status before.
        from: &'a str,
        /// Status now.
        to: &'a str,
        /// What commands see while the link is down.
        mode: &'a str,
        /// Who did it.
        why: LinkCause,
    },
    /// A power callback of the host's device begins.
    PmEnter {
        /// The trigger that stands for it.
        callback: &'a str,
    },
    /// A power callback is over.
    PmExit {
        /// The trigger that stands for it.
        callback: &'a str,
        /// 0 or a negative errno.
        result: i32,
        /// Microseconds since it began.
        duration_us: u64,
    },
    /// The mid layer sent a command to a host that it had suspended.
    IoWhileSuspended {
        /// The logical unit.
        address: Address,
        /// Who sent it: as a rule's `origin` has it.
        submitter: &'a str,
        /// The CDB.
        cdb: &'a [u8],
        /// What the host is in: `runtime`, `suspend`, `freeze` or `poweroff`.
        state: &'a str,
        /// What becomes of the command.
        reaction: &'a str,
        /// The stack of the sender, one function a line; at most 1 KiB of it is kept.
        stack: &'a str,
    },
}

impl Record<'_> {
    /// Returns which logical unit it is about, if any.
    pub(super) fn address(&self) -> Option<Address> {
        match *self {
            Self::RuleFire { address, .. }
            | Self::Park { address, .. }
            | Self::Release { address, .. } => address,
            Self::IoWhileSuspended { address, .. } => Some(address),
            Self::Link { .. } | Self::PmEnter { .. } | Self::PmExit { .. } => None,
        }
    }

    /// Returns the CDB, empty if it is about none.
    pub(super) fn cdb(&self) -> &[u8] {
        match self {
            Self::Park { cdb, .. }
            | Self::Release { cdb, .. }
            | Self::IoWhileSuspended { cdb, .. } => cdb,
            Self::RuleFire { .. }
            | Self::Link { .. }
            | Self::PmEnter { .. }
            | Self::PmExit { .. } => &[],
        }
    }

    /// Returns the stack, empty if there is none.
    pub(super) fn stack(&self) -> &str {
        match self {
            Self::IoWhileSuspended { stack, .. } => stack,
            _ => "",
        }
    }

    /// Writes the words of a line from the rule on.
    pub(super) fn write(&self, out: &mut impl Write, lun: &str, cdb: &str) -> fmt::Result {
        match *self {
            Self::RuleFire {
                rule,
                trigger,
                action,
                opcode,
                ..
            } => {
                let (rule, trigger, action) = (Word(rule), Word(trigger), Word(action));
                write!(out, "{rule} {trigger} {lun} rule_fire,action={action}")?;
                if let Some(opcode) = opcode {
                    write!(out, ",opcode={opcode:02x}")?;
                }
                out.write_str(" -")
            }
            Self::Park { rule, trigger, .. } => {
                let (rule, trigger) = (Word(rule), Word(trigger));
                write!(out, "{rule} {trigger} {lun} park,cdb={cdb} -")
            }
            Self::Release {
                rule,
                trigger,
                held_ms,
                why,
                ..
            } => {
                let (rule, trigger, why) = (Word(rule), Word(trigger), why.name());
                write!(
                    out,
                    "{rule} {trigger} {lun} release,held_ms={held_ms},cdb={cdb} {why}"
                )
            }
            Self::Link {
                from,
                to,
                mode,
                why,
            } => {
                let (from, to, mode) = (Word(from), Word(to), Word(mode));
                let why = why.name();
                write!(out, "- - {lun} link,from={from},to={to},mode={mode} {why}")
            }
            Self::PmEnter { callback } => write!(out, "- {} {lun} pm_enter -", Word(callback)),
            Self::PmExit {
                callback,
                result,
                duration_us,
            } => {
                let callback = Word(callback);
                write!(
                    out,
                    "- {callback} {lun} pm_exit,duration_us={duration_us} {result}"
                )
            }
            Self::IoWhileSuspended {
                submitter,
                state,
                reaction,
                ..
            } => {
                let (submitter, state, reaction) = (Word(submitter), Word(state), Word(reaction));
                write!(
                    out,
                    "- - {lun} io_while_suspended,submitter={submitter},state={state},cdb={cdb} \
                     {reaction}"
                )
            }
        }
    }

    /// Calls the trace event.
    pub(super) fn trace(&self, host: trace::Host<'_>, seq: u64, lun: &str, cdb: &str) {
        match *self {
            Self::RuleFire {
                rule,
                trigger,
                action,
                opcode,
                ..
            } => trace::rule_fire(host, rule, trigger, action, lun, opcode, seq),
            Self::Park { rule, trigger, .. } => trace::park(host, rule, trigger, lun, cdb),
            Self::Release {
                rule,
                trigger,
                held_ms,
                why,
                ..
            } => trace::release(host, rule, trigger, lun, cdb, held_ms, why.name()),
            Self::Link {
                from,
                to,
                mode,
                why,
            } => trace::link(host, from, to, mode, why.name()),
            Self::PmEnter { callback } => trace::pm_enter(host, callback),
            Self::PmExit {
                callback,
                result,
                duration_us,
            } => trace::pm_exit(host, callback, result, duration_us),
            Self::IoWhileSuspended {
                submitter,
                state,
                reaction,
                ..
            } => trace::io_while_suspended(host, lun, submitter, cdb, state, reaction),
        }
    }
}

/// Prints text as one word of a line, and as much of it as there is room for next to the others.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_char('-');
        }
        // A directory may be called anything, and what is not a word could pass for a line.
        for letter in self.0.chars().take(32) {
            let blank = letter.is_whitespace() || letter.is_control();
            f.write_char(if blank { '_' } else { letter })?;
        }
        Ok(())
    }
}

#[cfg(CONFIG_KUNIT = "y")]
#[kernel::macros::kunit_tests(rpmfault_record)]
mod tests {
    use super::*;
    use crate::device::ring::Text;

    /// Returns whether `record` is written like this.
    fn reads(record: Record<'_>, expected: &str) -> bool {
        Text::<168>::new(|out| record.write(out, "0:0:1", "2aff")).as_str() == expected
    }

    #[test]
    fn an_event_is_four_words() {
        let fire = Record::RuleFire {
            rule: "r",
            trigger: "queue",
            action: "stall",
            address: None,
            opcode: Some(0x0a),
        };
        assert!(reads(
            fire,
            "r queue 0:0:1 rule_fire,action=stall,opcode=0a -"
        ));
        let release = Record::Release {
            rule: "r",
            trigger: "queue",
            address: None,
            cdb: &[],
            held_ms: 7,
            why: ReleaseCause::Deadline,
        };
        assert!(reads(
            release,
            "r queue 0:0:1 release,held_ms=7,cdb=2aff deadline"
        ));
        let exit = Record::PmExit {
            callback: "rpm_resume",
            result: -5,
            duration_us: 12,
        };
        assert!(reads(exit, "- rpm_resume 0:0:1 pm_exit,duration_us=12 -5"));
    }

    #[test]
    fn names_cannot_pass_for_lines() {
        let link = Record::Link {
            from: "u p\n1",
            to: "",
            mode: "fail",
            why: LinkCause::User,
        };
        assert!(reads(link, "- - 0:0:1 link,from=u_p_1,to=-,mode=fail user"));
    }
}
