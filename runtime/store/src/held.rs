//! What is held in memory while the disk fails: the newest of each key.

use std::collections::BTreeMap;

use crate::engine::Change;
use crate::limits::MAX_HELD_BYTES;

/// The most bytes of one batch that brings what was held to the disk.
const BATCH_BYTES: usize = 1 << 20;

/// Changes that are not on the disk, or of which nobody knows whether they are.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The newest record of each key; none for a removal.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
}

/// There is no room; what was held before is still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

impl Held {
    /// Holds `change` in place of an older one of its key.
    pub(crate) fn put(&mut self, change: Change) -> Result<(), NoRoom> {
        let (key, record) = match change {
            Change::Put { key, record } => (key, Some(record)),
            Change::Remove { key } => (key, None),
        };
        let size = |record: &Option<Vec<u8>>| key.len() + record.as_ref().map_or(0, Vec::len);
        let old = self.changes.get(&key).map_or(0, size);
        let bytes = self.bytes - old + size(&record);
        if bytes > MAX_HELD_BYTES {
            return Err(NoRoom {
                entries: self.changes.len(),
                bytes: self.bytes,
            });
        }
        self.bytes = bytes;
        self.changes.insert(key, record);
        Ok(())
    }

    /// What is held under `key`: nothing, a removal, or a record.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.changes.get(key).map(Option::as_deref)
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// All changes, in batches that an engine can take in one go.
    pub(crate) fn batches(&self) -> Vec<Vec<Change>> {
        let mut batches = Vec::new();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (key, record) in &self.changes {
            let key = key.clone();
            bytes += key.len() + record.as_ref().map_or(0, Vec::len);
            batch.push(match record.clone() {
                Some(record) => Change::Put { key, record },
                None => Change::Remove { key },
            });
            if bytes >= BATCH_BYTES {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, bytes: usize) -> Change {
        Change::Put {
            key: key.into(),
            record: vec![7; bytes],
        }
    }

    #[test]
    fn the_newest_change_of_a_key_is_held_and_a_removal_is_one() {
        let mut held = Held::default();
        held.put(put("a", 1)).expect("there is room");
        held.put(put("a", 2)).expect("there is room");
        assert_eq!(held.get(b"a"), Some(Some(&[7, 7][..])));
        held.put(Change::Remove { key: b"a".to_vec() })
            .expect("there is room");
        assert_eq!((held.get(b"a"), held.get(b"b")), (Some(None), None));
        assert_eq!(held.batches(), [[Change::Remove { key: b"a".to_vec() }]]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_was_held_stays() {
        let mut held = Held::default();
        for n in 0..63 {
            held.put(put(&format!("{n:02}"), (1 << 20) - 2))
                .expect("there is room");
        }
        let refused = NoRoom {
            entries: 63,
            bytes: 63 << 20,
        };
        assert_eq!(held.put(put("xx", 1 << 20)), Err(refused));
        assert_eq!(held.put(put("00", (2 << 20) + 1)), Err(refused));
        assert_eq!(
            held.get(b"00").map(|record| record.map(<[u8]>::len)),
            Some(Some((1 << 20) - 2))
        );
        held.put(put("00", 0)).expect("a smaller one makes room");
        held.put(put("xx", 1 << 20)).expect("there is room now");
        assert!(held.batches().len() >= 63, "no batch is much over a mebibyte");
    }
}
