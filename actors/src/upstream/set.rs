//! The endpoints of an upstream at one instant.

use std::ops::Deref;
use std::sync::Arc;

use hedgerow_config::EndpointAddr;

use super::endpoint::Endpoint;

/// The endpoints of an upstream at one instant. It never changes: who joins or leaves makes another one, which takes its
/// place by one pointer. An endpoint that is in both is the same one, with its breaker and its figures.
#[derive(Default)]
pub struct EndpointSet {
    endpoints: Vec<Arc<Endpoint>>,
}

impl EndpointSet {
    pub(super) fn new(endpoints: Vec<Arc<Endpoint>>) -> Self {
        Self { endpoints }
    }

    /// The endpoint at this address.
    pub fn at(&self, addr: &EndpointAddr) -> Option<&Arc<Endpoint>> {
        self.endpoints.iter().find(|endpoint| endpoint.is_at(addr))
    }

    /// The same, for who reads of its endpoints what has changed.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.endpoints.clone())
    }

    /// The same with one more, at the end.
    pub(super) fn with(&self, joined: Arc<Endpoint>) -> Self {
        let endpoints = self.endpoints.iter().cloned().chain([joined]).collect();
        Self::new(endpoints)
    }

    /// The same without the one at this address.
    pub(super) fn without(&self, addr: &EndpointAddr) -> Self {
        let stay = self.endpoints.iter().filter(|endpoint| !endpoint.is_at(addr));
        Self::new(stay.cloned().collect())
    }
}

impl Deref for EndpointSet {
    type Target = [Arc<Endpoint>];

    fn deref(&self) -> &Self::Target {
        &self.endpoints
    }
}
