// SPDX-License-Identifier: GPL-2.0

//! PERSISTENT RESERVE IN (SPC-6).

use super::{
    Reservations,
    Type, //
};
use crate::{
    protocol::{
        buf::Writer,
        command::ReserveIn, //
    },
    unit::nexus::Nexus, //
};

/// REPORT CAPABILITIES: CRH (RESERVE and RELEASE tolerate a persistent reservation) and PTPL_C
/// (what is reserved outlives the power of the host, as the unit does).
const CAPABILITIES: u8 = 0x11;

/// REPORT CAPABILITIES: TMV, and ALLOW COMMANDS 001b: TEST UNIT READY is allowed whatever the type.
const ALLOWED: u8 = 0x90;

/// Length of the TransportID of a SAS initiator port.
const TRANSPORT_ID_LENGTH: u8 = 24;

impl Reservations {
    /// Writes what PERSISTENT RESERVE IN asks for into `out` and returns how many bytes of it are
    /// valid. `id` returns the initiator's name for a nexus.
    pub(in crate::unit) fn report(
        &self,
        action: ReserveIn,
        id: impl Fn(Nexus) -> Option<u64>,
        out: &mut [u8],
    ) -> usize {
        let mut data = Writer::new(out);
        match action {
            ReserveIn::ReadKeys => self.read_keys(&mut data),
            ReserveIn::ReadReservation => self.read_reservation(&mut data),
            ReserveIn::ReportCapabilities => self.report_capabilities(&mut data),
            ReserveIn::ReadFullStatus => self.read_full_status(id, &mut data),
        }
        data.len()
    }

    /// READ KEYS.
    fn read_keys(&self, data: &mut Writer<'_>) {
        self.header(self.count().saturating_mul(8), data);
        for nexus in self.registered(None) {
            data.put(&self.key(nexus).to_be_bytes());
        }
    }

    /// READ RESERVATION. The holder has key 0 if all registrants hold it.
    fn read_reservation(&self, data: &mut Writer<'_>) {
        let Some(held) = self.held else {
            return self.header(0, data);
        };
        let key = if held.kind.is_all_registrants() {
            0
        } else {
            self.key(held.by)
        };
        self.header(16, data);
        data.put(&key.to_be_bytes());
        data.put(&[0, 0, 0, 0, 0, held.kind as u8, 0, 0]);
    }

    /// REPORT CAPABILITIES.
    fn report_capabilities(&self, data: &mut Writer<'_>) {
        let [low, high] = [
            Type::WriteExclusive,
            Type::ExclusiveAccess,
            Type::WriteExclusiveRegistrantsOnly,
            Type::ExclusiveAccessRegistrantsOnly,
            Type::WriteExclusiveAllRegistrants,
            Type::ExclusiveAccessAllRegistrants,
        ]
        .iter()
        .fold(0u16, |mask, kind| mask | (1 << (*kind as u8)))
        .to_le_bytes();
        let activated = u8::from(self.through_power_loss);
        data.put(&[0, 8, CAPABILITIES, ALLOWED | activated, low, high, 0, 0]);
    }

    /// READ FULL STATUS.
    fn read_full_status(&self, id: impl Fn(Nexus) -> Option<u64>, data: &mut Writer<'_>) {
        let length = u32::from(TRANSPORT_ID_LENGTH).saturating_add(24);
        self.header(self.count().saturating_mul(length), data);
        for nexus in self.registered(None) {
            let held = self.held.filter(|_| self.is_holder(nexus));
            let [port_high, port_low] = nexus.relative_port().to_be_bytes();
            data.put(&self.key(nexus).to_be_bytes());
            data.put(&[0, 0, 0, 0]);
            data.put(&[
                u8::from(held.is_some()), // R_HOLDER
                held.map_or(0, |held| held.kind as u8),
                0,
                0,
                0,
                0,
                port_high,
                port_low,
            ]);
            data.put(&u32::from(TRANSPORT_ID_LENGTH).to_be_bytes());
            // The port is no SAS port, but its TransportID is a number that just fits.
            data.put(&[0x06, 0, 0, 0]);
            data.put(&id(nexus).unwrap_or(0).to_be_bytes());
            data.put(&[0; 12]);
        }
    }

