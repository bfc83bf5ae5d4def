//! A worker: what one thread of the server has for itself.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

use hedgerow_actors::chain::ChainHandle;
use hedgerow_config::{Expose, Network};
use hedgerow_supervisor::{PanicRecord, catch};
use http::header::{CONNECTION, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::account::{Account, Answered};
use crate::admission::Admission;
use crate::answer::{self, CLOSE};
use crate::body::AnswerBody;
use crate::connection::{Client, Times};
use crate::denied::Denied;
use crate::exchange::{Asker, exchange};
use crate::guard::Sizes;
use crate::headers::Hop;
use crate::listener::{Notice, Options};
use crate::told::Told;
use crate::wire::Wire;

pub(crate) const REVISION: HeaderName = HeaderName::from_static("x-hedgerow-revision");

/// Bytes that are read from a client at once.
const SCRATCH: usize = 16 * 1024;

/// The chain that requests walk, and what one thread needs to take them further.
pub(crate) struct Worker {
    pub(crate) chain: ChainHandle,
    pub(crate) wire: Wire,
    pub(crate) sizes: Sizes,
    pub(crate) times: Times,
    /// What a client sends is read into this first, as most of them have nothing to say most of the time.
    pub(crate) scratch: RefCell<Vec<u8>>,
    pub(crate) admission: Admission,
    pub(crate) notice: Notice,
    trusted: Vec<Network>,
    /// The number of the last revision that was told, as it was told.
    revision: RefCell<(u64, HeaderValue)>,
    tenant: Option<HeaderName>,
    expose: Expose,
    /// When a drain began.
    draining: Cell<Option<Instant>>,
    drain: Notify,
}

impl Worker {
    pub(crate) fn new(chain: ChainHandle, options: Options, notice: Notice) -> Self {
        Self {
            revision: RefCell::new((0, HeaderValue::from(0))),
            admission: Admission::of(&options.limits, options.workers, notice.figures().clone()),
            notice,
            wire: Wire::default(),
            sizes: Sizes::of(&options.limits),
            times: Times::of(&options.limits, options.drain),
            trusted: options.trusted_hops,
            tenant: options.tenant,
            expose: options.expose.unwrap_or(Expose::Code),
            scratch: RefCell::new(vec![0; SCRATCH]),
            chain,
            draining: Cell::new(None),
            drain: Notify::new(),
        }
    }

    /// Whose request it is, where that is said once, in plain text, and by somebody who may say it: a trusted hop, where
    /// there are such. To be asked before the nodes see the head: they may change what it says.
    pub(crate) fn tenant(&self, head: &Parts, peer: SocketAddr) -> Option<HeaderValue> {
        let header = self.tenant.as_ref()?;
        if !self.trusted.is_empty() && self.hop(peer) == Hop::Stranger {
            return None;
        }
        let mut said = head.headers.get_all(header).iter();
        let tenant = said.next()?;
        let is_plain = tenant.to_str().is_ok();
        // A clone shares the bytes.
        (is_plain && said.next().is_none()).then(|| tenant.clone())
    }

    /// Whether who sent a request is believed what it says of those before it.
    pub(crate) fn hop(&self, peer: SocketAddr) -> Hop {
        if self.trusted.iter().any(|network| network.contains(peer.ip())) {
            Hop::Trusted
        } else {
            Hop::Stranger
        }
    }

    /// From now on every answer is the last one of its connection.
    pub(crate) fn begin_drain(&self) {
        self.draining.set(Some(Instant::now()));
        self.drain.notify_waiters();
    }

    /// Whether it drains.
    pub(crate) fn drains(&self) -> bool {
        self.draining.get().is_some()
    }

    /// When a connection without a request is closed because of a drain.
    pub(crate) fn parts_at(&self) -> Option<Instant> {
        self.draining
            .get()
            .and_then(|began| began.checked_add(self.times.parting))
    }

    /// Resolves when a drain begins.
    pub(crate) fn drained(&self) -> Notified<'_> {
        self.drain.notified()
    }

    /// Answers a request, whatever happens to it: a panic costs that request and no other.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: &RefCell<Client>,
    ) -> Response<AnswerBody> {
        let mut told = Told::of(request.headers());
        let came = self.chain.recorder().map(|_| Instant::now());
        let version = request.version();
        let (mut answer, reads_on) = match self.outcome(request, client, (&mut told, came)).await {
            Ok(answer) => (answer, true),
            // What nobody wants to read is not waited for.
            Err(denied) => {
                // What has entered the chain is recorded there.
                if let Some(came) = came.filter(|_| told.revision.is_none()) {
                    let (status, refusal) = answer::told(&denied);
                    self.chain.record_refused(came, status, refusal);
                }
                self.keep(&denied, &mut told);
                let mut answer = answer::of(&denied, self.expose);
                told.write_refused(answer.headers_mut());
                (answer, client.borrow().has_sent_all())
            }
        };
        let headers = answer.headers_mut();
        if self.expose == Expose::Full {
            headers.insert(REVISION, self.numbered(told.revision));
        }
        told.id.write(headers);
        if version < Version::HTTP_11 || self.drains() || !reads_on {
            headers.insert(CONNECTION, CLOSE);
        }
        answer
    }

    /// Keeps who denied this request, and why, for whoever asks.
    #[cold]
    fn keep(&self, denied: &Denied, told: &mut Told) {
        let (status, refusal) = answer::told(denied);
        let answered = Answered {
            chain: self.chain.id(),
            id: Some(&told.id.value),
            revision: told.revision,
            status,
            refusal,
        };
        mem::take(&mut told.account).keep(self.notice.denials(), &answered);
    }

    /// The revision that a request ran under; of one that was refused at the door, the one in force.
    fn numbered(&self, revision: Option<u64>) -> HeaderValue {
        let number = revision.unwrap_or_else(|| self.chain.revision());
        let mut last = self.revision.borrow_mut();
        if last.0 != number {
            *last = (number, HeaderValue::from(number));
        }
        last.1.clone()
    }

    async fn outcome(
        &self,
        request: Request<Incoming>,
        client: &RefCell<Client>,
        (told, came): (&mut Told, Option<Instant>),
    ) -> Result<Response<AnswerBody>, Denied> {
        let by_guard = |client: &RefCell<Client>| {
            let refused = client.borrow_mut().take_refusal();
            refused.map(|refused| Denied::by_guard(self.chain.id().name(), refused))
        };
        // What is asked here stands in for what was refused.
        if let Some(denied) = by_guard(client) {
            return Err(denied);
        }
        let berth = self.admission.berth().await;
        let berthed = berth.as_ref().map(|_| ()).map_err(|_| Instant::now());
        client.borrow_mut().had_a_berth(berthed);
        let berth = berth.map_err(|overload| {
            self.notice.overloaded(&overload);
            told.account = Account::of(request.method(), request.uri(), request.headers());
            Denied::overloaded(self.chain.id().name(), overload)
        })?;
        let asker = {
            let client = client.borrow();
            let (peer, interim) = (client.peer(), client.interim());
            Asker {
                peer,
                interim,
                came,
                told,
            }
        };
        match guarded(pin!(exchange(self, request, asker))).await {
            Ok(Err(denied)) if denied.is_clients() => Err(by_guard(client).unwrap_or(denied)),
            Ok(outcome) => outcome.map(|answer| answer.map(|body| body.hold(berth))),
            Err(record) => {
                tracing::error!(chain = %self.chain.id(), %record, "a request crashed");
                Err(Denied::crashed(self.chain.id().to_string(), &record))
            }
        }
    }
}

/// Runs a future, and catches its panic. It is borrowed, as a future that is handed over is kept twice by who takes it.
async fn guarded<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, PanicRecord> {
    poll_fn(|task| match catch(|| future.as_mut().poll(task)) {
        Ok(polled) => polled.map(Ok),
        Err(record) => Poll::Ready(Err(record)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_while_a_request_waits_is_caught_with_what_it_said() {
        let mut told = pin!(async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "told to");
        });
        let crash = guarded(told.as_mut());
        assert_eq!(
            crash.await.err().map(|record| record.message).as_deref(),
            Some("told to")
        );
        assert_eq!(guarded(pin!(async { 7 })).await.ok(), Some(7));
    }
}
