//! Machines at work on children that are only played: messages travel, children come up, fall and stop.
//!
//! What a machine orders is carried out, and checked, in `forest_rules_tests.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::Machine;
use super::super::story::panic;
use super::{Declared, Fate, Path, Told, below};
use crate::exit::{Exit, InitFailure};
use crate::supervision::decide::Restart;
use crate::supervision::step::{ChildId, ChildRules, Input, Order, Origin, Policy};

#[path = "forest_rules_tests.rs"]
mod rules;

/// More words than any tree of this size has to say to come to rest.
const LONG: usize = 100_000;

/// A place in the tree and whoever lives there.
pub(super) struct Node {
    pub(super) rules: ChildRules,
    /// The incarnation that lives.
    pub(super) alive: Option<u32>,
    last: u32,
    pub(super) ready: bool,
    /// Whether its supervisor may take it for up: it was ready, and nothing else was heard of it.
    known_up: bool,
    /// Whether it was asked to stop, and if so, whether on its own account alone.
    asked: Option<Asked>,
    /// Whether the last that was said to it by hand was to stop.
    stopped_by_hand: bool,
    /// Whether its own end is why it is down.
    left_down: bool,
    pub(super) inner: Option<Team>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    InItsTurn,
    ByHand,
}

/// A supervisor: its machine, and its children.
pub(super) struct Team {
    policy: Policy,
    machine: Machine,
    pub(super) kids: BTreeMap<u64, Node>,
    /// Whether this incarnation has begun, and takes messages.
    begun: bool,
    adding: BTreeSet<u64>,
    restarts: Vec<Duration>,
}

/// What is under way.
#[derive(Clone)]
enum Word {
    /// To a child: come up.
    Init(Path, u32),
    /// To a child: go down.
    Halt(Path, u32),
    /// To the supervisor of a child.
    Ready(Path, u32),
    /// To the supervisor of a child.
    Exited(Path, u32, Exit),
    /// To a supervisor.
    Waited(Path, u64),
}

impl Word {
    fn path(&self) -> &Path {
        match self {
            Self::Init(path, _)
            | Self::Halt(path, _)
            | Self::Ready(path, _)
            | Self::Exited(path, _, _)
            | Self::Waited(path, _) => path,
        }
    }
}

pub(super) struct World {
    pub(super) root: Node,
    pub(super) ended: Option<Exit>,
    pub(super) now: Duration,
    pub(super) orders: Vec<(Told, Path)>,
    /// Whether nobody gives orders by hand, so that groups start in order without exception.
    pub(super) untouched: bool,
    fate: Fate,
    mail: Vec<Word>,
}

impl Node {
    fn new(rules: ChildRules, declared: &Option<(Policy, Vec<Declared>)>, seed: u64) -> Self {
        Self {
            rules,
            alive: None,
            last: 0,
            ready: false,
            known_up: false,
            asked: None,
            stopped_by_hand: false,
            left_down: false,
            inner: declared
                .as_ref()
                .map(|(policy, kids)| Team::new(*policy, kids, seed)),
        }
    }

    fn comes_back_after(&self, exit: &Exit) -> bool {
        match self.rules.restart {
            Restart::Permanent => true,
            Restart::Transient => !matches!(exit, Exit::Normal | Exit::Shutdown),
            Restart::Temporary => false,
        }
    }

    fn end(&mut self) {
        self.alive = None;
        self.ready = false;
        if let Some(team) = &mut self.inner {
            team.begun = false;
        }
    }
}

impl Team {
    fn new(policy: Policy, declared: &[Declared], seed: u64) -> Self {
        let rules = |(id, kid): (u64, &Declared)| (ChildId(id), kid.rules(id, Origin::Declared));
        let kids = (0..).zip(declared).map(|(id, kid)| {
            let node = Node::new(kid.rules(id, Origin::Declared), &kid.inner, seed);
            (id, node)
        });
        Self {
            policy,
            machine: Machine::new(policy, seed, (0..).zip(declared).map(rules)),
            kids: kids.collect(),
            begun: false,
            adding: BTreeSet::new(),
            restarts: Vec::new(),
        }
    }
}

impl World {
    pub(super) fn new(root: &Declared, fate: Fate, now: Duration) -> Self {
        Self {
            root: Node::new(root.rules(0, Origin::Declared), &root.inner, fate.seed),
            ended: None,
            now,
            orders: Vec::new(),
            untouched: true,
            fate,
            mail: Vec::new(),
        }
    }

