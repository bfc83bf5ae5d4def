//! One request over one connection, and the lease on it until the answer's end.

use std::error::Error as _;
use std::net::IpAddr;
use std::rc::Rc;

use hedgerow_actors::keyed::KeyGate;
use hedgerow_actors::pool::resource::{Grant, Life};
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Fault;
use super::shelf::Shelf;
use super::watched::Watch;
use crate::body::RequestBody;
use crate::connection::Interim;

/// A connection that takes one request after another. Dropped, it is closed, whatever is under way.
pub(crate) struct Connection {
    sender: SendRequest<RequestBody>,
    watch: Watch,
    driver: AbortHandle,
    /// The address that it goes to.
    peer: Option<IpAddr>,
}

/// The head of an answer, and the connection on which its body comes.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) lease: Lease,
}

/// A request that got no answer.
pub(super) struct Unanswered {
    pub(super) fault: Fault,
    /// The request, where nothing of it was put on the wire.
    pub(super) unsent: Option<Request<RequestBody>>,
    /// Whether nothing of it was put on the wire, although it is gone.
    pub(super) untouched: bool,
    /// Whether the connection ended before anything of an answer came.
    pub(super) in_silence: bool,
}

impl Connection {
    pub(super) fn new(
        sender: SendRequest<RequestBody>,
        watch: Watch,
        driver: AbortHandle,
        peer: Option<IpAddr>,
    ) -> Self {
        Self {
            sender,
            watch,
            driver,
            peer,
        }
    }

    /// The address that it goes to, where the system says.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// How long it is kept, by the clock of its shelf.
    pub(super) fn life(&self) -> Option<Life> {
        self.watch.life()
    }

    pub(super) fn set_life(&self, life: Life) {
        self.watch.set_life(life);
    }

    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready() && self.watch.is_fit()
    }

    /// Sends a request, and waits for the head of its answer; interim answers go to `interim`. Dropped before, the connection is
    /// closed.
    pub(super) async fn send(
        mut self,
        request: Request<RequestBody>,
        shelf: &Rc<Shelf>,
        interim: Option<&Interim>,
    ) -> Result<Answer, Unanswered> {
        self.watch
            .begin(request.method() != Method::HEAD, interim.cloned());
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(Answer {
                response,
                lease: Lease {
                    connection: self,
                    shelf: shelf.clone(),
                    key: None,
                    grant: None,
                },
            }),
            Err(mut failed) => {
                let fault = match self.watch.take_refusal() {
                    Some(refused) => Fault::Garbage {
                        limit: refused.limit,
                        observed: refused.observed,
                    },
                    None => fault(failed.error()),
                };
                Err(Unanswered {
                    untouched: !self.watch.wrote(),
                    in_silence: matches!(fault, Fault::Reset(_)) && !self.watch.received(),
                    unsent: failed.take_message(),
                    fault,
                })
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The driver would go on with a request whose answer came before its end, for as long as its endpoint likes.
        self.driver.abort();
    }
}

/// The right to a connection until the answer's end. Dropped before, the connection is closed.
pub(crate) struct Lease {
    connection: Connection,
    shelf: Rc<Shelf>,
    /// Under which the call was admitted, where there is a breaker for each.
    key: Option<KeyGate>,
    /// Given back with the lease.
    grant: Option<Grant>,
}

impl Lease {
    /// Who is to hear of it, where the answer breaks off.
    pub(crate) fn remember(&mut self, key: Option<KeyGate>) {
        self.key = key;
    }

    /// The right that the connection is used by: it lasts until the answer's end.
    pub(crate) fn hold(&mut self, grant: Grant) {
        self.grant = Some(grant);
    }

    /// The answer broke off by the endpoint's fault. The connection is closed.
    pub(crate) fn break_off(self) {
        if let Some(refused) = self.connection.watch.take_refusal() {
            self.shelf.say_once(&refused);
        }
        self.shelf.endpoint().count_broken_answer(self.key.as_ref());
    }

    /// Gives the connection back. One that is not ready for the next request is closed: its endpoint has answered
    /// before it had the whole request, has said that it closes, or has sent more than the answer.
    pub(crate) fn give_back(self, now: Instant) {
        if self.connection.is_ready() {
            self.shelf.put(self.connection, now);
        }
        // Behind its connection: who is let in now finds that.
        drop(self.grant);
    }
}

fn fault(error: &hyper::Error) -> Fault {
    let why = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    if error.is_user() {
        Fault::BrokenOff(why)
    } else if error.is_parse() {
        Fault::Garbage {
            limit: "HTTP/1.1".to_owned(),
            observed: why,
        }
    } else {
        Fault::Reset(why)
    }
}
