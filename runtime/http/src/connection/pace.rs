//! Whether the other side keeps up.

use std::time::Duration;

use tokio::time::Instant;

/// The least that is borne: a time to wait in all, longer by what has moved at so many bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Least {
    pub(crate) grace: Duration,
    pub(crate) bytes_per_second: u32,
}

/// How long the other side was waited for, and what has moved meanwhile. Time in which nobody waited does not count.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Option<Instant>,
    waited: Duration,
    bytes: u64,
}

impl Pace {
    /// From now on the other side is waited for, if it was not before.
    pub(super) fn wait(&mut self, now: impl FnOnce() -> Instant) {
        if self.since.is_none() {
            self.since = Some(now());
        }
    }

    /// So many bytes have moved. It costs a look at the clock only where they were waited for.
    pub(super) fn moved(&mut self, bytes: usize, now: impl FnOnce() -> Instant) {
        self.bytes += bytes as u64;
        self.rest(now);
    }

    /// Nobody waits for the other side any more.
    pub(super) fn rest(&mut self, now: impl FnOnce() -> Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now().saturating_duration_since(since);
        }
    }

    /// When the other side has been waited for too long, if nothing moves until then.
    pub(super) fn deadline(&self, least: &Least) -> Option<Instant> {
        let since = self.since?;
        let rate = u64::from(least.bytes_per_second.max(1));
        let earned = Duration::from_secs(self.bytes / rate)
            + Duration::from_nanos(self.bytes % rate * 1_000_000_000 / rate);
        let left = least.grace.saturating_add(earned).saturating_sub(self.waited);
        since.checked_add(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Least = Least {
        grace: Duration::from_secs(10),
        bytes_per_second: 100,
    };

    #[test]
    fn what_moves_earns_time_and_only_waiting_spends_it() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.deadline(&LEAST), None, "nobody waits");
        pace.wait(|| at(0));
        pace.wait(|| at(5));
        assert_eq!(pace.deadline(&LEAST), Some(at(10)), "the first wait counts");
        pace.moved(250, || at(6));
        assert_eq!(pace.deadline(&LEAST), None);
        pace.wait(|| at(100));
        let earned = at(100) + Duration::from_millis(10_000 - 6_000 + 2_500);
        assert_eq!(pace.deadline(&LEAST), Some(earned));
    }

    #[test]
    fn a_rate_of_nothing_and_a_huge_body_are_no_reason_to_crash() {
        let mut pace = Pace::default();
        pace.moved(usize::MAX, Instant::now);
        pace.wait(Instant::now);
        let none = Least {
            grace: Duration::MAX,
            bytes_per_second: 0,
        };
        assert_eq!(pace.deadline(&none), None, "never");
    }
}
