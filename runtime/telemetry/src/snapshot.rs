//! What one scrape reads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hedgerow_supervisor::Directory;
use hedgerow_view::{ActorView, BreakerView, ChainView, StoreView, UpstreamView, View};

/// The mesh at the instant of one scrape.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Every actor, parents first. Their `children` are empty here.
    pub(crate) actors: Vec<ActorView>,
    pub(crate) breakers: Vec<BreakerView>,
    pub(crate) chains: Vec<ChainView>,
    pub(crate) upstreams: Vec<UpstreamView>,
    pub(crate) stores: Vec<StoreView>,
    pub(crate) ready: bool,
    pub(crate) events: u64,
    /// Scrapes so far in which an actor's view panicked.
    pub(crate) failed_reads: u64,
}

impl Snapshot {
    /// Reads the directory. `failed_reads` is how often that has failed before.
    ///
    /// A view is code of an actor: where one panics, what the actors show is left out of this scrape and the failure
    /// is counted, while the tree itself is still told.
    pub(crate) fn take(directory: &Directory, failed_reads: u64) -> Self {
        let mut snapshot = Self {
            ready: directory.not_ready().is_empty(),
            events: directory.events().emitted(),
            failed_reads,
            ..Self::default()
        };
        flatten(directory.tree(), &mut snapshot.actors);
        match catch_unwind(AssertUnwindSafe(|| directory.views())) {
            Ok(views) => {
                for (_, view) in views {
                    snapshot.sort_in(view);
                }
            }
            Err(_) => {
                snapshot.failed_reads += 1;
                tracing::error!("an actor's view panicked: this scrape tells the tree only");
            }
        }
        snapshot
    }

    fn sort_in(&mut self, view: View) {
        match view {
            View::Breaker(breaker) => self.breakers.push(breaker),
            View::Chain(chain) => self.chains.push(chain),
            View::Upstream(upstream) => self.upstreams.push(upstream),
            View::Store(store) => self.stores.push(store),
            // Plain views, and kinds of view that have no family.
            _ => {}
        }
    }
}

fn flatten(mut actor: ActorView, into: &mut Vec<ActorView>) {
    let children = std::mem::take(&mut actor.children);
    into.push(actor);
    for child in children {
        flatten(child, into);
    }
}
