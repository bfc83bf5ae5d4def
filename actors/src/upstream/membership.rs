//! Who joins an upstream and who leaves it while it serves.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, EndpointAddr, OutlierPolicy, Scope};
use hedgerow_store::KeyError;
use hedgerow_supervisor::{AddError, ChildSpec, Children, DeleteError, Supervisor};
use hedgerow_view::Identity;

use super::endpoint::{Care, Endpoint, Found, GuardedBy, Share};
use super::roll::Roll;
use super::slot::UpstreamSlot;
use crate::breaker::{self, BreakerHandle, Means};
use crate::health::Vitals;
use crate::outlier::{Alarm, Monitor};
use crate::reputation::{self, Recalled};

/// The right to say which endpoints an upstream has. One actor holds it, and makes one change at a time.
///
/// A change of endpoints is no revision: requests see it with their next attempt, those under way end as they began.
#[derive(Clone)]
pub struct Membership {
    upstream: Arc<UpstreamSlot>,
    children: Children,
    maker: Maker,
}

/// No endpoint joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Its breaker cannot be kept under its address.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its part of the tree was not started.
    #[error(transparent)]
    Add(#[from] AddError),
}

/// Whether a change was one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The endpoint has joined or left.
    Yes,
    /// It had before.
    Already,
}

impl Membership {
    pub(super) fn new(upstream: Arc<UpstreamSlot>, children: Children, maker: Maker) -> Self {
        Self {
            upstream,
            children,
            maker,
        }
    }

    /// The addresses of the endpoints that there are now.
    pub fn addrs(&self) -> Vec<EndpointAddr> {
        let endpoints = self.upstream.endpoints();
        endpoints.iter().map(|endpoint| endpoint.addr()).collect()
    }

    /// The share of the endpoint at this address, where there is one.
    pub fn share(&self, addr: &EndpointAddr) -> Option<Share> {
        let endpoints = self.upstream.endpoints();
        endpoints.at(addr).map(|endpoint| endpoint.share())
    }

    /// Gives endpoints other shares, those of them that there are. All of them take effect together.
    pub fn assign(&self, shares: &[(EndpointAddr, Share)]) {
        let endpoints = self.upstream.endpoints();
        let known = shares.iter();
        let known = known.filter_map(|(addr, share)| Some((endpoints.at(addr)?, *share)));
        if known.map(|(endpoint, share)| endpoint.assign(share)).count() > 0 {
            self.upstream.publish(|endpoints| endpoints.anew());
        }
    }

    /// Has an endpoint join, with this share. It is given calls once its part of the tree runs; one that was here before comes
    /// back with what its breaker had learned.
    ///
    /// # Errors
    /// Why it did not. Nothing has changed then.
    pub async fn join(&self, addr: EndpointAddr, share: Share) -> Result<Changed, JoinError> {
        if self.upstream.endpoints().at(&addr).is_some() {
            return Ok(Changed::Already);
        }
        if self.children.names().iter().any(|name| name == addr.as_str()) {
            // Left behind by a change that nobody waited for to its end.
            if let Err(error) = self.children.delete(addr.as_str()).await {
                tracing::debug!(%addr, %error, "what was left of an endpoint is gone already");
            }
        }
        let now = self.maker.means.clock.now();
        let (spec, endpoint) = self.maker.make(&addr, Some(now))?;
        endpoint.assign(share);
        self.children.add(spec).await?;
        let Caring {
            outlier,
            alarm,
            recalled,
            ..
        } = &self.maker.caring;
        recalled.give_load(&endpoint, self.maker.means.clock);
        self.upstream
            .publish(|endpoints| endpoints.with(Arc::clone(&endpoint)));
        let endpoints = self.upstream.endpoints();
        let given = recalled.give_ejections(&endpoints, outlier, self.maker.means.clock);
        if !given.is_empty() {
            // Who is to bring them back.
            alarm.ring();
        }
        Ok(Changed::Yes)
    }

    /// Has an endpoint leave. It is given no call from now on, its idle connections are closed as they are met; what is under way
    /// ends as it would. Its breaker's record stays for the day when it comes back.
    ///
    /// # Errors
    /// Where its part of the tree is still there. It is given no calls then, either.
    pub async fn leave(&self, addr: &EndpointAddr) -> Result<Changed, DeleteError> {
        let Some(endpoint) = self.upstream.endpoints().at(addr).cloned() else {
            return Ok(Changed::Already);
        };
        self.upstream.publish(|endpoints| endpoints.without(addr));
        endpoint.leave();
        self.children.delete(addr.as_str()).await?;
        Ok(Changed::Yes)
    }
}

/// What makes the endpoints of one upstream.
#[derive(Clone)]
pub(super) struct Maker {
    pub(super) name: String,
    pub(super) policy: BreakerPolicy,
    pub(super) guarded_by: Guarding,
    pub(super) caring: Caring,
    pub(super) means: Means,
    /// Those that are not 1.
    pub(super) weights: HashMap<EndpointAddr, u32>,
    /// Those that are not 0.
    pub(super) priorities: HashMap<EndpointAddr, u16>,
    pub(super) roll: Arc<Roll>,
}

/// What is to be known of an endpoint beside its breaker.
#[derive(Clone)]
pub(super) struct Caring {
    pub(super) outlier: OutlierPolicy,
    pub(super) per: Scope,
    pub(super) alarm: Arc<Alarm>,
    /// Where what is known of an endpoint is kept across a crash.
    pub(super) reputation: Option<Arc<reputation::Alarm>>,
    pub(super) recalled: Arc<Recalled>,
    /// How many health checks there are.
    pub(super) checks: usize,
}

/// Whose breaker hears of what becomes of an endpoint's calls.
#[derive(Clone)]
pub(super) enum Guarding {
    /// The endpoint's own.
    Own,
    /// The upstream's.
    Upstream(BreakerHandle),
    /// That of a key.
    Key,
}

impl Maker {
    /// An endpoint that joined at this time, or was there from the start; and its part of the tree.
    pub(super) fn make(
        &self,
        addr: &EndpointAddr,
        joined: Option<Duration>,
    ) -> Result<(ChildSpec, Arc<Endpoint>), KeyError> {
        let key = |kind| Identity::keyed(kind, &self.name, "endpoint", addr.as_str());
        let mut supervisor = Supervisor::one_for_one(addr.as_str())
            .kind("endpoint")
            .identity(key("endpoint"))
            .intensity(10, Duration::from_secs(10));
        let guarded_by = match &self.guarded_by {
            Guarding::Own => {
                let (breaker, handle) =
                    breaker::spec("breaker", key("breaker"), self.policy.clone(), &self.means)?;
                supervisor = supervisor.child(breaker);
                GuardedBy::Own(handle)
            }
            Guarding::Upstream(handle) => GuardedBy::Upstream(handle.clone()),
            Guarding::Key => GuardedBy::Key,
        };
        let found = Found {
            addr: addr.clone(),
            share: Share {
                weight: self.weights.get(addr).copied().unwrap_or(1),
                priority: self.priorities.get(addr).copied().unwrap_or(0),
            },
            joined,
        };
        let shared = (self.means.clock, &self.roll);
        let endpoint = Arc::new(Endpoint::new(found, guarded_by, self.care(), shared));
        Ok((supervisor.into(), endpoint))
    }

    fn care(&self) -> Care {
        let Caring {
            outlier,
            per,
            alarm,
            reputation,
            checks,
            ..
        } = &self.caring;
        Care {
            monitor: Monitor::new(outlier, *per, self.means.clock, alarm),
            vitals: Vitals::new(*checks),
            reputation: reputation.clone(),
        }
    }
}
