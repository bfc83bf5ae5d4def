//! What belongs to the place of an upstream in the tree, and outlives every restart there.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hedgerow_config::Upstream;
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_view::{Identity, Refusal};

use super::attempt::Attempt;
use super::endpoint::Endpoint;
use super::guard::Guard;
use super::pick::pick;
use super::set::EndpointSet;
use crate::bell::LateBell;

/// Calls that were admitted.
const ADMITTED: usize = 0;
/// Calls that were refused.
const REFUSED: usize = 1;
/// Attempts that a place was looked for.
const ATTEMPTS: usize = 2;

pub(super) struct UpstreamSlot {
    pub(super) id: Identity,
    pub(super) guard: Guard,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) max_retries: u32,
    endpoints: ArcSwap<EndpointSet>,
    /// Rings who asks the endpoints whether they are well, when they are others.
    pub(super) changed: LateBell,
    panic_below: f64,
    calls: Tally<3>,
}

impl UpstreamSlot {
    pub(super) fn new(config: &Upstream, id: Identity, endpoints: EndpointSet, guard: Guard) -> Self {
        Self {
            id,
            guard,
            timeout: config.timeout,
            connect_timeout: config.connect_timeout,
            max_retries: config.retry.max_retries,
            endpoints: ArcSwap::from_pointee(endpoints),
            changed: LateBell::default(),
            panic_below: config.outlier.panic_below,
            calls: Tally::default(),
        }
    }

    /// The endpoints as they are now.
    pub(super) fn endpoints(&self) -> Arc<EndpointSet> {
        self.endpoints.load_full()
    }

    /// Has `change` make the endpoints anew from those that there are.
    pub(super) fn publish(&self, change: impl FnMut(&Arc<EndpointSet>) -> EndpointSet) {
        self.endpoints.rcu(change);
        self.changed.ring();
    }

    /// Chooses an endpoint that admits an attempt.
    ///
    /// # Errors
    /// The refusal, where none does.
    pub(super) fn attempt(&self) -> Result<Attempt, Refusal> {
        let endpoints = self.endpoints.load();
        let turn = self.calls.turn(ATTEMPTS);
        match pick(&endpoints, turn, self.panic_below) {
            Some(attempt) => {
                self.calls.add(ATTEMPTS);
                Ok(attempt)
            }
            None => Err(self.refusal(&endpoints)),
        }
    }

    pub(super) fn count_admitted(&self) {
        self.calls.add(ADMITTED);
    }

    pub(super) fn count_refused(&self) {
        self.calls.add(REFUSED);
    }

    /// How many calls were admitted, and how many refused.
    pub(super) fn counts(&self) -> (u64, u64) {
        let [admitted, refused, _] = self.calls.sums();
        (admitted, refused)
    }

    #[cold]
    fn refusal(&self, endpoints: &[Arc<Endpoint>]) -> Refusal {
        let shut: Vec<Refusal> = endpoints
            .iter()
            .filter_map(|endpoint| {
                let breaker = endpoint.breaker()?;
                Some(breaker.refusal(breaker.gate().shut()?))
            })
            .collect();
        let soonest = shut.iter().filter_map(|refusal| refusal.retry_after).min();
        let all = endpoints.len();
        let mut refusal = match <[Refusal; 1]>::try_from(shut) {
            Ok([only]) if all == 1 => only,
            _ => Refusal::new(
                self.id.to_string(),
                "endpoints",
                "1 that admits a call",
                format!("0 of {all}"),
            ),
        };
        refusal.retry_after = soonest;
        refusal
    }
}
