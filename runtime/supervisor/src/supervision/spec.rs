//! What a user declares: children and supervisors as plain data. Nothing here can fail; `start` validates all of it.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Message};
use hedgerow_view::Identity;

use super::children::Children;
use super::decide::{AutoShutdown, Restart, Strategy};
use super::placing::Prepared;
use super::step::Policy;
use crate::backoff::Curve;
use crate::cell::context::CellContext;
use crate::cell::lasting::{AnyCell as _, Cell, Factory, Seat, WhileRestarting};
use crate::cell::mailbox::Handle;
use crate::cell::quarantine::{Fingerprints, Ward};
use crate::cell::shell::{Parent, Shutdown};
use crate::directory::Inspect;
use crate::intensity::Intensity;
use crate::poison::Quarantine;
use crate::slot::{Environment, Sketch, Slot};

/// Default of [`ChildSpec::mailbox`].
pub(crate) const MAILBOX: usize = 1_024;
/// Default of [`ChildSpec::start_within`].
pub(crate) const START_WITHIN: Duration = Duration::from_secs(10);

/// A supervisor is ready when its children are, and each of them has a limit of its own.
pub(crate) const SUPERVISOR_START_WITHIN: Duration = Duration::from_secs(600);

/// The recipe of a child: its name, how to make it, and how it is kept alive.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::{CellContext, ChildSpec, Restart, Shutdown};
///
/// struct Clerk;
///
/// impl actix::Actor for Clerk {
///     type Context = CellContext<Self>;
/// }
///
/// let (spec, clerk) = ChildSpec::actor("clerk", || Clerk);
/// let spec = spec.restart(Restart::Transient).shutdown(Shutdown::Within(Duration::from_secs(1)));
/// # let _ = (spec, clerk);
/// ```
#[must_use = "a spec does nothing until its tree is started"]
pub struct ChildSpec {
    pub(crate) name: String,
    pub(crate) settings: Settings,
    pub(crate) body: Body,
}

/// What every child has, whatever it is.
pub(crate) struct Settings {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<Identity>,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) start_within: Duration,
    pub(crate) mailbox: usize,
    pub(crate) while_restarting: WhileRestarting,
    pub(crate) quarantine: Option<Quarantine>,
    pub(crate) fingerprints: Fingerprints,
    pub(crate) inspect: Option<Arc<dyn Inspect>>,
}

pub(crate) enum Body {
    Actor(Box<dyn Place>),
    Supervisor(Box<Supervisor<ChildSpec>>),
}

/// Brings a cell of some actor type to its place.
pub(crate) trait Place: Send {
    fn place(self: Box<Self>, placement: Placement<'_>) -> Arc<Slot>;
}

/// Where a cell is to live.
pub(crate) struct Placement<'a> {
    pub(crate) environment: &'a Arc<Environment>,
    pub(crate) sketch: Sketch,
    pub(crate) shutdown: Shutdown,
    pub(crate) start_within: Duration,
    pub(crate) mailbox: usize,
    pub(crate) while_restarting: WhileRestarting,
    pub(crate) quarantine: Option<(Quarantine, Fingerprints)>,
    pub(crate) index: usize,
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) arbiter: usize,
}

/// An actor that has no place yet: its mailbox is there, and takes messages. Dropped without a place, it takes no more,
/// and who asked is told.
pub(crate) struct Unplaced<A: Actor<Context = CellContext<A>>> {
    cell: Arc<Cell<A>>,
}

impl<A: Actor<Context = CellContext<A>>> Unplaced<A> {
    pub(crate) fn new() -> Self {
        Self {
            cell: Arc::new(Cell::new()),
        }
    }

    pub(crate) fn handle(&self) -> Handle<A> {
        Handle::of(self.cell.clone())
    }

    pub(crate) fn place(
        self,
        factory: Box<dyn FnMut() -> A + Send>,
        children: Option<Children>,
        placement: Placement<'_>,
    ) -> Arc<Slot> {
        settle(&self.cell, factory, children, placement)
    }
}

impl<A: Actor<Context = CellContext<A>>> Drop for Unplaced<A> {
    fn drop(&mut self) {
        if !self.cell.is_settled() {
            self.cell.shut();
        }
    }
}

/// Gives a cell its place.
fn settle<A: Actor<Context = CellContext<A>>>(
    cell: &Arc<Cell<A>>,
    factory: Box<dyn FnMut() -> A + Send>,
    children: Option<Children>,
    placement: Placement<'_>,
) -> Arc<Slot> {
    let environment = placement.environment;
    let ward = placement
        .quarantine
        .map(|(rule, fingerprints)| Box::new(Ward::new(rule, fingerprints, environment.events.clone())));
    let seat = Seat {
        factory: Factory::new(factory),
        path: placement.sketch.path.clone(),
        clock: environment.clock,
        arbiters: environment.arbiters.clone(),
        arbiter: placement.arbiter,
        parent: placement.parent,
        index: placement.index,
        shutdown: placement.shutdown,
        start_within: placement.start_within,
        while_restarting: placement.while_restarting,
        ward,
    };
    cell.settle(seat, placement.mailbox);
    placement.sketch.finish(cell.clone(), children)
}

/// An actor and its factory.
struct Recipe<A: Actor<Context = CellContext<A>>> {
    unplaced: Unplaced<A>,
    factory: Box<dyn FnMut() -> A + Send>,
}

impl<A: Actor<Context = CellContext<A>>> Place for Recipe<A> {
    fn place(self: Box<Self>, placement: Placement<'_>) -> Arc<Slot> {
        self.unplaced.place(self.factory, None, placement)
    }
}

