//! The edits that are kept, and made again after a restart of the process on top of what the config says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hedgerow_view::chain::EditView;
use serde::{Deserialize, Serialize};

use super::written::Written;

/// Edits that are kept. Most meshes have a handful: who has more than this has a config to write.
pub(super) const MOST: usize = 1_000;

/// Bytes of the record that it is kept in: what a store takes, with room to spare.
const MOST_BYTES: usize = 900_000;

/// The edits that are kept, oldest first, and the number of the last revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overlay {
    /// The number of the last revision.
    pub(super) number: u64,
    pub(super) edits: Vec<Kept>,
    /// There may be a record that could not be read: it is not to be written over.
    #[serde(skip)]
    pub(super) is_unread: bool,
}

/// An edit that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pub(super) chain: String,
    pub(super) edit: Written,
    pub(super) author: String,
    /// Milliseconds since the Unix epoch.
    pub(super) at: u64,
    /// Why it is not in force in this life of the process.
    #[serde(skip)]
    pub(super) set_aside: Option<String>,
}

impl Overlay {
    /// Keeps one more edit, and forgets what it makes pointless.
    pub(super) fn push(&mut self, kept: Kept) {
        let subject = kept.edit.subject().map(str::to_owned);
        let mut at = self.edits.len();
        while let Some((before, subject)) = at.checked_sub(1).zip(subject.as_deref()) {
            at = before;
            let earlier = &self.edits[at];
            if earlier.chain != kept.chain || earlier.set_aside.is_some() {
                continue;
            }
            if earlier.edit.leans_on(subject) && earlier.edit.subject() != Some(subject) {
                break;
            }
            if earlier.edit.subject() != Some(subject) {
                continue;
            }
            let is_undone = matches!(
                (&kept.edit, &earlier.edit),
                (Written::Remove { .. }, Written::Insert { .. })
            );
            if is_undone {
                self.edits.remove(at);
                return;
            }
            if kept.edit.outdoes(&earlier.edit) {
                self.edits.remove(at);
                continue;
            }
            if matches!(
                earlier.edit,
                Written::Insert { .. } | Written::Remove { .. } | Written::Replace { .. }
            ) {
                break;
            }
        }
        self.edits.push(kept);
    }

    /// Forgets the edits of a chain; those of a record that could not be read, too.
    pub(super) fn drop_chain(&mut self, chain: &str) {
        self.is_unread = false;
        self.edits.retain(|kept| kept.chain != chain);
    }

    /// Whether it is larger than may be.
    pub(super) fn is_too_large(&self) -> bool {
        self.edits.len() > MOST || self.encode().len() > MOST_BYTES
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain numbers, texts and documents have a JSON form")
    }

    /// `None` where the record is none of this program's.
    pub(super) fn decode(record: &[u8]) -> Option<Self> {
        serde_json::from_slice(record).ok()
    }

    pub(super) fn views(&self, chain: &str) -> Vec<EditView> {
        let of_chain = self.edits.iter().filter(|kept| kept.chain == chain);
        of_chain
            .map(|kept| EditView {
                edit: serde_json::to_value(&kept.edit).unwrap_or_default(),
                author: kept.author.clone(),
                at: at(kept.at).into(),
                set_aside: kept.set_aside.clone(),
            })
            .collect()
    }
}

fn at(unix_ms: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(unix_ms))
        .unwrap_or(UNIX_EPOCH)
}
