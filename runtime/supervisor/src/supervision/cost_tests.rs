//! What inputs cost, counted in looks at children: no clock, so no noise.

use std::time::Duration;

use super::Machine;
use super::story::panic;
use crate::backoff::Curve;
use crate::exit::Exit;
use crate::intensity::Intensity;
use crate::supervision::decide::{AutoShutdown, Restart, Strategy};
use crate::supervision::step::{ChildId, ChildRules, Effect, Input, Order, Origin, Policy};

const NOW: Duration = Duration::from_secs(100);

/// A machine whose orders are carried out at once, and the looks of its costliest input.
struct Meter {
    machine: Machine,
    costliest: u64,
}

impl Meter {
    fn new(strategy: Strategy) -> Self {
        let policy = Policy {
            strategy,
            intensity: Intensity {
                max_restarts: u32::MAX,
                period: Duration::from_secs(10),
            },
            curve: Curve::default(),
            auto_shutdown: AutoShutdown::AllSignificant,
            child_events: crate::ChildEvents::All,
        };
        Self {
            machine: Machine::new(policy, 1, []),
            costliest: 0,
        }
    }

    /// Takes in an input, and all that its orders lead to.
    fn on(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let before = self.machine.children.looks();
            let effects = self.machine.on(input, NOW);
            self.costliest = self.costliest.max(self.machine.children.looks() - before);
            inputs.extend(effects.into_iter().filter_map(|effect| match effect {
                Effect::Start { child, incarnation } => Some(Input::Ready { child, incarnation }),
                Effect::Stop { child, incarnation } => Some(Input::Exited {
                    child,
                    incarnation,
                    exit: Exit::Shutdown,
                }),
                Effect::Wait { token, .. } => Some(Input::WaitOver { token }),
                _ => None,
            }));
        }
    }

    fn fall(&mut self, child: ChildId) {
        let incarnation = self.machine.incarnation(child).unwrap_or(0);
        self.on(Input::Exited {
            child,
            incarnation,
            exit: panic(),
        });
    }

    fn add(&mut self, children: u64) {
        for child in (0..children).map(ChildId) {
            let rules = ChildRules {
                name: "visitor".into(),
                restart: Restart::Transient,
                significant: true,
                origin: Origin::Added,
            };
            self.on(Input::Add { child, rules });
        }
    }
}

/// The costliest input while so many children come, fall twice, are restarted by hand and go, one by one.
fn lives(children: u64) -> u64 {
    let mut meter = Meter::new(Strategy::OneForOne);
    meter.on(Input::Begin { over: Vec::new() });
    meter.add(children);
    for child in (0..children).map(ChildId) {
        meter.fall(child);
        meter.fall(child);
        for order in [Order::Restart, Order::Stop, Order::Start] {
            meter.on(Input::Operate { child, order });
        }
    }
    for child in (0..children).map(ChildId) {
        meter.on(Input::Delete { child });
        assert!(!meter.machine.contains(child));
    }
    meter.costliest
}

#[test]
fn a13_what_happens_to_one_child_costs_the_same_however_many_there_are() {
    let few = lives(10);
    assert!((1..40).contains(&few), "{few}");
    assert_eq!(lives(10_000), few);
}

/// The looks of a restart of all, of the supervisor's end, and of its next beginning.
fn all_at_once(children: u64) -> [u64; 3] {
    let mut meter = Meter::new(Strategy::OneForAll);
    meter.on(Input::Begin { over: Vec::new() });
    meter.add(children);
    let mut marks = vec![meter.machine.children.looks()];
    meter.fall(ChildId(0));
    marks.push(meter.machine.children.looks());
    meter.on(Input::Stop);
    assert!(meter.machine.is_finished());
    marks.push(meter.machine.children.looks());
    meter.on(Input::Begin { over: Vec::new() });
    marks.push(meter.machine.children.looks());
    [0, 1, 2].map(|at| marks[at + 1] - marks[at])
}

#[test]
fn a13_a_group_costs_as_much_as_it_is_large() {
    let (few, many) = (all_at_once(1_000), all_at_once(10_000));
    for (few, many) in few.into_iter().zip(many) {
        assert!((1_000..40_000).contains(&few), "{few}");
        assert!(many <= few * 10 + 100, "{many} for ten times as many as {few}");
    }
}
