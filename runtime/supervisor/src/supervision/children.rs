//! What adds, deletes and counts the children of a supervisor while it runs.

use std::fmt;
use std::sync::Arc;

use actix::{Handler, Message};
use hedgerow_view::Path;
use tokio::sync::oneshot;

use super::actor::SupervisorActor;
use super::list::{ChildList, Counts};
use super::messages::{Add, Delete, NoSuchChild, NotAdded};
use super::spec::ChildSpec;
use super::validate::InvalidTree;
use crate::cell::error::SendError;
use crate::cell::mailbox::Handle;
use crate::exit::Exit;
use crate::slot::Slot;

/// The children of one supervisor, to be added to, deleted from and counted while it runs. Cheap to clone, usable from
/// any thread and runtime, and good for as long as the supervisor has a place in the tree.
///
/// [`Supervisor::dynamic`](crate::Supervisor::dynamic) gives one with the declaration,
/// [`Directory::children`](crate::Directory::children) one for any supervisor of a tree.
///
/// # Restarts
/// The list belongs to the supervisor's place: children that were added come back when the supervisor is restarted (OTP
/// forgets them), after the declared ones and in the order in which they were added. Temporary ones do not.
#[derive(Clone)]
pub struct Children {
    superior: Handle<SupervisorActor>,
    pub(super) list: Arc<ChildList>,
}

/// A child was not added. Its spec is used up, and its handles say that it is stopped: declare it anew to try again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// The spec has mistakes; a name that is taken is one of them. Nothing was started.
    #[error("{supervisor} refused a child: {mistakes}")]
    Invalid {
        /// Which supervisor.
        supervisor: String,
        /// All of the mistakes.
        mistakes: InvalidTree,
    },
    /// It was not ready before it ended: its first start failed, it was ordered to stop, or its supervisor was. It is
    /// off the list.
    #[error("{supervisor} took `{child}` off its list, because it never became ready: {exit}")]
    Ended {
        /// Which supervisor.
        supervisor: String,
        /// The child's name.
        child: String,
        /// How its first incarnation ended; `shutdown` where it was overtaken by an order to stop.
        exit: Exit,
    },
    /// The supervisor is on its way out, and takes nobody.
    #[error("{supervisor} is stopping and takes no child: add it once the supervisor is up again")]
    Stopping {
        /// Which supervisor.
        supervisor: String,
    },
    /// The mailbox of the supervisor is full.
    #[error("{supervisor} has a full mailbox: add the child later, or fewer at once")]
    Overloaded {
        /// Which supervisor.
        supervisor: String,
    },
    /// The supervisor is down, or went down before it answered.
    #[error("{supervisor} is down, or went down before it answered: the tree lists what is there")]
    Down {
        /// Which supervisor.
        supervisor: String,
    },
}

/// A child was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteError {
    /// No child has this name.
    #[error("{supervisor} has no child `{child}`: the tree lists its children")]
    NotFound {
        /// Which supervisor.
        supervisor: String,
        /// The name that was asked for.
        child: String,
    },
    /// The mailbox of the supervisor is full.
    #[error("{supervisor} has a full mailbox: delete `{child}` later")]
    Overloaded {
        /// Which supervisor.
        supervisor: String,
        /// The child's name.
        child: String,
    },
    /// The supervisor is down, or went down for good before the child was off its list.
    #[error(
        "{supervisor} is down, or went down before `{child}` was off its list: the tree lists what is there"
    )]
    Down {
        /// Which supervisor.
        supervisor: String,
        /// The child's name.
        child: String,
    },
}

/// Why an order was not carried out.
enum WhyNot<E> {
    /// The supervisor said so.
    Refused(E),
    /// Its mailbox is full.
    Full,
    /// It is down, or went down before it answered.
    Down,
}

impl Children {
    pub(super) fn new(superior: Handle<SupervisorActor>) -> Self {
        Self {
            superior,
            list: Arc::default(),
        }
    }

