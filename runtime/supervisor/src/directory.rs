//! What can be seen of a tree, and done to it, from outside.

use std::sync::Arc;

use hedgerow_view::tree::ActorState;
use hedgerow_view::{ActorView, Identity, Path, View};

use crate::arbiters::Arbiters;
use crate::clock::Clock;
use crate::denials::Denials;
use crate::events::Events;
use crate::operate::{ActError, Arguments, OperateError};
use crate::slot::Slot;
use crate::supervision::children::Children;
use crate::supervision::messages::{TakeOrder, Untaken};
use crate::supervision::step::Order;

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

    /// Where the root of the tree lives.
    pub fn root(&self) -> &Path {
        &self.root.path
    }

    /// What the actors show of themselves, with who they are; parents before children.
    pub fn views(&self) -> Vec<(Option<Identity>, View)> {
        let mut views = Vec::new();
        self.root.walk(&mut |slot| {
            if let Some(inspect) = slot.inspect() {
                views.push((slot.id().cloned(), inspect.view(&slot.path)));
            }
        });
        views
    }

    /// The same of those alone whose identity is of this kind, such as `breaker`: the others are not read.
    pub fn views_of(&self, kind: &str) -> Vec<View> {
        let mut views = Vec::new();
        self.root.walk(&mut |slot| {
            if let Some(inspect) = slot.inspect()
                && slot.id().is_some_and(|id| id.kind() == kind)
            {
                views.push(inspect.view(&slot.path));
            }
        });
        views
    }

    /// The event stream.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The last requests that were denied.
    pub fn denials(&self) -> &Denials {
        self.events.denials()
    }

    /// The actors that should be up and are not: starting, restarting, stopping, or given up. One that ended as it was
    /// meant to, or was stopped by hand, is none of them.
    pub fn not_ready(&self) -> Vec<NotReady> {
        let mut reasons = Vec::new();
        self.root.walk(&mut |slot| {
            let state = slot.state();
            // What is stopped has ended as it was meant to, or was stopped by hand; but a tree without its root is none.
            let is_meant = state == ActorState::Stopped && slot.superior.is_some();
            if state != ActorState::Running && !is_meant {
                reasons.push(NotReady {
                    path: slot.path.clone(),
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
                paths.push(slot.path.clone());
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
        self.slot(path)?.release();
        Ok(())
    }

    /// Does to the actor at `path` what one of the actions does that its entry in the tree lists: `restart`, `stop` and
    /// `start` ([`operate`](Directory::operate)), `release` ([`release`](Directory::release)), or one of its own
    /// ([`Operate`](crate::Operate)), which is told with what and who orders it, and may answer something.
    ///
    /// # Errors
    /// Where there is no such actor or no such action, or it was not done.
    pub async fn act(
        &self,
        path: &Path,
        action: &str,
        arguments: &Arguments,
        by: &str,
    ) -> Result<serde_json::Value, OperateError> {
        let slot = self.slot(path)?;
        let told = |error| OperateError::of(path, action, error);
        if let Some(order) = Order::ALL.into_iter().find(|order| order.name() == action) {
            ActError::unless_plain(action, arguments).map_err(told)?;
            return self.operate(path, order).await.map(|()| serde_json::Value::Null);
        }
        let known = slot.actions();
        if !known.contains(&action) {
            return Err(OperateError::UnknownAction {
                path: path.clone(),
                action: action.into(),
                known,
            });
        }
        if let Some(own) = slot.operate().filter(|own| own.actions().contains(&action)) {
            return own.act(action, arguments, by).await.map_err(told);
        }
        ActError::unless_plain(action, arguments).map_err(told)?;
        slot.release();
        Ok(serde_json::Value::Null)
    }

    fn slot(&self, path: &Path) -> Result<Arc<Slot>, OperateError> {
        let slot = self.root.find(&path.segments());
        slot.ok_or_else(|| OperateError::NotFound { path: path.clone() })
    }

    /// Restarts, stops or starts the actor at `path`. Resolves once its supervisor has taken the order; the tree shows
    /// what comes of it.
    ///
    /// # Errors
    /// Where there is no such actor, or none that may be operated on.
    pub async fn operate(&self, path: &Path, order: Order) -> Result<(), OperateError> {
        let slot = self.slot(path)?;
        let Some(superior) = &slot.superior else {
            return Err(OperateError::Root { path: path.clone() });
        };
        let asked = superior.handle.ask(TakeOrder {
            child: superior.child,
            order,
        });
        let down = |why: String| OperateError::SupervisorDown {
            path: path.clone(),
            why,
        };
        let taken = asked.await.map_err(|error| down(error.to_string()))?;
        taken.map_err(|untaken| match untaken {
            Untaken::Ending => down("it is stopping".into()),
            Untaken::NoSuchChild => OperateError::NotFound { path: path.clone() },
        })
    }

    /// The children of the supervisor at `path`, to be added to, deleted from and counted while it runs; `None` where no
    /// supervisor lives there.
    pub fn children(&self, path: &Path) -> Option<Children> {
        self.root.find(&path.segments())?.children.clone()
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
