//! What can be done to an actor from outside, and why it was not.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use hedgerow_view::Path;

/// What an action is said with beside its name.
pub type Arguments = serde_json::Map<String, serde_json::Value>;

/// What becomes of an action: what it answers, `null` where it has nothing to say.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Result<serde_json::Value, ActError>> + Send + 'a>>;

/// What can be done to an actor beyond what its supervisor and its mailbox offer: `restart`, `stop`, `start`, `release`.
///
/// It belongs to the place, as [`Inspect`](crate::Inspect) does. An action that changes what the actor owns is a
/// message to it.
pub trait Operate: Send + Sync {
    /// The names of the actions, as the API takes them.
    fn actions(&self) -> &'static [&'static str];

    /// Does what [`actions`](Operate::actions) names, with these arguments; `by` is who ordered it. Resolves once it is done, or
    /// was refused.
    ///
    /// # Errors
    /// Why it was not done.
    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a>;
}

/// An action was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// What it was said with makes no sense.
    #[error("{0}")]
    Arguments(#[source] Box<dyn Error + Send + Sync>),
    /// It makes sense, and was refused as things are.
    #[error("{0}")]
    NotDone(#[source] Box<dyn Error + Send + Sync>),
    /// What it is about is not there.
    #[error("{0}")]
    Missing(#[source] Box<dyn Error + Send + Sync>),
    /// There is no room for it.
    #[error("{0}")]
    Full(#[source] Box<dyn Error + Send + Sync>),
    /// Who would do it cannot be reached at present.
    #[error("{0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl ActError {
    /// What it was said with makes no sense, for this reason.
    pub fn arguments(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Arguments(why.into())
    }

    /// It was refused, for this reason.
    pub fn not_done(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NotDone(why.into())
    }

    /// What it is about is not there, for this reason.
    pub fn missing(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Missing(why.into())
    }

    /// There is no room for it, for this reason.
    pub fn full(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Full(why.into())
    }

    /// Who would do it cannot be reached, for this reason.
    pub fn unavailable(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(why.into())
    }

    /// For an action that is said with its name alone: that it was said with more, where it was.
    ///
    /// # Errors
    /// What there was.
    pub fn unless_plain(action: &str, arguments: &Arguments) -> Result<(), Self> {
        match arguments.keys().next() {
            Some(key) => Err(Self::arguments(format!("`{action}` takes no `{key}`"))),
            None => Ok(()),
        }
    }
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
    /// The action was said with what makes no sense.
    #[error("`{path}` did not do `{action}`: {why}")]
    BadArguments {
        /// The path that was asked for.
        path: Path,
        /// The action that was asked for.
        action: String,
        /// What is wrong: all of it.
        #[source]
        why: Box<dyn Error + Send + Sync>,
    },
    /// What the action is about is not there.
    #[error("`{path}` did not do `{action}`: {why}")]
    Missing {
        /// The path that was asked for.
        path: Path,
        /// The action that was asked for.
        action: String,
        /// What it said.
        #[source]
        why: Box<dyn Error + Send + Sync>,
    },
    /// There is no room for what the action would add.
    #[error("`{path}` did not do `{action}`: {why}")]
    Full {
        /// The path that was asked for.
        path: Path,
        /// The action that was asked for.
        action: String,
        /// What it said.
        #[source]
        why: Box<dyn Error + Send + Sync>,
    },
    /// Who does it cannot be reached at present.
    #[error("`{path}` could not do `{action}`: {why}")]
    Unavailable {
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

impl OperateError {
    /// That this action was not done at this place, and why.
    pub(crate) fn of(path: &Path, action: &str, error: ActError) -> Self {
        let (path, action) = (path.clone(), action.to_owned());
        match error {
            ActError::Arguments(why) => Self::BadArguments { path, action, why },
            ActError::NotDone(why) => Self::NotDone { path, action, why },
            ActError::Missing(why) => Self::Missing { path, action, why },
            ActError::Full(why) => Self::Full { path, action, why },
            ActError::Unavailable(why) => Self::Unavailable { path, action, why },
        }
    }
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
