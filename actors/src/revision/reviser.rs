//! The actor that makes edits, one at a time.

use std::sync::Arc;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Handler, Message, WrapFuture as _};
use hedgerow_supervisor::{CellContext, ChildSpec};
use hedgerow_view::Identity;
use tokio::sync::oneshot;

use super::desk::{Desk, STARTED_WITHIN};
use super::{Revisions, Written};
use crate::breaker::Means;
use crate::chain::{ChainSlot, Edit, EditError};

/// Makes the child that makes edits. It must start after the chains, and before those that let requests in: it makes the
/// edits that were kept again, and gives the first revision its number.
pub fn spec(revisions: &Revisions, means: &Means) -> ChildSpec {
    let (to, with) = (revisions.clone(), means.clone());
    let (spec, handle) = ChildSpec::actor("reviser", move || Reviser {
        revisions: to.clone(),
        means: with.clone(),
    });
    revisions.shared.reviser.get_or_init(|| handle);
    spec.kind("reviser")
        .identity(Identity::new("reviser", "reviser"))
        .start_within(STARTED_WITHIN)
}

/// What is to become of a chain.
pub(crate) enum Wish {
    /// An edit, and how it is kept; one that is not written is made by code.
    Edit(Box<Edit>, Option<Written>),
    /// As it began, and no edit of it is kept any more.
    DropEdits,
}

impl Wish {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Edit(edit, _) => edit.to_string(),
            Self::DropEdits => "drop all edits".to_owned(),
        }
    }
}

/// Make a change of a chain.
pub(super) struct Revise {
    pub(super) chain: Arc<ChainSlot>,
    pub(super) wish: Wish,
    pub(super) author: Option<String>,
    pub(super) answer: oneshot::Sender<Result<u64, EditError>>,
}

impl Message for Revise {
    type Result = ();
}

/// The one that makes edits. It takes the next one when it is done with the last.
pub(super) struct Reviser {
    pub(super) revisions: Revisions,
    pub(super) means: Means,
}

impl Actor for Reviser {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let desk = Desk::of(self, context);
        if context.incarnation() == 1 {
            context.wait(async move { desk.begin().await }.into_actor(self));
        } else {
            context.wait(async move { desk.tidy_up().await }.into_actor(self));
        }
    }
}

impl Handler<Revise> for Reviser {
    type Result = ();

    fn handle(&mut self, order: Revise, context: &mut CellContext<Self>) {
        let desk = Desk::of(self, context);
        context.wait(
            async move { desk.revise(order).await }
                .into_actor(self)
                .map(|(), _, _| ()),
        );
    }
}
