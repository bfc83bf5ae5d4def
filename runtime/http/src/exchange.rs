//! The way of one request: framing, chain, gate, wire, and back.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

use actix_http::body::BodySize;
use actix_http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_http::{ConnectionType, Method, Request, Response, StatusCode, Version};
use hedgerow_actors::chain::{Arrival, Lead, NotEditable, RequestHead};
use hedgerow_actors::upstream::{Admitted, CallKeys, UpstreamHandle};
use hedgerow_actors::verdict::{self, Verdict};
use hedgerow_view::Identity;
use http::uri::PathAndQuery;
use http_body::Body as _;
use tokio::time::{Instant, Sleep};

use crate::body::{AnswerBody, RequestBody, Streamed};
use crate::denied::Denied;
use crate::ingress::Worker;
use crate::wire::{self, Answer, Fault};
use crate::{framing, headers, reply};

/// A request's head, as the nodes of a chain see it.
struct Head<'a>(&'a mut actix_http::RequestHead);

impl RequestHead for Head<'_> {
    fn method(&self) -> &str {
        self.0.method.as_str()
    }

    fn path(&self) -> &str {
        self.0.uri.path()
    }

    fn query(&self) -> Option<&str> {
        self.0.uri.query()
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.0.peer_addr
    }

    fn header(&self, name: &http::HeaderName) -> Option<&[u8]> {
        self.0.headers.get(name.as_str()).map(HeaderValue::as_bytes)
    }

    fn set_header(&mut self, name: http::HeaderName, value: http::HeaderValue) -> Result<(), NotEditable> {
        let known = HeaderName::from_bytes(name.as_str().as_bytes());
        match (known, HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(known), Ok(value)) if !headers::frames(name.as_str()) => {
                self.0.headers.insert(known, value);
                Ok(())
            }
            _ => Err(NotEditable::new(format!("the header {name}"))),
        }
    }

    fn remove_header(&mut self, name: &http::HeaderName) -> Result<(), NotEditable> {
        if headers::frames(name.as_str()) {
            return Err(NotEditable::new(format!("the header {name}")));
        }
        self.0.headers.remove(name.as_str());
        Ok(())
    }
}

/// Takes a request down the chain, to an endpoint and its answer back.
///
/// # Errors
/// Who denied it, and why.
pub(crate) async fn exchange(
    worker: &Worker,
    request: &mut Request,
    id: &HeaderValue,
) -> Result<Response<AnswerBody>, Denied> {
    let target = framing::check(request.head(), worker.chain.id().name())?;
    let arrived = worker
        .chain
        .enter()
        .descend(&mut Head(request.head_mut()))
        .await?;
    let mut passage = match arrived {
        Arrival::Through(passage) => passage,
        Arrival::Replied(reply, ending) => return Ok(reply::of_node(reply, ending)),
    };
    let lead = passage.lead_in(&worker.chain)?;
    match call(worker, request, id, target, lead).await {
        Ok(mut answer) => {
            let ending = passage.answer(&mut reply::Head(&mut answer))?;
            Ok(answer.map_body(|_, body| body.end_with(ending)))
        }
        Err(denied) => {
            match denied {
                Denied::NotAdmitted(_) => passage.refuse(),
                _ => passage.fail(),
            }
            Err(denied)
        }
    }
}

/// Takes a request to an endpoint and its answer back.
///
/// The verdict on the endpoint falls at the head of its answer ([`verdict::of_http`]), or where none comes
/// ([`Fault::verdict`]); an answer that breaks off later adds a failure. Dropped before the head came, or kept waiting by
/// its client, the call counts as cancelled.
///
/// # Errors
/// Who denied it, and why.
async fn call(
    worker: &Worker,
    request: &mut Request,
    id: &HeaderValue,
    target: PathAndQuery,
    lead: &Lead,
) -> Result<Response<AnswerBody>, Denied> {
    let upstream = &lead.upstream;
    let keys = CallKeys {
        route: Some(&lead.route),
        tenant: worker.tenant(request.head()),
    };
    let admitted = upstream.admit_under(&keys).map_err(Denied::NotAdmitted)?;
    let limit = admitted.limit(upstream.timeout());
    let mut deadline = Box::pin(tokio::time::sleep(limit));
    let body = RequestBody::take(request);
    let awaited = body.awaited();
    let attempt = attempt(worker, (request.head(), body), id, target, upstream, &admitted);
    match within(deadline.as_mut(), attempt).await {
        Some(Ok(answer)) => {
            let mut answer = answer;
            answer.lease.remember(admitted.key().cloned());
            let (status, fields) = (answer.response.status(), answer.response.headers());
            admitted.report(verdict::of_http(status, fields));
            // A probe is judged by its head; its body may take what any call's may.
            let rest = upstream.timeout().saturating_sub(limit);
            if !rest.is_zero() {
                let whole = deadline.deadline() + rest;
                deadline.as_mut().reset(whole);
            }
            Ok(pass_on(request.head(), answer, deadline))
        }
        Some(Err(fault)) => {
            let endpoint = endpoint_id(upstream, &admitted);
            admitted.report(fault.verdict());
            Err(Denied::by_fault(endpoint, &fault))
        }
        // Who has not sent the whole request says nothing about the endpoint either.
        None if awaited.is_now() => Err(Denied::client_too_slow(endpoint_id(upstream, &admitted), limit)),
        None => {
            let endpoint = endpoint_id(upstream, &admitted);
            admitted.report(Verdict::timeout());
            Err(Denied::too_slow(endpoint, limit))
        }
    }
}

