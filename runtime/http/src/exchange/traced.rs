//! The span of one attempt.

use std::mem;

use hedgerow_actors::upstream::Endpoint;
use hedgerow_supervisor::{AttributeValue, Context, Span, Trace};
use http::Method;
use tokio::time::Instant;

use super::attempt::Came;
use crate::wire::Fault;

/// What a call is to its trace.
pub(super) struct Traced<'a> {
    /// The context that it is made in; empty where its trace is not recorded.
    pub(super) context: Context,
    pub(super) method: Method,
    pub(super) upstream: &'a str,
}

/// The span of one attempt, which its endpoint continues. Dropped before the attempt has ended, it was cancelled.
pub(super) struct Attempted(Span);

impl Traced<'_> {
    /// The span of the attempt with this number, from 1, which begins now.
    #[inline]
    pub(super) fn attempt(&self, endpoint: &Endpoint, number: u32, now: Instant) -> Attempted {
        if self.context.trace().is_none() {
            return Attempted(Span::NONE);
        }
        Attempted(self.recorded(endpoint, number, now))
    }

    fn recorded(&self, endpoint: &Endpoint, number: u32, now: Instant) -> Span {
        let addr = endpoint.addr();
        let mut span = self
            .context
            .span_since("attempt", now)
            .client()
            .attribute("http.request.method", self.method.as_str())
            .attribute("server.address", addr.host())
            .attribute("server.port", addr.port())
            .attribute("hedgerow.upstream", self.upstream)
            .attribute("hedgerow.attempt", number);
        span.rename(&[self.method.as_str(), " ", self.upstream]);
        if number > 1 {
            span.set("http.request.resend_count", number - 1);
        }
        span
    }
}

impl Attempted {
    /// Says that it was made beside another one, which had not answered in a while.
    pub(super) fn is_hedge(&mut self) {
        self.0.set("hedgerow.hedge", true);
    }

    /// Says that it is a copy, whose answer nobody sees.
    pub(super) fn is_copy(&mut self) {
        self.0.set("hedgerow.mirrored", true);
    }

    /// Where in its trace the endpoint goes on.
    #[inline]
    pub(super) fn trace(&self) -> Option<Trace> {
        self.0.trace()
    }

    /// A part of the attempt, which begins now.
    #[inline]
    pub(super) fn part(&self, name: &'static str) -> Span {
        self.0.child(name)
    }

    /// The attempt has come to this.
    #[inline]
    pub(super) fn ended(&mut self, came: &Came) {
        if self.0.is_recorded() {
            say(mem::take(&mut self.0), came);
        }
    }
}

fn say(mut span: Span, came: &Came) {
    let rule = match came {
        Came::Answer(answer) => {
            let status = answer.response.status();
            span.set("http.response.status_code", status.as_u16());
            // To whoever has asked, any status of an error is one.
            if status.is_client_error() || status.is_server_error() {
                span.fail(status.as_str());
            }
            return;
        }
        Came::Fault(fault, _) => match fault {
            Fault::Connect(_) => "connect",
            Fault::ConnectTimeout { .. } => "connectTimeout",
            Fault::Reset(_) => "reset",
            Fault::Garbage { .. } => "answer",
            Fault::BrokenOff(_) => "body",
        },
        Came::NoLease(refusal) => {
            span.fail(refusal.rule.as_str());
            span.set("hedgerow.refused.limit", refusal.limit.as_str());
            span.set("hedgerow.refused.observed", refusal.observed.as_str());
            return;
        }
        Came::Late => "timeout",
        Came::ClientLate => "clientTooSlow",
    };
    span.fail(AttributeValue::Static(rule));
}

/// Others have answered before it did, or nobody waits any more.
impl Drop for Attempted {
    fn drop(&mut self) {
        self.0.set("hedgerow.cancelled", true);
    }
}
