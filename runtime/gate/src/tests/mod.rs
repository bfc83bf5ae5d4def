#![allow(clippy::unwrap_used)]

mod compact;
mod fence;
mod forced;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::word::Word;
use crate::{
    Armed, Bell, Gate, Join, MAX_PERMITS, Owner, Pace, Permit, Probes, Publish, Rates, Rest, Rules, Runs,
    State, Sums,
};

#[derive(Default)]
struct Count(AtomicU64);

impl Bell for Count {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn gate() -> (Arc<Gate>, Owner, Arc<Count>) {
    let bell = Arc::new(Count::default());
    let (gate, owner) = Gate::new(Arc::clone(&bell) as Arc<dyn Bell>);
    (gate, owner, bell)
}

/// A gate whose owner is awake and has seen everything.
fn awake() -> (Arc<Gate>, Owner, Arc<Count>) {
    let (gate, owner, bell) = gate();
    owner.publish(Publish::Closed);
    (gate, owner, bell)
}

fn fuse(failures: u64) -> Option<NonZeroU64> {
    NonZeroU64::new(failures)
}

/// So many failures in a row trip.
fn in_a_row(failures: u32) -> Rules {
    Rules {
        consecutive_failures: Some(failures),
        ..Rules::default()
    }
}

fn half_open(permits: u32) -> Publish {
    let pace = Pace::Free;
    Publish::HalfOpen { permits, pace }
}

fn runs(failures: u32, timeouts: u32) -> Runs {
    Runs::new(failures, timeouts)
}

fn permit(gate: &Gate) -> Permit<&Gate> {
    Permit::acquire(gate).unwrap()
}

#[test]
fn the_parts_of_a_word_do_not_touch_each_other() {
    for state in State::ALL {
        for permits in [0, 1, MAX_PERMITS, u32::MAX] {
            for generation in [0, 1, (1 << 37) - 1] {
                let word = Word::new(state, permits, generation);
                assert_eq!(word.state(), state);
                assert_eq!(word.permits(), permits.min(MAX_PERMITS));
                assert_eq!(word.generation(), generation);
                assert!(!word.is_dormant() && !word.is_fenced() && !word.is_slow() && !word.is_metered());
                assert!(word.dormant().is_dormant() && word.fenced().is_fenced());
                assert!(word.slow().is_slow() && word.metered().is_metered());
                assert_eq!(word.dormant().awake(), word);
                assert_eq!(word.dormant().fenced().bare(), word);
                assert_eq!(word.slow().ordered().bare(), word);
            }
        }
    }
}

#[test]
fn the_generation_wraps_to_zero() {
    let last = Word::new(State::Closed, 0, (1 << 37) - 1);
    assert_eq!(last.next_generation(), 0);
}

#[test]
fn each_end_is_counted_once_and_a_cancelled_call_not_at_all() {
    let (gate, owner, _) = awake();
    permit(&gate).success();
    permit(&gate).failure();
    permit(&gate).cancel();
    drop(permit(&gate));
    assert_eq!(
        owner.sums(),
        Sums {
            successes: 1,
            failures: 1,
            ..Sums::default()
        }
    );
}

#[test]
fn a_permit_can_hold_the_gate_by_arc_and_move_to_another_thread() {
    let (gate, owner, _) = awake();
    let permit = Permit::acquire(Arc::clone(&gate)).unwrap();
    std::thread::spawn(move || permit.success()).join().unwrap();
    assert_eq!(owner.sums().successes, 1);
    // No reference is left behind by a reported permit: the test's, and the owner's.
    assert_eq!(Arc::strong_count(&gate), 2);
}

#[test]
fn an_open_gate_refuses_and_says_until_when() {
    let (gate, owner, _) = awake();
    let until = Duration::from_millis(1_500);
    owner.publish(Publish::Open { refuse_until: until });
    let shut = Permit::acquire(&*gate).unwrap_err();
    assert_eq!(shut.state(), State::Open);
    assert_eq!(shut.retry_at(), Some(until));
}

#[test]
fn half_open_admits_as_many_as_it_has_permits() {
    let (gate, owner, _) = awake();
    owner.publish(half_open(2));
    let (first, second) = (permit(&gate), permit(&gate));
    let shut = Permit::acquire(&*gate).unwrap_err();
    assert_eq!((shut.state(), shut.retry_at()), (State::HalfOpen, None));
    first.cancel();
    assert_eq!(gate.free_permits(), 1);
    second.success();
    assert_eq!(gate.free_permits(), 2);
}

#[test]
fn who_asks_whether_a_gate_is_shut_takes_no_permit() {
    let (gate, owner, _) = awake();
    assert_eq!(gate.shut(), None);
    let until = Duration::from_millis(1_500);
    owner.publish(Publish::Open { refuse_until: until });
    assert_eq!(gate.shut(), Permit::acquire(&*gate).err());
    assert_eq!(gate.shut().unwrap().retry_at(), Some(until));

    owner.publish(half_open(1));
    assert_eq!((gate.shut(), gate.free_permits()), (None, 1));
    let probe = permit(&gate);
    assert_eq!(gate.shut().unwrap().state(), State::HalfOpen);
    drop(probe);
    assert_eq!(gate.shut(), None);
}

#[test]
fn the_owner_sees_how_many_permits_are_free() {
    let (gate, owner, _) = awake();
    assert_eq!(owner.observe().free_permits, 0);
    owner.publish(half_open(3));
    let probe = permit(&gate);
    assert_eq!(owner.observe().free_permits, 2);
    drop(probe);
    assert_eq!(owner.observe().free_permits, 3);
}

#[test]
fn a_failed_probe_keeps_its_permit_so_that_a_sick_callee_gets_no_more_of_them() {
    let (gate, owner, bell) = awake();
    owner.publish(half_open(2));
    permit(&gate).failure();
    assert_eq!(gate.free_permits(), 1);
    assert_eq!(
        owner.observe().probes,
        Probes {
            successes: 0,
            failed: true
        }
    );
    assert_eq!(bell.take(), 1);
}

#[test]
fn successful_probes_are_counted_and_ring() {
    let (gate, owner, bell) = awake();
    owner.publish(half_open(1));
    permit(&gate).success();
    permit(&gate).success();
    assert_eq!(
        owner.observe().probes,
        Probes {
            successes: 2,
            failed: false
        }
    );
    assert_eq!(bell.take(), 2);
    assert_eq!(owner.sums(), Sums::default(), "the window is of closed calls");
}

#[test]
fn reports_of_an_older_generation_change_nothing_in_any_state() {
    let ways: [fn(Permit<Arc<Gate>>); 3] = [Permit::success, Permit::failure, Permit::cancel];
    let states = [
        Publish::Closed,
        Publish::Open {
            refuse_until: Duration::ZERO,
        },
        half_open(1),
    ];
    for admitted_in in [Publish::Closed, half_open(1)] {
        for now in states {
            for report in ways {
                let (gate, owner, bell) = awake();
                owner.set_rules(&in_a_row(1));
                owner.publish(admitted_in);
                let late = Permit::acquire(Arc::clone(&gate)).unwrap();
                owner.publish(now);
                let before = (owner.observe(), gate.free_permits());
                report(late);
                assert_eq!(
                    (owner.observe(), gate.free_permits()),
                    before,
                    "{admitted_in:?} to {now:?}"
                );
                assert_eq!(bell.take(), 0);
            }
        }
    }
}

#[test]
fn the_failure_that_spends_the_fuse_rings_once() {
    let (gate, owner, bell) = awake();
    assert_eq!(owner.arm(fuse(3), owner.sums()), Armed::Set);
    permit(&gate).failure();
    permit(&gate).failure();
    assert_eq!(bell.take(), 0);
    permit(&gate).failure();
    assert_eq!(bell.take(), 1);
    permit(&gate).failure();
    assert_eq!(bell.take(), 0);
}

#[test]
fn failures_between_the_observation_and_the_arming_burn_the_new_fuse() {
    let (gate, owner, bell) = awake();
    let seen = owner.sums();
    permit(&gate).failure();
    assert_eq!(owner.arm(fuse(2), seen), Armed::Set);
    permit(&gate).failure();
    assert_eq!(bell.take(), 1);

    let seen = owner.sums();
    permit(&gate).failure();
    permit(&gate).failure();
    assert_eq!(owner.arm(fuse(2), seen), Armed::Spent);
}

#[test]
fn a_fuse_that_no_number_could_spend_never_rings() {
    let (gate, owner, bell) = awake();
    assert_eq!(owner.arm(None, owner.sums()), Armed::Set);
    for _ in 0..1_000 {
        permit(&gate).failure();
    }
    assert_eq!(bell.take(), 0);
}

#[test]
fn a_run_that_reached_its_limit_stays_known_after_a_success() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&in_a_row(3));
    for _ in 0..2 {
        permit(&gate).failure();
    }
    assert_eq!((owner.observe().runs, bell.take()), (runs(2, 0), 0));
    permit(&gate).failure();
    permit(&gate).success();
    assert_eq!((owner.observe().runs, bell.take()), (runs(3, 0), 1));
    assert_eq!(
        owner.observe().runs,
        runs(3, 0),
        "reading does not consume it: an owner may crash"
    );
    owner.publish(Publish::Closed);
    assert_eq!(owner.observe().runs, runs(0, 0));
}

