#![allow(clippy::unwrap_used)]

use super::story::panic;
use super::*;
use crate::backoff::Curve;
use crate::exit::InitFailure;
use crate::intensity::{Allowed, Intensity};
use crate::supervision::decide::{AutoShutdown, Restart, Strategy};
use crate::supervision::step::{Order, Origin};

const NOW: Duration = Duration::from_secs(100);

fn policy(strategy: Strategy) -> Policy {
    Policy {
        strategy,
        intensity: Intensity {
            max_restarts: 3,
            period: Duration::from_secs(10),
        },
        curve: Curve::default(),
        auto_shutdown: AutoShutdown::AnySignificant,
        child_events: crate::ChildEvents::All,
    }
}

fn rules(child: usize, restart: Restart) -> ChildRules {
    ChildRules {
        name: format!("c{child}").into(),
        restart,
        significant: false,
        origin: Origin::Declared,
    }
}

fn id(child: usize) -> ChildId {
    ChildId(u64::try_from(child).unwrap())
}

fn machine(strategy: Strategy, restarts: &[Restart]) -> Machine {
    let children = restarts.iter().enumerate();
    Machine::new(
        policy(strategy),
        1,
        children.map(|(child, restart)| (id(child), rules(child, *restart))),
    )
}

/// A machine with the first `significant` children so declared.
fn significant(auto_shutdown: AutoShutdown, restarts: &[Restart], significant: usize) -> Machine {
    let policy = Policy {
        auto_shutdown,
        ..policy(Strategy::OneForOne)
    };
    let children = restarts.iter().enumerate().map(|(child, restart)| {
        let rules = ChildRules {
            significant: child < significant,
            ..rules(child, *restart)
        };
        (id(child), rules)
    });
    brought_up(Machine::new(policy, 1, children), restarts.len())
}

/// A machine with all children up, and their incarnation 1.
fn up(strategy: Strategy, restarts: &[Restart]) -> Machine {
    brought_up(machine(strategy, restarts), restarts.len())
}

fn brought_up(mut machine: Machine, children: usize) -> Machine {
    machine.on(Input::Begin { over: Vec::new() }, NOW);
    for child in 0..children {
        ready(&mut machine, child);
    }
    machine
}

fn exited(machine: &mut Machine, child: usize, exit: Exit) -> Vec<String> {
    let child = id(child);
    let incarnation = machine.incarnation(child).unwrap();
    steps(machine.on(
        Input::Exited {
            child,
            incarnation,
            exit,
        },
        NOW,
    ))
}

fn ready(machine: &mut Machine, child: usize) -> Vec<String> {
    let child = id(child);
    let incarnation = machine.incarnation(child).unwrap();
    steps(machine.on(Input::Ready { child, incarnation }, NOW))
}

/// The wait that was asked for last is over.
fn wait_over(machine: &mut Machine) -> Vec<String> {
    let token = machine.last_round;
    steps(machine.on(Input::WaitOver { token }, NOW))
}

/// The effects that start and stop, in few letters.
fn steps(effects: Vec<Effect>) -> Vec<String> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Start { child, .. } => Some(format!("start {}", child.0)),
            Effect::Stop { child, .. } => Some(format!("stop {}", child.0)),
            Effect::Wait { .. } => Some("wait".into()),
            Effect::AllUp => Some("all up".into()),
            Effect::Finished(exit) => Some(format!("finished {}", exit.name())),
            Effect::FirstStartOver { .. }
            | Effect::Removed { .. }
            | Effect::Mark { .. }
            | Effect::Restarting { .. } => None,
        })
        .collect()
}

use Restart::{Permanent, Temporary, Transient};

#[test]
fn children_start_in_order_each_ready_before_the_next() {
    let mut machine = machine(Strategy::OneForOne, &[Permanent; 3]);
    assert_eq!(
        steps(machine.on(Input::Begin { over: Vec::new() }, NOW)),
        ["start 0"]
    );
    assert_eq!(ready(&mut machine, 0), ["start 1"]);
    assert_eq!(ready(&mut machine, 1), ["start 2"]);
    assert_eq!(ready(&mut machine, 2), ["all up"]);
}

