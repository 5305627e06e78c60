// SPDX-License-Identifier: GPL-2.0

//! `stores/` and `stores/<name>/`: media that have a name, so that several units can have them.

use core::fmt::{
    self,
    Write, //
};

use kernel::{
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

use crate::{
    configfs::{
        Attribute,
        Directory,
        Group,
        Page, //
    },
    control::text,
    device::{
        drive::Drive,
        store::Store, //
    },
    protocol::profile::Profile, //
};

/// The size of a store of which nothing else is said, in bytes.
const DEFAULT_SIZE: u64 = 1 << 30;

/// A store that has a name. It lives on without its directory for as long as a unit has it.
#[pin_data]
pub(super) struct NamedStore {
    name: CString,
    store: Arc<Store>,
    size: Atomic<u64>,
    /// How many units have it.
    users: Atomic<u32>,
    /// The disk that all hosts share that have it as a disk.
    #[pin]
    disk: Mutex<Option<Arc<Drive>>>,
}

impl NamedStore {
    /// Returns its name.
    pub(super) fn name(&self) -> &str {
        self.name.to_str().unwrap_or_default()
    }

    /// Returns its content.
    pub(super) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Returns its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Relaxed)
    }

    /// Returns the disk of that profile whose medium the store is; the same for all who ask, so that
    /// they are nexuses of one logical unit. Whether its cache is on may have changed since.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if another host has it as a disk of another profile, and [`ENOMEM`].
    pub(super) fn disk(&self, profile: Profile, blocks: u64) -> Result<Arc<Drive>> {
        let mut disk = self.disk.lock();
        if let Some(disk) = &*disk {
            let wanted = Profile {
                write_cache: disk.profile().write_cache,
                ..profile
            };
            let same = *disk.profile() == wanted && disk.with_unit(|unit| unit.blocks()) == blocks;
            if same {
                return Ok(disk.clone());
            }
            if disk.is_connected() {
                pr_info!(
                    "store {}: another host has it as a disk with other attributes\n",
                    self.name()
                );
                return Err(EINVAL);
            }
        }
        let new = Drive::new(profile, blocks, true, self.store.clone())?;
        *disk = Some(new.clone());
        Ok(new)
    }
}

/// A unit's hold on a named store.
pub(super) struct StoreUser(Arc<NamedStore>);

impl StoreUser {
    /// Begins to use a store.
    pub(super) fn new(store: Arc<NamedStore>) -> Self {
        store.users.fetch_add(1, Relaxed);
        Self(store)
    }
}

impl core::ops::Deref for StoreUser {
    type Target = NamedStore;

    fn deref(&self) -> &NamedStore {
        &self.0
    }
}

impl Drop for StoreUser {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Relaxed);
    }
}

/// The stores that have a directory.
#[pin_data]
pub(super) struct Registry {
    #[pin]
    stores: Mutex<KVec<Arc<NamedStore>>>,
}

impl Registry {
    /// Creates an empty registry.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                stores <- new_mutex!(KVec::new()),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns the store of that name, for a unit to use.
    ///
    /// # Errors
    ///
    /// Returns [`ENOENT`] if there is none.
    pub(super) fn find(&self, name: &str) -> Result<StoreUser> {
        let stores = self.stores.lock();
        let store = stores.iter().find(|store| store.name() == name);
        store.cloned().map(StoreUser::new).ok_or(ENOENT)
    }
}

/// The directory in which stores are made.
pub(super) struct Stores(Arc<Registry>);

impl Stores {
    /// Creates the data of the directory.
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self(registry)
    }
}

impl Directory for Stores {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];
    const MAKES_CHILDREN: bool = true;

    fn make_child(&self, name: &str) -> Result<Group> {
        let store = Arc::pin_init(
            try_pin_init!(NamedStore {
                name: CString::try_from_fmt(fmt!("{name}"))?,
                store: Arc::pin_init(Store::new(), GFP_KERNEL)?,
                size: Atomic::new(DEFAULT_SIZE),
                users: Atomic::new(0),
                disk <- new_mutex!(None),
            }? Error),
            GFP_KERNEL,
        )?;
        let dir_name = CString::try_from_fmt(fmt!("{name}"))?;
        let group = Group::new(
            &dir_name,
            Ok(StoreDir {
                registry: self.0.clone(),
                store: store.clone(),
            }),
        )?;
        self.0.stores.lock().push(store, GFP_KERNEL)?;
        Ok(group)
    }
}

/// The files of one store.
struct StoreDir {
    registry: Arc<Registry>,
    store: Arc<NamedStore>,
}

impl StoreDir {
    fn show_size(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.store.size())
    }

    /// Changes the size, unless a unit has the store.
    fn store_size(&self, text: &str) -> Result {
        let size = text::size(text)?;
        // With the registry locked nobody begins to use it.
        let _stores = self.registry.stores.lock();
        if self.store.users.load(Relaxed) > 0 {
            return Err(EBUSY);
        }
        self.store.size.store(size, Relaxed);
        Ok(())
    }

    fn show_mapped_bytes(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.store.store.mapped_bytes())
    }

    fn show_in_use(&self, page: &mut Page<'_>) -> fmt::Result {
        write!(page, "{}", self.store.users.load(Relaxed))
    }

    /// Drops the content, also under a unit that has the store.
    fn store_zero(&self, text: &str) -> Result {
        text::go(text)?;
        self.store.store.clear();
        Ok(())
    }
}

impl Directory for StoreDir {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(c"size", Self::show_size, Self::store_size),
        Attribute::ro(c"mapped_bytes", Self::show_mapped_bytes),
        Attribute::ro(c"in_use", Self::show_in_use),
        Attribute::wo(c"zero", Self::store_zero),
    ];

    fn removed(&self) {
        let mut stores = self.registry.stores.lock();
        stores.retain(|store| !Arc::ptr_eq(store, &self.store));
    }
}
