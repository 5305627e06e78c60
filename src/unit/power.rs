// SPDX-License-Identifier: GPL-2.0

//! Power conditions of a logical unit (SPC-6 and SBC-4, power conditions).
//!
//! There is no clock in here: the timers of the Power Condition mode page expire only when START
//! STOP UNIT forces them to, and how long a start takes is for others to say.

use crate::protocol::{
    cdb::opcode,
    command::PowerRequest,
    sense::{
        Asc,
        Sense,
        SenseKey, //
    }, //
};

/// The power condition of a logical unit, by decreasing power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PowerCondition {
    /// All commands are processed without delay.
    Active,
    /// idle_a: the medium is accessible; the next access makes it active.
    IdleA,
    /// idle_b: as idle_a, with less power.
    IdleB,
    /// idle_c: as idle_b, with less power.
    IdleC,
    /// standby_y: the medium has to spin up first, which the next access brings about.
    StandbyY,
    /// standby_z: as standby_y, with less power.
    StandbyZ,
    /// Stopped: only START STOP UNIT makes the medium accessible.
    Stopped,
}

impl PowerCondition {
    /// Returns its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::IdleA => "idle_a",
            Self::IdleB => "idle_b",
            Self::IdleC => "idle_c",
            Self::StandbyY => "standby_y",
            Self::StandbyZ => "standby_z",
            Self::Stopped => "stopped",
        }
    }

    /// Returns the idle condition that a POWER CONDITION MODIFIER names.
    fn idle(modifier: u8) -> Self {
        match modifier {
            0 => Self::IdleA,
            1 => Self::IdleB,
            _ => Self::IdleC,
        }
    }

    /// Returns the standby condition that a POWER CONDITION MODIFIER names.
    fn standby(modifier: u8) -> Self {
        match modifier {
            0 => Self::StandbyZ,
            _ => Self::StandbyY,
        }
    }
}

/// What the medium has to do for START STOP UNIT, which takes time where there are motors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spin {
    /// Spin up: START, or the active condition.
    Up,
    /// Spin down: STOP, or a standby condition.
    Down,
}

impl Spin {
    /// Returns what a CDB asks for, and waits for: `None` if it is no START STOP UNIT, has IMMED
    /// set, or is for another power condition.
    pub(crate) fn of(cdb: &[u8]) -> Option<Self> {
        let &[opcode::START_STOP_UNIT, immediate, _, _, options, ..] = cdb else {
            return None;
        };
        match (immediate & 0x01, options >> 4, options & 0x01) {
            (0, 0x0, 1) | (0, 0x1, _) => Some(Self::Up),
            (0, 0x0, _) | (0, 0x3, _) => Some(Self::Down),
            _ => None,
        }
    }
}

/// The power condition with the reason for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Power {
    /// The condition.
    condition: PowerCondition,
    /// A timer brought it about, not a command.
    by_timer: bool,
}

impl Power {
    /// Returns the state after power on.
    pub(super) const fn new() -> Self {
        Self {
            condition: PowerCondition::Active,
            by_timer: false,
        }
    }

    /// Returns the condition.
    pub(super) fn condition(&self) -> PowerCondition {
        self.condition
    }

    /// Does what START STOP UNIT asks for, apart from the medium going in or out.
    pub(super) fn request(&mut self, request: PowerRequest) {
        match request {
            PowerRequest::StartStop { start: true, .. } | PowerRequest::Active => {
                self.command(PowerCondition::Active);
            }
            PowerRequest::StartStop { start: false, .. } => self.command(PowerCondition::Stopped),
            PowerRequest::Idle(modifier) => self.command(PowerCondition::idle(modifier)),
            PowerRequest::Standby(modifier) => self.command(PowerCondition::standby(modifier)),
            // The timers have control all the time.
            PowerRequest::LuControl => {}
            PowerRequest::ForceIdle(modifier) => self.expire(PowerCondition::idle(modifier)),
            PowerRequest::ForceStandby(modifier) => self.expire(PowerCondition::standby(modifier)),
        }
    }

    /// Notes that a command used the medium, for which an idle or standby unit becomes active.
    pub(super) fn access(&mut self) {
        *self = Self::new();
    }

