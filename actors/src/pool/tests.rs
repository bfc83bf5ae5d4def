#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Counts, Limits, Pool, Pooled, Reset};

fn limits(shelf: usize, store: usize) -> Limits {
    Limits {
        shelf: NonZeroUsize::new(shelf).unwrap(),
        store: NonZeroUsize::new(store).unwrap(),
        ..Limits::default()
    }
}

#[test]
fn what_comes_back_is_empty_keeps_its_memory_and_is_taken_first() {
    let pool = Pool::<String>::new(Limits::default());
    let mut first = pool.take(String::new);
    first.push_str("of the first");
    let place = first.as_ptr();
    drop(pool.take(String::new));
    drop(first);
    let again = pool.take(String::new);
    assert_eq!((again.as_str(), again.as_ptr()), ("", place));
    let expected = Counts {
        from_shelf: 1,
        made: 2,
        kept: 2,
        ..Counts::default()
    };
    assert_eq!(pool.counts(), expected);
    assert_eq!(
        (pool.counts().in_use(), pool.counts().hit_rate()),
        (1, Some(1.0 / 3.0))
    );
}

#[test]
fn what_finds_no_room_on_the_shelf_waits_in_the_store_and_beyond_it_is_dropped() {
    let pool = Pool::<String>::new(limits(2, 1));
    let leases: Vec<_> = (0..6).map(|_| pool.take(String::new)).collect();
    drop(leases);
    let counts = pool.counts();
    assert_eq!(
        (counts.kept, counts.surplus),
        (4, 2),
        "one at hand, two on the shelf, one in the store"
    );
    let leases: Vec<_> = (0..6).map(|_| pool.take(String::new)).collect();
    let counts = pool.counts();
    assert_eq!((counts.from_shelf, counts.from_store, counts.made), (3, 1, 8));
    drop(leases);
}

#[test]
fn what_has_grown_too_large_is_dropped() {
    let pool = Pool::<String>::new(Limits {
        kept_bytes: 100,
        ..Limits::default()
    });
    let mut large = pool.take(String::new);
    large.push_str(&"x".repeat(101));
    drop(large);
    assert_eq!((pool.counts().oversize, pool.counts().kept), (1, 0));
    assert_eq!(pool.take(String::new).capacity(), 0);
}

#[test]
fn what_its_user_gives_up_is_dropped() {
    let pool = Pool::<String>::new(Limits::default());
    pool.take(String::new).discard();
    assert_eq!((pool.counts().spoilt, pool.counts().in_use()), (1, 0));
}

/// One of its fields survives.
#[derive(Debug, Default, PartialEq)]
struct Forgetful {
    reset: u32,
    survives: u32,
}

impl Reset for Forgetful {
    fn reset(&mut self) {
        self.reset = 0;
    }
}

#[test]
fn a_field_that_survives_its_reset_fails_the_test_that_meets_it() {
    let pool = Pool::<Forgetful>::new(Limits::default());
    drop(pool.take(Forgetful::default));
    let mut lease = pool.take(Forgetful::default);
    (lease.reset, lease.survives) = (1, 1);
    let said = catch_unwind(AssertUnwindSafe(|| drop(lease))).unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("Forgetful leaves something behind"), "{said}");
    assert_eq!(pool.counts().spoilt, 1, "and nobody gets it");
    assert_eq!(*pool.take(Forgetful::default), Forgetful::default());
}

#[test]
fn a_lease_that_a_panic_drops_gives_its_object_back_whatever_its_reset_leaves() {
    let pool = Pool::<Forgetful>::new(Limits::default());
    let crash = catch_unwind(AssertUnwindSafe(|| {
        let mut lease = pool.take(Forgetful::default);
        lease.survives = 1;
        panic!("over");
    }));
    assert_eq!(crash.unwrap_err().downcast_ref::<&str>(), Some(&"over"));
    assert_eq!(pool.counts().spoilt, 1);
}

/// Panics wherever it can.
struct Hostile;

