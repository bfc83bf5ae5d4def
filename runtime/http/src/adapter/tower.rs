//! A layer around any service of HTTP: axum's, tonic's, hyper's, a client's.

use std::mem;
use std::net::SocketAddr;
use std::task::{self, Poll, Waker};

use hedgerow_actors::chain::ChainHandle;
use http::{Extensions, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ChainBody;
use super::walk::{ChainFuture, Walk};

/// Puts a chain around a service: [`ChainAdapters::layer`](super::ChainAdapters::layer). It can be cloned, and is good for
/// any number of services.
///
/// A service must be one that can be cloned, as most are: a request that waits in a node keeps the service that was made
/// ready for it, and leaves a clone in its place. Requests that do not wait clone nothing.
#[derive(Debug, Clone)]
pub struct ChainLayer {
    chain: ChainHandle,
    peer: Peer,
}

/// Reads who sent a request from what its server has put beside it.
type Peer = fn(&Extensions) -> Option<SocketAddr>;

impl ChainLayer {
    pub(super) fn new(chain: ChainHandle) -> Self {
        Self {
            chain,
            peer: |extensions| extensions.get().copied(),
        }
    }

    /// Where nodes find who sent a request. Each server puts it elsewhere; the default is a [`SocketAddr`] among the
    /// request's extensions. With axum:
    ///
    /// ```ignore
    /// chain.layer().peer_from(|extensions| extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0))
    /// ```
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.peer = peer;
        self
    }
}

impl<S> Layer<S> for ChainLayer {
    type Service = ChainService<S>;

    fn layer(&self, inner: S) -> ChainService<S> {
        ChainService {
            chain: self.chain.clone(),
            peer: self.peer,
            inner,
        }
    }
}

/// A service with a chain around it. Its errors are the service's own: whatever the chain says is an answer.
#[derive(Debug, Clone)]
pub struct ChainService<S> {
    chain: ChainHandle,
    peer: Peer,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for ChainService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: Body,
{
    type Response = Response<ChainBody<R>>;
    type Error = S::Error;
    type Future = ChainFuture<S, B>;

    fn poll_ready(&mut self, task: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> ChainFuture<S, B> {
        let peer = (self.peer)(request.extensions());
        let mut walk = Walk::new(&self.chain, request, peer);
        // Most requests wait in no node: the service that is ready now is called now. Who waits is polled again with a waker.
        let mut nobody = task::Context::from_waker(Waker::noop());
        match walk.poll(&self.chain, &mut nobody) {
            Poll::Ready(arrived) => ChainFuture::arrived(arrived, &mut self.inner),
            Poll::Pending => {
                let next = self.inner.clone();
                let ready = mem::replace(&mut self.inner, next);
                ChainFuture::walking(walk, self.chain.clone(), ready)
            }
        }
    }
}
