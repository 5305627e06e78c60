// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/config/rpmfault/`.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Group,
        Page, //
    },
    control::{
        faults::Faults,
        host::{
            Host,
            HostDir, //
        },
        link::LinkDir,
        luns::Luns,
        pm::Pm,
        stores::{
            Registry,
            Stores, //
        }, //
    },
    fault::rule::{
        ActionKind,
        Origin,
        Trigger, //
    },
    ffi::workqueue::OwnedQueue, //
};

/// The version of the interface: raised when what a file means changes.
const ABI: u32 = 1;

/// The directory in which hosts are made.
pub(crate) struct Root {
    workqueue: Arc<OwnedQueue>,
    registry: Arc<Registry>,
}

impl Root {
    /// Creates the data of the subsystem, and the directory `stores` in it. Parked commands wait on
    /// `workqueue`.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(crate) fn new(workqueue: Arc<OwnedQueue>) -> Result<(Self, Group)> {
        let registry = Registry::new()?;
        let stores = Group::new(c"stores", Ok(Stores::new(registry.clone())))?;
        let root = Self {
            workqueue,
            registry,
        };
        Ok((root, stores))
    }

    /// Lists what this module can do, one token a line, for scripts that have to know.
    fn show_features(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "abi={ABI}")?;
        for trigger in Trigger::ALL {
            write!(page, "\ntrigger={}", trigger.name())?;
        }
        for name in ["opcode", "origin"] {
            write!(page, "\nmatch={name}")?;
        }
        for origin in Origin::ALL {
            write!(page, "\norigin={}", origin.name())?;
        }
        for action in ActionKind::ALL {
            write!(page, "\naction={}", action.name())?;
        }
        write!(page, "\nlink_mode=fail\nlun_type=disk\nlun_type=cdrom")
    }

    fn show_version(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(crate::VERSION)
    }
}

impl Directory for Root {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"features", Self::show_features),
        Attribute::ro(c"version", Self::show_version),
    ];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let host = Host::new(name, self.workqueue.clone())?;
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let group = Group::new(&dir_name, Ok(HostDir::new(host.clone())))?
            .with_default(Group::new(c"pm", Ok(Pm::new(host.clone())))?)
            .with_default(Group::new(c"link", Ok(LinkDir::new(host.clone())))?)
            .with_default(Group::new(
                c"luns",
                Ok(Luns::new(host.clone(), self.registry.clone())),
            )?)
            .with_default(Group::new(c"faults", Ok(Faults::new(host)))?);
        Ok(group)
    }
}
