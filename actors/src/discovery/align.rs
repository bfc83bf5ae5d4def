//! Brings the endpoints of an upstream in line with who is to be there.

use std::collections::BTreeSet;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_config::EndpointAddr;
use hedgerow_supervisor::{Backoff, CellContext, Curve, Persistence};
use hedgerow_view::Identity;

use super::actor::Discovery;
use super::member::{Change, Member, Members};
use crate::upstream::Changed;

/// Endpoints that are started at once, as each waits for the store.
const AT_ONCE: usize = 16;

/// How long to wait before a change that failed is made again.
const AGAIN: Curve = Curve {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(5),
};

/// The changes that are being made.
pub(super) struct Aligning {
    joining: BTreeSet<String>,
    leaving: BTreeSet<String>,
    backoff: Backoff,
    /// Whether one failed, and is to be made again later.
    waits: bool,
}

impl Aligning {
    pub(super) fn new(seed: u64) -> Self {
        let mut backoff = Backoff::new(AGAIN, seed);
        // The first try of a run is immediate: it is the one that fails.
        let _ = backoff.next();
        Self {
            joining: BTreeSet::new(),
            leaving: BTreeSet::new(),
            backoff,
            waits: false,
        }
    }
}

impl Discovery {
    /// Begins with the next changes. Nobody leaves while somebody is joining, so that an upstream whose endpoints are all
    /// replaced is never without one.
    pub(super) fn align(&mut self, context: &mut CellContext<Self>) {
        if self.aligning.waits {
            return;
        }
        let wanted = self.shown.learned().members.clone();
        let addrs = self.membership.addrs().into_iter();
        let there: Members = addrs
            .filter_map(|addr| {
                let share = self.membership.share(&addr)?;
                Some(Member { addr, share })
            })
            .collect();
        let mut assigned = Vec::new();
        for change in there.changes_to(&wanted) {
            match change {
                Change::Joined(member) if self.aligning.joining.len() < AT_ONCE => self.join(member, context),
                Change::Left(addr) if self.aligning.joining.is_empty() => self.leave(addr, context),
                Change::Assigned(member) => assigned.push((member.addr, member.share)),
                Change::Joined(_) | Change::Left(_) => {}
            }
        }
        self.membership.assign(&assigned);
    }

    fn join(&mut self, member: Member, context: &mut CellContext<Self>) {
        let addr = member.addr;
        if !self.aligning.joining.insert(addr.as_str().to_owned()) {
            return;
        }
        let (membership, joins) = (self.membership.clone(), addr.clone());
        let joined = async move { membership.join(joins, member.share).await };
        context.spawn(joined.into_actor(self).map(move |joined, discovery, context| {
            discovery.aligning.joining.remove(addr.as_str());
            let joined = joined.map_err(|error| error.to_string());
            discovery.changed("endpointJoined", &addr, joined, context);
        }));
    }

    fn leave(&mut self, addr: EndpointAddr, context: &mut CellContext<Self>) {
        if !self.aligning.leaving.insert(addr.as_str().to_owned()) {
            return;
        }
        let (membership, leaves) = (self.membership.clone(), addr.clone());
        let left = async move { membership.leave(&leaves).await };
        context.spawn(left.into_actor(self).map(move |left, discovery, context| {
            discovery.aligning.leaving.remove(addr.as_str());
            let left = left.map_err(|error| error.to_string());
            discovery.changed("endpointLeft", &addr, left, context);
        }));
    }

    /// A change has been made, or has failed.
    fn changed(
        &mut self,
        kind: &'static str,
        addr: &EndpointAddr,
        changed: Result<Changed, String>,
        context: &mut CellContext<Self>,
    ) {
        match changed {
            Ok(changed) => {
                if changed == Changed::Yes {
                    let id = Identity::keyed("endpoint", &self.upstream, "endpoint", addr.as_str());
                    let cause = format!("{addr}, as told by {}", self.shown.named());
                    let events = &self.means.events;
                    events.emit(kind, context.path(), Some(&id), cause, Persistence::Volatile);
                }
                if kind == "endpointJoined" {
                    self.shown.learned().had_any = true;
                }
                self.align(context);
            }
            Err(error) => {
                tracing::warn!(upstream = self.upstream, %addr, %error, "{kind} failed, and is tried again");
                self.aligning.waits = true;
                context.run_later(self.aligning.backoff.next(), |discovery, context| {
                    discovery.aligning.waits = false;
                    discovery.align(context);
                });
            }
        }
    }
}
