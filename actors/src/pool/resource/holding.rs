//! Who has a lease: where it was taken, under which trace, since when.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crossbeam_utils::atomic::AtomicCell;
use hedgerow_supervisor::Context;

/// The line of code that took a lease.
pub(crate) type Site = &'static Location<'static>;

/// What one lease that is out says of its holder. Written by the holder, read by whoever looks; used again for others.
#[derive(Default)]
pub(super) struct Holding {
    /// Nanoseconds of the mesh's clock and one more; 0 while nobody holds it. Written last, so that what is read between two
    /// equal values belongs to it.
    since: AtomicU64,
    site: AtomicCell<Option<Site>>,
    trace: [AtomicU64; 2],
    /// Whether it has been reported.
    is_told: AtomicBool,
}

/// A lease that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) since: Duration,
    pub(crate) site: Site,
    /// 0 where there is none.
    pub(crate) trace: u128,
}

impl Holding {
    #[inline]
    pub(super) fn begin(&self, now: Duration, site: Site) {
        self.site.store(Some(site));
        let trace = Context::current()
            .trace()
            .map_or(0, |trace| u128::from_be_bytes(trace.trace_id()));
        // Cut to its two halves.
        self.trace[0].store((trace >> 64) as u64, Ordering::Relaxed);
        self.trace[1].store(trace as u64, Ordering::Relaxed);
        self.is_told.store(false, Ordering::Relaxed);
        self.since.store(stamp(now), Ordering::Release);
    }

    #[inline]
    pub(super) fn end(&self) {
        self.since.store(0, Ordering::Release);
    }

    fn held(&self) -> Option<Held> {
        let stamp = self.since.load(Ordering::Acquire);
        let since = Duration::from_nanos(stamp.checked_sub(1)?);
        let site = self.site.load()?;
        let [high, low] = [0, 1].map(|half| u128::from(self.trace[half].load(Ordering::Acquire)));
        let is_same = self.since.load(Ordering::Acquire) == stamp;
        is_same.then_some(Held {
            since,
            site,
            trace: high << 64 | low,
        })
    }
}

fn stamp(now: Duration) -> u64 {
    u64::try_from(now.as_nanos()).map_or(u64::MAX, |nanos| nanos.saturating_add(1))
}

/// All that may hold a lease of one pool.
#[derive(Default)]
pub(super) struct Register(Mutex<Vec<Weak<Holding>>>);

impl Register {
    /// One more; it is in the register for as long as it lives.
    #[cold]
    pub(super) fn enroll(&self) -> Arc<Holding> {
        let holding = Arc::<Holding>::default();
        self.lock().push(Arc::downgrade(&holding));
        holding
    }

    /// The leases that have been out for longer than `limit`, and which of them nobody was told of so far.
    pub(super) fn overdue(&self, now: Duration, limit: Duration) -> Vec<(Held, Novelty)> {
        let mut found = Vec::new();
        self.lock().retain(|holding| {
            let Some(holding) = holding.upgrade() else {
                return false;
            };
            if let Some(held) = holding
                .held()
                .filter(|held| now.saturating_sub(held.since) > limit)
            {
                let novelty = match holding.is_told.swap(true, Ordering::Relaxed) {
                    false => Novelty::New,
                    true => Novelty::Told,
                };
                found.push((held, novelty));
            }
            true
        });
        found.sort_by_key(|(held, _)| held.since);
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Holding>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody was told of a leak before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    Told,
}

#[cfg(test)]
mod tests {
    use hedgerow_supervisor::Trace;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn b7_a_lease_that_is_out_for_too_long_is_found_with_its_line_and_trace_and_is_news_once() {
        let register = Register::default();
        let holding = register.enroll();
        let trace = Trace::new([7; 16], [1; 8], 0).expect("it is an id");
        let site = Location::caller();
        Context::default()
            .with_trace(trace)
            .enter(|| holding.begin(Duration::from_secs(1), site));
        assert_eq!(register.overdue(Duration::from_secs(11), LIMIT), []);
        let held = Held {
            since: Duration::from_secs(1),
            site,
            trace: u128::from_be_bytes([7; 16]),
        };
        let now = Duration::from_secs(12);
        assert_eq!(register.overdue(now, LIMIT), [(held, Novelty::New)]);
        assert_eq!(register.overdue(now, LIMIT), [(held, Novelty::Told)]);
        holding.end();
        assert_eq!(register.overdue(now, LIMIT), []);
        holding.begin(Duration::ZERO, site);
        let [(held, Novelty::New)] = register.overdue(now, LIMIT)[..] else {
            panic!("the next lease is news again");
        };
        assert_eq!(held.trace, 0, "nothing of the last one is left");
    }

    #[test]
    fn what_lives_no_longer_is_struck_off() {
        let register = Register::default();
        drop(register.enroll());
        assert_eq!(register.overdue(LIMIT, Duration::ZERO), []);
        assert!(register.lock().is_empty());
    }

    #[test]
    fn the_line_is_written_without_a_lock() {
        assert!(AtomicCell::<Option<Site>>::is_lock_free());
    }
}
