//! All that a service needs, in one import: `use hedgerow::prelude::*;`

pub use crate::{Breaker, Chain, KeyedBreaker, Mesh, Pool, Supervisor, Upstream};
pub use hedgerow_actors::CallError;
pub use hedgerow_actors::breaker::BreakerHandle;
pub use hedgerow_actors::chain::{
    Attributes, ChainHandle, Cx, Edit, End, Flow, HeaderName, HeaderValue, Node, NodeSpec, Reply, ReplyHead,
    RequestHead, StatusCode, node_fn,
};
pub use hedgerow_actors::keyed::KeyedBreakerHandle;
pub use hedgerow_actors::pool::resource::{Fitness, LeaseError, ResourcePool, Source};
pub use hedgerow_actors::upstream::{CallKeys, Endpoint, UpstreamHandle};
pub use hedgerow_actors::verdict::{self, Verdict};
pub use hedgerow_config::{
    AccessLog, Balance, BodyLimit, BreakerPolicy, Concurrency, Cors, Deadline, Discovery, DnsDiscovery,
    DnsRecords, EndpointAddr, HalfOpen, Headers, Inject, KeyLimits, LimitKey, OpenFor, PoolPolicy, RateLimit,
    RegistryDiscovery, RequestId, RetryBackoff, RetryBudget, RetryCause, RetryPolicy, Rewrite, Route, Scope,
    Shed, Slo, SlowCall, SlowStart, StaticReply, Trace, TripWhen, WindowLength, WithoutKey,
};
pub use hedgerow_http::adapter::{CallHead, ChainAdapters};
pub use hedgerow_supervisor::{
    ActorState, ActorView, AddError, AskError, AutoShutdown, CellContext, ChildSpec, Children, DeleteError,
    Exit, Handle, Quarantine, Restart, SendError, Shutdown, WhileRestarting,
};
pub use hedgerow_view::Refusal;
