//! How first attempts went, held against the objective.

use std::time::Duration;

use super::policy::FactorySlo;

/// Slices of the window.
const SLICES: u32 = 12;

/// How first attempts went of late, by slices of the window: no more than that is kept.
pub(super) struct Record {
    slo: FactorySlo,
    slices: [Slice; SLICES as usize],
    is_broken: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    number: u64,
    sums: Sums,
}

/// What first attempts came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// How many ended.
    pub(super) attempts: u64,
    /// Those that succeeded within the cold start.
    pub(super) good: u64,
    /// How long the longest took that succeeded.
    pub(super) slowest: Duration,
}

impl Sums {
    /// The share that was good.
    pub(super) fn share(&self) -> Option<f64> {
        (self.attempts > 0).then(|| self.good as f64 / self.attempts as f64)
    }
}

/// The objective is broken or kept again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Broken(Sums),
    Kept(Sums),
}

impl Record {
    pub(super) fn new(slo: FactorySlo) -> Self {
        Self {
            slo,
            slices: [Slice::default(); SLICES as usize],
            is_broken: false,
        }
    }

    pub(super) fn slo(&self) -> &FactorySlo {
        &self.slo
    }

    /// A first attempt has ended, and made it within this time, if it did.
    pub(super) fn add(&mut self, now: Duration, made_within: Option<Duration>) {
        let number = self.slice(now);
        let slice = &mut self.slices[(number % u64::from(SLICES)) as usize];
        if slice.number != number {
            *slice = Slice {
                number,
                sums: Sums::default(),
            };
        }
        let sums = &mut slice.sums;
        sums.attempts += 1;
        if let Some(took) = made_within {
            sums.good += u64::from(took <= self.slo.cold_start);
            sums.slowest = sums.slowest.max(took);
        }
    }

    /// What those of the window come to.
    pub(super) fn sums(&self, now: Duration) -> Sums {
        let newest = self.slice(now);
        let oldest = newest.saturating_sub(u64::from(SLICES) - 1);
        let slices = self.slices.iter();
        let recent = slices.filter(|slice| (oldest..=newest).contains(&slice.number));
        recent.fold(Sums::default(), |all, Slice { sums, .. }| Sums {
            attempts: all.attempts + sums.attempts,
            good: all.good + sums.good,
            slowest: all.slowest.max(sums.slowest),
        })
    }

    /// Whether the objective was broken, or is kept again, since the last look.
    pub(super) fn look(&mut self, now: Duration) -> Option<Turn> {
        let sums = self.sums(now);
        let is_broken = sums
            .share()
            .is_some_and(|share| share < self.slo.first_time_success);
        if is_broken == self.is_broken {
            return None;
        }
        self.is_broken = is_broken;
        Some(if is_broken {
            Turn::Broken(sums)
        } else {
            Turn::Kept(sums)
        })
    }

    /// When to look again: while it is broken, as time alone may mend it.
    pub(super) fn look_at(&self, now: Duration) -> Option<Duration> {
        let length = self.length();
        self.is_broken.then(|| {
            let next = self.slice(now) + 1;
            length.saturating_mul(u32::try_from(next).unwrap_or(u32::MAX))
        })
    }

    fn length(&self) -> Duration {
        (self.slo.window / SLICES).max(Duration::from_millis(1))
    }

    fn slice(&self, now: Duration) -> u64 {
        u64::try_from(now.as_nanos() / self.length().as_nanos()).unwrap_or(u64::MAX)
    }
}
