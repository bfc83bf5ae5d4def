use std::time::Duration;

use hedgerow_config::{FailurePercentage, LatencyFactor, SuccessRate};

use super::super::Cause;
use super::super::latencies::Histogram;
use super::super::rules::{Ends, by_failure_percentage, by_latency, by_success_rate};

fn ends(successes: &[u64]) -> Vec<(usize, Ends)> {
    let of_hundred = successes.iter().map(|successes| Ends {
        successes: *successes,
        failures: 100 - successes,
    });
    of_hundred.enumerate().collect()
}

fn places(outliers: Vec<(usize, Cause)>) -> Vec<usize> {
    outliers.into_iter().map(|(at, _)| at).collect()
}

#[test]
fn the_success_rate_of_an_outlier_lies_below_the_mean_less_the_factor_times_the_deviation() {
    let rule = SuccessRate::default();
    for (successes, expected) in [
        (&[100, 100, 100, 100, 100][..], &[][..]),
        // One of five lies two deviations below the mean, whatever it is.
        (&[100, 100, 100, 100, 99], &[4]),
        (&[100, 100, 100, 100, 0], &[4]),
        // Two of five lie one and a quarter below.
        (&[100, 100, 100, 0, 0], &[]),
        (&[100, 100, 100, 0], &[]),
        (&[100, 100, 100, 100, 100, 100, 100, 100, 100, 50, 20], &[10]),
    ] {
        assert_eq!(
            places(by_success_rate(rule, &ends(successes))),
            expected,
            "{successes:?}"
        );
    }
    let strict = SuccessRate { factor: 1.0, ..rule };
    assert_eq!(
        places(by_success_rate(strict, &ends(&[100, 100, 100, 20, 10]))),
        [4, 3],
        "the worst first"
    );
}

#[test]
fn endpoints_with_too_few_calls_are_neither_judged_nor_compared_with() {
    let rule = SuccessRate {
        min_endpoints: 5,
        ..SuccessRate::default()
    };
    let mut few = ends(&[100, 100, 100, 100, 0]);
    few[0].1.successes = 99;
    assert_eq!(by_success_rate(rule, &few), []);
    let percentage = FailurePercentage {
        min_calls: 100,
        min_endpoints: 4,
        ..FailurePercentage::default()
    };
    assert_eq!(places(by_failure_percentage(percentage, &few)), [4]);
    few[4].1.failures = 99;
    assert_eq!(by_failure_percentage(percentage, &few), []);
    assert_eq!(by_success_rate(rule, &[]), []);
}

#[test]
fn the_failure_percentage_ejects_from_its_threshold_on_whatever_the_others_do() {
    let rule = FailurePercentage::default();
    assert_eq!(
        places(by_failure_percentage(rule, &ends(&[15, 16, 0, 100, 1]))),
        [2, 4, 0]
    );
    assert_eq!(
        by_failure_percentage(rule, &ends(&[0, 0, 0, 0])),
        [],
        "too few endpoints"
    );
}

fn times(of_each: &[u64]) -> Vec<(usize, Histogram)> {
    let histogram = |ms: &u64| {
        let mut histogram = Histogram::default();
        for _ in 0..100 {
            histogram.add(Duration::from_millis(*ms));
        }
        histogram
    };
    of_each.iter().map(histogram).enumerate().collect()
}

#[test]
fn one_that_takes_more_than_the_factor_times_the_median_of_the_others_is_an_outlier() {
    let rule = LatencyFactor::default();
    for (ms, expected) in [
        (&[100, 100, 100][..], &[][..]),
        (&[100, 100, 500], &[2]),
        (&[100, 100, 250], &[]),
        (&[100, 500], &[]),
        // However fast the others are: it is no slower than 100 ms.
        (&[1, 1, 80], &[]),
        (&[1, 1, 200], &[2]),
        // Two that hang do not hide each other.
        (&[100, 100, 100, 100, 10_000, 20_000], &[5, 4]),
        // Where most are slow, the slow are no outliers.
        (&[100, 1_000, 1_000, 1_000], &[]),
    ] {
        assert_eq!(places(by_latency(rule, &times(ms))), expected, "{ms:?}");
    }
}

#[test]
fn the_quantile_is_compared_and_not_the_mean() {
    let mut all = times(&[100, 100, 100]);
    for _ in 0..4 {
        all[0].1.add(Duration::from_secs(60));
    }
    let rule = LatencyFactor::default();
    assert_eq!(by_latency(rule, &all), [], "one in twenty-six");
    for _ in 0..4 {
        all[0].1.add(Duration::from_secs(60));
    }
    assert_eq!(places(by_latency(rule, &all)), [0], "two in twenty-seven");
}
