#![allow(clippy::unwrap_used)]

//! A forest of random nested trees with random lives.
//!
//! Half of them are **calm**: each event meets a quiet tree, and all that is started and stopped, in order, and who is
//! up in the end, is compared with a model of what OTP does (`forest_model_tests.rs`). The others are **stormy**: events
//! come in the middle of everything, messages overtake each other and come twice; there the rules that always hold are
//! checked (`forest_world_tests.rs`), and that every child that should be up is up once the storm is over.
//!
//! `HEDGEROW_TREES` is how many trees are tried, 100,000 where it is not set; `HEDGEROW_SEED` is the seed of the first,
//! the next has the next. A failure prints the seed of its tree: with it and `HEDGEROW_TREES=1` that tree lives again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use self::model::{End, Model, Said};
use self::world::{Node, World};
use super::story::panic;
use crate::backoff::{Curve, Jitter};
use crate::exit::Exit;
use crate::intensity::Intensity;
use crate::supervision::decide::{AutoShutdown, Restart, Strategy};
use crate::supervision::step::{ChildRules, Order, Origin, Policy};

#[path = "forest_model_tests.rs"]
mod model;
#[path = "forest_world_tests.rs"]
mod world;

/// The numbers of the children from the root down.
type Path = Vec<u64>;

/// What a child was told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Start,
    Stop,
}

fn below(path: &[u64], id: u64) -> Path {
    let mut path = path.to_vec();
    path.push(id);
    path
}

/// Which starts fail.
#[derive(Debug, Clone, Copy)]
struct Fate {
    seed: u64,
    /// How many of a thousand.
    failing: usize,
}

impl Fate {
    fn fails(&self, path: &[u64], start: u32) -> bool {
        let place = path
            .iter()
            .fold(u64::from(start), |sum, id| sum.wrapping_mul(1_000_003) + *id + 1);
        Die(Jitter::new(self.seed ^ place.wrapping_mul(0x9E37_79B9))).throw(1000) < self.failing
    }
}

/// What a child is declared as; a supervisor where it has children of its own.
#[derive(Debug, Clone)]
struct Declared {
    restart: Restart,
    significant: bool,
    inner: Option<(Policy, Vec<Declared>)>,
}

impl Declared {
    fn rules(&self, id: u64, origin: Origin) -> ChildRules {
        ChildRules {
            name: Arc::from(id.to_string()),
            restart: self.restart,
            significant: self.significant,
            origin,
        }
    }
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.restart, if self.significant { "*" } else { "" })?;
        let Some((policy, children)) = &self.inner else {
            return Ok(());
        };
        let restarts = policy.intensity.max_restarts;
        write!(
            f,
            " {:?} {restarts} {:?} [",
            policy.strategy, policy.auto_shutdown
        )?;
        for (id, child) in children.iter().enumerate() {
            write!(f, " {id}: {child},")?;
        }
        write!(f, "]")
    }
}

struct Die(Jitter);

impl Die {
    /// A number below `sides`.
    fn throw(&mut self, sides: usize) -> usize {
        (self.0.unit() * sides as f64) as usize
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.throw(from.len())].clone()
    }

    fn child(&mut self, depth: usize) -> Declared {
        let restart = self.pick(&[
            Restart::Permanent,
            Restart::Permanent,
            Restart::Transient,
            Restart::Temporary,
        ]);
        Declared {
            restart,
            significant: restart != Restart::Permanent && self.throw(3) == 0,
            inner: (depth > 0 && self.throw(3) == 0).then(|| self.supervisor(depth - 1)),
        }
    }

    fn supervisor(&mut self, depth: usize) -> (Policy, Vec<Declared>) {
        let policy = Policy {
            strategy: self.pick(&[Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne]),
            intensity: Intensity {
                max_restarts: self.pick(&[0, 1, 2, 3, 8]),
                period: Duration::from_secs(10),
            },
            curve: Curve::default(),
            child_events: crate::ChildEvents::All,
            auto_shutdown: self.pick(&[
                AutoShutdown::Never,
                AutoShutdown::Never,
                AutoShutdown::AnySignificant,
                AutoShutdown::AllSignificant,
            ]),
        };
        let children = (0..self.throw(5)).map(|_| self.child(depth)).collect();
        (policy, children)
    }

    fn tree(&mut self) -> Declared {
        let mut inner = self.supervisor(2);
        while inner.1.is_empty() {
            inner = self.supervisor(2);
        }
        Declared {
            restart: Restart::Permanent,
            significant: false,
            inner: Some(inner),
        }
    }
}

