//! In whose name a request is denied, and where that is kept.

use hedgerow_supervisor::{Denials, Trace};
use hedgerow_view::Identity;

use super::context::Context;
use super::cursor::Passage;
use super::handle::ChainHandle;
use super::slot::ChainSlot;

/// In whose name a request is denied, and where that is kept. None is made for a request that is served.
#[derive(Debug, Clone)]
pub struct Docket {
    /// The chain that it came to.
    pub chain: Identity,
    /// Where denials are kept; `None` where the chain has not been [told](ChainHandle::tell) of a mesh.
    pub denials: Option<Denials>,
    /// The trace that it belongs to; `None` where no node has said it.
    pub trace: Option<Trace>,
}

impl Docket {
    fn of(chain: &ChainSlot, trace: Option<Trace>) -> Self {
        Self {
            chain: chain.id.clone(),
            denials: chain.events.get().map(|events| events.denials().clone()),
            trace,
        }
    }
}

impl ChainHandle {
    /// For a request that the chain denies.
    #[cold]
    pub fn docket(&self) -> Docket {
        Docket::of(self.slot(), None)
    }
}

impl Passage {
    /// For a request that is denied after the chain.
    #[cold]
    pub fn docket(&self) -> Docket {
        self.visited().docket()
    }
}

impl Context {
    #[cold]
    pub(super) fn docket(&self) -> Docket {
        Docket::of(&self.chain, self.cx.trace())
    }
}
