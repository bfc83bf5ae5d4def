//! The promises of the gate in every interleaving that the memory model allows.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p hedgerow-gate --test loom --release --target-dir target/loom`
#![cfg(loom)]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hedgerow_gate::{Armed, Bell, Gate, Owner, Permit, Probes, Publish, Rest, State};
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
        owner.publish(Publish::HalfOpen { permits: 1 });
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
        owner.publish(Publish::HalfOpen { permits: 1 });
        join([caller(&gate, fail), caller(&gate, fail)]);
        assert_eq!((gate.free_permits(), bell.rung()), (0, 1));
        assert!(owner.observe().probes.failed);
    });
}

#[test]
fn probes_of_an_older_generation_change_nothing_in_the_new_one() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.publish(Publish::HalfOpen { permits: 1 });
        let (first, second) = (Permit::acquire(Arc::clone(&gate)), Arc::clone(&gate));
        let late = thread::spawn(move || first.expect("one permit is free").success());
        let other = thread::spawn(move || drop(Permit::acquire(second)));
        owner.publish(Publish::HalfOpen { permits: 1 });
        join([late, other]);
        assert_eq!(gate.free_permits(), 1);
        assert_eq!(owner.observe().probes, Probes::default());
    });
}

#[test]
fn failures_of_an_older_generation_are_in_no_streak_of_the_new_one() {
    loom::model(|| {
        let (gate, owner, _) = gate();
        owner.limit_streak(Some(1));
        owner.publish(Publish::Closed);
        let permit = Permit::acquire(Arc::clone(&gate)).expect("closed");
        let late = thread::spawn(move || permit.failure());
        owner.publish(Publish::Open {
            refuse_until: Duration::ZERO,
        });
        owner.publish(Publish::Closed);
        join([late]);
        assert_eq!((owner.state(), owner.observe().streak), (State::Closed, None));
    });
}

#[test]
fn a_streak_at_its_limit_is_latched_and_rung_exactly_when_it_was_reached() {
    loom::model(|| {
        let (gate, owner, bell) = gate();
        owner.publish(Publish::Closed);
        owner.limit_streak(Some(2));
        join([
            caller(&gate, fail),
            caller(&gate, |gate| {
                fail(Arc::clone(&gate));
                succeed(gate);
            }),
        ]);
        let latched = owner.observe().streak;
        assert_eq!(bell.rung(), usize::from(latched.is_some()));
        // One more failure: it completes a run of two only where the success came between the two before it.
        fail(gate);
        match latched {
            Some(observed) => assert_eq!((observed, bell.rung()), (2, 1)),
            None => assert_eq!((owner.observe().streak, bell.rung()), (Some(2), 1)),
        }
    });
}
