//! The failure rates of the last two minutes, so that a page that is opened or loaded again shows them at once.
//!
//! A sample is taken at each look of a viewer, and where the mesh has somebody for it
//! ([`Admin::remember`](crate::Admin::remember)) also while nobody looks. It holds only the breakers that had calls, so that a
//! mesh at rest keeps nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hedgerow_view::{BreakerView, Path};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// Time from one sample to the next.
pub(crate) const EVERY: Duration = Duration::from_secs(2);
/// Looks come a little late or early: a sample that is due within this is taken now.
const NEAR: Duration = Duration::from_millis(100);
/// How far back samples are kept.
pub(super) const KEPT: Duration = Duration::from_secs(120);
/// Rates that are kept of all breakers together, 16 bytes each. The oldest samples make room.
const MOST: usize = 100_000;

/// A rate in thousandths, which is as exact as it can be drawn.
pub(super) type Permille = u16;

/// The samples, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Past {
    samples: Mutex<Samples>,
}

#[derive(Debug, Default)]
struct Samples {
    kept: VecDeque<Sample>,
    /// In all of them together.
    rates: usize,
}

#[derive(Debug)]
struct Sample {
    taken: Instant,
    rates: Vec<(Path, Permille)>,
}

impl Past {
    /// Takes a sample, where one is due: `rates` of the breakers that had calls.
    pub(super) fn add(&self, now: Instant, rates: impl FnOnce() -> Vec<(Path, Permille)>) {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = samples
            .kept
            .back()
            .is_none_or(|last| now + NEAR >= last.taken + EVERY);
        if !is_due {
            return;
        }
        let rates = rates();
        samples.rates += rates.len();
        samples.kept.push_back(Sample { taken: now, rates });
        samples.forget(now);
    }

    /// What a page is told: how long ago each sample was taken, in milliseconds, and the rates of each breaker in the same order,
    /// `null` where it had no calls. Breakers without any are left out.
    pub(super) fn told(&self, now: Instant) -> Value {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.forget(now);
        let length = samples.kept.len();
        let mut rows: HashMap<&Path, Vec<Option<f64>>> = HashMap::new();
        for (index, sample) in samples.kept.iter().enumerate() {
            for (path, rate) in &sample.rates {
                let row = rows.entry(path).or_insert_with(|| vec![None; length]);
                row[index] = Some(f64::from(*rate) / 1_000.0);
            }
        }
        let ages = samples
            .kept
            .iter()
            .map(|sample| now.saturating_duration_since(sample.taken).as_millis());
        let ages: Vec<u64> = ages.map(|age| u64::try_from(age).unwrap_or(u64::MAX)).collect();
        let rates: Map<String, Value> = rows
            .into_iter()
            .map(|(path, row)| (path.to_string(), json!(row)))
            .collect();
        json!({ "agesMs": ages, "rates": rates })
    }
}

impl Samples {
    fn forget(&mut self, now: Instant) {
        while self
            .kept
            .front()
            .is_some_and(|oldest| now.saturating_duration_since(oldest.taken) > KEPT || self.rates > MOST)
        {
            let gone = self.kept.pop_front();
            self.rates -= gone.map_or(0, |sample| sample.rates.len());
        }
    }
}

/// What a sample holds of a breaker: nothing where it had no calls.
pub(super) fn rate(breaker: &BreakerView) -> Option<(Path, Permille)> {
    let window = &breaker.window;
    let rate = (window.failure_rate.clamp(0.0, 1.0) * 1_000.0).round();
    (window.calls > 0).then(|| (breaker.path.clone(), rate as Permille))
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
