//! All that a service needs, in one import: `use hedgerow::prelude::*;`

pub use crate::{Breaker, Chain, Factory, KeyedBreaker, LogLines, Mesh, Pool, Supervisor, Upstream};
pub use hedgerow_actors::CallError;
pub use hedgerow_actors::breaker::BreakerHandle;
pub use hedgerow_actors::chain::{
    Arrival, Attributes, ChainHandle, Cx, Edit, EditError, End, Flow, Gauge, HeaderName, HeaderValue, Memory,
    Node, NodeSpec, NotSpawned, Reply, ReplyHead, RequestHead, SerialLimits, SerialNode, StatusCode, node_fn,
};
pub use hedgerow_actors::factory::{
    FactoryHandle, FactoryLease, FactoryPolicy, FactoryScope, FactorySlo, Standing,
};
pub use hedgerow_actors::keyed::KeyedBreakerHandle;
pub use hedgerow_actors::pool::Reset;
pub use hedgerow_actors::pool::resource::{Fitness, LeaseError, ResourcePool, Source};
pub use hedgerow_actors::upstream::{CallKeys, Endpoint, UpstreamHandle};
pub use hedgerow_actors::verdict::{self, Verdict};
pub use hedgerow_config::{
    AccessLog, AdaptiveLimit, Balance, BodyLimit, BreakerPolicy, Concurrency, Consecutive, Cors, Deadline,
    Discovery, DnsDiscovery, DnsRecords, EndpointAddr, FailurePercentage, HalfOpen, HashKey, Hashing,
    Headers, HealthCheck, HealthCheckKind, Inject, KeyLimits, LatencyFactor, LimitKey, OpenFor,
    OutlierPolicy, PanicBudget, PoolPolicy, RateLimit, RegistryDiscovery, RequestId, RequestQuarantine,
    RetryBackoff, RetryBudget, RetryCause, RetryPolicy, Rewrite, Route, Scope, Shed, Signal, Slo, SlowCall,
    SlowStart, StaticReply, SuccessRate, Telemetry, Trace, TripWhen, WindowLength, WithoutKey,
};
pub use hedgerow_http::adapter::{CallHead, ChainAdapters};
pub use hedgerow_supervisor::{
    ActorState, ActorView, AddError, AskError, AutoShutdown, CellContext, ChildSpec, Children, DeleteError,
    Exit, Handle, Quarantine, Restart, SendError, Shutdown, Span, WhileRestarting,
};
pub use hedgerow_view::Refusal;
