//! What waits to be exported.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// How many are sent at once, at most: as OpenTelemetry's batches.
pub(super) const BATCH: usize = 512;

/// A bounded queue. What finds no room is dropped and counted; who puts in never waits for who takes out, but for the length
/// of a move.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    state: Mutex<State<T>>,
    /// Rung when a whole batch waits.
    full: Notify,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    room: usize,
    dropped: u64,
}

impl<T> Waiting<T> {
    /// With room for so many.
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                room,
                dropped: 0,
            }),
            full: Notify::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it this much room from now on. What waits already and has none is dropped, the newest first.
    pub(super) fn make_room(&self, room: usize) {
        let mut state = self.state();
        state.room = room;
        let over = state.waiting.len().saturating_sub(room);
        let kept = state.waiting.len() - over;
        state.waiting.truncate(kept);
        state.dropped += over as u64;
    }

    /// Puts one in, if there is room.
    pub(super) fn put(&self, one: T) {
        let mut state = self.state();
        if state.waiting.len() >= state.room {
            state.dropped += 1;
            return;
        }
        state.waiting.push_back(one);
        if state.waiting.len() >= BATCH.min(state.room) {
            drop(state);
            self.full.notify_one();
        }
    }

    /// Takes the oldest, up to a batch.
    pub(super) fn take(&self) -> Vec<T> {
        let mut state = self.state();
        let count = state.waiting.len().min(BATCH);
        state.waiting.drain(..count).collect()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// How many found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.state().dropped
    }

    /// Resolves when a whole batch waits, or has waited since this was last asked.
    pub(super) async fn full(&self) {
        self.full.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_dropped_and_counted_and_the_oldest_go_first() {
        let waiting = Waiting::with_room(3);
        (0..5).for_each(|one| waiting.put(one));
        assert_eq!((waiting.len(), waiting.dropped()), (3, 2));
        assert_eq!(waiting.take(), [0, 1, 2]);
        waiting.put(5);
        assert_eq!((waiting.len(), waiting.dropped()), (1, 2));
    }

    #[test]
    fn no_more_than_a_batch_is_taken_at_once() {
        let waiting = Waiting::with_room(BATCH * 2);
        (0..BATCH + 1).for_each(|one| waiting.put(one));
        assert_eq!(waiting.take().len(), BATCH);
        assert_eq!(waiting.take(), [BATCH]);
        assert!(waiting.take().is_empty());
    }

    #[test]
    fn less_room_drops_the_newest() {
        let waiting = Waiting::with_room(4);
        (0..4).for_each(|one| waiting.put(one));
        waiting.make_room(1);
        assert_eq!((waiting.dropped(), waiting.take()), (3, vec![0]));
    }
}
