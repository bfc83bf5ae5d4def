//! The rules that trip, on a real gate: each alone, joined, and off.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen, OpenFor, SlowCall, TripWhen, WindowLength};
use hedgerow_gate::{Permit, Runs, State};
use proptest::prelude::*;

use super::super::trip;
use super::drive::Shell;
use super::{policy, sums};

fn report(shell: &mut Shell, times: usize, report: fn(super::drive::Held)) {
    for _ in 0..times {
        shell.call(report).unwrap();
    }
}

fn slow_success(permit: super::drive::Held) {
    permit.slow().success();
}

fn cause(shell: &Shell) -> String {
    shell.moves.last().unwrap().cause.to_string()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Five time-outs in a row and over 60 % errors; half-open one probe each 10 s with 1.5 s time-out; two successes close.
fn of_the_field_report() -> BreakerPolicy {
    BreakerPolicy {
        trip_when: TripWhen::All,
        failure_rate: Some(0.6),
        consecutive_failures: None,
        consecutive_timeouts: Some(5),
        min_calls: 1,
        open_for: OpenFor::fixed(seconds(5)),
        half_open: HalfOpen {
            permits: 1,
            every: seconds(10),
            timeout: Duration::from_millis(1_500),
            successes: 2,
            max_stay: seconds(30),
        },
        ..policy()
    }
}

#[test]
fn the_field_report_s_rule_trips_on_time_outs_in_a_row_and_errors_together_and_on_neither_alone() {
    let mut shell = Shell::under(of_the_field_report());
    report(&mut shell, 6, Permit::success);
    report(&mut shell, 5, Permit::timeout);
    assert_eq!(shell.state(), State::Closed, "5 of 11 calls failed");
    report(&mut shell, 3, Permit::failure);
    assert_eq!(
        shell.state(),
        State::Closed,
        "8 of 14 failed, and the row has ended"
    );
    report(&mut shell, 4, Permit::timeout);
    assert_eq!(
        shell.state(),
        State::Closed,
        "12 of 18 failed, 4 time-outs in a row"
    );
    report(&mut shell, 1, Permit::timeout);
    assert_eq!(shell.state(), State::Open);
    assert_eq!(
        cause(&shell),
        "consecutiveTimeouts: limit 5, observed 5; failureRate: limit 60 %, observed 68.4 % of 19 calls"
    );
    let cause = shell.moves[0].cause.clone();
    assert_eq!(cause.rule(), "consecutiveTimeouts+failureRate");
    assert_eq!(
        (cause.limit(), cause.observed()),
        ("5 + 60 %".into(), "5 + 68.4 % of 19 calls".into())
    );
}

#[test]
fn the_field_report_s_rule_probes_once_each_ten_seconds_and_closes_after_two_successes() {
    let mut shell = Shell::under(of_the_field_report());
    report(&mut shell, 5, Permit::timeout);
    shell.advance(5_000);
    report(&mut shell, 1, Permit::success);
    for _ in 0..9 {
        assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
        shell.advance(1_000);
    }
    shell.advance(999);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.advance(1);
    report(&mut shell, 1, Permit::success);
    assert_eq!(shell.state(), State::Closed);
    assert_eq!(cause(&shell), "halfOpen.successes: limit 2, observed 2");
}

#[test]
fn the_time_to_the_next_probe_counts_from_the_last_one_s_beginning() {
    let mut shell = Shell::under(of_the_field_report());
    report(&mut shell, 5, Permit::timeout);
    shell.advance(5_000 + 9_000);
    report(&mut shell, 1, Permit::success);
    shell.advance(9_999);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.advance(1);
    shell.hang().unwrap();
    shell.advance(10_500);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen), "one at a time");
    shell.let_go();
    report(&mut shell, 1, Permit::success);
    assert_eq!(shell.state(), State::Closed, "a cancelled probe was none");
}

#[test]
fn an_actor_that_restarts_between_paced_probes_lets_none_through_too_early() {
    let mut shell = Shell::under(of_the_field_report());
    report(&mut shell, 5, Permit::timeout);
    shell.advance(5_000);
    report(&mut shell, 1, Permit::success);
    shell.advance(9_000);
    shell.restart_actor();
    shell.advance(9_999);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.advance(1);
    report(&mut shell, 1, Permit::success);
    assert_eq!(shell.state(), State::Closed);
}

#[test]
fn time_outs_in_a_row_trip_alone_and_another_failure_ends_the_row() {
    let mut shell = Shell::under(BreakerPolicy {
        consecutive_timeouts: Some(3),
        ..BreakerPolicy::off()
    });
    report(&mut shell, 2, Permit::timeout);
    report(&mut shell, 50, Permit::failure);
    report(&mut shell, 2, Permit::timeout);
    assert_eq!(shell.state(), State::Closed);
    report(&mut shell, 1, Permit::timeout);
    assert_eq!(cause(&shell), "consecutiveTimeouts: limit 3, observed 3");
}

#[test]
fn slow_calls_trip_although_they_succeed() {
    let mut shell = Shell::under(BreakerPolicy {
        slow_call: Some(SlowCall {
            over: seconds(2),
            rate: 0.5,
        }),
        min_calls: 10,
        ..BreakerPolicy::off()
    });
    report(&mut shell, 6, Permit::success);
    report(&mut shell, 5, slow_success);
    assert_eq!(shell.state(), State::Closed);
    report(&mut shell, 1, slow_success);
    assert_eq!(
        cause(&shell),
        "slowCall: limit 50 % over 2000 ms, observed 50 % of 12 calls"
    );
}

