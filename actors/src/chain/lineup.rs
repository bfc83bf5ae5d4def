//! Which nodes stand in a chain, in what order, and how far requests came.

use std::iter::Sum;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow_gate::Tally;

use super::budget::Standing;
use super::node_slot::{Counted, NodeSlot};

/// The nodes of a chain in one revision of it, and how many requests have come how far.
pub(super) struct Lineup {
    /// All of them, in order.
    pub(super) places: Box<[Place]>,
    /// Those that requests meet.
    pub(super) nodes: Box<[Arc<NodeSlot>]>,
    /// How many requests came how far, and how many of them came to nothing: one count a request tells how many entered each
    /// node. The index is the number of nodes that were reached, or entered.
    depths: Box<[Tally<2>]>,
    /// Nodes that are not simply served: while it is 0, no request asks each of them.
    out: AtomicU32,
}

const REACHED: usize = 0;
const ERRORS: usize = 1;

/// Requests that came by a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Those that reached it.
    pub(super) reached: u64,
    /// Those of them that entered it and came to nothing.
    pub(super) errors: u64,
}

impl Passed {
    fn by(tally: &Tally<2>) -> Self {
        let [reached, errors] = tally.sums();
        Self { reached, errors }
    }
}

impl Add for Passed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reached: self.reached.saturating_add(other.reached),
            errors: self.errors.saturating_add(other.errors),
        }
    }
}

impl Sum for Passed {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// A node in its chain.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) node: Arc<NodeSlot>,
    pub(super) enabled: bool,
}

impl Lineup {
    pub(super) fn new(places: Vec<Place>) -> Self {
        let enabled = places.iter().filter(|place| place.enabled);
        let nodes: Box<[_]> = enabled.map(|place| Arc::clone(&place.node)).collect();
        let lineup = Self {
            places: places.into(),
            depths: (0..=nodes.len()).map(|_| Tally::default()).collect(),
            nodes,
            out: AtomicU32::new(0),
        };
        lineup.count_out();
        lineup
    }

    /// Whether any node is not simply served.
    #[inline]
    pub(super) fn any_out(&self) -> bool {
        self.out.load(Ordering::Acquire) != 0
    }

    /// Looks again at how its nodes stand. One at a time.
    pub(super) fn count_out(&self) {
        let is_out = |node: &&Arc<NodeSlot>| node.word.read() != Standing::Served;
        let out = self.nodes.iter().filter(is_out).count();
        self.out
            .store(u32::try_from(out).unwrap_or(u32::MAX), Ordering::Release);
    }

    /// Counts a request that reached so many nodes.
    #[inline]
    pub(super) fn count(&self, reached: usize) {
        self.depths[reached].add(REACHED);
    }

    /// Counts a request that came to nothing, and has entered so many nodes.
    pub(super) fn count_error(&self, entered: usize) {
        self.depths[entered].add(ERRORS);
    }

    /// How many requests have reached who counts here, and how many of those that entered it came to nothing.
    pub(super) fn passed(&self, counted: &Arc<Counted>) -> Passed {
        let is_it = |node: &Arc<NodeSlot>| Arc::ptr_eq(&node.counts, counted);
        match self.nodes.iter().position(is_it) {
            Some(at) => self.depths[at + 1..].iter().map(Passed::by).sum(),
            None => Passed::default(),
        }
    }

    /// Hands what was counted here to the nodes. Nobody counts here any more.
    pub(super) fn settle(&self) {
        let mut passed = Passed::default();
        for (node, tally) in self.nodes.iter().zip(&self.depths[1..]).rev() {
            passed = passed + Passed::by(tally);
            node.counts.settle(passed);
        }
    }

    /// The place of the node with this name.
    pub(super) fn find(&self, name: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.node.name == name)
    }
}
