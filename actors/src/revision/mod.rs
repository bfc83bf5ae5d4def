//! Who makes the next revision: the edits of chains, one at a time, kept over restarts of the process.
//!
//! | file | subject |
//! |---|---|
//! | `operate` | edits as they are asked for: by code, and in the words of the API |
//! | `written` | an edit as it is kept: in the config's own words |
//! | `workshop` | what makes the node that a config asks for |
//! | `reviser` | the actor that makes edits, one at a time |
//! | `again` | what it does first: the edits of the life before |
//! | `overlay` | the edits that are kept, and made again after a restart of the process |
//! | `slot` | what stays of it while its incarnations come and go, and their record |
//!
//! An edit is made in steps: it is checked; nodes that it touches are asked; who comes is started; the record is written; one
//! pointer is stored; who has left is stopped. Before the pointer is stored nothing has changed, after it nothing is left
//! that could fail.

mod again;
mod operate;
mod overlay;
mod reviser;
mod slot;
#[cfg(test)]
mod tests;
mod workshop;
mod written;

use std::sync::Arc;

use hedgerow_supervisor::ChildSpec;
use hedgerow_view::Identity;

use crate::breaker::Means;
pub use crate::chain::{Revision, Revisions};

pub use workshop::{BadNode, Workshop};

use again::STARTED_WITHIN;
use operate::Orders;
use reviser::Reviser;
use slot::ReviserSlot;

/// Makes the child that makes edits, and has the chains of these revisions know it; `workshop` makes the nodes that edits of
/// the API ask for. It must start after the chains, and before those that let requests in: it makes the edits that were kept
/// again, and gives the first revision its number.
pub fn spec(revisions: &Revisions, means: &Means, workshop: Workshop) -> ChildSpec {
    let slot = ReviserSlot::new(revisions, means.clone(), workshop);
    child(revisions, Arc::new(slot))
}

fn child(revisions: &Revisions, slot: Arc<ReviserSlot>) -> ChildSpec {
    let place = Arc::clone(&slot);
    let (spec, reviser) = ChildSpec::actor("reviser", move || Reviser::new(Arc::clone(&place)));
    revisions.edited_by(Arc::new(Orders { slot, reviser }));
    spec.kind("reviser")
        .identity(Identity::new("reviser", "reviser"))
        .start_within(STARTED_WITHIN)
}
