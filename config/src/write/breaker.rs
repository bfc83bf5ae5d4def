//! What refuses calls to an upstream, or leaves its endpoints out.

use serde_json::{Value, json};

use super::{or_off, time};
use crate::{BreakerPolicy, Consecutive, KeyLimits, OutlierPolicy, Scope, TripWhen, WindowLength};

pub(super) fn breaker(policy: &BreakerPolicy, per: Scope, keys: &KeyLimits) -> Value {
    let BreakerPolicy {
        window,
        trip_when,
        failure_rate,
        slow_call,
        consecutive_failures,
        consecutive_timeouts,
        min_calls,
        open_for,
        half_open,
    } = policy;
    let per = match per {
        Scope::Endpoint => "endpoint",
        Scope::Upstream => "upstream",
        Scope::Route => "route",
        Scope::Tenant => "tenant",
    };
    let window = match window {
        WindowLength::Time(length) => json!({ "time": time(*length) }),
        WindowLength::Calls(calls) => json!({ "calls": calls }),
    };
    let trip_when = match trip_when {
        TripWhen::Any => "any",
        TripWhen::All => "all",
    };
    let slow_call = slow_call.as_ref();
    json!({
        "per": per,
        "maxKeys": keys.max_keys,
        "idleFor": time(keys.idle_for),
        "window": window,
        "tripWhen": trip_when,
        "failureRate": or_off(*failure_rate, Value::from),
        "slowCall": or_off(slow_call, |slow| json!({ "over": time(slow.over), "rate": slow.rate })),
        "consecutiveFailures": or_off(*consecutive_failures, Value::from),
        "consecutiveTimeouts": or_off(*consecutive_timeouts, Value::from),
        "minCalls": min_calls,
        "openFor": {
            "initial": time(open_for.initial),
            "max": time(open_for.max),
            "jitter": open_for.jitter,
        },
        "halfOpen": {
            "permits": half_open.permits,
            "every": time(half_open.every),
            "timeout": time(half_open.timeout),
            "successes": half_open.successes,
            "maxStay": time(half_open.max_stay),
        },
    })
}

pub(super) fn outlier(policy: &OutlierPolicy) -> Value {
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
        always_eject_one,
        panic_below,
    } = policy;
    let consecutive = match consecutive {
        // What stands there without a word.
        Consecutive::ByScope => Value::Null,
        Consecutive::Off => "off".into(),
        Consecutive::After(failures) => (*failures).into(),
    };
    let success_rate = success_rate.as_ref();
    let failure_percentage = failure_percentage.as_ref();
    let latency = latency.as_ref();
    json!({
        "consecutive": consecutive,
        "successRate": or_off(success_rate, |rule| json!({
            "factor": rule.factor,
            "minEndpoints": rule.min_endpoints,
            "minCalls": rule.min_calls,
        })),
        "failurePercentage": or_off(failure_percentage, |rule| json!({
            "threshold": rule.threshold,
            "minEndpoints": rule.min_endpoints,
            "minCalls": rule.min_calls,
        })),
        "latency": or_off(latency, |rule| json!({
            "factor": rule.factor,
            "quantile": rule.quantile,
            "over": time(rule.over),
            "minEndpoints": rule.min_endpoints,
            "minCalls": rule.min_calls,
        })),
        "every": time(*every),
        "ejectFor": time(*eject_for),
        "maxEjectFor": time(*max_eject_for),
        "jitter": jitter,
        "maxEject": max_eject,
        "alwaysEjectOne": always_eject_one,
        "panicBelow": or_off((*panic_below > 0.0).then_some(*panic_below), Value::from),
    })
}
