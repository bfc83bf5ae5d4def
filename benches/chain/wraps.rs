//! What is built in their place in actix-web: middlewares as `wrap` stacks them, each with the boxed future that its guide
//! teaches. There is no socket and no routing: what is handed in is the request that a handler was called with before.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use futures_util::future::{LocalBoxFuture, ready};

type Answering = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;
type Stack = Box<dyn Service<ServiceRequest, Response = ServiceResponse, Error = Error, Future = Answering>>;

/// A middleware.
struct Hop(Stack);

impl Service<ServiceRequest> for Hop {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Answering;

    fn poll_ready(&self, task: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(task)
    }

    fn call(&self, request: ServiceRequest) -> Answering {
        black_box(request.path().len());
        let answering = self.0.call(request);
        Box::pin(async move {
            let answer = answering.await?;
            black_box(answer.status());
            Ok(answer)
        })
    }
}

/// Whom the stack is around.
struct Handler;

impl Service<ServiceRequest> for Handler {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Answering;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Answering {
        Box::pin(ready(Ok(request.into_response(HttpResponse::Ok()))))
    }
}

/// With none, what is around a stack of any depth alone.
pub(crate) fn batch(depth: usize, count: u64) {
    let bare: Stack = Box::new(Handler);
    let stack = (0..depth).fold(bare, |stack, _| Box::new(Hop(stack)));
    let mut task = Context::from_waker(Waker::noop());
    let mut request = TestRequest::with_uri("/pay").to_srv_request();
    for _ in 0..count {
        let _ = stack.poll_ready(&mut task);
        let Poll::Ready(Ok(answer)) = stack.call(request).as_mut().poll(&mut task) else {
            panic!("a handler that is ready answers at once")
        };
        request = ServiceRequest::from_request(answer.into_parts().0);
    }
}
