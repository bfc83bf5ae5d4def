use std::time::Duration;

use hedgerow_gate::{Pace, Publish, State, Sums};

use super::super::{FRESH_FOR, Machine, Now, Record, Restored};
use super::{EPOCH_UNIX_MS, SEED, at, closed, nothing, policy, probes, streak, sums};

const HOUR_MS: u64 = 3_600_000;

/// Opened at 10 s, for one second.
fn open() -> Machine {
    let mut machine = closed();
    machine.step(at(10_000), &streak(7)).unwrap();
    machine
}

fn half_open() -> Machine {
    let mut machine = open();
    machine.step(at(11_000), &nothing()).unwrap();
    machine
}

/// The machine after a crash: a new process, whose monotonic clock begins anew.
fn restore(record: &Record, unix_ms: u64) -> (Machine, Restored) {
    let now = Now {
        elapsed: Duration::ZERO,
        unix_ms,
    };
    Machine::restore(record, policy(), now, sums(3, 4), SEED)
}

fn remaining(ms: u64) -> Restored {
    Restored::Open {
        remaining: Duration::from_millis(ms),
    }
}

fn clamped(ms: u64) -> Restored {
    Restored::Clamped {
        remaining: Duration::from_millis(ms),
    }
}

#[test]
fn an_open_breaker_stays_open_for_the_rest_of_its_time_whatever_the_clock_did() {
    let record = open().record();
    let opened = EPOCH_UNIX_MS + 10_000;
    let table = [
        (opened, remaining(1_000)),
        (opened + 400, remaining(600)),
        (opened + 999, remaining(1)),
        (opened - 1, clamped(1_000)),
        (opened - HOUR_MS, clamped(1_000)),
        (0, clamped(1_000)),
    ];
    for (unix_ms, expected) in table {
        let (machine, restored) = restore(&record, unix_ms);
        assert_eq!(restored, expected);
        let (Restored::Open { remaining } | Restored::Clamped { remaining }) = restored else {
            unreachable!("the table has no other");
        };
        assert_eq!(
            machine.publish(),
            Publish::Open {
                refuse_until: remaining
            }
        );
        assert_eq!(machine.deadline(Duration::ZERO), Some(remaining));
        assert_eq!(machine.last_transition(), record.last_transition.as_ref());
        assert!(machine.since_unix_ms() <= unix_ms);
    }
}

#[test]
fn one_whose_time_ran_out_while_down_probes_and_says_so() {
    let record = open().record();
    for later in [11_000, 11_001, HOUR_MS, 365 * 24 * HOUR_MS] {
        let (machine, restored) = restore(&record, EPOCH_UNIX_MS + later);
        let Restored::RanOut(transition) = &restored else {
            panic!("{restored:?} after {later} ms");
        };
        assert_eq!((transition.from, transition.to), (State::Open, State::HalfOpen));
        assert_eq!(restored.to_string(), "restored: openFor ran out while down");
        assert_eq!(machine.state(), State::HalfOpen);
        assert_eq!(machine.since_unix_ms(), EPOCH_UNIX_MS + later);
    }
}

#[test]
fn a_half_open_one_probes_again_however_old_its_record_is() {
    for later in [0, 11_000, HOUR_MS] {
        let (machine, restored) = restore(&half_open().record(), EPOCH_UNIX_MS + later);
        assert_eq!((machine.state(), restored), (State::HalfOpen, Restored::HalfOpen));
        assert_eq!(
            machine.deadline(Duration::ZERO),
            Some(policy().half_open.max_stay),
            "its stay begins anew"
        );
    }
}

#[test]
fn a_closed_one_is_closed_with_an_empty_window_that_counts_from_the_base() {
    let (mut machine, restored) = restore(&closed().record(), EPOCH_UNIX_MS + 1);
    assert_eq!((machine.state(), restored), (State::Closed, Restored::Closed));
    assert_eq!(machine.window().totals().calls(), 0);
    machine.step(at(1), &super::seen(sums(3, 5)));
    assert_eq!(machine.window().totals(), sums(0, 1));
}

