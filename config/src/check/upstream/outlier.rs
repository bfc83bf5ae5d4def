//! The numbers of outliers.

use super::super::{Findings, Rule};
use crate::{Consecutive, FailurePercentage, KeyPath, LatencyFactor, OutlierPolicy, SuccessRate};

/// More endpoints than an upstream has.
const MOST_ENDPOINTS: u32 = 10_000;

pub(super) fn outlier(policy: &OutlierPolicy, key: &KeyPath, findings: &mut Findings) {
    let OutlierPolicy {
        consecutive,
        success_rate,
        failure_percentage,
        latency,
        every,
        eject_for,
        max_eject_for,
        jitter,
        max_eject,
        always_eject_one: _,
        panic_below,
    } = policy;
    if let Consecutive::After(0) = consecutive {
        findings.add(key.key("consecutive"), Rule::ZeroCount);
    }
    if let Some(rule) = success_rate {
        let key = key.key("successRate");
        let SuccessRate {
            factor,
            min_endpoints,
            min_calls,
        } = *rule;
        if !(factor > 0.0 && factor.is_finite()) {
            let expected = "a number of standard deviations above 0";
            let found = factor.to_string();
            findings.odd(key.key("factor"), expected, &found, "write for example `1.9`");
        }
        least(&key, (min_endpoints, min_calls), findings);
    }
    if let Some(rule) = failure_percentage {
        let key = key.key("failurePercentage");
        let FailurePercentage {
            threshold,
            min_endpoints,
            min_calls,
        } = *rule;
        rate(key.key("threshold"), threshold, findings);
        least(&key, (min_endpoints, min_calls), findings);
    }
    if let Some(rule) = latency {
        let key = key.key("latency");
        let LatencyFactor {
            factor,
            quantile,
            over,
            min_endpoints,
            min_calls,
        } = *rule;
        if !(factor > 1.0 && factor.is_finite()) {
            let found = factor.to_string();
            findings.odd(
                key.key("factor"),
                "a number above 1",
                &found,
                "write for example `3`",
            );
        }
        rate(key.key("quantile"), quantile, findings);
        findings.time(key.key("over"), over);
        least(&key, (min_endpoints, min_calls), findings);
    }
    findings.time(key.key("every"), *every);
    findings.time(key.key("ejectFor"), *eject_for);
    findings.time(key.key("maxEjectFor"), *max_eject_for);
    if max_eject_for < eject_for && !max_eject_for.is_zero() {
        let found = format!("{} ms", max_eject_for.as_millis());
        let (expected, advice) = ("at least `ejectFor`", "raise it, or lower `ejectFor`");
        findings.odd(key.key("maxEjectFor"), expected, &found, advice);
    }
    for (name, share) in [
        ("jitter", *jitter),
        ("maxEject", *max_eject),
        ("panicBelow", *panic_below),
    ] {
        if !(0.0..=1.0).contains(&share) {
            findings.add(key.key(name), Rule::Share { found: share });
        }
    }
}

fn rate(key: KeyPath, found: f64, findings: &mut Findings) {
    if !(found > 0.0 && found <= 1.0) {
        findings.add(key, Rule::Rate { found });
    }
}

fn least(key: &KeyPath, (endpoints, calls): (u32, u32), findings: &mut Findings) {
    if endpoints < 2 {
        let (expected, advice) = (
            "at least 2",
            "raise it: one endpoint has nothing to be compared with",
        );
        findings.odd(key.key("minEndpoints"), expected, &endpoints.to_string(), advice);
    } else {
        findings.count(key.key("minEndpoints"), endpoints, MOST_ENDPOINTS);
    }
    findings.count(key.key("minCalls"), calls, u32::MAX);
}
