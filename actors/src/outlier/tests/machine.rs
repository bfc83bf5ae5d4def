use std::time::Duration;

use hedgerow_config::{FailurePercentage, OutlierPolicy, SuccessRate};

use super::super::{Cause, Move, To};
use super::{Field, roomy, secs};

fn until(moves: &[Move]) -> Option<Duration> {
    moves.iter().find_map(|step| match step.to {
        To::Ejected { until, .. } => Some(until),
        _ => None,
    })
}

fn causes(moves: &[Move]) -> Vec<(usize, String)> {
    let causes = moves.iter().filter_map(|step| match step.to {
        To::Ejected { cause, .. } => Some((step.at, cause.to_string())),
        _ => None,
    });
    causes.collect()
}

#[test]
fn a_run_as_long_as_the_limit_ejects_and_one_less_does_not() {
    let mut field = Field::new(roomy(), Some(5), 2);
    field.seen[1].run = 4;
    assert_eq!(field.look(secs(1)), []);
    assert_eq!(field.wake_at, None, "there is nothing to look at");
    field.seen[1].run = 5;
    let moves = field.look(secs(2));
    assert_eq!(
        causes(&moves),
        [(1, "consecutive: limit 5, observed 5".to_owned())]
    );
    assert_eq!(until(&moves), Some(secs(32)));
    assert_eq!(field.wake_at, Some(secs(32)));
}

#[test]
fn an_ejection_is_over_when_its_time_is_and_not_before() {
    let mut field = Field::new(roomy(), Some(5), 2);
    field.seen[0].run = 5;
    field.look(secs(0));
    field.seen[0].run = 9;
    assert_eq!(field.look(secs(30) - Duration::from_nanos(1)), []);
    assert_eq!(
        field.look(secs(30)),
        [Move {
            at: 0,
            to: To::Returned
        }],
        "and what it failed meanwhile is forgotten"
    );
    assert_eq!(field.ejected(), [] as [usize; 0]);
}

#[test]
fn each_further_ejection_is_longer_up_to_the_longest_and_each_quiet_interval_takes_one_off() {
    let policy = OutlierPolicy {
        max_eject_for: secs(100),
        ..roomy()
    };
    let mut field = Field::new(policy, Some(5), 2);
    let mut now = Duration::ZERO;
    let mut lengths = Vec::new();
    for _ in 0..6 {
        field.seen[0].run = 5;
        let moves = field.look(now);
        let until = until(&moves).unwrap();
        lengths.push((until - now).as_secs());
        now = until;
        field.look(now);
    }
    assert_eq!(lengths, [30, 60, 90, 100, 100, 100]);
    // It has grown five times, and no further: so it is down again after five quiet intervals, and then nobody looks.
    let mut looks = 0;
    while let Some(at) = field.wake_at {
        assert_eq!(at, now + secs(10));
        now = at;
        field.look(now);
        looks += 1;
        assert!(looks <= 5, "nobody may look for ever");
    }
    assert_eq!((looks, field.seen[0].times), (5, 0));
    field.seen[0].run = 5;
    assert_eq!(until(&field.look(now)), Some(now + secs(30)));
}

#[test]
fn jitter_takes_off_a_random_share_and_no_more() {
    let policy = OutlierPolicy {
        jitter: 0.5,
        max_eject: 1.0,
        ..roomy()
    };
    let mut field = Field::new(policy, Some(1), 100);
    for seen in &mut field.seen {
        seen.run = 1;
    }
    field.look(secs(0));
    let mut lengths: Vec<Duration> = field
        .seen
        .iter()
        .map(|seen| seen.ejected_until.unwrap())
        .collect();
    assert!(
        lengths
            .iter()
            .all(|length| (secs(15)..=secs(30)).contains(length))
    );
    lengths.sort_unstable();
    lengths.dedup();
    assert_eq!(lengths.len(), 100);
}

#[test]
fn no_more_are_ejected_than_may_be_and_one_in_any_case() {
    for (endpoints, max_eject, always, expected) in [
        (10, 0.1, true, 1),
        (10, 0.1, false, 1),
        (9, 0.1, false, 0),
        (9, 0.1, true, 1),
        (10, 0.3, true, 3),
        (10, 0.39, true, 3),
        (10, 0.0, true, 1),
        (10, 0.0, false, 0),
        (2, 0.1, true, 1),
        (2, 1.0, true, 2),
        (1, 1.0, true, 0),
    ] {
        let policy = OutlierPolicy {
            max_eject,
            always_eject_one: always,
            ..roomy()
        };
        let mut field = Field::new(policy, Some(5), endpoints);
        for seen in &mut field.seen {
            seen.run = 5;
        }
        let moves = field.look(secs(0));
        assert_eq!(
            field.ejected().len(),
            expected,
            "{endpoints} {max_eject} {always}"
        );
        let spared = moves.iter().filter(|step| step.to == To::Spared).count();
        assert_eq!(
            spared + expected,
            field.seen.len(),
            "the runs of the others begin anew"
        );
    }
}

#[test]
fn one_that_leaves_while_it_is_ejected_makes_room() {
    let mut field = Field::new(roomy(), Some(5), 3);
    field.seen[0].run = 5;
    field.look(secs(0));
    field.seen[1].run = 5;
    assert_eq!(causes(&field.look(secs(1))), []);
    field.seen.remove(0);
    field.seen[0].run = 5;
    assert_eq!(causes(&field.look(secs(2))).len(), 1);
}

