//! Who is told what the watchdog of some threads finds.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hedgerow_view::Path;

use super::{Activity, LIMIT, Report, State, Watchdog};
use crate::clock::Clock;
use crate::events::{Events, Persistence};

/// The watchdog of some threads, and the trees on them.
#[derive(Debug)]
pub(crate) struct Lookout {
    _watchdog: Watchdog,
    trees: Trees,
}

/// The root of each, and where it tells what happens.
type Trees = Arc<Mutex<Vec<(Path, Events)>>>;

impl Lookout {
    /// # Errors
    /// Where the operating system gives no thread.
    pub(crate) fn start(activities: Vec<Arc<Activity>>, clock: Clock) -> io::Result<Self> {
        let trees = Trees::default();
        let told = trees.clone();
        let watchdog = Watchdog::start(activities, LIMIT, clock, move |report| tell(&told, &report))?;
        Ok(Self {
            _watchdog: watchdog,
            trees,
        })
    }
}

fn tell(trees: &Trees, report: &Report) {
    let events = {
        let trees = trees.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = trees.iter().find(|(root, _)| is_same(root, report.path.top()));
        mine.map(|(_, events)| events.clone())
    };
    let Some(events) = events else {
        return;
    };
    let (kind, cause) = match report.state {
        State::Blocked { for_ } => (
            "actorBlocked",
            format!(
                "in `{}` for {for_:?}: it holds up every actor of its thread",
                report.work
            ),
        ),
        State::Freed { after } => (
            "actorFreed",
            format!("`{}` was over after {after:?}", report.work),
        ),
    };
    events.emit(kind, &report.path, None, cause, Persistence::Volatile);
}

/// A tree that is watched, until this is dropped.
#[derive(Debug)]
pub(crate) struct Watched {
    lookout: Arc<Lookout>,
    root: Path,
}

impl Watched {
    pub(crate) fn new(lookout: Arc<Lookout>, root: Path, events: Events) -> Self {
        let mut trees = lookout.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.push((root.clone(), events));
        drop(trees);
        Self { lookout, root }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut trees = self.lookout.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.retain(|(root, _)| !is_same(root, &self.root));
    }
}

/// Whether it is the very root: trees of the same name may share their threads.
fn is_same(one: &Path, other: &Path) -> bool {
    one.address() == other.address()
}
