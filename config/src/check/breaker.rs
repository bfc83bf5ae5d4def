//! The numbers of a breaker.

use super::{Findings, LONGEST, Rule, Violation};
use crate::{BreakerPolicy, KeyLimits, KeyPath, WindowLength};

pub(crate) fn keys(limits: KeyLimits) -> Result<(), Vec<Violation>> {
    let KeyLimits { max_keys, idle_for } = limits;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    if max_keys == 0 {
        findings.add(root.key("maxKeys"), Rule::ZeroCount);
    }
    findings.time(root.key("idleFor"), idle_for);
    findings.into_result()
}

pub(crate) fn breaker(policy: &BreakerPolicy) -> Result<(), Vec<Violation>> {
    let BreakerPolicy {
        window,
        trip_when: _,
        failure_rate,
        slow_call,
        consecutive_failures,
        consecutive_timeouts,
        min_calls,
        open_for,
        half_open,
    } = policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    let window_key = root.key("window");
    match *window {
        WindowLength::Time(time) => findings.time(window_key.key("time"), time),
        WindowLength::Calls(0) => findings.add(window_key.key("calls"), Rule::ZeroCount),
        WindowLength::Calls(found) if found > WindowLength::MOST_CALLS => {
            let most = WindowLength::MOST_CALLS;
            findings.add(window_key.key("calls"), Rule::TooManyCalls { found, most });
        }
        WindowLength::Calls(_) => {}
    }
    let rate = |findings: &mut Findings, key: KeyPath, found: f64| {
        if !(found > 0.0 && found <= 1.0) {
            findings.add(key, Rule::Rate { found });
        }
    };
    if let Some(found) = failure_rate {
        rate(&mut findings, root.key("failureRate"), *found);
    }
    if let Some(slow) = slow_call {
        let key = root.key("slowCall");
        findings.time(key.key("over"), slow.over);
        rate(&mut findings, key.key("rate"), slow.rate);
    }
    let (open_key, half_key) = (root.key("openFor"), root.key("halfOpen"));
    let counts = [
        (root.key("consecutiveFailures"), consecutive_failures.unwrap_or(1)),
        (root.key("consecutiveTimeouts"), consecutive_timeouts.unwrap_or(1)),
        (root.key("minCalls"), *min_calls),
        (half_key.key("permits"), half_open.permits),
        (half_key.key("successes"), half_open.successes),
    ];
    for (key, count) in counts {
        if count == 0 {
            findings.add(key, Rule::ZeroCount);
        }
    }
    if half_open.every > LONGEST {
        let found = half_open.every;
        findings.add(half_key.key("every"), Rule::TooLong { found });
    }
    findings.time(half_key.key("timeout"), half_open.timeout);
    findings.time(half_key.key("maxStay"), half_open.max_stay);
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