#[test]
fn a_failure_at_first_start_rolls_back_in_reverse() {
    let mut machine = machine(Strategy::OneForOne, &[Permanent; 3]);
    machine.on(Input::Begin { over: Vec::new() }, NOW);
    ready(&mut machine, 0);
    ready(&mut machine, 1);
    assert_eq!(
        exited(&mut machine, 2, Exit::InitFailed(InitFailure::Ended)),
        ["stop 1"]
    );
    assert_eq!(exited(&mut machine, 1, Exit::Shutdown), ["stop 0"]);
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["finished initFailed"]);
    assert!(machine.is_finished());
}

#[test]
fn each_restart_type_meets_each_exit() {
    let cases = [
        (Permanent, Exit::Normal, true),
        (Permanent, panic(), true),
        (Permanent, Exit::Shutdown, true),
        (Transient, Exit::Normal, false),
        (Transient, Exit::Shutdown, false),
        (Transient, panic(), true),
        (Transient, Exit::Killed { limit: NOW }, true),
        (Temporary, Exit::Normal, false),
        (Temporary, panic(), false),
    ];
    for (restart, exit, again) in cases {
        let mut machine = up(Strategy::OneForOne, &[restart]);
        let steps = exited(&mut machine, 0, exit.clone());
        assert_eq!(steps == ["start 0"], again, "{restart:?} after {exit}: {steps:?}");
    }
}

#[test]
fn one_for_one_restarts_only_the_child_that_fell() {
    let mut machine = up(Strategy::OneForOne, &[Permanent; 3]);
    assert_eq!(exited(&mut machine, 1, panic()), ["start 1"]);
    assert!(ready(&mut machine, 1).is_empty());
}

#[test]
fn one_for_all_stops_the_others_in_reverse_and_starts_all_in_order() {
    let mut machine = up(Strategy::OneForAll, &[Permanent; 3]);
    assert_eq!(exited(&mut machine, 1, panic()), ["stop 2"]);
    assert_eq!(exited(&mut machine, 2, Exit::Shutdown), ["stop 0"]);
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["start 0"]);
    assert_eq!(ready(&mut machine, 0), ["start 1"]);
    assert_eq!(ready(&mut machine, 1), ["start 2"]);
}

#[test]
fn rest_for_one_leaves_alone_what_was_started_before() {
    let mut machine = up(Strategy::RestForOne, &[Permanent; 3]);
    assert_eq!(exited(&mut machine, 1, panic()), ["stop 2"]);
    assert_eq!(exited(&mut machine, 2, Exit::Shutdown), ["start 1"]);
    assert_eq!(ready(&mut machine, 1), ["start 2"]);
}

#[test]
fn a_temporary_sibling_is_stopped_with_its_group_and_stays_down() {
    let mut machine = up(Strategy::OneForAll, &[Temporary, Permanent]);
    assert_eq!(exited(&mut machine, 1, panic()), ["stop 0"]);
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["start 1"]);
}

#[test]
fn a_sibling_that_falls_while_its_group_is_stopped_costs_no_further_restart() {
    let mut machine = up(Strategy::OneForAll, &[Permanent; 3]);
    assert_eq!(exited(&mut machine, 1, panic()), ["stop 2"]);
    assert!(exited(&mut machine, 0, panic()).is_empty());
    assert_eq!(exited(&mut machine, 2, Exit::Shutdown), ["start 0"]);
    assert_eq!(
        machine.restarts.count(NOW, machine.policy.intensity),
        Allowed::Yes,
        "one of three was spent"
    );
}