    pub(super) fn node(&mut self, path: &[u64]) -> Option<&mut Node> {
        let mut node = &mut self.root;
        for id in path {
            node = node.inner.as_mut()?.kids.get_mut(id)?;
        }
        Some(node)
    }

    fn team(&mut self, path: &[u64]) -> Option<&mut Team> {
        self.node(path)?.inner.as_mut()
    }

    /// Whether the supervisor at `path` lives and takes messages.
    pub(super) fn listens(&mut self, path: &[u64]) -> bool {
        self.team(path).is_some_and(|team| team.begun)
    }

    /// Starts the root.
    pub(super) fn begin(&mut self) {
        self.ended = None;
        self.root.last += 1;
        self.root.alive = Some(self.root.last);
        self.mail.push(Word::Init(Vec::new(), self.root.last));
    }

    /// Stops the root.
    pub(super) fn end(&mut self) {
        if self.listens(&[]) {
            self.drive(&[], Input::Stop, None);
        }
    }

    /// A leaf ends by itself.
    pub(super) fn die(&mut self, path: &[u64], exit: Exit) {
        let Some(node) = self.node(path) else { return };
        let Some(incarnation) = node.alive else { return };
        node.left_down |= node.asked.is_none() && !node.comes_back_after(&exit);
        node.end();
        self.mail.push(Word::Exited(path.to_vec(), incarnation, exit));
    }

    /// A supervisor falls. Its children are told to stop, last first, and are heard of by its next incarnation only.
    /// With `patience` each is down before the next is told.
    pub(super) fn fall(&mut self, path: &[u64], patience: Option<()>) {
        let Some(node) = self.node(path) else { return };
        let Some(incarnation) = node.alive else { return };
        let exit = panic();
        node.left_down |= node.asked.is_none() && !node.comes_back_after(&exit);
        node.end();
        let kids: Vec<u64> = node
            .inner
            .iter()
            .flat_map(|team| team.kids.keys().copied())
            .collect();
        for id in kids.into_iter().rev() {
            let path = below(path, id);
            let Some(node) = self.node(&path) else { continue };
            if let (Some(incarnation), None) = (node.alive, node.asked) {
                node.asked = Some(Asked::ByHand);
                self.orders.push((Told::Stop, path.clone()));
                self.mail.push(Word::Halt(path, incarnation));
            }
            if patience.is_some() {
                self.settle();
            }
        }
        self.mail.push(Word::Exited(path.to_vec(), incarnation, exit));
    }

    pub(super) fn by_hand(&mut self, path: &[u64], order: Order) {
        let Some((id, above)) = path.split_last() else {
            return;
        };
        if !self.listens(above) || self.team(above).is_some_and(|team| team.machine.is_ending()) {
            return;
        }
        self.untouched = false;
        let on_its_way = |word: &Word| matches!(word, Word::Exited(of, ..) if of == path);
        let unheard = self.mail.iter().any(on_its_way);
        if let Some(node) = self.node(path) {
            node.stopped_by_hand = order == Order::Stop;
            // A start changes nothing where the supervisor still takes the child for up.
            node.left_down &= order == Order::Stop || (order == Order::Start && unheard);
        }
        let child = ChildId(*id);
        self.drive(above, Input::Operate { child, order }, Some(*id));
    }

    pub(super) fn add(&mut self, above: &[u64], id: u64, declared: &Declared) {
        if !self.listens(above) {
            return;
        }
        self.untouched = false;
        let rules = declared.rules(id, Origin::Added);
        let node = Node::new(rules.clone(), &declared.inner, self.fate.seed);
        let Some(team) = self.team(above) else { return };
        team.kids.insert(id, node);
        team.adding.insert(id);
        let child = ChildId(id);
        self.drive(above, Input::Add { child, rules }, Some(id));
    }

    pub(super) fn delete(&mut self, path: &[u64]) {
        let Some((id, above)) = path.split_last() else {
            return;
        };
        if self.listens(above) {
            self.untouched = false;
            if let Some(node) = self.node(path) {
                node.stopped_by_hand = true;
            }
            self.drive(above, Input::Delete { child: ChildId(*id) }, Some(*id));
        }
    }

