//! The way of one request: framing, chain, gate, wire, and back.

//!
//! | file | subject |
//! |---|---|
//! | this one | framing and chain |
//! | `call` | one call to an upstream, attempt after attempt |
//! | `attempt` | one attempt at one endpoint |
//! | `hedged` | several attempts at once, of which one counts |
//! | `outgoing` | the request, as often as it is sent |
//! | `mirrored` | a copy of a request, whose answer nobody sees |
//! | `discard` | an answer that nobody is to see |
//! | `traced` | the span of one attempt |
//! | `pass_on` | the answer as it is sent to the client |

mod attempt;
mod call;
mod discard;
mod hedged;
mod mirrored;
mod outgoing;
mod pass_on;
mod traced;

use std::mem;
use std::net::SocketAddr;

use hedgerow_actors::chain::{Arrival, KnownId, NotEditable, RequestHead};
use hedgerow_actors::deadline;
use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::account::Account;
use crate::body::{AnswerBody, RequestBody};
use crate::connection::Interim;
use crate::denied::Denied;
use crate::guard::{self, Refused};
use crate::headers::{self, Hop, Peer};
use crate::ingress::Worker;
use crate::reply;
use crate::target;
use crate::told::Told;
use call::call;

/// A request's head, as the nodes of a chain see it.
struct Head<'a> {
    parts: &'a mut Parts,
    peer: SocketAddr,
    tenant: Option<&'a str>,
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

    /// Each attempt is a span of its own.
    fn tells_trace_itself(&self) -> bool {
        true
    }

    fn protocol_version(&self) -> Option<&'static str> {
        headers::protocol_version(self.parts.version)
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }

    fn tenant(&self) -> Option<&str> {
        self.tenant
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
    target::settle(&mut parts).map_err(|refused| {
        let denied = Denied::by_guard(worker.chain.id().name(), refused);
        asker.told.denied(&parts, denied)
    })?;
    let hop = worker.hop(asker.peer.addr);
    headers::from_client(&mut parts.headers, hop);
    let tenant = worker.tenant(&parts, asker.peer.addr);
    let tenant = tenant.as_ref().and_then(|tenant| tenant.to_str().ok());
    let asked = deadline::asked(&parts.headers);
    let mut head = Head {
        parts: &mut parts,
        peer: asker.peer.addr,
        tenant,
        hop,
        told: &mut *asker.told,
    };
    let mut cursor = worker.chain.enter();
    if let Some(came) = asker.came {
        cursor.came_in_at(came);
    }
    if let Some(asked) = asked {
        cursor.shorten_deadline_as_asked(asked);
    }
    head.told.revision = Some(cursor.revision());
    let mut passage = match cursor.descend(&mut head).await {
        Ok(Arrival::Through(passage)) => passage,
        Ok(Arrival::Replied(reply, ending)) => return Ok(reply::of_node(*reply, ending)),
        Err(turned) => return Err(asker.told.denied(&parts, turned)),
    };
    let (time, body_limit) = (passage.deadline(), passage.body_limit());
    if let Some(denied) = Denied::without_time(&worker.chain, time) {
        return Err(asker.told.denied(&parts, denied.refuse(passage)));
    }
    let (around, trace) = (passage.recorded(), passage.trace());
    let lead = passage.lead();
    let lead = lead.map_err(|turned| asker.told.denied(&parts, turned))?;
    let body = RequestBody::of(body, body_limit.map_or(u64::MAX, |limit| limit.bytes()));
    let underway = body.underway();
    let Asker {
        peer,
        interim,
        told,
        came,
    } = asker;
    let asker = Asker {
        peer,
        interim,
        told: &mut *told,
        came,
    };
    match call(worker, (parts, body), (asker, tenant), (lead, around), time).await {
        Ok(mut answer) => {
            let ending = passage.answer(&mut reply::Head(&mut answer)).inspect_err(|_| {
                told.account = Account::of_trace(trace);
            })?;
            Ok(answer.map(|body| body.end_with(ending)))
        }
        Err(denied) => {
            if let Some(limit) = body_limit.filter(|_| underway.is_over()) {
                return Err(passage.refuse_body(limit).into());
            }
            told.account = mem::take(&mut told.account).or_of(trace);
            Err(match denied {
                Denied::NotAdmitted(_) => denied.refuse(passage),
                _ => denied.fail(passage),
            })
        }
    }
}

/// Who has sent a request.
pub(crate) struct Asker<'a> {
    pub(crate) peer: Peer,
    pub(crate) interim: Interim,
    /// When it came, where requests are recorded.
    pub(crate) came: Option<Instant>,
    /// What its answer says of the request.
    pub(crate) told: &'a mut Told,
}
