//! Lines that wait to be written.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that may wait while as many are being written: some thousand lines.
pub(super) const ROOM: usize = 1024 * 1024;

/// Lines between those who log and the one thread that writes. Who logs holds the lock for the length of a copy, who writes for
/// the length of a swap.
#[derive(Debug, Default)]
pub(super) struct Pending {
    state: Mutex<State>,
    /// Rung when a line comes.
    filled: Condvar,
    /// Rung when nothing is left to write.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    lines: u64,
    /// Lines that the thread has in hand.
    in_hand: u64,
    written: u64,
    dropped: u64,
    problem: Option<String>,
    /// Whether nobody can log any more.
    closed: bool,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// Lines that are not written yet.
    pub(super) waiting: u64,
    /// Lines that were.
    pub(super) written: u64,
    /// Lines that never will be.
    pub(super) dropped: u64,
    /// Why the last writing failed, if it did.
    pub(super) problem: Option<String>,
}

impl Pending {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in a line; where there is no room for it, it is dropped and counted.
    pub(super) fn put(&self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.bytes.len() + line.len() > ROOM {
            state.dropped += 1;
            return;
        }
        state.bytes.extend_from_slice(line);
        state.lines += 1;
        drop(state);
        self.filled.notify_one();
    }

    /// Nobody logs any more: whoever takes ends, once it has taken what is there.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }

    /// Waits for lines, and takes all that are there in place of `batch`, which is empty once nobody logs any more. For one thread
    /// alone.
    pub(super) fn take(&self, batch: &mut Vec<u8>) {
        batch.clear();
        let nothing = |state: &mut State| state.lines == 0 && !state.closed;
        let waited = self.filled.wait_while(self.state(), nothing);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.bytes, batch);
        state.in_hand = std::mem::take(&mut state.lines);
    }

    /// What was taken has been written, or will not be.
    pub(super) fn done(&self, written: std::io::Result<()>) {
        let mut state = self.state();
        let lines = std::mem::take(&mut state.in_hand);
        match written {
            Ok(()) => {
                state.written += lines;
                state.problem = None;
            }
            // Said by the view alone: a line of ours would go the same way.
            Err(error) => {
                state.dropped += lines;
                state.problem = Some(error.to_string());
            }
        }
        if state.lines == 0 {
            self.emptied.notify_all();
        }
    }

    /// Waits until all is written, but no longer than this.
    pub(super) fn flush(&self, within: Duration) {
        let has_more = |state: &mut State| state.lines + state.in_hand > 0;
        let waited = self.emptied.wait_timeout_while(self.state(), within, has_more);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// How it stands now.
    pub(super) fn standing(&self) -> Standing {
        let state = self.state();
        Standing {
            waiting: state.lines + state.in_hand,
            written: state.written,
            dropped: state.dropped,
            problem: state.problem.clone(),
        }
    }
}
