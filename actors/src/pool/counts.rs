//! How well a pool works.

use hedgerow_gate::Tally;

/// What has happened to the objects of a pool since it was made. Read while it is used, the figures may be a moment
/// apart from each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leases that found an object on the thread's own shelf.
    pub from_shelf: u64,
    /// Leases that found one in the store for all.
    pub from_store: u64,
    /// Leases that an object was made for.
    pub made: u64,
    /// Objects that came back and were kept.
    pub kept: u64,
    /// Objects that were dropped because they had grown too large.
    pub oversize: u64,
    /// Objects that were dropped because there was no room.
    pub surplus: u64,
    /// Objects that were dropped because something had gone wrong with them: their reset panicked or left something
    /// behind, or their user gave them up.
    pub spoilt: u64,
    /// Objects that were dropped when they came back, because they had been [retired](super::Pool::retire).
    pub aged: u64,
}

impl Counts {
    /// Leases so far.
    pub fn leases(&self) -> u64 {
        self.from_shelf + self.from_store + self.made
    }

    /// Objects that are leased at present.
    pub fn in_use(&self) -> u64 {
        let back = self.kept + self.oversize + self.surplus + self.spoilt + self.aged;
        self.leases().saturating_sub(back)
    }

    /// The share of leases that nothing was made for, from 0 to 1; `None` before the first.
    pub fn hit_rate(&self) -> Option<f64> {
        let leases = self.leases();
        (leases > 0).then(|| (leases - self.made) as f64 / leases as f64)
    }
}

/// Counted on lines that no other thread writes.
#[derive(Default)]
pub(super) struct Counters(Tally<8>);

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Count {
    FromShelf,
    FromStore,
    Made,
    Kept,
    Oversize,
    Surplus,
    Spoilt,
    Aged,
}

impl Counters {
    #[inline]
    pub(super) fn add(&self, count: Count) {
        self.0.add(count as usize);
    }

    pub(super) fn read(&self) -> Counts {
        let [
            from_shelf,
            from_store,
            made,
            kept,
            oversize,
            surplus,
            spoilt,
            aged,
        ] = self.0.sums();
        Counts {
            from_shelf,
            from_store,
            made,
            kept,
            oversize,
            surplus,
            spoilt,
            aged,
        }
    }
}
