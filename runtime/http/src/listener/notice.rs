//! Who tells what happens to a listener.

use hedgerow_supervisor::{Events, Persistence};
use hedgerow_view::{Identity, Path};

/// Tells events in the name of a listener, from whatever thread.
#[derive(Clone)]
pub(super) struct Notice {
    pub(super) events: Events,
    pub(super) path: Path,
    pub(super) id: Identity,
}

impl Notice {
    pub(super) fn tell(&self, kind: &'static str, cause: String) {
        self.events
            .emit(kind, &self.path, Some(&self.id), cause, Persistence::Volatile);
    }
}
