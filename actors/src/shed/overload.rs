//! How many levels are refused because requests take too long.
//!
//! As in WeChat's DAGOR (Zhou et al., *Overload Control for Scaling WeChat Microservices*, 2018): in each window the mean
//! is held against a target, and the level of what is admitted moves by a step. The mean, and not the least as in CoDel
//! (RFC 8289): requests of a gateway are of many kinds, and the quickest of them is quick in any overload.

use std::time::Duration;

/// What one window lasts at least, and how many requests it has at least.
pub(super) const WINDOW: Duration = Duration::from_secs(1);
pub(super) const LEAST_SAMPLES: u32 = 10;

/// A window that has not its requests after this time says that there is not much to do.
pub(super) const QUIET: Duration = Duration::from_secs(5);

/// The share of the target at which a level comes back: between the two nothing moves, else it would come and go.
const RELIEF: f64 = 0.8;

/// How many levels are refused, and what that rests on. Pure: time and latency come as arguments.
#[derive(Debug, Clone)]
pub(super) struct Overload {
    target: Duration,
    /// All levels but one.
    most: u32,
    refused: u32,
    /// Of the last window.
    mean: Duration,
    began: Option<Duration>,
    samples: u32,
    sum: Duration,
}

impl Overload {
    /// One with this target, which may refuse at most so many levels.
    pub(super) fn new(target: Duration, most: u32) -> Self {
        Self {
            target,
            most,
            refused: 0,
            mean: Duration::ZERO,
            began: None,
            samples: 0,
            sum: Duration::ZERO,
        }
    }

    /// Goes on with another target.
    pub(super) fn retune(&mut self, target: Duration, most: u32) {
        self.target = target;
        self.most = most;
        self.refused = self.refused.min(most);
    }

    pub(super) fn refused(&self) -> u32 {
        self.refused
    }

    pub(super) fn mean(&self) -> Duration {
        self.mean
    }

    /// A request ended that was measured, and took this long.
    pub(super) fn sample(&mut self, now: Duration, took: Duration) {
        let began = *self.began.get_or_insert(now);
        self.samples += 1;
        self.sum = self.sum.saturating_add(took);
        // A clock that goes back ends no window.
        if self.samples >= LEAST_SAMPLES && now.saturating_sub(began) >= WINDOW {
            self.mean = self.sum / self.samples;
            if self.mean > self.target {
                self.refused = (self.refused + 1).min(self.most);
            } else if self.mean <= self.target.mul_f64(RELIEF) {
                self.refused = self.refused.saturating_sub(1);
            }
            self.begin(None);
        }
    }

    /// A request is about to be refused: nothing else may be under way that would end the window.
    pub(super) fn look(&mut self, now: Duration) {
        let began = *self.began.get_or_insert(now);
        if now.saturating_sub(began) >= QUIET {
            self.refused = self.refused.saturating_sub(1);
            self.begin(Some(now));
        } else if now < began {
            self.begin(Some(now));
        }
    }

    fn begin(&mut self, at: Option<Duration>) {
        (self.began, self.samples, self.sum) = (at, 0, Duration::ZERO);
    }
}
