//! What callers hold of a chain.

use std::fmt;
use std::sync::Arc;

use hedgerow_supervisor::{ActError, Acting, Arguments, Events, Inspect, Operate};
use hedgerow_view::chain::NodeView;
use hedgerow_view::{ChainView, Identity, Path, View};
use serde_json::json;

use super::context::Context;
use super::cursor::Cursor;
use super::edit::{Edit, EditError};
use super::lineup::Place;
use super::quarantine::Ward;
use super::slot::ChainSlot;
use crate::pool::{Counts, Limits, Pool};

/// A chain, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the mesh
/// lives. A walk sends no message and takes no lock and, in the steady state, allocates nothing.
///
/// ```no_run
/// # async fn serve(chain: hedgerow_actors::chain::ChainHandle, mut request: impl hedgerow_actors::chain::RequestHead,
/// #     mut reply: impl hedgerow_actors::chain::ReplyHead) -> Result<(), hedgerow_actors::chain::Turned> {
/// use hedgerow_actors::chain::Arrival;
///
/// match chain.enter().descend(&mut request).await? {
///     Arrival::Through(passage) => {
///         // ... the call; `passage.fail()` where it brings nothing ...
///         let ending = passage.answer(&mut reply)?;
///         // ... the body ...
///         ending.complete();
///     }
///     Arrival::Replied(reply, ending) => {
///         // ... `reply` is sent ...
///         ending.complete();
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ChainHandle {
    shared: Arc<Shared>,
}

/// The contexts know the slot, and not the pool that they wait in.
struct Shared {
    slot: Arc<ChainSlot>,
    contexts: Arc<Pool<Context>>,
}

impl ChainHandle {
    pub(super) fn new(slot: Arc<ChainSlot>) -> Self {
        let contexts = Arc::new(Pool::new(Limits::default()));
        slot.wait_in(&contexts);
        Self {
            shared: Arc::new(Shared { slot, contexts }),
        }
    }

    pub(super) fn slot(&self) -> &Arc<ChainSlot> {
        &self.shared.slot
    }

    /// Lets a request in. No node sees it before the cursor is polled.
    ///
    /// # Panics
    /// Where a context is made and the `Default` of a node's state panics, which it did not when the node was started.
    pub fn enter(&self) -> Cursor {
        let fresh = || Context::new(Arc::clone(&self.shared.slot));
        loop {
            let context = self.shared.contexts.take(fresh);
            if !context.is_stale() {
                return Cursor::new(context);
            }
            context.discard();
        }
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot().id
    }

    /// The revision that requests run under that come in now.
    pub fn revision(&self) -> u64 {
        self.slot().published.load().number()
    }

    /// Changes which nodes requests meet, while they are served. Resolves to the revision from which on they do; where the
    /// edit changes nothing, to the one in force.
    ///
    /// Requests that are under way end as they began. A node that stays keeps its actor and its counts; one that has left is
    /// stopped, and its filter lives until the last request in it has ended. An edit by code is not written down: a restart
    /// of the process begins without it.
    ///
    /// # Errors
    /// Why nothing was changed.
    ///
    /// # Cancel safety
    /// Once it has been polled, the edit is made or refused, whether or not it is waited for.
    pub async fn edit(&self, edit: Edit) -> Result<u64, EditError> {
        let slot = self.slot();
        slot.editor()?.edit(Arc::clone(slot), edit).await
    }

    /// How well the contexts of requests are used again.
    pub fn contexts(&self) -> Counts {
        self.shared.contexts.counts()
    }

    /// Where it tells of nodes that go over their panic budget, and that come back. The first stream that it is given
    /// stays; without one the log alone is told.
    pub fn tell(&self, events: &Events) {
        self.slot().events.get_or_init(|| events.clone());
    }
}

impl Inspect for ChainHandle {
    fn view(&self, path: &Path) -> View {
        let slot = self.slot();
        let revision = slot.published.take();
        let places = &slot.plan_in(&revision).lineup.places;
        let nodes = places.iter().map(|Place { node, enabled }| {
            let counts = slot.counts(node);
            let gauges = node
                .memory
                .gauges()
                .into_iter()
                .map(|gauge| (gauge.name, gauge.value));
            let quantiles = node.counts.times.quantiles([0.5, 0.99]);
            NodeView {
                name: node.name.clone(),
                kind: node.kind,
                state: if *enabled { "enabled" } else { "disabled" },
                standing: node.word.read().name(),
                calls: counts.calls,
                refused: counts.refused,
                panics: counts.panics,
                skipped: counts.skipped,
                spawned: counts.spawned,
                working: counts.working,
                overdue: counts.overdue,
                errors: counts.errors,
                p50_ns: quantiles.map(|[p50, _]| p50),
                p99_ns: quantiles.map(|[_, p99]| p99),
                gauges: gauges.collect(),
            }
        });
        View::Chain(ChainView {
            id: slot.id.clone(),
            path: slot.place(path),
            revision: revision.number(),
            nodes: nodes.collect(),
            edits: slot.kept_edits(),
            refused: slot.ward.get().map_or(0, Ward::refused),
            quarantined: slot.ward.get().map(|ward| ward.view(slot)).unwrap_or_default(),
        })
    }
}

/// What the API can order: edits, and the last one where requests may be in quarantine.
const ACTIONS: [&str; 8] = [
    "insert",
    "remove",
    "move",
    "enable",
    "disable",
    "replace",
    "dropEdits",
    RELEASE,
];

const RELEASE: &str = "release";

impl Operate for ChainHandle {
    fn actions(&self) -> &'static [&'static str] {
        match self.slot().ward.get() {
            Some(_) => &ACTIONS,
            None => &ACTIONS[..ACTIONS.len() - 1],
        }
    }

    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            if action == RELEASE {
                ActError::unless_plain(action, arguments)?;
                return Ok(json!({ "released": self.release(by) }));
            }
            let slot = self.slot();
            let editor = slot.editor().map_err(ActError::unavailable)?;
            editor.act(Arc::clone(slot), action, arguments, by).await
        })
    }
}

impl fmt::Debug for ChainHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainHandle")
            .field("id", &self.slot().id.to_string())
            .finish_non_exhaustive()
    }
}
