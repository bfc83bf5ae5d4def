//! The trace that a request came with, and what of it goes no further: the one check, for the door and for the node `trace`.

use hedgerow_supervisor::Trace;
use http::{HeaderName, HeaderValue};

use super::head::RequestHead;
use super::trace_state::TraceState;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The trace that a request came with, where it is said once and well.
pub(super) fn continued(head: &dyn RequestHead) -> Option<Trace> {
    let (mut found, mut count) = (None, 0);
    head.each_header(&TRACEPARENT, &mut |value| {
        found = Trace::from_traceparent(value);
        count += 1;
    });
    found.filter(|_| count == 1)
}

/// Whether a trace is said that is none: it is not to go on.
pub(super) fn is_invalid(head: &dyn RequestHead, came: Option<Trace>) -> bool {
    came.is_none() && head.header(&TRACEPARENT).is_some()
}

/// Takes off what others on the way say of a trace, where it is invalid or no trace came with it.
pub(crate) fn trim_state(head: &mut dyn RequestHead, came: Option<Trace>) {
    if head.header(&TRACESTATE).is_some() && (came.is_none() || !TraceState::of(head, &TRACESTATE).is_fit()) {
        // Where nothing can be changed there is nothing to change.
        let _ = head.remove_header(&TRACESTATE);
    }
}

/// Says in a request's headers where in its trace it is.
pub(crate) fn write(head: &mut dyn RequestHead, trace: Trace) {
    if let Ok(value) = HeaderValue::from_bytes(&trace.traceparent()) {
        // Requests without headers have their trace in what goes with them.
        let _ = head.set_header(TRACEPARENT, value);
    }
}