impl ChildSpec {
    /// A child that is an actor, and the handle to it. The factory makes a fresh value for every incarnation; a panic
    /// in it counts as a failed start.
    ///
    /// The handle is good at once: what is sent before the tree has started waits in the mailbox.
    pub fn actor<A, F>(name: impl Into<String>, factory: F) -> (Self, Handle<A>)
    where
        A: Actor<Context = CellContext<A>>,
        F: FnMut() -> A + Send + 'static,
    {
        let unplaced = Unplaced::new();
        let handle = unplaced.handle();
        let spec = Self {
            name: name.into(),
            settings: Settings {
                kind: "actor",
                id: None,
                restart: Restart::default(),
                significant: false,
                shutdown: None,
                start_within: START_WITHIN,
                mailbox: MAILBOX,
                while_restarting: WhileRestarting::default(),
                quarantine: None,
                fingerprints: Fingerprints::new(),
                inspect: None,
            },
            body: Body::Actor(Box::new(Recipe {
                unplaced,
                factory: Box::new(factory),
            })),
        };
        (spec, handle)
    }

    /// The word that the tree shows for this kind of actor. Default `actor`.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.settings.kind = kind;
        self
    }

    /// Who it is to config, store and API. Default: nobody, known by its place only.
    pub fn identity(mut self, id: Identity) -> Self {
        self.settings.id = Some(id);
        self
    }

    /// When it is started again. Default [`Restart::Permanent`].
    pub fn restart(mut self, restart: Restart) -> Self {
        self.settings.restart = restart;
        self
    }

    /// Its end may be its supervisor's: when it is left down, by its restart type, its supervisor's
    /// [`auto_shutdown`](Supervisor::auto_shutdown) says whether that stops the others and ends with the same exit.
    /// Default: it is not. Not for permanent children, which are never left down.
    pub fn significant(mut self) -> Self {
        self.settings.significant = true;
        self
    }

    /// How it is stopped. Default: within 5 s; supervisors: [`Shutdown::Infinity`].
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.settings.shutdown = Some(shutdown);
        self
    }

    /// How long it may take to become ready. Default 10 s. At the limit the incarnation is dropped and counts as
    /// failed.
    pub fn start_within(mut self, limit: Duration) -> Self {
        self.settings.start_within = limit;
        self
    }

    /// How many messages may wait, at least 1. Default 1,024. At the limit senders get
    /// [`SendError::Overloaded`](crate::SendError::Overloaded) and their message back.
    pub fn mailbox(mut self, capacity: usize) -> Self {
        self.settings.mailbox = capacity;
        self
    }

    /// What becomes of messages that are sent while it is being restarted. Default: they wait.
    pub fn while_restarting(mut self, rule: WhileRestarting) -> Self {
        self.settings.while_restarting = rule;
        self
    }

    /// Refuses messages whose kind keeps crashing the actor, until they are released
    /// ([`Directory::release`](crate::Directory::release)). Default: none is.
    ///
    /// What crashes an actor is a panic in its handler, not in a reply that it finishes later. What was let in before
    /// stays in the mailbox.
    pub fn quarantine(mut self, rule: Quarantine) -> Self {
        self.settings.quarantine = Some(rule);
        self
    }

    /// Tells messages of one type apart for the [`quarantine`](ChildSpec::quarantine) by what `of` makes of their
    /// content; without it the type alone counts. `of` runs where the message is sent or handled, and must not panic.
    pub fn fingerprint<M: Message + 'static>(mut self, of: fn(&M) -> u64) -> Self {
        self.settings.fingerprints.insert(TypeId::of::<M>(), Box::new(of));
        self
    }

    /// What it shows of itself beyond the tree's columns.
    pub fn inspect(mut self, inspect: Arc<dyn Inspect>) -> Self {
        self.settings.inspect = Some(inspect);
        self
    }
}

impl From<Supervisor<ChildSpec>> for ChildSpec {
    fn from(supervisor: Supervisor<ChildSpec>) -> Self {
        Self {
            name: supervisor.name.clone(),
            settings: Settings {
                kind: supervisor.kind,
                id: supervisor.id.clone(),
                restart: Restart::Permanent,
                significant: false,
                shutdown: Some(Shutdown::Infinity),
                start_within: SUPERVISOR_START_WITHIN,
                mailbox: MAILBOX,
                while_restarting: WhileRestarting::default(),
                quarantine: None,
                fingerprints: Fingerprints::new(),
                inspect: supervisor.inspect.clone(),
            },
            body: Body::Supervisor(Box::new(supervisor)),
        }
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("name", &self.name)
            .field("kind", &self.settings.kind)
            .field("restart", &self.settings.restart)
            .finish_non_exhaustive()
    }
}

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
    pub(crate) id: Option<Identity>,
    pub(crate) policy: Policy,
    pub(crate) inspect: Option<Arc<dyn Inspect>>,
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
            id: None,
            policy: Policy {
                strategy,
                intensity: Intensity::default(),
                curve: Curve::default(),
                auto_shutdown: AutoShutdown::default(),
            },
            inspect: None,
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
        self.id = Some(id);
        self
    }

    /// What it shows of itself beyond the tree's columns.
    pub fn inspect(mut self, inspect: Arc<dyn Inspect>) -> Self {
        self.inspect = Some(inspect);
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
            id: self.id,
            policy: self.policy,
            inspect: self.inspect,
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
