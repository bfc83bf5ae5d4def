//! A caller shuts the gate, and who opens it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Count, awake, fuse, half_open, in_a_row, permit, runs};
use crate::{Armed, Bell, FENCE_LASTS, Gate, Join, Owner, Permit, Publish, Rates, Rules, State, Sums};

struct Fenced {
    gate: Arc<Gate>,
    owner: Owner,
    bell: Arc<Count>,
    nanos: Arc<AtomicU64>,
}

/// A gate with a clock that is set by hand, under these rules, whose owner is awake and has looked.
fn fenced(rules: &Rules) -> Fenced {
    let (bell, nanos) = (Arc::new(Count::default()), Arc::new(AtomicU64::new(0)));
    let read = Arc::clone(&nanos);
    let clock = Arc::new(move || Duration::from_nanos(read.load(Ordering::Relaxed)));
    let (gate, owner) = Gate::fenced_by(Arc::clone(&bell) as Arc<dyn Bell>, clock);
    owner.set_rules(rules);
    owner.publish(Publish::Closed);
    owner.allow_fence(Sums::default());
    Fenced {
        gate,
        owner,
        bell,
        nanos,
    }
}

impl Fenced {
    fn fail(&self, times: usize) {
        (0..times).for_each(|_| permit(&self.gate).failure());
    }

    fn advance(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap();
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

fn half_of_four() -> Rules {
    Rules {
        rates: Rates {
            failure: Some(0.5),
            slow: None,
            min_calls: 4,
        },
        ..Rules::default()
    }
}

#[test]
fn the_failure_that_completes_a_run_shuts_the_gate_at_once_and_rings() {
    let it = fenced(&in_a_row(3));
    it.fail(2);
    assert!(!it.gate.is_fenced());
    it.fail(1);
    assert_eq!(
        (it.gate.is_fenced(), it.gate.state(), it.bell.take()),
        (true, State::Closed, 1)
    );
    let shut = Permit::acquire(&*it.gate).unwrap_err();
    assert!(shut.is_fenced());
    assert_eq!((shut.retry_at(), it.gate.shut()), (Some(FENCE_LASTS), Some(shut)));
    assert_eq!(
        it.owner.observe().runs,
        runs(3, 0),
        "a fence hides nothing from the owner"
    );
}

#[test]
fn the_sums_are_read_again_before_a_rate_shuts_the_gate() {
    let it = fenced(&half_of_four());
    assert_eq!(it.owner.arm(fuse(2), it.owner.sums()), Armed::Set);
    (0..3).for_each(|_| permit(&it.gate).success());
    it.fail(2);
    assert_eq!(
        (it.gate.is_fenced(), it.bell.take()),
        (false, 1),
        "2 of 5: the bell alone"
    );
    it.owner.allow_fence(Sums::default());
    assert_eq!(it.owner.arm(fuse(1), it.owner.sums()), Armed::Set);
    it.fail(1);
    assert!(it.gate.is_fenced(), "3 of 6");
}

#[test]
fn what_came_before_the_base_counts_for_no_fence() {
    let it = fenced(&half_of_four());
    it.fail(3);
    it.owner.allow_fence(it.owner.sums());
    assert_eq!(it.owner.arm(fuse(1), it.owner.sums()), Armed::Set);
    it.fail(1);
    assert!(!it.gate.is_fenced());
}

#[test]
fn where_all_rules_must_hold_one_alone_shuts_nothing() {
    let it = fenced(&Rules {
        join: Join::All,
        consecutive_failures: Some(2),
        ..half_of_four()
    });
    (0..3).for_each(|_| permit(&it.gate).success());
    assert_eq!(it.owner.arm(fuse(1), it.owner.sums()), Armed::Set);
    it.fail(2);
    assert!(!it.gate.is_fenced(), "2 of 5 in a row");
    it.fail(1);
    assert!(it.gate.is_fenced(), "3 of 6 in a row");
}

#[test]
fn the_owner_confirms_a_fence_or_lifts_it() {
    for confirms in [true, false] {
        let it = fenced(&in_a_row(1));
        it.fail(1);
        if confirms {
            let refuse_until = Duration::from_secs(5);
            it.owner.publish(Publish::Open { refuse_until });
            assert_eq!(Permit::acquire(&*it.gate).unwrap_err().state(), State::Open);
        } else {
            it.owner.lift();
            permit(&it.gate).success();
        }
        assert!(!it.gate.is_fenced());
    }
}

#[test]
fn a_fence_lapses_by_itself_and_an_owner_that_is_gone_is_stood_in_for_once() {
    let it = fenced(&in_a_row(1));
    it.fail(1);
    it.advance(FENCE_LASTS - Duration::from_nanos(1));
    assert!(Permit::acquire(&*it.gate).is_err());
    it.advance(Duration::from_nanos(1));
    assert_eq!(it.gate.shut(), None);
    it.fail(1);
    assert!(!it.gate.is_fenced(), "no second one before the owner has looked");
    it.owner.allow_fence(Sums::default());
    it.fail(1);
    assert!(it.gate.is_fenced());
}

#[test]
fn a_fence_ends_with_its_generation_and_a_late_failure_fences_no_other() {
    let it = fenced(&in_a_row(1));
    let late = Permit::acquire(Arc::clone(&it.gate)).unwrap();
    it.owner.publish(Publish::Closed);
    late.failure();
    assert!(!it.gate.is_fenced());
    it.fail(1);
    it.owner.publish(half_open(1));
    assert!(!it.gate.is_fenced());
}

#[test]
fn calls_that_were_admitted_before_a_fence_are_counted_behind_it() {
    let it = fenced(&in_a_row(1));
    let before: Vec<_> = (0..3).map(|_| permit(&it.gate)).collect();
    it.fail(1);
    before.into_iter().for_each(Permit::success);
    assert_eq!((it.owner.sums().successes, it.gate.is_fenced()), (3, true));
}

#[test]
fn a_gate_without_a_clock_is_never_fenced() {
    let (gate, owner, _) = awake();
    owner.set_rules(&in_a_row(1));
    owner.allow_fence(Sums::default());
    permit(&gate).failure();
    assert!(!gate.is_fenced());
}
