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
mod eh;
mod host;
mod host_ref;
mod limits;
mod operations;
mod status;
mod template;
mod view;

pub(crate) use address::{
    Address,
    LUNS, //
};
pub(crate) use command::{
    Busy,
    Command,
    Refused, //
};
pub(crate) use deferred::{
    Context,
    Prepared, //
};
pub(crate) use device::{
    Device,
    DeviceFlags,
    NewDevice, //
};
pub(crate) use host::Registration;
pub(crate) use host_ref::{
    HostRef,
    ScanMode,
    TargetState, //
};
pub(crate) use limits::{
    EhStrategy,
    IoLimits,
    Limits, //
};
pub(crate) use operations::{
    EhError,
    Operations,
    Timeout, //
};
pub(crate) use status::{
    HostByte,
    Status, //
};
pub(crate) use view::{
    Direction,
    Submitter,
    View, //
};
