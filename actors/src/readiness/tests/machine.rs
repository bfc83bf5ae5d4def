//! Whose turn it is.

use std::time::Duration;

use crate::readiness::machine::{CURVE, Machine};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn all_are_due_at_once_and_each_once() {
    let mut machine = Machine::new(3, 7);
    assert_eq!(machine.wake_at(), Some(Duration::ZERO));
    assert_eq!(machine.take_due(Duration::ZERO), [0, 1, 2]);
    assert_eq!(machine.take_due(SECOND), [0; 0]);
    assert_eq!(machine.wake_at(), None);
    assert_eq!(machine.waiting(), [0, 1, 2]);
}

#[test]
fn rounds_in_vain_are_further_and_further_apart_up_to_the_longest_wait() {
    for seed in 0..50 {
        let mut machine = Machine::new(1, seed);
        let (mut now, mut full) = (SECOND, CURVE.initial);
        for round in 1..=12 {
            assert_eq!(machine.take_due(now), [0]);
            assert_eq!(machine.unreached(0, now), round);
            let at = machine.wake_at().unwrap_or_default();
            let waits = at.saturating_sub(now);
            assert!(waits <= full && waits >= full / 2, "{waits:?} of {full:?}");
            assert_eq!(
                machine.take_due(at.saturating_sub(Duration::from_nanos(1))),
                [0; 0]
            );
            (now, full) = (at, (full * 2).min(CURVE.max));
        }
    }
}

#[test]
fn who_was_reached_is_dialled_no_more() {
    let mut machine = Machine::new(2, 7);
    machine.take_due(Duration::ZERO);
    assert_eq!(machine.unreached(0, SECOND), 1);
    assert_eq!(machine.reached(0), Some(1));
    assert_eq!(machine.reached(0), None);
    assert_eq!(machine.waiting(), [1]);
    // The second may answer late, as a call has come before.
    assert_eq!(machine.reached(1), Some(0));
    assert_eq!(machine.unreached(1, SECOND), 0);
    assert_eq!((machine.wake_at(), machine.waiting().len()), (None, 0));
}

#[test]
fn upstreams_that_fell_together_are_not_dialled_together() {
    let mut machine = Machine::new(20, 7);
    machine.take_due(Duration::ZERO);
    for number in 0..20 {
        machine.unreached(number, Duration::ZERO);
    }
    let mut rounds = 0;
    while let Some(at) = machine.wake_at().filter(|at| *at <= CURVE.initial) {
        machine.take_due(at);
        rounds += 1;
    }
    assert!(rounds > 10, "{rounds} different waits of 20");
}
