//! Why a message was not taken, or not answered.

use std::fmt;
use std::time::Duration;

use crate::exit::Exit;
use crate::panics::At;

// What both errors say: a question that was not taken was not sent, either.
const FULL: &str = "mailbox full: try again later or shed the work";
const STOPPED: &str = "actor stopped: start it, or find another";
const RESTARTING: &str = "actor being restarted: try again in a moment";
const QUARANTINED: &str =
    "message in quarantine, because its kind keeps crashing the actor: mend the actor, then release it";

/// A message was not taken. It comes back inside.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SendError<M> {
    /// The mailbox is full: try again later, or shed the work.
    #[error("{FULL}")]
    Overloaded(M),
    /// The actor is down and nobody is about to start it.
    #[error("{STOPPED}")]
    Stopped(M),
    /// The actor is being restarted, and its spec says that it takes no messages meanwhile
    /// ([`ChildSpec::while_restarting`](crate::ChildSpec::while_restarting)).
    #[error("{RESTARTING}")]
    Restarting(M),
    /// Messages of this kind have crashed the actor too often ([`ChildSpec::quarantine`](crate::ChildSpec::quarantine)).
    #[error("{QUARANTINED}")]
    Quarantined(M),
}

/// A question was not answered.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum AskError<M> {
    /// The mailbox is full. The message comes back.
    #[error("{FULL}")]
    Overloaded(M),
    /// The actor is down and nobody is about to start it, or it went down for good before it came to the message. The
    /// message comes back: the actor had not begun with it.
    #[error("{STOPPED}")]
    Stopped(M),
    /// The actor is being restarted, and its spec says that it takes no messages meanwhile. The message comes back.
    #[error("{RESTARTING}")]
    Restarting(M),
    /// Messages of this kind have crashed the actor too often. The message comes back.
    #[error("{QUARANTINED}")]
    Quarantined(M),
    /// The actor panicked while it worked on the message. What it had done by then is not known.
    #[error("the actor panicked before it answered: {message}{}", At(location.as_deref()))]
    Panicked {
        /// What the panic said.
        message: String,
        /// File, line and column.
        location: Option<String>,
    },
    /// The actor ended otherwise while it worked on the message: stopped, killed, or with an error of its own. What it
    /// had done by then is not known.
    #[error("the actor ended before it answered: {0}")]
    Ended(Exit),
    /// No answer came within the limit.
    #[error("no answer within {limit:?}: {}", begun(message))]
    Deadline {
        /// The limit.
        limit: Duration,
        /// The message, if the actor had not begun with it; now it never will.
        message: Option<M>,
    },
    /// The reply was dropped, and how its incarnation ended is not known: it lives on, its thread is gone, or several
    /// others have ended since.
    #[error("the reply was dropped: the actor's entry in the tree says what became of it")]
    Unanswered,
}

impl<M> AskError<M> {
    /// The message, where the actor had not begun with it: it may be sent again, here or elsewhere.
    pub fn into_message(self) -> Option<M> {
        match self {
            Self::Overloaded(message)
            | Self::Stopped(message)
            | Self::Restarting(message)
            | Self::Quarantined(message) => Some(message),
            Self::Deadline { message, .. } => message,
            Self::Panicked { .. } | Self::Ended(_) | Self::Unanswered => None,
        }
    }
}

impl<M> From<SendError<M>> for AskError<M> {
    fn from(refused: SendError<M>) -> Self {
        match refused {
            SendError::Overloaded(message) => Self::Overloaded(message),
            SendError::Stopped(message) => Self::Stopped(message),
            SendError::Restarting(message) => Self::Restarting(message),
            SendError::Quarantined(message) => Self::Quarantined(message),
        }
    }
}

fn begun<M>(message: &Option<M>) -> &'static str {
    match message {
        Some(_) => "the actor had not begun, and the message comes back",
        None => "the actor had begun, and may still finish",
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded(_) => "Overloaded",
            Self::Stopped(_) => "Stopped",
            Self::Restarting(_) => "Restarting",
            Self::Quarantined(_) => "Quarantined",
        })
    }
}

impl<M> fmt::Debug for AskError<M> {
    /// The error without its message, which need not be `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AskError({self})")
    }
}
