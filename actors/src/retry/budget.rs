//! How many retries there may be for so many calls.

use std::time::Duration;

use hedgerow_config::RetryBudget;

/// How long what is earned is of use: after so long without a call it is down to a part in e. It keeps a quiet hour from
/// paying for a storm, and lets a busy second pay for the calls that were under way when an endpoint fell.
const FADES: Duration = Duration::from_secs(10);

/// So many times `min` can be kept for later.
const KEPT: f64 = 10.0;

/// The retries that an upstream can afford. Pure: time, and how many calls were answered so far, are arguments.
///
/// - Each call that was **answered** earns `ratio`; what is earned fades, with a time constant of ten seconds.
/// - There is a reserve, which fills by `min` in each ten seconds, up to ten times as much, and is full at the beginning.
/// - A retry takes 1, of what was earned and else of the reserve; where neither has it, there is none.
///
/// So in any time `t` there are at most `ratio` for each call that was answered in it, those that were earned just before, and
/// `min * (10 + t / 10 s)`: with everything dead nothing is earned, and after the reserve is gone there is one try for each
/// call and `min` in ten seconds.
///
/// # Where it is from
/// Envoy bounds retries *in flight* by a share of the calls in flight and a least number (`retry_budget`). It says nothing of
/// how many follow each other: where everything fails at once, each call is retried within the least number, and twice as much
/// is sent. Finagle's `RetryBudget` is a leaky bucket into which every call pays, for ten seconds, beside a reserve: a fifth more
/// is sent to what is dead. gRPC (A6) throttles by what *succeeds*: what is dead earns nothing; its bucket has one size for all
/// loads. Here calls pay as in Finagle, but as in gRPC only those that were answered.
#[derive(Debug, Clone)]
pub struct Budget {
    ratio: f64,
    min: f64,
    earned: f64,
    reserve: f64,
    /// When it was last looked at, and how many calls had been answered by then.
    seen: (Duration, u64),
}

impl Budget {
    /// One whose reserve is full.
    pub fn new(rule: RetryBudget, now: Duration, answered: u64) -> Self {
        let min = f64::from(rule.min);
        Self {
            ratio: rule.ratio,
            min,
            earned: 0.0,
            reserve: min * KEPT,
            seen: (now, answered),
        }
    }

    /// Takes what a retry costs, if there is as much. `answered` is how many calls have been answered so far; one that is
    /// less than before, as threads count each for themselves, earns nothing.
    pub fn spend(&mut self, now: Duration, answered: u64) -> Spent {
        self.look(now, answered);
        for purse in [&mut self.earned, &mut self.reserve] {
            if *purse >= 1.0 {
                *purse -= 1.0;
                return Spent::Paid;
            }
        }
        Spent::Nothing
    }

    /// Takes what there is, up to the cost of a retry: for what is sent again in any case.
    pub fn charge(&mut self, now: Duration, answered: u64) {
        self.look(now, answered);
        let from_earned = self.earned.min(1.0);
        self.earned -= from_earned;
        self.reserve = (self.reserve - (1.0 - from_earned)).max(0.0);
    }

    /// Gives back what a retry had cost that was not made.
    pub fn refund(&mut self) {
        self.earned += 1.0;
    }

    /// How many retries could be made at once, by now.
    pub fn left(&self, now: Duration, answered: u64) -> f64 {
        let mut then = self.clone();
        then.look(now, answered);
        then.earned + then.reserve
    }

    /// Brings it up to now. The calls since the last look count as spread evenly over the time between.
    pub(super) fn look(&mut self, now: Duration, answered: u64) {
        let (before, counted) = self.seen;
        let fresh = self.ratio * answered.saturating_sub(counted) as f64;
        let passed = now.saturating_sub(before).as_secs_f64() / FADES.as_secs_f64();
        self.seen = (now.max(before), answered.max(counted));
        // The mean of e^-x for x from 0 to `passed`, which is 1 for no time at all.
        let kept = if passed > 0.0 {
            -(-passed).exp_m1() / passed
        } else {
            1.0
        };
        self.earned = self.earned * (-passed).exp() + fresh * kept;
        self.reserve = (self.reserve + self.min * passed).min(self.min * KEPT);
    }
}

/// What became of an attempt to pay for a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a retry that is not paid for is not made"]
pub enum Spent {
    /// It is paid for.
    Paid,
    /// There was not enough.
    Nothing,
}
