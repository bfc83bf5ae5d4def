//! What a tree declared in code is made of: plain data that cannot fail. `start` validates all of it.

use std::time::Duration;

use hedgerow_actors::chain::NodeSpec;
use hedgerow_config::{
    Balance, BreakerPolicy, Discovery, EndpointAddr, HealthCheck, InvalidEndpointAddr, KeyLimits, Node,
    NodeKind, OutlierPolicy, PanicBudget, PoolPolicy, RequestQuarantine, RetryPolicy, Scope, SlowStart,
};
use hedgerow_supervisor::ChildSpec;

use crate::factory::{DeclaredFactory, Factory};
use crate::open_listener::OpenListener;
use crate::pool::Pool;

/// A supervisor whose children are any parts that a mesh knows. What can be said of it, such as its strategy, is at
/// [`Supervisor`](hedgerow_supervisor::Supervisor): `one_for_one`, `one_for_all`, `rest_for_one`, `intensity`, `backoff`,
/// `auto_shutdown`, `child`, `children`, `dynamic`.
///
/// ```
/// use std::time::Duration;
/// use hedgerow::prelude::*;
///
/// let payments = Upstream::new("payments").endpoints(["127.0.0.1:9001"]);
/// let shop = Supervisor::rest_for_one("shop")
///     .intensity(5, Duration::from_secs(30))
///     .child(payments)
///     .child(Supervisor::one_for_one("sessions"));
/// assert_eq!(shop.iter().count(), 2);
/// ```
pub type Supervisor = hedgerow_supervisor::Supervisor<Child>;

/// A part of a declared tree: an actor of your own, a supervisor, a breaker, an upstream, a chain, a pool, a factory.
#[derive(Debug)]
pub struct Child(pub(crate) Part);

#[derive(Debug)]
pub(crate) enum Part {
    Actor(Box<ChildSpec>),
    Supervisor(Box<Supervisor>),
    /// The tree that a user declared, under the mesh's own root: its end is the mesh's.
    Tree(Box<Supervisor>),
    Breaker(Breaker),
    KeyedBreaker(KeyedBreaker),
    Upstream(Box<Upstream>),
    /// An upstream of a revision, which has been checked.
    Configured(Box<hedgerow_config::Upstream>),
    Chain(Chain),
    Pool(Box<Pool>),
    Factory(Box<DeclaredFactory>),
    /// Who edits chains: it stands behind them, and before those that let requests in.
    Reviser,
    /// Who finds out whether upstreams can be reached: it stands behind all others.
    Readiness,
    Listener(Box<OpenListener>),
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

impl From<KeyedBreaker> for Child {
    fn from(breaker: KeyedBreaker) -> Self {
        Self(Part::KeyedBreaker(breaker))
    }
}

impl From<Upstream> for Child {
    fn from(upstream: Upstream) -> Self {
        Self(Part::Upstream(Box::new(upstream)))
    }
}

impl From<Pool> for Child {
    fn from(pool: Pool) -> Self {
        Self(Part::Pool(Box::new(pool)))
    }
}

impl<T: Send + Sync + 'static> From<Factory<T>> for Child {
    fn from(factory: Factory<T>) -> Self {
        Self(Part::Factory(Box::new(factory.into())))
    }
}

impl From<Chain> for Child {
    fn from(chain: Chain) -> Self {
        Self(Part::Chain(chain))
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

/// A breaker for each key: user, shard, region, whatever tells the calls of a function apart. Keys need not be known
/// beforehand: each has a breaker while something is wrong with it.
///
/// ```no_run
/// use hedgerow::prelude::*;
///
/// # async fn ask(shard: &str) -> Result<u64, std::io::Error> { Ok(7) }
/// # async fn run() -> hedgerow::Result<()> {
/// let shards = KeyedBreaker::new("shards").scope("shard");
/// let mesh = Mesh::new(Supervisor::one_for_one("shop").child(shards)).start().await?;
/// let shards = mesh.keyed_breaker("shards")?;
/// match shards.call("eu-1", || ask("eu-1")).await {
///     Ok(rows) => println!("{rows} rows"),
///     Err(CallError::Refused(refusal)) => println!("not asked: {refusal}"),
///     Err(other) => println!("asked in vain: {other}"),
/// }
/// # mesh.shutdown().await
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a spec does nothing until its tree is started"]
pub struct KeyedBreaker {
    pub(crate) name: String,
    pub(crate) scope: String,
    pub(crate) policy: BreakerPolicy,
    pub(crate) limits: KeyLimits,
}

impl KeyedBreaker {
    /// Breakers with the default policy, for at most 10,000 keys at a time.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scope: "key".to_owned(),
            policy: BreakerPolicy::default(),
            limits: KeyLimits::default(),
        }
    }

