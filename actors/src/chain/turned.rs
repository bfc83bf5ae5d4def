//! Why a request was turned back.

use hedgerow_supervisor::PanicRecord;
use hedgerow_view::Refusal;
use http::StatusCode;

use super::body_limit::BodyLimit;
use super::context::Context;
use super::cx::Refused;
use super::deadline::TimeLeft;
use super::node_slot::NodeSlot;
use super::walk::Bottom;

/// A request was turned back on its way down, or its reply on the way up. The refusal is boxed: what becomes of a request goes
/// through many hands, and most requests are not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turned {
    /// No route leads on: 404.
    NoRoute(Box<Refusal>),
    /// A node refused it, with the status that it says.
    Refused {
        /// What its client is to be told.
        status: StatusCode,
        /// Who refused it, and why.
        refusal: Box<Refusal>,
    },
    /// A node crashed on this request: 500.
    NodeCrashed(Box<Refusal>),
    /// A node has not published its filter, or is over its panic budget: 503.
    NodeDown(Box<Refusal>),
}

impl Turned {
    /// Who turned it back, and why.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::NoRoute(refusal)
            | Self::Refused { refusal, .. }
            | Self::NodeCrashed(refusal)
            | Self::NodeDown(refusal) => refusal,
        }
    }

    /// The status that it has by HTTP.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute(_) => StatusCode::NOT_FOUND,
            Self::Refused { status, .. } => *status,
            Self::NodeCrashed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NodeDown(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What a request is told, in each case. None of it is on the way of one that is served.
impl Context {
    /// The node at this index, which the request has reached.
    fn node(&self, index: usize) -> &NodeSlot {
        &self.plan.lineup.nodes[index]
    }

    #[cold]
    pub(super) fn spoil(&mut self, node: usize, record: PanicRecord) {
        self.spoilt = true;
        self.accuse(node);
        if let Some(node) = self.plan.lineup.nodes.get(node) {
            node.crashed(record);
        }
    }

    #[cold]
    pub(super) fn crashed(&mut self, node: usize, record: PanicRecord) -> Turned {
        let refusal = self.crash_of(node, &record.message);
        self.spoil(node, record);
        Turned::NodeCrashed(refusal)
    }

    fn crash_of(&self, node: usize, said: &str) -> Box<Refusal> {
        Box::new(self.node(node).refusal("nodeCrashed", "no panic", said))
    }

    /// Its body is larger than a node allows.
    #[cold]
    pub(super) fn body_too_large(&self, limit: BodyLimit) -> Turned {
        let node = self.node(limit.node);
        node.count_refused();
        let bytes = limit.bytes;
        let (limit, observed) = (format!("{bytes} bytes"), format!("more than {bytes} bytes"));
        Turned::Refused {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            refusal: Box::new(node.refusal("bodyLimit", &limit, &observed)),
        }
    }

    /// It waits in a node, and its time is over.
    #[cold]
    pub(super) fn overdue(&self, time: TimeLeft) -> Bottom {
        let node = self.node(self.at);
        node.count_refused();
        let limit = format!("{:?}", time.limit);
        let refusal = Box::new(node.refusal("deadline", &limit, "a wait without its end"));
        let status = StatusCode::GATEWAY_TIMEOUT;
        Bottom::Turned(Turned::Refused { status, refusal })
    }

    #[cold]
    pub(super) fn down(&self) -> Bottom {
        let node = self.node(self.at);
        node.count_refused();
        let refusal = node.refusal("nodeDown", "a published filter", "none");
        Bottom::Turned(Turned::NodeDown(Box::new(refusal)))
    }

    #[cold]
    pub(super) fn over_budget(&self) -> Bottom {
        let node = self.node(self.at);
        node.count_refused();
        let refusal = match node.told.load_full() {
            Some(told) => Refusal::clone(&told),
            None => node.refusal("panicBudget", "its budget", "more panics"),
        };
        Bottom::Turned(Turned::NodeDown(Box::new(refusal)))
    }

    #[cold]
    pub(super) fn refused(&mut self) -> Bottom {
        let Some(refused) = self.cx.refused.take() else {
            return self.misused("refuse");
        };
        let turned = match refused {
            Refused::Crashed(said) => {
                let refusal = self.crash_of(self.at, &said);
                return Bottom::Crashed(Turned::NodeCrashed(refusal));
            }
            Refused::NoRoute(refusal) => Turned::NoRoute(Box::new(refusal)),
            Refused::ByNode(status, mut refusal) => {
                refusal.id = self.node(self.at).id.to_string();
                let refusal = Box::new(refusal);
                Turned::Refused { status, refusal }
            }
        };
        self.node(self.at).count_refused();
        Bottom::Turned(turned)
    }

    /// A node kept a flow of another request and returned it now.
    #[cold]
    pub(super) fn misused(&self, call: &str) -> Bottom {
        let limit = format!("a call of `cx.{call}` for each flow that it makes");
        let refusal = self.node(self.at).refusal("nodeMisused", &limit, "none");
        Bottom::Turned(Turned::NodeCrashed(Box::new(refusal)))
    }
}