impl Pooled for Hostile {
    fn reset(&mut self) {
        panic!("in its reset");
    }

    fn kept_bytes(&self) -> usize {
        0
    }

    fn leftover(&self) -> Option<&'static str> {
        None
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        panic!("in its destructor");
    }
}

#[test]
fn an_object_that_panics_in_reset_and_destructor_costs_nobody_anything() {
    let pool = Pool::new(Limits::default());
    drop(pool.take(|| Hostile));
    assert_eq!((pool.counts().spoilt, pool.counts().in_use()), (1, 0));
}

/// Counts how many of it live.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Pooled for Alive {
    fn reset(&mut self) {}

    fn kept_bytes(&self) -> usize {
        0
    }

    fn leftover(&self) -> Option<&'static str> {
        None
    }
}

#[test]
fn what_is_dropped_on_another_thread_waits_for_the_one_that_took_it() {
    let pool = Pool::<String>::new(Limits::default());
    for _ in 0..3 {
        let mut lease = pool.take(String::new);
        lease.push_str("of mine");
        let place = lease.as_ptr();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // With a shelf of its own, that it has used.
                drop(pool.take(String::new));
                drop(lease);
            });
        });
        assert_eq!(pool.take(String::new).as_ptr(), place);
    }
    let counts = pool.counts();
    assert_eq!((counts.from_store, counts.in_use()), (0, 0));
}

#[test]
fn any_number_of_pools_is_used_by_one_thread_and_none_leaves_anything_behind() {
    let count = Arc::new(AtomicUsize::new(0));
    let pools: Vec<_> = (0..50).map(|_| Pool::new(limits(1, 1))).collect();
    let leased: Vec<_> = (0..3)
        .flat_map(|_| pools.iter().map(|pool| pool.take(|| Alive::new(&count))))
        .collect();
    drop(leased);
    for pool in &pools {
        drop(pool.take(|| unreachable!("three wait")));
        assert_eq!((pool.counts().kept, pool.counts().surplus), (4, 0));
    }
    let late: Vec<_> = pools
        .iter()
        .map(|pool| pool.take(|| unreachable!("three wait")))
        .collect();
    drop(pools);
    assert_eq!(count.load(Ordering::SeqCst), 50);
    drop(late);
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn nothing_outlives_its_pool_but_what_is_leased() {
    let count = Arc::new(AtomicUsize::new(0));
    let pool = Pool::new(limits(1, 1));
    let kept = pool.take(|| Alive::new(&count));
    drop(
        (0..4)
            .map(|_| pool.take(|| Alive::new(&count)))
            .collect::<Vec<_>>(),
    );
    assert_eq!(count.load(Ordering::SeqCst), 4);
    drop(pool);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    drop(kept);
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn no_object_is_ever_leased_twice_at_a_time_though_leases_end_on_other_threads() {
    const THREADS: usize = 4;
    const EACH: usize = 20_000;
    let pool = Pool::<Vec<u64>>::new(limits(2, 4));
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (give, given) = std::sync::mpsc::sync_channel::<super::Lease<Vec<u64>>>(16);
        for thread in 0..THREADS {
            let (pool, made, give) = (&pool, &made, give.clone());
            scope.spawn(move || {
                for turn in 0..EACH {
                    let mut lease = pool.take(|| {
                        made.fetch_add(1, Ordering::Relaxed);
                        Vec::new()
                    });
                    assert!(lease.is_empty());
                    let mark = (thread * EACH + turn) as u64;
                    lease.push(mark);
                    assert_eq!(*lease, [mark], "nobody else has it");
                    if turn % 3 == 0 {
                        give.send(lease).unwrap();
                    }
                }
            });
        }
        drop(give);
        scope.spawn(move || given.into_iter().for_each(drop));
    });
    let counts = pool.counts();
    assert_eq!(counts.leases(), (THREADS * EACH) as u64);
    assert_eq!(
        (counts.in_use(), counts.made),
        (0, made.load(Ordering::Relaxed) as u64)
    );
}
