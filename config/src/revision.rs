//! A document that passed validation, resolved and numbered.

use std::net::SocketAddr;

use crate::check::{self, Violation};
use crate::{Expose, ListenerLimits, Network, Node, PanicBudget, RequestQuarantine, Telemetry, Upstream};

/// A validated configuration. What it names exists: every chain that a listener serves and every upstream that a
/// route leads to is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Grows by one with every revision; the first is 1.
    pub number: u64,
    /// Where requests come in, in document order.
    pub listeners: Vec<Listener>,
    /// The chains, in document order; names are unique.
    pub chains: Vec<Chain>,
    /// The upstreams, in document order; names are unique.
    pub upstreams: Vec<Upstream>,
    /// What is told to a collector (`telemetry`). `None` where the document does not speak of it.
    pub telemetry: Option<Telemetry>,
}

impl Revision {
    /// Checks what it says and that what it names exists.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::revision(self)
    }
}

/// An address that requests come in by, and the chain that they walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The address to listen on.
    pub bind: SocketAddr,
    /// The name of the chain.
    pub chain: String,
    /// The header that says whose request it is (`tenant: "header:x-tenant"`), in lower case. Default: nobody says. Where there
    /// are trusted hops, they alone may say it.
    pub tenant: Option<String>,
    /// How much its answers tell of what is behind it (`expose`). Default [`Expose::at`] where it listens.
    pub expose: Option<Expose>,
    /// What it takes from its clients.
    pub limits: ListenerLimits,
    /// Who is believed what it says of the clients before it (`trustedHops`). Default: nobody.
    pub trusted_hops: Vec<Network>,
}

/// A named, ordered list of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Its nodes, in the order that a request meets them.
    pub nodes: Vec<Node>,
    /// The panic budget of the nodes that a document gives none of their own (`panicBudget`). Each node holds the one that
    /// it goes by.
    pub panic_budget: Option<PanicBudget>,
    /// Which requests are refused because those like them keep crashing a node (`quarantine`). Default: none.
    pub quarantine: Option<RequestQuarantine>,
}

impl Chain {
    /// One with these nodes, and otherwise the defaults.
    pub fn new(name: impl Into<String>, nodes: Vec<Node>) -> Self {
        Self {
            name: name.into(),
            nodes,
            panic_budget: Some(PanicBudget::default()),
            quarantine: None,
        }
    }

    /// Checks its name and its nodes; whether the upstreams exist, and whether every request is answered or led on, is for
    /// [`Revision::check`] to say.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::chain(self)
    }
}
