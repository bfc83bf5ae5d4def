use std::time::Duration;

use hedgerow_config::{BreakerPolicy, OpenFor};
use hedgerow_gate::{Observation, Pace, Publish, State, Sums};

use super::super::Machine;
use super::super::machine::TRANSITIONS;
use super::{EPOCH_UNIX_MS, SEED, at, closed, free, nothing, policy, probes, seen, streak, sums};

/// A machine in each state, all at 10 s: open since then until 11 s.
fn in_state(state: State) -> Machine {
    let mut machine = closed();
    if state != State::Closed {
        machine.step(at(10_000), &streak(7)).unwrap();
    }
    if state == State::HalfOpen {
        machine.step(at(11_000), &nothing()).unwrap();
    }
    assert_eq!(machine.state(), state);
    machine
}

#[test]
fn the_table_of_moves() {
    use State::{Closed, HalfOpen, Open};
    type Move = (State, u64, Observation, Option<(State, &'static str)>);
    let moves: [Move; 20] = [
        (Closed, 20_000, nothing(), None),
        (Closed, 20_000, streak(6), None),
        (
            Closed,
            20_000,
            streak(7),
            Some((Open, "consecutiveFailures: limit 7, observed 7")),
        ),
        (
            Closed,
            20_000,
            streak(9),
            Some((Open, "consecutiveFailures: limit 7, observed 9")),
        ),
        (Closed, 20_000, seen(sums(9, 10)), None),
        (Closed, 20_000, seen(sums(11, 10)), None),
        (
            Closed,
            20_000,
            seen(sums(10, 16)),
            Some((Open, "failureRate: limit 50 %, observed 61.5 % of 26 calls")),
        ),
        (Open, 10_999, nothing(), None),
        (Open, 10_500, probes(5, true), None),
        (
            Open,
            11_000,
            nothing(),
            Some((HalfOpen, "openFor: 1000 ms are over")),
        ),
        (HalfOpen, 99_000, nothing(), None),
        (HalfOpen, 40_999, free(0), None),
        (
            HalfOpen,
            41_000,
            free(1),
            Some((
                Open,
                "halfOpen.maxStay: limit 30000 ms, observed 2 probes without an end",
            )),
        ),
        (
            HalfOpen,
            41_000,
            free(2),
            Some((
                Open,
                "halfOpen.maxStay: limit 30000 ms, observed 1 probe without an end",
            )),
        ),
        (
            HalfOpen,
            41_000,
            Observation {
                under_way: 2,
                ..probes(0, true)
            },
            Some((Open, "probe failed")),
        ),
        (
            HalfOpen,
            41_000,
            Observation {
                under_way: 2,
                ..probes(2, false)
            },
            Some((Closed, "halfOpen.successes: limit 2, observed 2")),
        ),
        (HalfOpen, 11_001, probes(1, false), None),
        (
            HalfOpen,
            11_001,
            probes(2, false),
            Some((Closed, "halfOpen.successes: limit 2, observed 2")),
        ),
        (HalfOpen, 11_001, probes(0, true), Some((Open, "probe failed"))),
        (HalfOpen, 11_001, probes(2, true), Some((Open, "probe failed"))),
    ];
    for (from, ms, seen, expected) in moves {
        let mut machine = in_state(from);
        let transition = machine.step(at(ms), &seen);
        let got = transition.as_ref().map(|t| (t.to, t.cause.to_string()));
        assert_eq!(
            got,
            expected.map(|(to, cause)| (to, cause.to_owned())),
            "{from} at {ms} with {seen:?}"
        );
        if let Some(transition) = transition {
            assert!(TRANSITIONS.contains(&(transition.from, transition.to)));
            assert_eq!(
                (transition.from, transition.at_unix_ms),
                (from, EPOCH_UNIX_MS + ms)
            );
            assert_eq!(
                (machine.state(), machine.since_unix_ms()),
                (transition.to, EPOCH_UNIX_MS + ms)
            );
            assert_eq!(
                machine.last_transition().unwrap().cause,
                transition.cause.to_string()
            );
        } else {
            assert_eq!(machine.state(), from);
        }
    }
}

#[test]
fn what_callers_are_to_meet_follows_the_state() {
    assert_eq!(in_state(State::Closed).publish(), Publish::Closed);
    let open = in_state(State::Open);
    assert_eq!(
        open.publish(),
        Publish::Open {
            refuse_until: Duration::from_secs(11)
        }
    );
    assert_eq!(open.deadline(Duration::ZERO), Some(Duration::from_secs(11)));
    assert_eq!(open.half_open_at_unix_ms(), Some(EPOCH_UNIX_MS + 11_000));
    let half_open = in_state(State::HalfOpen);
    assert_eq!(
        half_open.publish(),
        Publish::HalfOpen {
            permits: 3,
            pace: Pace::Free
        }
    );
    assert_eq!(
        half_open.deadline(Duration::ZERO),
        Some(Duration::from_secs(11) + policy().half_open.max_stay)
    );
    assert_eq!(half_open.half_open_at_unix_ms(), None);
}

#[test]
fn an_idle_half_open_breaker_stays_and_its_stay_begins_anew() {
    let mut machine = in_state(State::HalfOpen);
    assert_eq!(machine.step(at(41_000), &nothing()), None);
    assert_eq!(machine.deadline(Duration::ZERO), Some(Duration::from_secs(71)));
    assert_eq!(machine.step(at(70_999), &free(0)), None);
    assert_eq!(machine.step(at(71_000), &free(0)).unwrap().to, State::Open);
}

#[test]
fn probes_that_do_not_end_are_a_failed_probing_the_open_time_grows() {
    let mut machine = in_state(State::HalfOpen);
    machine.step(at(41_000), &free(0)).unwrap();
    assert_eq!(machine.deadline(Duration::ZERO), Some(Duration::from_secs(43)));
}

#[test]
fn a_rule_that_is_off_never_trips() {
    let off = BreakerPolicy {
        open_for: policy().open_for,
        ..BreakerPolicy::off()
    };
    let mut machine = Machine::new(off, at(0), Sums::default(), SEED);
    let all = Observation {
        sums: sums(0, 1_000),
        ..streak(1_000)
    };
    assert_eq!(machine.step(at(1), &all), None);
    assert_eq!(machine.fuse(), None);
}

#[test]
fn each_trip_in_a_row_doubles_the_open_time_up_to_the_longest_and_staying_closed_for_as_long_starts_over() {
    let mut machine = closed();
    let mut now = 0;
    let mut times = Vec::new();
    machine.step(at(now), &streak(7)).unwrap();
    for _ in 0..5 {
        let over = u64::try_from(machine.deadline(Duration::ZERO).unwrap().as_millis()).unwrap();
        times.push(over - now);
        now = over;
        machine.step(at(now), &nothing()).unwrap();
        machine.step(at(now), &probes(1, true)).unwrap();
    }
    assert_eq!(times, [1_000, 2_000, 4_000, 5_000, 5_000]);

    for (closed_for, open_for) in [(4_999, 5_000), (5_000, 1_000)] {
        now = u64::try_from(machine.deadline(Duration::ZERO).unwrap().as_millis()).unwrap();
        machine.step(at(now), &nothing()).unwrap();
        machine.step(at(now), &probes(2, false)).unwrap();
        now += closed_for;
        machine.step(at(now), &streak(7)).unwrap();
        assert_eq!(
            machine.deadline(Duration::ZERO),
            Some(Duration::from_millis(now + open_for)),
            "closed for {closed_for} ms"
        );
    }
}

#[test]
fn jitter_only_shortens_stays_within_its_share_and_repeats_for_the_same_seed() {
    let jittered = BreakerPolicy {
        open_for: OpenFor {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(60),
            jitter: 0.5,
        },
        ..policy()
    };
    let open_for = |seed| {
        let mut machine = Machine::new(jittered.clone(), at(0), Sums::default(), seed);
        machine.step(at(0), &streak(7)).unwrap();
        machine.deadline(Duration::ZERO).unwrap()
    };
    let times: Vec<_> = (0..100).map(open_for).collect();
    assert!(times.iter().all(|time| (500..=1_000).contains(&time.as_millis())));
    assert!(
        times.iter().any(|time| time.as_millis() < 600) && times.iter().any(|time| time.as_millis() > 900)
    );
    assert_eq!(times, (0..100).map(open_for).collect::<Vec<_>>());
}

#[test]
fn closing_begins_an_empty_window_and_forgets_no_call_after_it() {
    let mut machine = closed();
    machine.step(at(0), &seen(sums(10, 16))).unwrap();
    machine.step(at(1_000), &seen(sums(10, 16))).unwrap();
    let closing = Observation {
        sums: sums(10, 16),
        ..probes(2, false)
    };
    assert_eq!(machine.step(at(1_100), &closing).unwrap().to, State::Closed);
    assert_eq!(machine.window().totals().calls(), 0);
    // The first observation afterwards is not the base: what came before it counts.
    machine.step(at(5_000), &seen(sums(12, 19)));
    assert_eq!(machine.window().totals(), sums(2, 3));
}

#[test]
fn the_window_of_a_trip_is_shown_while_open() {
    let mut machine = closed();
    machine.step(at(500), &seen(sums(10, 16))).unwrap();
    assert_eq!(machine.record().window.calls, 26);
    assert_eq!(machine.record().window.failures, 16);
}
