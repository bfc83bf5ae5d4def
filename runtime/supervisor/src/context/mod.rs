//! What travels with a message: on whose behalf, under which trace, and until when.
//!
//! A [`Context`] is data. Which one is *current* belongs to the thread, and only for the length of a call or of one
//! poll: see [`Context::enter`] and [`Context::scope`].

mod ambient;
mod baggage;
mod carried;
mod scoped;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use ambient::is_set;
use ambient::run_in;
pub use baggage::{Baggage, BaggageError};
pub(crate) use carried::Carried;
pub use scoped::Scoped;
pub use trace::Trace;

use crate::span::{Span, Spans};

/// What a message carries beside itself: trace, deadline, tenant, baggage. Each part may be missing; by default all
/// are.
///
/// A context is cheap to clone: what may be long in it is shared. A clone of an empty one counts no reference.
///
/// ```
/// use hedgerow_supervisor::Context;
///
/// let context = Context::default().with_tenant("acme");
/// assert!(Context::current().is_empty());
/// context.enter(|| assert_eq!(Context::current().tenant(), Some("acme")));
/// assert!(Context::current().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    trace: Option<Trace>,
    deadline: Option<Instant>,
    tenant: Option<Arc<str>>,
    baggage: Option<Arc<Baggage>>,
    /// Who records its trace, where anybody does.
    spans: Option<Spans>,
}

impl Context {
    /// Nothing of anything; the default in a place where a constant is needed.
    const EMPTY: Self = Self {
        trace: None,
        deadline: None,
        tenant: None,
        baggage: None,
        spans: None,
    };

    /// The context of what the current thread does at present; an empty one outside of [`enter`](Self::enter), of
    /// [`scope`](Self::scope) and of an actor's handler.
    pub fn current() -> Self {
        ambient::current()
    }

    /// This context under another trace, or under one for the first time.
    #[must_use]
    pub fn with_trace(self, trace: Trace) -> Self {
        Self {
            trace: Some(trace),
            ..self
        }
    }

    /// This context with a deadline no later than `at`. The earlier one counts: a deadline is only ever shortened.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hedgerow_supervisor::{Clock, Context};
    ///
    /// let clock = Clock::start();
    /// let soon = clock.at(Duration::from_secs(1));
    /// let context = Context::default().with_deadline(soon);
    /// let context = context.with_deadline(clock.at(Duration::from_secs(9)));
    /// assert_eq!(context.deadline(), Some(soon));
    /// ```
    #[must_use]
    pub fn with_deadline(self, at: Instant) -> Self {
        Self {
            deadline: Some(self.deadline.map_or(at, |earlier| earlier.min(at))),
            ..self
        }
    }

    /// This context with a deadline no later than `after` has passed from now, by tokio's clock. The earlier one counts,
    /// as with [`with_deadline`](Self::with_deadline). A time so long that its end has no name is no deadline.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hedgerow_supervisor::Context;
    ///
    /// let context = Context::default().with_deadline_in(Duration::from_secs(1));
    /// let deadline = context.deadline();
    /// assert!(deadline.is_some());
    /// assert_eq!(context.with_deadline_in(Duration::from_secs(9)).deadline(), deadline);
    /// ```
    #[must_use]
    pub fn with_deadline_in(self, after: Duration) -> Self {
        match now().checked_add(after) {
            Some(at) => self.with_deadline(at),
            None => self,
        }
    }

    /// This context on behalf of `tenant`.
    #[must_use]
    pub fn with_tenant(self, tenant: impl Into<Arc<str>>) -> Self {
        Self {
            tenant: Some(tenant.into()),
            ..self
        }
    }

    /// This context with `baggage` in place of what it had. Baggage without an entry is no baggage.
    #[must_use]
    pub fn with_baggage(self, baggage: impl Into<Arc<Baggage>>) -> Self {
        let baggage = baggage.into();
        Self {
            baggage: (!baggage.is_empty()).then_some(baggage),
            ..self
        }
    }

    /// This context as a part of a span, at this place of its trace, that `spans` records.
    pub(crate) fn recorded_by(self, trace: Trace, spans: Spans) -> Self {
        Self {
            trace: Some(trace),
            spans: Some(spans),
            ..self
        }
    }

    /// A part of what this belongs to, which begins now; [`Span::NONE`] where that is not recorded.
    pub fn span(&self, name: &'static str) -> Span {
        match (&self.spans, self.trace) {
            (Some(spans), Some(trace)) => spans.child(trace, name),
            _ => Span::NONE,
        }
    }

    /// As [`span`](Self::span), of work that has begun at `start`.
    pub fn span_since(&self, name: &'static str, start: Instant) -> Span {
        match (&self.spans, self.trace) {
            (Some(spans), Some(trace)) => spans.child_since(trace, name, start),
            _ => Span::NONE,
        }
    }

    /// The trace that this belongs to.
    pub fn trace(&self) -> Option<Trace> {
        self.trace
    }

    /// The instant after which an answer is of no use.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How much of the time until the deadline is left at `now`: zero once it has passed, `None` without a deadline.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|at| at.saturating_duration_since(now))
    }

    /// A limit no longer than what is left until the deadline. A clock is read only where there is one.
    pub(crate) fn at_most(&self, limit: Duration) -> Duration {
        self.deadline
            .map_or(limit, |at| limit.min(at.saturating_duration_since(now())))
    }

    /// On whose behalf this is done.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// What the caller, or a caller of its, gave along for everybody on the way.
    pub fn baggage(&self) -> Option<&Baggage> {
        self.baggage.as_deref()
    }

    /// Whether it has no part at all.
    pub fn is_empty(&self) -> bool {
        self.trace.is_none() && self.deadline.is_none() && self.tenant.is_none() && self.baggage.is_none()
    }

    /// Calls `work` with this as the current context of the thread. The one before is current again afterwards, after
    /// a panic as well. Contexts nest; nothing is merged.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        run_in(self.clone(), work)
    }

    /// A future that is polled, and dropped, with this as the current context, on whatever thread.
    ///
    /// What is wrapped may be a [`Future`] or an [`ActorFuture`](actix::fut::ActorFuture); the result is the same
    /// kind.
    ///
    /// ```
    /// use hedgerow_supervisor::Context;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let work = Context::default().with_tenant("acme").scope(async { Context::current() });
    /// assert!(Context::current().is_empty());
    /// assert_eq!(work.await.tenant(), Some("acme"));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scope<F>(self, future: F) -> Scoped<F> {
        Scoped::new(self, future)
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a deadline is an instant of the clock that is read here"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
