//! A clerk that does as it is told, for the tests of this crate.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its own part"
)]

pub mod doer;
pub mod lists;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Handler, Message, ResponseActFuture,
    Running, WrapFuture as _,
};
use hedgerow_supervisor::{Arbiters, CellContext, ChildSpec, Ground, Handle, Supervisor, Tree};
use hedgerow_view::ActorView;
use hedgerow_view::tree::ActorState;

/// Remembers how many messages its value has handled, and on order panics in one place or another.
#[derive(Default)]
pub struct Clerk {
    pub handled: u32,
    /// How many messages had been handled when the note to itself was read.
    pub noted_at: u32,
    pub habits: Habits,
}

/// Where a clerk misbehaves.
#[derive(Clone, Default)]
pub struct Habits {
    pub panics_in_drop: bool,
    pub ignores_stop: bool,
    /// Panics in `started` while this is not zero, and counts it down.
    pub failed_starts: Arc<AtomicU32>,
    pub start_takes: Duration,
    pub log: Option<(&'static str, Arc<std::sync::Mutex<Vec<String>>>)>,
}

impl Habits {
    fn note(&self, what: &str) {
        if let Some((name, log)) = &self.log {
            log.lock().unwrap().push(format!("{name} {what}"));
        }
    }
}

impl Actor for Clerk {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let left = &self.habits.failed_starts;
        if left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            panic!("no wish to start");
        }
        if !self.habits.start_takes.is_zero() {
            context.wait(tokio::time::sleep(self.habits.start_takes).into_actor(self));
        }
        self.habits.note("started");
        context.on_bell(|clerk, _| clerk.handled += 100);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        if self.habits.ignores_stop {
            Running::Continue
        } else {
            Running::Stop
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.habits.note("stopped");
    }
}

impl Drop for Clerk {
    fn drop(&mut self) {
        if self.habits.panics_in_drop {
            panic!("no wish to go");
        }
    }
}

macro_rules! message {
    ($name:ident -> $result:ty) => {
        pub struct $name;
        impl Message for $name {
            type Result = $result;
        }
    };
}

message!(Count -> u32);
message!(Panic -> ());
message!(PanicLater -> ());
message!(PanicInTimer -> ());
message!(Leave -> ());
message!(Fail -> ());
message!(Answer42Later -> u32);
message!(FailUnspeakably -> ());
message!(StopTheThread -> ());
message!(NoteToSelf -> ());
message!(Note -> ());
message!(WhenNoted -> u32);

/// An error that panics when it is to be written.
#[derive(Debug)]
pub struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words");
    }
}

impl std::error::Error for Unspeakable {}

impl Handler<FailUnspeakably> for Clerk {
    type Result = ();
    fn handle(&mut self, _: FailUnspeakably, context: &mut CellContext<Self>) {
        context.fail(Unspeakable);
    }
}

impl Handler<StopTheThread> for Clerk {
    type Result = ();
    fn handle(&mut self, _: StopTheThread, _: &mut CellContext<Self>) {
        actix_rt::Arbiter::current().stop();
    }
}

impl Handler<NoteToSelf> for Clerk {
    type Result = ();
    fn handle(&mut self, _: NoteToSelf, context: &mut CellContext<Self>) {
        context.notify(Note).expect("there is room");
    }
}

impl Handler<Note> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Note, _: &mut CellContext<Self>) {
        self.noted_at = self.handled;
    }
}

impl Handler<WhenNoted> for Clerk {
    type Result = u32;
    fn handle(&mut self, _: WhenNoted, _: &mut CellContext<Self>) -> u32 {
        self.noted_at
    }
}

impl Handler<Count> for Clerk {
    type Result = u32;
    fn handle(&mut self, _: Count, _: &mut CellContext<Self>) -> u32 {
        self.handled += 1;
        self.handled
    }
}

impl Handler<Panic> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Panic, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

impl Handler<PanicInTimer> for Clerk {
    type Result = ();
    fn handle(&mut self, _: PanicInTimer, context: &mut CellContext<Self>) {
        context.run_later(Duration::from_millis(1), |_, _| panic!("told to, by the clock"));
    }
}

impl Handler<PanicLater> for Clerk {
    type Result = ResponseActFuture<Self, ()>;
    fn handle(&mut self, _: PanicLater, _: &mut CellContext<Self>) -> Self::Result {
        Box::pin(
            tokio::task::yield_now()
                .into_actor(self)
                .map(|(), _, _| panic!("told to, later")),
        )
    }
}

impl Handler<Answer42Later> for Clerk {
    type Result = ResponseActFuture<Self, u32>;
    fn handle(&mut self, _: Answer42Later, _: &mut CellContext<Self>) -> Self::Result {
        Box::pin(
            tokio::time::sleep(Duration::from_secs(1))
                .into_actor(self)
                .map(|(), _, _| 42),
        )
    }
}

impl Handler<Leave> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Leave, context: &mut CellContext<Self>) {
        context.stop();
    }
}

impl Handler<Fail> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Fail, context: &mut CellContext<Self>) {
        context.fail(std::io::Error::other("out of ink"));
    }
}

pub fn clerk(name: &str) -> (ChildSpec, Handle<Clerk>) {
    clerk_with(name, Habits::default())
}

pub fn clerk_with(name: &str, habits: Habits) -> (ChildSpec, Handle<Clerk>) {
    let name = name.to_owned();
    ChildSpec::actor(name, move || Clerk {
        habits: habits.clone(),
        ..Clerk::default()
    })
}

/// A tree on the current thread, which paused time moves.
pub async fn here(spec: Supervisor) -> Tree {
    Tree::start(spec, &Ground::new(Arbiters::current_thread()))
        .await
        .unwrap()
}

/// A tree here with one clerk, `root/clerk`.
pub async fn one_clerk() -> (Tree, Handle<Clerk>) {
    let (spec, clerk) = clerk("clerk");
    (here(Supervisor::one_for_one("root").child(spec)).await, clerk)
}

/// A tree on two threads of its own.
pub async fn on_threads(spec: Supervisor) -> (Tree, Arbiters) {
    let arbiters = Arbiters::threads(NonZeroUsize::new(2).unwrap()).unwrap();
    (
        Tree::start(spec, &Ground::new(arbiters.clone())).await.unwrap(),
        arbiters,
    )
}

/// The actor at this path below the root.
pub fn at<'a>(tree: &'a ActorView, names: &[&str]) -> &'a ActorView {
    names.iter().fold(tree, |at, name| {
        at.children
            .iter()
            .find(|child| child.path.name() == *name)
            .expect("a child of this name")
    })
}

/// Waits until the actor under the root is in this state.
pub async fn until(tree: &Tree, name: &str, state: ActorState) -> ActorView {
    loop {
        let view = tree.directory().tree();
        let child = at(&view, &[name]);
        if child.state == state {
            return child.clone();
        }
        tokio::task::yield_now().await;
    }
}

/// Runs a test body on one thread with paused time.
pub fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, body);
}
