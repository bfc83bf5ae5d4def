//! The same promises as in the models, under real threads and many rounds.
#![cfg(not(loom))]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hedgerow_gate::{Armed, Bell, Gate, Pace, Permit, Publish};

#[derive(Default)]
struct Count(AtomicU64);

impl Bell for Count {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

const THREADS: u64 = 4;

fn half_open(permits: u32) -> Publish {
    let pace = Pace::Free;
    Publish::HalfOpen { permits, pace }
}

#[test]
fn no_call_is_lost_from_the_sums() {
    let (gate, owner) = Gate::new(Arc::new(Count::default()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for n in 0..50_000 {
                    let permit = Permit::acquire(&*gate).expect("closed");
                    if n % 10 == 0 {
                        permit.failure();
                    } else {
                        permit.success();
                    }
                }
            });
        }
    });
    assert_eq!(owner.sums().failures, THREADS * 5_000);
    assert_eq!(owner.sums().successes, THREADS * 45_000);
}

#[test]
fn no_failure_is_lost_between_the_owner_s_reading_and_its_arming() {
    let bell = Arc::new(Count::default());
    let (gate, owner) = Gate::new(Arc::clone(&bell) as Arc<dyn Bell>);
    owner.publish(Publish::Closed);
    for _ in 0..5_000 {
        let rung = bell.0.load(Ordering::Acquire);
        let seen = owner.sums();
        let armed = thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2 {
                    Permit::acquire(&*gate).expect("closed").failure();
                }
            });
            owner.arm(NonZeroU64::new(2), seen)
        });
        assert!(armed == Armed::Spent || bell.0.load(Ordering::Acquire) > rung);
    }
}

#[test]
fn half_open_never_admits_more_than_its_permits_and_gets_all_of_them_back() {
    const PERMITS: i64 = 3;
    let (gate, owner) = Gate::new(Arc::new(Count::default()));
    for round in 0..200 {
        owner.publish(half_open(3));
        let inside = AtomicI64::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for n in 0..200 {
                        let Ok(permit) = Permit::acquire(&*gate) else {
                            continue;
                        };
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < PERMITS);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        if n % 2 == 0 {
                            permit.success();
                        } else {
                            drop(permit);
                        }
                    }
                });
            }
        });
        assert_eq!(gate.free_permits(), 3, "round {round}");
    }
}

#[test]
fn ten_thousand_races_for_the_probes_admit_exactly_the_permits() {
    const PERMITS: u32 = 5;
    let (gate, owner) = Gate::new(Arc::new(Count::default()));
    let round = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let admitted = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for this in 1..=10_000 {
                    while round.load(Ordering::Acquire) < this {
                        thread::yield_now();
                    }
                    let held: Vec<_> = (0..32).map_while(|_| Permit::acquire(&*gate).ok()).collect();
                    admitted.fetch_add(held.len() as u64, Ordering::Relaxed);
                    // Failed probes keep their permits, so that no one gets in on a returned one.
                    held.into_iter().for_each(Permit::failure);
                    done.fetch_add(1, Ordering::Release);
                }
            });
        }
        for this in 1..=10_000 {
            owner.publish(half_open(PERMITS));
            round.store(this, Ordering::Release);
            while done.load(Ordering::Acquire) < 2 * this {
                thread::yield_now();
            }
            assert_eq!(admitted.swap(0, Ordering::Relaxed), u64::from(PERMITS));
        }
    });
}

#[test]
fn transitions_under_load_leave_no_permit_behind() {
    let (gate, owner) = Gate::new(Arc::new(Count::default()));
    let stop = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..3 {
            let (gate, stop) = (&gate, &stop);
            scope.spawn(move || {
                let mut n = thread;
                while stop.load(Ordering::Relaxed) == 0 {
                    n += 1;
                    match (Permit::acquire(&**gate), n % 3) {
                        (Ok(permit), 0) => permit.failure(),
                        (Ok(permit), 1) => permit.success(),
                        (permit, _) => drop(permit),
                    }
                }
            });
        }
        for _ in 0..5_000 {
            owner.publish(half_open(2));
            owner.publish(Publish::Open {
                refuse_until: Duration::ZERO,
            });
            owner.publish(Publish::Closed);
            assert!(gate.free_permits() == 0, "a closed gate has no permits to return");
        }
        stop.store(1, Ordering::Relaxed);
    });
}
