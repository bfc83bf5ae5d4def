//! The part of the tree that breakers for keys are.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, KeyLimits};
use hedgerow_store::KeyError;
use hedgerow_supervisor::{ChildEvents, ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::family::{Family, LONGEST_KEY};
use super::handle::KeyedBreakerHandle;
use super::keeper::Keeper;
use crate::breaker::{Means, key};

/// How long the breakers of the life before may take to come back.
const RESTORED_WITHIN: Duration = Duration::from_secs(60);

/// Makes the child that holds a breaker for each key, and the handle to them:
///
/// ```text
/// NAME                      breakers
/// ├── keys                  keys: breakers come and go
/// │   └── acme              breaker, with the id FAMILY/SCOPE/acme
/// └── keeper                gives a key its breaker, and takes it away again
/// ```
///
/// `family` and `scope` are what they are known by, in store, API and metrics; their state is kept under them.
///
/// # Errors
/// Where a name is empty or too long to be a key of the store.
pub fn spec(
    name: impl Into<String>,
    family: &str,
    scope: &str,
    policy: BreakerPolicy,
    limits: KeyLimits,
    means: &Means,
) -> Result<(ChildSpec, KeyedBreakerHandle), KeyError> {
    // The longest that a key can become: each of its bytes escaped.
    key(&Identity::keyed(
        "breaker",
        family,
        scope,
        "%".repeat(LONGEST_KEY),
    ))?;
    let family = Arc::new(Family::new(
        family.to_owned(),
        scope.to_owned(),
        policy,
        limits,
        means.clock,
    ));
    // By its kind it is known that these are many, and named by strangers.
    let (keys, children) = Supervisor::one_for_one("keys")
        .kind("keys")
        .intensity(20, Duration::from_secs(10))
        // What befalls a breaker is told; that keys come and go would push all else out of the last events.
        .child_events(ChildEvents::Extraordinary)
        .dynamic();
    let (means, kept) = (means.clone(), Arc::clone(&family));
    let (keeper, actor) = ChildSpec::actor("keeper", move || {
        Keeper::new(Arc::clone(&kept), means.clone(), children.clone())
    });
    family.calls_for_help.keeper.connect(actor.doorbell());
    let handle = KeyedBreakerHandle {
        family,
        keeper: actor,
    };
    let spec = Supervisor::one_for_one(name)
        .kind("breakers")
        .inspect(Arc::new(handle.clone()))
        .child(keys)
        .child(keeper.kind("keeper").start_within(RESTORED_WITHIN));
    Ok((spec.into(), handle))
}
