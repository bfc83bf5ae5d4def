//! The child of the mesh that the registry is.

use std::sync::Arc;

use hedgerow_supervisor::ChildSpec;
use hedgerow_view::Identity;

use super::actor::Registry;
use super::handle::{Place, RegistryHandle};
use crate::breaker::Means;

/// Makes the child that is the registry, and the handle to it.
///
/// # Restarts
/// Who is registered belongs to the place, and so do the versions: nobody has to register again. After a restart of the process
/// every registration is given its time, at least 30 s, to be renewed.
pub fn spec(means: &Means) -> (ChildSpec, RegistryHandle) {
    let place = Arc::new(Place::new(means.clock));
    let (slot, means) = (Arc::clone(&place), means.clone());
    let (spec, actor) = ChildSpec::actor("registry", move || {
        Registry::new(Arc::clone(&slot), means.clone())
    });
    let handle = RegistryHandle { place, actor };
    let spec = spec
        .kind("registry")
        .identity(Identity::new("registry", "registry"))
        .inspect(Arc::new(handle.clone()))
        .operate(Arc::new(handle.clone()));
    (spec, handle)
}
