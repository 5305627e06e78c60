// SPDX-License-Identifier: GPL-2.0

//! Subsystems: directories at the top of configfs.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use kernel::{
    bindings,
    container_of,
    error::to_result,
    prelude::*,
    types::Opaque, //
};

use crate::{
    configfs::{
        attribute::{
            Container,
            Table, //
        },
        group::Children,
        Directory,
        Group, //
    },
    ffi, //
};

/// A registered subsystem with the data `D`.
#[pin_data(PinnedDrop)]
pub(crate) struct Subsystem<D: Directory> {
    #[pin]
    raw: Opaque<bindings::configfs_subsystem>,
    #[pin]
    data: D,
}

// SAFETY: A `Subsystem` has no methods; its data are `Send`.
unsafe impl<D: Directory> Send for Subsystem<D> {}
// SAFETY: As above; its data are `Sync`.
unsafe impl<D: Directory> Sync for Subsystem<D> {}

impl<D: Directory> Subsystem<D> {
    const TYPE: &'static bindings::config_item_type = &bindings::config_item_type {
        ct_owner: ffi::THIS_MODULE,
        ct_item_ops: core::ptr::null(),
        ct_group_ops: Children::<D, Self>::OPERATIONS,
        ct_attrs: Table::<D, Self>::POINTERS.as_ptr().cast_mut(),
        ct_bin_attrs: core::ptr::null_mut(),
    };

    /// Registers a subsystem in which the directory `child` is there from the start. May sleep.
    ///
    /// # Errors
    ///
    /// Returns the error of `configfs_register_subsystem()` or of `data`.
    pub(crate) fn new(
        name: &'static CStr,
        data: impl PinInit<D, Error>,
        child: Group,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            raw: Opaque::zeroed(),
            data <- data,
        })
        .pin_chain(move |this| {
            let raw = this.raw.get();
            // SAFETY: `raw` is zeroed, pinned and ours; name and type are static.
            unsafe {
                bindings::config_group_init_type_name(
                    &raw mut (*raw).su_group,
                    name.as_char_ptr(),
                    Self::TYPE,
                );
                bindings::__mutex_init(
                    &raw mut (*raw).su_mutex,
                    c"rpmfault_subsystem".as_char_ptr(),
                    kernel::static_lock_class!().as_ptr(),
                );
                ffi::rpmfault_configfs_add_default_group(
                    child.into_raw().as_ptr(),
                    &raw mut (*raw).su_group,
                );
            }
            // SAFETY: `raw` was initialised above. Without a subsystem nobody else has the child.
            unsafe {
                to_result(bindings::configfs_register_subsystem(raw)).inspect_err(|_| {
                    bindings::configfs_remove_default_groups(&raw mut (*raw).su_group);
                })
            }
        })
    }
}

#[pinned_drop]
impl<D: Directory> PinnedDrop for Subsystem<D> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: `new()` registered the subsystem. Its directories pin the module, so there are
        // none left but the one that came with it.
        unsafe {
            let raw = self.raw.get();
            bindings::configfs_unregister_subsystem(raw);
            bindings::configfs_remove_default_groups(&raw mut (*raw).su_group);
        }
    }
}

// SAFETY: A subsystem embeds the group, which embeds the item.
unsafe impl<D: Directory> Container<D> for Subsystem<D> {
    unsafe fn data<'a>(item: *mut bindings::config_item) -> &'a D {
        // SAFETY: By the safety requirements of the trait all of these are in one allocation.
        unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            let raw = container_of!(group, bindings::configfs_subsystem, su_group);
            &(*container_of!(Opaque::cast_from(raw), Self, raw)).data
        }
    }
}
