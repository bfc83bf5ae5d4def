#![allow(clippy::unwrap_used)]

mod bounds;
mod falls;
mod judged;
mod life;
mod past;
mod storm;

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, KeyLimits, OpenFor, WindowLength};
use hedgerow_gate::{Permit, State};
use hedgerow_store::{Key, Store};
use hedgerow_supervisor::{Arbiters, Directory, Events, Ground, Inspect as _, Order, Supervisor, Tree};
use hedgerow_view::{KeysView, Path, View};

use super::{KeyGate, KeyedBreakerHandle, spec};
use crate::breaker::{BreakerHandle, Means};
use crate::paused::run;

/// A mesh of one family of keys: tenants of `payments`.
struct Site {
    tree: Tree,
    events: Events,
    keyed: KeyedBreakerHandle,
    store: Store,
    /// No record is kept under it.
    nothing: Key,
}

const STEP: Duration = Duration::from_millis(50);

/// Three failures in a row trip, for an hour; the window is a second long.
fn policy() -> BreakerPolicy {
    BreakerPolicy {
        window: WindowLength::Time(Duration::from_secs(1)),
        consecutive_failures: Some(3),
        open_for: OpenFor::fixed(Duration::from_secs(3_600)),
        ..BreakerPolicy::default()
    }
}

fn at_most(max_keys: u32) -> KeyLimits {
    KeyLimits {
        max_keys,
        ..KeyLimits::default()
    }
}

async fn site() -> Site {
    site_of(policy(), KeyLimits::default(), Store::memory()).await
}

async fn site_of(policy: BreakerPolicy, limits: KeyLimits, store: Store) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (child, keyed) = spec("breakers", "payments", "tenant", policy, limits, &means).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events,
        keyed,
        store,
        nothing: Key::new("test", "nothing", [""; 0]).unwrap(),
    }
}

fn path() -> Path {
    Path::root("root").child("breakers")
}

impl Site {
    fn view(&self) -> KeysView {
        let View::Keys(view) = self.keyed.view(&path()) else {
            unreachable!("keys show themselves as such")
        };
        view
    }

    fn call(&self, key: &str, report: fn(Permit<KeyGate>)) {
        report(self.keyed.acquire(key).unwrap());
    }

    fn fail(&self, key: &str, times: usize) {
        for _ in 0..times {
            self.call(key, Permit::failure);
        }
    }

    fn is_refused(&self, key: &str) -> bool {
        self.keyed.acquire(key).is_err()
    }

    fn state(&self, key: &str) -> State {
        self.keyed.family.place(key).owner.state()
    }

    fn breaker(&self, key: &str) -> Option<BreakerHandle> {
        let awake = self.keyed.family.place(key).breaker()?;
        Some(awake.handle.clone())
    }

    /// Lets time go by until the key's gate is in this state.
    async fn until_it_is(&self, key: &str, state: State) {
        self.until(|| self.state(key) == state).await;
    }

    /// Lets time go by until it is so.
    async fn until(&self, mut is_so: impl FnMut() -> bool) {
        while !is_so() {
            self.step().await;
        }
    }

    /// Lets time go by.
    async fn after(&self, time: Duration) {
        for _ in 0..time.as_millis() / STEP.as_millis() {
            self.step().await;
        }
    }

    /// A little time, at the end of which all is done that was to be done by then.
    async fn step(&self) {
        tokio::time::advance(STEP).await;
        for _ in 0..2 {
            // The store's thread is a real one, and answers in order: time must not run away from it.
            self.store.load(&self.nothing).await.unwrap();
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The breakers that are in the tree.
    fn in_the_tree(&self) -> Vec<String> {
        ids(self.tree.directory())
    }

    async fn restart_keeper(&self) {
        let keeper = path().child("keeper");
        self.tree
            .directory()
            .operate(&keeper, Order::Restart)
            .await
            .unwrap();
    }

    async fn stop(self) -> Store {
        self.tree.stop().await;
        self.store
    }
}

/// The breakers that are in a tree.
fn ids(directory: &Directory) -> Vec<String> {
    let tree = directory.tree();
    let breakers = tree.children.iter().find(|child| child.path == path()).unwrap();
    let keys = breakers
        .children
        .iter()
        .find(|child| child.kind == "keys")
        .unwrap();
    let ids = keys
        .children
        .iter()
        .map(|child| child.id.as_ref().unwrap().to_string());
    ids.collect()
}
