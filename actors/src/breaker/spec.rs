//! The child that a breaker is.

use std::sync::Arc;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::Gate;
use hedgerow_store::{Key, KeyError, Store};
use hedgerow_supervisor::{ChildSpec, Clock, Events, Handle};
use hedgerow_view::Identity;

use super::actor::Breaker;
use super::handle::BreakerHandle;
use super::slot::{BreakerSlot, Past};
use crate::bell::LateBell;
use crate::fnv::fnv1a;

/// What a breaker needs of the mesh.
#[derive(Clone)]
pub struct Means {
    /// Where it keeps its state.
    pub store: Store,
    /// Where it tells what happens.
    pub events: Events,
    /// The mesh's time: gate words and deadlines are measured by it.
    pub clock: Clock,
}

/// Makes the child `name` that is a breaker, and the handle to it.
///
/// `id` is who it is, in store, API and metrics; its state is kept under it.
///
/// # Errors
/// Where a part of the identity is empty or too long to be a key of the store.
///
/// # Restarts
/// The gate belongs to the place: callers keep meeting the state that was published last. A fresh incarnation
/// recovers state and timer from the store and never lets through what the gate refuses. The calls counted in the
/// window of a closed breaker are forgotten; a run of consecutive failures is not.
///
/// While its actor is stopped by hand, the gate stays as it was published last, until the actor is started again: a
/// closed breaker does not trip (one fence may stand until it lapses), an open one refuses calls beyond its open time, and a half-open one lets probes
/// through and draws no consequence.
pub fn spec(
    name: impl Into<String>,
    id: Identity,
    policy: BreakerPolicy,
    means: &Means,
) -> Result<(ChildSpec, BreakerHandle), KeyError> {
    let (spec, handle, _) = with_actor(name, id, policy, means)?;
    Ok((spec, handle))
}

/// As [`spec`], with the handle to the actor itself: it is nobody's business but the breaker's own.
pub(super) fn with_actor(
    name: impl Into<String>,
    id: Identity,
    policy: BreakerPolicy,
    means: &Means,
) -> Result<(ChildSpec, BreakerHandle, Handle<Breaker>), KeyError> {
    let key = key(&id)?;
    let bell = Arc::new(LateBell::default());
    let clock = means.clock;
    let (_, owner) = Gate::fenced_by(bell.clone(), Arc::new(move || clock.now()));
    let base = owner.sums();
    let slot = Arc::new(BreakerSlot::new(id, owner, base, policy, clock));
    let (spec, handle) = around(name, slot, key, Past::Recorded, means);
    bell.connect(handle.actor.doorbell());
    let actor = handle.actor.clone();
    Ok((spec, handle, actor))
}

/// Makes the child that is the breaker of this slot.
pub(crate) fn around(
    name: impl Into<String>,
    slot: Arc<BreakerSlot>,
    key: Key,
    past: Past,
    means: &Means,
) -> (ChildSpec, BreakerHandle) {
    let (means, place) = (means.clone(), slot.clone());
    let seed = seed(&slot.id);
    let (spec, actor) = ChildSpec::actor(name, move || {
        Breaker::new(place.clone(), key.clone(), past, means.clone(), seed)
    });
    let spec = spec.kind("breaker").identity(slot.id.clone());
    let handle = BreakerHandle { slot, actor };
    let spec = spec
        .inspect(Arc::new(handle.clone()))
        .operate(Arc::new(handle.clone()));
    (spec, handle)
}

/// The key of the store that a breaker's record is kept under.
pub(crate) fn key(id: &Identity) -> Result<Key, KeyError> {
    match id.key() {
        Some((scope, key)) => Key::new(id.kind(), id.name(), [scope, key]),
        None => Key::new(id.kind(), id.name(), [""; 0]),
    }
}

/// Spreads the jitter of the breakers of one mesh, and of the same breaker in different processes.
fn seed(id: &Identity) -> u64 {
    let process = std::process::id().to_le_bytes();
    fnv1a(id.to_string().bytes().chain(process))
}
