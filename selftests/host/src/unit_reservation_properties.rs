// SPDX-License-Identifier: GPL-2.0

//! Persistent reservations are what a list of keys and a holder makes of the same commands.

use proptest::prelude::*;

use crate::{
    model::{
        cdb16,
        Host,
        Setup, //
    },
    protocol::inquiry::samples, //
};

/// A persistent reservation command of one of the nexuses.
#[derive(Clone, Copy, Debug)]
struct Reserve {
    nexus: usize,
    action: u8,
    kind: u8,
    new_key: u64,
}

/// What reservations are compared with: who is registered, and who holds which type.
#[derive(Clone, Debug, Default)]
struct Registry {
    keys: [u64; 4],
    held: Option<(u8, usize)>,
}

impl Registry {
    fn all(&self) -> bool {
        matches!(self.held, Some((7 | 8, _)))
    }

    fn holds(&self, nexus: usize) -> bool {
        match self.held {
            Some((7 | 8, _)) => self.keys[nexus] != 0,
            Some((_, holder)) => holder == nexus,
            None => false,
        }
    }

    fn may(&self, nexus: usize, writes: bool) -> bool {
        match self.held {
            None => true,
            Some((kind, _)) => {
                self.holds(nexus)
                    || (kind >= 5 && self.keys[nexus] != 0)
                    || (!writes && matches!(kind, 1 | 5 | 7))
            }
        }
    }

    /// Does it; returns whether that works.
    fn step(&mut self, command: Reserve, key: u64) -> bool {
        let Reserve {
            nexus,
            action,
            kind,
            new_key,
            ..
        } = command;
        if action != 6 && key != self.keys[nexus] {
            return false;
        }
        if !matches!(action, 0 | 6) && self.keys[nexus] == 0 {
            return false;
        }
        match action {
            0 | 6 => {
                let held = self.holds(nexus);
                self.keys[nexus] = new_key;
                if new_key == 0 && held && !self.all() {
                    self.held = None;
                }
            }
            1 if self.held.is_none() => self.held = Some((kind, nexus)),
            1 => return self.holds(nexus) && self.held.is_some_and(|held| held.0 == kind),
            2 if !self.holds(nexus) => {}
            2 if self.held.is_some_and(|held| held.0 != kind) => return false,
            2 => self.held = None,
            3 => *self = Self::default(),
            _ => {
                let replaces = match self.held {
                    Some((7 | 8, _)) => new_key == 0,
                    Some((_, holder)) => new_key != 0 && self.keys[holder] == new_key,
                    None => false,
                };
                if !replaces && (new_key == 0 || !self.keys.contains(&new_key)) {
                    return false;
                }
                for (other, key) in self.keys.iter_mut().enumerate() {
                    if (new_key == 0 || *key == new_key) && !(replaces && other == nexus) {
                        *key = 0;
                    }
                }
                if replaces {
                    self.held = Some((kind, nexus));
                }
            }
        }
        if self.keys == [0; 4] {
            self.held = None;
        }
        true
    }
}

proptest! {
    #[test]
    fn reservations_agree_with_a_registry(
        commands in proptest::collection::vec(
            (
                0..4usize,
                prop_oneof![3 => Just(6u8), 4 => Just(1), 1 => Just(3), 3 => 0..6u8],
                proptest::sample::select(&[1u8, 3, 5, 6, 7, 8][..]),
                prop_oneof![9 => Just(true), 1 => Just(false)],
                0..4u64,
            ),
            1..60,
        ),
    ) {
        let mut setup = Setup::new(samples::disk(), 4);
        let mut registry = Registry::default();
        for (nexus, action, kind, right_key, new_key) in commands {
            let command = Reserve { nexus, action, kind, new_key };
            let key = registry.keys[nexus] ^ (u64::from(!right_key) << 40);
            let mut list = [key.to_be_bytes(), new_key.to_be_bytes()].concat();
            list.extend([0; 8]);
            // What an earlier command has to say is not of interest here.
            while setup.unit.pending(setup.nexuses[nexus]).count() > 0 {
                let _ = setup.execute(nexus, &[0; 6], &mut Host::reads(0));
            }
            let cdb = [0x5f, action, kind, 0, 0, 0, 0, 0, 24, 0];
            let result = setup.execute(nexus, &cdb, &mut Host::writes(list));
            prop_assert_eq!(result.is_ok(), registry.step(command, key), "{:?}", command);

            let keys = setup.fetch_any(&[0x5e, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
            let registered: Vec<_> = registry.keys.iter().filter(|key| **key != 0).collect();
            prop_assert_eq!(keys.len(), 8 + 8 * registered.len());
            let held = setup.fetch_any(&[0x5e, 1, 0, 0, 0, 0, 0, 1, 0, 0]);
            prop_assert_eq!(held.get(21).copied(), registry.held.map(|held| held.0));
            let status = setup.fetch_any(&[0x5e, 3, 0, 0, 0, 0, 0, 1, 0, 0]);
            for (place, descriptor) in status[8..].chunks(48).enumerate() {
                let nexus = usize::from(descriptor[19]) - 1;
                let key = u64::from_be_bytes(descriptor[..8].try_into().unwrap());
                prop_assert_eq!(key, registry.keys[nexus]);
                prop_assert_eq!(key, *registered[place]);
                prop_assert_eq!(descriptor[12] == 1, registry.holds(nexus));
            }
            for nexus in 0..4 {
                while setup.unit.pending(setup.nexuses[nexus]).count() > 0 {
                    let _ = setup.execute(nexus, &[0; 6], &mut Host::reads(0));
                }
                for (cdb, writes) in [(cdb16(0x88, 0, 0, 1), false), (cdb16(0x8a, 0, 0, 1), true)] {
                    let result = setup.execute(nexus, &cdb, &mut Host::reads(512));
                    prop_assert_eq!(result.is_ok(), registry.may(nexus, writes));
                }
            }
        }
    }
}
