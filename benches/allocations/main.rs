//! What must not allocate, counted exactly.
#![allow(clippy::unwrap_used)]

mod adapters;
mod balance;
mod chain;
mod head_nodes;
mod limits;
mod pools;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use hedgerow::prelude::KeyLimits;
use hedgerow_actors::breaker::Means;
use hedgerow_actors::keyed::{self, KeyedBreakerHandle};
use hedgerow_benches::allocations::{self, Counting, Usage};
use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Bell, Gate, Owner, Pace, Permit, Publish, Rules};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: u64 = 10_000;

struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}

fn gate() -> (Arc<Gate>, Owner) {
    let (gate, owner) = Gate::new(Arc::new(Silent));
    owner.set_rules(&Rules {
        consecutive_failures: Some(7),
        ..Rules::default()
    });
    (gate, owner)
}

fn count(mut call: impl FnMut(u64)) -> u64 {
    allocations::during(|| (0..CALLS).for_each(&mut call)).1
}

#[test]
fn allocations_are_counted_each_once_and_frees_are_not() {
    assert_eq!(count(|n| drop(Box::new(n))), CALLS);
    let (mut list, reserved) = allocations::during(|| Vec::<u64>::with_capacity(1));
    assert_eq!(reserved, 1);
    assert_eq!(allocations::during(|| list.reserve_exact(100)).1, 1);
    assert_eq!(allocations::during(|| vec![0_u8; 4_096].len()).1, 1);
}

#[test]
fn what_is_live_is_what_was_asked_for_and_not_freed() {
    let (kept, usage) = allocations::usage_during(|| {
        let mut kept = Vec::<u8>::with_capacity(100);
        drop(Box::new([0_u8; 40]));
        kept.reserve_exact(300);
        kept
    });
    let expected = Usage {
        allocations: 3,
        bytes: 440,
        live_blocks: 1,
        live_bytes: 300,
    };
    assert_eq!((kept.capacity(), usage), (300, expected));
    let ((), freed) = allocations::usage_during(|| drop(kept));
    assert_eq!((freed.live_blocks, freed.live_bytes), (-1, -300));
}

#[test]
fn a_call_through_a_closed_gate_allocates_nothing() {
    let (gate, _owner) = gate();
    let calls = |n: u64| {
        let permit = Permit::acquire(&*gate).unwrap();
        if n.is_multiple_of(100) {
            permit.failure();
        } else {
            permit.success();
        }
    };
    assert_eq!(count(calls), 0);
}

#[test]
fn a_call_in_a_window_of_calls_and_a_slow_one_allocate_nothing() {
    let (gate, owner) = gate();
    owner.set_rules(&Rules {
        last_calls: Some(100),
        ..Rules::default()
    });
    let calls = |n: u64| {
        let permit = Permit::acquire(&*gate).unwrap();
        match n % 3 {
            0 => permit.slow().success(),
            1 => permit.timeout(),
            _ => permit.success(),
        }
    };
    assert_eq!(count(calls), 0);
}

#[test]
fn a_call_that_is_refused_allocates_nothing() {
    let (gate, owner) = gate();
    owner.publish(Publish::Open {
        refuse_until: Duration::from_secs(3_600),
    });
    assert_eq!(count(|_| assert!(Permit::acquire(&*gate).is_err())), 0);
}

#[test]
fn a_probe_allocates_nothing() {
    let (gate, owner) = gate();
    let (permits, pace) = (1, Pace::Free);
    owner.publish(Publish::HalfOpen { permits, pace });
    assert_eq!(count(|_| Permit::acquire(&*gate).unwrap().success()), 0);
    assert_eq!(count(|_| Permit::acquire(&*gate).unwrap().cancel()), 0);
}

/// Breakers for keys whose keeper is never started: good calls do not need it.
fn keyed(max_keys: u32) -> KeyedBreakerHandle {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let limits = KeyLimits {
        max_keys,
        ..KeyLimits::default()
    };
    let policy = BreakerPolicy::default();
    let (_, keys) = keyed::spec("breakers", "payments", "tenant", policy, limits, &means).unwrap();
    keys
}

#[test]
fn a_good_call_by_a_known_key_allocates_nothing() {
    let keys = keyed(10);
    let call = |_| keys.acquire("acme").unwrap().success();
    call(0);
    assert_eq!(count(call), 0);
}

#[test]
fn an_idle_key_among_a_hundred_thousand_keeps_at_most_512_bytes() {
    const KEYS: i64 = 100_000;
    let keys = keyed(200_000);
    let names: Vec<String> = (0..KEYS).map(|n| format!("tenant-{n:05}")).collect();
    let call = |name: &String| keys.acquire(name).unwrap().success();
    let ((), usage) = allocations::usage_during(|| names.iter().for_each(call));
    let each = usage.live_bytes / KEYS;
    // It is the keys that were counted, and not a share of them.
    assert!((128..=512).contains(&each), "{each} bytes");
}
