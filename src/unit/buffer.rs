// SPDX-License-Identifier: GPL-2.0

//! READ BUFFER and WRITE BUFFER (SPC-6).

use crate::{
    protocol::sense::Sense,
    unit::{
        answer::answer,
        failure::Failure,
        transfer::Transfer, //
    }, //
};

/// Bytes of the data buffer, of which the echo buffer is a part.
const SIZE: usize = 512;

/// Where the fields are in both CDBs.
const MODE: (u16, u8) = (1, 4);
const BUFFER_ID: u16 = 2;
const BUFFER_OFFSET: u16 = 3;
const LENGTH: u16 = 6;

/// The values of MODE that both commands share.
const DATA: u8 = 0x02;
const ECHO: u8 = 0x0a;

/// Which part of the buffer a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// MODE.
    pub(super) mode: u8,
    /// BUFFER ID; the only one is 0.
    pub(super) id: u8,
    /// BUFFER OFFSET.
    pub(super) offset: u32,
    /// ALLOCATION LENGTH or PARAMETER LIST LENGTH.
    pub(super) length: usize,
}

/// What WRITE BUFFER did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It filled the buffer, or stored microcode for later.
    Data,
    /// It activated microcode, or would have if there were any.
    Microcode,
}

/// The memory that the two commands are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataBuffer {
    /// Its content.
    bytes: [u8; SIZE],
    /// How much of it is what WRITE BUFFER left in echo mode; `None` if it is something else.
    echo: Option<usize>,
}

impl DataBuffer {
    /// Returns a zeroed buffer.
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            echo: None,
        }
    }

    /// READ BUFFER.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB for what there is not, and COMMAND SEQUENCE ERROR if there is
    /// nothing to echo.
    pub(super) fn read<T: Transfer>(
        &self,
        selection: Selection,
        transfer: &mut T,
    ) -> Result<(), Failure> {
        const DESCRIPTOR: u8 = 0x03;
        const ECHO_DESCRIPTOR: u8 = 0x0b;

        let [.., capacity_high, capacity_low] = SIZE.to_be_bytes();
        // OFFSET BOUNDARY and EBOS are 0.
        let descriptor = [0, 0, capacity_high, capacity_low];
        let data = match selection.mode {
            DATA => {
                let start = selection.start()?;
                self.bytes.get(start..).unwrap_or_default()
            }
            DESCRIPTOR if selection.id == 0 => &descriptor,
            DESCRIPTOR => &[0; 4],
            ECHO => {
                let len = self.echo.ok_or(Sense::COMMAND_SEQUENCE_ERROR)?;
                self.bytes.get(..len).unwrap_or_default()
            }
            ECHO_DESCRIPTOR => &descriptor,
            _ => return Err(Sense::invalid_field_bit(MODE.0, MODE.1).into()),
        };
        answer(transfer, selection.length, |out| {
            let len = data.len().min(out.len());
            out.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
            Ok(len)
        })
    }

    /// WRITE BUFFER. Microcode goes nowhere.
    ///
    /// # Errors
    ///
    /// Returns INVALID FIELD IN CDB for what there is not, and PARAMETER LIST LENGTH ERROR if the
    /// initiator sends less than it says.
    pub(super) fn write<T: Transfer>(
        &mut self,
        selection: Selection,
        transfer: &mut T,
    ) -> Result<Written, Failure> {
        let start = match selection.mode {
            DATA => selection.start()?,
            ECHO => 0,
            // Download microcode, with or without offsets, saved or not; activate what was
            // deferred.
            0x04..=0x07 | 0x0f => return Ok(Written::Microcode),
            // Download microcode and defer its activation.
            0x0d | 0x0e => return Ok(Written::Data),
            _ => return Err(Sense::invalid_field_bit(MODE.0, MODE.1).into()),
        };
        let room = self.bytes.get_mut(start..).unwrap_or_default();
        let part = room
            .get_mut(..selection.length)
            .ok_or(Sense::invalid_field(LENGTH))?;
        if transfer.len() < selection.length || transfer.receive(0, part) < selection.length {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR.into());
        }
        self.echo = (selection.mode == ECHO).then_some(selection.length);
        Ok(Written::Data)
    }
}

impl Selection {
    /// Returns where in the buffer it starts, in the modes where that means something.
    fn start(self) -> Result<usize, Sense> {
        if self.id != 0 {
            return Err(Sense::invalid_field(BUFFER_ID));
        }
        match usize::try_from(self.offset) {
            Ok(start) if start <= SIZE => Ok(start),
            _ => Err(Sense::invalid_field(BUFFER_OFFSET)),
        }
    }
}
