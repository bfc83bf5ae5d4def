//! The buckets of keys.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::bucket::Bucket;

/// Keys in one set.
const WAYS: usize = 8;

/// Keys up to which a set is a newcomer's first choice. Beyond, it takes the emptier one of its two.
const ROOMY: usize = 6;

/// How much time lies between two looks at all keys for some that can go.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(1);

/// No key.
const NOBODY: u64 = 0;

/// What a key is known by: 64 bits of a hash whose seed nobody outside knows. Two of a million keys are the same with a chance
/// of one in forty million; they would share a bucket.
pub(super) type Hash = NonZeroU64;

/// Buckets of at most so many keys, found by the key's hash. Nothing of a key is kept but its hash, so that the table has its
/// size from the start, whatever strangers send.
///
/// Each key has two sets that it may be in, chosen by its hash; there are twice as many places as keys, so that both are full
/// for next to none. A known key is found without a lock; one that is new is settled under one.
pub(super) struct Table {
    sets: Box<[Set]>,
    most: u32,
    known: AtomicU32,
    settling: Mutex<Settling>,
}

/// The hashes on one line, the buckets on the next.
#[repr(align(128))]
#[derive(Default)]
struct Set {
    hashes: [AtomicU64; WAYS],
    buckets: [Bucket; WAYS],
}

#[derive(Default)]
struct Settling {
    /// Not before this is looked at all keys again.
    sweeps_at: Duration,
}

/// A key's bucket, for as long as it is the key's.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    whose: &'a AtomicU64,
    hash: Hash,
    pub(super) bucket: &'a Bucket,
}

impl Place<'_> {
    /// Whether the bucket is still the key's.
    #[inline]
    pub(super) fn is_theirs(&self) -> bool {
        self.whose.load(Ordering::Acquire) == self.hash.get()
    }
}

impl Table {
    /// One for at most so many keys.
    pub(super) fn new(most: u32) -> Self {
        let places = (most.max(1) as usize).saturating_mul(2);
        let sets = places.div_ceil(WAYS).next_power_of_two();
        Self {
            sets: (0..sets).map(|_| Set::default()).collect(),
            most,
            known: AtomicU32::new(0),
            settling: Mutex::default(),
        }
    }

    /// The same keys in one for at most so many. Those with the most outstanding come first; what those have who find no room
    /// goes to `left_over`.
    pub(super) fn resized(&self, most: u32, mut left_over: impl FnMut(u64)) -> Self {
        let table = Self::new(most);
        let mut keys: Vec<(u64, Hash)> = self
            .sets
            .iter()
            .flat_map(|set| set.hashes.iter().zip(&set.buckets))
            .filter_map(|(hash, bucket)| {
                let hash = Hash::new(hash.load(Ordering::Acquire))?;
                Some((bucket.tat(), hash))
            })
            .collect();
        keys.sort_unstable_by(|one, other| other.cmp(one));
        for (tat, hash) in keys {
            match table.vacancy(hash) {
                Some((set, way)) => table.move_in(set, way, hash, tat),
                None => left_over(tat),
            }
        }
        table
    }

    /// How many keys have a bucket.
    pub(super) fn known(&self) -> u32 {
        self.known.load(Ordering::Relaxed)
    }

