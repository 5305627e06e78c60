// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/config/rpmfault/`.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    debugfs,
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
        features,
        host::Host,
        host_dir::HostDir,
        link::LinkDir,
        luns::Luns,
        pm::Pm,
        stats::StatsDir,
        stores::{
            Registry,
            Stores, //
        }, //
    },
    ffi::workqueue::OwnedQueue, //
};

/// The directory in which hosts are made.
pub(crate) struct Root {
    workqueue: Arc<OwnedQueue>,
    registry: Arc<Registry>,
    /// Where hosts show their events.
    debugfs: debugfs::Dir,
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
            debugfs: debugfs::Dir::new(c"rpmfault"),
        };
        Ok((root, stores))
    }

    fn show_features(&self, page: &mut Page<'_>) -> fmt::Result {
        features::print(page)
    }

    fn show_pairs(&self, page: &mut Page<'_>) -> fmt::Result {
        features::print_pairs(page)
    }

    fn show_version(&self, page: &mut Page<'_>) -> fmt::Result {
        page.write_str(crate::VERSION)
    }
}

impl Directory for Root {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::ro(c"features", Self::show_features),
        Attribute::ro(c"pairs", Self::show_pairs),
        Attribute::ro(c"version", Self::show_version),
    ];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let host = Host::new(name, self.workqueue.clone(), &self.debugfs)?;
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let group = Group::new(&dir_name, Ok(HostDir::new(host.clone())))?
            .with_default(Group::new(c"pm", Ok(Pm::new(host.clone())))?)
            .with_default(Group::new(c"link", Ok(LinkDir::new(host.clone())))?)
            .with_default(Group::new(
                c"luns",
                Ok(Luns::new(host.clone(), self.registry.clone())),
            )?)
            .with_default(Group::new(c"stats", Ok(StatsDir::new(host.clone())))?)
            .with_default(Group::new(c"faults", Ok(Faults::new(host)))?);
        Ok(group)
    }
}
