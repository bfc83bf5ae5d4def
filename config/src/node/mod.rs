//! The nodes of a chain: what each kind of them may be asked for. One file is one kind.
//!
//! What a kind says is read in `read/node`, and held to its rules in `check/node`, in a file of the same name.

mod concurrency;
mod inject;
mod rate_limit;
mod reply;
mod route;
mod shed;

pub use concurrency::{AdaptiveLimit, Concurrency, ConcurrencyLimit};
pub use inject::{Fault, FaultKind, Inject, InvalidFault};
pub use rate_limit::{LimitKey, Per, Rate, RateLimit, WithoutKey};
pub use reply::StaticReply;
pub use route::{Route, RouteRule};
pub use shed::{Believe, Shed};

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
    /// Lets so many requests be under way at once.
    Concurrency(Concurrency),
    /// Makes faults on purpose.
    Inject(Inject),
    /// Admits so many requests in so much time.
    RateLimit(RateLimit),
    /// Answers by itself.
    Reply(StaticReply),
    /// Chooses the upstream.
    Route(Route),
    /// Refuses what matters least while there is too much to do.
    Shed(Shed),
}

impl NodeKind {
    /// As a document writes it: `route`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Concurrency(_) => "concurrency",
            Self::Inject(_) => "inject",
            Self::RateLimit(_) => "rateLimit",
            Self::Reply(_) => "reply",
            Self::Route(_) => "route",
            Self::Shed(_) => "shed",
        }
    }

    /// Whether no request goes past it: it answers, refuses or leads to an upstream.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Concurrency(_) | Self::Inject(_) | Self::RateLimit(_) | Self::Shed(_) => false,
            Self::Reply(reply) => reply.path.is_none(),
            Self::Route(_) => true,
        }
    }
}

impl From<Concurrency> for NodeKind {
    fn from(limit: Concurrency) -> Self {
        Self::Concurrency(limit)
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
