//! What stays of the reviser while its incarnations come and go, and the record of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_store::{Key, Saved};
use hedgerow_supervisor::Persistence;

use super::overlay::Overlay;
use super::workshop::Workshop;
use crate::breaker::Means;
use crate::chain::{Published, Revisions};

/// How long the store may take: to read the record, or to have it on the disk before an edit is told as one that a crash may
/// lose.
pub(super) const KEPT_WITHIN: Duration = Duration::from_secs(5);

/// The place of the reviser.
pub(super) struct ReviserSlot {
    pub(super) published: Arc<Published>,
    pub(super) workshop: Workshop,
    pub(super) means: Means,
    /// The edits that are kept.
    overlay: Mutex<Overlay>,
}

impl ReviserSlot {
    pub(super) fn new(revisions: &Revisions, means: Means, workshop: Workshop) -> Self {
        Self {
            published: Arc::clone(revisions.published()),
            workshop,
            means,
            overlay: Mutex::default(),
        }
    }

    pub(super) fn overlay(&self) -> MutexGuard<'_, Overlay> {
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn key() -> Key {
        Key::new("revision", "overlay", [""; 0]).expect("two plain words make a key")
    }

    /// Writes the record, and waits for the disk.
    pub(super) async fn save(&self, overlay: &Overlay) -> Persistence {
        if overlay.is_unread {
            return Persistence::Volatile;
        }
        let saved = self.means.store.save(&Self::key(), overlay.encode());
        let saved = tokio::time::timeout(KEPT_WITHIN, saved).await;
        match saved {
            Ok(Ok(Saved::Durable)) => Persistence::Durable,
            Ok(Ok(Saved::InMemory) | Err(_)) | Err(_) => Persistence::Volatile,
        }
    }

    /// Queues it: nobody waits for a disk that is slow.
    pub(super) fn save_later(&self, overlay: &Overlay) {
        if !overlay.is_unread {
            drop(self.means.store.save(&Self::key(), overlay.encode()));
        }
    }
}
