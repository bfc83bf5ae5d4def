//! The actor that makes edits, one at a time.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Handler, Message, WrapFuture as _};
use hedgerow_store::{Key, Saved, Store};
use hedgerow_supervisor::{CellContext, ChildSpec, Clock, Events, Persistence};
use hedgerow_view::{Identity, Path};

use tokio::sync::oneshot;

use super::overlay::{Kept, MOST, Overlay, unix_ms};
use super::{Revisions, Written};
use crate::breaker::Means;
use crate::chain::{ChainSlot, Edit, EditError, Prepared};

/// How long a record may take to reach the disk before the edit is told as one that a crash may lose.
const KEPT_WITHIN: Duration = Duration::from_secs(5);

/// How long the edits of the life before may take to be made again; those that are left are set aside.
const AGAIN_WITHIN: Duration = Duration::from_secs(60);

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
        .start_within(AGAIN_WITHIN + KEPT_WITHIN + KEPT_WITHIN)
}

/// What is to become of a chain.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, made once for each edit by hand"
)]
pub(crate) enum Wish {
    /// An edit, and how it is kept; one that is not written is made by code.
    Edit(Edit, Option<Written>),
    /// As it began, and no edit of it is kept any more.
    DropEdits,
}

impl Wish {
    fn name(&self) -> String {
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
    revisions: Revisions,
    means: Means,
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

/// What one piece of work has at hand.
struct Desk {
    revisions: Revisions,
    store: Store,
    events: Events,
    clock: Clock,
    path: Path,
}

impl Desk {
    fn of(reviser: &Reviser, context: &CellContext<Reviser>) -> Self {
        let Means { store, events, clock } = reviser.means.clone();
        Self {
            revisions: reviser.revisions.clone(),
            store,
            events,
            clock,
            path: context.path().clone(),
        }
    }

    fn key() -> Key {
        Key::new("revision", "overlay", [""; 0]).expect("two plain words make a key")
    }

    /// Makes the edits of the life before again, and numbers the first revision of this one.
    async fn begin(self) {
        let loaded = tokio::time::timeout(KEPT_WITHIN, self.store.load(&Self::key())).await;
        let mut overlay = match loaded {
            Ok(Ok(None)) => return,
            Ok(Ok(Some(record))) => Overlay::decode(&record).unwrap_or_else(|| self.unread("it is damaged")),
            Ok(Err(error)) => self.unread(&error.to_string()),
            Err(_) => self.unread("the store does not answer"),
        };
        overlay.number = overlay.number.saturating_add(1);
        let published = self.revisions.published();
        published.renumber(overlay.number);
        let again = tokio::time::timeout(AGAIN_WITHIN, self.make_again(&mut overlay));
        if again.await.is_err() {
            tracing::warn!("the edits of the life before were not all made again within {AGAIN_WITHIN:?}");
        }
        let record = overlay.encode();
        *self.revisions.overlay() = overlay;
        self.save(record).await;
    }

    /// The number goes on above all that were used, as far as the clock knows.
    fn unread(&self, why: &str) -> Overlay {
        let number = unix_ms(self.clock.wall());
        let cause = format!(
            "the record of edits cannot be read: {why}; chains are as the config says, and revisions go on at {}",
            number.saturating_add(1)
        );
        self.tell("overlayUnread", &self.path, None, cause, Persistence::Volatile);
        Overlay {
            number,
            edits: Vec::new(),
        }
    }

    async fn make_again(&self, overlay: &mut Overlay) {
        let number = overlay.number;
        for kept in &mut overlay.edits {
            let misfit = self.make_one_again(kept, number).await.err();
            if let Some(why) = &misfit {
                let edit = serde_json::to_string(&kept.edit).unwrap_or_default();
                let cause = format!(
                    "an edit of `{}` that was kept is set aside: {why}: {edit}",
                    kept.chain
                );
                let id = Identity::new("chain", &kept.chain);
                self.tell(
                    "editSetAside",
                    &self.path,
                    Some(&id),
                    cause,
                    Persistence::Volatile,
                );
            }
            kept.set_aside = misfit;
        }
    }

    async fn make_one_again(&self, kept: &Kept, number: u64) -> Result<(), String> {
        let name = &kept.chain;
        let chain = self.revisions.published().chain(name);
        let chain = chain.ok_or_else(|| format!("there is no chain `{name}`"))?;
        let edit = kept.edit.to_edit(&self.revisions, name);
        let edit = edit.map_err(|error| error.to_string())?;
        let prepared = chain
            .prepare(edit, number)
            .await
            .map_err(|error| error.to_string())?;
        if let Some(mut prepared) = prepared {
            prepared.publish(number);
            prepared.dismiss().await;
        }
        Ok(())
    }

    /// An incarnation before this one has fallen in the middle of an edit: what is published holds, and nothing else.
    async fn tidy_up(self) {
        for chain in self.revisions.published().chains() {
            chain.stop_strangers().await;
        }
        let record = {
            let mut overlay = self.revisions.overlay();
            overlay.number = overlay.number.max(self.revisions.current().number());
            overlay.encode()
        };
        self.save(record).await;
    }

    async fn revise(self, order: Revise) {
        let Revise {
            chain,
            wish,
            author,
            answer,
        } = order;
        let from = self.revisions.current().number();
        let what = wish.name();
        let id = chain.id.clone();
        let made = self.make(&chain, wish, author.as_deref(), from).await;
        let (prepared, persistence) = match made {
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
        let by = author.map_or_else(|| " by code".to_owned(), |author| format!(" by {author}"));
        let cause = format!("revision {from} to {}: {what}{by}", from + 1);
        self.tell(
            "chainEdited",
            &chain.place(&self.path),
            Some(&id),
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
        author: Option<&str>,
        from: u64,
    ) -> Result<Option<(Prepared, Persistence)>, EditError> {
        let number = from + 1;
        let mut overlay = self.revisions.overlay().clone();
        overlay.number = number;
        let is_written = matches!(wish, Wish::DropEdits | Wish::Edit(_, Some(_)));
        let prepared = match wish {
            Wish::Edit(edit, written) => {
                if let Some(edit) = written {
                    overlay.push(Kept {
                        chain: chain.id.name().to_owned(),
                        edit,
                        author: author.unwrap_or_default().to_owned(),
                        at: unix_ms(self.clock.wall()),
                        set_aside: None,
                    });
                    if overlay.is_too_large() {
                        return Err(EditError::Full {
                            chain: chain.id.name().to_owned(),
                            limit: MOST,
                        });
                    }
                }
                chain.prepare(edit, number).await?
            }
            Wish::DropEdits => {
                overlay.drop_chain(chain.id.name());
                Some(chain.prepare_origin(number).await?)
            }
        };
        let Some(mut prepared) = prepared else {
            return Ok(None);
        };
        let saved = self.save(overlay.encode()).await;
        // From here on nothing can fail, and nothing waits.
        *self.revisions.overlay() = overlay;
        prepared.publish(number);
        let persistence = if is_written { saved } else { Persistence::Volatile };
        Ok(Some((prepared, persistence)))
    }

    async fn save(&self, record: Vec<u8>) -> Persistence {
        let saved = tokio::time::timeout(KEPT_WITHIN, self.store.save(&Self::key(), record)).await;
        match saved {
            Ok(Ok(Saved::Durable)) => Persistence::Durable,
            Ok(Ok(Saved::InMemory) | Err(_)) | Err(_) => Persistence::Volatile,
        }
    }

    fn tell(
        &self,
        kind: &'static str,
        path: &Path,
        id: Option<&Identity>,
        cause: String,
        persistence: Persistence,
    ) {
        self.events.emit(kind, path, id, cause, persistence);
    }
}