    /// Returns what REQUEST SENSE says of the condition, if anything.
    pub(super) fn sense(&self) -> Option<Sense> {
        let ascq = match (self.condition, self.by_timer) {
            (PowerCondition::Active, _) => return None,
            (PowerCondition::Stopped, _) => return Some(Sense::NOT_READY_STOPPED),
            (PowerCondition::IdleA, true) => 0x01,
            (PowerCondition::StandbyZ, true) => 0x02,
            (PowerCondition::IdleA, false) => 0x03,
            (PowerCondition::StandbyZ, false) => 0x04,
            (PowerCondition::IdleB, true) => 0x05,
            (PowerCondition::IdleB, false) => 0x06,
            (PowerCondition::IdleC, true) => 0x07,
            (PowerCondition::IdleC, false) => 0x08,
            (PowerCondition::StandbyY, true) => 0x09,
            (PowerCondition::StandbyY, false) => 0x0a,
        };
        Some(Sense::new(SenseKey::NoSense, Asc::new(0x5e, ascq)))
    }

    /// Enters a condition because a command says so.
    fn command(&mut self, condition: PowerCondition) {
        *self = Self {
            condition,
            by_timer: false,
        };
    }

    /// Enters a condition as if its timer had expired: never one of more power, and a stopped unit
    /// has no timers.
    fn expire(&mut self, condition: PowerCondition) {
        if condition > self.condition {
            *self = Self {
                condition,
                by_timer: true,
            };
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_power))]
mod tests {
    use super::*;
    use crate::protocol::buf::prints;

    fn says(power: Power, expected: &str) -> bool {
        power.sense().is_some_and(|sense| prints(sense, expected))
    }

    #[test]
    fn enters_every_condition_by_command() {
        let mut power = Power::new();
        assert_eq!(power.sense(), None);
        for (request, name, sense) in [
            (PowerRequest::Idle(0), "idle_a", "00/5e/03"),
            (PowerRequest::Idle(1), "idle_b", "00/5e/06"),
            (PowerRequest::Idle(2), "idle_c", "00/5e/08"),
            (PowerRequest::Standby(1), "standby_y", "00/5e/0a"),
            (PowerRequest::Standby(0), "standby_z", "00/5e/04"),
            (
                PowerRequest::StartStop {
                    start: false,
                    load_eject: false,
                },
                "stopped",
                "02/04/02",
            ),
        ] {
            power.request(request);
            assert_eq!(power.condition().name(), name);
            assert!(says(power, sense));
        }
        power.request(PowerRequest::LuControl);
        assert_eq!(power.condition(), PowerCondition::Stopped);
        power.request(PowerRequest::Active);
        assert_eq!(power, Power::new());
        assert_eq!(power.condition().name(), "active");
    }

    #[test]
    fn timers_only_save_power() {
        let mut power = Power::new();
        for (request, sense) in [
            (PowerRequest::ForceIdle(0), "00/5e/01"),
            (PowerRequest::ForceIdle(1), "00/5e/05"),
            (PowerRequest::ForceIdle(2), "00/5e/07"),
            (PowerRequest::ForceIdle(0), "00/5e/07"),
            (PowerRequest::ForceStandby(1), "00/5e/09"),
            (PowerRequest::ForceStandby(0), "00/5e/02"),
            (PowerRequest::ForceIdle(0), "00/5e/02"),
        ] {
            power.request(request);
            assert!(says(power, sense));
        }
        power.access();
        assert_eq!(power, Power::new());
        power.request(PowerRequest::StartStop {
            start: false,
            load_eject: false,
        });
        power.request(PowerRequest::ForceStandby(0));
        assert_eq!(power.condition(), PowerCondition::Stopped);
    }

    #[test]
    fn only_who_waits_for_the_motor_sees_it_spin() {
        for (byte1, byte4, spin) in [
            (0, 0x00, Some(Spin::Down)),
            (0, 0x01, Some(Spin::Up)),
            (0, 0x02, Some(Spin::Down)),
            (0, 0x10, Some(Spin::Up)),
            (0, 0x30, Some(Spin::Down)),
            (0, 0x20, None),
            (0, 0x70, None),
            (1, 0x00, None),
            (1, 0x01, None),
        ] {
            assert_eq!(Spin::of(&[0x1b, byte1, 0, 0, byte4, 0]), spin);
        }
        assert_eq!(Spin::of(&[0x35, 0, 0, 0, 0, 0]), None);
        assert_eq!(Spin::of(&[0x1b, 0, 0, 0]), None);
    }
}
