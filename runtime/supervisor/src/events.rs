//! What happened in the tree, in order, for everyone who wants to know.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_view::{Event, Identity, Path};
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::denials::Denials;
use crate::panics::catch;

/// Events kept for those who come later. At the limit the oldest is dropped.
const KEPT: usize = 1_000;
/// Events that a slow subscriber may lag behind; beyond it, it is told how many it missed.
const LAG: usize = 256;

/// How long an event waits for the journal before it is told as one that is not kept.
const KEPT_WITHIN: Duration = Duration::from_secs(1);

/// Where events are kept across a crash.
pub trait Journal: Send + Sync {
    /// Takes `event`, and calls `kept` once with whether it is on the disk; on any thread, but not from within.
    /// False where it is not taken; then `kept` is not called. It must not block: it is called under the stream's lock.
    fn append(&self, event: &Event, kept: Box<dyn FnOnce(bool) + Send>) -> bool;

    /// The stream ends in order; `last` was the last number.
    fn end(&self, last: u64);
}

/// The event stream of one mesh. Cheap to clone. Emitting is for the control plane: it takes a short lock.
#[derive(Clone, Debug)]
pub struct Events {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    kept: Mutex<Kept>,
    live: broadcast::Sender<Arc<Event>>,
    denials: Denials,
}

#[derive(Default)]
struct Kept {
    last: u64,
    emitted: u64,
    events: VecDeque<Arc<Event>>,
    journal: Option<Arc<dyn Journal>>,
    /// The first of these waits for the journal, and those after it for their turn.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    event: Event,
    since: Duration,
    answered: bool,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// Whether the record of what an event tells was on the disk before the event was emitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// It is: the event survives `kill -9` through its record.
    Durable,
    /// There is no record, or it is in memory only.
    Volatile,
}

impl Events {
    pub(crate) fn new(clock: Clock) -> Self {
        let (live, _) = broadcast::channel(LAG);
        Self {
            inner: Arc::new(Inner {
                clock,
                kept: Mutex::default(),
                live,
                denials: Denials::new(clock),
            }),
        }
    }

    /// The clock of its stamps.
    pub(crate) fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// The last requests that were denied in the mesh whose stream this is: too many to be events.
    pub fn denials(&self) -> &Denials {
        &self.inner.denials
    }

    /// Tells everyone, and the log.
    pub fn emit(
        &self,
        kind: &'static str,
        path: &Path,
        id: Option<&Identity>,
        cause: impl Into<String>,
        persistence: Persistence,
    ) {
        let cause = cause.into();
        // Whoever listens to the log must not be able to stop what is told.
        let _ = catch(|| tracing::info!(kind, %path, %cause, "event"));
        let mut kept = self.lock();
        kept.last += 1;
        kept.emitted += 1;
        let mut event = Event {
            seq: kept.last,
            at: self.inner.clock.wall().into(),
            kind,
            id: id.cloned(),
            path: path.clone(),
            cause,
            persisted: persistence == Persistence::Durable,
        };
        let waits = match &kept.journal {
            None => false,
            Some(journal) => {
                let taken = journal.append(&event, self.answer(&event));
                // One that is not told as kept need not wait until it is.
                event.persisted &= taken;
                event.persisted
            }
        };
        kept.waiting.push_back(Waiting {
            event,
            since: self.inner.clock.now(),
            answered: !waits,
        });
        self.tell(&mut kept);
    }

    /// Goes on where a journal ends: with the events that it kept, the number `next` or a higher one for the next event,
    /// and every event appended from now on. Call it before anything is emitted.
    ///
    /// An event that is emitted as durable is then told when the journal has it on the disk, so that none that was shown
    /// as persisted is missing after a crash; those after it wait for their turn. Where the journal takes longer than a
    /// second, the event is told as not persisted (at the next event, or the next call of [`hurry`](Self::hurry)).
    pub fn resume(&self, journal: Arc<dyn Journal>, past: Vec<Event>, next: u64) {
        let mut kept = self.lock();
        let old = past.len().saturating_sub(KEPT);
        kept.events = past.into_iter().skip(old).map(Arc::new).collect();
        kept.last = kept.last.max(next.saturating_sub(1));
        kept.journal = Some(journal);
    }

    /// Tells what has waited too long for the journal. Call it from time to time.
    pub fn hurry(&self) {
        self.tell(&mut self.lock());
    }

    /// Tells the journal that this was all. Call it when nothing emits any more, before the store is closed.
    pub fn end(&self) {
        let kept = self.lock();
        if let Some(journal) = &kept.journal {
            journal.end(kept.last);
        }
    }

    /// Events emitted by this process.
    pub fn emitted(&self) -> u64 {
        self.lock().emitted
    }

    fn answer(&self, event: &Event) -> Box<dyn FnOnce(bool) + Send> {
        if !event.persisted {
            return Box::new(|_| {});
        }
        // What waits at the store must not keep the stream alive, nor the store by it.
        let (inner, seq) = (Arc::downgrade(&self.inner), event.seq);
        Box::new(move |durable| {
            let Some(inner) = inner.upgrade() else { return };
            let events = Self { inner };
            let mut kept = events.lock();
            if let Some(waiting) = kept.waiting.iter_mut().find(|waiting| waiting.event.seq == seq) {
                waiting.event.persisted = durable;
                waiting.answered = true;
            }
            events.tell(&mut kept);
        })
    }

    /// Tells what need not wait any longer, in order.
    fn tell(&self, kept: &mut Kept) {
        loop {
            let crowded = kept.waiting.len() > KEPT;
            let Some(first) = kept.waiting.front_mut() else {
                return;
            };
            if !first.answered {
                let waited = self.inner.clock.now().saturating_sub(first.since);
                if waited < KEPT_WITHIN && !crowded {
                    return;
                }
                first.event.persisted = false;
            }
            let Some(Waiting { event, .. }) = kept.waiting.pop_front() else {
                return;
            };
            let event = Arc::new(event);
            if kept.events.len() == KEPT {
                kept.events.pop_front();
            }
            kept.events.push_back(event.clone());
            // Sent under the lock, so that live order is the order of `seq`. Nobody listening is no error.
            let _ = self.inner.live.send(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kept events after `seq`, oldest first.
    pub fn since(&self, seq: u64) -> Vec<Arc<Event>> {
        let kept = self.lock();
        kept.events
            .iter()
            .filter(|event| event.seq > seq)
            .cloned()
            .collect()
    }

    /// The kept events after `seq`, and every event from then on: none is missed in between, none comes twice.
    pub fn follow(&self, seq: u64) -> (Vec<Arc<Event>>, broadcast::Receiver<Arc<Event>>) {
        let kept = self.lock();
        let past = kept
            .events
            .iter()
            .filter(|event| event.seq > seq)
            .cloned()
            .collect();
        (past, self.inner.live.subscribe())
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
