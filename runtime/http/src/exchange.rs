//! The way of one request: framing, chain, gate, wire, and back.

use std::net::SocketAddr;
use std::pin::pin;

use hedgerow_actors::chain::{Arrival, KnownId, Lead, NotEditable, RequestHead, TimeLeft};
use hedgerow_actors::upstream::{Attempt, CallKeys, UpstreamHandle};
use hedgerow_actors::verdict;
use hedgerow_view::Identity;
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TE};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::answer;
use crate::body::{AnswerBody, RequestBody, Streamed, Underway};
use crate::connection::Interim;
use crate::deadline::Deadline;
use crate::denied::Denied;
use crate::guard::{self, Refused};
use crate::headers::{self, Hop, Peer, Trailers};
use crate::ingress::Worker;
use crate::limit::Limit;
use crate::reply;
use crate::target;
use crate::told::Told;
use crate::wire::{self, Answer, Fault, Spare};

/// A request's head, as the nodes of a chain see it.
struct Head<'a> {
    worker: &'a Worker,
    parts: &'a mut Parts,
    peer: SocketAddr,
    hop: Hop,
    told: &'a mut Told,
}

impl RequestHead for Head<'_> {
    fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    fn path(&self) -> &str {
        match self.parts.uri.path() {
            // The server as a whole lies where its root does.
            "*" => "/",
            path => path,
        }
    }

    fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    fn authority(&self) -> Option<&str> {
        self.parts.headers.get(HOST)?.to_str().ok()
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }

    fn tenant(&self) -> Option<&str> {
        self.worker.tenant(self.parts, self.peer)
    }

    fn is_from_trusted_hop(&self) -> bool {
        self.hop == Hop::Trusted
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.parts.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.parts.headers.get_all(name) {
            look(value.as_bytes());
        }
    }

    fn request_id(&self) -> Option<KnownId<'_>> {
        Some(self.told.id.known())
    }

    fn set_request_id(&mut self, name: HeaderName, id: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.parts.headers.insert(name.clone(), id.clone());
        self.told.id.replace(name, id);
        Ok(())
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.parts.headers.insert(name, value);
        Ok(())
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.parts.headers.append(name, value);
        Ok(())
    }

    fn set_refusal_header(&mut self, name: HeaderName, value: HeaderValue) {
        if !headers::frames(&name) {
            self.told.when_refused(name, value);
        }
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        editable(name)?;
        self.parts.headers.remove(name);
        Ok(())
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        target::set_path(&mut self.parts.uri, path).map_err(|refused| {
            let Refused { limit, observed, .. } = refused;
            NotEditable::new(format!("the path ({limit}, not {observed:?})"))
        })
    }

    fn set_authority(&mut self, authority: HeaderValue) -> Result<(), NotEditable> {
        guard::check_host(authority.as_bytes())
            .map_err(|refused| NotEditable::new(format!("the host ({})", refused.limit)))?;
        headers::readdress(&mut self.parts.headers, authority);
        Ok(())
    }
}

fn editable(name: &HeaderName) -> Result<(), NotEditable> {
    if headers::frames(name) {
        return Err(NotEditable::new(format!("the header {name}")));
    }
    Ok(())
}

