//! A layer around any service of HTTP: axum's, tonic's, hyper's, a client's.

use std::mem;
use std::net::SocketAddr;
use std::task::{self, Poll, Waker};

use hedgerow_actors::chain::{ChainHandle, Passage};
use http::{Extensions, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ChainBody;
use super::head::Head;
use super::tower_walk::{ChainFuture, Ready};
use super::walk::Walk;

/// Puts a chain around a service: [`ChainAdapters::layer`](super::ChainAdapters::layer). It can be cloned, and is good for
/// any number of services.
///
/// A service must be one that can be cloned, as most are: a request that waits in a node keeps the service that was made
/// ready for it, and leaves a clone in its place. Requests that do not wait clone nothing.
///
/// The future is one that can be sent where the service's own is:
///
/// ```
/// use std::convert::Infallible;
/// use std::future::{Ready, ready};
/// use std::task::{Context, Poll};
///
/// use hedgerow_http::adapter::ChainService;
/// use http::{Request, Response};
/// use tower_service::Service;
///
/// #[derive(Clone)]
/// struct Hello;
///
/// impl Service<Request<()>> for Hello {
///     type Response = Response<String>;
///     type Error = Infallible;
///     type Future = Ready<Result<Response<String>, Infallible>>;
///
///     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn call(&mut self, _: Request<()>) -> Self::Future {
///         ready(Ok(Response::new("hello".to_owned())))
///     }
/// }
///
/// fn serve<S: Service<Request<()>, Future: Send> + Clone + Send + Sync + 'static>() {}
///
/// serve::<ChainService<Hello>>();
/// ```
///
/// A service that cannot be cloned does not compile:
///
/// ```compile_fail,E0277
/// # use std::convert::Infallible;
/// # use std::future::{Ready, ready};
/// # use std::task::{Context, Poll};
/// # use hedgerow_http::adapter::ChainService;
/// # use http::{Request, Response};
/// # use tower_service::Service;
/// struct Hello; // `#[derive(Clone)]` is missing
///
/// # impl Service<Request<()>> for Hello {
/// #     type Response = Response<String>;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<Response<String>, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
/// #         Poll::Ready(Ok(()))
/// #     }
/// #     fn call(&mut self, _: Request<()>) -> Self::Future {
/// #         ready(Ok(Response::new("hello".to_owned())))
/// #     }
/// # }
/// fn serve<S: Service<Request<()>>>() {}
///
/// serve::<ChainService<Hello>>();
/// ```
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
    /// ```
    /// # struct ConnectInfo<T>(T);
    /// use std::net::SocketAddr;
    ///
    /// use hedgerow_http::adapter::ChainLayer;
    ///
    /// # fn known(layer: ChainLayer) -> ChainLayer {
    /// layer.peer_from(|extensions| extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0))
    /// # }
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

    fn call(&mut self, mut request: Request<B>) -> ChainFuture<S, B> {
        let peer = (self.peer)(request.extensions());
        let mut cursor = self.chain.enter();
        let mut head = Head {
            request: &mut request,
            peer,
        };
        // Most requests wait in no node: the service that is ready now is called now. Who waits is polled again with a waker.
        let mut nobody = task::Context::from_waker(Waker::noop());
        let walk = match cursor.poll_descend(&mut head, &mut nobody) {
            Poll::Ready(arrival) => {
                let call = |request, _: &Passage| self.inner.call(request);
                Walk::arrived(&self.chain, cursor.revision(), arrival, request, call)
            }
            Poll::Pending => {
                let next = self.inner.clone();
                let ready = Ready::new(mem::replace(&mut self.inner, next), peer);
                Walk::waiting(self.chain.clone(), cursor, request, ready)
            }
        };
        ChainFuture { walk }
    }
}
