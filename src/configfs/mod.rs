// SPDX-License-Identifier: GPL-2.0

//! configfs: directories that user space makes, with attributes of one value each.
//!
//! Speaks the language of [`kernel::configfs`], and adds what that lacks: default groups, children
//! of several kinds below one parent, modes per attribute, and the data of a group that goes away.
//!
//! # Locking
//!
//! From `fs/configfs/{dir,file}.c`: [`Directory::make_child`] and [`Directory::removed`] run under
//! the subsystem's mutex; `show` and `store` under the `frag_sem` of the directory that user space
//! made, for reading, which rmdir of that directory takes for writing. So once
//! [`Directory::removed`] runs, no `show` or `store` of the group runs or starts, and something
//! that a `store` waits for must be reachable through another directory than the one to remove.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

mod attribute;
mod group;
mod subsystem;

pub(crate) use attribute::{
    Attribute,
    Page, //
};
pub(crate) use group::{
    Directory,
    Group, //
};
pub(crate) use subsystem::Subsystem;
