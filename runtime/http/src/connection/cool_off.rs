//! How long a client that was refused for want of a berth is not listened to.
//!
//! A client that asks again at once would be refused again and again, and the more of them there are, the less is left for those
//! who were admitted. So it is read later: what it sends stays with the system meanwhile, and costs nothing.

use std::time::Duration;

use tokio::time::Instant;

/// After the first refusal; doubled with each further one in a row.
const FIRST: Duration = Duration::from_millis(50);
/// As long as it was told to stay away.
const LONGEST: Duration = Duration::from_secs(1);

/// When a client is listened to again.
#[derive(Debug, Default)]
pub(super) struct CoolOff {
    /// Refusals in a row.
    refusals: u32,
    until: Option<Instant>,
}

impl CoolOff {
    /// It was refused.
    pub(super) fn refused(&mut self, now: Instant) {
        let doubled = FIRST.saturating_mul(1 << self.refusals.min(10));
        self.refusals = self.refusals.saturating_add(1);
        self.until = now.checked_add(doubled.min(LONGEST));
    }

    /// It was admitted: what was before is forgotten.
    pub(super) fn admitted(&mut self) {
        self.refusals = 0;
    }

    /// When it is over, if it is not.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// It is over.
    pub(super) fn end(&mut self) {
        self.until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_in_a_row_doubles_the_time_up_to_a_second_and_an_admission_ends_the_row() {
        let now = Instant::now();
        let mut cool_off = CoolOff::default();
        assert_eq!(cool_off.until(), None);
        let mut times = Vec::new();
        for _ in 0..7 {
            cool_off.refused(now);
            times.push(cool_off.until().map(|until| (until - now).as_millis()));
        }
        let expected = [50, 100, 200, 400, 800, 1_000, 1_000];
        assert_eq!(times, expected.map(Some));
        cool_off.end();
        assert_eq!(cool_off.until(), None);
        cool_off.admitted();
        cool_off.refused(now);
        assert_eq!(cool_off.until(), Some(now + FIRST));
    }
}
