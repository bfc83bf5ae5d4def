//! The actor that makes edits, one at a time.

use std::sync::Arc;

use actix::{Actor, AsyncContext as _, Handler, Message, WrapFuture as _};
use hedgerow_supervisor::{CellContext, Persistence};
use hedgerow_view::Path;
use tokio::sync::oneshot;

use super::overlay::{Kept, MOST};
use super::slot::ReviserSlot;
use super::written::Written;
use crate::chain::{ChainSlot, Edit, EditError, Prepared};
use crate::unix::unix_ms;

/// What is to become of a chain.
pub(super) enum Wish {
    /// An edit by code, which is not kept.
    Edit(Box<Edit>),
    /// An edit, how it is kept, and who orders it.
    Keep(Box<Edit>, Written, String),
    /// As it began, and no edit of it is kept any more; who orders it.
    DropEdits(String),
}

impl Wish {
    /// What it is and who orders it, for people.
    fn told(&self) -> String {
        match self {
            Self::Edit(edit) => format!("{edit} by code"),
            Self::Keep(edit, _, by) => format!("{edit} by {by}"),
            Self::DropEdits(by) => format!("drop all edits by {by}"),
        }
    }
}

/// Make a change of a chain.
pub(super) struct Revise {
    pub(super) chain: Arc<ChainSlot>,
    pub(super) wish: Wish,
    pub(super) answer: oneshot::Sender<Result<u64, EditError>>,
}

impl Message for Revise {
    type Result = ();
}

/// The one that makes edits. It takes the next one when it is done with the last.
pub(super) struct Reviser {
    slot: Arc<ReviserSlot>,
}

impl Reviser {
    pub(super) fn new(slot: Arc<ReviserSlot>) -> Self {
        Self { slot }
    }
}

impl Actor for Reviser {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let (slot, path) = (Arc::clone(&self.slot), context.path().clone());
        if context.incarnation() == 1 {
            context.wait(async move { slot.begin(&path).await }.into_actor(self));
        } else {
            context.wait(async move { slot.tidy_up().await }.into_actor(self));
        }
    }
}

impl Handler<Revise> for Reviser {
    type Result = ();

    fn handle(&mut self, order: Revise, context: &mut CellContext<Self>) {
        let (slot, path) = (Arc::clone(&self.slot), context.path().clone());
        context.wait(async move { slot.revise(order, &path).await }.into_actor(self));
    }
}

impl ReviserSlot {
    async fn revise(&self, order: Revise, path: &Path) {
        let Revise { chain, wish, answer } = order;
        let from = self.published.take().number();
        let told = wish.told();
        let (prepared, persistence) = match self.make(&chain, wish, from + 1).await {
            Ok(Some(made)) => made,
            Ok(None) => {
                drop(answer.send(Ok(from)));
                return;
            }
            Err(error) => {
                drop(answer.send(Err(error)));
                return;
            }
        };
        let cause = format!("revision {from} to {}: {told}", from + 1);
        self.means.events.emit(
            "chainEdited",
            &chain.place(path),
            Some(&chain.id),
            cause,
            persistence,
        );
        drop(answer.send(Ok(from + 1)));
        prepared.dismiss().await;
    }

    /// Up to where requests meet it. `None` where nothing changes.
    async fn make(
        &self,
        chain: &Arc<ChainSlot>,
        wish: Wish,
        number: u64,
    ) -> Result<Option<(Prepared, Persistence)>, EditError> {
        let mut overlay = self.overlay().clone();
        overlay.number = number;
        let is_by_code = matches!(wish, Wish::Edit(_));
        let prepared = match wish {
            Wish::Edit(edit) => chain.prepare(*edit, number).await?,
            Wish::Keep(edit, written, author) => {
                overlay.push(Kept {
                    chain: chain.id.name().to_owned(),
                    edit: written,
                    author,
                    at: unix_ms(self.means.clock.wall()),
                    set_aside: None,
                });
                if overlay.is_too_large() {
                    return Err(EditError::Full {
                        chain: chain.id.name().to_owned(),
                        limit: MOST,
                    });
                }
                chain.prepare(*edit, number).await?
            }
            Wish::DropEdits(_) => {
                overlay.drop_chain(chain.id.name());
                Some(chain.prepare_origin(number).await?)
            }
        };
        let Some(mut prepared) = prepared else {
            return Ok(None);
        };
        let saved = self.save(&overlay).await;
        // From here on nothing can fail, and nothing waits.
        *self.overlay() = overlay;
        prepared.publish(number);
        let persistence = if is_by_code { Persistence::Volatile } else { saved };
        Ok(Some((prepared, persistence)))
    }
}
