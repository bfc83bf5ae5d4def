//! What the reviser does first: it makes the edits of the life before again, or tidies up behind an incarnation that fell.

use std::time::Duration;

use hedgerow_store::{LoadError, RecordError};
use hedgerow_supervisor::Persistence;
use hedgerow_view::{Identity, Path};

use super::overlay::{Kept, Overlay};
use super::slot::{KEPT_WITHIN, ReviserSlot};
use crate::unix::unix_ms;

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

impl ReviserSlot {
    /// Makes the edits of the life before again, and numbers the first revision of this one.
    pub(super) async fn begin(&self, path: &Path) {
        let loaded = tokio::time::timeout(KEPT_WITHIN, self.means.store.load(&Self::key())).await;
        let mut overlay = match loaded {
            Ok(Ok(None)) => Overlay::default(),
            Ok(Ok(Some(record))) => {
                Overlay::decode(&record).unwrap_or_else(|| self.unread(path, "it is damaged", Then::Replaced))
            }
            Ok(Err(error @ LoadError::Record(RecordError::Damaged { .. }))) => {
                self.unread(path, &error.to_string(), Then::Replaced)
            }
            Ok(Err(error)) => self.unread(path, &error.to_string(), Then::Left),
            Err(_) => self.unread(path, "the store does not answer", Then::Left),
        };
        // The config may be another one than before: what it says is a revision of its own.
        let first = self.published.take().number();
        overlay.number = overlay.number.saturating_add(1).max(first);
        self.published.renumber(overlay.number);
        self.make_again(&mut overlay, path).await;
        // Requests are told the number once this has started. Where the disk is slower than that, it may be told again by the
        // next life, of the same edits.
        let _ = self.save(&overlay).await;
        *self.overlay() = overlay;
    }

    /// The number goes on above all that were used, as far as the clock knows.
    fn unread(&self, path: &Path, why: &str, then: Then) -> Overlay {
        let number = unix_ms(self.means.clock.wall());
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
        let events = &self.means.events;
        events.emit("overlayUnread", path, None, cause, Persistence::Volatile);
        Overlay {
            number,
            edits: Vec::new(),
            is_unread: then == Then::Left,
        }
    }

    async fn make_again(&self, overlay: &mut Overlay, path: &Path) {
        let clock = self.means.clock;
        let (number, begun) = (overlay.number, clock.now());
        for kept in &mut overlay.edits {
            let left = AGAIN_WITHIN.saturating_sub(clock.now().saturating_sub(begun));
            let made = tokio::time::timeout(left, self.make_one_again(kept, number)).await;
            kept.set_aside = made
                .unwrap_or_else(|_| Err(format!("the start has no more time for it than {AGAIN_WITHIN:?}")))
                .err();
            if let Some(why) = &kept.set_aside {
                let edit = serde_json::to_string(&kept.edit).unwrap_or_default();
                let chain = &kept.chain;
                let cause = format!("an edit of `{chain}` that was kept is set aside: {why}: {edit}");
                let id = Identity::new("chain", chain);
                let events = &self.means.events;
                events.emit("editSetAside", path, Some(&id), cause, Persistence::Volatile);
            }
        }
        // One that came too late.
        self.stop_strangers().await;
    }

    async fn make_one_again(&self, kept: &Kept, number: u64) -> Result<(), String> {
        let name = &kept.chain;
        let chain = self.published.chain(name);
        let chain = chain.ok_or_else(|| format!("there is no chain `{name}`"))?;
        let edit = kept.edit.to_edit(&self.workshop, name);
        let edit = edit.map_err(|error| error.to_string())?;
        let prepared = chain.prepare(edit, number).await;
        if let Some(mut prepared) = prepared.map_err(|error| error.to_string())? {
            prepared.publish(number);
            prepared.dismiss().await;
        }
        Ok(())
    }

    /// An incarnation before this one has fallen in the middle of an edit: what is published holds, and nothing else.
    pub(super) async fn tidy_up(&self) {
        self.stop_strangers().await;
        let mut overlay = self.overlay();
        overlay.number = overlay.number.max(self.published.take().number());
        self.save_later(&overlay);
    }

    async fn stop_strangers(&self) {
        for chain in self.published.chains() {
            chain.stop_strangers().await;
        }
    }
}
