//! All that a service needs, in one import: `use hedgerow::prelude::*;`

pub use crate::{Breaker, Chain, Factory, KeyedBreaker, Mesh, Pool, Supervisor, Upstream};
pub use hedgerow_actors::CallError;
pub use hedgerow_actors::breaker::BreakerHandle;
pub use hedgerow_actors::chain::{
    Attributes, ChainHandle, Cx, Edit, End, Flow, Node, NodeSpec, Reply, ReplyHead, RequestHead, StatusCode,
    node_fn,
};
pub use hedgerow_actors::factory::{
    FactoryHandle, FactoryLease, FactoryPolicy, FactoryScope, FactorySlo, Standing,
};
pub use hedgerow_actors::keyed::KeyedBreakerHandle;
pub use hedgerow_actors::pool::resource::{Fitness, LeaseError, ResourcePool, Source};
pub use hedgerow_actors::upstream::{CallKeys, Endpoint, UpstreamHandle};
pub use hedgerow_actors::verdict::{self, Verdict};
pub use hedgerow_config::{
    AccessLog, BodyLimit, BreakerPolicy, Concurrency, Consecutive, Cors, Deadline, Discovery, DnsDiscovery,
    DnsRecords, EndpointAddr, FailurePercentage, HalfOpen, Headers, HealthCheck, HealthCheckKind, Inject,
    KeyLimits, LatencyFactor, OpenFor, OutlierPolicy, PoolPolicy, RateLimit, RegistryDiscovery, RequestId,
    RetryPolicy, Rewrite, Route, Scope, Shed, Slo, StaticReply, SuccessRate, Trace,
};
pub use hedgerow_http::adapter::{CallHead, ChainAdapters};
pub use hedgerow_supervisor::{
    AddError, AskError, AutoShutdown, CellContext, ChildSpec, Children, DeleteError, Exit, Handle,
    Quarantine, Restart, SendError, Shutdown, WhileRestarting,
};
pub use hedgerow_view::Refusal;
