//! The promises of the gate in every interleaving that the memory model allows.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p hedgerow-gate --test loom --release --target-dir target/loom`
#![cfg(loom)]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hedgerow_gate::{
    Armed, Bell, FENCE_LASTS, Gate, Owner, Pace, Permit, Probes, Publish, Rates, Rest, Rules, Runs, State,
    Sums,
};
use loom::sync::atomic::{AtomicU32, AtomicUsize};
use loom::thread;

struct Count(AtomicUsize);

impl Bell for Count {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl Count {
    fn rung(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

fn gate() -> (Arc<Gate>, Owner, Arc<Count>) {
    let bell = Arc::new(Count(AtomicUsize::new(0)));
    let (gate, owner) = Gate::new(Arc::clone(&bell) as Arc<dyn Bell>);
    (gate, owner, bell)
}

fn half_open(permits: u32) -> Publish {
    let pace = Pace::Free;
    Publish::HalfOpen { permits, pace }
}

fn in_a_row(failures: u32) -> Rules {
    Rules {
        consecutive_failures: Some(failures),
        ..Rules::default()
    }
}

/// Runs `call` on a thread of its own.
fn caller(gate: &Arc<Gate>, call: impl FnOnce(Arc<Gate>) + 'static) -> thread::JoinHandle<()> {
    let gate = Arc::clone(gate);
    thread::spawn(move || call(gate))
}

fn fail(gate: Arc<Gate>) {
    if let Ok(permit) = Permit::acquire(gate) {
        permit.failure();
    }
}

fn succeed(gate: Arc<Gate>) {
    if let Ok(permit) = Permit::acquire(gate) {
        permit.success();
    }
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("a caller does not panic");
    }
}

#[test]
fn no_failure_escapes_both_the_sums_and_the_fuse() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::Closed);
        let callers = [caller(&gate, fail), caller(&gate, fail)];
        let seen = owner.sums();
        let armed = owner.arm(NonZeroU64::new(2), seen);
        join(callers);
        let unseen = owner.sums().failures - seen.failures;
        if unseen >= 2 {
            assert!(armed == Armed::Spent || bell.rung() > 0);
        }
    });
}

#[test]
fn a_fuse_of_one_is_never_burnt_in_silence() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::Closed);
        let callers = [caller(&gate, fail)];
        let seen = owner.sums();
        let armed = owner.arm(NonZeroU64::new(1), seen);
        join(callers);
        if owner.sums().failures > seen.failures {
            assert!(armed == Armed::Spent || bell.rung() > 0);
        }
    });
}

#[test]
fn no_failure_escapes_a_gate_that_is_left_to_itself() {
    loom::model(|| {
        let bell = Arc::new(Count(AtomicUsize::new(0)));
        let (gate, owner) = Gate::compact(Arc::clone(&bell) as Arc<dyn Bell>, Arc::new(|| Duration::ZERO));
        owner.set_rules(&in_a_row(5));
        let callers = [caller(&gate, fail)];
        let seen = owner.sums();
        let left = owner.leave(seen);
        join(callers);
        if owner.sums().failures > seen.failures {
            assert!(left == Armed::Spent || bell.rung() > 0);
        }
    });
}

#[test]
fn no_failure_is_slept_through() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::Closed);
        let callers = [caller(&gate, fail)];
        let seen = owner.sums();
        let rest = owner.rest(None, seen);
        join(callers);
        if rest == Rest::Asleep && owner.sums() != seen {
            assert!(bell.rung() > 0);
        }
    });
}

#[test]
fn the_first_calls_after_a_rest_wake_the_owner_and_are_all_counted() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        join([caller(&gate, succeed), caller(&gate, succeed)]);
        assert_eq!(owner.sums().successes, 2);
        assert_eq!(bell.rung(), 1);
    });
}

#[test]
fn no_more_probes_are_under_way_than_there_are_permits() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.publish(half_open(1));
        let inside = Arc::new(AtomicU32::new(0));
        let probe = |report: fn(Permit<Arc<Gate>>)| {
            let inside = Arc::clone(&inside);
            caller(&gate, move |gate| {
                if let Ok(permit) = Permit::acquire(gate) {
                    assert_eq!(inside.fetch_add(1, Ordering::AcqRel), 0);
                    inside.fetch_sub(1, Ordering::AcqRel);
                    report(permit);
                }
            })
        };
        join([probe(Permit::cancel), probe(Permit::success)]);
        assert_eq!(gate.free_permits(), 1, "none leaked, none made");
    });
}

