//! The rules that compare endpoints: pure functions of what came between two looks.

use std::time::Duration;

use hedgerow_config::{FailurePercentage, LatencyFactor, SuccessRate};

use super::cause::Cause;
use super::latencies::Histogram;

/// How the calls of an endpoint ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// Those that succeeded.
    pub successes: u64,
    /// Those that failed.
    pub failures: u64,
}

impl Ends {
    /// All of them.
    pub fn calls(self) -> u64 {
        self.successes + self.failures
    }

    /// What came in after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            successes: self.successes.saturating_sub(earlier.successes),
            failures: self.failures.saturating_sub(earlier.failures),
        }
    }

    fn success_rate(self) -> f64 {
        self.successes as f64 / self.calls() as f64
    }
}

/// An endpoint that a rule would eject, by its number.
pub(super) type Outlier = (usize, Cause);

/// Those whose share of successes lies more than `factor` standard deviations below the mean of all that have enough calls.
/// The worst first.
///
/// Source: Envoy, `DetectorImpl::successRateEjectionThreshold`: the mean less the factor times the standard deviation of the
/// population.
pub(super) fn by_success_rate(rule: SuccessRate, ends: &[(usize, Ends)]) -> Vec<Outlier> {
    let rates = rates(ends, rule.min_calls);
    if !enough(rates.len(), rule.min_endpoints) {
        return Vec::new();
    }
    let count = rates.len() as f64;
    let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / count;
    let variance = rates.iter().map(|(_, rate)| (rate - mean).powi(2)).sum::<f64>() / count;
    let limit = mean - rule.factor * variance.sqrt();
    let outliers = rates.into_iter().filter(|(_, rate)| *rate < limit);
    worst_first(outliers, |observed| Cause::SuccessRate { limit, observed })
}

/// Those of whose calls at least the share `threshold` failed. The worst first.
///
/// Source: Envoy, `failure_percentage_threshold`.
pub(super) fn by_failure_percentage(rule: FailurePercentage, ends: &[(usize, Ends)]) -> Vec<Outlier> {
    let rates = rates(ends, rule.min_calls);
    if !enough(rates.len(), rule.min_endpoints) {
        return Vec::new();
    }
    let limit = rule.threshold;
    let outliers = rates.into_iter().filter(|(_, rate)| 1.0 - rate >= limit);
    worst_first(outliers, |rate| Cause::FailurePercentage {
        limit,
        observed: 1.0 - rate,
    })
}

/// Those whose quantile of latency is more than `factor` times the median of the others', and more than `over`. The worst
/// first.
///
/// The median of the others, and not the mean of all as for shares: latency has no upper end, and one endpoint that hangs
/// would draw the mean along.
pub(super) fn by_latency(rule: LatencyFactor, times: &[(usize, Histogram)]) -> Vec<Outlier> {
    let quantile = |(at, times): &(usize, Histogram)| {
        let enough = times.count() >= u64::from(rule.min_calls);
        let within = times.quantile(rule.quantile).filter(|_| enough)?;
        Some((*at, within.end))
    };
    let quantiles: Vec<(usize, Duration)> = times.iter().filter_map(quantile).collect();
    if !enough(quantiles.len(), rule.min_endpoints) {
        return Vec::new();
    }
    let mut outliers: Vec<(Duration, Outlier)> = Vec::new();
    for (at, observed) in &quantiles {
        let others = quantiles.iter().filter(|(other, _)| other != at);
        let mut others: Vec<Duration> = others.map(|(_, time)| *time).collect();
        others.sort_unstable();
        let limit = median(&others).mul_f64(rule.factor).max(rule.over);
        if *observed > limit {
            let observed = *observed;
            outliers.push((observed, (*at, Cause::Latency { limit, observed })));
        }
    }
    outliers.sort_by_key(|(observed, _)| std::cmp::Reverse(*observed));
    outliers.into_iter().map(|(_, outlier)| outlier).collect()
}

fn rates(ends: &[(usize, Ends)], min_calls: u32) -> Vec<(usize, f64)> {
    let valid = ends
        .iter()
        .filter(|(_, ends)| ends.calls() >= u64::from(min_calls).max(1));
    valid.map(|(at, ends)| (*at, ends.success_rate())).collect()
}

fn enough(endpoints: usize, least: u32) -> bool {
    // One endpoint has nothing to be compared with, whatever is asked for.
    endpoints >= (least as usize).max(2)
}

fn worst_first(rates: impl Iterator<Item = (usize, f64)>, cause: impl Fn(f64) -> Cause) -> Vec<Outlier> {
    let mut rates: Vec<(usize, f64)> = rates.collect();
    rates.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    rates.into_iter().map(|(at, rate)| (at, cause(rate))).collect()
}

/// Of times in order; of an even number the mean of the two in the middle.
fn median(times: &[Duration]) -> Duration {
    let middle = times.len() / 2;
    match (times.len() % 2, times.get(middle)) {
        (_, None) => Duration::ZERO,
        (0, Some(above)) => (times[middle - 1] + *above) / 2,
        (_, Some(middle)) => *middle,
    }
}
