//! The span of one attempt at a call of any protocol.

use hedgerow_supervisor::{AttributeValue, Context, Span};
use tokio::time::Instant;

use super::attempt::Attempt;
use super::call::Call;
use crate::CallError;

/// The span of an attempt with this number, from 1, that began at `start`, where the current context is recorded.
pub(super) fn attempt(call: &Call<'_>, attempt: &Attempt, number: u32, start: Instant) -> Span {
    let span = Context::current().span_since("call", start);
    if !span.is_recorded() {
        return span;
    }
    let addr = attempt.endpoint().addr();
    let mut span = span
        .client()
        .attribute("server.address", addr.host())
        .attribute("server.port", addr.port())
        .attribute("hedgerow.upstream", call.upstream())
        .attribute("hedgerow.attempt", number);
    span.rename(&["call ", call.upstream()]);
    span
}

/// Ends the span of an attempt that came to this.
pub(super) fn ended<T, E>(mut span: Span, result: &Result<T, CallError<E>>) {
    match result {
        Ok(_) => {}
        Err(CallError::Refused(refusal)) => span.fail(refusal.rule.as_str()),
        Err(CallError::Deadline { .. }) => span.fail(AttributeValue::Static("timeout")),
        Err(_) => span.fail(AttributeValue::Static("failed")),
    }
}
