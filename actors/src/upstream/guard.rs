//! What stands in front of an upstream as a whole: nothing, one breaker, or one for each key.

use std::ops::Deref;

use hedgerow_gate::{Gate, Permit};
use hedgerow_view::Refusal;

use crate::breaker::{BreakerHandle, CallMeter};
use crate::keyed::{KeyGate, KeyedBreakerHandle};

/// What a call can be told apart by: for upstreams that have a breaker for each route or tenant, where what is unknown shares
/// one; and for those whose calls are led by a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallKeys<'a> {
    /// The rule of a route that led here, as `CHAIN:PATH`.
    pub route: Option<&'a str>,
    /// Whose call it is.
    pub tenant: Option<&'a str>,
    /// What leads it to an endpoint, by [`balance::hash`](crate::balance::hash) of what calls have in common that are to go to the
    /// same one. Without it, and where endpoints are chosen otherwise, it means nothing.
    pub hash: Option<u64>,
}

/// Whose breakers a call passes.
pub(super) enum Guard {
    /// None: each of its attempts passes its endpoint's own.
    Endpoints,
    /// One for the upstream as a whole.
    Upstream(BreakerHandle),
    /// One for each rule of a route.
    Routes(KeyedBreakerHandle),
    /// One for each tenant.
    Tenants(KeyedBreakerHandle),
}

/// A gate that a call passes, as its permit holds it.
pub(super) enum Guarded<'a> {
    /// Of the upstream, which outlives the permit.
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

/// What the guard gave a call.
pub(super) struct Pass<'a> {
    pub(super) permit: Permit<Guarded<'a>>,
    pub(super) meter: &'a CallMeter,
    pub(super) key: Option<KeyGate>,
}

impl Guard {
    /// Asks for the right to make a call. `None` where nothing stands in front of the upstream as a whole.
    ///
    /// # Errors
    /// The refusal of the breaker that was asked.
    #[inline]
    pub(super) fn admit(&self, keys: &CallKeys<'_>) -> Result<Option<Pass<'_>>, Refusal> {
        let (keyed, key) = match self {
            Self::Endpoints => return Ok(None),
            Self::Upstream(breaker) => {
                let permit = Permit::acquire(Guarded::Lasting(breaker.gate()));
                return match permit {
                    Ok(permit) => Ok(Some(Pass {
                        permit,
                        meter: breaker.meter(),
                        key: None,
                    })),
                    Err(shut) => Err(breaker.refusal(shut)),
                };
            }
            Self::Routes(keyed) => (keyed, keys.route),
            Self::Tenants(keyed) => (keyed, keys.tenant),
        };
        let gate = keyed.gate(key.unwrap_or_default());
        match Permit::acquire(Guarded::Key(gate.clone())) {
            Ok(permit) => Ok(Some(Pass {
                permit,
                meter: keyed.meter(),
                key: Some(gate),
            })),
            Err(shut) => Err(keyed.refusal(&gate, shut)),
        }
    }
}
