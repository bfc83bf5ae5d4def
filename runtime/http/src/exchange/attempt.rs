//! One attempt at one endpoint.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::retry::{Cause, Pushback, Repeatable, Written};
use hedgerow_actors::upstream::{Attempt, Endpoint, UpstreamHandle};
use hedgerow_actors::verdict::{self, Verdict};
use hedgerow_config::RetryCause;
use hedgerow_view::Refusal;
use tokio::time::Instant;

use super::outgoing::{Outgoing, Stamp};
use super::traced::{Attempted, Traced};
use crate::body::Underway;
use crate::connection::Interim;
use crate::deadline::Deadline;
use crate::leasing::lease;
use crate::limit::Limit;
use crate::wire::{self, Answer, Fault, Spare, Undelivered, Wire};

/// What all attempts of a call have in common.
pub(super) struct Way<'a> {
    pub(super) traced: Traced<'a>,
    pub(super) wire: &'a Wire,
    pub(super) upstream: &'a UpstreamHandle,
    pub(super) outgoing: Outgoing,
    pub(super) repeatable: Repeatable,
    pub(super) underway: Underway,
    pub(super) interim: Option<Interim>,
}

/// One attempt that is to be made.
pub(super) struct Begin {
    pub(super) traced: Attempted,
    pub(super) attempt: Attempt,
    pub(super) limit: Limit,
    pub(super) at: Instant,
    /// Which attempt it is, where the endpoint is to leave further ones to us.
    pub(super) number: Option<u32>,
}

/// How an attempt ended. Its endpoint has been told.
pub(super) struct Ended {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) came: Came,
    pub(super) verdict: Verdict,
    pub(super) limit: Limit,
    pub(super) deadline: Deadline,
    pub(super) began: Instant,
}

/// What came of an attempt.
pub(super) enum Came {
    Answer(Answer),
    Fault(Fault, Written),
    /// Nothing, as its upstream's pool gave no lease: it was never made.
    NoLease(Refusal),
    /// Nothing, in its time.
    Late,
    /// Nothing, as the client has not sent the whole request.
    ClientLate,
}

impl Ended {
    /// What it is to retries: `None` where there is no reason for one.
    pub(super) fn cause(&self) -> Option<Cause> {
        match &self.came {
            Came::Answer(answer) => {
                let status = answer.response.status();
                let may_fail = status.is_client_error() || status.is_server_error();
                may_fail.then(|| Cause::Listed(RetryCause::Status(status.as_u16())))
            }
            Came::Fault(Fault::Connect(_) | Fault::ConnectTimeout { .. }, _) => {
                Some(Cause::Listed(RetryCause::Connect))
            }
            Came::Fault(Fault::Reset(_), _) => Some(Cause::Listed(RetryCause::Reset)),
            Came::Late => self.limit.is_of_one_attempt().then_some(Cause::PerTryTimeout),
            Came::Fault(Fault::Garbage { .. } | Fault::BrokenOff(_), _)
            | Came::NoLease(_)
            | Came::ClientLate => None,
        }
    }

    pub(super) fn written(&self) -> Written {
        match self.came {
            Came::Fault(_, written) => written,
            Came::NoLease(_) => Written::Nothing,
            Came::Answer(_) | Came::Late | Came::ClientLate => Written::Something,
        }
    }

    pub(super) fn pushback(&self, upstream: &UpstreamHandle) -> Pushback {
        match &self.came {
            Came::Answer(answer) => {
                Pushback::of_http(answer.response.headers(), || upstream.retries().wall())
            }
            _ => Pushback::Unsaid,
        }
    }

    pub(super) fn took(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }
}

/// Makes an attempt, and tells its endpoint how it ended.
pub(super) async fn attempt(way: &Way<'_>, begin: Begin) -> Ended {
    let Begin {
        mut traced,
        attempt,
        limit,
        at,
        number,
    } = begin;
    let endpoint = Arc::clone(attempt.endpoint());
    let mut deadline = limit.start(at);
    let mut grant = match lease(way.upstream.pool(), &mut deadline, || traced.part("pool wait")).await {
        Ok(grant) => grant,
        // The attempt is dropped.
        Err(refusal) => {
            let came = refusal.map_or(Came::Late, Came::NoLease);
            traced.ended(&came);
            return Ended {
                endpoint,
                came,
                verdict: Verdict::ignored(),
                limit,
                deadline,
                began: at,
            };
        }
    };
    let stamp = Stamp {
        endpoint: &endpoint,
        limit: &limit,
        number,
        trace: traced.trace(),
    };
    let sent = {
        let sending = pin!(send(way, stamp, &traced));
        deadline.within(sending).await
    };
    let (mut came, verdict) = match sent {
        Some(Ok(answer)) => {
            let (status, fields) = (answer.response.status(), answer.response.headers());
            let verdict = deadline.judge(verdict::of_http(status, fields));
            (Came::Answer(answer), verdict)
        }
        Some(Err(undelivered)) => {
            let Undelivered {
                fault,
                unsent,
                written,
            } = undelivered;
            if let Some(unsent) = unsent {
                way.outgoing.put_back(*unsent);
            }
            let verdict = fault.verdict();
            (Came::Fault(fault, written), verdict)
        }
        // Who has not sent the whole request says nothing about the endpoint either.
        None if way.underway.is_awaited() => (Came::ClientLate, Verdict::ignored()),
        None => (Came::Late, deadline.verdict()),
    };
    traced.ended(&came);
    grant.end(verdict.outcome.into());
    if let Came::Answer(answer) = &mut came {
        answer.lease.hold(grant);
    }
    attempt.report(verdict);
    Ended {
        endpoint,
        came,
        verdict,
        limit,
        deadline,
        began: at,
    }
}

async fn send(way: &Way<'_>, stamp: Stamp<'_>, traced: &Attempted) -> Result<Answer, Undelivered> {
    // By the place of the endpoint in memory, which the caller keeps.
    let shelf = way.wire.shelf(stamp.endpoint, way.upstream.pool().policy());
    let Some(request) = way.outgoing.request(stamp) else {
        return Err(Undelivered {
            fault: Fault::BrokenOff("its body has been passed on, and was not kept".to_owned()),
            unsent: None,
            written: Written::Something,
        });
    };
    let retries = way.upstream.retries();
    let spare = Spare {
        again: || way.outgoing.copy(stamp),
        interim: way.interim.as_ref(),
        after_silence: way.repeatable == Repeatable::Always && retries.max_retries() > 0,
        retries,
    };
    let dialling = || traced.part("dial");
    wire::call(&shelf, request, spare, way.upstream.connect_timeout(), dialling).await
}
