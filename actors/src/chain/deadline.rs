//! How long a request may take.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The end of the time that a request has, as the nodes have set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    /// By the chain's clock.
    pub(super) at: Duration,
    /// How much time it was given.
    pub(super) limit: Duration,
    /// How much it would have been given, had its client not asked for less.
    pub(super) ordinary: Duration,
}

impl Deadline {
    /// What is left of it.
    pub(super) fn left(&self, now: Duration) -> TimeLeft {
        TimeLeft {
            left: self.at.saturating_sub(now),
            limit: self.limit,
            ordinary: self.ordinary,
        }
    }
}

/// What is left of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLeft {
    /// How much.
    pub left: Duration,
    /// How much it was given, at the node that gave it least.
    pub limit: Duration,
    /// How much it would have been given, had its client not asked for less.
    pub ordinary: Duration,
}

impl TimeLeft {
    /// Whether a call that may take `timeout`, and is cut short by this, says something about who was called: it had at
    /// least half of what calls have that no client hurries.
    ///
    /// Were every such call counted as a time-out, a client that allows next to nothing would open the breaker for all; were
    /// none, clients that say what calls are given anyway would hide an endpoint that hangs. Envoy and gRPC count them all.
    pub fn is_telling(&self, timeout: Duration) -> bool {
        self.left.saturating_mul(2) >= timeout.min(self.ordinary)
    }
}

/// Wakes a request that waits at its deadline, in memory that is used again.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Option<Sleep>>>>,
}

impl Alarm {
    /// Ready at `at`, whatever it was set to before [`clear`](Self::clear).
    pub(super) fn poll(&mut self, at: impl FnOnce() -> Instant, task: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(None));
        if sleep.is_none() {
            // A timer belongs to the runtime that it was made under: it is not kept for requests of another one.
            sleep.set(Some(sleep_until(at())));
        }
        match sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(task),
            None => Poll::Pending,
        }
    }

    /// Forgets what it was set to, and keeps its memory.
    pub(super) fn clear(&mut self) {
        if let Some(sleep) = &mut self.sleep {
            sleep.set(None);
        }
    }

    pub(super) fn is_clear(&self) -> bool {
        self.sleep.as_ref().is_none_or(|sleep| sleep.is_none())
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.sleep.as_ref().map_or(0, |_| size_of::<Option<Sleep>>())
    }
}
