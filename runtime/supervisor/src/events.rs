//! What happened in the tree, in order, for everyone who wants to know.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hedgerow_view::{Event, Identity, Path};
use tokio::sync::broadcast;

use crate::cell::panics::catch;
use crate::clock::Clock;

/// Events kept for those who come later. At the limit the oldest is dropped.
const KEPT: usize = 1_000;
/// Events that a slow subscriber may lag behind; beyond it, it is told how many it missed.
const LAG: usize = 256;

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
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    events: VecDeque<Arc<Event>>,
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
            }),
        }
    }

    /// The clock of its stamps.
    pub(crate) fn clock(&self) -> Clock {
        self.inner.clock
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
        let mut kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = Arc::new(Event {
            seq: kept.last,
            at: self.inner.clock.wall().into(),
            kind,
            id: id.cloned(),
            path: path.clone(),
            cause,
            persisted: persistence == Persistence::Durable,
        });
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event.clone());
        // Sent under the lock, so that live order is the order of `seq`. Nobody listening is no error.
        let _ = self.inner.live.send(event);
    }

    /// The kept events after `seq`, oldest first.
    pub fn since(&self, seq: u64) -> Vec<Arc<Event>> {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.events
            .iter()
            .filter(|event| event.seq > seq)
            .cloned()
            .collect()
    }

    /// The kept events after `seq`, and every event from then on: none is missed in between, none comes twice.
    pub fn follow(&self, seq: u64) -> (Vec<Arc<Event>>, broadcast::Receiver<Arc<Event>>) {
        let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
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
mod tests {
    use super::*;

    #[test]
    fn the_oldest_events_make_room_and_the_numbers_go_on() {
        let events = Events::new(Clock::start());
        let path = Path::root("root");
        for _ in 0..KEPT + 5 {
            events.emit("test", &path, None, "because", Persistence::Volatile);
        }
        let kept = events.since(0);
        assert_eq!((kept.len(), kept[0].seq), (KEPT, 6));
        assert_eq!(events.since(KEPT as u64 + 3).len(), 2);
    }

    #[test]
    fn a_follower_misses_nothing_and_sees_nothing_twice() {
        let events = Events::new(Clock::start());
        let path = Path::root("root");
        events.emit("test", &path, None, "1", Persistence::Volatile);
        let (past, mut live) = events.follow(0);
        events.emit("test", &path, None, "2", Persistence::Durable);
        assert_eq!(past.iter().map(|event| event.seq).collect::<Vec<_>>(), [1]);
        let next = live.try_recv().expect("the second was sent");
        assert_eq!((next.seq, next.persisted), (2, true));
    }
}
