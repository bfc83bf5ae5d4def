//! Revisions: all that a request reads and an edit can change, at one instant.
//!
//! | file | subject |
//! |---|---|
//! | `published` | the revision in force: one pointer for all chains |
//! | `reviser` | the actor that makes edits, one at a time |
//! | `overlay` | the edits that are kept, and made again after a restart of the process |
//! | `written` | an edit as it is kept: in the config's own words |
//! | `workshop` | what makes the node that a config asks for |
//!
//! An edit is made in steps: it is checked; nodes that it touches are asked; who comes is started; the record is written; one
//! pointer is stored; who has left is stopped. Before the pointer is stored nothing has changed, after it nothing is left
//! that could fail.

mod overlay;
mod published;
mod reviser;
#[cfg(test)]
mod tests;
mod workshop;
mod written;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hedgerow_supervisor::Handle;
use hedgerow_view::chain::EditView;
use tokio::sync::oneshot;

use crate::chain::{ChainSlot, EditError, NodeSpec};

pub(crate) use published::Published;
pub use published::Revision;
pub(crate) use reviser::Wish;
pub use reviser::spec;
pub use workshop::{BadNode, Workshop};
pub(crate) use written::Written;

use overlay::Overlay;
use reviser::{Revise, Reviser};

/// The revisions of one mesh. Cheap to clone.
#[derive(Clone)]
pub struct Revisions {
    shared: Arc<Shared>,
}

struct Shared {
    published: Arc<Published>,
    reviser: OnceLock<Handle<Reviser>>,
    workshop: OnceLock<Workshop>,
    /// The edits that are kept. The reviser's, over all its incarnations.
    overlay: Mutex<Overlay>,
}

impl Revisions {
    /// Those of a mesh that has none yet. The first one has this number.
    pub fn beginning_at(number: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                published: Arc::new(Published::new(number)),
                reviser: OnceLock::new(),
                workshop: OnceLock::new(),
                overlay: Mutex::default(),
            }),
        }
    }

    /// The revision in force.
    pub fn current(&self) -> Arc<Revision> {
        self.shared.published.take()
    }

    /// What makes the nodes that edits of the API ask for. The first one stays; without one such edits are refused.
    pub fn furnish(&self, workshop: Workshop) {
        self.shared.workshop.get_or_init(|| workshop);
    }

    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.shared.published
    }

    /// The edits of this chain that are kept.
    pub(crate) fn edits_of(&self, chain: &str) -> Vec<EditView> {
        self.overlay().views(chain)
    }

    /// The node that this document asks for.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn make(&self, chain: &str, document: &str) -> Result<NodeSpec, BadNode> {
        match self.shared.workshop.get() {
            Some(workshop) => workshop.make(chain, document),
            None => Err(BadNode::nobody()),
        }
    }

    /// Has the reviser make a change.
    ///
    /// # Errors
    /// Why it was not made.
    pub(crate) async fn revise(
        &self,
        chain: Arc<ChainSlot>,
        wish: Wish,
        author: Option<String>,
    ) -> Result<u64, EditError> {
        let name = chain.id.name().to_owned();
        let nobody = |why: &str| EditError::NoReviser {
            chain: name.clone(),
            why: why.to_owned(),
        };
        let Some(reviser) = self.shared.reviser.get() else {
            return Err(nobody("the chain is in no mesh"));
        };
        let (answer, made) = oneshot::channel();
        let order = Revise {
            chain,
            wish,
            author,
            answer,
        };
        reviser
            .tell(order)
            .map_err(|refused| nobody(&refused.to_string()))?;
        made.await.unwrap_or_else(|_| {
            Err(nobody(
                "it fell over the edit, and has begun anew: look at the revision",
            ))
        })
    }

    fn overlay(&self) -> MutexGuard<'_, Overlay> {
        self.shared.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions")
            .field("number", &self.current().number())
            .finish_non_exhaustive()
    }
}
