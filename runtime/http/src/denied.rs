//! Why a request gets an answer of our own.

use std::time::Duration;

use hedgerow_actors::chain::{ChainHandle, Passage, TimeLeft, Turned};
use hedgerow_supervisor::PanicRecord;
use hedgerow_view::Refusal;

use crate::admission::{Cause, Overload};
use crate::answer;
use crate::guard::{Grounds, Refused};
use crate::limit::Due;
use crate::wire::Fault;

/// When a request that found no berth should be tried again.
const LATER: Duration = Duration::from_secs(1);

/// A request that is not answered by an endpoint, with who says so.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The guard refused it.
    Guarded(Grounds, Refusal),
    /// There are as many requests as there may be.
    Overloaded(Refusal),
    /// The client broke its own request off.
    BrokenOff(Refusal),
    /// The client did not send its request in time.
    ClientTooSlow(Refusal),
    /// The chain turned it back.
    Turned(Turned),
    /// Its nodes lead to an upstream, and the chain stands around a service.
    LedAway(Refusal),
    /// No endpoint admits a call.
    NotAdmitted(Refusal),
    /// The endpoint did not answer as HTTP asks.
    EndpointBroke(Refusal),
    /// The endpoint took too long.
    TooSlow(Refusal),
    /// The request's own deadline has come.
    Overdue(Refusal),
    /// Our own code crashed on it.
    Crashed(Refusal),
}

impl Denied {
    /// The guard in front of this chain refused the request.
    #[cold]
    pub(crate) fn by_guard(chain: &str, refused: Refused) -> Self {
        let Refused {
            grounds,
            rule,
            limit,
            observed,
        } = refused;
        Self::Guarded(grounds, Refusal::new(chain, rule, limit, observed))
    }

    /// No berth was free for it, nor, perhaps, a place in the line.
    #[cold]
    pub(crate) fn overloaded(chain: &str, overload: Overload) -> Self {
        let (cause, waiting) = match overload {
            Overload::LineFull { cause, waiting } => (cause, format!("{waiting} waiting")),
            Overload::TooLong { cause, wait } => (cause, format!("{wait:?} of waiting")),
        };
        let (rule, most) = match cause {
            Cause::Requests(most) => ("overload", format!("{most} requests under way on a thread")),
            Cause::Utilization(most) => ("utilization", format!("{most} requests at work on a busy thread")),
        };
        let refusal = Refusal::new(chain, rule, format!("{most}, {waiting}"), "more");
        Self::Overloaded(refusal.retry_after(LATER))
    }

    /// Nobody is to be called for a request that has passed the nodes of this chain, as nothing is left of its time; `None` where
    /// something is, or it has no deadline.
    pub(crate) fn without_time(chain: &ChainHandle, time: Option<TimeLeft>) -> Option<Self> {
        let time = time.filter(|time| time.left.is_zero())?;
        let chain = chain.id().to_string();
        Some(Self::overdue(chain, time.limit, "no time left for a call"))
    }

    /// Ends a request that has passed the nodes as refused: nobody was called. They are told what its client is.
    #[cold]
    pub(crate) fn refuse(self, mut passage: Passage) -> Self {
        self.tell(&mut passage);
        passage.refuse();
        self
    }

    /// Ends a request that has passed the nodes as failed: there is no answer to it. They are told what its client is.
    #[cold]
    pub(crate) fn fail(self, mut passage: Passage) -> Self {
        self.tell(&mut passage);
        passage.fail();
        self
    }

    fn tell(&self, passage: &mut Passage) {
        let (status, refusal) = answer::told(self);
        passage.tell(status, refusal);
    }

    /// Whether it is because of what the client did not send.
    pub(crate) fn is_clients(&self) -> bool {
        matches!(self, Self::BrokenOff(_) | Self::ClientTooSlow(_))
    }

    /// The call to this endpoint came to nothing.
    #[cold]
    pub(crate) fn by_fault(endpoint: String, fault: &Fault) -> Self {
        match fault {
            Fault::Connect(why) => {
                Self::EndpointBroke(Refusal::new(endpoint, "connect", "a connection", why))
            }
            Fault::ConnectTimeout { limit, .. } => {
                let (limit, observed) = (format!("{limit:?}"), "no connection");
                Self::TooSlow(Refusal::new(endpoint, "connectTimeout", limit, observed))
            }
            Fault::Reset(why) => Self::EndpointBroke(Refusal::new(endpoint, "reset", "an answer", why)),
            Fault::Garbage { limit, observed } => {
                Self::EndpointBroke(Refusal::new(endpoint, "answer", limit, observed))
            }
            Fault::BrokenOff(why) => Self::BrokenOff(Refusal::new(endpoint, "body", "a whole request", why)),
        }
    }

    /// The endpoint did not answer in time.
    #[cold]
    pub(crate) fn too_slow(endpoint: String, due: Due) -> Self {
        match due {
            Due::ByTimeout(limit) => {
                let limit = format!("{limit:?}");
                Self::TooSlow(Refusal::new(endpoint, "timeout", limit, "no answer"))
            }
            Due::ByDeadline(limit) => Self::overdue(endpoint, limit, "no answer"),
        }
    }

    /// The client had not sent the whole request in time.
    #[cold]
    pub(crate) fn client_too_slow(endpoint: String, due: Due) -> Self {
        let (rule, limit) = match due {
            Due::ByTimeout(limit) => ("timeout", limit),
            Due::ByDeadline(limit) => ("deadline", limit),
        };
        let (limit, observed) = (format!("{limit:?}"), "a request without its end");
        Self::ClientTooSlow(Refusal::new(endpoint, rule, limit, observed))
    }

    /// The request had been given this long, and was still here.
    #[cold]
    pub(crate) fn overdue(who: String, limit: Duration, observed: &str) -> Self {
        Self::Overdue(Refusal::new(who, "deadline", format!("{limit:?}"), observed))
    }

    /// The nodes of this chain lead to an upstream, and it stands around a service.
    #[cold]
    pub(crate) fn led_away(chain: String) -> Self {
        let limit = "the service that the chain is around";
        Self::LedAway(Refusal::new(chain, "route", limit, "an upstream"))
    }

    /// Our own code panicked.
    #[cold]
    pub(crate) fn crashed(chain: String, record: &PanicRecord) -> Self {
        Self::Crashed(Refusal::new(chain, "crashed", "no panic", record.to_string()))
    }
}

impl From<Turned> for Denied {
    fn from(turned: Turned) -> Self {
        Self::Turned(turned)
    }
}
