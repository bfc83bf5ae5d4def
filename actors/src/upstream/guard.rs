//! What stands in front of an upstream: a breaker for each endpoint, one for all, or one for each key.

use std::ops::Deref;
use std::sync::Arc;

use hedgerow_gate::{Gate, Permit, State};
use hedgerow_view::Refusal;

use super::admitted::Admitted;
use super::endpoint::Endpoint;
use crate::breaker::BreakerHandle;
use crate::keyed::{KeyGate, KeyedBreakerHandle};

/// What a call can be told apart by, for upstreams that have a breaker for each route or tenant. What is unknown shares one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallKeys<'a> {
    /// The rule of a route that led here, as `CHAIN:PATH`.
    pub route: Option<&'a str>,
    /// Whose call it is.
    pub tenant: Option<&'a str>,
}

/// Whose breakers a call passes.
pub(super) enum Guard {
    /// Each endpoint's own.
    Endpoints,
    /// One for the upstream as a whole.
    Upstream(BreakerHandle),
    /// One for each rule of a route.
    Routes(KeyedBreakerHandle),
    /// One for each tenant.
    Tenants(KeyedBreakerHandle),
}

/// A gate, as a permit holds it.
pub(super) enum Guarded<'a> {
    /// Of the upstream or its endpoint, which outlive the permit.
    Lasting(&'a Gate),
    Key(KeyGate),
}

impl Deref for Guarded<'_> {
    type Target = Gate;

    #[inline]
    fn deref(&self) -> &Gate {
        match self {
            Self::Lasting(gate) => gate,
            Self::Key(gate) => gate,
        }
    }
}

impl Guard {
    /// Chooses an endpoint, in turn, and asks the breaker that stands in front of it. `None` where that is the endpoints'
    /// own, and none admits a call.
    ///
    /// # Errors
    /// The refusal of a breaker that is not an endpoint's.
    #[inline]
    pub(super) fn admit<'a>(
        &'a self,
        mut in_turn: impl Iterator<Item = &'a Arc<Endpoint>> + Clone,
        keys: &CallKeys<'_>,
    ) -> Result<Option<Admitted<'a>>, Refusal> {
        let (keyed, key) = match self {
            Self::Endpoints => return Ok(by_endpoint(in_turn)),
            Self::Upstream(breaker) => {
                let permit = Permit::acquire(Guarded::Lasting(breaker.gate()));
                let permit = permit.map_err(|shut| breaker.refusal(shut))?;
                let admitted = |endpoint| Admitted::new(endpoint, permit, breaker.meter(), None);
                return Ok(in_turn.next().map(admitted));
            }
            Self::Routes(keyed) => (keyed, keys.route),
            Self::Tenants(keyed) => (keyed, keys.tenant),
        };
        let gate = keyed.gate(key.unwrap_or_default());
        let permit = Permit::acquire(Guarded::Key(gate.clone()));
        let permit = permit.map_err(|shut| keyed.refusal(&gate, shut))?;
        let admitted = |endpoint| Admitted::new(endpoint, permit, keyed.meter(), Some(gate));
        Ok(in_turn.next().map(admitted))
    }
}

/// One that probes first, else the next in turn whose gate is closed.
#[inline]
fn by_endpoint<'a>(in_turn: impl Iterator<Item = &'a Arc<Endpoint>> + Clone) -> Option<Admitted<'a>> {
    let is_probing = |endpoint: &Arc<Endpoint>| {
        let breaker = endpoint.breaker();
        breaker.is_some_and(|breaker| breaker.gate().state() == State::HalfOpen)
    };
    choose(in_turn, is_probing, |endpoint| {
        let breaker = endpoint.breaker()?;
        let permit = Permit::acquire(Guarded::Lasting(breaker.gate())).ok()?;
        Some(Admitted::new(endpoint, permit, breaker.meter(), None))
    })
}

/// The first that admits, those that probe before all others. Each is asked in the end whatever its state was before,
/// so that one that changes it meanwhile is not passed over.
pub(super) fn choose<'a, T: 'a, A>(
    in_turn: impl Iterator<Item = &'a T> + Clone,
    is_probing: impl Fn(&T) -> bool,
    admit: impl Fn(&'a T) -> Option<A>,
) -> Option<A> {
    let probing = in_turn.clone().filter(|one| is_probing(one));
    probing.chain(in_turn).find_map(admit)
}