    /// Adds a child at the end of the list and starts it: at once, or after all others where the supervisor is bringing
    /// up more than one. Resolves when it is ready. From then on it is a child like any other.
    ///
    /// A child whose first start fails is off the list again, and neither costs its supervisor a restart nor ends it (as
    /// with OTP's `start_child`). A supervisor may be added, with all its children.
    ///
    /// Waits for as long as the start takes ([`ChildSpec::start_within`], and the starts before it), and while the
    /// supervisor is being restarted. Dropped before the supervisor has come to it, nothing is added; dropped later, the
    /// child stays. An actor that waits in `started` for a sibling to be added during the supervisor's own start waits
    /// for itself.
    ///
    /// # Errors
    /// Why it is not on the list. In every case its spec is used up.
    pub async fn add(&self, spec: impl Into<ChildSpec>) -> Result<(), AddError> {
        let spec = Box::new(spec.into());
        let child = spec.name.clone();
        let (answer, over) = oneshot::channel();
        let Err(why_not) = self.order(Add { spec, answer }, over).await else {
            return Ok(());
        };
        let supervisor = self.supervisor();
        Err(match why_not {
            WhyNot::Refused(NotAdded::Invalid(mistakes, unused)) => {
                drop(unused);
                AddError::Invalid { supervisor, mistakes }
            }
            WhyNot::Refused(NotAdded::Ending(unused)) => {
                drop(unused);
                AddError::Stopping { supervisor }
            }
            WhyNot::Refused(NotAdded::Ended(exit)) => AddError::Ended {
                supervisor,
                child,
                exit,
            },
            WhyNot::Full => AddError::Overloaded { supervisor },
            WhyNot::Down => AddError::Down { supervisor },
        })
    }

    /// Stops a child, if it runs, and takes it off the list, whether it was declared or added. Resolves when it is down,
    /// within its shutdown limit, and off the list: its name is free, its handles say that it is stopped, and nothing of
    /// it is left once its cell has seen that. (OTP has `terminate_child` and then `delete_child`, which refuses a child
    /// that runs.)
    ///
    /// It ends nobody and costs no restart. Once the supervisor has come to the order, it holds, though the future be
    /// dropped.
    ///
    /// # Errors
    /// Where no child has this name, or the supervisor does not answer.
    pub async fn delete(&self, name: &str) -> Result<(), DeleteError> {
        let child = name.to_owned();
        let (answer, removed) = oneshot::channel();
        let name = child.clone();
        let Err(why_not) = self.order(Delete { name, answer }, removed).await else {
            return Ok(());
        };
        let supervisor = self.supervisor();
        Err(match why_not {
            WhyNot::Refused(NoSuchChild) => DeleteError::NotFound { supervisor, child },
            WhyNot::Full => DeleteError::Overloaded { supervisor, child },
            WhyNot::Down => DeleteError::Down { supervisor, child },
        })
    }

    /// Gives the supervisor an order, and resolves once it is carried out.
    async fn order<M, E>(&self, order: M, answered: oneshot::Receiver<Result<(), E>>) -> Result<(), WhyNot<E>>
    where
        SupervisorActor: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.superior.tell(order).map_err(|refused| match refused {
            SendError::Overloaded(_) => WhyNot::Full,
            SendError::Stopped(_) | SendError::Restarting(_) | SendError::Quarantined(_) => WhyNot::Down,
        })?;
        answered.await.map_err(|_| WhyNot::Down)?.map_err(WhyNot::Refused)
    }

    /// How many children there are. Reads what is published: it sends no message and waits for nobody. Nothing is
    /// counted before the tree is started.
    pub fn counts(&self) -> Counts {
        self.list.counts()
    }

    /// Where their supervisor lives; `None` before its tree is started.
    pub fn path(&self) -> Option<Path> {
        self.list.path().cloned()
    }

    /// The names of the children, in start order. Reads what is published, as [`counts`](Self::counts) does.
    pub fn names(&self) -> Vec<String> {
        let slots = self.list.slots();
        slots.iter().map(|slot| slot.path.name().to_owned()).collect()
    }

    /// Who answers, for who reads an error.
    fn supervisor(&self) -> String {
        self.list.path().map_or_else(
            || "a supervisor whose tree was not started".into(),
            |path| format!("supervisor `{path}`"),
        )
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<Slot>> {
        self.list.find(name)
    }

    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        self.list.slots()
    }

    /// Lets nobody be added any more. Returns who is there.
    pub(crate) fn close(&self) -> Vec<Arc<Slot>> {
        self.list.close()
    }

    /// Tells all who wait that the supervisor will not answer.
    pub(crate) fn forget_all(&self) {
        self.list.forget_all();
    }
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children")
            .field("supervisor", &self.list.path())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