#[test]
fn a_failed_probe_lets_no_other_in_on_its_permit() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(half_open(1));
        join([caller(&gate, fail), caller(&gate, fail)]);
        assert_eq!((gate.free_permits(), bell.rung()), (0, 1));
        assert!(owner.observe().probes.failed);
    });
}

#[test]
fn probes_of_an_older_generation_change_nothing_in_the_new_one() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.publish(half_open(1));
        let (first, second) = (Permit::acquire(Arc::clone(&gate)), Arc::clone(&gate));
        let late = thread::spawn(move || first.expect("one permit is free").success());
        let other = thread::spawn(move || drop(Permit::acquire(second)));
        owner.publish(half_open(1));
        join([late, other]);
        assert_eq!(gate.free_permits(), 1);
        assert_eq!(owner.observe().probes, Probes::default());
    });
}

#[test]
fn failures_of_an_older_generation_are_in_no_streak_of_the_new_one() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.set_rules(&in_a_row(1));
        owner.publish(Publish::Closed);
        let permit = Permit::acquire(Arc::clone(&gate)).expect("closed");
        let late = thread::spawn(move || permit.failure());
        owner.publish(Publish::Open {
            refuse_until: Duration::ZERO,
        });
        owner.publish(Publish::Closed);
        join([late]);
        assert_eq!(
            (owner.state(), owner.observe().runs),
            (State::Closed, Runs::default())
        );
    });
}

#[test]
fn a_streak_at_its_limit_is_latched_and_rung_exactly_when_it_was_reached() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::Closed);
        owner.set_rules(&in_a_row(2));
        join([
            caller(&gate, fail),
            caller(&gate, |gate| {
                fail(Arc::clone(&gate));
                succeed(gate);
            }),
        ]);
        let reached = owner.observe().runs.failures == 2;
        assert_eq!(bell.rung(), usize::from(reached));
        // One more failure: it completes a run of two only where the success came between the two before it.
        fail(gate);
        assert_eq!((owner.observe().runs.failures, bell.rung()), (2, 1));
    });
}

/// A gate that can be fenced, by a clock that stands at the time in the atomic.
fn fenced(rules: &Rules) -> (Arc<Gate>, Owner, Arc<Count>, Arc<std::sync::atomic::AtomicU64>) {
    let bell = Arc::new(Count(AtomicUsize::new(0)));
    // A standard atomic: the time is no subject of the models, so it adds no interleavings.
    let nanos = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let read = Arc::clone(&nanos);
    let clock = Arc::new(move || Duration::from_nanos(read.load(Ordering::Relaxed)));
    let (gate, owner) = Gate::fenced_by(Arc::clone(&bell) as Arc<dyn Bell>, clock);
    owner.set_rules(rules);
    owner.publish(Publish::Closed);
    owner.allow_fence(Sums::default());
    (gate, owner, bell, nanos)
}

#[test]
fn a_fence_is_never_lost_the_gate_is_shut_or_its_owner_is_called() {
    loom::model(|| {
        let (gate, owner, bell, _) = fenced(&in_a_row(2));
        join([caller(&gate, fail), caller(&gate, fail)]);
        // Either both were in a row before the fence, or one met it: only two failures make a run of two.
        assert_eq!(owner.observe().runs.failures, 2);
        assert!(gate.is_fenced() && bell.rung() > 0);
        assert!(Permit::acquire(&*gate).is_err());
    });
}

#[test]
fn a_fence_that_is_raised_after_the_owner_s_look_rings_for_another_one() {
    loom::model(|| {
        let (gate, owner, bell, _) = fenced(&in_a_row(1));
        let callers = [caller(&gate, fail)];
        let seen = owner.observe();
        if seen.runs.failures == 0 {
            owner.lift();
        }
        join(callers);
        assert!(
            bell.rung() > 0,
            "whatever became of the fence, the owner is to look"
        );
        assert_eq!(owner.observe().runs.failures, 1);
    });
}

#[test]
fn no_fence_outlives_its_generation() {
    loom::model(|| {
        let (gate, owner, _, _) = fenced(&in_a_row(1));
        let callers = [caller(&gate, fail)];
        owner.publish(Publish::Open {
            refuse_until: Duration::ZERO,
        });
        join(callers);
        assert!(!gate.is_fenced());
    });
}