/// Takes a request down the chain, to an endpoint and its answer back.
///
/// # Errors
/// Who denied it, and why.
pub(crate) async fn exchange(
    worker: &Worker,
    request: Request<Incoming>,
    asker: Asker<'_>,
) -> Result<Response<AnswerBody>, Denied> {
    let (mut parts, body) = request.into_parts();
    target::settle(&mut parts).map_err(|refused| Denied::by_guard(worker.chain.id().name(), refused))?;
    let hop = worker.hop(asker.peer.addr);
    headers::from_client(&mut parts.headers, hop);
    let mut head = Head {
        worker,
        parts: &mut parts,
        peer: asker.peer.addr,
        hop,
        told: &mut *asker.told,
    };
    let cursor = worker.chain.enter();
    head.told.revision = Some(cursor.revision());
    let mut passage = match cursor.descend(&mut head).await? {
        Arrival::Through(passage) => passage,
        Arrival::Replied(reply, ending) => return Ok(reply::of_node(reply, ending)),
    };
    let (time, body_limit) = (passage.deadline(), passage.body_limit());
    if let Some(time) = time.filter(|time| time.left.is_zero()) {
        let chain = worker.chain.id().to_string();
        let denied = Denied::overdue(chain, time.limit, "no time left for a call");
        let (status, refusal) = answer::told(&denied);
        passage.tell(status, refusal);
        passage.refuse();
        return Err(denied);
    }
    let lead = passage.lead_in(&worker.chain)?;
    let body = RequestBody::of(body, body_limit.map_or(u64::MAX, |limit| limit.bytes()));
    let underway = body.underway();
    match call(worker, (parts, body), asker, lead, time).await {
        Ok(mut answer) => {
            let ending = passage.answer(&mut reply::Head(&mut answer))?;
            Ok(answer.map(|body| body.end_with(ending)))
        }
        Err(denied) => {
            if let Some(limit) = body_limit.filter(|_| underway.is_over()) {
                return Err(passage.refuse_body(limit).into());
            }
            let (status, refusal) = answer::told(&denied);
            passage.tell(status, refusal);
            match denied {
                Denied::NotAdmitted(_) => passage.refuse(),
                _ => passage.fail(),
            }
            Err(denied)
        }
    }
}

/// Who has sent a request.
pub(crate) struct Asker<'a> {
    pub(crate) peer: Peer,
    pub(crate) interim: Interim,
    /// What its answer says of the request.
    pub(crate) told: &'a mut Told,
}

/// Takes a request to an endpoint and its answer back.
///
/// The verdict on the endpoint falls at the head of its answer ([`verdict::of_http`]), or where none comes
/// ([`Fault::verdict`], [`Deadline::verdict`]); an answer that breaks off later adds a failure. Dropped before the head came, or kept waiting by
/// its client, the call counts as cancelled.
///
/// # Errors
/// Who denied it, and why.
async fn call(
    worker: &Worker,
    (mut head, body): (Parts, RequestBody),
    asker: Asker<'_>,
    lead: &Lead,
    time: Option<TimeLeft>,
) -> Result<Response<AnswerBody>, Denied> {
    let Asker { peer, interim, told } = asker;
    let upstream = &lead.upstream;
    let keys = CallKeys {
        route: Some(&lead.route),
        tenant: worker.tenant(&head, peer.addr),
    };
    let mut entered = upstream.enter(&keys).map_err(Denied::NotAdmitted)?;
    let admitted = entered.attempt().map_err(Denied::NotAdmitted)?;
    let probe = admitted.limit(entered.limit(upstream.timeout()));
    let limit = Limit::new(upstream.timeout(), probe, time);
    let mut deadline = limit.start();
    let underway = body.underway();
    let method = head.method.clone();
    let takes_trailers = trailers_for(&head);
    let trailers = if body.size_hint().exact().is_none() {
        Trailers::MayFollow
    } else {
        Trailers::Cannot
    };
    headers::to_endpoint(&mut head.headers, &peer, &told.id, trailers);
    limit.tell(&mut head.headers);
    // HTTP/1.0 knows no interim answers.
    let interim = (head.version > Version::HTTP_10).then_some(interim);
    let outcome = {
        let attempt = pin!(attempt(worker, (head, body), interim, upstream, &admitted));
        deadline.within(attempt).await
    };
    match outcome {
        Some(Ok(answer)) => {
            let mut answer = answer;
            answer.lease.remember(entered.key().cloned());
            let (status, fields) = (answer.response.status(), answer.response.headers());
            let verdict = deadline.judge(verdict::of_http(status, fields));
            admitted.report(verdict);
            entered.report(verdict);
            limit.go_on(&mut deadline);
            Ok(pass_on((&method, takes_trailers), answer, underway, deadline))
        }
        Some(Err(fault)) => {
            let endpoint = endpoint_id(upstream, &admitted);
            admitted.report(fault.verdict());
            entered.report(fault.verdict());
            Err(Denied::by_fault(endpoint, &fault))
        }
        // Who has not sent the whole request says nothing about the endpoint either.
        None if underway.is_awaited() => Err(Denied::client_too_slow(
            endpoint_id(upstream, &admitted),
            limit.due(),
        )),
        None => {
            let endpoint = endpoint_id(upstream, &admitted);
            let verdict = deadline.verdict();
            admitted.report(verdict);
            entered.report(verdict);
            Err(Denied::too_slow(endpoint, limit.due()))
        }
    }
}

