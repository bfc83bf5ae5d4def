//! The nodes of a chain: what each kind of them may be asked for. One file is one kind.
//!
//! What a kind says is read in `read/node`, and held to its rules in `check/node`, in a file of the same name.

mod body_limit;
mod cors;
mod deadline;
mod headers;
mod inject;
mod reply;
mod request_id;
mod rewrite;
mod route;

pub use body_limit::BodyLimit;
pub use cors::Cors;
pub use deadline::Deadline;
pub use headers::{HeaderEdits, Headers};
pub use inject::{Fault, FaultKind, Inject, InvalidFault};
pub use reply::StaticReply;
pub use request_id::{IdCharacters, KeepId, RequestId};
pub use rewrite::Rewrite;
pub use route::{Route, RouteRule};

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
    /// Answers by itself.
    Reply(StaticReply),
    /// Gives requests an id.
    RequestId(RequestId),
    /// Gives requests another path or host.
    Rewrite(Rewrite),
    /// Chooses the upstream.
    Route(Route),
}

impl NodeKind {
    /// As a document writes it: `route`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BodyLimit(_) => "bodyLimit",
            Self::Cors(_) => "cors",
            Self::Deadline(_) => "deadline",
            Self::Headers(_) => "headers",
            Self::Inject(_) => "inject",
            Self::Reply(_) => "reply",
            Self::RequestId(_) => "requestId",
            Self::Rewrite(_) => "rewrite",
            Self::Route(_) => "route",
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
