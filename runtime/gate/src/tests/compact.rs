//! Gates by the hundred thousand, which are left to themselves while nothing is wrong.

use super::*;

fn compact(rules: &Rules) -> (Arc<Gate>, Owner, Arc<Count>) {
    let bell = Arc::new(Count::default());
    let (gate, owner) = Gate::compact(Arc::clone(&bell) as Arc<dyn Bell>, Arc::new(|| Duration::ZERO));
    owner.set_rules(rules);
    assert_eq!(owner.leave(owner.sums()), Armed::Set);
    (gate, owner, bell)
}

#[test]
fn good_calls_are_counted_and_wake_nobody_and_the_first_bad_one_rings() {
    let (gate, owner, bell) = compact(&in_a_row(3));
    for _ in 0..10 {
        Permit::acquire(&*gate).unwrap().success();
    }
    assert_eq!((owner.sums().successes, bell.take()), (10, 0));
    Permit::acquire(&*gate).unwrap().failure();
    assert_eq!(bell.take(), 1);
    Permit::acquire(&*gate).unwrap().failure();
    assert_eq!(bell.take(), 0, "the owner knows");
}

#[test]
fn a_slow_call_is_a_bad_one() {
    let (gate, _owner, bell) = compact(&Rules::default());
    Permit::acquire(&*gate).unwrap().slow().success();
    assert_eq!(bell.take(), 1);
}

#[test]
fn one_that_crosses_the_rules_fences_before_anybody_looks() {
    let (gate, owner, bell) = compact(&in_a_row(3));
    for _ in 0..3 {
        Permit::acquire(&*gate).unwrap().failure();
    }
    assert!(gate.is_fenced());
    assert!(Permit::acquire(&*gate).is_err());
    assert_eq!(
        bell.take(),
        2,
        "the first bad call, and the one that crossed the rules"
    );
    assert_eq!(owner.observe().runs.failures, 3);
}

#[test]
fn what_was_not_seen_when_it_is_left_is_said_at_once() {
    let (gate, owner, _bell) = compact(&in_a_row(3));
    let seen = owner.sums();
    Permit::acquire(&*gate).unwrap().failure();
    assert_eq!(owner.leave(seen), Armed::Spent);
}

#[test]
fn all_threads_count_on_one_line_and_nothing_is_lost() {
    let (gate, owner, _bell) = compact(&Rules::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10_000).for_each(|_| Permit::acquire(&*gate).unwrap().success()));
        }
    });
    assert_eq!(owner.sums().successes, 40_000);
}
