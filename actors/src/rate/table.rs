//! The buckets of keys.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::bucket::Bucket;

/// Keys in one set.
const WAYS: usize = 8;

/// Keys up to which a set is a newcomer's first choice. Beyond, it takes the emptier one of its two. Fewer would send more keys to
/// their second set, which costs each of their requests a line more: by this bound one key in twenty of a full table.
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

/// Two lines.
#[repr(align(128))]
#[derive(Default)]
struct Set([Way; WAYS]);

/// A key and its bucket, on one line.
#[derive(Default)]
struct Way {
    hash: AtomicU64,
    bucket: Bucket,
}

#[derive(Default)]
struct Settling {
    /// Not before this is looked at all keys again.
    sweeps_at: Duration,
}

/// A key's bucket, for as long as it is the key's.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    way: &'a Way,
    hash: Hash,
}

impl<'a> Place<'a> {
    /// Whether the bucket is still the key's.
    #[inline]
    pub(super) fn is_theirs(&self) -> bool {
        self.way.is_of(self.hash)
    }

    #[inline]
    pub(super) fn bucket(&self) -> &'a Bucket {
        &self.way.bucket
    }
}

impl Way {
    #[inline]
    fn is_of(&self, hash: Hash) -> bool {
        self.hash.load(Ordering::Acquire) == hash.get()
    }

    fn is_free(&self) -> bool {
        self.hash.load(Ordering::Acquire) == NOBODY
    }

    fn place(&self, hash: Hash) -> Place<'_> {
        Place { way: self, hash }
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
            .flat_map(|set| &set.0)
            .filter_map(|way| {
                let hash = Hash::new(way.hash.load(Ordering::Acquire))?;
                Some((way.bucket.tat(), hash))
            })
            .collect();
        keys.sort_unstable_by(|one, other| other.cmp(one));
        for (tat, hash) in keys {
            match table.vacancy(hash) {
                Some(way) => table.move_in(way, hash, tat),
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
        self.sets.iter().flat_map(|set| &set.0).map(|way| &way.bucket)
    }

    /// The bucket of a known key.
    #[inline]
    pub(super) fn find(&self, hash: Hash) -> Option<Place<'_>> {
        let first = preferred(hash);
        let [one, other] = self.sets_of(hash);
        let mut ways = one.ways(first).chain(other.ways(first));
        ways.find(|way| way.is_of(hash)).map(|way| way.place(hash))
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
    fn vacancy(&self, hash: Hash) -> Option<&Way> {
        if self.known() >= self.most {
            return None;
        }
        let [first, second] = self.sets_of(hash);
        let chosen = match (first.len(), second.len()) {
            (keys, _) if keys < ROOMY => first,
            (keys, others) if keys <= others => first,
            _ => second,
        };
        chosen.ways(preferred(hash)).find(|way| way.is_free())
    }

    fn move_in(&self, way: &Way, hash: Hash, tat: u64) {
        way.bucket.give_with(tat);
        // After the bucket: who finds the key finds what it has.
        way.hash.store(hash.get(), Ordering::Release);
        self.known.fetch_add(1, Ordering::Relaxed);
    }

    fn move_in_anew(&self, hash: Hash, given: u64) -> Option<Place<'_>> {
        let way = self.vacancy(hash)?;
        self.move_in(way, hash, given);
        Some(way.place(hash))
    }

    /// Gives the key the place of the one in its sets that has needed it least recently, of those that have nothing
    /// outstanding.
    fn take_over(&self, hash: Hash, given: u64) -> Option<Place<'_>> {
        let ways = self.sets_of(hash).into_iter().flat_map(|set| &set.0);
        let held = ways.filter(|way| !way.is_free());
        let way = held.min_by_key(|way| way.bucket.tat())?;
        way.bucket.take(given).then(|| {
            way.hash.store(hash.get(), Ordering::Release);
            way.bucket.give(given);
            way.place(hash)
        })
    }

    /// Lets all keys go that have nothing outstanding: a bucket that is made anew is the same.
    fn sweep(&self, given: u64) {
        for way in self.sets.iter().flat_map(|set| &set.0) {
            if !way.is_free() && way.bucket.take(given) {
                way.hash.store(NOBODY, Ordering::Release);
                way.bucket.give(given);
                self.known.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl Set {
    fn len(&self) -> usize {
        self.0.iter().filter(|way| !way.is_free()).count()
    }

    /// All of them, from this one on.
    #[inline]
    fn ways(&self, first: usize) -> impl Iterator<Item = &Way> {
        (0..WAYS).map(move |step| &self.0[(first + step) % WAYS])
    }
}

/// Where in a set a key is looked for first.
#[inline]
fn preferred(hash: Hash) -> usize {
    (hash.get() >> 61) as usize
}
