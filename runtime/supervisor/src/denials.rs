//! The last requests that were denied, to be asked for by their ids.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::mem::size_of;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use hedgerow_view::{DenialView, Stamp};

use crate::clock::Clock;

/// Parts of the ledger. Threads take turns in choosing one, and stay with it.
const SHARDS: usize = 8;
/// Denials that a part keeps. At the limit the oldest is dropped.
const KEPT: usize = 1_024;
/// Bytes that a part keeps at most, about. At the limit the oldest are dropped.
const BYTES: usize = 512 * 1024;
/// Bytes of each text that are kept.
const TEXT: usize = 512;

/// The last requests that were denied. Cheap to clone.
///
/// To keep one takes no lock that anybody waits for: where another thread has the part of this one at that moment, the denial
/// is counted as [missed](Self::missed), and that is all. Kept are 1,024 denials and 512 KiB for each of 8 parts, in memory
/// alone; threads are spread over the parts.
#[derive(Clone)]
pub struct Denials {
    ledger: Arc<Ledger>,
}

struct Ledger {
    clock: Clock,
    shards: [Shard; SHARDS],
}

/// A line of its own for each: what is counted beside must not slow its neighbours.
#[repr(align(128))]
#[derive(Default)]
struct Shard {
    kept: Mutex<Kept>,
    missed: AtomicU64,
}

#[derive(Default)]
struct Kept {
    denials: VecDeque<Arc<DenialView>>,
    bytes: usize,
}

thread_local! {
    static MINE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The part of this thread.
fn mine() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    MINE.get().unwrap_or_else(|| {
        let mine = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
        MINE.set(Some(mine));
        mine
    })
}

impl Denials {
    pub(crate) fn new(clock: Clock) -> Self {
        let shards = std::array::from_fn(|_| Shard::default());
        Self {
            ledger: Arc::new(Ledger { clock, shards }),
        }
    }

    /// Keeps a denial of this instant. `denial` is not called where there is no way to keep it now. Texts are cut at 512 bytes.
    pub fn keep(&self, denial: impl FnOnce(Stamp) -> DenialView) {
        let shard = &self.ledger.shards[mine()];
        // What panicked with the lock held has left a list that is whole.
        let mut kept = match shard.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                shard.missed.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        kept.push(cut(denial(self.ledger.clock.wall().into())));
    }

    /// The newest denial of the request with this id, or of the trace with this id.
    pub fn find(&self, id: &str) -> Option<Arc<DenialView>> {
        let of_trace = |denial: &DenialView| {
            let known = denial.trace_id.as_deref();
            known.is_some_and(|known| known.eq_ignore_ascii_case(id))
        };
        let found = self.ledger.shards.iter().filter_map(|shard| {
            let kept = shard.lock();
            let mut newest_first = kept.denials.iter().rev();
            newest_first
                .find(|denial| denial.request_id.as_deref() == Some(id) || of_trace(denial))
                .cloned()
        });
        found.max_by_key(|denial| denial.at)
    }

    /// The newest denials, the newest first, and no more than `most`.
    pub fn newest(&self, most: usize) -> Vec<Arc<DenialView>> {
        let mut newest = Vec::new();
        for shard in &self.ledger.shards {
            newest.extend(shard.lock().denials.iter().rev().take(most).cloned());
        }
        newest.sort_by_key(|denial| std::cmp::Reverse(denial.at));
        newest.truncate(most);
        newest
    }

    /// How many are kept.
    pub fn kept(&self) -> usize {
        let shards = self.ledger.shards.iter();
        shards.map(|shard| shard.lock().denials.len()).sum()
    }

    /// How many were not kept, because another thread had the place at that moment.
    pub fn missed(&self) -> u64 {
        let shards = self.ledger.shards.iter();
        shards.map(|shard| shard.missed.load(Ordering::Relaxed)).sum()
    }
}

impl Shard {
    /// For who reads: a request never waits here.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn push(&mut self, denial: DenialView) {
        self.bytes += weight(&denial);
        self.denials.push_back(Arc::new(denial));
        while self.denials.len() > KEPT || self.bytes > BYTES {
            let Some(oldest) = self.denials.pop_front() else {
                return;
            };
            self.bytes -= weight(&oldest);
        }
    }
}

/// The texts of a denial, those that it may lack included.
fn texts(denial: &mut DenialView) -> impl Iterator<Item = &mut String> {
    let DenialView {
        request_id,
        trace_id,
        id,
        rule,
        limit,
        observed,
        chain,
        method,
        path,
        upstream,
        at: _,
        status: _,
        retry_after_ms: _,
        revision: _,
        attempts: _,
    } = denial;
    let lacked = [request_id, trace_id, method, path, upstream];
    let always = [id, rule, limit, observed, chain];
    always.into_iter().chain(lacked.into_iter().flatten())
}

fn cut(mut denial: DenialView) -> DenialView {
    for text in texts(&mut denial) {
        if text.len() > TEXT {
            let end = (0..=TEXT).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
        }
        // What was reserved for more is not worth keeping.
        text.shrink_to_fit();
    }
    denial
}

/// The bytes that it takes, about.
fn weight(denial: &DenialView) -> usize {
    let always = [
        &denial.id,
        &denial.rule,
        &denial.limit,
        &denial.observed,
        &denial.chain,
    ];
    let lacked = [
        &denial.request_id,
        &denial.trace_id,
        &denial.method,
        &denial.path,
        &denial.upstream,
    ];
    let texts = always.into_iter().chain(lacked.into_iter().flatten());
    size_of::<DenialView>() + texts.map(String::len).sum::<usize>()
}

impl fmt::Debug for Denials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denials")
            .field("kept", &self.kept())
            .field("missed", &self.missed())
            .finish()
    }
}

#[cfg(test)]
#[path = "denials_tests.rs"]
mod tests;
