// SPDX-License-Identifier: GPL-2.0

//! Attributes: files with one value.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::{
    fmt,
    marker::PhantomData,
    str, //
};

use kernel::{
    bindings,
    page::PAGE_SIZE,
    prelude::*,
    str::as_char_ptr_in_const_context, //
};

use crate::{
    configfs::Directory,
    ffi, //
};

/// What a `show` writes to.
///
/// An answer that does not fit into a page makes the read fail with [`EFBIG`].
pub(crate) struct Page<'a> {
    bytes: &'a mut [u8; PAGE_SIZE],
    len: usize,
    /// What the read fails with if `show` fails.
    error: Error,
}

impl Page<'_> {
    /// Makes the read fail with `error`, once `show` returns what this returns.
    #[must_use = "the read succeeds unless this is returned"]
    pub(crate) fn fail(&mut self, error: Error) -> fmt::Error {
        self.error = error;
        fmt::Error
    }
}

impl fmt::Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Writes the value, without the newline. May sleep, and holds up rmdir(2) meanwhile.
pub(crate) type Show<D> = fn(&D, &mut Page<'_>) -> fmt::Result;

/// Takes a value, with white space at both ends removed.
pub(crate) type Store<D> = fn(&D, &str) -> Result;

/// A file of a directory with the data `D`.
pub(crate) struct Attribute<D> {
    name: &'static CStr,
    mode: u16,
    show: Option<Show<D>>,
    store: Option<Store<D>>,
}

impl<D> Attribute<D> {
    /// Describes a file that can be read and written.
    pub(crate) const fn rw(name: &'static CStr, show: Show<D>, store: Store<D>) -> Self {
        Self {
            name,
            mode: 0o644,
            show: Some(show),
            store: Some(store),
        }
    }

    /// Describes a file that can be read.
    pub(crate) const fn ro(name: &'static CStr, show: Show<D>) -> Self {
        Self {
            name,
            mode: 0o444,
            show: Some(show),
            store: None,
        }
    }

    /// Describes a file that only its owner can read, as that takes time.
    pub(crate) const fn ro_owner(name: &'static CStr, show: Show<D>) -> Self {
        Self {
            mode: 0o400,
            ..Self::ro(name, show)
        }
    }

    /// Describes a file that can be written.
    pub(crate) const fn wo(name: &'static CStr, store: Store<D>) -> Self {
        Self {
            name,
            mode: 0o200,
            show: None,
            store: Some(store),
        }
    }
}

/// Finds the data of the directory that a configfs item belongs to.
///
/// # Safety
///
/// `data()` must return the data of the container that embeds the item.
pub(super) unsafe trait Container<D> {
    /// Returns the data behind `item`.
    ///
    /// # Safety
    ///
    /// `item` must be embedded in a container of this type that outlives `'a`.
    unsafe fn data<'a>(item: *mut bindings::config_item) -> &'a D;
}

/// How many attributes one directory may have.
const MAX: usize = 96;

/// The C form of the attributes at these positions.
macro_rules! raw_attributes {
    ($($position:literal)*) => { [$(Self::raw::<$position>()),*] };
}

/// The C form of [`Directory::ATTRIBUTES`] for directories in containers of type `C`.
///
/// configfs does not tell a callback which attribute it is called for, so there is one pair of
/// callbacks for each position in the list.
pub(super) struct Table<D, C>(PhantomData<(D, C)>);

impl<D: Directory, C: Container<D>> Table<D, C> {
    const RAW: &'static [bindings::configfs_attribute; MAX] = &raw_attributes![
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
        16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47
        48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
        64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79
        80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95
    ];

    /// The attributes as `ct_attrs` wants them: pointers, and a null pointer at the end.
    pub(super) const POINTERS: &'static [*mut bindings::configfs_attribute; MAX + 1] = &{
        assert!(D::ATTRIBUTES.len() <= MAX);
        let mut pointers = [core::ptr::null_mut(); MAX + 1];
        let mut i = 0;
        while i < D::ATTRIBUTES.len() {
            // configfs only reads the attributes.
            pointers[i] = core::ptr::from_ref(&Self::RAW[i]).cast_mut();
            i += 1;
        }
        pointers
    };

    const fn raw<const I: usize>() -> bindings::configfs_attribute {
        if I >= D::ATTRIBUTES.len() {
            return pin_init::zeroed();
        }
        let attribute = &D::ATTRIBUTES[I];
        bindings::configfs_attribute {
            ca_name: as_char_ptr_in_const_context(attribute.name),
            ca_owner: ffi::THIS_MODULE,
            ca_mode: attribute.mode,
            show: match attribute.show {
                Some(_) => Some(Self::show::<I>),
                None => None,
            },
            store: match attribute.store {
                Some(_) => Some(Self::store::<I>),
                None => None,
            },
        }
    }

    /// # Safety
    ///
    /// configfs must call it, for an item in a container of type `C` and a page to write to.
    unsafe extern "C" fn show<const I: usize>(
        item: *mut bindings::config_item,
        page: *mut kernel::ffi::c_char,
    ) -> isize {
        // SAFETY: By the safety requirements; the container outlives the callback, as rmdir waits
        // for it.
        let data: &D = unsafe { C::data(item) };
        // SAFETY: By the safety requirements `page` is one writable page that is ours.
        let bytes = unsafe { &mut *page.cast() };
        let mut page = Page {
            bytes,
            len: 0,
            error: EFBIG,
        };
        let shown = match D::ATTRIBUTES.get(I).and_then(|attribute| attribute.show) {
            Some(show) => {
                show(data, &mut page).and_then(|()| fmt::Write::write_str(&mut page, "\n"))
            }
            None => Err(fmt::Error),
        };
        match shown {
            Ok(()) => isize::try_from(page.len).unwrap_or(0),
            Err(fmt::Error) => errno(page.error),
        }
    }

    /// # Safety
    ///
    /// configfs must call it, for an item in a container of type `C` and `len` readable bytes.
    unsafe extern "C" fn store<const I: usize>(
        item: *mut bindings::config_item,
        text: *const kernel::ffi::c_char,
        len: usize,
    ) -> isize {
        // SAFETY: As in `show()`.
        let data: &D = unsafe { C::data(item) };
        // SAFETY: By the safety requirements.
        let text = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), len) };
        let stored = match D::ATTRIBUTES.get(I).and_then(|attribute| attribute.store) {
            Some(store) => str::from_utf8(text)
                .map_err(|_| EINVAL)
                .and_then(|text| store(data, text.trim_ascii())),
            None => Err(EPERM),
        };
        match stored {
            Ok(()) => isize::try_from(len).unwrap_or(isize::MAX),
            Err(error) => errno(error),
        }
    }
}

/// Converts an error to what `show` and `store` return.
fn errno(error: Error) -> isize {
    // CAST: i32 to isize widens.
    error.to_errno() as isize
}