#[test]
fn another_policy_cuts_the_time_to_its_own_longest_and_never_closes() {
    let mut short = policy();
    short.open_for.max = Duration::from_millis(200);
    let now = Now {
        elapsed: Duration::from_secs(3),
        unix_ms: EPOCH_UNIX_MS + 10_100,
    };
    let (machine, restored) = Machine::restore(&open().record(), short, now, Sums::default(), SEED);
    assert_eq!(restored, clamped(200));
    assert_eq!(restored.to_string(), "restored: open, cut to 200 ms more");
    assert_eq!(
        machine.deadline(Duration::ZERO),
        Some(Duration::from_millis(3_200))
    );
}

#[test]
fn the_open_time_keeps_growing_after_a_restart_only_while_the_record_is_fresh_and_of_this_policy() {
    let fresh = FRESH_FOR.as_millis() as u64;
    let mut other = policy();
    other.min_calls += 1;
    // A record of the third opening in a row: the fourth takes the longest time, 5 s, a second one 2 s.
    let record = Record {
        open_count: 3,
        ..open().record()
    };
    let table = [
        (11_000, policy(), 5_000),
        (11_000 + fresh, policy(), 5_000),
        (11_001 + fresh, policy(), 2_000),
        (11_000, other, 2_000),
    ];
    for (later, policy, next) in table {
        let now = Now {
            elapsed: Duration::ZERO,
            unix_ms: EPOCH_UNIX_MS + later,
        };
        let (mut machine, _) = Machine::restore(&record, policy, now, Sums::default(), SEED);
        machine.step(now, &probes(0, true)).unwrap();
        assert_eq!(
            machine.deadline(Duration::ZERO),
            Some(Duration::from_millis(next)),
            "{later} ms later"
        );
    }
}

#[test]
fn a_clock_that_keeps_running_back_strands_none() {
    let mut record = open().record();
    let mut unix_ms = EPOCH_UNIX_MS;
    for _ in 0..10 {
        unix_ms -= HOUR_MS;
        let (machine, _) = restore(&record, unix_ms);
        assert!(machine.deadline(Duration::ZERO).unwrap() <= Duration::from_secs(1));
        record = machine.record();
    }
    assert_eq!(restore(&record, unix_ms + 1_000).0.state(), State::HalfOpen);
}

#[test]
fn what_callers_already_meet_wins_where_it_is_stricter() {
    let until = Duration::from_secs(12);
    let published_open = Publish::Open { refuse_until: until };
    let published_half = Publish::HalfOpen {
        permits: 1,
        pace: Pace::Free,
    };
    let table = [
        (closed(), Publish::Closed, State::Closed),
        (closed(), published_half, State::HalfOpen),
        (closed(), published_open, State::Open),
        (half_open(), Publish::Closed, State::HalfOpen),
        (half_open(), published_half, State::HalfOpen),
        (half_open(), published_open, State::Open),
        (open(), Publish::Closed, State::Open),
        (open(), published_half, State::Open),
        (open(), published_open, State::Open),
    ];
    for (mut machine, published, expected) in table {
        let before = machine.state();
        machine.heed(published, at(11_000));
        assert_eq!(machine.state(), expected, "{before} heeding {published:?}");
        if published == published_open {
            assert_eq!(machine.deadline(Duration::ZERO), Some(until));
        }
    }
}

#[test]
fn a_move_that_does_not_lead_to_what_callers_meet_is_not_shown_as_its_reason() {
    let published = Publish::Open {
        refuse_until: Duration::from_secs(12),
    };
    let mut machine = half_open();
    machine.heed(published, at(11_000));
    assert_eq!(machine.last_transition(), None);
    let mut machine = open();
    machine.heed(published, at(11_000));
    assert_eq!(machine.last_transition().unwrap().to, State::Open);
}
