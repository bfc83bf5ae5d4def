//! An actor that does what a message says: a story is a row of closures.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll};

use actix::{Actor, ActorFuture, AsyncContext as _, Handler, Message, MessageResult, ResponseActFuture};
use hedgerow_supervisor::{CellContext, ChildSpec, Handle, Supervisor, Tree};

/// What was noted, in order, from wherever.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How many lines say just this.
    pub fn count(&self, what: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| *line == what).count()
    }
}

/// Notes when it is dropped, and panics then if it is told to.
pub struct Grenade {
    log: Log,
    name: &'static str,
    is_live: bool,
}

impl Grenade {
    pub fn live(name: &'static str, log: &Log) -> Self {
        Self::new(name, log, true)
    }

    pub fn dud(name: &'static str, log: &Log) -> Self {
        Self::new(name, log, false)
    }

    fn new(name: &'static str, log: &Log, is_live: bool) -> Self {
        let log = log.clone();
        Self { log, name, is_live }
    }
}

impl Drop for Grenade {
    fn drop(&mut self) {
        self.log.note(format!("{} dropped", self.name));
        if std::mem::take(&mut self.is_live) {
            panic!("{} is dropped", self.name);
        }
    }
}

pub type Ctx = CellContext<Doer>;

/// Does what it is told.
pub struct Doer {
    /// Counts what it likes.
    pub count: u32,
    /// Kept until it is dropped.
    pub kept: Vec<Grenade>,
    /// Held for as long as the value lives.
    pub traces: Vec<tokio::sync::mpsc::Sender<()>>,
}

impl Actor for Doer {
    type Context = Ctx;
}

impl Doer {
    pub fn fresh() -> Self {
        Self {
            count: 0,
            kept: Vec::new(),
            traces: Vec::new(),
        }
    }
}

type Deed<R> = Box<dyn FnOnce(&mut Doer, &mut Ctx) -> R + Send>;

/// Something to do at once.
pub struct Do<R = ()>(Deed<R>);

pub fn deed<R>(deed: impl FnOnce(&mut Doer, &mut Ctx) -> R + Send + 'static) -> Do<R> {
    Do(Box::new(deed))
}

impl<R: Send + 'static> Message for Do<R> {
    type Result = R;
}

impl<R: Send + 'static> Handler<Do<R>> for Doer {
    type Result = MessageResult<Do<R>>;

    fn handle(&mut self, deed: Do<R>, context: &mut Ctx) -> Self::Result {
        MessageResult((deed.0)(self, context))
    }
}

/// Something that is answered later.
pub struct Later<R>(Deed<ResponseActFuture<Doer, R>>);

pub fn later<R>(
    deed: impl FnOnce(&mut Doer, &mut Ctx) -> ResponseActFuture<Doer, R> + Send + 'static,
) -> Later<R> {
    Later(Box::new(deed))
}

impl<R: Send + 'static> Message for Later<R> {
    type Result = R;
}

impl<R: Send + 'static> Handler<Later<R>> for Doer {
    type Result = ResponseActFuture<Self, R>;

    fn handle(&mut self, deed: Later<R>, context: &mut Ctx) -> Self::Result {
        (deed.0)(self, context)
    }
}

/// An actor's future that is whatever `poll` says.
pub struct Polling<F>(F);

pub fn polling<A, F>(poll: F) -> Polling<F>
where
    A: Actor,
    F: FnMut(&mut A, &mut A::Context, &mut task::Context<'_>) -> Poll<()> + Unpin,
{
    Polling(poll)
}

impl<A, F> ActorFuture<A> for Polling<F>
where
    A: Actor,
    F: FnMut(&mut A, &mut A::Context, &mut task::Context<'_>) -> Poll<()> + Unpin,
{
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        actor: &mut A,
        context: &mut A::Context,
        task: &mut task::Context<'_>,
    ) -> Poll<()> {
        (self.0)(actor, context, task)
    }
}

pub fn doer(name: &str) -> (ChildSpec, Handle<Doer>) {
    ChildSpec::actor(name, Doer::fresh)
}

/// A tree here with one doer, `root/doer`.
pub async fn one_doer() -> (Tree, Handle<Doer>) {
    let (spec, doer) = doer("doer");
    (
        super::here(Supervisor::one_for_one("root").child(spec)).await,
        doer,
    )
}

/// Holds the actor up, without its thread, for as long as `until` takes.
pub fn hold(until: impl Future<Output = ()> + Send + 'static) -> Do {
    deed(move |_, context| context.wait(actix::fut::wrap_future::<_, Doer>(until)))
}
