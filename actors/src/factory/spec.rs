//! The child that a factory is.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::{ChildSpec, Clock, Events, Shutdown};
use hedgerow_view::Identity;

use super::actor::Factory;
use super::handle::FactoryHandle;
use super::held::Closing;
use super::policy::FactoryPolicy;
use super::recipe::Recipe;
use super::slot::Slot;
use super::spawn::Spawn;

/// What a stop has beyond the time in which things are closed.
const LAST: Duration = Duration::from_secs(1);

/// Makes the child `name` that is a factory, and the handle to it. Its attempts run by `spawn`.
///
/// # Restarts
/// What was made, the attempts under way and the back-offs belong to the place: a fresh incarnation goes on with them. A stop by
/// order ends the attempts and closes what was made.
pub fn spec<T: Send + Sync + 'static>(
    name: &str,
    recipe: Recipe<T>,
    policy: FactoryPolicy,
    spawn: Arc<dyn Spawn>,
    (events, clock): (&Events, Clock),
) -> (ChildSpec, FactoryHandle<T>) {
    let id = Identity::new("factory", name);
    let within = policy.close_within;
    let closing = Closing::new(recipe, spawn, within);
    let slot = Arc::new(Slot::new(id.clone(), policy, clock, closing));
    let (place, events) = (Arc::clone(&slot), events.clone());
    let (spec, actor) = ChildSpec::actor(name, move || Factory::new(Arc::clone(&place), events.clone()));
    slot.bell.connect(actor.doorbell());
    let handle = FactoryHandle::new(slot);
    let spec = spec
        .kind("factory")
        .identity(id)
        .shutdown(Shutdown::Within(within.saturating_add(LAST)))
        .inspect(Arc::new(handle.clone()));
    (spec, handle)
}
