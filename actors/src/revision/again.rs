//! What the reviser does: each piece of work in steps, one piece at a time.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_store::{Key, LoadError, RecordError, Saved, Store};
use hedgerow_supervisor::{CellContext, Clock, Events, Persistence};
use hedgerow_view::{Identity, Path};

use super::Revisions;
use super::overlay::{Kept, MOST, Overlay, unix_ms};
use super::reviser::{Revise, Reviser, Wish};
use crate::breaker::Means;
use crate::chain::{ChainSlot, EditError, Prepared};

/// How long a record may take to reach the disk before the edit is told as one that a crash may lose.
const KEPT_WITHIN: Duration = Duration::from_secs(5);

/// How long the edits of the life before may take to be made again; those that are left are set aside.
const AGAIN_WITHIN: Duration = Duration::from_secs(60);

/// Reading the record, and making its edits again; with time to spare.
pub(super) const STARTED_WITHIN: Duration = Duration::from_secs(75);

/// What becomes of a record that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nobody can ever read it.
    Replaced,
    /// A disk that works, or another release, may.
    Left,
}

/// What one piece of work has at hand.
pub(super) struct Desk {
    revisions: Revisions,
    store: Store,
    events: Events,
    clock: Clock,
    path: Path,
}

impl Desk {
    pub(super) fn of(reviser: &Reviser, context: &CellContext<Reviser>) -> Self {
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
    pub(super) async fn begin(self) {
        let loaded = tokio::time::timeout(KEPT_WITHIN, self.store.load(&Self::key())).await;
        let mut overlay = match loaded {
            Ok(Ok(None)) => Overlay::default(),
            Ok(Ok(Some(record))) => {
                Overlay::decode(&record).unwrap_or_else(|| self.unread("it is damaged", Then::Replaced))
            }
            Ok(Err(error @ LoadError::Record(RecordError::Damaged { .. }))) => {
                self.unread(&error.to_string(), Then::Replaced)
            }
            Ok(Err(error)) => self.unread(&error.to_string(), Then::Left),
            Err(_) => self.unread("the store does not answer", Then::Left),
        };
        // The config may be another one than before: what it says is a revision of its own.
        let first = self.revisions.current().number();
        overlay.number = overlay.number.saturating_add(1).max(first);
        self.revisions.published().renumber(overlay.number);
        self.make_again(&mut overlay).await;
        self.save_later(&overlay);
        *self.revisions.overlay() = overlay;
    }

    /// The number goes on above all that were used, as far as the clock knows.
    fn unread(&self, why: &str, then: Then) -> Overlay {
        let number = unix_ms(self.clock.wall());
        let left = match then {
            Then::Replaced => "the next edit replaces it",
            Then::Left => {
                "it is left as it is, and edits are not kept, until a start can read it or all edits are dropped"
            }
        };
        let cause = format!(
            "the record of edits cannot be read: {why}; chains are as the config says, revisions go on at {}, and {left}",
            number.saturating_add(1)
        );
        self.tell("overlayUnread", &self.path, None, cause, Persistence::Volatile);
        Overlay {
            number,
            edits: Vec::new(),
            is_unread: then == Then::Left,
        }
    }

    async fn make_again(&self, overlay: &mut Overlay) {
        let (number, begun) = (overlay.number, self.clock.now());
        for kept in &mut overlay.edits {
            let left = AGAIN_WITHIN.saturating_sub(self.clock.now().saturating_sub(begun));
            let made = tokio::time::timeout(left, self.make_one_again(kept, number)).await;
            let misfit = made
                .unwrap_or_else(|_| Err(format!("the start has no more time for it than {AGAIN_WITHIN:?}")))
                .err();
            if let Some(why) = &misfit {
                let edit = serde_json::to_string(&kept.edit).unwrap_or_default();
                let chain = &kept.chain;
                let cause = format!("an edit of `{chain}` that was kept is set aside: {why}: {edit}");
                let id = Identity::new("chain", chain);
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
        // One that came too late.
        self.stop_strangers().await;
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
    pub(super) async fn tidy_up(self) {
        self.stop_strangers().await;
        let mut overlay = self.revisions.overlay();
        overlay.number = overlay.number.max(self.revisions.current().number());
        self.save_later(&overlay);
    }

    async fn stop_strangers(&self) {
        for chain in self.revisions.published().chains() {
            chain.stop_strangers().await;
        }
    }

    pub(super) async fn revise(self, order: Revise) {
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
                chain.prepare(*edit, number).await?
            }
            Wish::DropEdits => {
                overlay.drop_chain(chain.id.name());
                Some(chain.prepare_origin(number).await?)
            }
        };
        let Some(mut prepared) = prepared else {
            return Ok(None);
        };
        let saved = self.save(&overlay).await;
        // From here on nothing can fail, and nothing waits.
        *self.revisions.overlay() = overlay;
        prepared.publish(number);
        let persistence = if is_written { saved } else { Persistence::Volatile };
        Ok(Some((prepared, persistence)))
    }

    async fn save(&self, overlay: &Overlay) -> Persistence {
        if overlay.is_unread {
            return Persistence::Volatile;
        }
        let saved = self.store.save(&Self::key(), overlay.encode());
        let saved = tokio::time::timeout(KEPT_WITHIN, saved).await;
        match saved {
            Ok(Ok(Saved::Durable)) => Persistence::Durable,
            Ok(Ok(Saved::InMemory) | Err(_)) | Err(_) => Persistence::Volatile,
        }
    }

    /// Queues it: nobody waits for a disk that is slow.
    fn save_later(&self, overlay: &Overlay) {
        if !overlay.is_unread {
            drop(self.store.save(&Self::key(), overlay.encode()));
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
