//! The nodes of a chain: what each kind of them may be asked for. One file is one kind.
//!
//! What a kind says is read in `read/node`, and held to its rules in `check/node`, in a file of the same name.

mod access_log;
mod body_limit;
mod concurrency;
mod cors;
mod deadline;
mod headers;
mod inject;
mod rate_limit;
mod reply;
mod request_id;
mod rewrite;
mod route;
mod shed;
mod split;
mod trace;

pub use access_log::{AccessLog, LogOutput};
pub use body_limit::BodyLimit;
pub use concurrency::{AdaptiveLimit, Concurrency, ConcurrencyLimit};
pub use cors::Cors;
pub use deadline::Deadline;
pub use headers::{HeaderEdits, Headers};
pub use inject::{Fault, FaultKind, Inject, InvalidFault};
pub use rate_limit::{LimitKey, Per, Rate, RateLimit, WithoutKey};
pub use reply::StaticReply;
pub use request_id::{IdCharacters, KeepId, RequestId};
pub use rewrite::Rewrite;
pub use route::{Destination, HeaderMatch, Reach, Route, RouteRule};
pub use shed::{Believe, Shed};
pub use split::{InvalidSticky, Split, Sticky, Target};
pub use trace::{Parent, Trace};

use crate::PanicBudget;

/// One step of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name, unique in the chain.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// How many of its requests may crash in it (`panicBudget`, else that of the chain; one that answers or leads on fails
    /// closed unless it says otherwise itself); `None` for any number. Default: [`PanicBudget::default`].
    pub panic_budget: Option<PanicBudget>,
}

impl Node {
    /// One with this name that does this, and otherwise the defaults.
    pub fn new(name: impl Into<String>, kind: impl Into<NodeKind>) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            panic_budget: Some(PanicBudget::default()),
        }
    }
}

/// What a node does.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Writes a line for each request.
    AccessLog(AccessLog),
    /// Lets so many requests be under way at once.
    Concurrency(Concurrency),
    /// Refuses bodies that are too large.
    BodyLimit(BodyLimit),
    /// Says which pages of other origins may call.
    Cors(Cors),
    /// Gives requests a deadline.
    Deadline(Deadline),
    /// Edits headers.
    Headers(Headers),
    /// Makes faults on purpose.
    Inject(Inject),
    /// Admits so many requests in so much time.
    RateLimit(RateLimit),
    /// Answers by itself.
    Reply(StaticReply),
    /// Gives requests an id.
    RequestId(RequestId),
    /// Gives requests another path or host.
    Rewrite(Rewrite),
    /// Chooses the upstream.
    Route(Route),
    /// Refuses what matters least while there is too much to do.
    Shed(Shed),
    /// Continues a trace, or begins one.
    Trace(Trace),
}

impl NodeKind {
    /// As a document writes it: `route`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AccessLog(_) => "accessLog",
            Self::Concurrency(_) => "concurrency",
            Self::BodyLimit(_) => "bodyLimit",
            Self::Cors(_) => "cors",
            Self::Deadline(_) => "deadline",
            Self::Headers(_) => "headers",
            Self::Inject(_) => "inject",
            Self::RateLimit(_) => "rateLimit",
            Self::Reply(_) => "reply",
            Self::RequestId(_) => "requestId",
            Self::Rewrite(_) => "rewrite",
            Self::Route(_) => "route",
            Self::Shed(_) => "shed",
            Self::Trace(_) => "trace",
        }
    }

    /// Whether no request goes past it: it answers, refuses or leads to an upstream.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Reply(reply) => reply.path.is_none(),
            Self::Route(_) => true,
            _ => false,
        }
    }
}

impl From<Concurrency> for NodeKind {
    fn from(limit: Concurrency) -> Self {
        Self::Concurrency(limit)
    }
}

impl From<AccessLog> for NodeKind {
    fn from(log: AccessLog) -> Self {
        Self::AccessLog(log)
    }
}

impl From<BodyLimit> for NodeKind {
    fn from(config: BodyLimit) -> Self {
        Self::BodyLimit(config)
    }
}

impl From<Cors> for NodeKind {
    fn from(config: Cors) -> Self {
        Self::Cors(config)
    }
}

impl From<Deadline> for NodeKind {
    fn from(deadline: Deadline) -> Self {
        Self::Deadline(deadline)
    }
}

impl From<Headers> for NodeKind {
    fn from(config: Headers) -> Self {
        Self::Headers(config)
    }
}

impl From<Inject> for NodeKind {
    fn from(inject: Inject) -> Self {
        Self::Inject(inject)
    }
}

impl From<RateLimit> for NodeKind {
    fn from(limit: RateLimit) -> Self {
        Self::RateLimit(limit)
    }
}

impl From<StaticReply> for NodeKind {
    fn from(reply: StaticReply) -> Self {
        Self::Reply(reply)
    }
}

impl From<RequestId> for NodeKind {
    fn from(config: RequestId) -> Self {
        Self::RequestId(config)
    }
}

impl From<Rewrite> for NodeKind {
    fn from(config: Rewrite) -> Self {
        Self::Rewrite(config)
    }
}

impl From<Route> for NodeKind {
    fn from(route: Route) -> Self {
        Self::Route(route)
    }
}

impl From<Shed> for NodeKind {
    fn from(shed: Shed) -> Self {
        Self::Shed(shed)
    }
}

impl From<Trace> for NodeKind {
    fn from(trace: Trace) -> Self {
        Self::Trace(trace)
    }
}
