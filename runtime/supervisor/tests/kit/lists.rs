//! Supervisors whose children come and go.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use hedgerow_supervisor::{ChildSpec, Children, Supervisor, Tree};
use tokio::time::sleep;

use super::{Habits, here};

pub fn noted(name: &'static str, log: &Arc<Mutex<Vec<String>>>) -> Habits {
    Habits {
        log: Some((name, log.clone())),
        ..Habits::default()
    }
}

pub fn fails_to_start(times: u32) -> Habits {
    Habits {
        failed_starts: Arc::new(times.into()),
        ..Habits::default()
    }
}

pub fn slow(start_takes: Duration) -> Habits {
    Habits {
        start_takes,
        ..Habits::default()
    }
}

/// A tree of one supervisor without children, and the means to change that.
pub async fn empty() -> (Tree, Children) {
    let (root, children) = Supervisor::one_for_one("root")
        .intensity(3, Duration::from_secs(60))
        .dynamic();
    (here(root).await, children)
}

/// The names right below the root.
pub fn names(tree: &Tree) -> Vec<String> {
    let view = tree.directory().tree();
    view.children
        .iter()
        .map(|child| child.path.name().to_owned())
        .collect()
}

/// What was told of the actor with this name, kind by kind.
pub fn told(tree: &Tree, name: &str) -> Vec<(&'static str, String)> {
    let events = tree.directory().events().since(0);
    events
        .iter()
        .filter(|event| event.path.name() == name)
        .map(|event| (event.kind, event.cause.clone()))
        .collect()
}

/// A tree of one supervisor with this clerk, and the means to delete it.
pub async fn tree_of(spec: ChildSpec) -> (Tree, Children) {
    let (root, children) = Supervisor::one_for_one("root").child(spec).dynamic();
    (here(root).await, children)
}

pub fn ignores_stop() -> Habits {
    Habits {
        ignores_stop: true,
        ..Habits::default()
    }
}

/// Dead once no value of the clerk and nothing that could make one is left.
pub type Trace = Weak<AtomicU32>;

pub fn trace(habits: &Habits) -> Trace {
    Arc::downgrade(&habits.failed_starts)
}

/// Lets everything happen that can happen now.
pub async fn settle() {
    sleep(Duration::from_millis(1)).await;
}
