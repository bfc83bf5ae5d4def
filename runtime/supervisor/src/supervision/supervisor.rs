//! What a user declares: supervisors as plain data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_view::Identity;

use super::children::Children;
use super::decide::{AutoShutdown, Strategy};
use super::placing::Prepared;
use super::spec::ChildSpec;
use super::step::{ChildEvents, Policy};
use crate::backoff::Curve;
use crate::inspect::Inspect;
use crate::intensity::Intensity;
use crate::operate::Operate;
use crate::slot::Face;

/// A supervisor as it is declared: a strategy, an intensity, and children in start order.
///
/// `C` is what its children are declared as: [`ChildSpec`] for the kernel; a facade may let users name richer things
/// and [lower](Supervisor::map) them.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::{ChildSpec, Supervisor};
///
/// let tree: Supervisor<ChildSpec> = Supervisor::one_for_one("shop")
///     .intensity(5, Duration::from_secs(30))
///     .child(Supervisor::rest_for_one("payments"));
/// # let _ = tree;
/// ```
#[must_use = "a supervisor does nothing until its tree is started"]
pub struct Supervisor<C = ChildSpec> {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) face: Face,
    pub(crate) policy: Policy,
    pub(crate) children: Vec<C>,
    /// Its mailbox and its list, where someone holds them already.
    pub(crate) prepared: Option<Prepared>,
}

impl<C> Supervisor<C> {
    /// Restarts only the child that fell.
    pub fn one_for_one(name: impl Into<String>) -> Self {
        Self::new(name, Strategy::OneForOne)
    }

    /// Restarts all children when one falls.
    pub fn one_for_all(name: impl Into<String>) -> Self {
        Self::new(name, Strategy::OneForAll)
    }

    /// Restarts the child that fell and those that were started after it.
    pub fn rest_for_one(name: impl Into<String>) -> Self {
        Self::new(name, Strategy::RestForOne)
    }

    fn new(name: impl Into<String>, strategy: Strategy) -> Self {
        Self {
            name: name.into(),
            kind: "supervisor",
            face: Face::default(),
            policy: Policy {
                strategy,
                intensity: Intensity::default(),
                curve: Curve::default(),
                auto_shutdown: AutoShutdown::default(),
                child_events: ChildEvents::default(),
            },
            children: Vec::new(),
            prepared: None,
        }
    }

    /// Gives up when more than `max_restarts` restarts would be needed within `period`. Default 5 within 30 s.
    pub fn intensity(mut self, max_restarts: u32, period: Duration) -> Self {
        self.policy.intensity = Intensity { max_restarts, period };
        self
    }

    /// How long to wait between restarts of the same child. Default: at once, then 10 ms doubling to 5 s.
    pub fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.policy.curve = Curve { initial, max };
        self
    }

    /// Which ends of significant children are its own. Default [`AutoShutdown::Never`].
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.policy.auto_shutdown = auto_shutdown;
        self
    }

    /// Which events it tells of its children. Default [`ChildEvents::All`].
    pub fn child_events(mut self, child_events: ChildEvents) -> Self {
        self.policy.child_events = child_events;
        self
    }

    /// Adds a child. Children start in the order in which they were added, and stop in reverse.
    pub fn child(mut self, child: impl Into<C>) -> Self {
        self.children.push(child.into());
        self
    }

    /// Adds several children in order.
    pub fn children(mut self, children: impl IntoIterator<Item = C>) -> Self {
        self.children.extend(children);
        self
    }

    /// The same supervisor, and what adds, deletes and counts its children while it runs.
    ///
    /// The handle is good at once: what is added before the tree has started waits in the supervisor's mailbox, and is
    /// started after its declared children. If the tree is never started, who waits is told that the supervisor is
    /// down. Called again, it gives another handle to the same.
    ///
    /// ```
    /// use hedgerow_supervisor::{Arbiters, CellContext, ChildSpec, Ground, Supervisor, Tree};
    ///
    /// struct Session;
    ///
    /// impl actix::Actor for Session {
    ///     type Context = CellContext<Self>;
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let (supervisor, sessions) = Supervisor::one_for_one("sessions").dynamic();
    /// let ground = Ground::new(Arbiters::threads(std::num::NonZeroUsize::MIN)?);
    /// let tree = Tree::start(supervisor, &ground).await?;
    ///
    /// let (spec, _session) = ChildSpec::actor("ann", || Session);
    /// sessions.add(spec).await?;
    /// assert_eq!(sessions.counts().active, 1);
    /// sessions.delete("ann").await?;
    /// assert_eq!(sessions.counts().specs, 0);
    /// tree.stop().await;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn dynamic(mut self) -> (Self, Children) {
        let prepared = self.prepared.get_or_insert_with(Prepared::new);
        let children = prepared.children.clone();
        (self, children)
    }

    /// The word that the tree shows for it. Default `supervisor`.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// Who it is to config, store and API. Default: nobody, known by its place only.
    pub fn identity(mut self, id: Identity) -> Self {
        self.face.id = Some(id);
        self
    }

    /// What it shows of itself beyond the tree's columns.
    pub fn inspect(mut self, inspect: Arc<dyn Inspect>) -> Self {
        self.face.inspect = Some(inspect);
        self
    }

    /// What can be done to it beyond what its supervisor and its mailbox offer.
    pub fn operate(mut self, operate: Arc<dyn Operate>) -> Self {
        self.face.operate = Some(operate);
        self
    }

    /// Its children as they were declared, in start order.
    pub fn iter(&self) -> impl Iterator<Item = &C> {
        self.children.iter()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same supervisor with its children declared otherwise.
    pub fn map<D>(self, lower: impl FnMut(C) -> D) -> Supervisor<D> {
        Supervisor {
            name: self.name,
            kind: self.kind,
            face: self.face,
            policy: self.policy,
            children: self.children.into_iter().map(lower).collect(),
            prepared: self.prepared,
        }
    }
}

impl<C> fmt::Debug for Supervisor<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.name)
            .field("strategy", &self.policy.strategy)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}
