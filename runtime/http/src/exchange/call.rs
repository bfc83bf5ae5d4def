//! One call to an upstream, attempt after attempt.

use std::time::Duration;

use hedgerow_actors::chain::{Lead, TimeLeft};
use hedgerow_actors::retry::{Cause, Failed, Repeatable, Standing, Tries};
use hedgerow_actors::upstream::{Attempt, Call, CallKeys, Endpoint, UpstreamHandle};
use hedgerow_actors::verdict::Outcome;
use hedgerow_supervisor::Context;
use hedgerow_view::{Identity, Refusal};
use http::request::Parts;
use http::{Response, Version};
use http_body::Body as _;
use tokio::time::{Instant, sleep};

use super::Asker;
use super::attempt::{Begin, Came, Ended, Way, attempt};
use super::discard::discard;
use super::hedged::hedged;
use super::mirrored;
use super::outgoing::Outgoing;
use super::pass_on::{Asked, pass_on};
use super::traced::Traced;
use crate::account::Account;
use crate::body::{AnswerBody, RequestBody};
use crate::denied::Denied;
use crate::headers::{self, Trailers};
use crate::ingress::Worker;
use crate::limit::Limit;

/// How far a call has come.
pub(super) struct Progress<'a> {
    pub(super) way: &'a Way<'a>,
    pub(super) tries: Tries<'a>,
    entered: Call<'a>,
    time: Option<TimeLeft>,
    began: Instant,
}

/// What follows an attempt.
enum After {
    Next(Begin),
    Nothing(Ended),
    /// Another attempt was due, its answer is gone, and no endpoint admits one any more.
    Refused(Refusal),
}

