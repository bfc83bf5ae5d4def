//! What can be done to an actor from outside, and why it was not.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use hedgerow_view::Path;

/// What becomes of an action.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// What can be done to an actor beyond what its supervisor and its mailbox offer: `restart`, `stop`, `start`, `release`.
///
/// It belongs to the place, as [`Inspect`](crate::Inspect) does. An action that changes what the actor owns is a
/// message to it.
pub trait Operate: Send + Sync {
    /// The names of the actions, as the API takes them.
    fn actions(&self) -> &'static [&'static str];

    /// Does what [`actions`](Operate::actions) names; `by` is who ordered it. Resolves once it is done, or was refused.
    ///
    /// # Errors
    /// Why it was not done.
    fn act<'a>(&'a self, action: &'a str, by: &'a str) -> Acting<'a>;
}

/// An order for one actor was not taken.
#[derive(Debug, thiserror::Error)]
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
    /// The actor knows no such action.
    #[error("`{path}` knows no action `{action}`: it may be {}", listed(known))]
    UnknownAction {
        /// The path that was asked for.
        path: Path,
        /// The action that was asked for.
        action: String,
        /// Those that it knows.
        known: Vec<&'static str>,
    },
    /// The actor did not do it.
    #[error("`{path}` did not do `{action}`: {why}")]
    NotDone {
        /// The path that was asked for.
        path: Path,
        /// The action that was asked for.
        action: String,
        /// What it said.
        #[source]
        why: Box<dyn Error + Send + Sync>,
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

/// `a`, `b` or `c`.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "none".into(),
    }
}