#[test]
fn the_second_restart_waits_and_a_quiet_time_makes_the_next_immediate_again() {
    let mut machine = up(Strategy::OneForOne, &[Permanent]);
    assert_eq!(exited(&mut machine, 0, panic()), ["start 0"]);
    ready(&mut machine, 0);
    assert_eq!(exited(&mut machine, 0, panic()), ["wait"]);
    assert_eq!(wait_over(&mut machine), ["start 0"]);
    ready(&mut machine, 0);
    let later = NOW + Duration::from_secs(11);
    assert_eq!(
        steps(machine.on(
            Input::Exited {
                child: id(0),
                incarnation: 3,
                exit: panic()
            },
            later
        )),
        ["start 0"]
    );
}

#[test]
fn beyond_the_intensity_the_rest_is_stopped_and_the_supervisor_gives_up() {
    let mut machine = up(Strategy::OneForOne, &[Permanent; 2]);
    for _ in 0..3 {
        exited(&mut machine, 1, panic());
        wait_over(&mut machine);
        ready(&mut machine, 1);
    }
    assert_eq!(exited(&mut machine, 1, panic()), ["stop 0"]);
    let effects = machine.on(
        Input::Exited {
            child: id(0),
            incarnation: 1,
            exit: Exit::Shutdown,
        },
        NOW,
    );
    let Some(Effect::Finished(Exit::IntensityReached(reached))) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!((&*reached.child, reached.max_restarts), ("c1", 3));
}

#[test]
fn a12_a_stop_during_a_back_off_ends_the_supervisor_and_the_wait_is_void() {
    let mut machine = up(Strategy::OneForOne, &[Permanent; 2]);
    exited(&mut machine, 0, panic());
    ready(&mut machine, 0);
    assert_eq!(exited(&mut machine, 0, panic()), ["wait"]);
    assert_eq!(steps(machine.on(Input::Stop, NOW)), ["stop 1"]);
    assert!(wait_over(&mut machine).is_empty());
    assert_eq!(exited(&mut machine, 1, Exit::Shutdown), ["finished shutdown"]);
}

#[test]
fn a12_a_stop_during_a_start_stops_the_child_that_is_starting() {
    let mut machine = machine(Strategy::OneForOne, &[Permanent; 2]);
    machine.on(Input::Begin { over: Vec::new() }, NOW);
    ready(&mut machine, 0);
    assert_eq!(steps(machine.on(Input::Stop, NOW)), ["stop 1"]);
    assert!(ready(&mut machine, 1).is_empty(), "ready came too late");
    assert_eq!(exited(&mut machine, 1, Exit::Shutdown), ["stop 0"]);
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["finished shutdown"]);
}

#[test]
fn an_operator_restarts_stops_and_starts_one_child() {
    let mut machine = up(Strategy::OneForAll, &[Permanent; 2]);
    assert_eq!(
        steps(machine.on(
            Input::Operate {
                child: id(0),
                order: Order::Restart
            },
            NOW
        )),
        ["stop 0"]
    );
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["start 0"]);
    ready(&mut machine, 0);
    assert_eq!(
        steps(machine.on(
            Input::Operate {
                child: id(0),
                order: Order::Stop
            },
            NOW
        )),
        ["stop 0"]
    );
    assert!(exited(&mut machine, 0, Exit::Shutdown).is_empty());
    assert_eq!(
        exited(&mut machine, 1, panic()),
        ["start 1"],
        "what was stopped by hand stays down"
    );
    ready(&mut machine, 1);
    assert_eq!(
        steps(machine.on(
            Input::Operate {
                child: id(0),
                order: Order::Start
            },
            NOW
        )),
        ["start 0"]
    );
    assert_eq!(
        machine.restarts.count(NOW, machine.policy.intensity),
        Allowed::Yes
    );
    assert_eq!(
        machine.restarts.count(NOW, machine.policy.intensity),
        Allowed::Yes,
        "only the fall was counted"
    );
}

#[test]
fn a12_a_restart_by_hand_cuts_a_back_off_short() {
    let mut machine = up(Strategy::OneForOne, &[Permanent]);
    exited(&mut machine, 0, panic());
    ready(&mut machine, 0);
    assert_eq!(exited(&mut machine, 0, panic()), ["wait"]);
    assert_eq!(
        steps(machine.on(
            Input::Operate {
                child: id(0),
                order: Order::Restart
            },
            NOW
        )),
        ["start 0"]
    );
}

