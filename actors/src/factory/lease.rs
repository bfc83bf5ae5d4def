//! What a caller has of what a factory has made.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use hedgerow_supervisor::Trace;

use super::held::Made;
use super::place::Place;
use super::policy::FactoryScope;
use super::slot::{Loss, Notice};

/// What a factory has made, shared with everybody else who has a lease of it. While there is one it is not closed.
///
/// Short leases cost nothing but a look at a pointer; those that are kept count a reference. Take one for each use rather than
/// one for ever, so that what is broken or too old is replaced for you as well.
pub struct FactoryLease<T: Send + Sync + 'static> {
    made: Guard<Option<Arc<Made<T>>>>,
}

/// What goes with a lease: what was promised of the thing, and what became of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sla {
    /// Whether it is one for all, or one for each key.
    pub scope: FactoryScope,
    /// Whether it was made as promised.
    pub standing: Standing,
    /// How long it took to make it.
    pub cold_start: Duration,
    /// How long ago it was made.
    pub age: Duration,
    /// The trace of the caller for whom it was made.
    pub trace: Option<Trace>,
}

/// Whether a thing was made as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// By the first attempt, and within the cold start.
    Met,
    /// Not so.
    Breached,
}

impl Standing {
    /// The word that stands for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Breached => "breached",
        }
    }
}

impl<T: Send + Sync + 'static> FactoryLease<T> {
    /// Of what is published at this place, if anything is.
    pub(super) fn of(place: &Place<T>) -> Option<Self> {
        let made = place.made.load();
        made.is_some().then_some(Self { made })
    }

    /// Says that it is broken. Nobody is given a lease of it from now on; the next use makes another one, and it is closed once
    /// no lease of it is left. Where another one was made already, nothing happens.
    pub fn invalidate(self, why: impl Into<String>) {
        self.take_away(Loss::Broken(why.into()));
    }

    /// Says that it must be brought into its first state before anybody goes on with it: by the recipe's
    /// [`reset`](super::Recipe::reset), at the next use. Leases that others have of it stay. Where there is no such recipe, or
    /// it fails, another one is made.
    pub fn reset(self) {
        self.take_away(Loss::Reset);
    }

    fn take_away(self, loss: Loss) {
        let made = self.made();
        // A place that is gone publishes nothing.
        let (Some(slot), Some(place)) = (made.slot.upgrade(), made.place.upgrade()) else {
            return;
        };
        let before = place.made.compare_and_swap(&*self.made, None);
        let is_ours = match (&*before, &*self.made) {
            (Some(before), Some(ours)) => Arc::ptr_eq(before, ours),
            _ => false,
        };
        if is_ours {
            let made = Arc::clone(made);
            slot.tell(Notice::Lost { place, made, loss });
        }
    }

    /// What was promised of it, and what became of that.
    pub fn sla(&self) -> Sla {
        let made = self.made();
        Sla {
            scope: made.scope,
            standing: if made.is_within_slo {
                Standing::Met
            } else {
                Standing::Breached
            },
            cold_start: made.took,
            age: made.clock.now().saturating_sub(made.at),
            trace: made.trace,
        }
    }

    fn made(&self) -> &Arc<Made<T>> {
        self.made
            .as_ref()
            .expect("a lease is given of what is there alone")
    }
}

impl<T: Send + Sync + 'static> Deref for FactoryLease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.made().held.thing()
    }
}

impl<T: Send + Sync + fmt::Debug + 'static> fmt::Debug for FactoryLease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactoryLease")
            .field("thing", &**self)
            .field("sla", &self.sla())
            .finish()
    }
}
