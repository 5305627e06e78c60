// SPDX-License-Identifier: GPL-2.0

//! SCSI hosts and commands, seen from a low-level driver.
//!
//! Written as if for `rust/kernel/`: nothing here knows what the module does with a command.
//!
//! C headers: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h),
//! [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

mod address;
mod command;
mod deferred;
mod device;
mod host;

pub(crate) use address::{
    Address,
    LUNS, //
};
pub(crate) use command::{
    Command,
    CommandId,
    Direction,
    HostByte,
    Status,
    Submitter, //
};
pub(crate) use deferred::{
    Context,
    Prepared, //
};
pub(crate) use device::{
    Device,
    NewDevice, //
};
pub(crate) use host::{
    IoLimits,
    Limits,
    Operations,
    Registration, //
};
