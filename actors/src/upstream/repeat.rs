//! A call of any protocol, attempt after attempt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::attempt::Attempt;
use super::call::Call;
use super::endpoint::Endpoint;
use super::traced;
use crate::CallError;
use crate::pool::resource::Leases;
use crate::retry::{Cause, Failed, Paid, Pushback, Repeatable, Retries, Standing, Tries, Written};
use crate::verdict::{self, Outcome, Verdict};

/// How one attempt ended.
struct Ended<T, E> {
    result: Result<T, CallError<E>>,
    verdict: Verdict,
    /// Why another one may be made.
    cause: Option<Cause>,
}

/// One call, with what it is made of.
pub(super) struct Repeat<'a, J, M> {
    call: Call<'a>,
    tries: Tries<'a>,
    retries: &'a Retries,
    pool: &'a Leases,
    /// What the call may take in all.
    whole: Duration,
    begun: Instant,
    judge: J,
    make: M,
}

impl<'a, J, M> Repeat<'a, J, M> {
    pub(super) fn new(
        call: Call<'a>,
        (retries, pool): (&'a Retries, &'a Leases),
        timeout: Duration,
        judge: J,
        make: M,
    ) -> Self {
        Self {
            whole: call.limit(timeout),
            call,
            tries: retries.tries(Standing::Outermost),
            retries,
            pool,
            begun: Instant::now(),
            judge,
            make,
        }
    }

    /// Makes attempts until one succeeds, or fails for good.
    pub(super) async fn run<T, E, F>(mut self) -> Result<T, CallError<E>>
    where
        J: Fn(&Result<T, E>) -> Verdict,
        M: Fn(Arc<Endpoint>) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let mut attempt = self.call.attempt().map_err(CallError::Refused)?;
        let mut start = self.begun;
        loop {
            let span = traced::attempt(&self.call, &attempt, self.tries.number(), start);
            // What is done for the attempt is a part of its span.
            let within = span.context();
            let ended = within.scope(self.attempt(attempt, start)).await;
            traced::ended(span, &ended.result);
            let next = match ended.cause {
                Some(cause) => self.next(cause, ended.verdict).await,
                None => None,
            };
            match next {
                Some(next) => {
                    attempt = next;
                    start = Instant::now();
                }
                None => {
                    if ended.verdict.outcome == Outcome::Success {
                        self.tries.answered(|| start.elapsed());
                    }
                    self.call.report(ended.verdict);
                    return ended.result;
                }
            }
        }
    }

    async fn attempt<T, E, F>(&self, attempt: Attempt, start: Instant) -> Ended<T, E>
    where
        J: Fn(&Result<T, E>) -> Verdict,
        M: Fn(Arc<Endpoint>) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let left = self.left(start);
        let per_try = self.retries.per_try_timeout();
        let limit = attempt.limit(per_try.map_or(left, |per_try| per_try.min(left)));
        let mut lease = match self.pool.grant(limit).await {
            Ok(lease) => lease,
            // The attempt is dropped: it was never made.
            Err(refusal) => {
                return Ended {
                    result: Err(CallError::Refused(refusal)),
                    verdict: Verdict::ignored(),
                    cause: None,
                };
            }
        };
        let made = (self.make)(Arc::clone(attempt.endpoint()));
        // A limit beyond the end of the clock is none.
        let limited = match start.checked_add(limit) {
            Some(deadline) => timeout_at(deadline, made).await,
            None => timeout(limit, made).await,
        };
        match limited {
            Ok(result) => {
                let verdict = (self.judge)(&result);
                lease.end(verdict.outcome.into());
                attempt.report(verdict);
                // A judge may call all results of a read retryable: what was brought is not asked for again.
                let is_in_vain = verdict.outcome != Outcome::Success;
                Ended {
                    result: result.map_err(CallError::Failed),
                    verdict,
                    cause: (verdict.is_retryable && is_in_vain).then_some(Cause::Judged),
                }
            }
            Err(_) => {
                let verdict = verdict::of_deadline(start.elapsed().saturating_sub(limit));
                lease.end(verdict.outcome.into());
                attempt.report(verdict);
                Ended {
                    result: Err(CallError::Deadline { limit }),
                    verdict,
                    cause: (limit < left && per_try.is_some()).then_some(Cause::PerTryTimeout),
                }
            }
        }
    }

    /// The next attempt, once it is time for it; `None` where there is none.
    async fn next(&mut self, cause: Cause, verdict: Verdict) -> Option<Attempt> {
        let pushback = match verdict.retry_after {
            Some(asked) => Pushback::After(asked.left_at(self.retries.wall())),
            None => Pushback::Unsaid,
        };
        let elsewhere = self.call.elsewhere();
        let paid = self.tries.again(&Failed {
            cause,
            repeatable: Repeatable::Always,
            written: Written::Something,
            pushback,
            elsewhere,
            left: self.left(Instant::now()),
            took: Duration::ZERO,
        });
        let paid = paid.ok()?;
        sleep(paid.wait()).await;
        let next = self.call.attempt_again(pushback, elsewhere).ok()?;
        Paid::made(paid);
        Some(next)
    }

    fn left(&self, now: Instant) -> Duration {
        self.whole
            .saturating_sub(now.saturating_duration_since(self.begun))
    }
}
