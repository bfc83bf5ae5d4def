//! A request on its way to endpoints, as often as it is sent.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use hedgerow_actors::retry::{ATTEMPT, attempt_value};
use hedgerow_actors::upstream::Endpoint;
use hedgerow_supervisor::Trace;
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Uri};

use crate::account::Account;
use crate::body::RequestBody;
use crate::limit::Limit;
use crate::target;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request on its way to endpoints.
pub(super) struct Outgoing {
    kind: Kind,
    /// Whether its client named a host.
    names_host: bool,
}

enum Kind {
    /// It is copied each time: it has no body, or one that is kept.
    Copied(RefCell<Request<RequestBody>>),
    /// It is sent itself, and comes back where nothing of it was written. Its method and target stay.
    Itself(RefCell<Option<Request<RequestBody>>>, Method, Uri),
}

/// What is written on the request for one attempt.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) endpoint: &'a Arc<Endpoint>,
    pub(super) limit: &'a Limit,
    /// Which attempt it is, where the endpoint is to leave further ones to us.
    pub(super) number: Option<u32>,
    /// Where in its trace it is, where that is recorded.
    pub(super) trace: Option<Trace>,
}

impl Outgoing {
    pub(super) fn new(head: Parts, body: RequestBody) -> Self {
        let is_copied = body.is_none() || body.is_kept();
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = target::of(head.uri).into();
        *request.headers_mut() = head.headers;
        Self {
            names_host: request.headers().contains_key(HOST),
            kind: if is_copied {
                Kind::Copied(RefCell::new(request))
            } else {
                let (method, target) = (request.method().clone(), request.uri().clone());
                Kind::Itself(RefCell::new(Some(request)), method, target)
            },
        }
    }

    /// The request for an attempt; `None` where it is gone.
    pub(super) fn request(&self, stamp: Stamp<'_>) -> Option<Request<RequestBody>> {
        let mut request = match &self.kind {
            Kind::Copied(request) => copy(&mut request.borrow_mut())?,
            Kind::Itself(request, ..) => request.take()?,
        };
        let headers = request.headers_mut();
        // HTTP/1.0 need not name a host, HTTP/1.1 must.
        if !self.names_host
            && let Ok(host) = HeaderValue::from_str(stamp.endpoint.addr().as_str())
        {
            headers.insert(HOST, host);
        }
        stamp.limit.tell(headers);
        if let Some(number) = stamp.number {
            headers.insert(ATTEMPT, attempt_value(number));
        }
        if let Some(trace) = stamp.trace
            && let Ok(value) = HeaderValue::from_bytes(&trace.traceparent())
        {
            headers.insert(TRACEPARENT, value);
        }
        Some(request)
    }

    /// The same once more, while the first one may have been written; `None` where its body is gone with that.
    pub(super) fn copy(&self, stamp: Stamp<'_>) -> Option<Request<RequestBody>> {
        match self.kind {
            Kind::Copied(_) => self.request(stamp),
            Kind::Itself(..) => None,
        }
    }

    /// It comes back, as nothing of it was written.
    pub(super) fn put_back(&self, unsent: Request<RequestBody>) {
        if let Kind::Itself(request, ..) = &self.kind {
            request.replace(Some(unsent));
        }
    }

    /// The same by itself: it needs nobody, and nobody hears of it. `None` where not all of it is here.
    pub(super) fn detached(&self) -> Option<Self> {
        let Kind::Copied(request) = &self.kind else {
            return None;
        };
        let request = request.borrow();
        let mut copy = Request::new(request.body().detached()?);
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.headers_mut() = request.headers().clone();
        Some(Self {
            kind: Kind::Copied(RefCell::new(copy)),
            names_host: self.names_host,
        })
    }

    /// Adds a field to it, in place of those with this name.
    pub(super) fn mark(&mut self, name: HeaderName, value: HeaderValue) {
        if let Kind::Copied(request) = &mut self.kind {
            request.get_mut().headers_mut().insert(name, value);
        }
    }

    /// What is known of it, for whoever asks why it was denied.
    #[cold]
    pub(super) fn account(&self) -> Account {
        match &self.kind {
            Kind::Copied(request) => {
                let request = request.borrow();
                Account::of(request.method(), request.uri(), request.headers())
            }
            Kind::Itself(_, method, target) => Account::of(method, target, &HeaderMap::new()),
        }
    }

    /// Whether it could be sent by now.
    pub(super) fn is_here(&self) -> bool {
        match &self.kind {
            Kind::Copied(request) => request.borrow().body().is_kept(),
            Kind::Itself(request, ..) => request.borrow().is_some(),
        }
    }

    /// Whether all of it is here, so that several attempts can be under way at once.
    pub(super) fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Copied(request) => request.borrow().body().is_whole(),
            Kind::Itself(..) => false,
        }
    }
}

/// The copy has the original's map of fields, as there is room in it for those that are written for an attempt; a map that was
/// cloned has none, and would ask for memory once more.
fn copy(request: &mut Request<RequestBody>) -> Option<Request<RequestBody>> {
    let mut again = Request::new(request.body().again()?);
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    let kept = request.headers().clone();
    *again.headers_mut() = mem::replace(request.headers_mut(), kept);
    Some(again)
}
