//! What a user declares: children as plain data. Nothing here can fail; `start` validates all of it.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Message};
use hedgerow_view::Identity;

use super::decide::Restart;
use super::supervisor::Supervisor;
use super::unplaced::{Place, Recipe, Unplaced};
use crate::cell::context::CellContext;
use crate::cell::ending::Shutdown;
use crate::cell::lasting::WhileRestarting;
use crate::cell::mailbox::Handle;
use crate::cell::quarantine::Fingerprints;
use crate::cell::queue::MAILBOX;
use crate::inspect::Inspect;
use crate::operate::Operate;
use crate::poison::Quarantine;
use crate::slot::Face;

/// Default of [`ChildSpec::start_within`].
pub(crate) const START_WITHIN: Duration = Duration::from_secs(10);

/// The same for supervisors: one is ready when its children are, and each of them has a limit of its own.
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
    pub(crate) face: Face,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) start_within: Duration,
    pub(crate) mailbox: usize,
    pub(crate) while_restarting: WhileRestarting,
    pub(crate) quarantine: Option<Quarantine>,
    pub(crate) fingerprints: Fingerprints,
}

impl Settings {
    /// The defaults for this kind of actor.
    fn of(kind: &'static str, start_within: Duration) -> Self {
        Self {
            kind,
            face: Face::default(),
            restart: Restart::default(),
            significant: false,
            shutdown: None,
            start_within,
            mailbox: MAILBOX,
            while_restarting: WhileRestarting::default(),
            quarantine: None,
            fingerprints: Fingerprints::new(),
        }
    }
}

pub(crate) enum Body {
    Actor(Box<dyn Place>),
    Supervisor(Box<Supervisor<ChildSpec>>),
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
            settings: Settings::of("actor", START_WITHIN),
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
        self.settings.face.id = Some(id);
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

    /// How it is stopped. Default: within 5 s. Supervisors: [`Shutdown::Infinity`], and nothing else: they stop their
    /// children in order, each within its limit. (OTP warns against anything else; here it is a mistake.)
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.settings.shutdown = Some(shutdown);
        self
    }

    /// How long it may take to become ready. Default 10 s; for a supervisor 600 s, as it is ready when all of its
    /// children are, one after the other. At the limit the incarnation is dropped and counts as failed.
    ///
    /// The root of a tree has the 600 s too: [`Tree::start`](crate::Tree::start) fails if the whole tree is not up by
    /// then.
    pub fn start_within(mut self, limit: Duration) -> Self {
        self.settings.start_within = limit;
        self
    }

    /// How many messages may wait, at least 1. Default 1,024. At the limit senders get
    /// [`SendError::Overloaded`](crate::SendError::Overloaded) and their message back.
    pub fn mailbox(mut self, capacity: usize) -> Self {
        self.settings.mailbox = capacity;
        if let Body::Actor(actor) = &self.body {
            actor.limit(capacity);
        }
        self
    }

    /// What becomes of messages that are sent while it is being restarted. Default: they wait. To refuse them is for
    /// actors: a supervisor takes no messages of others, and refusing is then a mistake of the spec.
    pub fn while_restarting(mut self, rule: WhileRestarting) -> Self {
        self.settings.while_restarting = rule;
        self
    }

    /// Refuses messages whose kind keeps crashing the actor, until they are released
    /// ([`Directory::release`](crate::Directory::release)). Default: none is.
    ///
    /// What crashes an actor is a panic in its handler, not in a reply that it finishes later. What was let in before
    /// stays in the mailbox. For actors alone: on a supervisor it is a mistake of the spec, as is a zero in the rule.
    pub fn quarantine(mut self, rule: Quarantine) -> Self {
        self.settings.quarantine = Some(rule);
        self
    }

    /// Tells messages of one type apart for the [`quarantine`](ChildSpec::quarantine) by what `of` makes of their
    /// content; without it the type alone counts. `of` runs where the message is sent or handled, and must not panic.
    /// Without a quarantine it is a mistake of the spec.
    pub fn fingerprint<M: Message + 'static>(mut self, of: fn(&M) -> u64) -> Self {
        self.settings.fingerprints.insert(TypeId::of::<M>(), Box::new(of));
        self
    }

    /// What it shows of itself beyond the tree's columns.
    pub fn inspect(mut self, inspect: Arc<dyn Inspect>) -> Self {
        self.settings.face.inspect = Some(inspect);
        self
    }

    /// What can be done to it beyond what its supervisor and its mailbox offer.
    pub fn operate(mut self, operate: Arc<dyn Operate>) -> Self {
        self.settings.face.operate = Some(operate);
        self
    }
}

impl Supervisor<ChildSpec> {
    /// What it has as every child has it, and the rest.
    pub(crate) fn into_settings(mut self) -> (Settings, Self) {
        let settings = Settings {
            face: std::mem::take(&mut self.face),
            shutdown: Some(Shutdown::Infinity),
            ..Settings::of(self.kind, SUPERVISOR_START_WITHIN)
        };
        (settings, self)
    }
}

impl From<Supervisor<ChildSpec>> for ChildSpec {
    fn from(supervisor: Supervisor<ChildSpec>) -> Self {
        let (settings, supervisor) = supervisor.into_settings();
        Self {
            name: supervisor.name.clone(),
            settings,
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
