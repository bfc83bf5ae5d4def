//! How many requests a thread begins before it has finished others.
//!
//! A thread that has more to do than it can is better off with few requests at once: their connections and buffers stay in the
//! processor's cache. One that waits for slow endpoints needs as many as come. Which of the two it is shows in whether it ever
//! has nothing to do, so that no number has to be set for it: idle, it begins a quarter more; busy for as many
//! requests as it has under way, an eighth less. (Multiplicative both ways, as what is looked for may be anywhere between tens
//! and thousands.)

/// Fewer are never under way while others wait: enough that an endpoint on the same machine always has one to answer.
pub(super) const FEWEST: usize = 24;

/// What a thread may have under way for now.
#[derive(Debug)]
pub(super) struct Pace {
    now: usize,
    most: usize,
    /// Requests that ended since the thread was idle or the pace was changed, while others waited.
    ended: usize,
}

impl Pace {
    /// Never more than `most`.
    pub(super) fn new(most: usize) -> Self {
        Self {
            now: most.min(FEWEST),
            most,
            ended: 0,
        }
    }

    /// Requests that may be under way now.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A request has ended while others wait.
    pub(super) fn ended(&mut self) {
        self.ended += 1;
        if self.ended >= self.now {
            self.ended = 0;
            self.now = (self.now - self.now / 8).max(self.most.min(FEWEST));
        }
    }

    /// The thread had nothing to do while others wait.
    pub(super) fn idle(&mut self) {
        self.ended = 0;
        self.now = (self.now + self.now.div_ceil(4)).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_thread_begins_ever_more_up_to_the_limit_and_a_busy_one_fewer_down_to_the_floor() {
        let mut pace = Pace::new(1_000);
        assert_eq!(pace.now(), FEWEST);
        let steps = (0..100).take_while(|_| {
            pace.idle();
            pace.now() < 1_000
        });
        assert!(steps.count() < 20, "thousands within milliseconds");
        pace.idle();
        assert_eq!(pace.now(), 1_000);
        (0..999).for_each(|_| pace.ended());
        assert_eq!(pace.now(), 1_000);
        pace.ended();
        assert_eq!(pace.now(), 875);
        (0..100_000).for_each(|_| pace.ended());
        assert_eq!(pace.now(), FEWEST);
    }

    #[test]
    fn a_limit_below_the_floor_holds() {
        let mut pace = Pace::new(2);
        pace.idle();
        assert_eq!(pace.now(), 2);
        (0..9).for_each(|_| pace.ended());
        assert_eq!(pace.now(), 2);
    }
}
