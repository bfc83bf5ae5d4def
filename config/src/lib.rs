//! What may be asked for: a document is parsed, checked and resolved into a revision.
#![forbid(unsafe_code)]

mod policy;
mod revision;

pub use policy::{BreakerPolicy, HalfOpen, OpenFor};
pub use revision::{
    Chain, EndpointAddr, InvalidEndpointAddr, Listener, Node, NodeKind, Revision, Route, RouteRule, Upstream,
};