    /// What a key stands for, as in the ids of the breakers: `NAME/SCOPE/KEY`. Default `key`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// The rules and times that all of them go by.
    pub fn policy(mut self, policy: BreakerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many keys there may be, and for how long.
    pub fn limits(mut self, limits: KeyLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// A named service that can be called, with a breaker in front of each endpoint, or of whatever it is to stand for.
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
    pub(crate) discovery: Option<Discovery>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) balance: Balance,
    pub(crate) slow_start: Option<SlowStart>,
    pub(crate) weights: Vec<(String, u32)>,
    pub(crate) priorities: Vec<(String, u16)>,
    pub(crate) required: bool,
    pub(crate) retry: RetryPolicy,
    pub(crate) per: Scope,
    pub(crate) keys: KeyLimits,
    pub(crate) breaker: BreakerPolicy,
    pub(crate) pool: PoolPolicy,
    pub(crate) outlier: OutlierPolicy,
    pub(crate) health_checks: Vec<HealthCheck>,
}

impl Upstream {
    /// An upstream without endpoints yet; it needs at least one, or somebody who says which there are.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            endpoints: Vec::new(),
            discovery: None,
            timeout: hedgerow_config::Upstream::TIMEOUT,
            connect_timeout: hedgerow_config::Upstream::CONNECT_TIMEOUT,
            balance: Balance::default(),
            slow_start: None,
            weights: Vec::new(),
            priorities: Vec::new(),
            required: true,
            retry: RetryPolicy::off(),
            per: Scope::default(),
            keys: KeyLimits::default(),
            breaker: BreakerPolicy::default(),
            pool: PoolPolicy::default(),
            outlier: OutlierPolicy::default(),
            health_checks: Vec::new(),
        }
    }

    /// Adds endpoints, each `host:port`.
    pub fn endpoints<E: Into<String>>(mut self, endpoints: impl IntoIterator<Item = E>) -> Self {
        self.endpoints.extend(endpoints.into_iter().map(Into::into));
        self
    }

    /// Has its endpoints discovered, in place of a list: it begins without any.
    ///
    /// ```
    /// use hedgerow::prelude::*;
    ///
    /// let dns = DnsDiscovery::new("payments.internal", DnsRecords::Addresses { port: 8080 });
    /// let payments = Upstream::new("payments").discovery(Discovery::Dns(dns));
    /// # let _ = payments;
    /// ```
    pub fn discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = Some(discovery);
        self
    }

    /// Adds an endpoint, `host:port`, that gets so much of the calls beside the others; without a word an endpoint weighs 1.
    pub fn weighted_endpoint(mut self, endpoint: impl Into<String>, weight: u32) -> Self {
        let endpoint = endpoint.into();
        self.endpoints.push(endpoint.clone());
        self.weights.push((endpoint, weight));
        self
    }

    /// Adds an endpoint, `host:port`, that gets calls where none of a lower number is available; the others are of priority 0.
    pub fn standby_endpoint(mut self, endpoint: impl Into<String>, priority: u16) -> Self {
        let endpoint = endpoint.into();
        self.endpoints.push(endpoint.clone());
        self.priorities.push((endpoint, priority));
        self
    }

    /// Which endpoint a call goes to. Default: the cheaper of two by times of answer and calls under way. Where a key leads,
    /// a call says which by [`CallKeys::hash`](hedgerow_actors::upstream::CallKeys::hash).
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// How an endpoint that joins is brought to its share. Default: it has it at once.
    pub fn slow_start(mut self, slow_start: SlowStart) -> Self {
        self.slow_start = Some(slow_start);
        self
    }

    /// Limit for a whole call. Default 15 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// What there is one breaker for. Default: each endpoint. Where it is each route or tenant, a call says which by
    /// [`call_under`](hedgerow_actors::upstream::UpstreamHandle::call_under).
    pub fn breaker_per(mut self, scope: Scope) -> Self {
        self.per = scope;
        self
    }

    /// How many routes or tenants may have a breaker, where there is one for each, and for how long.
    pub fn key_limits(mut self, limits: KeyLimits) -> Self {
        self.keys = limits;
        self
    }

    /// The rules and times of the breakers in front of it.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.breaker = policy;
        self
    }

    /// The mesh is ready without it. Default: it is not ready before an endpoint of it was reached, by a call or by a dial that
    /// the mesh makes once it runs. What fails later is the breakers' matter.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// How many attempts may be under way at once, and what is promised of them.
    pub fn pool(mut self, policy: PoolPolicy) -> Self {
        self.pool = policy;
        self
    }

    /// When a call is made again. Default: never, as only who makes the calls knows which of them may be made twice. What is
    /// [retryable](crate::prelude::Verdict::retryable) says the classifier of
    /// [`call_judged`](hedgerow_actors::upstream::UpstreamHandle::call_judged), in place of the policy's `on`; a `per_try_timeout`
    /// is followed by another attempt in any case, and so is good only for calls that do no harm when they are made twice.
    ///
    /// ```no_run
    /// use hedgerow::prelude::*;
    ///
    /// # async fn balance(at: EndpointAddr) -> Result<u64, std::io::Error> { Ok(7) }
    /// # async fn run() -> hedgerow::Result<()> {
    /// let ledger = Upstream::new("ledger").endpoints(["127.0.0.1:9001"]).retry(RetryPolicy::default());
    /// let mesh = Mesh::new(Supervisor::one_for_one("shop").child(ledger)).start().await?;
    /// let ledger = mesh.upstream("ledger")?;
    /// // To read twice does no harm.
    /// let read = ledger.call_judged(verdict::of_repeatable, |endpoint| balance(endpoint.addr())).await;
    /// # let _ = read;
    /// # mesh.shutdown().await
    /// # }
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// When an endpoint is left out because it is worse than its siblings. By default that is after 5 failures in a row, where
    /// endpoints have no breakers of their own.
    pub fn outlier(mut self, policy: OutlierPolicy) -> Self {
        self.outlier = policy;
        self
    }

    /// Has its endpoints asked from time to time whether they are well; an endpoint is given calls while it passes all
    /// checks. Default: they are not asked.
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.health_checks.push(check);
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
        // What is no address was found above.
        let (weights, ranked) = (self.weights.iter(), self.priorities.iter());
        let weights = weights.filter_map(|(addr, weight)| Some((addr.parse().ok()?, *weight)));
        let ranked = ranked.filter_map(|(addr, priority)| Some((addr.parse().ok()?, *priority)));
        let config = hedgerow_config::Upstream {
            name: self.name.clone(),
            endpoints,
            discovery: self.discovery.clone(),
            weights: weights.collect(),
            priorities: ranked.collect(),
            balance: self.balance.clone(),
            slow_start: self.slow_start,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            required: self.required,
            retry: self.retry.clone(),
            hedge: None,
            mirror: None,
            per: self.per,
            keys: self.keys,
            breaker: self.breaker.clone(),
            pool: self.pool.clone(),
            outlier: self.outlier.clone(),
            health_checks: self.health_checks.clone(),
        };
        (config, mistakes)
    }
}

