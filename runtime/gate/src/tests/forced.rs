//! States that an operator orders, paced probes, and the last calls.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::{awake, in_a_row, permit, runs};
use crate::{MAX_LAST_CALLS, Pace, Permit, Publish, Rest, Rules, State, Sums};

#[test]
fn a_forced_open_gate_refuses_and_promises_nothing() {
    let (gate, owner, _) = awake();
    owner.publish(Publish::ForcedOpen);
    let shut = Permit::acquire(&*gate).unwrap_err();
    assert_eq!((shut.state(), shut.retry_at()), (State::ForcedOpen, None));
    assert_eq!(gate.shut(), Some(shut));
}

#[test]
fn a_disabled_gate_lets_calls_through_and_counts_none() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&in_a_row(1));
    owner.publish(Publish::Disabled);
    permit(&gate).success();
    permit(&gate).failure();
    permit(&gate).slow().timeout();
    assert_eq!((owner.sums(), bell.take()), (Sums::default(), 0));
    assert_eq!(owner.observe().runs, runs(0, 0));
}

#[test]
fn a_metrics_only_gate_counts_and_wakes_its_owner_and_nothing_else() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&in_a_row(1));
    owner.publish(Publish::MetricsOnly);
    assert_eq!(owner.rest(None, owner.sums()), Rest::Asleep);
    permit(&gate).slow().success();
    permit(&gate).timeout();
    let expected = Sums {
        successes: 1,
        failures: 1,
        timeouts: 1,
        slow: 1,
    };
    assert_eq!((owner.sums(), bell.take()), (expected, 1));
    assert_eq!(owner.observe().runs, runs(0, 0));
}

#[test]
fn a_metered_probe_gives_no_permit_back_and_the_owner_grants_the_next() {
    let (gate, owner, bell) = awake();
    let (permits, pace) = (1, Pace::Metered);
    owner.publish(Publish::HalfOpen { permits, pace });
    let first = permit(&gate);
    assert_eq!(bell.take(), 1, "the owner counts from the beginning of a probe");
    assert_eq!(owner.observe().under_way, 1);
    owner.grant();
    assert_eq!((gate.free_permits(), owner.observe().under_way), (1, 1));
    first.success();
    assert_eq!((gate.free_permits(), owner.observe().under_way), (1, 0));
    permit(&gate).cancel();
    assert_eq!(gate.free_permits(), 1, "it was never made");
    permit(&gate).success();
    assert_eq!(gate.free_permits(), 0);
    assert_eq!(owner.observe().probes.successes, 2);
}

#[test]
fn what_a_callee_asks_for_is_known_in_its_generation_and_the_longest_counts() {
    let (gate, owner, _) = awake();
    let late = Permit::acquire(Arc::clone(&gate)).unwrap();
    for seconds in [3, 9, 4] {
        permit(&gate).failure_until(Duration::from_secs(seconds));
    }
    assert_eq!(owner.observe().retry_at, Some(Duration::from_secs(9)));
    owner.publish(Publish::HalfOpen {
        permits: 1,
        pace: Pace::Free,
    });
    late.failure_until(Duration::from_secs(99));
    assert_eq!(owner.observe().retry_at, None);
    permit(&gate).failure_until(Duration::from_secs(5));
    assert_eq!(owner.observe().retry_at, Some(Duration::from_secs(5)));
}

#[test]
fn a_time_out_can_ask_for_a_time_as_well() {
    let (gate, owner, _) = awake();
    owner.set_rules(&Rules {
        consecutive_timeouts: Some(2),
        ..Rules::default()
    });
    for seconds in [7, 3] {
        permit(&gate).timeout_until(Duration::from_secs(seconds));
    }
    let seen = owner.observe();
    assert_eq!((seen.runs.timeouts, seen.sums.timeouts), (2, 2));
    assert_eq!(seen.retry_at, Some(Duration::from_secs(7)));
}

fn last(calls: u32) -> Rules {
    Rules {
        last_calls: Some(calls),
        ..Rules::default()
    }
}

#[test]
fn the_last_calls_begin_anew_with_a_generation_and_go_on_over_another_length() {
    let (gate, owner, _) = awake();
    owner.set_rules(&last(10));
    (0..30).for_each(|_| permit(&gate).failure());
    assert_eq!(owner.observe().last_calls.failures, 10);
    owner.set_rules(&last(25));
    assert_eq!(owner.observe().last_calls.failures, 25);
    owner.publish(Publish::Closed);
    assert_eq!(owner.observe().last_calls, Sums::default());
    permit(&gate).success();
    assert_eq!(owner.observe().last_calls.successes, 1);
    owner.set_rules(&Rules::default());
    permit(&gate).success();
    assert_eq!(owner.observe().last_calls, Sums::default());
}

#[test]
fn the_last_calls_begin_anew_where_no_order_was_kept_for_a_while() {
    let (gate, owner, _) = awake();
    owner.set_rules(&last(4));
    permit(&gate).failure();
    permit(&gate).failure();
    owner.set_rules(&Rules::default());
    permit(&gate).success();
    owner.set_rules(&last(4));
    assert_eq!(owner.observe().last_calls, Sums::default());
    permit(&gate).failure();
    owner.set_rules(&last(4));
    assert_eq!(
        owner.observe().last_calls.failures,
        1,
        "the same rules again change nothing"
    );
}

proptest! {
    /// The ring against all calls in a list.
    #[test]
    fn the_last_calls_are_exactly_the_last_of_a_list(
        calls in prop::collection::vec((any::<bool>(), any::<bool>()), 0..3_000),
        length in 1..=MAX_LAST_CALLS,
    ) {
        let (gate, owner, _) = awake();
        owner.set_rules(&last(length));
        for (failed, slow) in &calls {
            let permit = permit(&gate);
            let permit = if *slow { permit.slow() } else { permit };
            if *failed { permit.failure() } else { permit.success() }
        }
        let tail = &calls[calls.len().saturating_sub(length as usize)..];
        let failures = tail.iter().filter(|call| call.0).count() as u64;
        let expected = Sums {
            successes: tail.len() as u64 - failures,
            failures,
            timeouts: 0,
            slow: tail.iter().filter(|call| call.1).count() as u64,
        };
        prop_assert_eq!(owner.observe().last_calls, expected);
    }
}
