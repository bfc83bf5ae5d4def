//! One call: what follows a failure.

use std::time::Duration;

use hedgerow_config::RetryCause;
use hedgerow_supervisor::Backoff;

use super::budget::Spent;
use super::figures::{Count, Stop};
use super::pushback::Pushback;
use super::request::{Repeatable, Standing};
use super::retries::Retries;

/// A callee that wants to be left alone for longer is not asked again: its answer is passed on, and whoever sent the request
/// can wait better than a request that holds its place in the meantime.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(2);

/// What an attempt came to that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An outcome that the policy lists, or does not.
    Listed(RetryCause),
    /// It took longer than one attempt may (`perTryTimeout`).
    PerTryTimeout,
    /// The caller's classifier says that it may be made again.
    Judged,
}

/// An attempt that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// What it came to.
    pub cause: Cause,
    /// Whether the request may be sent again.
    pub repeatable: Repeatable,
    /// What was written of it.
    pub written: Written,
    /// When the callee wants to be asked again.
    pub pushback: Pushback,
    /// Whether another endpoint can be asked. A callee speaks for itself: what it asked for is waited for where it is to be
    /// asked again.
    pub elsewhere: Elsewhere,
    /// What is left of the call's time.
    pub left: Duration,
    /// How long a failure takes that is answered: an attempt with less time left would not be, either.
    pub took: Duration,
}

/// Whether there is another endpoint than those that were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// There is one that admits attempts.
    Open,
    /// One of those that were tried admits another.
    OnlyHere,
    /// None admits any.
    AllShut,
}

/// What was written of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Not a byte: the callee cannot have acted on it.
    Nothing,
    /// Some of it, or all.
    Something,
}

/// One call to an upstream, from its first attempt to its end.
#[derive(Debug)]
pub struct Tries<'a> {
    retries: &'a Retries,
    standing: Standing,
    made: u32,
    hedged: u32,
    /// There from the first retry on.
    backoff: Option<Backoff>,
}

impl<'a> Tries<'a> {
    pub(super) fn new(retries: &'a Retries, standing: Standing) -> Self {
        Self {
            retries,
            standing,
            made: 0,
            hedged: 0,
            backoff: None,
        }
    }

    /// The number of the attempt that is made next or under way, from 1.
    pub fn number(&self) -> u32 {
        1 + self.made + self.hedged
    }

    /// Whether this caller would make the call again: then nobody behind it is to.
    pub fn would_repeat(&self, repeatable: Repeatable) -> bool {
        self.standing == Standing::Outermost && repeatable == Repeatable::Always && !self.retries.is_off()
    }

    /// The callee has answered, and the answer is passed on: no failure, as far as retries go. It took so long.
    pub fn answered(&self, took: impl FnOnce() -> Duration) {
        self.retries.answered(took);
    }

    /// What follows a failure: a retry that is paid for, or nothing.
    ///
    /// # Errors
    /// Why it is not made again; `None` where it never would be.
    pub fn again(&mut self, failed: &Failed) -> Result<Paid<'a>, Option<Stop>> {
        let policy = self.retries.policy();
        let is_harmless = failed.repeatable == Repeatable::Always || failed.written == Written::Nothing;
        let is_meant = match failed.cause {
            Cause::Listed(cause) => self.retries.is_listed(cause),
            Cause::PerTryTimeout | Cause::Judged => true,
        };
        if policy.max_retries == 0 || !is_meant || !is_harmless || failed.elsewhere == Elsewhere::AllShut {
            return Err(None);
        }
        let paid = self.allowed(failed);
        if let Err(why) = &paid {
            self.retries.stopped(*why);
        }
        paid.map_err(Some)
    }

    fn allowed(&mut self, failed: &Failed) -> Result<Paid<'a>, Stop> {
        if self.standing == Standing::Nested {
            return Err(Stop::Nested);
        }
        if self.made >= self.retries.max_retries() {
            return Err(Stop::Attempts);
        }
        let asked = match (failed.pushback, failed.elsewhere) {
            (Pushback::Never, _) => return Err(Stop::Pushback),
            (Pushback::After(_), Elsewhere::Open) | (Pushback::Unsaid, _) => Duration::ZERO,
            (Pushback::After(time), _) if time > LONGEST_ASKED => return Err(Stop::Pushback),
            (Pushback::After(time), _) => time,
        };
        let retries = self.retries;
        let backoff = self
            .backoff
            .get_or_insert_with(|| Backoff::fully_spread(retries.curve(), retries.seed()));
        let wait = backoff.next().max(asked);
        let needed = match failed.cause {
            Cause::Listed(RetryCause::Status(_)) => wait.saturating_add(failed.took),
            _ => wait,
        };
        if needed >= failed.left {
            return Err(Stop::Deadline);
        }
        if retries.spend() == Spent::Nothing {
            return Err(Stop::Budget);
        }
        self.made += 1;
        Ok(Paid {
            wait,
            counts: Count::Retry,
            retries: Some(retries),
        })
    }

    /// How long an attempt is waited for before another one is made beside it; `None` where none is.
    pub fn hedge_after(&self, repeatable: Repeatable) -> Option<Duration> {
        let may = repeatable == Repeatable::Always
            && self.standing == Standing::Outermost
            && self.hedged < self.retries.max_hedges();
        if may { self.retries.hedge_after() } else { None }
    }

    /// Another attempt beside the one that is waited for.
    ///
    /// # Errors
    /// That the budget does not pay.
    pub fn hedge(&mut self) -> Result<Paid<'a>, Stop> {
        if self.retries.spend() == Spent::Nothing {
            self.retries.stopped(Stop::Budget);
            return Err(Stop::Budget);
        }
        self.hedged += 1;
        Ok(Paid {
            wait: Duration::ZERO,
            counts: Count::Hedge,
            retries: Some(self.retries),
        })
    }

    /// It was a hedge whose answer counts.
    pub fn hedge_won(&self) {
        self.retries.count(Count::HedgeWon);
    }
}

/// An attempt more, which the budget has paid for. Dropped before it is made, it gives that back.
#[must_use = "dropped, it gives back what was paid"]
#[derive(Debug)]
pub struct Paid<'a> {
    wait: Duration,
    counts: Count,
    retries: Option<&'a Retries>,
}

impl Paid<'_> {
    /// How long to wait before it.
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// It is made now.
    pub fn made(mut self) {
        if let Some(retries) = self.retries.take() {
            retries.count(self.counts);
        }
    }
}

impl Drop for Paid<'_> {
    fn drop(&mut self) {
        if let Some(retries) = self.retries.take() {
            retries.refund();
        }
    }
}
