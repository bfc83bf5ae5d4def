//! Which endpoints a call has tried.

use std::sync::Arc;

use super::endpoint::Endpoint;

/// More are not remembered: the first ones are forgotten.
const MOST: usize = 8;

/// The endpoints that a call has tried, by where they lie in memory: they are compared, never reached.
#[derive(Debug, Default)]
pub(super) struct Tried {
    places: [usize; MOST],
    count: usize,
}

impl Tried {
    pub(super) fn add(&mut self, endpoint: &Arc<Endpoint>) {
        self.places[self.count % MOST] = place(endpoint);
        self.count += 1;
    }

    #[inline]
    pub(super) fn has(&self, endpoint: &Arc<Endpoint>) -> bool {
        let known = &self.places[..self.count.min(MOST)];
        known.contains(&place(endpoint))
    }

    pub(super) fn is_none(&self) -> bool {
        self.count == 0
    }
}

#[inline]
fn place(endpoint: &Arc<Endpoint>) -> usize {
    Arc::as_ptr(endpoint).addr()
}
