//! Policies of every kind.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen, OpenFor, SlowCall, TripWhen, WindowLength};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn policy() -> impl Strategy<Value = BreakerPolicy> {
    let rules = (
        option::of(select(vec![0.25, 0.5, 1.0])),
        option::of(select(vec![0.5, 0.75])),
        option::of(2_u32..6),
        option::of(2_u32..4),
        select(vec![TripWhen::Any, TripWhen::All]),
    );
    (rules, window(), 1_u32..12, half_open(), select(vec![500, 2_000])).prop_map(
        |((failure_rate, slow, failures, timeouts, trip_when), window, min_calls, half_open, initial)| {
            BreakerPolicy {
                window,
                trip_when,
                failure_rate,
                slow_call: slow.map(|rate| SlowCall {
                    over: Duration::from_millis(100),
                    rate,
                }),
                consecutive_failures: failures,
                consecutive_timeouts: timeouts,
                min_calls,
                open_for: OpenFor {
                    initial: Duration::from_millis(initial),
                    max: Duration::from_millis(initial * 3),
                    jitter: 0.0,
                },
                half_open,
            }
        },
    )
}

fn window() -> impl Strategy<Value = WindowLength> {
    prop_oneof![
        select(vec![200, 1_000, 4_000]).prop_map(|ms| WindowLength::Time(Duration::from_millis(ms))),
        select(vec![4, 10, 20]).prop_map(WindowLength::Calls),
    ]
}

fn half_open() -> impl Strategy<Value = HalfOpen> {
    (1_u32..4, select(vec![0, 300]), 1_u32..4).prop_map(|(permits, every_ms, successes)| HalfOpen {
        permits,
        every: Duration::from_millis(every_ms),
        successes,
        max_stay: Duration::from_secs(3),
        ..HalfOpen::default()
    })
}
