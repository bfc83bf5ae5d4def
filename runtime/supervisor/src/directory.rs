//! What can be seen of a tree, and done to it, from outside.

use std::sync::Arc;

use hedgerow_view::tree::ActorState;
use hedgerow_view::{ActorView, Identity, Path, View};

use crate::arbiters::Arbiters;
use crate::clock::Clock;
use crate::events::Events;
use crate::slot::Slot;
use crate::supervision::children::Children;
use crate::supervision::orders::{Operate, Untaken};
use crate::supervision::step::Order;

/// What an actor shows of itself beyond the tree's columns.
///
/// It belongs to the place, not to the incarnation: it reads what was published, sends no message and waits for
/// nobody, so that a blocked or dying actor can still be seen.
pub trait Inspect: Send + Sync {
    /// The view, for the actor that lives at `path`.
    fn view(&self, path: &Path) -> View;
}

/// The tree as seen from outside. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    pub(crate) root: Arc<Slot>,
    pub(crate) arbiters: Arbiters,
    pub(crate) clock: Clock,
    pub(crate) events: Events,
}

impl Directory {
    /// The whole tree.
    pub fn tree(&self) -> ActorView {
        self.root.view(self.clock.now(), &self.arbiters.blocked())
    }

    /// What the actors show of themselves, with who they are; parents before children.
    pub fn views(&self) -> Vec<(Option<Identity>, View)> {
        let mut views = Vec::new();
        self.root.walk(&mut |slot| {
            if let Some(inspect) = &slot.inspect {
                views.push((slot.id.clone(), inspect.view(&slot.path)));
            }
        });
        views
    }

    /// The event stream.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The actors that should be up and are not: starting, restarting, stopping, or given up. One that ended as it was
    /// meant to, or was stopped by hand, is none of them.
    pub fn not_ready(&self) -> Vec<NotReady> {
        let mut reasons = Vec::new();
        self.root.walk(&mut |slot| {
            let state = slot.state();
            // What is stopped has ended as it was meant to, or was stopped by hand; but a tree without its root is none.
            let is_meant = state == ActorState::Stopped && slot.keeper.is_some();
            if state != ActorState::Running && !is_meant {
                reasons.push(NotReady {
                    path: Path::clone(&slot.path),
                    state,
                });
            }
        });
        reasons
    }

    /// Where the actors are that nobody will start by himself: stopped by hand, or ended as they were meant to.
    pub fn stopped(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.root.walk(&mut |slot| {
            if slot.state() == ActorState::Stopped {
                paths.push(Path::clone(&slot.path));
            }
        });
        paths
    }

    /// Lets the actor at `path` have again what was quarantined
    /// ([`ChildSpec::quarantine`](crate::ChildSpec::quarantine)).
    ///
    /// # Errors
    /// Where there is no such actor.
    pub fn release(&self, path: &Path) -> Result<(), OperateError> {
        let not_found = || OperateError::NotFound { path: path.clone() };
        self.root.find(path.segments()).ok_or_else(not_found)?.release();
        Ok(())
    }

    /// Restarts, stops or starts the actor at `path`. Resolves once its supervisor has taken the order; the tree shows
    /// what comes of it.
    ///
    /// # Errors
    /// Where there is no such actor, or none that may be operated on.
    pub async fn operate(&self, path: &Path, order: Order) -> Result<(), OperateError> {
        let not_found = || OperateError::NotFound { path: path.clone() };
        let slot = self.root.find(path.segments()).ok_or_else(not_found)?;
        let Some(keeper) = &slot.keeper else {
            return Err(OperateError::Root { path: path.clone() });
        };
        let asked = keeper.handle.ask(Operate {
            child: keeper.child,
            order,
        });
        let down = |why: String| OperateError::SupervisorDown {
            path: path.clone(),
            why,
        };
        let taken = asked.await.map_err(|error| down(error.to_string()))?;
        taken.map_err(|untaken| match untaken {
            Untaken::Ending => down("it is stopping".into()),
            Untaken::NoSuchChild => not_found(),
        })
    }

    /// The children of the supervisor at `path`, to be added to, deleted from and counted while it runs; `None` where no
    /// supervisor lives there.
    pub fn children(&self, path: &Path) -> Option<Children> {
        self.root.find(path.segments())?.children.clone()
    }
}

/// An actor that is not running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReady {
    /// Where it lives.
    pub path: Path,
    /// What it is doing instead.
    pub state: ActorState,
}

/// An order for one actor was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperateError {
    /// Nothing lives there.
    #[error("there is no actor at `{path}`: the tree lists the paths")]
    NotFound {
        /// The path that was asked for.
        path: Path,
    },
    /// The root has no supervisor that could restart it.
    #[error("`{path}` is the root: end the process instead")]
    Root {
        /// The root's path.
        path: Path,
    },
    /// The supervisor of that actor did not answer.
    #[error("the supervisor of `{path}` took no order: {why}")]
    SupervisorDown {
        /// The path that was asked for.
        path: Path,
        /// What the supervisor's mailbox said.
        why: String,
    },
}
