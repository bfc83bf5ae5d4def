//! What operators say, and another policy.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, OpenFor, WindowLength};
use hedgerow_gate::{Permit, Publish, State};

use super::super::machine::{INSTRUCTED, TRANSITIONS};
use super::super::{Instruction, Machine, Restored};
use super::drive::Shell;
use super::{EPOCH_UNIX_MS, SEED, at, closed, nothing, policy, probes, seen, streak, sums};

/// A machine in this state, at 20 s.
fn in_state(state: State) -> Machine {
    let mut machine = closed();
    let instruction = match state {
        State::Closed => return machine,
        State::Open | State::HalfOpen => {
            machine.step(at(19_500), &streak(7)).unwrap();
            if state == State::HalfOpen {
                machine.step(at(20_500), &nothing()).unwrap();
            }
            return machine;
        }
        State::ForcedOpen => Instruction::ForceOpen,
        State::Disabled => Instruction::Disable,
        State::MetricsOnly => Instruction::MetricsOnly,
    };
    machine.instruct(at(1), instruction, "bob", sums(0, 0)).unwrap();
    machine
}

#[test]
fn every_instruction_in_every_state_makes_a_move_of_the_table_with_its_author_or_none() {
    let mut moves = Vec::new();
    for from in State::ALL {
        for instruction in Instruction::ALL {
            let mut machine = in_state(from);
            let Some(moved) = machine.instruct(at(21_000), instruction, "ada", sums(5, 5)) else {
                assert_eq!(machine.state(), from);
                continue;
            };
            assert_eq!((moved.from, moved.to), (from, machine.state()));
            assert_eq!(moved.author.as_deref(), Some("ada"));
            assert_eq!(moved.cause.to_string(), format!("operator: {instruction}"));
            assert_eq!(machine.forced_by(), moved.to.is_forced().then_some("ada"));
            assert_eq!(machine.publish().state(), moved.to);
            if moved.to == State::Closed {
                assert_eq!(machine.window().totals().calls(), 0);
            }
            moves.push((from, moved.to));
        }
    }
    assert!(INSTRUCTED.iter().all(|legal| moves.contains(legal)));
    assert!(moves.iter().all(|made| INSTRUCTED.contains(made)));
}

#[test]
fn nothing_but_an_instruction_ends_a_forced_state() {
    for state in State::ALL.into_iter().filter(|state| state.is_forced()) {
        let mut machine = in_state(state);
        for seen in [streak(1_000), seen(sums(0, 1_000)), probes(9, true), nothing()] {
            assert_eq!(machine.step(at(10_000_000), &seen), None);
        }
        assert_eq!((machine.state(), machine.fuse()), (state, None));
        assert!(!TRANSITIONS.iter().any(|(from, _)| *from == state));
    }
}

#[test]
fn a_forced_state_comes_back_after_a_crash_with_its_author_until_it_is_lifted() {
    for (instruction, refuses) in [
        (Instruction::ForceOpen, true),
        (Instruction::Disable, false),
        (Instruction::MetricsOnly, false),
    ] {
        let mut shell = Shell::start();
        shell.instruct(instruction);
        let state = shell.state();
        // An hour later, by a clock that went wrong.
        for unix_ms in [EPOCH_UNIX_MS + 3_600_000, 5] {
            shell.crash(unix_ms);
            assert_eq!((shell.state(), shell.machine.forced_by()), (state, Some("ada")));
            assert_eq!(shell.call(Permit::failure).is_err(), refuses);
        }
        let now = super::super::Now {
            elapsed: Duration::ZERO,
            unix_ms: 9,
        };
        let (_, restored) = Machine::restore(&shell.machine.record(), policy(), now, sums(0, 0), SEED);
        assert!(matches!(restored, Restored::Forced { .. }));
        assert_eq!(
            restored.to_string(),
            format!("restored: {state}, by order of ada")
        );
        shell.instruct(Instruction::Release);
        let released = if refuses { State::HalfOpen } else { State::Closed };
        assert_eq!(shell.state(), released);
        shell.crash(EPOCH_UNIX_MS);
        assert_eq!(shell.state(), released);
    }
}