#[test]
fn a_run_that_has_ended_can_be_forgotten_and_one_that_goes_on_or_was_longer_cannot() {
    let (gate, owner, _) = awake();
    owner.set_rules(&in_a_row(2));
    permit(&gate).failure();
    permit(&gate).failure();
    let seen = owner.observe().runs;
    owner.forget_runs(seen);
    assert_eq!(owner.observe().runs, runs(2, 0), "it goes on");
    permit(&gate).failure();
    permit(&gate).success();
    owner.forget_runs(seen);
    assert_eq!(owner.observe().runs, runs(3, 0), "it has grown since it was seen");
    let seen = owner.observe().runs;
    for _ in 0..3 {
        permit(&gate).failure();
    }
    permit(&gate).success();
    owner.forget_runs(seen);
    assert_eq!(
        owner.observe().runs,
        runs(3, 0),
        "it is another one of its length"
    );
    owner.forget_runs(owner.observe().runs);
    assert_eq!(owner.observe().runs, runs(0, 0));
}

#[test]
fn a_success_ends_a_run() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&in_a_row(2));
    for _ in 0..10 {
        permit(&gate).failure();
        permit(&gate).success();
    }
    assert_eq!((owner.observe().runs, bell.take()), (runs(0, 0), 0));
}

#[test]
fn a_run_of_time_outs_is_ended_by_another_failure_while_nobody_asks_for_it() {
    for failures in [None, Some(10)] {
        let (gate, owner, _) = awake();
        let limits = |consecutive_timeouts| Rules {
            consecutive_failures: failures,
            consecutive_timeouts,
            ..Rules::default()
        };
        owner.set_rules(&limits(Some(3)));
        permit(&gate).timeout();
        permit(&gate).timeout();
        owner.set_rules(&limits(None));
        permit(&gate).failure();
        owner.set_rules(&limits(Some(3)));
        permit(&gate).timeout();
        assert_eq!(owner.observe().runs.timeouts, 1);
    }
}

