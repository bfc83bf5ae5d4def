//! A factory in a tree, that makes what it is told to.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::future::BoxFuture;
use hedgerow_supervisor::{Arbiters, Context, Events, Ground, Supervisor, Tree};
use hedgerow_view::{FactoryView, View};
use tokio::sync::Semaphore;

use crate::factory::{self, FactoryHandle, FactoryPolicy, FactoryScope, Recipe, Spawn};

/// What is made: its number.
#[derive(Debug)]
pub(super) struct Thing(pub(super) usize);

/// How an attempt goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    Fails,
    Panics,
    Hangs,
}

/// What the recipe goes by and takes down.
pub(super) struct Script {
    /// How the next attempts go; well, where there is nothing.
    pub(super) next: Mutex<VecDeque<Goes>>,
    /// Attempts wait for a permit each, where there are to be few.
    pub(super) gate: Semaphore,
    pub(super) begun: AtomicUsize,
    pub(super) closed: Mutex<Vec<usize>>,
    pub(super) resets: Mutex<Vec<usize>>,
    pub(super) is_reset_well: Mutex<bool>,
    /// Under which contexts attempts were made.
    pub(super) contexts: Mutex<Vec<Context>>,
}

impl Script {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            next: Mutex::default(),
            gate: Semaphore::new(1_000),
            begun: AtomicUsize::new(0),
            closed: Mutex::default(),
            resets: Mutex::default(),
            is_reset_well: Mutex::new(true),
            contexts: Mutex::default(),
        })
    }

    pub(super) fn recipe(self: &Arc<Self>) -> Recipe<Thing> {
        let (make, close, reset) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        Recipe::new(move || Arc::clone(&make).make())
            .close(move |thing: Arc<Thing>| {
                let script = Arc::clone(&close);
                async move { script.closed.lock().unwrap().push(thing.0) }
            })
            .reset(move |thing: Arc<Thing>| {
                let script = Arc::clone(&reset);
                async move {
                    script.resets.lock().unwrap().push(thing.0);
                    let is_well = *script.is_reset_well.lock().unwrap();
                    is_well.then_some(()).ok_or("no reset")
                }
            })
    }

    async fn make(self: Arc<Self>) -> Result<Thing, &'static str> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.contexts.lock().unwrap().push(Context::current());
        self.gate.acquire().await.unwrap().forget();
        let goes = self.next.lock().unwrap().pop_front();
        match goes {
            None => Ok(Thing(number)),
            Some(Goes::Fails) => Err("connection refused"),
            Some(Goes::Panics) => panic!("the wire is on fire"),
            Some(Goes::Hangs) => std::future::pending().await,
        }
    }

    pub(super) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    pub(super) fn goes(&self, next: &[Goes]) {
        self.next.lock().unwrap().extend(next);
    }

    /// From now on attempts wait until they are let through.
    pub(super) fn hold(&self) {
        self.gate.forget_permits(1_000);
    }

    pub(super) fn closed(&self) -> Vec<usize> {
        self.closed.lock().unwrap().clone()
    }
}

/// Runs work where the test runs.
pub(super) struct Here;

impl Spawn for Here {
    #[expect(
        clippy::disallowed_methods,
        reason = "the work of a test ends with its runtime"
    )]
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}

pub(super) struct Site {
    pub(super) tree: Tree,
    pub(super) events: Events,
    pub(super) factory: FactoryHandle<Thing>,
    pub(super) script: Arc<Script>,
}

pub(super) async fn site(scope: FactoryScope, adjust: impl FnOnce(&mut FactoryPolicy)) -> Site {
    scripted(Script::new(), scope, adjust).await
}

pub(super) async fn scripted(
    script: Arc<Script>,
    scope: FactoryScope,
    adjust: impl FnOnce(&mut FactoryPolicy),
) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let mut policy = FactoryPolicy::of(scope);
    adjust(&mut policy);
    policy.check().unwrap();
    let told = (&ground.events, ground.clock);
    let (spec, factory) = factory::spec("ledger", script.recipe(), policy, Arc::new(Here), told);
    let tree = Tree::start(Supervisor::one_for_one("root").child(spec), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events.clone(),
        factory,
        script,
    }
}

impl Site {
    pub(super) fn view(&self) -> FactoryView {
        let views = self.tree.directory().views().into_iter();
        let mut factories = views.filter_map(|(_, view)| match view {
            View::Factory(factory) => Some(factory),
            _ => None,
        });
        factories.next().unwrap()
    }

    pub(super) fn told(&self, kind: &str) -> Vec<String> {
        let events = self.events.since(0).into_iter();
        events
            .filter(|event| event.kind == kind)
            .map(|event| event.cause.clone())
            .collect()
    }
}

/// Polls it once.
pub(super) async fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
    poll_fn(|task| Poll::Ready(Pin::new(&mut *future).poll(task).is_pending())).await
}
