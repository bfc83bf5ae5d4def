//! The endpoints of an upstream at one instant.

use std::ops::Deref;
use std::sync::Arc;

use hedgerow_config::{Balance, EndpointAddr};

use super::endpoint::Endpoint;
use crate::balance::{Member, Table};

/// The endpoints of an upstream at one instant. It never changes: who joins or leaves makes another one, which takes its
/// place by one pointer. An endpoint that is in both is the same one, with its breaker and its figures.
pub struct EndpointSet {
    endpoints: Vec<Arc<Endpoint>>,
    balance: Arc<Balance>,
    table: Table,
}

impl EndpointSet {
    pub(super) fn new(endpoints: Vec<Arc<Endpoint>>, balance: Arc<Balance>) -> Self {
        let members: Vec<Member<'_>> = endpoints
            .iter()
            .map(|endpoint| Member {
                name: endpoint.name(),
                weight: endpoint.weight(),
            })
            .collect();
        let table = Table::build(&balance, &members);
        Self {
            endpoints,
            balance,
            table,
        }
    }

    /// The endpoint at this address.
    pub fn at(&self, addr: &EndpointAddr) -> Option<&Arc<Endpoint>> {
        self.endpoints.iter().find(|endpoint| endpoint.is_at(addr))
    }

    /// The same, for who reads of its endpoints what has changed.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.endpoints.clone(), Arc::clone(&self.balance))
    }

    /// What chooses among them.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// Who chooses among them.
    pub(super) fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Whether a choice depends on what they have under way: of one there is none.
    #[inline]
    pub(super) fn are_chosen_by_load(&self) -> bool {
        self.endpoints.len() > 1 && self.table.reads_load()
    }

    /// The same with one more, at the end.
    pub(super) fn with(&self, joined: Arc<Endpoint>) -> Self {
        let endpoints = self.endpoints.iter().cloned().chain([joined]).collect();
        Self::new(endpoints, Arc::clone(&self.balance))
    }

    /// The same without the one at this address.
    pub(super) fn without(&self, addr: &EndpointAddr) -> Self {
        let stay = self.endpoints.iter().filter(|endpoint| !endpoint.is_at(addr));
        Self::new(stay.cloned().collect(), Arc::clone(&self.balance))
    }
}

impl Deref for EndpointSet {
    type Target = [Arc<Endpoint>];

    fn deref(&self) -> &Self::Target {
        &self.endpoints
    }
}