#[test]
fn every_rule_that_was_crossed_is_named() {
    let mut shell = Shell::under(BreakerPolicy {
        consecutive_failures: Some(4),
        consecutive_timeouts: Some(4),
        failure_rate: Some(1.0),
        min_calls: 4,
        ..policy()
    });
    report(&mut shell, 4, Permit::timeout);
    assert_eq!(
        cause(&shell),
        "consecutiveFailures: limit 4, observed 4; consecutiveTimeouts: limit 4, observed 4; \
         failureRate: limit 100 %, observed 100 % of 4 calls"
    );
}

#[test]
fn a_run_that_the_other_rules_did_not_join_is_forgotten_once_it_has_ended() {
    let mut shell = Shell::under(BreakerPolicy {
        trip_when: TripWhen::All,
        consecutive_failures: Some(3),
        consecutive_timeouts: None,
        failure_rate: Some(0.5),
        min_calls: 10,
        ..policy()
    });
    report(&mut shell, 3, Permit::failure);
    report(&mut shell, 1, Permit::success);
    for _ in 0..20 {
        report(&mut shell, 2, Permit::failure);
        report(&mut shell, 1, Permit::success);
    }
    shell.advance(9_000);
    assert_eq!(
        shell.state(),
        State::Closed,
        "two thirds failed, never three in a row"
    );
    report(&mut shell, 3, Permit::failure);
    assert_eq!(shell.state(), State::Open);
}

#[test]
fn a_breaker_with_all_rules_off_never_trips_however_they_are_joined() {
    for trip_when in [TripWhen::Any, TripWhen::All] {
        let mut shell = Shell::under(BreakerPolicy {
            trip_when,
            ..BreakerPolicy::off()
        });
        report(&mut shell, 1_000, Permit::timeout);
        shell.advance(60_000);
        assert_eq!(shell.state(), State::Closed);
    }
}

#[test]
fn a_window_of_calls_holds_exactly_the_last_so_many() {
    let mut shell = Shell::under(BreakerPolicy {
        window: WindowLength::Calls(100),
        failure_rate: Some(0.5),
        min_calls: 100,
        ..BreakerPolicy::off()
    });
    report(&mut shell, 49, Permit::failure);
    report(&mut shell, 51, Permit::success);
    report(&mut shell, 49, Permit::success);
    shell.advance(1_000);
    assert_eq!(shell.machine.window().totals(), sums(100, 0));
    report(&mut shell, 49, Permit::failure);
    assert_eq!(shell.state(), State::Closed);
    report(&mut shell, 1, Permit::failure);
    assert_eq!(
        cause(&shell),
        "failureRate: limit 50 %, observed 50 % of 100 calls"
    );
    shell.advance(1_000);
    report(&mut shell, 2, Permit::success);
    assert_eq!(shell.state(), State::Closed);
    assert_eq!(shell.machine.window().totals().calls(), 0);
    report(&mut shell, 99, Permit::failure);
    assert_eq!(shell.state(), State::Closed, "it begins anew");
}

proptest! {
    /// Whatever the rules and however they are joined: fewer bad calls than the fuse cannot trip, unless by runs alone.
    #[test]
    fn the_fuse_is_never_longer_than_the_way_to_a_trip(
        all in any::<bool>(),
        failure_rate in prop::option::of((1_u32..=100).prop_map(|percent| f64::from(percent) / 100.0)),
        slow_rate in prop::option::of((1_u32..=100).prop_map(|percent| f64::from(percent) / 100.0)),
        last in prop::option::of(1_u32..60),
        min_calls in 1_u32..40,
        before in prop::collection::vec((any::<bool>(), any::<bool>()), 0..60),
        later in prop::collection::vec((any::<bool>(), any::<bool>()), 0..120),
    ) {
        let rules = BreakerPolicy {
            trip_when: if all { TripWhen::All } else { TripWhen::Any },
            failure_rate,
            slow_call: slow_rate.map(|rate| SlowCall { over: seconds(1), rate }),
            min_calls,
            window: last.map_or(WindowLength::default(), WindowLength::Calls),
            ..BreakerPolicy::off()
        };
        prop_assume!(failure_rate.is_some() || slow_rate.is_some());
        let length = last.map_or(usize::MAX, |last| last as usize);
        let totals = |calls: &[(bool, bool)]| {
            let calls = &calls[calls.len().saturating_sub(length)..];
            let count = |pick: fn(&(bool, bool)) -> bool| calls.iter().filter(|call| pick(call)).count() as u64;
            let failures = count(|call| call.0);
            hedgerow_gate::Sums {
                slow: count(|call| call.1),
                ..sums(calls.len() as u64 - failures, failures)
            }
        };
        let mut calls = before;
        let fuse = trip::fuse(&rules, totals(&calls));
        let mut burnt = 0;
        for call in later {
            burnt += u64::from(call.0 || call.1);
            calls.push(call);
            if trip::tripped(&rules, Runs::default(), totals(&calls)).is_some() {
                prop_assert!(fuse.is_some_and(|fuse| fuse <= burnt), "tripped by {burnt}, fuse {fuse:?}");
            }
        }
    }
}
