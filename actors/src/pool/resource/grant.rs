//! The right to one lease.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::Clock;
use tokio::sync::Notify;

use super::bound::Bound;
use super::figures::{Count, Figures};
use super::holding::{Holding, Site};
use crate::pool::{Lease as Leased, Pooled};
use crate::verdict::Outcome;

/// What a grant needs to come to an end by, wherever it is dropped: it keeps the pool's counters and bound, and none of what is
/// pooled.
pub(super) struct Desk {
    pub(super) bound: Bound,
    pub(super) figures: Figures,
    pub(super) clock: Clock,
    /// Notified when the last lease of a drained pool has come back.
    pub(super) drained: Notify,
}

/// What one grant after another uses; it waits on the shelf of its thread meanwhile, so that no reference is counted that
/// threads share.
pub(super) struct Stub {
    pub(super) desk: Arc<Desk>,
    pub(super) holding: Arc<Holding>,
    progress: Progress,
}

/// How far one grant is. It lies with the stub, as a grant goes from hand to hand with every answer.
struct Progress {
    asked: Duration,
    since: Duration,
    is_open: bool,
    /// Whether it has been given back.
    is_back: bool,
    /// How it ends where nobody says so.
    unsaid: LeaseEnd,
}

impl Progress {
    fn begun(asked: Duration, now: Duration) -> Self {
        Self {
            asked,
            since: now,
            is_open: true,
            is_back: false,
            unsaid: LeaseEnd::Served,
        }
    }
}

impl Stub {
    pub(super) fn new(desk: Arc<Desk>, holding: Arc<Holding>) -> Self {
        Self {
            desk,
            holding,
            progress: Progress::begun(Duration::ZERO, Duration::ZERO),
        }
    }
}

impl Pooled for Stub {
    #[inline]
    fn reset(&mut self) {
        self.holding.end();
    }

    fn kept_bytes(&self) -> usize {
        0
    }

    fn leftover(&self) -> Option<&'static str> {
        None
    }
}

/// How what a lease was for ended, as its contract counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// It was brought.
    Served,
    /// It failed.
    Failed,
    /// It says nothing: nobody wanted it any more.
    Ignored,
}

impl From<Outcome> for LeaseEnd {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success | Outcome::Throttled => Self::Served,
            Outcome::Failure | Outcome::Timeout => Self::Failed,
            Outcome::Ignored => Self::Ignored,
        }
    }
}

/// The right to one lease of a pool, until it is dropped.
///
/// Dropped by a panic, it has failed, unless somebody has said before how it [ended](Self::end).
#[must_use = "dropped, the lease is given back"]
pub struct Grant {
    stub: Leased<Stub>,
}

impl Grant {
    /// `stub` is that of a lease that the bound has let in.
    #[inline]
    pub(super) fn new(mut stub: Leased<Stub>, asked: Duration, now: Duration, site: Site) -> Self {
        stub.progress = Progress::begun(asked, now);
        stub.holding.begin(now, site);
        stub.desk.figures.add(Count::Given);
        Self { stub }
    }

    /// Says how what it is for has ended, and that it has now. The first word counts.
    pub fn end(&mut self, end: LeaseEnd) {
        if self.stub.progress.is_open {
            let now = self.desk().clock.now();
            self.end_at(end, now);
        }
    }

    #[inline]
    fn end_at(&mut self, end: LeaseEnd, now: Duration) {
        if !std::mem::replace(&mut self.stub.progress.is_open, false) || end == LeaseEnd::Ignored {
            return;
        }
        let figures = &self.stub.desk.figures;
        figures.ended(now.saturating_sub(self.stub.progress.asked));
        if end == LeaseEnd::Failed {
            figures.add(Count::Failed);
        }
    }

    /// Where nobody says how it ends, it says nothing.
    pub(super) fn unless_said(mut self) -> Self {
        self.stub.progress.unsaid = LeaseEnd::Ignored;
        self
    }

    /// When it was given.
    #[inline]
    pub(super) fn since(&self) -> Duration {
        self.stub.progress.since
    }

    /// Gives it back, where the time is known.
    #[inline]
    pub(super) fn drop_at(&mut self, now: Duration) {
        if std::mem::replace(&mut self.stub.progress.is_back, true) {
            return;
        }
        let end = match std::thread::panicking() {
            false => self.stub.progress.unsaid,
            true => LeaseEnd::Failed,
        };
        self.end_at(end, now);
        let desk = &self.stub.desk;
        desk.figures.add(Count::Returned);
        if desk.bound.leave().was_last_of_drained() {
            desk.drained.notify_waiters();
        }
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.stub.desk
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if !self.stub.progress.is_back {
            let now = self.desk().clock.now();
            self.drop_at(now);
        }
    }
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").finish_non_exhaustive()
    }
}