/// A named, ordered list of nodes that requests walk through: as middleware of a server, around a client, or around a plain
/// call.
///
/// ```
/// use hedgerow::prelude::*;
///
/// let keyed = NodeSpec::new("keyed", "keyed", || {
///     node_fn(|head, cx| match head.header(&HeaderName::from_static("x-key")) {
///         Some(_) => Flow::Next,
///         None => cx.refuse(StatusCode::UNAUTHORIZED, "key", "a key", "none"),
///     })
/// });
/// let edge = Chain::new("edge")
///     .node("health", StaticReply::new(200).path("/health").body("well"))
///     .own(keyed);
/// # let _ = edge;
/// ```
#[derive(Debug, Clone)]
#[must_use = "a spec does nothing until its tree is started"]
pub struct Chain {
    pub(crate) name: String,
    pub(crate) nodes: Vec<ChainNode>,
    pub(crate) quarantine: Option<RequestQuarantine>,
    /// What nodes go by that say nothing of panics themselves, and come later.
    pub(crate) panic_budget: Option<PanicBudget>,
}

#[derive(Debug, Clone)]
pub(crate) enum ChainNode {
    /// Of a kind that comes with a chain.
    Kind(Node),
    /// A user's own.
    Own(NodeSpec),
}

impl Chain {
    /// A chain without nodes yet; it lets everything pass.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            nodes: Vec::new(),
            quarantine: None,
            panic_budget: Some(PanicBudget::default()),
        }
    }

    /// Refuses requests at its door while those like them keep crashing one of its nodes. Default: none is refused.
    pub fn quarantine(mut self, rule: RequestQuarantine) -> Self {
        self.quarantine = Some(rule);
        self
    }

    /// Adds a node of a kind that comes with a chain, at the end. An upstream that it leads to stands before the chain in the
    /// tree.
    pub fn node(self, name: impl Into<String>, kind: impl Into<NodeKind>) -> Self {
        self.with(ChainNode::Kind(Node::new(name, kind)))
    }

    /// Adds a node of your own, at the end.
    pub fn own(self, node: NodeSpec) -> Self {
        self.with(ChainNode::Own(node))
    }

    fn with(mut self, node: ChainNode) -> Self {
        self.nodes.push(node);
        self
    }
}

impl From<hedgerow_config::Chain> for Chain {
    fn from(chain: hedgerow_config::Chain) -> Self {
        Self {
            name: chain.name,
            nodes: chain.nodes.into_iter().map(ChainNode::Kind).collect(),
            quarantine: chain.quarantine,
            panic_budget: chain.panic_budget,
        }
    }
}
