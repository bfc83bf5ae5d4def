//! What a tree declared in code is made of: plain data that cannot fail. `start` validates all of it.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, EndpointAddr, InvalidEndpointAddr};
use hedgerow_supervisor::ChildSpec;

/// A supervisor whose children are any parts that a mesh knows.
pub type Supervisor = hedgerow_supervisor::Supervisor<Child>;

/// A part of a declared tree: an actor of your own, a supervisor, a breaker, an upstream.
#[derive(Debug)]
pub struct Child(pub(crate) Part);

#[derive(Debug)]
pub(crate) enum Part {
    Actor(Box<ChildSpec>),
    Supervisor(Box<Supervisor>),
    /// The tree that a user declared, under the mesh's own root: its end is the mesh's.
    Tree(Box<Supervisor>),
    Breaker(Breaker),
    Upstream(Upstream),
    /// An upstream of a revision, which has been checked.
    Configured(Box<hedgerow_config::Upstream>),
    Chain(hedgerow_config::Chain),
    Listener(Box<crate::boot::OpenListener>),
}

impl From<ChildSpec> for Child {
    fn from(spec: ChildSpec) -> Self {
        Self(Part::Actor(Box::new(spec)))
    }
}

impl From<Supervisor> for Child {
    fn from(supervisor: Supervisor) -> Self {
        Self(Part::Supervisor(Box::new(supervisor)))
    }
}

impl From<Breaker> for Child {
    fn from(breaker: Breaker) -> Self {
        Self(Part::Breaker(breaker))
    }
}

impl From<Upstream> for Child {
    fn from(upstream: Upstream) -> Self {
        Self(Part::Upstream(upstream))
    }
}

/// A breaker that stands alone, round any asynchronous function.
///
/// ```no_run
/// use hedgerow::prelude::*;
///
/// # async fn ask_the_ledger() -> Result<u64, std::io::Error> { Ok(7) }
/// # async fn run() -> hedgerow::Result<()> {
/// let mesh = Mesh::new(Supervisor::one_for_one("shop").child(Breaker::new("ledger"))).start().await?;
/// let ledger = mesh.breaker("ledger")?;
/// match ledger.call(|| ask_the_ledger()).await {
///     Ok(balance) => println!("balance {balance}"),
///     Err(CallError::Refused(refusal)) => println!("not asked: {refusal}"),
///     Err(other) => println!("asked in vain: {other}"),
/// }
/// # mesh.shutdown().await
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a spec does nothing until its tree is started"]
pub struct Breaker {
    pub(crate) name: String,
    pub(crate) policy: BreakerPolicy,
}

impl Breaker {
    /// A breaker with the default policy.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: BreakerPolicy::default(),
        }
    }

    /// The rules and times that it goes by.
    pub fn policy(mut self, policy: BreakerPolicy) -> Self {
        self.policy = policy;
        self
    }
}

/// A named service that can be called, with a breaker in front of each endpoint.
///
/// ```
/// use hedgerow::prelude::*;
///
/// let payments = Upstream::new("payments").endpoints(["127.0.0.1:9001", "127.0.0.1:9002"]);
/// # let _ = payments;
/// ```
#[derive(Debug, Clone)]
#[must_use = "a spec does nothing until its tree is started"]
pub struct Upstream {
    pub(crate) name: String,
    pub(crate) endpoints: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) breaker: BreakerPolicy,
}

impl Upstream {
    /// An upstream without endpoints yet; it needs at least one.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            endpoints: Vec::new(),
            timeout: hedgerow_config::Upstream::TIMEOUT,
            connect_timeout: hedgerow_config::Upstream::CONNECT_TIMEOUT,
            breaker: BreakerPolicy::default(),
        }
    }

    /// Adds endpoints, each `host:port`.
    pub fn endpoints<E: Into<String>>(mut self, endpoints: impl IntoIterator<Item = E>) -> Self {
        self.endpoints.extend(endpoints.into_iter().map(Into::into));
        self
    }

    /// Limit for a whole call. Default 15 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The rules and times of the breaker in front of each endpoint.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.breaker = policy;
        self
    }

    /// What it comes to, and each endpoint of it that is no address and was left out.
    pub(crate) fn resolve(&self) -> (hedgerow_config::Upstream, Vec<InvalidEndpointAddr>) {
        let mut endpoints = Vec::with_capacity(self.endpoints.len());
        let mut mistakes = Vec::new();
        for endpoint in &self.endpoints {
            match endpoint.parse::<EndpointAddr>() {
                Ok(addr) => endpoints.push(addr),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let config = hedgerow_config::Upstream {
            name: self.name.clone(),
            endpoints,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            breaker: self.breaker.clone(),
        };
        (config, mistakes)
    }
}
