//! Why an incarnation ended.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::panics::{PanicRecord, catch, drop_caught};

/// Why the error is there.
const PRESENT: &str = "an error is taken out of its cause only when the cause is dropped";

/// What the actor's own code gave as the reason of its end: its error, and that error's text.
///
/// The text is written once, when the actor fails: no code of the actor's runs between its end and the report of it.
#[derive(Clone)]
pub struct Cause {
    text: Arc<str>,
    /// Given up in `drop` alone.
    error: Option<Arc<dyn Error + Send + Sync>>,
}

impl Cause {
    pub(crate) fn of(error: impl Error + Send + Sync + 'static) -> Self {
        let text = catch(|| error.to_string());
        let text =
            text.unwrap_or_else(|record| format!("an error whose text could not be written: {record}"));
        Self {
            text: text.into(),
            error: Some(Arc::new(error)),
        }
    }

    /// The error as it was given.
    pub fn error(&self) -> &(dyn Error + Send + Sync) {
        self.error.as_deref().expect(PRESENT)
    }
}

impl Drop for Cause {
    /// The error is the user's, and is dropped wherever the last one goes who knew of it: it must not end that.
    fn drop(&mut self) {
        drop_caught("the error that an actor ended with", self.error.take());
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({})", self.text)
    }
}

/// Why an incarnation of an actor ended. A supervisor decides by it whether to start the next one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Exit {
    /// It stopped by itself and was done.
    Normal,
    /// It was asked to stop, and did.
    Shutdown,
    /// It stopped by itself because of an error ([`CellContext::fail`](crate::CellContext::fail)).
    Error(Cause),
    /// Its code panicked.
    Panic(Arc<PanicRecord>),
    /// It was asked to stop and did not within its limit, or was not asked because its shutdown is
    /// [`Brutal`](crate::Shutdown::Brutal).
    Killed {
        /// The limit; zero where it was not asked.
        limit: Duration,
    },
    /// It never became ready.
    InitFailed(InitFailure),
    /// The thread that it lived on is gone.
    Lost,
    /// A supervisor gave up: its children died too often.
    IntensityReached(Arc<IntensityReached>),
}

impl Exit {
    /// The name that the API shows: `normal`, `shutdown`, `error`, `panic`, `killed`, `initFailed`, `lost`,
    /// `intensityReached`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Shutdown => "shutdown",
            Self::Error(_) => "error",
            Self::Panic(_) => "panic",
            Self::Killed { .. } => "killed",
            Self::InitFailed(_) => "initFailed",
            Self::Lost => "lost",
            Self::IntensityReached(_) => "intensityReached",
        }
    }

    /// Whether a transient child is restarted after it: all but `normal` and `shutdown`.
    pub fn is_abnormal(&self) -> bool {
        !matches!(self, Self::Normal | Self::Shutdown)
    }

    /// What there is to say beside its [name](Self::name); `None` where that says all.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::Normal | Self::Shutdown => None,
            Self::Error(cause) => Some(cause.to_string()),
            Self::Panic(record) => Some(record.message.clone()),
            Self::Killed { limit } if limit.is_zero() => Some("at once, as its shutdown says".to_owned()),
            Self::Killed { limit } => Some(format!("did not stop within {limit:?}")),
            Self::InitFailed(failure) => Some(failure.to_string()),
            Self::Lost => Some("its thread ended".to_owned()),
            Self::IntensityReached(reached) => Some(reached.to_string()),
        }
    }

    /// The panic behind it, where there was one.
    pub fn panic(&self) -> Option<&PanicRecord> {
        match self {
            Self::Panic(record) | Self::InitFailed(InitFailure::Panic(record)) => Some(record),
            Self::InitFailed(InitFailure::Child(failure)) => failure.exit.panic(),
            _ => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.message()) {
            (Self::Panic(record), _) => write!(f, "{}: {record}", self.name()),
            (_, Some(message)) => write!(f, "{}: {message}", self.name()),
            (_, None) => f.write_str(self.name()),
        }
    }
}

/// Why an incarnation never became ready.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum InitFailure {
    /// The factory, `started` or what it waited for panicked.
    Panic(Arc<PanicRecord>),
    /// It failed with an error before it was ready.
    Error(Cause),
    /// It was not ready in time.
    TooSlow {
        /// The limit ([`ChildSpec::start_within`](crate::ChildSpec::start_within)).
        limit: Duration,
    },
    /// It stopped before it was ready.
    Ended,
    /// A supervisor whose child failed at the first start.
    Child(Arc<ChildFailure>),
}

/// The child that made its supervisor's first start fail.
#[derive(Debug, Clone)]
pub struct ChildFailure {
    /// Its name.
    pub child: String,
    /// How it ended.
    pub exit: Exit,
}

impl fmt::Display for InitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(record) => write!(f, "panic: {record}"),
            Self::Error(cause) => write!(f, "{cause}"),
            Self::TooSlow { limit } => write!(f, "not ready within {limit:?}"),
            Self::Ended => f.write_str("stopped before it was ready"),
            Self::Child(failure) => write!(f, "child `{}`: {}", failure.child, failure.exit),
        }
    }
}

/// A supervisor's reason to give up.
#[derive(Debug, Clone)]
pub struct IntensityReached {
    /// The child whose end was one too many.
    pub child: String,
    /// How that child ended.
    pub exit: Exit,
    /// How many restarts were allowed.
    pub max_restarts: u32,
    /// Within which time.
    pub period: Duration,
}

impl fmt::Display for IntensityReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "more than {} restarts within {:?}; last `{}`: {}",
            self.max_restarts, self.period, self.child, self.exit
        )
    }
}