#[test]
fn an_instruction_whose_record_was_not_kept_holds_for_the_next_incarnation() {
    let mut shell = Shell::start();
    let before = shell.disk();
    shell.instruct(Instruction::ForceOpen);
    let forced = shell.disk();
    shell.set_disk(before);
    shell.restart_actor();
    assert_eq!(shell.state(), State::ForcedOpen);
    assert_eq!(shell.machine.forced_by(), Some("an operator"));

    shell.instruct(Instruction::Close);
    shell.set_disk(forced);
    shell.restart_actor();
    assert_eq!((shell.state(), shell.machine.forced_by()), (State::Closed, None));
}

#[test]
fn a_breaker_that_was_forced_open_is_not_closed_without_a_probe() {
    let mut shell = Shell::start();
    shell.instruct(Instruction::ForceOpen);
    assert_eq!(shell.call(Permit::success), Err(State::ForcedOpen));
    shell.instruct(Instruction::Release);
    shell.call(Permit::failure).unwrap();
    assert_eq!(shell.state(), State::Open);
}

#[test]
fn a_breaker_in_metrics_only_shows_its_window_and_trips_by_nothing_in_it() {
    let mut shell = Shell::start();
    shell.instruct(Instruction::MetricsOnly);
    for _ in 0..100 {
        shell.call(Permit::timeout).unwrap();
    }
    shell.advance(1_000);
    assert_eq!(shell.machine.window().totals().failures, 100);
    shell.advance(60_000);
    assert_eq!(shell.machine.window().totals().calls(), 0);
    assert_eq!((shell.state(), shell.wake_at), (State::MetricsOnly, None));
    shell.instruct(Instruction::Release);
    shell.call(Permit::failure).unwrap();
    assert_eq!(shell.state(), State::Closed, "with an empty window");
}

#[test]
fn another_policy_keeps_the_calls_of_the_window_and_the_run() {
    let mut shell = Shell::start();
    for _ in 0..6 {
        shell.call(Permit::failure).unwrap();
    }
    shell.advance(1_000);
    shell.retune(BreakerPolicy {
        window: WindowLength::Time(Duration::from_secs(60)),
        min_calls: 100,
        ..policy()
    });
    assert_eq!(shell.machine.window().totals(), sums(0, 6));
    shell.advance(30_000);
    assert_eq!(
        shell.machine.window().totals(),
        sums(0, 6),
        "they stay for the new length"
    );
    shell.call(Permit::failure).unwrap();
    assert_eq!(
        shell.moves[0].cause.to_string(),
        "consecutiveFailures: limit 7, observed 7"
    );
}

#[test]
fn a_shorter_window_lets_go_of_what_is_too_old_and_a_lower_limit_trips_at_once() {
    let mut shell = Shell::start();
    for _ in 0..3 {
        shell.call(Permit::failure).unwrap();
    }
    shell.advance(5_000);
    shell.call(Permit::failure).unwrap();
    shell.retune(BreakerPolicy {
        window: WindowLength::Time(Duration::from_secs(2)),
        ..policy()
    });
    assert_eq!(shell.machine.window().totals(), sums(0, 1));
    shell.retune(BreakerPolicy {
        consecutive_failures: Some(4),
        ..policy()
    });
    assert_eq!(
        shell.moves[0].cause.to_string(),
        "consecutiveFailures: limit 4, observed 4"
    );
}

#[test]
fn an_open_breaker_stays_open_for_the_rest_of_its_time_at_most_the_new_longest() {
    let mut machine = closed();
    machine.step(at(0), &streak(7)).unwrap();
    machine.retune(policy(), at(400), sums(0, 0));
    assert_eq!(machine.deadline(Duration::ZERO), Some(Duration::from_secs(1)));
    let shorter = BreakerPolicy {
        open_for: OpenFor::fixed(Duration::from_millis(100)),
        ..policy()
    };
    machine.retune(shorter, at(400), sums(0, 0));
    let refuse_until = Duration::from_millis(500);
    assert_eq!(machine.publish(), Publish::Open { refuse_until });
}

#[test]
fn callers_meet_another_pace_of_probes_at_once() {
    let mut shell = Shell::start();
    for _ in 0..7 {
        shell.call(Permit::failure).unwrap();
    }
    shell.advance(1_000);
    let mut paced = policy();
    paced.half_open.every = Duration::from_secs(1);
    shell.retune(paced);
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.retune(policy());
    shell.call(Permit::success).unwrap();
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.state(), State::Closed);
}