#[test]
fn a_run_of_time_outs_is_ended_by_a_success_and_by_another_failure() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&Rules {
        consecutive_timeouts: Some(3),
        ..Rules::default()
    });
    for _ in 0..2 {
        permit(&gate).timeout();
    }
    assert_eq!(owner.observe().runs, runs(2, 2));
    permit(&gate).failure();
    assert_eq!(owner.observe().runs, runs(3, 0));
    permit(&gate).timeout();
    permit(&gate).success();
    assert_eq!((owner.observe().runs, bell.take()), (runs(0, 0), 0));
    for _ in 0..3 {
        permit(&gate).timeout();
    }
    assert_eq!((owner.observe().runs, bell.take()), (runs(3, 3), 1));
    assert_eq!((owner.sums().timeouts, owner.sums().failures), (6, 7));
}

#[test]
fn runs_without_a_limit_are_not_counted() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&Rules::default());
    for _ in 0..100 {
        permit(&gate).failure();
    }
    assert_eq!((owner.observe().runs, bell.take()), (runs(0, 0), 0));
}

#[test]
fn where_all_rules_must_hold_the_bell_rings_once_the_runs_are_reached_and_the_fuse_is_spent() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&Rules {
        join: Join::All,
        consecutive_failures: Some(3),
        rates: Rates {
            failure: Some(0.5),
            slow: None,
            min_calls: 5,
        },
        ..Rules::default()
    });
    assert_eq!(owner.arm(fuse(2), owner.sums()), Armed::Set);
    permit(&gate).failure();
    permit(&gate).failure();
    assert_eq!(bell.take(), 0, "the fuse is spent, the run is short");
    permit(&gate).failure();
    assert_eq!(bell.take(), 1);
    assert_eq!(owner.arm(fuse(2), owner.sums()), Armed::Set);
    permit(&gate).failure();
    assert_eq!(bell.take(), 0, "the run is long enough, the fuse is not spent");
    permit(&gate).failure();
    assert_eq!(bell.take(), 1);
}

