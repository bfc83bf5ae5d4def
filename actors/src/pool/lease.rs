//! An object in use.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::reset::Pooled;
use super::shelf::Shelf;

const HELD: &str = "a lease holds its object until it is dropped";

/// An object of a [`Pool`](super::Pool) in use. It goes back to where it was taken from when the lease is dropped, on
/// whichever thread.
pub struct Lease<T: Pooled> {
    object: Option<Box<T>>,
    /// Counted on a line of the thread's own: a count that all threads share would cost more than all the rest.
    shelf: Arc<CachePadded<Shelf<T>>>,
}

impl<T: Pooled> Lease<T> {
    #[inline]
    pub(super) fn new(object: Box<T>, shelf: Arc<CachePadded<Shelf<T>>>) -> Self {
        Self {
            object: Some(object),
            shelf,
        }
    }

    /// Drops the object in place of giving it back: its user cannot vouch for it.
    pub fn discard(mut self) {
        if let Some(object) = self.object.take() {
            self.shelf.discard(object);
        }
    }
}

impl<T: Pooled> Deref for Lease<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.object.as_deref().expect(HELD)
    }
}

impl<T: Pooled> DerefMut for Lease<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.object.as_deref_mut().expect(HELD)
    }
}

impl<T: Pooled> Drop for Lease<T> {
    /// # Panics
    /// With debug assertions on, where the object's reset leaves something behind; not while another panic unwinds.
    #[inline]
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            self.shelf.give(object);
        }
    }
}

impl<T: Pooled + fmt::Debug> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
