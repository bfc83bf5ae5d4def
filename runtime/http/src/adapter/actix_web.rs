//! Middleware of actix-web.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use hedgerow_actors::chain::{ChainHandle, Passage};

use super::actix_body::ActixBody;
use super::actix_head::Head;
use super::actix_walk::{ActixFuture, App, hand_over};
use super::walk::Walk;

/// Puts a chain around an app, a scope or a route: [`ChainAdapters::middleware`](super::ChainAdapters::middleware).
///
/// An error of the app's handlers is an answer, as actix-web makes one of it; an error of a middleware behind this one is
/// none: the request has failed for the nodes. Where the chain refuses a request that the app has already, by its deadline
/// or for its body, its answer is an error to the middleware before this one: actix-web sends it as it is.
///
/// The layer for tower is no middleware of actix-web:
///
/// ```compile_fail,E0277
/// use hedgerow_http::adapter::ChainAdapters;
///
/// fn app(chain: hedgerow_actors::chain::ChainHandle) {
///     let _ = actix_web::App::new().wrap(chain.layer()); // `chain.middleware()`
/// }
/// ```
#[derive(Debug, Clone)]
pub struct ActixChain {
    chain: ChainHandle,
}

impl ActixChain {
    pub(super) fn new(chain: ChainHandle) -> Self {
        Self { chain }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ActixChain
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Transform = ActixService<S>;
    type InitError = ();
    type Future = Ready<Result<ActixService<S>, ()>>;

    fn new_transform(&self, app: S) -> Self::Future {
        let chain = self.chain.clone();
        let app = Rc::new(app);
        ready(Ok(ActixService { chain, app }))
    }
}

/// An app of actix-web with a chain around it.
#[derive(Debug)]
pub struct ActixService<S> {
    chain: ChainHandle,
    app: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for ActixService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Future = ActixFuture<S>;

    fn poll_ready(&self, task: &mut task::Context<'_>) -> Poll<Result<(), Error>> {
        self.app.poll_ready(task)
    }

    fn call(&self, mut request: ServiceRequest) -> ActixFuture<S> {
        let Self { chain, app } = self;
        let mut cursor = chain.enter();
        // Most requests wait in no node. Who does is polled again with a waker.
        let mut nobody = task::Context::from_waker(Waker::noop());
        let walk = match cursor.poll_descend(&mut Head(&mut request), &mut nobody) {
            Poll::Ready(arrival) => {
                let call = |request, passage: &Passage| hand_over(&**app, request, passage);
                Walk::arrived(chain, cursor.revision(), arrival, request, call)
            }
            Poll::Pending => Walk::waiting(chain.clone(), cursor, request, App(Rc::clone(app))),
        };
        ActixFuture { walk }
    }
}
