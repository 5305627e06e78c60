// SPDX-License-Identifier: GPL-2.0

//! A virtual SCSI host whose power management fails on demand.
//!
//! The module is read along two journeys:
//!
//! - a command: [`scsi::Operations::queue`] -> [`device::host`] asks the fault rules and finds the
//!   LUN -> [`device::drive`] locks it -> [`unit::Unit::execute`] carries the command out ->
//!   [`scsi::Command::complete`], at once or after a while;
//! - a power transition: [`pm::platform::Driver::runtime_resume`] and its kin -> [`device::host`]
//!   asks the fault rules and passes, fails or holds the callback.
//!
//! What a user says in configfs comes in through [`control`].

mod configfs;
mod control;
mod device;
mod fault;
mod ffi;
mod link;
mod pm;
mod protocol;
mod scsi;
mod unit;

use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The version that `modinfo` and configfs show.
const VERSION: &str = "0.1.0";

module! {
    type: RpmFault,
    name: "rpmfault",
    authors: ["rpmfault contributors"],
    description: "Virtual SCSI host with failing power management",
    license: "GPL",
}

/// The module while it is loaded.
///
/// The fields are dropped in this order: the directories are gone before the driver that their
/// hosts need, and nothing runs on the workqueue when the module's code goes away.
#[pin_data]
struct RpmFault {
    #[pin]
    _configfs: configfs::Subsystem<control::Root>,
    #[pin]
    _driver: pm::platform::Registration<device::host::Adapter>,
    _workqueue: Drained,
}

/// Our reference to the workqueue. What runs on it may have one too.
struct Drained(Arc<ffi::workqueue::OwnedQueue>);

impl Drop for Drained {
    fn drop(&mut self) {
        self.0.flush();
    }
}

impl kernel::InPlaceModule for RpmFault {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let workqueue = Arc::new(ffi::workqueue::OwnedQueue::new(c"rpmfault")?, GFP_KERNEL)?;
            let (root, stores) = control::Root::new(workqueue.clone())?;
            Ok(try_pin_init!(Self {
                _driver <- pm::platform::Registration::new(module),
                _configfs <- configfs::Subsystem::new(c"rpmfault", Ok(root), stores),
                _workqueue: Drained(workqueue),
            }))
        })
    }
}
