//! What was made, closed once nobody has it any more.

use std::sync::{Arc, Weak};
use std::time::Duration;

use hedgerow_supervisor::{Clock, Trace};
use tokio::sync::watch;

use super::place::Place;
use super::policy::FactoryScope;
use super::recipe::Recipe;
use super::slot::Slot;
use super::spawn::Spawn;

/// Closes what a factory has made, and knows what is not closed yet.
pub(super) struct Closing<T> {
    pub(super) recipe: Recipe<T>,
    pub(super) spawn: Arc<dyn Spawn>,
    pub(super) within: Duration,
    open: watch::Sender<u64>,
}

impl<T: Send + Sync + 'static> Closing<T> {
    pub(super) fn new(recipe: Recipe<T>, spawn: Arc<dyn Spawn>, within: Duration) -> Self {
        Self {
            recipe,
            spawn,
            within,
            open: watch::Sender::new(0),
        }
    }

    /// How many things are not closed yet.
    pub(super) fn open(&self) -> u64 {
        *self.open.borrow()
    }

    /// Waits until all are closed, for no longer than one may take.
    pub(super) async fn closed(&self) {
        let mut open = self.open.subscribe();
        // The limit is the answer where somebody keeps a lease.
        let _ = tokio::time::timeout(self.within, open.wait_for(|open| *open == 0)).await;
    }
}

/// A thing that was made. Dropped by the last who has it, it is closed.
pub(super) struct Held<T: Send + Sync + 'static> {
    thing: Option<Arc<T>>,
    closing: Arc<Closing<T>>,
}

impl<T: Send + Sync + 'static> Held<T> {
    pub(super) fn new(thing: T, closing: &Arc<Closing<T>>) -> Self {
        closing.open.send_modify(|open| *open += 1);
        Self {
            thing: Some(Arc::new(thing)),
            closing: Arc::clone(closing),
        }
    }

    pub(super) fn thing(&self) -> &Arc<T> {
        self.thing
            .as_ref()
            .expect("the thing is taken out when it is dropped alone")
    }
}

impl<T: Send + Sync + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        let counted = Closed(Arc::clone(&self.closing));
        let (Some(close), Some(thing)) = (&self.closing.recipe.close, self.thing.take()) else {
            // What it does when it is dropped is all there is to its end.
            return;
        };
        let (close, within) = (Arc::clone(close), self.closing.within);
        self.closing.spawn.spawn(Box::pin(async move {
            let _counted = counted;
            if tokio::time::timeout(within, close(thing)).await.is_err() {
                tracing::warn!("what a factory has made was not closed within {within:?}");
            }
        }));
    }
}

/// Counts one less when it is dropped, whatever became of the closing.
struct Closed<T: Send + Sync + 'static>(Arc<Closing<T>>);

impl<T: Send + Sync + 'static> Drop for Closed<T> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

/// A thing as it was made by one attempt: what is published.
pub(super) struct Made<T: Send + Sync + 'static> {
    pub(super) held: Arc<Held<T>>,
    /// Where it is published; a thing keeps no factory alive.
    pub(super) slot: Weak<Slot<T>>,
    pub(super) place: Weak<Place<T>>,
    pub(super) scope: FactoryScope,
    pub(super) attempt: u64,
    pub(super) at: Duration,
    pub(super) clock: Clock,
    pub(super) took: Duration,
    pub(super) is_within_slo: bool,
    pub(super) trace: Option<Trace>,
}