#[test]
fn a_fresh_supervisor_first_stops_what_the_old_one_left_alive() {
    let mut machine = up(Strategy::OneForOne, &[Permanent; 2]);
    assert_eq!(
        steps(machine.on(Input::Begin { over: Vec::new() }, NOW)),
        ["stop 1"]
    );
    assert_eq!(exited(&mut machine, 1, Exit::Shutdown), ["stop 0"]);
    assert_eq!(exited(&mut machine, 0, Exit::Shutdown), ["start 0"]);
    assert_eq!(ready(&mut machine, 0), ["start 1"]);
    assert_eq!(ready(&mut machine, 1), ["all up"]);
}

#[test]
fn a_late_word_of_an_older_incarnation_changes_nothing() {
    let mut machine = up(Strategy::OneForOne, &[Permanent]);
    exited(&mut machine, 0, panic());
    assert!(
        machine
            .on(
                Input::Exited {
                    child: id(0),
                    incarnation: 1,
                    exit: panic()
                },
                NOW
            )
            .is_empty()
    );
    assert!(
        machine
            .on(
                Input::Ready {
                    child: id(0),
                    incarnation: 1
                },
                NOW
            )
            .is_empty()
    );
}

#[test]
fn what_ended_while_the_supervisor_was_down_is_not_waited_for() {
    let mut machine = up(Strategy::OneForOne, &[Permanent; 3]);
    assert_eq!(
        steps(machine.on(
            Input::Begin {
                over: vec![id(0), id(2)]
            },
            NOW
        )),
        ["stop 1"]
    );
    assert_eq!(exited(&mut machine, 1, Exit::Shutdown), ["start 0"]);
}

#[test]
fn a_child_that_is_lost_with_its_thread_is_restarted_as_after_a_panic() {
    let mut machine = up(Strategy::OneForOne, &[Permanent, Temporary]);
    assert_eq!(exited(&mut machine, 0, Exit::Lost), ["start 0"]);
    assert!(exited(&mut machine, 1, Exit::Lost).is_empty());
    assert!(!machine.is_ending());
}

#[test]
fn a_significant_child_that_is_left_down_ends_the_supervisor_with_its_own_exit() {
    for (restart, exit, ends) in [
        (Temporary, Exit::Normal, true),
        (Temporary, panic(), true),
        (Transient, Exit::Normal, true),
        (Transient, panic(), false),
    ] {
        let mut machine = significant(AutoShutdown::AnySignificant, &[restart, Permanent], 1);
        let name = exit.name();
        let steps = exited(&mut machine, 0, exit);
        assert_eq!(steps == ["stop 1"], ends, "{restart:?} {name}: {steps:?}");
        if ends {
            assert_eq!(
                exited(&mut machine, 1, Exit::Shutdown),
                [format!("finished {name}")]
            );
        }
    }
}

#[test]
fn all_significant_children_must_be_left_down_before_they_end_the_supervisor() {
    let mut machine = significant(
        AutoShutdown::AllSignificant,
        &[Transient, Temporary, Permanent],
        2,
    );
    assert!(exited(&mut machine, 1, panic()).is_empty(), "one of two");
    assert_eq!(exited(&mut machine, 0, Exit::Normal), ["stop 2"]);
    assert_eq!(exited(&mut machine, 2, Exit::Shutdown), ["finished normal"]);
}

#[test]
fn a_significant_child_that_is_stopped_by_hand_ends_nobody() {
    let mut machine = significant(AutoShutdown::AnySignificant, &[Temporary, Permanent], 1);
    let stop = Input::Operate {
        child: id(0),
        order: Order::Stop,
    };
    assert_eq!(steps(machine.on(stop, NOW)), ["stop 0"]);
    assert!(exited(&mut machine, 0, Exit::Shutdown).is_empty());
    assert!(!machine.is_ending());
}

#[path = "machine_random_tests.rs"]
mod random_lives;
