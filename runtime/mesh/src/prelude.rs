//! All that a service needs, in one import: `use hedgerow::prelude::*;`

pub use crate::{Breaker, Chain, KeyedBreaker, Mesh, Supervisor, Upstream};
pub use hedgerow_actors::CallError;
pub use hedgerow_actors::breaker::BreakerHandle;
pub use hedgerow_actors::chain::{
    Arrival, Attributes, ChainHandle, Cx, Edit, EditError, End, Flow, Gauge, HeaderName, HeaderValue, Memory,
    Node, NodeSpec, NotSpawned, Reply, ReplyHead, RequestHead, SerialLimits, SerialNode, StatusCode, node_fn,
};
pub use hedgerow_actors::keyed::KeyedBreakerHandle;
pub use hedgerow_actors::pool::Reset;
pub use hedgerow_actors::upstream::{CallKeys, Endpoint, UpstreamHandle};
pub use hedgerow_actors::verdict::{self, Verdict};
pub use hedgerow_config::{
    AccessLog, AdaptiveLimit, Balance, BodyLimit, BreakerPolicy, Concurrency, Cors, Deadline, EndpointAddr,
    HalfOpen, HashKey, Hashing, Headers, Inject, KeyLimits, LimitKey, OpenFor, PanicBudget, RateLimit,
    RequestId, RequestQuarantine, RetryBackoff, RetryBudget, RetryCause, RetryPolicy, Rewrite, Route, Scope,
    Shed, SlowCall, SlowStart, StaticReply, Trace, TripWhen, WindowLength,
};
pub use hedgerow_http::adapter::{CallHead, ChainAdapters};
pub use hedgerow_supervisor::{
    AddError, AskError, AutoShutdown, CellContext, ChildSpec, Children, DeleteError, Exit, Handle,
    Quarantine, Restart, SendError, Shutdown, WhileRestarting,
};
pub use hedgerow_view::Refusal;
