//! Who tells what happens to a listener.

use std::sync::Arc;

use hedgerow_supervisor::{Denials, Events, Persistence};
use hedgerow_view::{Identity, Path};
use tokio::time::Instant;

use super::figures::{Figures, Tell};
use crate::admission::Overload;
use crate::escape::escaped;
use crate::guard::Refused;

/// Tells events in the name of a listener, from whatever thread.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(super) events: Events,
    pub(super) path: Path,
    pub(super) id: Identity,
    pub(super) figures: Arc<Figures>,
}

impl Notice {
    /// What it counts beside.
    pub(crate) fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// Where denied requests are kept.
    pub(crate) fn denials(&self) -> &Denials {
        self.events.denials()
    }

    /// A request was refused for want of a berth.
    #[cold]
    pub(crate) fn overloaded(&self, why: &Overload) {
        if self.figures.count_overload(Instant::now()) == Tell::Now {
            let (waited, refused) = self.figures.overload();
            let cause = format!("{why}; so far {waited} requests have waited and {refused} were refused");
            self.tell("listenerOverloaded", cause);
        }
    }

    /// A request's body was refused when the head of its answer had gone out.
    #[cold]
    pub(crate) fn refused_late(&self, refused: &Refused) {
        if self.figures.count_late_refusal(refused.rule) == Tell::Now {
            let Refused {
                rule,
                limit,
                observed,
                ..
            } = refused;
            let (listener, limit, observed) = (self.id.to_string(), escaped(limit), escaped(observed));
            tracing::warn!(
                listener,
                rule,
                limit,
                observed,
                "a body was refused behind the head of its answer, so its client was not told; the next ones by this rule are only counted"
            );
        }
    }

    pub(super) fn tell(&self, kind: &'static str, cause: String) {
        self.events
            .emit(kind, &self.path, Some(&self.id), cause, Persistence::Volatile);
    }
}
