//! What may be asked for: a document is parsed, checked and resolved into a revision.
//!
//! The way of a document: [`Source`] (text, name, format) is read into one tree in which every key and value
//! has its line and column, whatever the format; `${VAR}` is substituted; the tree is read into a [`Revision`];
//! the revision is checked by the same [`Revision::check`] that a tree built in code goes through. Each step
//! collects every mistake it finds, and [`Errors`] holds them in document order. Nothing here touches a file.
//!
//! Start at [`Revision::parse`] for a file, at [`Revision::check`] for what was built in code.
//!
//! | to | see |
//! |---|---|
//! | read a document | [`Source`], [`Format`], [`Revision::parse`] |
//! | read one node, or the contract of one pool | [`Node::parse`], [`PoolContract::parse`] |
//! | say what a node of each kind does | [`NodeKind`] |
//! | say when a breaker trips | [`BreakerPolicy`] |
//! | show what is wrong | [`Errors`], [`Problem`]; of what was built in code [`Violation`] |
#![forbid(unsafe_code)]

mod check;
mod document;
mod duration;
mod error;
mod expose;
mod header;
mod limits;
mod nearest;
mod network;
mod node;
mod normal;
mod panic_budget;
mod parse;
mod path;
mod plain;
mod policy;
mod pool;
mod position;
mod quarantine;
mod read;
mod revision;
mod source;
mod telemetry;
mod upstream;
mod write;

pub use check::{Rule, Violation, is_name};
pub use error::{Errors, Problem, ProblemKind};
pub use expose::Expose;
pub use header::FRAMING_HEADERS;
pub use limits::ListenerLimits;
pub use nearest::nearest;
pub use network::{InvalidNetwork, Network};
pub use node::{
    AccessLog, AdaptiveLimit, Believe, BodyLimit, Concurrency, ConcurrencyLimit, Cors, Deadline, Destination,
    Fault, FaultKind, HeaderEdits, HeaderMatch, Headers, IdCharacters, Inject, InvalidFault, InvalidSticky,
    KeepId, LimitKey, LogOutput, Node, NodeKind, Parent, Per, Rate, RateLimit, Reach, RequestId, Rewrite,
    Route, RouteRule, Shed, Split, StaticReply, Sticky, Target, Trace, WithoutKey,
};
pub use normal::{AmbiguousPath, is_path_byte, normal_path};
pub use panic_budget::{OverBudget, PanicBudget};
pub use path::{KeyPath, Step};
pub use policy::{BreakerPolicy, HalfOpen, KeyLimits, OpenFor, Scope, SlowCall, TripWhen, WindowLength};
pub use pool::{PoolContract, PoolPolicy, Slo};
pub use quarantine::RequestQuarantine;
pub use revision::{Chain, Listener, Revision};
pub use source::{Format, Source};
pub use telemetry::{Signal, Telemetry};
pub use upstream::{
    Balance, Consecutive, Discovery, DnsDiscovery, DnsRecords, EndpointAddr, FailurePercentage, HashKey,
    Hashing, HealthCheck, HealthCheckKind, HedgeAfter, HedgePolicy, InvalidEndpointAddr, InvalidHashKey,
    LatencyFactor, MirrorPolicy, OutlierPolicy, RegistryDiscovery, RetryBackoff, RetryBudget, RetryCause,
    RetryPolicy, SlowStart, SuccessRate, Upstream,
};