    /// Delivers everything, in the order in which it was sent.
    pub(super) fn settle(&mut self) {
        for _ in 0..LONG {
            let Some(at) = (0..self.mail.len()).find(|at| self.arrives(*at)) else {
                return;
            };
            let word = self.mail.remove(at);
            self.deliver(word);
        }
        panic!("the tree does not come to rest");
    }

    /// Delivers one word that a die chose; what is said of one place keeps its order. Now and then it is said twice.
    pub(super) fn deliver_any(&mut self, die: &mut impl FnMut(usize) -> usize) {
        if self.mail.is_empty() {
            return;
        }
        let chosen = self.mail[die(self.mail.len())].path().clone();
        let first = (0..self.mail.len()).find(|at| *self.mail[*at].path() == chosen && self.arrives(*at));
        let Some(at) = first else { return };
        let word = self.mail.remove(at);
        if die(8) == 0 {
            self.mail.push(word.clone());
        }
        self.deliver(word);
    }

    fn arrives(&mut self, at: usize) -> bool {
        let word = &self.mail[at];
        let to = match word {
            Word::Init(..) | Word::Halt(..) => return true,
            Word::Waited(path, _) => path.clone(),
            Word::Ready(path, _) | Word::Exited(path, ..) => match path.split_last() {
                Some((_, above)) => above.to_vec(),
                None => return true,
            },
        };
        self.team(&to).is_none_or(|team| team.begun)
    }

    fn deliver(&mut self, word: Word) {
        match word {
            Word::Init(path, incarnation) => self.init(path, incarnation),
            Word::Halt(path, incarnation) => self.halt(path, incarnation),
            Word::Ready(path, incarnation) => {
                self.hear(&path, incarnation, true);
                self.tell(&path, |child| Input::Ready { child, incarnation });
            }
            Word::Exited(path, incarnation, exit) => {
                self.hear(&path, incarnation, false);
                self.tell(&path, |child| Input::Exited {
                    child,
                    incarnation,
                    exit,
                });
            }
            Word::Waited(path, token) if self.team(&path).is_some() => {
                self.drive(&path, Input::WaitOver { token }, None);
            }
            Word::Waited(..) => {}
        }
    }

    fn hear(&mut self, path: &Path, incarnation: u32, up: bool) {
        if let Some(node) = self.node(path)
            && node.last == incarnation
        {
            node.known_up = up;
        }
    }

    fn tell(&mut self, path: &Path, input: impl FnOnce(ChildId) -> Input) {
        if let Some((id, above)) = path.split_last()
            && self.team(above).is_some()
        {
            self.drive(above, input(ChildId(*id)), None);
        }
    }

    fn init(&mut self, path: Path, incarnation: u32) {
        let fails = self.fate.fails(&path, incarnation);
        let Some(node) = self.node(&path) else { return };
        if node.alive != Some(incarnation) {
            return;
        }
        if let Some(team) = &mut node.inner {
            if team.begun {
                return;
            }
            let over = |(id, kid): (&u64, &Node)| {
                let ordered = team.machine.incarnation(ChildId(*id));
                (kid.alive != ordered).then_some(ChildId(*id))
            };
            let over = team.kids.iter().filter_map(over).collect();
            team.begun = true;
            team.restarts.clear();
            for kid in team.kids.values_mut() {
                kid.stopped_by_hand = false;
                kid.left_down = false;
                kid.known_up = false;
            }
            self.drive(&path, Input::Begin { over }, None);
        } else if fails {
            self.die(&path, Exit::InitFailed(InitFailure::Ended));
        } else if !node.ready {
            node.ready = true;
            self.mail.push(Word::Ready(path, incarnation));
        }
    }

    fn halt(&mut self, path: Path, incarnation: u32) {
        let Some(node) = self.node(&path) else { return };
        if node.alive != Some(incarnation) {
            return;
        }
        match &node.inner {
            Some(team) if team.begun => self.drive(&path, Input::Stop, None),
            _ => self.die(&path, Exit::Shutdown),
        }
    }

    fn drive(&mut self, path: &[u64], input: Input, by_hand: Option<u64>) {
        let now = self.now;
        let Some(team) = self.team(path) else { return };
        for effect in team.machine.on(input, now) {
            self.carry_out(path, effect, by_hand);
        }
    }
}
