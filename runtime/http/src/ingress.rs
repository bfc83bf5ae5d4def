//! A worker: what one thread of the server has for itself.

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::header::{HeaderName, HeaderValue};
use actix_http::{Request, RequestHead, Response};
use actix_service::Service;
use hedgerow_actors::chain::ChainHandle;
use hedgerow_supervisor::{PanicRecord, catch};

use crate::answer;
use crate::body::AnswerBody;
use crate::denied::Denied;
use crate::exchange::exchange;
use crate::request_id::{self, RequestIds};
use crate::wire::Wire;

const REVISION: HeaderName = HeaderName::from_static("x-hedgerow-revision");

/// The chain that requests walk, and what one thread needs to take them further.
pub(crate) struct Worker {
    pub(crate) chain: ChainHandle,
    pub(crate) wire: Wire,
    ids: RequestIds,
    revision: HeaderValue,
    tenant: Option<HeaderName>,
}

impl Worker {
    fn new(chain: ChainHandle, tenant: Option<HeaderName>) -> Self {
        Self {
            tenant,
            revision: HeaderValue::from(chain.revision()),
            wire: Wire::default(),
            ids: RequestIds::new(),
            chain,
        }
    }

    /// Whose request it is, where that is said once and in plain text.
    pub(crate) fn tenant<'r>(&self, head: &'r RequestHead) -> Option<&'r str> {
        let mut said = head.headers.get_all(self.tenant.as_ref()?);
        let tenant = said.next()?.to_str().ok()?;
        said.next().is_none().then_some(tenant)
    }

    /// Answers a request, whatever happens to it: a panic costs that request and no other.
    async fn answer(&self, mut request: Request) -> Response<AnswerBody> {
        let id = self.ids.of(&request.head().headers);
        let mut answer = match guarded(exchange(self, &mut request, &id)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(denied)) => answer::of(&denied),
            Err(record) => {
                tracing::error!(chain = %self.chain.id(), %record, "a request crashed");
                answer::of(&Denied::crashed(self.chain.id().to_string(), &record))
            }
        };
        let headers = answer.headers_mut();
        headers.insert(REVISION, self.revision.clone());
        headers.insert(request_id::NAME, id);
        answer
    }
}

/// Runs a future, and catches its panic.
async fn guarded<F: Future>(future: F) -> Result<F::Output, PanicRecord> {
    let mut future = pin!(future);
    poll_fn(|task| match catch(|| future.as_mut().poll(task)) {
        Ok(polled) => polled.map(Ok),
        Err(record) => Poll::Ready(Err(record)),
    })
    .await
}

/// What the server calls with each request.
///
/// It stands where an actix-web app would: an app's routing, extractors and request pool have nothing to do here, and
/// the server's own care for connections and draining stays.
pub(crate) struct Ingress {
    worker: Rc<Worker>,
}

impl Ingress {
    /// For one thread.
    pub(crate) fn new(chain: ChainHandle, tenant: Option<HeaderName>) -> Ready<Result<Self, Infallible>> {
        ready(Ok(Self {
            worker: Rc::new(Worker::new(chain, tenant)),
        }))
    }
}

impl Service<Request> for Ingress {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>>>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: Request) -> Self::Future {
        let worker = self.worker.clone();
        Box::pin(async move { Ok(worker.answer(request).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_while_a_request_waits_is_caught_with_what_it_said() {
        let crash = guarded(async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "told to");
        });
        assert_eq!(
            crash.await.err().map(|record| record.message).as_deref(),
            Some("told to")
        );
        assert_eq!(guarded(async { 7 }).await.ok(), Some(7));
    }
}
