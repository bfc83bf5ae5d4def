//! A chain around what is no gateway: the handlers of a server, a client, a plain call.
//!
//! | file | subject |
//! |---|---|
//! | `walk` | the way of one request: down, to whom the chain is around, up, and every ending of it |
//! | `tower`, `tower_walk` | a layer around any service of HTTP: axum, tonic, hyper, and clients; and its future |
//! | `body` | the body of its answers |
//! | `actix_web`, `actix_walk`, `actix_head`, `actix_payload`, `actix_body` | middleware of actix-web |
//! | `plain` | around a call that no protocol brought |
//! | `head` | a request's head as the nodes see it |
//! | `allowance` | how long the service may take, where nodes have given the request a deadline |
//! | `body_limit` | how large a request's body may be, where nodes have said it |
//! | `own` | answers that come from the chain |
//! | `marks` | what every answer says of its request and its chain |
//! | `grpc` | what is different where a request speaks gRPC |
//! | `tail` | when a streamed answer has ended, and how |
//!
//! # What is the same under each
//! A request walks down the nodes before the service is called, its reply's head walks back up, and every node that it has
//! entered is ended exactly once: when the last byte of the answer is handed over ([`End::Ok`]), when the answer breaks off,
//! the service fails or panics ([`End::Failed`]), when a node says no ([`End::Refused`]) or crashes ([`End::Panicked`]), or
//! when nobody waits any more ([`End::Cancelled`]). Answers that come from the chain are those of the gateway.
//!
//! The adapter allocates nothing for a request that passes, and takes no lock; what a node gives to a header is its own.
//! A message without any field is given its first one for the revision: that is where `http` begins to allocate.
//!
//! A chain that stands around a service needs no route. Where one of its nodes leads to an upstream, the request is answered
//! 500 by the rule `route`: nobody here would call it.
//!
//! # After the end of the mesh
//! What was published last goes on to hold: requests pass the nodes as before, and a node whose filter was never published is
//! a 503 that names it.
//!
//! [`End::Ok`]: hedgerow_actors::chain::End::Ok
//! [`End::Failed`]: hedgerow_actors::chain::End::Failed
//! [`End::Refused`]: hedgerow_actors::chain::End::Refused
//! [`End::Panicked`]: hedgerow_actors::chain::End::Panicked
//! [`End::Cancelled`]: hedgerow_actors::chain::End::Cancelled

mod actix_body;
mod actix_head;
mod actix_payload;
mod actix_walk;
mod actix_web;
mod allowance;
mod body;
mod body_limit;
mod grpc;
mod head;
mod in_trace;
mod marks;
mod own;
mod plain;
mod tail;
mod tower;
mod tower_walk;
mod walk;

pub use self::actix_body::ActixBody;
pub use self::actix_walk::ActixFuture;
pub use self::actix_web::{ActixChain, ActixService};
pub use self::body::ChainBody;
pub use self::plain::{CallHead, ChainCall};
pub use self::tower::{ChainLayer, ChainService};
pub use self::tower_walk::ChainFuture;

use hedgerow_actors::chain::{ChainHandle, RequestHead};

/// Puts a chain around something. It is in the prelude.
pub trait ChainAdapters {
    /// A layer for any [`tower_service::Service`] from an [`http::Request`] to an [`http::Response`]: a server's, of axum,
    /// tonic or hyper, or a client's.
    fn layer(&self) -> ChainLayer;

    /// Middleware for actix-web: `App::new().wrap(chain.middleware())`.
    fn middleware(&self) -> ActixChain;

    /// Calls `work` once the request with this head has passed the nodes. The value that it brings is handed on, and so is
    /// its own error.
    ///
    /// Its future is polled by any runtime; a deadline that a node has given the call cuts it short under tokio only, with time
    /// enabled. Dropped before it is ready, the nodes are told that the request was cancelled.
    ///
    /// # Errors
    /// [`Refused`](hedgerow_actors::CallError::Refused) by a node, or as no time is left for the work;
    /// [`Deadline`](hedgerow_actors::CallError::Deadline) where the work was not over in the time that the nodes have given it,
    /// [`Replied`](hedgerow_actors::CallError::Replied) where one has an answer of its own, [`Crashed`](hedgerow_actors::CallError::Crashed) where one panicked;
    /// [`Failed`](hedgerow_actors::CallError::Failed) with what `work` brought, untouched.
    fn call<H, W, F, T, E>(&self, head: H, work: W) -> ChainCall<H, W, F>
    where
        H: RequestHead,
        W: FnOnce(H) -> F,
        F: Future<Output = Result<T, E>>;
}

impl ChainAdapters for ChainHandle {
    fn layer(&self) -> ChainLayer {
        ChainLayer::new(self.clone())
    }

    fn middleware(&self) -> ActixChain {
        ActixChain::new(self.clone())
    }

    fn call<H, W, F, T, E>(&self, head: H, work: W) -> ChainCall<H, W, F>
    where
        H: RequestHead,
        W: FnOnce(H) -> F,
        F: Future<Output = Result<T, E>>,
    {
        ChainCall::new(self, head, work)
    }
}
