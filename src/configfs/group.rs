// SPDX-License-Identifier: GPL-2.0

//! Groups: directories.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    bindings,
    container_of,
    prelude::*,
    types::Opaque, //
};

use crate::{
    configfs::{
        attribute::{
            Container,
            Table, //
        },
        Attribute, //
    },
    ffi, //
};

/// The data of a directory: what its files say and do.
pub(crate) trait Directory: Send + Sync + Sized + 'static {
    /// The files.
    const ATTRIBUTES: &'static [Attribute<Self>];

    /// Whether user space may make directories in it.
    const MAKES_CHILDREN: bool = false;

    /// Makes the directory that user space asks for. May sleep.
    ///
    /// # Errors
    ///
    /// An error is what mkdir(2) returns.
    fn make_child(&self, _name: &str) -> Result<Group> {
        Err(EPERM)
    }

    /// Tells the data that user space has removed the directory. May sleep.
    ///
    /// Not called for a default group, which goes away with the directory that it came with.
    fn removed(&self) {}
}

/// A directory that configfs does not know yet, with its default groups.
///
/// # Invariants
///
/// `0` is the `group` of a `Node<D>` that was made by [`Group::new`] and that is ours.
pub(crate) struct Group(NonNull<bindings::config_group>);

impl Group {
    /// Makes a directory. May sleep.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], or the error of `data`.
    pub(crate) fn new<D: Directory>(name: &CStr, data: impl PinInit<D, Error>) -> Result<Self> {
        let node = KBox::pin_init(
            try_pin_init!(Node::<D> {
                header: Header {
                    group: Opaque::zeroed(),
                    removed: Node::<D>::removed,
                },
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The node stays where it is: `release()` frees it.
        let node = KBox::into_raw(unsafe { Pin::into_inner_unchecked(node) });
        // SAFETY: `node` is valid.
        let group = unsafe { (*node).header.group.get() };
        // SAFETY: `group` is zeroed and ours; the name is copied, and the type is static.
        unsafe {
            bindings::config_group_init_type_name(group, name.as_char_ptr(), Node::<D>::TYPE)
        };
        // INVARIANT: Just made. A field of a valid node is not null.
        NonNull::new(group).map(Self).ok_or(ENOMEM)
    }

    /// Makes `child` appear in, and go away with, this directory.
    #[must_use]
    pub(crate) fn with_default(self, child: Group) -> Self {
        // SAFETY: By the type invariants both groups are initialised, and configfs does not know
        // either of them yet. The parent takes over our reference to the child.
        unsafe {
            ffi::rpmfault_configfs_add_default_group(child.into_raw().as_ptr(), self.0.as_ptr())
        };
        self
    }

    /// Hands the directory over to configfs.
    pub(super) fn into_raw(self) -> NonNull<bindings::config_group> {
        let group = self.0;
        core::mem::forget(self);
        group
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference to an initialised group that configfs
        // does not know; its default groups are owned by it.
        unsafe { put(self.0.as_ptr()) };
    }
}

/// Drops our reference to a group, and its references to its default groups.
///
/// # Safety
///
/// configfs must not have the group linked, and no callback for it may run.
unsafe fn put(group: *mut bindings::config_group) {
    // SAFETY: By the safety requirements.
    unsafe {
        bindings::configfs_remove_default_groups(group);
        bindings::config_item_put(&raw mut (*group).cg_item);
    }
}

/// The part of a node that does not depend on its data.
#[repr(C)]
struct Header {
    group: Opaque<bindings::config_group>,
    removed: unsafe fn(*mut bindings::config_group),
}

/// A directory as it is in memory.
#[pin_data]
#[repr(C)]
pub(super) struct Node<D> {
    header: Header,
    #[pin]
    data: D,
}

impl<D: Directory> Node<D> {
    const TYPE: &'static bindings::config_item_type = &bindings::config_item_type {
        ct_owner: ffi::THIS_MODULE,
        ct_item_ops: Self::ITEM_OPERATIONS,
        ct_group_ops: if D::MAKES_CHILDREN {
            Children::<D, Self>::OPERATIONS
        } else {
            core::ptr::null()
        },
        ct_attrs: Table::<D, Self>::POINTERS.as_ptr().cast_mut(),
        ct_bin_attrs: core::ptr::null_mut(),
    };

    const ITEM_OPERATIONS: &'static bindings::configfs_item_operations =
        &bindings::configfs_item_operations {
            release: Some(Self::release),
            ..pin_init::zeroed()
        };

    /// # Safety
    ///
    /// `item` must be that of a node with data `D`.
    unsafe fn of(item: *mut bindings::config_item) -> *mut Self {
        // SAFETY: By the safety requirements all of these are in one allocation.
        unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            container_of!(Opaque::cast_from(group), Header, group)
        }
        .cast_mut()
        .cast()
    }

    /// # Safety
    ///
    /// configfs must call it, for the last reference to a node with data `D`.
    unsafe extern "C" fn release(item: *mut bindings::config_item) {
        // SAFETY: By the safety requirements; the node came from `KBox::into_raw()`.
        drop(unsafe { KBox::from_raw(Self::of(item)) });
    }

    /// # Safety
    ///
    /// `group` must be that of a node with data `D`.
    unsafe fn removed(group: *mut bindings::config_group) {
        // SAFETY: By the safety requirements.
        unsafe { (*Self::of(&raw mut (*group).cg_item)).data.removed() };
    }
}

// SAFETY: A node embeds the group, which embeds the item.
unsafe impl<D: Directory> Container<D> for Node<D> {
    unsafe fn data<'a>(item: *mut bindings::config_item) -> &'a D {
        // SAFETY: By the safety requirements of the trait.
        unsafe { &(*Self::of(item)).data }
    }
}

/// The C callbacks for making and removing directories in a container of type `C`.
pub(super) struct Children<D, C>(PhantomData<(D, C)>);

impl<D: Directory, C: Container<D>> Children<D, C> {
    pub(super) const OPERATIONS: &'static bindings::configfs_group_operations =
        &bindings::configfs_group_operations {
            make_group: Some(Self::make_group),
            drop_item: Some(Self::drop_item),
            ..pin_init::zeroed()
        };

    /// # Safety
    ///
    /// configfs must call it, for a group in a container of type `C`.
    unsafe extern "C" fn make_group(
        parent: *mut bindings::config_group,
        name: *const kernel::ffi::c_char,
    ) -> *mut bindings::config_group {
        // SAFETY: By the safety requirements.
        let (data, name) = unsafe {
            (
                C::data(&raw mut (*parent).cg_item),
                CStr::from_char_ptr(name),
            )
        };
        name.to_str()
            .map_err(|_| EINVAL)
            .and_then(|name| data.make_child(name))
            .map_or_else(|error| error.to_ptr(), |group| group.into_raw().as_ptr())
    }

    /// # Safety
    ///
    /// configfs must call it, for an item that `make_group()` made.
    unsafe extern "C" fn drop_item(
        _parent: *mut bindings::config_group,
        item: *mut bindings::config_item,
    ) {
        // SAFETY: By the safety requirements the item is in a node; configfs has taken it and its
        // default groups out of the tree, and no `show` or `store` of them runs.
        unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            let header: *const Header = container_of!(Opaque::cast_from(group), Header, group);
            ((*header).removed)(group);
            put(group);
        }
    }
}