#[test]
fn slow_calls_are_counted_however_they_end_and_burn_the_fuse() {
    let (gate, owner, bell) = awake();
    owner.set_rules(&in_a_row(9));
    assert_eq!(owner.arm(fuse(3), owner.sums()), Armed::Set);
    permit(&gate).slow().success();
    permit(&gate).slow().failure();
    assert_eq!(bell.take(), 0);
    permit(&gate).slow().timeout();
    assert_eq!(bell.take(), 1);
    drop(permit(&gate).slow());
    let expected = Sums {
        successes: 1,
        failures: 2,
        timeouts: 1,
        slow: 3,
    };
    assert_eq!((owner.sums(), owner.observe().runs), (expected, runs(2, 0)));
    permit(&gate).slow().success();
    assert_eq!(owner.observe().runs, runs(0, 0), "a slow success ends a run");
}

#[test]
fn a_new_gate_sleeps_until_its_first_call_ends() {
    let (gate, owner, bell) = gate();
    let first = permit(&gate);
    assert_eq!(
        bell.take(),
        0,
        "a call that has not ended gives the owner nothing to look at"
    );
    first.success();
    assert_eq!(bell.take(), 1);
    permit(&gate).success();
    assert_eq!(bell.take(), 0);
    assert_eq!(owner.sums().successes, 2);
}

#[test]
fn a_call_that_began_before_the_rest_and_ends_in_it_wakes_the_owner() {
    for report in [Permit::success, Permit::failure] {
        let (gate, owner, bell) = awake();
        let slow = Permit::acquire(Arc::clone(&gate)).unwrap();
        assert_eq!(owner.rest(None, owner.sums()), Rest::Asleep);
        report(slow);
        assert_eq!((bell.take(), owner.sums().calls()), (1, 1));
    }
}

#[test]
fn an_owner_cannot_rest_over_a_call_it_has_not_seen() {
    let (gate, owner, bell) = awake();
    let seen = owner.sums();
    permit(&gate).success();
    assert_eq!(owner.rest(None, seen), Rest::Stirred);
    permit(&gate).success();
    assert_eq!(bell.take(), 0, "it did not fall asleep");
}

#[test]
fn only_a_closed_gate_rests() {
    let (_, owner, _) = awake();
    owner.publish(half_open(1));
    assert_eq!(owner.rest(None, owner.sums()), Rest::Stirred);
    assert_eq!(owner.gate().free_permits(), 1);
}

#[test]
fn each_publication_begins_a_generation() {
    let (_, owner, _) = gate();
    let first = owner.publish(Publish::Closed);
    let second = owner.publish(half_open(1));
    assert_eq!(
        (second, owner.generation(), owner.state()),
        (first + 1, second, State::HalfOpen)
    );
}
