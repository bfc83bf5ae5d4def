//! A running tree, from its root.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock, Weak};

use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use tokio::sync::watch;

use crate::arbiters::Arbiters;
use crate::cell::ending::{ChildId, Parent};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::events::Events;
use crate::exit::Exit;
use crate::panics;
use crate::slot::{Environment, Slot};
use crate::supervision::placing::place;
use crate::supervision::spec::ChildSpec;
use crate::supervision::supervisor::Supervisor;
use crate::supervision::unplaced::Placement;
use crate::supervision::validate::{InvalidTree, validate};
use crate::watchdog::Watched;

/// What a tree runs on.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Where its actors live.
    pub arbiters: Arbiters,
    /// Its time.
    pub clock: Clock,
    /// Where it tells what happens.
    pub events: Events,
    /// Spreads the jitter of its back-offs; the same seed gives the same waits.
    pub seed: u64,
}

impl Ground {
    /// Ground on these arbiters, with a clock that begins now.
    pub fn new(arbiters: Arbiters) -> Self {
        let clock = Clock::start();
        Self {
            arbiters,
            clock,
            events: Events::new(clock),
            // Differs from process to process, so that what fell together in many does not rise together.
            seed: RandomState::new().hash_one(std::process::id()),
        }
    }
}

/// A running tree.
pub struct Tree {
    /// Its threads live as long as it does.
    _arbiters: Arbiters,
    root: Arc<Slot>,
    fate: watch::Receiver<Fate>,
    directory: Directory,
    /// None on the current thread, which could not tell who blocks it.
    _watched: Option<Watched>,
}

#[derive(Clone, Debug)]
enum Fate {
    Starting,
    Up,
    Ended(Exit),
}

/// A tree was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The tree has mistakes.
    #[error(transparent)]
    Invalid(#[from] InvalidTree),
    /// A child failed at its first start; what had been started before it was stopped again.
    #[error("the tree `{root}` did not start: {exit}")]
    Failed {
        /// The root's name.
        root: String,
        /// How the root ended.
        exit: Exit,
    },
    /// There is no thread for the watchdog.
    #[error("the watchdog did not start: {0}; allow the process one more thread")]
    Watchdog(#[source] io::Error),
}

impl Tree {
    /// Validates `spec`, starts it in order, and resolves when every child is ready; at most 600 s after that, it has
    /// failed.
    ///
    /// # Errors
    /// Every mistake in the specs at once; or the failure of a child, after what was started has been stopped again.
    ///
    /// # Examples
    /// ```
    /// use hedgerow_supervisor::{Arbiters, CellContext, ChildSpec, Ground, Supervisor, Tree};
    ///
    /// struct Clerk;
    ///
    /// impl actix::Actor for Clerk {
    ///     type Context = CellContext<Self>;
    /// }
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let (spec, _clerk) = ChildSpec::actor("clerk", || Clerk);
    /// let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN)?;
    /// let tree = Tree::start(Supervisor::one_for_one("shop").child(spec), &Ground::new(arbiters)).await?;
    /// tree.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(spec: Supervisor<ChildSpec>, ground: &Ground) -> Result<Self, StartError> {
        validate(&spec)?;
        panics::install();
        let environment = Arc::new(Environment {
            arbiters: ground.arbiters.clone(),
            clock: ground.clock,
            events: ground.events.clone(),
            seed: ground.seed,
            next_arbiter: AtomicUsize::new(0),
        });
        let name = spec.name.clone();
        let path = Path::root(name.as_str());
        let watched = ground.arbiters.watch_over(&path, &ground.events);
        let watched = watched.map_err(StartError::Watchdog)?;
        let (watcher, fate) = watch::channel(Fate::Starting);
        let link = Arc::new(RootLink {
            fate: watcher,
            root: OnceLock::new(),
        });
        let (settings, supervisor) = spec.into_settings();
        let placement = Placement {
            environment: &environment,
            path,
            settings,
            superior: None,
            child: ChildId(0),
            parent: link.clone(),
            arbiter: environment.next_arbiter(),
        };
        let root = place(supervisor, placement);
        link.root.get_or_init(|| Arc::downgrade(&root));
        root.start(1);
        let directory = Directory {
            root: root.clone(),
            arbiters: ground.arbiters.clone(),
            clock: ground.clock,
            events: ground.events.clone(),
        };
        let tree = Self {
            _arbiters: ground.arbiters.clone(),
            root,
            fate,
            directory,
            _watched: watched,
        };
        match tree.when(|fate| !matches!(fate, Fate::Starting)).await {
            Fate::Ended(exit) => {
                tree.root.close();
                Err(StartError::Failed { root: name, exit })
            }
            Fate::Up | Fate::Starting => Ok(tree),
        }
    }

    /// Stops every child in reverse order, each within its limit, and resolves when all are down.
    pub async fn stop(&self) -> Exit {
        if !matches!(*self.fate.borrow(), Fate::Ended(_)) {
            self.root.mark(ActorState::Stopping);
            self.root.stop(1);
        }
        let exit = self.wait().await;
        self.root.close();
        exit
    }

    /// Resolves when the root has ended: stopped, or given up. Says why.
    pub async fn wait(&self) -> Exit {
        match self.when(|fate| matches!(fate, Fate::Ended(_))).await {
            Fate::Ended(exit) => {
                let state = if exit.is_abnormal() {
                    ActorState::Failed
                } else {
                    ActorState::Stopped
                };
                self.root.mark(state);
                exit
            }
            Fate::Starting | Fate::Up => Exit::Lost,
        }
    }

    /// The tree as seen from outside.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    async fn when(&self, reached: impl FnMut(&Fate) -> bool) -> Fate {
        let mut fate = self.fate.clone();
        // The other end is held by the root's cell, which lives as long as the tree.
        fate.wait_for(reached)
            .await
            .map_or(Fate::Ended(Exit::Lost), |fate| fate.clone())
    }
}

impl Drop for Tree {
    /// Orders everything to stop, and waits for nobody.
    fn drop(&mut self) {
        self.root.stop(1);
        self.root.close();
    }
}

/// The root's parent: nobody restarts it.
struct RootLink {
    fate: watch::Sender<Fate>,
    /// Weak, as the root's cell holds this link.
    root: OnceLock<Weak<Slot>>,
}

impl RootLink {
    fn mark(&self, state: ActorState) {
        if let Some(root) = self.root.get().and_then(Weak::upgrade) {
            root.mark(state);
        }
    }
}

impl Parent for RootLink {
    fn ready(&self, _: ChildId, _: u32) {
        self.mark(ActorState::Running);
        self.fate.send_replace(Fate::Up);
    }

    fn exited(&self, _: ChildId, _: u32, exit: Exit) {
        let state = if exit.is_abnormal() {
            ActorState::Failed
        } else {
            ActorState::Stopped
        };
        // First, whatever becomes of those who are told that nobody will answer them.
        self.fate.send_replace(Fate::Ended(exit));
        self.mark(state);
    }
}
