//! How many calls ended, and how many of them failed, in the last stretch of time.

use std::collections::VecDeque;
use std::time::Duration;

use hedgerow_gate::Sums;

/// Buckets a window is cut into: its length is then exact to 5 %.
const BUCKETS: u32 = 20;

/// The shortest bucket: more than a hundred looks a second buy nothing.
const MIN_BUCKET: Duration = Duration::from_millis(10);

/// A sliding time window over sums that only ever grow.
///
/// It keeps the sums as they were at the bucket boundaries; what it holds is the latest sums less those at its
/// *base*, the youngest boundary that is at least a window's length old. So it reaches back at least its length
/// and at most one bucket more, and the calls that the owner notices late count from when it noticed them: none
/// is lost, whatever the gaps between observations.
///
/// It is seeded with its base, so that the first observation is no base and forgets nothing.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    length: Duration,
    bucket: Duration,
    /// Sums at boundaries, oldest first; never empty. At most two for each bucket, and the base.
    boundaries: VecDeque<Boundary>,
    /// The last observation, which is no boundary yet.
    latest: Boundary,
}

#[derive(Debug, Clone, Copy)]
struct Boundary {
    at: Duration,
    sums: Sums,
}

impl Window {
    /// An empty window that begins at `now` with the sums in `base`.
    pub(crate) fn new(length: Duration, now: Duration, base: Sums) -> Self {
        let start = Boundary { at: now, sums: base };
        Self {
            length,
            bucket: (length / BUCKETS).max(MIN_BUCKET),
            boundaries: VecDeque::from([start]),
            latest: start,
        }
    }

    /// Takes note of the sums as they are at `now`, and drops what is too old.
    ///
    /// It may be called at any time and any number of times; a `now` before the last one counts as the last one.
    pub(crate) fn observe(&mut self, now: Duration, sums: Sums) {
        let previous = self.latest;
        self.latest = Boundary {
            at: now.max(previous.at),
            sums,
        };
        let now = self.latest.at;
        // After a gap, what was known before it is not to count as new.
        if previous.at > self.youngest().at && now >= previous.at.saturating_add(self.bucket) {
            self.boundaries.push_back(previous);
        }
        if now >= self.next_boundary() {
            self.boundaries.push_back(self.latest);
        }
        while self.boundaries.len() > 1 && self.boundaries[1].at.saturating_add(self.length) <= now {
            self.boundaries.pop_front();
        }
    }

    /// Goes on with another length and with what it holds. A longer one fills up as time passes: what has left it is gone.
    pub(crate) fn resize(&mut self, length: Duration) {
        self.length = length;
        self.bucket = (length / BUCKETS).max(MIN_BUCKET);
        // Bounded whatever the lengths were: two for each bucket, and the base.
        let most = 2 * BUCKETS as usize + 2;
        while self.boundaries.len() > most {
            self.boundaries.remove(1);
        }
        let Boundary { at, sums } = self.latest;
        self.observe(at, sums);
    }

    /// The sums where it begins.
    pub(crate) fn base(&self) -> Sums {
        self.boundaries[0].sums
    }

    /// What the window holds.
    pub(crate) fn totals(&self) -> Sums {
        self.latest.sums.since(self.boundaries[0].sums)
    }

    /// Whether it holds no call.
    pub(crate) fn is_empty(&self) -> bool {
        self.totals() == Sums::default()
    }

    /// When it should be looked at next, so that old calls leave it in time; `None` while it is empty.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| self.next_boundary())
    }

    fn next_boundary(&self) -> Duration {
        self.youngest().at.saturating_add(self.bucket)
    }

    fn youngest(&self) -> Boundary {
        self.boundaries[self.boundaries.len() - 1]
    }
}
