//! Ours: nodes in a tree, and requests through them.

use std::cell::RefCell;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::task::{Context, Poll, Waker};

use hedgerow_actors::breaker::Means;
use hedgerow_actors::chain::{
    Arrival, ChainHandle, Cx, Flow, Node, NodeSpec, RequestHead, SerialLimits, SerialNode, spec,
};
use hedgerow_actors::revision::{self, Revisions, Workshop};
use hedgerow_benches::nodes::{Get, Status};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::StatusCode;
use tokio::runtime::Runtime;

/// The threads that the actors behind the nodes live on, and the trees of all chains.
pub(crate) struct Stage {
    runtime: Runtime,
    arbiters: Arbiters,
    trees: RefCell<Vec<Tree>>,
}

impl Stage {
    pub(crate) fn set() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime needs nothing but memory"),
            arbiters: Arbiters::threads(NonZeroUsize::MIN).expect("a bench may have a thread"),
            trees: RefCell::default(),
        }
    }

    /// A chain of so many nodes, each with its actor at work.
    pub(crate) fn chain<N: Node>(&self, depth: usize, node: fn() -> N) -> ChainHandle {
        self.grow((0..depth).map(|index| NodeSpec::new(format!("n{index}"), "bench", node)))
    }

    /// A chain of so many nodes that are asked by a message each.
    pub(crate) fn serialised(&self, depth: usize) -> ChainHandle {
        let node = |index| {
            NodeSpec::serialised(format!("n{index}"), "bench", SerialLimits::default(), || {
                Counting(0)
            })
        };
        self.grow((0..depth).map(node))
    }

    fn grow(&self, nodes: impl Iterator<Item = NodeSpec>) -> ChainHandle {
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), nodes.collect());
        let root = Supervisor::one_for_one("root").child(child);
        let ground = Ground::new(self.arbiters.clone());
        let tree = self
            .runtime
            .block_on(Tree::start(root, &ground))
            .expect("the tree is right");
        self.trees.borrow_mut().push(tree);
        chain
    }

    /// The same, in a tree with somebody who edits it, and remembers nothing.
    pub(crate) fn edited_chain<N: Node>(&self, depth: usize, node: fn() -> N) -> ChainHandle {
        let nodes = (0..depth).map(|index| NodeSpec::new(format!("n{index}"), "bench", node));
        let ground = Ground::new(self.arbiters.clone());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let revisions = Revisions::beginning_at(1);
        let (child, chain) = spec("edge", &revisions, nodes.collect());
        let root = Supervisor::one_for_one("root").child(child).child(revision::spec(
            &revisions,
            &means,
            Workshop::default(),
        ));
        let tree = self
            .runtime
            .block_on(Tree::start(root, &ground))
            .expect("the tree is right");
        self.trees.borrow_mut().push(tree);
        chain
    }

    pub(crate) fn strike(self) {
        self.runtime.block_on(async {
            for tree in self.trees.into_inner() {
                tree.stop().await;
            }
            self.arbiters.shutdown().await;
        });
    }
}

/// Counts in its actor's mailbox.
struct Counting(u64);

impl SerialNode for Counting {
    type Request = usize;
    type Answer = u64;

    fn take(head: &dyn RequestHead, _: &mut Cx) -> Option<usize> {
        Some(head.path().len())
    }

    fn on_request(&mut self, length: usize) -> u64 {
        self.0 += length as u64;
        self.0
    }

    fn on_answer(answer: u64, _: &mut dyn RequestHead, _: &mut Cx) -> Flow {
        black_box(answer);
        Flow::Next
    }
}

/// As [`batch`], for nodes that wait for somebody else: the thread sleeps meanwhile.
pub(crate) fn batch_that_sleeps(chain: &ChainHandle, count: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime needs nothing but memory");
    runtime.block_on(async {
        for _ in 0..count {
            if let Ok(Arrival::Through(passage)) = chain.enter().descend(&mut Get).await
                && let Ok(ending) = passage.answer(&mut Status(StatusCode::OK))
            {
                ending.complete();
            }
        }
    });
}

pub(crate) fn batch(chain: &ChainHandle, count: u64) {
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        let mut cursor = chain.enter();
        let arrived = loop {
            if let Poll::Ready(arrived) = cursor.poll_descend(&mut Get, &mut task) {
                break arrived;
            }
        };
        if let Ok(Arrival::Through(passage)) = arrived
            && let Ok(ending) = passage.answer(&mut Status(StatusCode::OK))
        {
            ending.complete();
        }
    }
}
