//! Whether to make the thing of one key now.

use std::time::Duration;

use hedgerow_supervisor::{Backoff, Curve};

/// The thing of one key: not there, being made, there, or not to be made for a while.
///
/// | in | on | becomes |
/// |---|---|---|
/// | empty, or resting and it is over | wanted | making |
/// | making | made | there |
/// | making | failed | resting: 1, 2, 4 ... times the first wait |
/// | there | lost | empty; resting where things are lost again and again |
/// | any | stopped | empty |
///
/// A report of an attempt other than the current one changes nothing.
pub(super) struct Machine {
    state: State,
    /// The number of the latest attempt.
    attempt: u64,
    failed_last: bool,
    failures: Backoff,
    /// For things that are lost soon after they were made.
    losses: Backoff,
    settled_after: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// There is none, and it may be made.
    Empty,
    /// It is being made.
    Making,
    /// It is there since then.
    There(Duration),
    /// It is not to be made before then.
    Resting(Duration),
}

/// What becomes of a wish for the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This attempt is to be begun.
    Make(u64),
    /// It is being made, or there.
    Wait,
    /// It is not to be made before then.
    Rest(Duration),
}

impl Machine {
    /// Nothing was made yet. Equal seeds give equal waits.
    pub(super) fn new(curve: Curve, seed: u64) -> Self {
        let mut failures = Backoff::new(curve, seed);
        after_the_first(&mut failures);
        Self {
            state: State::Empty,
            attempt: 0,
            failed_last: false,
            failures,
            losses: Backoff::new(curve, !seed),
            settled_after: curve.max,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Whether the attempt that is under way follows upon none that failed.
    pub(super) fn is_first(&self) -> bool {
        !self.failed_last
    }

    /// Somebody wants it.
    pub(super) fn wanted(&mut self, now: Duration) -> Wanted {
        match self.state {
            State::Making | State::There(_) => Wanted::Wait,
            State::Resting(until) if now < until => Wanted::Rest(until),
            State::Empty | State::Resting(_) => {
                self.attempt += 1;
                self.state = State::Making;
                Wanted::Make(self.attempt)
            }
        }
    }

    /// An attempt has made it. Whether that is of use.
    pub(super) fn made(&mut self, attempt: u64, now: Duration) -> bool {
        let is_ours = self.is_under_way(attempt);
        if is_ours {
            self.state = State::There(now);
            self.failed_last = false;
            self.failures.reset();
            after_the_first(&mut self.failures);
        }
        is_ours
    }

    /// An attempt has failed. Until when none is made, where it was the current one.
    pub(super) fn failed(&mut self, attempt: u64, now: Duration) -> Option<Duration> {
        if !self.is_under_way(attempt) {
            return None;
        }
        let until = now + self.failures.next();
        self.state = State::Resting(until);
        self.failed_last = true;
        Some(until)
    }

    /// What an attempt had made is of no use any more. Until when none is made, where it was the current one: at first that is
    /// now. Things that are lost sooner after they were made than the longest wait are made further and further apart.
    pub(super) fn lost(&mut self, attempt: u64, now: Duration) -> Option<Duration> {
        let State::There(since) = self.state else {
            return None;
        };
        if attempt != self.attempt {
            return None;
        }
        if now.saturating_sub(since) >= self.settled_after {
            self.losses.reset();
        }
        let until = now + self.losses.next();
        self.state = if until > now {
            State::Resting(until)
        } else {
            State::Empty
        };
        Some(until)
    }

    /// It is of no use any more, for no fault of its own: another may be made at once.
    pub(super) fn lost_now(&mut self, now: Duration) {
        if let State::There(since) = self.state {
            if now.saturating_sub(since) >= self.settled_after {
                self.losses.reset();
            }
            self.state = State::Empty;
        }
    }

    /// Whatever it has or makes is given up.
    pub(super) fn stop(&mut self) {
        self.state = State::Empty;
    }

    fn is_under_way(&self, attempt: u64) -> bool {
        self.state == State::Making && self.attempt == attempt
    }
}

/// A back-off makes its first try at once. Here it was made before.
fn after_the_first(backoff: &mut Backoff) {
    let _ = backoff.next();
}
