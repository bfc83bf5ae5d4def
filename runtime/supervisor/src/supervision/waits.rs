//! The back-offs of one supervisor, on one timer.

use std::collections::BTreeSet;
use std::time::Duration;

/// Which waits are under way, and for which of them the timer is armed. Times are since the mesh's epoch.
///
/// However many children fell together, one timer is armed: for the wait that ends first. A wait that has become void
/// stays until its time, because its owner tells by the token that it is.
#[derive(Debug, Default)]
pub(super) struct Waits {
    until: BTreeSet<(Duration, u64)>,
    armed: Option<Duration>,
}

impl Waits {
    /// Begins a wait until `at`.
    pub(super) fn add(&mut self, at: Duration, token: u64) {
        self.until.insert((at, token));
    }

    /// When the timer is to be armed for, in the place of what it was armed for; `None` where it is armed rightly.
    pub(super) fn rearm(&mut self) -> Option<Duration> {
        let (first, _) = self.until.first()?;
        if self.armed.is_some_and(|armed| armed <= *first) {
            return None;
        }
        self.armed = Some(*first);
        self.armed
    }

    /// The timer has fired: the waits that are over at `now`, in the order of their ends.
    pub(super) fn fired(&mut self, now: Duration) -> Vec<u64> {
        self.armed = None;
        let mut over = Vec::new();
        while let Some(wait) = self.until.first().copied().filter(|(at, _)| *at <= now) {
            self.until.remove(&wait);
            over.push(wait.1);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn ten_thousand_waits_that_begin_together_arm_a_timer_once() {
        let mut waits = Waits::default();
        let mut armed = Vec::new();
        for token in 0..10_000 {
            waits.add(ms(10 + token % 7), token);
            armed.extend(waits.rearm());
        }
        assert_eq!(armed, [ms(10)]);
        assert_eq!(waits.fired(ms(16)).len(), 10_000);
        assert_eq!(waits.rearm(), None);
    }

    #[test]
    fn a_wait_that_ends_before_the_first_has_the_timer_armed_anew() {
        let mut waits = Waits::default();
        waits.add(ms(20), 1);
        assert_eq!(waits.rearm(), Some(ms(20)));
        waits.add(ms(5), 2);
        assert_eq!(waits.rearm(), Some(ms(5)));
        waits.add(ms(9), 3);
        assert_eq!(waits.rearm(), None);
        assert_eq!(waits.fired(ms(5)), [2]);
        assert_eq!(waits.rearm(), Some(ms(9)));
    }

    #[test]
    fn waits_end_in_the_order_of_their_times() {
        let mut waits = Waits::default();
        for (at, token) in [(30, 1), (10, 2), (20, 3), (10, 4)] {
            waits.add(ms(at), token);
        }
        assert_eq!(waits.fired(ms(9)), [0; 0]);
        assert_eq!(waits.fired(ms(20)), [2, 4, 3]);
        assert_eq!(waits.fired(ms(30)), [1]);
    }
}
