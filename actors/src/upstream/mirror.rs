//! Copies of requests, for another upstream.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use hedgerow_config::MirrorPolicy;
use hedgerow_gate::Tally;
use hedgerow_view::upstream::MirrorView;

use super::handle::UpstreamHandle;
use super::slot::UpstreamSlot;
use crate::chance;

const SENT: usize = 0;
const FAILED: usize = 1;
const TOO_MANY: usize = 2;
const NO_BODY: usize = 3;
const REFUSED: usize = 4;

/// What is copied of the requests to an upstream, and where to. How many copies are under way is one word for all threads, written
/// for requests that are copied alone.
pub struct Mirror {
    policy: MirrorPolicy,
    /// The upstreams of a mesh know each other only through this: two may mirror each other.
    to: OnceLock<Weak<UpstreamSlot>>,
    in_flight: AtomicU32,
    copies: Tally<5>,
}

/// A copy that may be sent, and counts as under way until this is dropped.
#[must_use = "dropped, the copy is no more under way"]
pub struct Mirrored {
    from: UpstreamHandle,
    to: UpstreamHandle,
}

/// What became of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyEnd {
    /// It was answered well.
    Answered,
    /// It came to nothing, or its answer is a failure of its endpoint.
    Failed,
    /// A breaker or the pool of its upstream did not admit it.
    Refused,
}

impl Mirror {
    pub(super) fn new(policy: MirrorPolicy) -> Self {
        Self {
            policy,
            to: OnceLock::new(),
            in_flight: AtomicU32::new(0),
            copies: Tally::default(),
        }
    }

    pub(super) fn lead_to(&self, upstream: &Arc<UpstreamSlot>) {
        self.to.get_or_init(|| Arc::downgrade(upstream));
    }

    /// The name of the upstream that is sent the copies.
    pub fn upstream(&self) -> &str {
        &self.policy.upstream
    }

    /// Whether this request is to be copied.
    #[inline]
    pub fn draws(&self) -> bool {
        chance::hits(self.policy.fraction)
    }

    /// Counts a request that was drawn and whose body was not there as a whole: it is longer than what is kept, or was answered
    /// before its end.
    pub fn body_not_kept(&self) {
        self.copies.add(NO_BODY);
    }

    /// Whether one more may be under way.
    fn enter(&self) -> bool {
        let most = self.policy.max_in_flight;
        let entered = self
            .in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |in_flight| {
                (in_flight < most).then_some(in_flight + 1)
            });
        if entered.is_err() {
            self.copies.add(TOO_MANY);
        }
        entered.is_ok()
    }

    pub(super) fn view(&self) -> MirrorView {
        let [sent, failed, too_many, no_body, refused] = self.copies.sums();
        MirrorView {
            upstream: self.policy.upstream.clone(),
            fraction: self.policy.fraction,
            in_flight: self.in_flight.load(Ordering::Relaxed),
            sent,
            failed,
            refused,
            skipped_by_bound: too_many,
            skipped_by_body: no_body,
        }
    }
}

impl Mirrored {
    /// Of a request to this upstream. `None` where there is no mirror, or too many copies are under way, which is counted.
    pub(super) fn of(from: &UpstreamHandle) -> Option<Self> {
        let mirror = from.mirror()?;
        let to = mirror.to.get()?.upgrade()?;
        mirror.enter().then(|| Self {
            from: from.clone(),
            to: UpstreamHandle::new(to),
        })
    }

    /// Where it goes.
    pub fn upstream(&self) -> &UpstreamHandle {
        &self.to
    }

    /// Says what became of it.
    pub fn end(self, end: CopyEnd) {
        if let Some(mirror) = self.from.mirror() {
            match end {
                CopyEnd::Answered => mirror.copies.add(SENT),
                CopyEnd::Failed => {
                    mirror.copies.add(SENT);
                    mirror.copies.add(FAILED);
                }
                CopyEnd::Refused => mirror.copies.add(REFUSED),
            }
        }
    }
}

impl Drop for Mirrored {
    fn drop(&mut self) {
        if let Some(mirror) = self.from.mirror() {
            mirror.in_flight.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
