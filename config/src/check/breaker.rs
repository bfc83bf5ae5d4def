//! The numbers of a breaker.

use super::{Findings, Rule, Violation};
use crate::{BreakerPolicy, KeyPath};

pub(crate) fn breaker(policy: &BreakerPolicy) -> Result<(), Vec<Violation>> {
    let BreakerPolicy {
        window,
        failure_rate,
        consecutive_failures,
        min_calls,
        open_for,
        half_open,
    } = policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    findings.time(root.key("window").key("time"), *window);
    if let Some(found) = failure_rate
        && !(*found > 0.0 && *found <= 1.0)
    {
        findings.add(root.key("failureRate"), Rule::Rate { found: *found });
    }
    let (open_key, half_key) = (root.key("openFor"), root.key("halfOpen"));
    let counts = [
        (root.key("consecutiveFailures"), consecutive_failures.unwrap_or(1)),
        (root.key("minCalls"), *min_calls),
        (half_key.key("permits"), half_open.permits),
        (half_key.key("successes"), half_open.successes),
    ];
    for (key, count) in counts {
        if count == 0 {
            findings.add(key, Rule::ZeroCount);
        }
    }
    let (initial, max) = (open_for.initial, open_for.max);
    findings.time(open_key.key("initial"), initial);
    if max != initial {
        findings.time(open_key.key("max"), max);
    }
    if max < initial && !max.is_zero() {
        findings.add(open_key.key("max"), Rule::MaxBelowInitial { initial, max });
    }
    if !(0.0..=1.0).contains(&open_for.jitter) {
        let found = open_for.jitter;
        findings.add(open_key.key("jitter"), Rule::Share { found });
    }
    findings.into_result()
}
