//! What belongs to the place of an upstream in the tree, and outlives every restart there.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use hedgerow_config::{SlowStart, Upstream};
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_supervisor::Clock;
use hedgerow_view::{Identity, Refusal};

use super::attempt::{Attempt, Measure};
use super::endpoint::Endpoint;
use super::guard::Guard;
use super::mirror::Mirror;
use super::pick::{Pick, Reach};
use super::roll::Roll;
use super::set::EndpointSet;
use super::tried::Tried;
use crate::balance::{By, Key};
use crate::bell::LateBell;
use crate::discovery::Shown;
use crate::pool::resource::Leases;
use crate::readiness::Contact;
use crate::retry::{Elsewhere, Retries};

/// Calls that were admitted.
const ADMITTED: usize = 0;
/// Calls that were refused.
const REFUSED: usize = 1;
/// Attempts that a place was looked for.
const ATTEMPTS: usize = 2;

/// Of so many attempts of a thread one is measured where endpoints are not chosen by load, so that it can be seen how fast they
/// answer.
const MEASURED: usize = 8;

pub(super) struct UpstreamSlot {
    pub(super) id: Identity,
    pub(super) guard: Guard,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) pool: Leases,
    pub(super) retries: Retries,
    pub(super) contact: Contact,
    pub(super) mirror: Option<Mirror>,
    pub(super) roll: Arc<Roll>,
    /// What calls are led by, where they are.
    pub(super) key: Option<Key>,
    /// Whether the load of each endpoint is bounded by that of all.
    is_bounded: bool,
    slow_start: Option<SlowStart>,
    panic_below: f64,
    clock: Clock,
    endpoints: ArcSwap<EndpointSet>,
    /// Where they come from, where they are discovered.
    pub(super) discovery: OnceLock<Arc<Shown>>,
    /// Rings who asks the endpoints whether they are well, when they are others.
    pub(super) changed: LateBell,
    calls: Tally<3>,
}

impl UpstreamSlot {
    pub(super) fn new(
        config: &Upstream,
        id: Identity,
        endpoints: Vec<Arc<Endpoint>>,
        guard: Guard,
        pool: Leases,
        (clock, roll): (Clock, Arc<Roll>),
    ) -> Self {
        let hashing = config.balance.hashing();
        let endpoints = EndpointSet::new(endpoints, Arc::new(config.balance.clone()));
        Self {
            id,
            guard,
            timeout: config.timeout,
            connect_timeout: config.connect_timeout,
            pool,
            retries: Retries::new(config.retry.clone(), config.hedge, clock),
            contact: Contact::with(config.required),
            mirror: config.mirror.clone().map(Mirror::new),
            roll,
            key: hashing.and_then(|hashing| Key::new(&hashing.key)),
            is_bounded: hashing.is_some_and(|hashing| hashing.bounded_load.is_some()),
            slow_start: config.slow_start,
            panic_below: config.outlier.panic_below,
            clock,
            endpoints: ArcSwap::from_pointee(endpoints),
            discovery: OnceLock::new(),
            changed: LateBell::default(),
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
    pub(super) fn attempt(&self, hash: Option<u64>, tried: &Tried, reach: Reach) -> Result<Attempt, Refusal> {
        let endpoints = self.endpoints.load();
        let turn = self.calls.turn(ATTEMPTS);
        let by_load = endpoints.are_chosen_by_load();
        let is_measured = by_load || turn.is_multiple_of(MEASURED);
        // Nothing else needs it, and it is the dearest part of a choice.
        let reads_clock = is_measured || self.slow_start.is_some();
        let now = if reads_clock {
            self.clock.now()
        } else {
            Duration::ZERO
        };
        let pick = Pick {
            endpoints: &endpoints,
            roll: &self.roll,
            by: By { turn, hash },
            tried,
            slow_start: self.slow_start.as_ref(),
            panic_below: self.panic_below,
            measure: match (by_load, is_measured) {
                (true, _) => Measure::Load {
                    began: now,
                    for_all: self.is_bounded,
                },
                (false, true) => Measure::Time(now),
                (false, false) => Measure::Nothing,
            },
            now,
        };
        match pick.pick(reach) {
            Some(attempt) => {
                // One that follows another takes no turn: were it to, two endpoints would be asked in the same order by each call,
                // the sick one first.
                if tried.is_none() {
                    self.calls.add(ATTEMPTS);
                }
                Ok(attempt)
            }
            None => Err(self.refusal(&endpoints)),
        }
    }

    /// Whether there is an endpoint that admits attempts by now and was not tried, or one that was.
    #[cold]
    pub(super) fn elsewhere(&self, tried: &Tried) -> Elsewhere {
        let endpoints = self.endpoints.load();
        let panics = endpoints.panics(&self.roll, self.panic_below);
        let admits = |endpoint: &&Arc<Endpoint>| endpoint.admits() && !endpoint.is_excluded(panics);
        if endpoints
            .iter()
            .filter(admits)
            .any(|endpoint| !tried.has(endpoint))
        {
            Elsewhere::Open
        } else if endpoints.iter().any(|endpoint| admits(&endpoint)) {
            Elsewhere::OnlyHere
        } else {
            Elsewhere::AllShut
        }
    }

    /// Whether so few endpoints are left that it does not count who is ejected or unhealthy.
    pub(super) fn panics(&self) -> bool {
        self.endpoints.load().panics(&self.roll, self.panic_below)
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
