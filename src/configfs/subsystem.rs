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
        Directory, //
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

    /// Registers a subsystem. May sleep.
    ///
    /// # Errors
    ///
    /// Returns the error of `configfs_register_subsystem()` or of `data`.
    pub(crate) fn new(
        name: &'static CStr,
        data: impl PinInit<D, Error>,
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
                to_result(bindings::configfs_register_subsystem(raw))
            }
        })
    }
}

#[pinned_drop]
impl<D: Directory> PinnedDrop for Subsystem<D> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: `new()` registered the subsystem. Its directories pin the module, so there are
        // none left.
        unsafe { bindings::configfs_unregister_subsystem(self.raw.get()) };
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
