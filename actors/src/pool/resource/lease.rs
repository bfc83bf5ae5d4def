//! A resource in use.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::figures::Count;
use super::grant::{Grant, LeaseEnd};
use super::shelf::{Held, Shelf};
use super::source::Source;

const HELD: &str = "a lease holds its resource until it is dropped";

/// A resource of a [`ResourcePool`](super::ResourcePool) in use. It goes back to the shelf of the thread that it was taken on
/// when the lease is dropped, on whichever thread.
///
/// Dropped by a panic, it has [failed](Self::fail), and its resource is closed: nobody knows what its holder left it in.
pub struct Lease<S: Source> {
    kept: Option<Held<S>>,
    /// Counted on a line of the thread's own: a count that all threads share would cost more than all the rest.
    shelf: Arc<CachePadded<Shelf<S>>>,
    grant: Grant,
}

impl<S: Source> Lease<S> {
    #[inline]
    pub(super) fn new(kept: Held<S>, shelf: &Arc<CachePadded<Shelf<S>>>, grant: Grant) -> Self {
        Self {
            kept: Some(kept),
            shelf: Arc::clone(shelf),
            grant,
        }
    }

    /// Says that what it was for has failed, for the contract of the pool. The resource is kept, where it is fit.
    pub fn fail(&mut self) {
        self.grant.end(LeaseEnd::Failed);
    }

    /// Closes the resource in place of giving it back: its user cannot vouch for it.
    pub fn discard(mut self) {
        if let Some(kept) = self.kept.take() {
            self.shelf.store.close(kept, Count::Broken);
        }
    }
}

impl<S: Source> Deref for Lease<S> {
    type Target = S::Resource;

    #[inline]
    fn deref(&self) -> &S::Resource {
        &self.kept.as_ref().expect(HELD).resource
    }
}

impl<S: Source> DerefMut for Lease<S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut S::Resource {
        &mut self.kept.as_mut().expect(HELD).resource
    }
}

impl<S: Source> Drop for Lease<S> {
    #[inline]
    fn drop(&mut self) {
        let now = self.grant.desk().clock.now();
        // It waits on its shelf before the next one is let in.
        if let Some(kept) = self.kept.take() {
            self.shelf.give(kept, now);
        }
        self.grant.drop_at(now);
    }
}

impl<S: Source<Resource: fmt::Debug>> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
