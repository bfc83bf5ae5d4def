//! Whether to make it now.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_supervisor::Curve;
use proptest::prelude::*;

use crate::factory::machine::{Machine, State, Wanted};

const CURVE: Curve = Curve {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(2),
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn begun(machine: &mut Machine, now: Duration) -> u64 {
    match machine.wanted(now) {
        Wanted::Make(attempt) => attempt,
        other => panic!("no attempt was begun: {other:?}"),
    }
}

#[test]
fn those_who_want_it_at_once_share_an_attempt() {
    let mut machine = Machine::new(CURVE, 7);
    assert_eq!(begun(&mut machine, ms(0)), 1);
    assert!((0..100).all(|_| machine.wanted(ms(1)) == Wanted::Wait));
    assert!(machine.made(1, ms(5)));
    assert_eq!(machine.wanted(ms(9)), Wanted::Wait);
    assert_eq!(machine.state(), State::There(ms(5)));
}

#[test]
fn attempts_that_fail_are_further_and_further_apart() {
    for seed in 0..50 {
        let mut machine = Machine::new(CURVE, seed);
        let (mut now, mut full) = (ms(0), CURVE.initial);
        for attempt in 1..=9 {
            assert_eq!(begun(&mut machine, now), attempt);
            let until = machine.failed(attempt, now).unwrap();
            let waits = until - now;
            assert!(waits <= full && waits >= full / 2, "{waits:?} of {full:?}");
            assert_eq!(
                machine.wanted(until - Duration::from_nanos(1)),
                Wanted::Rest(until)
            );
            (now, full) = (until, (full * 2).min(CURVE.max));
        }
        let attempt = begun(&mut machine, now);
        assert!(!machine.is_first());
        machine.made(attempt, now);
        assert!(machine.is_first());
        // What was made once begins anew.
        machine.lost_now(now);
        let attempt = begun(&mut machine, now);
        assert!(machine.failed(attempt, now).unwrap() - now <= CURVE.initial);
    }
}

#[test]
fn what_is_lost_is_made_anew_at_once_and_what_is_lost_again_and_again_is_not() {
    let mut machine = Machine::new(CURVE, 7);
    let attempt = begun(&mut machine, ms(0));
    machine.made(attempt, ms(0));
    assert_eq!(machine.lost(attempt, ms(1)), Some(ms(1)));
    let attempt = begun(&mut machine, ms(1));
    machine.made(attempt, ms(1));
    let until = machine.lost(attempt, ms(2)).unwrap();
    assert!(until > ms(2) && until <= ms(102), "{until:?}");
    assert_eq!(machine.wanted(ms(2)), Wanted::Rest(until));
    // One that has lived for long is made anew at once.
    let attempt = begun(&mut machine, until);
    machine.made(attempt, until);
    let later = until + CURVE.max;
    assert_eq!(machine.lost(attempt, later), Some(later));
}

#[test]
fn reports_of_other_attempts_change_nothing() {
    let mut machine = Machine::new(CURVE, 7);
    let old = begun(&mut machine, ms(0));
    machine.stop();
    assert_eq!(machine.state(), State::Empty);
    assert!(!machine.made(old, ms(1)));
    assert_eq!(machine.failed(old, ms(1)), None);
    let new = begun(&mut machine, ms(1));
    assert_eq!(machine.failed(old, ms(2)), None);
    assert!(machine.made(new, ms(2)));
    assert_eq!(machine.lost(old, ms(3)), None);
    assert_eq!(machine.state(), State::There(ms(2)));
}

/// What may happen to it; attempts are named by how far they lie back.
#[derive(Debug, Clone, Copy)]
enum Input {
    Want,
    Made(u64),
    Failed(u64),
    Lost(u64),
    LostNow,
    Stop,
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => Just(Input::Want),
        2 => (0..3_u64).prop_map(Input::Made),
        2 => (0..3_u64).prop_map(Input::Failed),
        2 => (0..3_u64).prop_map(Input::Lost),
        1 => Just(Input::LostNow),
        1 => Just(Input::Stop),
    ]
}

proptest! {
    /// Whatever happens, in whatever order.
    #[test]
    fn one_attempt_is_under_way_at_most_and_none_before_its_time(
        inputs in prop::collection::vec((input(), 0..400_u64), 0..200),
        seed in any::<u64>(),
    ) {
        let mut machine = Machine::new(CURVE, seed);
        let (mut now, mut latest) = (ms(0), 0_u64);
        for (input, after) in inputs {
            now += ms(after);
            let before = machine.state();
            let named = |back: u64| latest.saturating_sub(back);
            match input {
                Input::Want => match machine.wanted(now) {
                    Wanted::Make(attempt) => {
                        prop_assert_eq!(attempt, latest + 1);
                        latest = attempt;
                        let may = match before {
                            State::Empty => true,
                            State::Resting(until) => until <= now,
                            State::Making | State::There(_) => false,
                        };
                        prop_assert!(may, "begun while {:?}", before);
                    }
                    Wanted::Wait => prop_assert!(matches!(before, State::Making | State::There(_))),
                    Wanted::Rest(until) => {
                        prop_assert!(until > now && until - now <= CURVE.max);
                        prop_assert_eq!(before, State::Resting(until));
                    }
                },
                Input::Made(back) => {
                    let is_ours = before == State::Making && back == 0;
                    prop_assert_eq!(machine.made(named(back), now), is_ours);
                }
                Input::Failed(back) => {
                    let is_ours = before == State::Making && back == 0;
                    let until = machine.failed(named(back), now);
                    prop_assert_eq!(until.is_some(), is_ours);
                    prop_assert!(until.is_none_or(|until| until > now));
                }
                Input::Lost(back) => {
                    let is_ours = matches!(before, State::There(_)) && back == 0;
                    prop_assert_eq!(machine.lost(named(back), now).is_some(), is_ours);
                }
                Input::LostNow => machine.lost_now(now),
                Input::Stop => machine.stop(),
            }
        }
    }
}
