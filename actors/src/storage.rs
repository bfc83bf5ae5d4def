//! How the store is, for everyone to see.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext as _};
use hedgerow_store::Store;
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Inspect, Persistence};
use hedgerow_view::{Identity, Path, StoreView, View};

/// How often the store's health is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Makes the child that watches the store: it tells of every change in the store's health, and shows it in the tree.
/// The store itself has a thread of its own, and serves whether or not this actor lives.
pub fn spec(store: &Store, events: &Events) -> ChildSpec {
    let shown = Arc::new(Shown { store: store.clone() });
    let (store, events) = (store.clone(), events.clone());
    let (spec, _) = ChildSpec::actor("store", move || StoreWatch {
        store: store.clone(),
        events: events.clone(),
        said: None,
        outages: 0,
    });
    spec.kind("store")
        .identity(Identity::new("store", "store"))
        .inspect(shown)
}

struct StoreWatch {
    store: Store,
    events: Events,
    /// The problem that was told last, until it is over.
    said: Option<String>,
    /// Outages of the store that were told.
    outages: u64,
}

impl Actor for StoreWatch {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.look(context);
        context.run_interval(LOOK_EVERY, Self::look);
    }
}

impl StoreWatch {
    fn look(&mut self, context: &mut CellContext<Self>) {
        // A disk that does not answer must not hold back what happens.
        self.events.hurry();
        let health = self.store.health();
        let began = health.outages != self.outages;
        self.outages = health.outages;
        // An outage that is over already is told too: what was saved meanwhile was told as not persisted.
        let told = if began {
            &health.last_problem
        } else {
            &health.problem
        };
        if let Some(problem) = told {
            let problem = problem.to_string();
            if began || self.said.as_ref() != Some(&problem) {
                let held = health.held;
                let cause = format!(
                    "serving from memory; records held there until the disk works: {held}; {problem}"
                );
                self.tell(context, "storeProblem", cause);
                self.said = Some(problem);
            }
        }
        if health.problem.is_none() && self.said.take().is_some() {
            let cause = "records reach the disk again, and what was held in memory is there".to_owned();
            self.tell(context, "storeRecovered", cause);
        }
    }

    fn tell(&self, context: &CellContext<Self>, kind: &'static str, cause: String) {
        self.events
            .emit(kind, context.path(), None, cause, Persistence::Volatile);
    }
}

struct Shown {
    store: Store,
}

impl Inspect for Shown {
    fn view(&self, _: &Path) -> View {
        let (health, counters) = (self.store.health(), self.store.counters());
        View::Store(StoreView {
            backend: health.backend.to_owned(),
            durable: health.durable,
            problem: health.problem.map(|problem| problem.to_string()),
            saved: counters.saved,
            failed: counters.failed,
        })
    }
}