    /// Writes PRGENERATION and ADDITIONAL LENGTH.
    fn header(&self, additional_length: u32, data: &mut Writer<'_>) {
        data.put(&self.generation.to_be_bytes());
        data.put(&additional_length.to_be_bytes());
    }

    /// Returns the number of registrations.
    fn count(&self) -> u32 {
        self.registered(None)
            .fold(0u32, |count, _| count.saturating_add(1))
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_reserve_in))]
mod tests {
    use super::super::Held;
    use super::*;

    const A: Nexus = Nexus::nth(0);
    const C: Nexus = Nexus::nth(2);

    fn example(kind: Type) -> Reservations {
        let mut reservations = Reservations::new();
        reservations.set_key(A, 0x11);
        reservations.set_key(C, 0x33);
        reservations.held = Some(Held { kind, by: C });
        reservations.generation = 7;
        reservations
    }

    fn id(nexus: Nexus) -> Option<u64> {
        u64::try_from(nexus.index()).ok().map(|index| index + 0x50)
    }

    #[test]
    fn reads_keys_and_keeps_the_length_when_truncated() {
        let reservations = example(Type::WriteExclusive);
        let mut out = [0xff; 32];
        let expected = [
            0, 0, 0, 7, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0x33,
        ];
        assert_eq!(reservations.report(ReserveIn::ReadKeys, id, &mut out), 24);
        assert_eq!(out[..24], expected);
        let len = reservations.report(ReserveIn::ReadKeys, id, &mut out[..8]);
        assert_eq!((len, &out[..8]), (8, &expected[..8]));
    }

    #[test]
    fn reads_the_reservation() {
        let mut out = [0xff; 24];
        let mut read = |reservations: Reservations| {
            let len = reservations.report(ReserveIn::ReadReservation, id, &mut out);
            (len, out)
        };
        let (len, data) = read(example(Type::ExclusiveAccess));
        assert_eq!(len, 24);
        assert_eq!(
            data,
            [0, 0, 0, 7, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0x33, 0, 0, 0, 0, 0, 3, 0, 0]
        );
        let (_, data) = read(example(Type::WriteExclusiveAllRegistrants));
        assert_eq!((data[15], data[21]), (0, 7));
        let (len, data) = read(Reservations::new());
        assert_eq!((len, &data[..8]), (8, &[0; 8][..]));
    }

    #[test]
    fn reports_capabilities() {
        let mut out = [0xff; 8];
        let mut reservations = Reservations::new();
        reservations.report(ReserveIn::ReportCapabilities, id, &mut out);
        assert_eq!(out, [0, 8, 0x11, 0x90, 0xea, 0x01, 0, 0]);
        reservations.through_power_loss = true;
        reservations.report(ReserveIn::ReportCapabilities, id, &mut out);
        assert_eq!(out[3], 0x91);
    }

    #[test]
    fn reads_the_full_status() {
        let mut out = [0xff; 128];
        let len = example(Type::WriteExclusive).report(ReserveIn::ReadFullStatus, id, &mut out);
        assert_eq!(len, 8 + 2 * 48);
        assert_eq!(out[..8], [0, 0, 0, 7, 0, 0, 0, 96]);
        assert_eq!(out[8 + 12..8 + 24], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 24]);
        let holder = &out[56..104];
        assert_eq!(holder[7], 0x33);
        assert_eq!(holder[12..24], [1, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 24]);
        assert_eq!(holder[24..36], [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x52]);
        assert!(holder[36..].iter().all(|byte| *byte == 0));
    }
}