async fn attempt(
    worker: &Worker,
    (head, body): (Parts, RequestBody),
    interim: Option<Interim>,
    upstream: &UpstreamHandle,
    admitted: &Attempt,
) -> Result<Answer, Fault> {
    let shelf = worker.wire.shelf(admitted.endpoint());
    let after_silence = head.method.is_idempotent() && upstream.max_retries() > 0;
    let has_no_body = body.is_none();
    let mut first = outbound(head, admitted.endpoint().addr().as_str(), body);
    // Kept aside before it is known whether it is needed: the request is gone once it is sent.
    let second = has_no_body.then(|| without_body(&first));
    if let Some(interim) = &interim {
        interim.follow(&mut first);
    }
    let spare = Spare {
        request: second,
        interim,
        after_silence,
    };
    wire::call(&shelf, first, spare, upstream.connect_timeout()).await
}

/// The request as it is sent to the endpoint.
fn outbound(head: Parts, endpoint: &str, body: RequestBody) -> Request<RequestBody> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = target::of(head.uri).into();
    *request.headers_mut() = head.headers;
    // HTTP/1.0 need not name a host, HTTP/1.1 must.
    if !request.headers().contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(endpoint)
    {
        request.headers_mut().insert(HOST, host);
    }
    request
}

/// Whether the client takes trailers.
fn trailers_for(head: &Parts) -> Trailers {
    let mut codings = head
        .headers
        .get_all(TE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    if codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers")) {
        Trailers::MayFollow
    } else {
        Trailers::Cannot
    }
}

/// The same request once more. It has no body.
fn without_body(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut again = Request::new(RequestBody::none());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    again
}

/// The endpoint's answer as it is sent to the client.
fn pass_on(
    (method, trailers): (&Method, Trailers),
    answer: Answer,
    request: Underway,
    deadline: Deadline,
) -> Response<AnswerBody> {
    let Answer { response, lease } = answer;
    let (mut parts, body) = response.into_parts();
    let told = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let follows = method != Method::HEAD
        && parts.status != StatusCode::NO_CONTENT
        && parts.status != StatusCode::NOT_MODIFIED;
    let sized = body.size_hint().exact().is_some();
    headers::to_client(
        &mut parts.headers,
        if sized { Trailers::Cannot } else { trailers },
    );
    let body = if follows && !body.is_end_stream() {
        AnswerBody::Streamed(Streamed::new(body, lease, request, deadline))
    } else {
        lease.give_back(Instant::now());
        request.give_up();
        match told {
            Some(length) if !follows && parts.status != StatusCode::NO_CONTENT => {
                parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
                AnswerBody::Told(length)
            }
            _ => AnswerBody::Nothing,
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = parts.status;
    *answer.headers_mut() = parts.headers;
    answer
}

#[cold]
fn endpoint_id(upstream: &UpstreamHandle, admitted: &Attempt) -> String {
    let addr = admitted.endpoint().addr();
    Identity::keyed("endpoint", upstream.id().name(), "endpoint", addr.as_str()).to_string()
}
