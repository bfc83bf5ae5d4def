//! Hedgerow: an actor in a cell, the supervised child of a supervisor.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Handler, Message};
use hedgerow_supervisor::{Arbiters, CellContext, ChildSpec, Children, Ground, Handle, Supervisor, Tree};

use crate::counter::{Contestant, Counter, ROOM, TOLD};

/// Children that are declared before their supervisor starts.
#[derive(Clone, Copy)]
pub(crate) struct Hedgerow;

pub(crate) struct Sum(u64);

impl Actor for Sum {
    type Context = CellContext<Self>;
}

pub(crate) struct Add(pub(crate) u64);

impl Message for Add {
    type Result = u64;
}

impl Handler<Add> for Sum {
    type Result = u64;

    fn handle(&mut self, Add(amount): Add, _: &mut Self::Context) -> u64 {
        self.0 += amount;
        self.0
    }
}

/// Panics.
pub(crate) struct Fall;

impl Message for Fall {
    type Result = ();
}

impl Handler<Fall> for Sum {
    type Result = ();

    fn handle(&mut self, Fall: Fall, _: &mut Self::Context) {
        std::panic::panic_any(TOLD);
    }
}

/// A child, and the tree that keeps it.
#[derive(Clone)]
pub(crate) struct Cell {
    handle: Handle<Sum>,
    tree: Arc<Tree>,
}

/// A supervisor to which children are added while it runs.
pub(crate) struct Nursery {
    children: Children,
    _tree: Tree,
}

impl Nursery {
    /// Adds `c0` and so on, each when the one before is ready.
    pub(crate) async fn add(&self, count: usize) {
        for number in 0..count {
            let (spec, _) = ChildSpec::actor(format!("c{number}"), || Sum(0));
            self.children.add(spec).await.expect("it starts");
        }
    }

    /// Deletes them again, the first one first.
    pub(crate) async fn delete(&self, count: usize) {
        for number in 0..count {
            self.children
                .delete(&format!("c{number}"))
                .await
                .expect("it is there");
        }
    }
}

impl Cell {
    /// A supervisor without children.
    pub(crate) async fn start_nursery() -> Nursery {
        let (supervisor, children) = Supervisor::one_for_one("nursery").dynamic();
        Nursery {
            children,
            _tree: start(supervisor).await,
        }
    }

    /// Has the child panic, some time after this.
    pub(crate) fn fall(&self) {
        assert!(self.handle.tell(Fall).is_ok(), "there is room");
    }

    /// Stops the tree, each child in its turn.
    pub(crate) async fn stop_tree(&self) {
        self.tree.stop().await;
    }
}

impl Counter for Cell {
    fn tell(&self, amount: u64) {
        assert!(self.handle.tell(Add(amount)).is_ok(), "there is room");
    }

    async fn ask(&self, amount: u64) -> u64 {
        self.handle.ask(Add(amount)).await.expect("it lives")
    }
}

impl Contestant for Hedgerow {
    type Counter = Cell;

    fn name(&self) -> &'static str {
        "hedgerow"
    }

    async fn start(&self) -> Cell {
        let mut one = Vec::with_capacity(1);
        self.fill(&mut one).await;
        one.pop().expect("there was room for one")
    }

    async fn fill(&self, crowd: &mut Vec<Cell>) {
        let count = crowd.capacity() - crowd.len();
        let (specs, handles): (Vec<_>, Vec<_>) = (0..count)
            .map(|number| ChildSpec::actor(format!("c{number}"), || Sum(0)))
            .map(|(spec, handle)| (spec.mailbox(ROOM), handle))
            .unzip();
        let tree = Arc::new(start(Supervisor::one_for_one("bench").children(specs)).await);
        crowd.extend(handles.into_iter().map(|handle| Cell {
            handle,
            tree: tree.clone(),
        }));
    }
}

/// A child that is started again at once however often it falls.
///
/// A nanosecond without a fall makes the next one the first of its kind, which waits for nothing; and no more than one
/// fall is within the period that the intensity looks at.
pub(crate) async fn start_restless() -> Cell {
    let least = Duration::from_nanos(1);
    let (spec, handle) = ChildSpec::actor("restless", || Sum(0));
    let supervisor = Supervisor::one_for_one("bench")
        .intensity(u32::MAX, least)
        .backoff(least, least)
        .child(spec);
    let tree = Arc::new(start(supervisor).await);
    Cell { handle, tree }
}

async fn start(supervisor: Supervisor) -> Tree {
    Tree::start(supervisor, &Ground::new(Arbiters::current_thread()))
        .await
        .expect("nothing in it fails to start")
}