/// Takes a request to an endpoint and its answer back.
///
/// The verdict on an endpoint falls at the head of its answer ([`verdict::of_http`](hedgerow_actors::verdict::of_http)), or
/// where none comes; an answer that breaks off later adds a failure. The call ends as its last attempt did. Dropped before the
/// head came, or kept waiting by its client, it counts as cancelled.
///
/// # Errors
/// Who denied it, and why.
pub(super) async fn call(
    worker: &Worker,
    (mut head, body): (Parts, RequestBody),
    (asker, tenant): (Asker<'_>, Option<&str>),
    (lead, context): (&Lead, Context),
    time: Option<TimeLeft>,
) -> Result<Response<AnswerBody>, Denied> {
    let Asker {
        peer, interim, told, ..
    } = asker;
    let upstream = &lead.upstream;
    let keys = CallKeys {
        route: Some(&lead.route),
        tenant,
        hash: upstream.hash_of(&head.headers, Some(peer.addr.ip()), head.uri.path()),
    };
    let mut refused = |refusal| {
        told.account = Account::of(&head.method, &head.uri, &head.headers).led_to(upstream.id().name(), 0);
        Denied::NotAdmitted(refusal)
    };
    let mut entered = upstream.enter(&keys).map_err(&mut refused)?;
    let first = entered.attempt().map_err(&mut refused)?;
    let underway = body.underway();
    let asked = Asked::by(&head);
    let trailers = if body.size_hint().exact().is_none() {
        Trailers::MayFollow
    } else {
        Trailers::Cannot
    };
    headers::to_endpoint(&mut head.headers, &peer, &told.id, trailers);
    let retries = upstream.retries();
    let standing = Standing::of(&head.headers);
    let repeatable = Repeatable::of(&head.method, &head.headers, retries.idempotent_by());
    if repeatable == Repeatable::Always && !retries.is_off() {
        body.keep(retries.replay_bytes().into());
    }
    let mirror = mirrored::drawn(upstream, &head.headers);
    if mirror.is_some() && !body.is_kept() {
        body.keep(retries.replay_bytes().into());
    }
    let traced = Traced {
        context,
        method: head.method.clone(),
        upstream: upstream.id().name(),
    };
    let way = Way {
        traced,
        wire: &worker.wire,
        upstream,
        // HTTP/1.0 knows no interim answers.
        interim: (head.version > Version::HTTP_10).then_some(interim),
        outgoing: Outgoing::new(head, body),
        repeatable,
        underway,
    };
    let mut progress = Progress {
        way: &way,
        tries: retries.tries(standing),
        entered,
        time,
        began: Instant::now(),
    };
    let mut begin = progress.begin(first, progress.began);
    let ended = loop {
        let ended = progress.round(begin).await;
        match progress.after(ended).await {
            After::Next(next) => begin = next,
            After::Nothing(ended) => break Ok(ended),
            After::Refused(refusal) => break Err(Denied::NotAdmitted(refusal)),
        }
    };
    if let (Some(mirror), Ok(_)) = (mirror, &ended) {
        mirrored::send(mirror, &way);
    }
    let attempts = progress.tries.number();
    let outcome = ended.and_then(|ended| progress.end(ended, &asked));
    if outcome.is_err() {
        told.account = way.outgoing.account().led_to(upstream.id().name(), attempts);
    }
    outcome
}

impl<'a> Progress<'a> {
    /// One attempt, or several at once.
    async fn round(&mut self, begin: Begin) -> Ended {
        match self.tries.hedge_after(self.way.repeatable) {
            None => attempt(self.way, begin).await,
            Some(after) => Box::pin(hedged(self, begin, after)).await,
        }
    }

    /// An attempt that begins now.
    fn begin(&self, attempt: Attempt, now: Instant) -> Begin {
        let upstream = self.way.upstream;
        let timeout = upstream.timeout();
        let of_any = attempt.limit(self.entered.limit(timeout));
        let per_try = upstream.retries().per_try_timeout();
        let of_one = per_try.map_or(of_any, |per_try| per_try.min(of_any));
        let first = Limit::new(timeout, of_one, self.time);
        let passed = now.saturating_duration_since(self.began);
        let is_ours = self.tries.would_repeat(self.way.repeatable) && self.way.outgoing.is_here();
        let number = self.tries.number();
        let traced = self.way.traced.attempt(attempt.endpoint(), number, now);
        Begin {
            traced,
            attempt,
            limit: if passed.is_zero() {
                first
            } else {
                first.later(passed, of_one)
            },
            at: now,
            number: is_ours.then_some(number),
        }
    }

    /// Another attempt beside those that are under way, if there is one to be had.
    pub(super) fn beside(&mut self, now: Instant) -> Option<Begin> {
        if !self.way.outgoing.is_whole() {
            return None;
        }
        let paid = self.tries.hedge().ok()?;
        let attempt = self.entered.attempt().ok()?;
        paid.made();
        let mut begin = self.begin(attempt, now);
        begin.traced.is_hedge();
        Some(begin)
    }

    /// Whether it may be a reason for a retry.
    pub(super) fn is_to_retry(&self, ended: &Ended) -> bool {
        match ended.cause() {
            Some(Cause::Listed(cause)) => self.way.upstream.retries().is_listed(cause),
            Some(Cause::PerTryTimeout | Cause::Judged) => true,
            None => false,
        }
    }

    /// What follows, once it is time for it.
    async fn after(&mut self, ended: Ended) -> After {
        if !self.is_to_retry(&ended) {
            return After::Nothing(ended);
        }
        Box::pin(self.again(ended)).await
    }

    #[cold]
    async fn again(&mut self, ended: Ended) -> After {
        let Some(cause) = ended.cause().filter(|_| self.way.outgoing.is_here()) else {
            return After::Nothing(ended);
        };
        let elsewhere = self.entered.elsewhere();
        let pushback = ended.pushback(self.way.upstream);
        let now = Instant::now();
        let failed = Failed {
            cause,
            repeatable: self.way.repeatable,
            written: ended.written(),
            pushback,
            elsewhere,
            left: self.left(&ended, now),
            took: ended.took(now),
        };
        let Ok(paid) = self.tries.again(&failed) else {
            return After::Nothing(ended);
        };
        let Ended { came, .. } = ended;
        let came = match came {
            // Were it read on, the request that it answers would be read on as well.
            Came::Answer(answer) if self.way.outgoing.is_whole() => {
                // It is read while the pause lasts; the retry comes when that is over, and not sooner.
                let pause = sleep(paid.wait());
                discard(answer, paid.wait()).await;
                pause.await;
                None
            }
            Came::Answer(answer) => {
                drop(answer);
                sleep(paid.wait()).await;
                None
            }
            came => {
                sleep(paid.wait()).await;
                Some(came)
            }
        };
        match self.entered.attempt_again(pushback, elsewhere) {
            Ok(attempt) => {
                paid.made();
                After::Next(self.begin(attempt, Instant::now()))
            }
            Err(refusal) => match came {
                Some(came) => After::Nothing(Ended { came, ..ended }),
                None => After::Refused(refusal),
            },
        }
    }

    /// What is left of the call's time.
    fn left(&self, ended: &Ended, now: Instant) -> Duration {
        ended.limit.left().saturating_sub(ended.took(now))
    }

    /// Passes on what came, and tells whoever stands in front of the upstream as a whole.
    fn end(self, ended: Ended, asked: &Asked) -> Result<Response<AnswerBody>, Denied> {
        let Ended {
            endpoint,
            came,
            verdict,
            limit,
            mut deadline,
            began,
        } = ended;
        let id = || endpoint_id(self.way.upstream, &endpoint);
        match came {
            Came::Answer(mut answer) => {
                if verdict.outcome == Outcome::Success {
                    self.tries.answered(|| began.elapsed());
                }
                answer.lease.remember(self.entered.key().cloned());
                self.entered.report(verdict);
                limit.go_on(&mut deadline);
                Ok(pass_on(asked, answer, self.way.underway.clone(), deadline))
            }
            Came::Fault(fault, _) => {
                self.entered.report(verdict);
                Err(Denied::by_fault(id(), &fault))
            }
            // The call is dropped: nobody heard of it.
            Came::NoLease(refusal) => Err(Denied::NotAdmitted(refusal)),
            Came::ClientLate => Err(Denied::client_too_slow(id(), limit.due())),
            Came::Late => {
                self.entered.report(verdict);
                Err(Denied::too_slow(id(), limit.due()))
            }
        }
    }
}

#[cold]
fn endpoint_id(upstream: &UpstreamHandle, endpoint: &Endpoint) -> String {
    let addr = endpoint.addr();
    Identity::keyed("endpoint", upstream.id().name(), "endpoint", addr.as_str()).to_string()
}