#[test]
fn shares_are_looked_at_each_interval_as_of_the_calls_in_it() {
    let policy = OutlierPolicy {
        success_rate: Some(SuccessRate {
            min_endpoints: 3,
            ..SuccessRate::default()
        }),
        ..roomy()
    };
    let mut field = Field::new(policy, None, 10);
    assert!(field.is_resting());
    for at in 0..10 {
        field.calls(
            secs(3),
            at,
            if at == 4 { 50 } else { 100 },
            if at == 4 { 50 } else { 0 },
        );
    }
    assert_eq!(field.wake_at, Some(secs(13)));
    assert_eq!(field.look(secs(12)), []);
    // Mean 0.95, deviation 0.15: the limit is 0.665.
    let moves = field.look(secs(13));
    assert_eq!(
        causes(&moves),
        [(4, "successRate: limit 0.665, observed 0.500".to_owned())]
    );
    // What was counted before is not counted again.
    for at in 0..10 {
        field.calls(secs(14), at, 99, 0);
    }
    assert_eq!(causes(&field.look(secs(23))), []);
}

#[test]
fn an_interval_without_a_call_is_the_last_until_the_next_call() {
    let policy = OutlierPolicy {
        failure_percentage: Some(FailurePercentage {
            min_endpoints: 2,
            min_calls: 1,
            ..FailurePercentage::default()
        }),
        ..roomy()
    };
    let mut field = Field::new(policy, None, 2);
    field.calls(secs(1), 0, 1, 0);
    assert_eq!(field.wake_at, Some(secs(11)));
    field.look(secs(11));
    assert!(!field.is_resting());
    assert_eq!(field.wake_at, Some(secs(21)));
    field.look(secs(21));
    assert!(field.is_resting());
    assert_eq!(field.wake_at, None);
    // The next calls are seen at the end of an interval of their own.
    field.calls(secs(100), 0, 0, 10);
    field.calls(secs(100), 1, 10, 0);
    assert_eq!(field.wake_at, Some(secs(110)));
    let moves = field.look(secs(110));
    assert_eq!(
        causes(&moves),
        [(0, "failurePercentage: limit 0.850, observed 1.000".to_owned())]
    );
}

#[test]
fn the_worst_is_ejected_where_there_is_room_for_one() {
    let policy = OutlierPolicy {
        failure_percentage: Some(FailurePercentage {
            threshold: 0.5,
            min_endpoints: 2,
            min_calls: 1,
        }),
        max_eject: 0.25,
        ..roomy()
    };
    let mut field = Field::new(policy, None, 4);
    for (at, failures) in [6, 0, 9, 0].into_iter().enumerate() {
        field.calls(secs(0), at, 10 - failures, failures);
    }
    field.look(secs(10));
    assert_eq!(field.ejected(), [2]);
}

#[test]
fn one_that_is_ejected_is_not_judged_and_what_it_was_given_meanwhile_is_not_counted() {
    let policy = OutlierPolicy {
        failure_percentage: Some(FailurePercentage {
            min_endpoints: 2,
            min_calls: 1,
            ..FailurePercentage::default()
        }),
        eject_for: secs(15),
        ..roomy()
    };
    let mut field = Field::new(policy, Some(5), 3);
    field.calls(secs(0), 0, 0, 5);
    field.seen[0].run = 5;
    assert_eq!(causes(&field.look(secs(1))).len(), 1);
    field.calls(secs(2), 0, 0, 100);
    assert_eq!(causes(&field.look(secs(10))), []);
    field.calls(secs(11), 0, 0, 100);
    assert_eq!(
        field.look(secs(16)),
        [Move {
            at: 0,
            to: To::Returned
        }]
    );
    field.calls(secs(17), 1, 1, 0);
    assert_eq!(causes(&field.look(secs(20))), []);
}

#[test]
fn a_machine_that_begins_anew_counts_from_then_and_an_endpoint_that_joins_from_its_first_call() {
    let policy = OutlierPolicy {
        failure_percentage: Some(FailurePercentage {
            min_endpoints: 2,
            min_calls: 10,
            ..FailurePercentage::default()
        }),
        ..roomy()
    };
    let mut field = Field::new(policy.clone(), None, 2);
    field.calls(secs(0), 0, 0, 9);
    let again = super::super::Machine::new(policy, None, 7, &field.seen);
    field.machine = again;
    field.look(secs(1));
    field.calls(secs(2), 0, 0, 1);
    field.seen.push(super::super::Seen {
        id: 77,
        ends: super::super::Ends {
            successes: 0,
            failures: 10,
        },
        ..Default::default()
    });
    field.calls(secs(3), 1, 10, 0);
    let moves = field.look(secs(11));
    assert_eq!(causes(&moves).len(), 1);
    assert_eq!(field.ejected(), [2]);
}

#[test]
fn a_cause_names_its_rule_as_the_config_does() {
    let latency = Cause::Latency {
        limit: Duration::from_millis(300),
        observed: Duration::from_millis(812),
    };
    assert_eq!(latency.to_string(), "latency: limit 300 ms, observed 812 ms");
    assert_eq!(latency.rule(), "latency");
}
