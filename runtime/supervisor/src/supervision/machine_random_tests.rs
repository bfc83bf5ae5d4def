//! Random lives of random trees, against a model of what the children really do.

use proptest::prelude::{Just, Strategy as _, prop_assert, prop_oneof, proptest};

use super::{
    ChildId, Duration, Effect, Exit, InitFailure, Input, NOW, Order, Permanent, Restart, Strategy, Temporary,
    Transient, id, machine,
};

#[derive(Debug, Clone)]
enum Operation {
    Ready(usize),
    Fall(usize, u8),
    WaitOver,
    Operate(usize, Order),
    Advance(u64),
}

fn operation(children: usize) -> impl proptest::strategy::Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..children).prop_map(Operation::Ready),
        3 => (0..children, 0..3_u8).prop_map(|(child, exit)| Operation::Fall(child, exit)),
        2 => Just(Operation::WaitOver),
        1 => (0..children, 0..3_u8).prop_map(|(child, order)| {
            let order = [Order::Restart, Order::Stop, Order::Start][usize::from(order)];
            Operation::Operate(child, order)
        }),
        1 => (0..20_000_u64).prop_map(Operation::Advance),
    ]
}

/// What the children really do: the model that the machine's orders are checked against.
struct World {
    alive: Vec<Option<u32>>,
    stopping: Vec<bool>,
    waits: Vec<u64>,
    finished: bool,
}

impl World {
    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start {
                    child: ChildId(child),
                    incarnation,
                } => {
                    let child = child as usize;
                    assert_eq!(self.alive[child], None, "started twice");
                    self.alive[child] = Some(incarnation);
                }
                Effect::Stop {
                    child: ChildId(child),
                    incarnation,
                } => {
                    let child = child as usize;
                    assert_eq!(self.alive[child], Some(incarnation), "stopped what is not there");
                    assert!(!self.stopping[child], "stopped twice");
                    self.stopping[child] = true;
                }
                Effect::Wait { token, .. } => self.waits.push(token),
                Effect::Finished(_) => {
                    assert!(
                        self.alive.iter().all(Option::is_none),
                        "finished with children alive"
                    );
                    self.finished = true;
                }
                Effect::FirstStartOver { .. } | Effect::Removed { .. } => {
                    unreachable!("nobody is added or deleted")
                }
                Effect::Mark { .. } | Effect::Restarting { .. } | Effect::AllUp => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn a12_no_zombies_no_double_starts_and_every_stop_ends(
        strategy in 0..3_u8,
        restarts in proptest::collection::vec(0..3_u8, 1..6),
        operations in proptest::collection::vec(operation(6), 0..60),
    ) {
        let strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne]
            [usize::from(strategy)];
        let restarts: Vec<Restart> =
            restarts.iter().map(|at| [Permanent, Transient, Temporary][usize::from(*at)]).collect();
        let count = restarts.len();
        let mut machine = machine(strategy, &restarts);
        let mut world =
            World { alive: vec![None; count], stopping: vec![false; count], waits: Vec::new(), finished: false };
        let mut now = NOW;
        world.carry_out(machine.on(Input::Begin { over: Vec::new() }, now));
        for operation in operations {
            let effects = match operation {
                Operation::Ready(child) if child < count => match world.alive[child] {
                    Some(incarnation) => machine.on(Input::Ready { child: id(child), incarnation }, now),
                    None => continue,
                },
                Operation::Fall(child, exit) if child < count => match world.alive[child].take() {
                    Some(incarnation) => {
                        let asked = std::mem::take(&mut world.stopping[child]);
                        let exit = match exit {
                            _ if asked => Exit::Shutdown,
                            0 => Exit::Normal,
                            1 => super::panic(),
                            _ => Exit::InitFailed(InitFailure::Ended),
                        };
                        machine.on(Input::Exited { child: id(child), incarnation, exit }, now)
                    }
                    None => continue,
                },
                Operation::WaitOver => match world.waits.pop() {
                    Some(token) => machine.on(Input::WaitOver { token }, now),
                    None => continue,
                },
                Operation::Operate(child, order) if child < count => {
                    machine.on(Input::Operate { child: id(child), order }, now)
                }
                Operation::Advance(millis) => {
                    now += Duration::from_millis(millis);
                    continue;
                }
                _ => continue,
            };
            world.carry_out(effects);
        }
        world.carry_out(machine.on(Input::Stop, now));
        // Whatever went before, a stop needs no more than one exit of each child, in reverse order.
        for child in (0..count).rev() {
            if let Some(incarnation) = world.alive[child].take() {
                prop_assert!(world.stopping[child], "child {} was not asked to stop in its turn", child);
                world.stopping[child] = false;
                world.carry_out(machine.on(Input::Exited { child: id(child), incarnation, exit: Exit::Shutdown }, now));
            }
        }
        prop_assert!(world.finished);
        prop_assert!(machine.is_finished());
    }
}