async fn attempt(
    worker: &Worker,
    (head, body): (&actix_http::RequestHead, RequestBody),
    id: &HeaderValue,
    target: PathAndQuery,
    upstream: &UpstreamHandle,
    admitted: &Admitted<'_>,
) -> Result<Answer, Fault> {
    let shelf = worker.wire.shelf(admitted.endpoint());
    let repeatable = body.is_none() && head.method.is_idempotent();
    let host = admitted.endpoint().addr().as_str();
    let first = outbound(head, id, target.clone(), host, body)?;
    let again = || {
        let made = || outbound(head, id, target, host, RequestBody::none()).ok();
        repeatable.then(made).flatten()
    };
    let answer = wire::call(&shelf, first, again, upstream.connect_timeout()).await?;
    if answer.response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Fault::Garbage("101, which nobody asked for".into()));
    }
    Ok(answer)
}

/// The request as it is sent to the endpoint.
fn outbound(
    head: &actix_http::RequestHead,
    id: &HeaderValue,
    target: PathAndQuery,
    endpoint: &str,
    body: RequestBody,
) -> Result<http::Request<RequestBody>, Fault> {
    let mut request = http::Request::new(body);
    *request.method_mut() = http::Method::from_bytes(head.method.as_str().as_bytes())
        .map_err(|error| Fault::BrokenOff(error.to_string()))?;
    *request.uri_mut() = target.into();
    *request.headers_mut() = headers::to_endpoint(&head.headers, head.peer_addr, id);
    // HTTP/1.0 need not name a host, HTTP/1.1 must.
    if !request.headers().contains_key(http::header::HOST)
        && let Ok(host) = http::HeaderValue::from_str(endpoint)
    {
        request.headers_mut().insert(http::header::HOST, host);
    }
    Ok(request)
}

/// The endpoint's answer as it is sent to the client.
fn pass_on(
    head: &actix_http::RequestHead,
    answer: Answer,
    deadline: Pin<Box<Sleep>>,
) -> Response<AnswerBody> {
    let Answer { response, lease } = answer;
    let (parts, body) = response.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let told = parts
        .headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let body_follows =
        head.method != Method::HEAD && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED;
    let body = if body_follows && !body.is_end_stream() {
        AnswerBody::Streamed(Streamed::new(body, lease, deadline))
    } else {
        lease.give_back(Instant::now());
        let size = if body_follows {
            BodySize::Sized(0)
        } else if head.method == Method::HEAD {
            told.map_or(BodySize::None, BodySize::Sized)
        } else {
            BodySize::None
        };
        AnswerBody::Nothing(size)
    };
    let mut answer = Response::with_body(status, body);
    headers::to_client(&parts.headers, answer.headers_mut());
    if let (StatusCode::NOT_MODIFIED, Some(length)) = (status, told) {
        answer
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head.version < Version::HTTP_11 {
        // HTTP/1.0 knows no chunks: the end of the connection ends the body.
        answer.head_mut().no_chunking(true);
        if let AnswerBody::Streamed(_) = answer.body() {
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
    }
    answer
}

#[cold]
fn endpoint_id(upstream: &UpstreamHandle, admitted: &Admitted<'_>) -> String {
    let addr = admitted.endpoint().addr().as_str();
    Identity::keyed("endpoint", upstream.id().name(), "endpoint", addr).to_string()
}

/// Runs `future` until the deadline; `None` where that came first.
async fn within<F: Future>(mut deadline: Pin<&mut Sleep>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|task| match future.as_mut().poll(task) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => deadline.as_mut().poll(task).map(|()| None),
    })
    .await
}