#[test]
fn a_fence_that_has_lapsed_keeps_nobody_out() {
    loom::model(|| {
        let (gate, _owner, _, nanos) = fenced(&in_a_row(1));
        fail(Arc::clone(&gate));
        nanos.store(FENCE_LASTS.as_nanos() as u64, Ordering::Relaxed);
        let enter = || {
            caller(&gate, |gate| {
                Permit::acquire(gate).expect("it has lapsed").success()
            })
        };
        join([enter(), enter()]);
        assert!(!gate.is_fenced());
    });
}

#[test]
fn a_rate_is_never_checked_by_half_of_a_base() {
    loom::model(|| {
        let (gate, owner, _, _) = fenced(&Rules {
            rates: Rates {
                failure: Some(0.75),
                slow: None,
                min_calls: 1,
            },
            ..Rules::default()
        });
        for _ in 0..4 {
            succeed(Arc::clone(&gate));
            fail(Arc::clone(&gate));
        }
        let _ = owner.arm(NonZeroU64::new(1), owner.sums());
        let callers = [caller(&gate, fail)];
        owner.allow_fence(Sums {
            successes: 3,
            failures: 4,
            ..Sums::default()
        });
        join(callers);
        // 5 of 9 failed since the first base, 1 of 2 since the second; 5 of 6 by the successes of one and the failures of
        // the other.
        assert!(!gate.is_fenced());
    });
}

#[test]
fn the_last_calls_are_in_one_order_and_none_is_lost_from_it() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.set_rules(&Rules {
            last_calls: Some(2),
            ..Rules::default()
        });
        owner.publish(Publish::Closed);
        join([caller(&gate, fail), caller(&gate, succeed)]);
        let seen = owner.observe().last_calls;
        assert_eq!((seen.failures, seen.successes), (1, 1));
        // The next one pushes out whichever came first, and so is among the last two with the other.
        fail(Arc::clone(&gate));
        fail(gate);
        assert_eq!(owner.observe().last_calls.failures, 2);
    });
}

#[test]
fn a_reader_of_the_last_calls_sees_whole_calls_while_they_end() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.set_rules(&Rules {
            last_calls: Some(2),
            ..Rules::default()
        });
        owner.publish(Publish::Closed);
        fail(Arc::clone(&gate));
        fail(Arc::clone(&gate));
        let callers = [caller(&gate, fail)];
        let seen = owner.observe().last_calls;
        assert_eq!(
            (seen.failures, seen.successes),
            (2, 0),
            "the last two of two or of three"
        );
        join(callers);
        assert_eq!(owner.observe().last_calls.failures, 2);
    });
}

#[test]
fn a_run_that_is_reached_while_the_owner_forgets_older_ones_is_kept_for_its_next_look() {
    loom::model(|| {
        let bell = Arc::new(Count(AtomicUsize::new(0)));
        let (gate, owner) = Gate::new(Arc::clone(&bell) as Arc<dyn Bell>);
        owner.set_rules(&Rules {
            join: hedgerow_gate::Join::All,
            consecutive_failures: Some(1),
            rates: Rates {
                failure: Some(0.5),
                slow: None,
                min_calls: 3,
            },
            ..Rules::default()
        });
        owner.publish(Publish::Closed);
        let _ = owner.arm(NonZeroU64::new(1), Sums::default());
        // A run that the rate has not joined: one failure of one call.
        fail(Arc::clone(&gate));
        succeed(Arc::clone(&gate));
        let _ = owner.arm(NonZeroU64::new(1), owner.sums());
        // With this one both rules hold: 2 of 3 calls. The success that follows ends its run.
        let callers = [caller(&gate, |gate| {
            fail(Arc::clone(&gate));
            succeed(gate);
        })];
        let seen = owner.observe();
        let is_seen = seen.sums.failures == 2;
        if !is_seen {
            owner.forget_runs(seen.runs);
        }
        join(callers);
        if !is_seen {
            assert!(bell.rung() > 0);
            assert_eq!(owner.observe().runs.failures, 1);
        }
    });
}

#[test]
fn a_probe_that_is_cancelled_while_the_owner_takes_one_back_is_counted_once() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::HalfOpen {
            permits: 1,
            pace: Pace::Metered,
        });
        let probe = Permit::acquire(Arc::clone(&gate)).expect("one may begin");
        owner.grant();
        let cancelling = thread::spawn(move || probe.cancel());
        owner.retract();
        join([cancelling]);
        assert!(bell.rung() > 0, "the owner is to look again");
        owner.retract();
        assert_eq!((owner.observe().free_permits, owner.observe().under_way), (1, 0));
    });
}