    /// All buckets.
    pub(super) fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.sets.iter().flat_map(|set| &set.buckets)
    }

    /// The bucket of a known key.
    #[inline]
    pub(super) fn find(&self, hash: Hash) -> Option<Place<'_>> {
        let first = preferred(hash);
        self.sets_of(hash).into_iter().find_map(|set| {
            let way = ways(first).find(|way| set.hashes[*way].load(Ordering::Acquire) == hash.get())?;
            Some(set.place(way, hash))
        })
    }

    /// The bucket of a key, which is given one where it has none; `None` where no room is for it: as many are known as may be,
    /// and all of them have something outstanding.
    #[cold]
    pub(super) fn settle(&self, hash: Hash, given: u64, now: Duration) -> Option<Place<'_>> {
        // Whatever panicked in here before has left every place either taken or free.
        let mut settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = self.find(hash) {
            return Some(place);
        }
        if let Some(place) = self.move_in_anew(hash, given) {
            return Some(place);
        }
        if let Some(place) = self.take_over(hash, given) {
            return Some(place);
        }
        if now < settling.sweeps_at {
            return None;
        }
        settling.sweeps_at = now.saturating_add(BETWEEN_SWEEPS);
        self.sweep(given);
        self.move_in_anew(hash, given)
    }

    fn sets_of(&self, hash: Hash) -> [&Set; 2] {
        // Cut to the width of an index: the rest is for other sets.
        let set = |bits: u64| &self.sets[bits as usize & (self.sets.len() - 1)];
        [set(hash.get()), set(hash.get() >> 32)]
    }

    /// A free place for a key that has none, where one more may be known.
    fn vacancy(&self, hash: Hash) -> Option<(&Set, usize)> {
        if self.known() >= self.most {
            return None;
        }
        let [first, second] = self.sets_of(hash);
        let chosen = match (first.len(), second.len()) {
            (keys, _) if keys < ROOMY => first,
            (keys, others) if keys <= others => first,
            _ => second,
        };
        let is_free = |way: &usize| chosen.hashes[*way].load(Ordering::Acquire) == NOBODY;
        ways(preferred(hash)).find(is_free).map(|way| (chosen, way))
    }

    fn move_in(&self, set: &Set, way: usize, hash: Hash, tat: u64) {
        set.buckets[way].give_with(tat);
        // After the bucket: who finds the key finds what it has.
        set.hashes[way].store(hash.get(), Ordering::Release);
        self.known.fetch_add(1, Ordering::Relaxed);
    }

    fn move_in_anew(&self, hash: Hash, given: u64) -> Option<Place<'_>> {
        let (set, way) = self.vacancy(hash)?;
        self.move_in(set, way, hash, given);
        Some(set.place(way, hash))
    }

    /// Gives the key the place of the one in its sets that has needed it least recently, of those that have nothing
    /// outstanding.
    fn take_over(&self, hash: Hash, given: u64) -> Option<Place<'_>> {
        let sets = self.sets_of(hash);
        let places = sets
            .into_iter()
            .flat_map(|set| (0..WAYS).map(move |way| (set, way)));
        let held = places.filter(|(set, way)| set.hashes[*way].load(Ordering::Acquire) != NOBODY);
        let (set, way) = held.min_by_key(|(set, way)| set.buckets[*way].tat())?;
        set.buckets[way].take(given).then(|| {
            set.hashes[way].store(hash.get(), Ordering::Release);
            set.buckets[way].give(given);
            set.place(way, hash)
        })
    }

    /// Lets all keys go that have nothing outstanding: a bucket that is made anew is the same.
    fn sweep(&self, given: u64) {
        for set in &self.sets {
            for (hash, bucket) in set.hashes.iter().zip(&set.buckets) {
                if hash.load(Ordering::Acquire) != NOBODY && bucket.take(given) {
                    hash.store(NOBODY, Ordering::Release);
                    bucket.give(given);
                    self.known.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
    }
}

impl Set {
    fn len(&self) -> usize {
        let held = |hash: &&AtomicU64| hash.load(Ordering::Acquire) != NOBODY;
        self.hashes.iter().filter(held).count()
    }

    #[inline]
    fn place(&self, way: usize, hash: Hash) -> Place<'_> {
        Place {
            whose: &self.hashes[way],
            hash,
            bucket: &self.buckets[way],
        }
    }
}

/// Where in a set a key is looked for first.
#[inline]
fn preferred(hash: Hash) -> usize {
    (hash.get() >> 61) as usize
}

/// All ways of a set, from this one on.
#[inline]
fn ways(first: usize) -> impl Iterator<Item = usize> {
    (0..WAYS).map(move |step| (first + step) % WAYS)
}