/// One thing that happens to a tree.
#[derive(Debug)]
enum Event {
    Die(Path, End),
    Fall(Path),
    ByHand(Path, Order),
    Add(Path, u64, Declared),
    Delete(Path),
    Pass(Duration),
    Stop,
}

impl Event {
    /// Something that can happen to the tree as it is. Orders by hand only where `orders` says so.
    fn draw(die: &mut Die, root: &Node, number: u64, orders: Orders) -> Self {
        let mut places = Places::default();
        places.walk(root, &Vec::new());
        let Places {
            all,
            leaves,
            supervisors,
        } = places;
        let inner: Vec<Path> = supervisors
            .iter()
            .filter(|path| !path.is_empty())
            .cloned()
            .collect();
        match die.throw(if orders == Orders::None { 9 } else { 15 }) {
            0..6 if !leaves.is_empty() => {
                let path = die.pick(&leaves);
                Self::Die(path, die.pick(&[End::Normal, End::Panic, End::Panic]))
            }
            6 if !inner.is_empty() => Self::Fall(die.pick(&inner)),
            9..12 if !all.is_empty() => {
                let path = die.pick(&all);
                Self::ByHand(path, die.pick(&[Order::Restart, Order::Stop, Order::Start]))
            }
            12 | 13 if !supervisors.is_empty() => Self::Add(die.pick(&supervisors), number, die.child(1)),
            14 if !all.is_empty() => Self::Delete(die.pick(&all)),
            _ if die.throw(12) == 0 => Self::Stop,
            _ => Self::Pass(Duration::from_secs(1 + die.throw(8) as u64)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Orders {
    None,
    Given,
}

/// Where something can happen.
#[derive(Default)]
struct Places {
    /// Children of living supervisors.
    all: Vec<Path>,
    /// Leaves that live.
    leaves: Vec<Path>,
    /// Supervisors that are up.
    supervisors: Vec<Path>,
}

impl Places {
    fn walk(&mut self, node: &Node, path: &Path) {
        match &node.inner {
            None if node.alive.is_some() => self.leaves.push(path.clone()),
            Some(team) if node.alive.is_some() => {
                self.supervisors.push(path.clone());
                for (id, kid) in &team.kids {
                    let path = below(path, *id);
                    self.all.push(path.clone());
                    self.walk(kid, &path);
                }
            }
            _ => {}
        }
    }
}

const EPOCH: Duration = Duration::from_secs(100);

/// Events that each meet a quiet tree, in the world and in the model.
fn calm(seed: u64, history: &mut History) {
    let mut die = Die(Jitter::new(seed));
    let tree = die.tree();
    history.note(|| tree.to_string());
    let fate = Fate {
        seed,
        failing: die.pick(&[0, 30, 200]),
    };
    let mut world = World::new(&tree, fate, EPOCH);
    let (policy, kids) = tree.inner.as_ref().unwrap();
    let mut model = Model {
        root: model::Team::new(*policy, kids),
        ended: None,
        said: Said {
            fate,
            now: EPOCH,
            orders: Vec::new(),
        },
    };
    world.begin();
    model.begin();
    world.settle();
    compare(&mut world, &mut model);
    for number in 100..100 + 3 + die.throw(10) as u64 {
        if model.ended.is_some() {
            history.note(|| "begin".into());
            world.begin();
            model.begin();
        } else {
            let event = Event::draw(&mut die, &world.root, number, Orders::Given);
            history.note(|| format!("{event:?}"));
            match event {
                Event::Die(path, end) => {
                    world.die(&path, exit(end));
                    model.fell(&path, end);
                }
                Event::Fall(path) => {
                    world.fall(&path, Some(()));
                    model.supervisor_fell(&path);
                }
                Event::ByHand(path, order) => {
                    world.by_hand(&path, order);
                    model.by_hand(&path, order);
                }
                Event::Add(path, id, declared) => {
                    world.add(&path, id, &declared);
                    model.add(&path, id, &declared);
                }
                Event::Delete(path) => {
                    world.delete(&path);
                    model.delete(&path);
                }
                Event::Pass(time) => {
                    world.now += time;
                    model.said.now += time;
                }
                Event::Stop => {
                    world.end();
                    model.end();
                }
            }
        }
        world.settle();
        compare(&mut world, &mut model);
    }
}

fn compare(world: &mut World, model: &mut Model) {
    let (ours, theirs) = (
        std::mem::take(&mut world.orders),
        std::mem::take(&mut model.said.orders),
    );
    assert_eq!(
        ours, theirs,
        "what was ordered (left), and what OTP orders (right)"
    );
    assert_eq!(
        world.list(),
        model.list(),
        "who is there and up (left), and who should be (right)"
    );
    let ended = world.ended.as_ref().map(Exit::name);
    assert_eq!(
        ended,
        model.ended.map(End::name),
        "how it ended (left), and should have (right)"
    );
    world.check_quiet();
}

fn exit(end: End) -> Exit {
    match end {
        End::Normal => Exit::Normal,
        _ => panic(),
    }
}

/// Events in the middle of everything.
fn storm(seed: u64, history: &mut History) {
    let mut die = Die(Jitter::new(seed));
    let tree = die.tree();
    history.note(|| tree.to_string());
    let fate = Fate {
        seed,
        failing: die.pick(&[0, 30, 200]),
    };
    let orders = die.pick(&[Orders::None, Orders::Given, Orders::Given]);
    let mut world = World::new(&tree, fate, EPOCH);
    world.begin();
    for number in 100..100 + 5 + die.throw(20) as u64 {
        if world.ended.is_some() {
            history.note(|| "begin".into());
            world.begin();
        }
        for _ in 0..die.throw(5) {
            world.deliver_any(&mut |sides| die.throw(sides));
        }
        let event = Event::draw(&mut die, &world.root, number, orders);
        history.note(|| format!("{event:?}"));
        match event {
            Event::Die(path, end) => world.die(&path, exit(end)),
            Event::Fall(path) => world.fall(&path, None),
            Event::ByHand(path, order) => world.by_hand(&path, order),
            Event::Add(path, id, declared) => world.add(&path, id, &declared),
            Event::Delete(path) => world.delete(&path),
            Event::Pass(time) => world.now += time,
            Event::Stop => world.end(),
        }
    }
    history.note(|| "the storm is over".into());
    world.settle();
    world.check_quiet();
    if world.ended.is_none() {
        world.end();
        world.settle();
        world.check_quiet();
        assert_eq!(world.ended.as_ref().map(Exit::name), Some("shutdown"));
    }
    assert!(
        world.list().iter().all(|(_, up)| !up),
        "somebody outlived the root"
    );
}

fn number(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => usual,
    }
}

/// What happened to a tree; written down only when a tree that failed lives again, because writing takes time.
#[derive(Default)]
struct History(Option<Vec<String>>);

impl History {
    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(what());
        }
    }
}

/// Tries half of the trees, each with a seed of its own.
///
/// # Panics
/// With the seed, the tree and the history of the first that fails; what failed was printed above it.
fn grow(live: fn(u64, &mut History), usual_seed: u64) {
    let first = number("HEDGEROW_SEED", usual_seed);
    let fails = |seed, history: &mut History| catch_unwind(AssertUnwindSafe(|| live(seed, history))).is_err();
    for seed in first..first + number("HEDGEROW_TREES", 100_000).div_ceil(2) {
        if fails(seed, &mut History::default()) {
            let mut history = History(Some(Vec::new()));
            fails(seed, &mut history);
            let history = history.0.unwrap_or_default().join("\n");
            panic!("replay with HEDGEROW_SEED={seed} HEDGEROW_TREES=1\n{history}");
        }
    }
}

#[test]
fn calm_trees_do_what_otp_does_in_the_same_order() {
    grow(calm, 1);
}

#[test]
fn a12_stormy_trees_break_no_rule_and_come_to_rest() {
    grow(storm, 1_000_000);
}
