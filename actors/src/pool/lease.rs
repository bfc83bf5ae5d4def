//! An object in use.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::reset::Pooled;
use super::shelf::Item;

const HELD: &str = "a lease holds its object until it is dropped";

/// An object of a [`Pool`](super::Pool) in use. It goes back to where it was taken from when the lease is dropped, on
/// whichever thread. As large as one pointer, so that it is cheap to hand on.
pub struct Lease<T: Pooled> {
    item: Option<Box<Item<T>>>,
}

impl<T: Pooled> Lease<T> {
    #[inline]
    pub(super) fn new(item: Box<Item<T>>) -> Self {
        Self { item: Some(item) }
    }

    /// Drops the object in place of giving it back: its user cannot vouch for it.
    pub fn discard(mut self) {
        self.discard_now();
    }
}

/// For who hands leases on, and would not be larger than they are.
impl<T: Pooled> Lease<T> {
    /// The lease, in place of which one without an object stays.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        Self {
            item: self.item.take(),
        }
    }

    /// The object; `None` once it was taken, given back or discarded.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.item.as_deref().map(|item| &item.object)
    }

    /// The same.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.item.as_deref_mut().map(|item| &mut item.object)
    }

    /// Gives back an object that its user has reset: it is not done once more.
    #[inline]
    pub(crate) fn hand_back(&mut self) {
        if let Some(item) = self.item.take() {
            item.go_home();
        }
    }

    /// As [`discard`](Self::discard).
    #[cold]
    pub(crate) fn discard_now(&mut self) {
        if let Some(item) = self.item.take() {
            item.discard();
        }
    }
}

impl<T: Pooled> Deref for Lease<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.get().expect(HELD)
    }
}

impl<T: Pooled> DerefMut for Lease<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.get_mut().expect(HELD)
    }
}

impl<T: Pooled> Drop for Lease<T> {
    /// # Panics
    /// With debug assertions on, where the object's reset leaves something behind; not while another panic unwinds.
    #[inline]
    fn drop(&mut self) {
        if let Some(item) = self.item.take() {
            item.reset();
        }
    }
}

impl<T: Pooled + fmt::Debug> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
