//! Spans of one thread that have ended, close together.

use std::sync::Arc;

use super::kept::{Extent, OfSpan, Texts};
use super::record::Head;
use super::ring::Spares;
use super::sheet::{Said, Sheet};

/// Spans one after the other: their heads, their attributes and their texts, each in a list that only grows until the batch is
/// taken. What a span does not say takes no room in it.
#[derive(Debug, Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    said: Vec<Said>,
    texts: Texts,
    /// How many times in a row it was far from full.
    sparse: u32,
}

/// One span, and where what it says ends; it begins where that of the one before it ends.
#[derive(Debug)]
struct Entry {
    head: Head,
    said: usize,
    texts: Extent,
}

impl Batch {
    /// More memory than so many times what was needed is more than enough.
    const SPARE: usize = 4;

    /// It is given back after so many times in a row: about a minute where batches are drained each second. Sooner, a thread
    /// would have to ask for it again after each quiet second.
    const PATIENCE: u32 = 60;

    /// Moves a span to the end.
    pub(super) fn append(&mut self, sheet: &mut Sheet) {
        self.said.append(&mut sheet.said);
        self.texts.append(&mut sheet.texts);
        self.entries.push(Entry {
            head: sheet.head,
            said: self.said.len(),
            texts: self.texts.extent(),
        });
    }

    /// Forgets its spans and keeps its memory, until far less of it was needed for a while.
    fn clear(&mut self) {
        let (entries, said, texts) = (self.entries.len(), self.said.len(), self.texts.extent());
        self.entries.clear();
        self.said.clear();
        self.texts.clear();
        if entries * Self::SPARE >= self.entries.capacity() {
            self.sparse = 0;
            return;
        }
        self.sparse += 1;
        if self.sparse < Self::PATIENCE {
            return;
        }
        self.sparse = 0;
        self.entries.shrink_to(entries * Self::SPARE);
        self.said.shrink_to(said * Self::SPARE);
        self.texts.shrink_to(texts, Self::SPARE);
    }
}

/// A batch that was taken out of its ring. Dropped, it is emptied and goes back there.
#[derive(Debug)]
pub(super) struct Taken {
    batch: Batch,
    home: Arc<Spares<Batch>>,
}

impl Taken {
    pub(super) fn new(batch: Batch, home: Arc<Spares<Batch>>) -> Self {
        Self { batch, home }
    }

    /// How many spans it has.
    pub(super) fn len(&self) -> usize {
        self.batch.entries.len()
    }

    pub(super) fn head(&self, at: usize) -> &Head {
        &self.batch.entries[at].head
    }

    pub(super) fn said(&self, at: usize) -> &[Said] {
        let from = self.before(at).map_or(0, |entry| entry.said);
        &self.batch.said[from..self.batch.entries[at].said]
    }

    pub(super) fn texts(&self, at: usize) -> OfSpan<'_> {
        let from = self.before(at).map_or(Extent::default(), |entry| entry.texts);
        self.batch.texts.between(from, self.batch.entries[at].texts)
    }

    fn before(&self, at: usize) -> Option<&Entry> {
        at.checked_sub(1).map(|before| &self.batch.entries[before])
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.batch.clear();
        self.home.put(std::mem::take(&mut self.batch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_a_burst_took_is_kept_for_a_while_and_then_given_back() {
        let mut batch = Batch::default();
        batch.said.reserve_exact(1_000);
        batch.entries.reserve_exact(1_000);
        for _ in 1..Batch::PATIENCE {
            batch.clear();
            assert!(batch.entries.capacity() >= 1_000 && batch.said.capacity() >= 1_000);
        }
        batch.clear();
        assert_eq!((batch.entries.capacity(), batch.said.capacity()), (0, 0));
    }
}
