//! `trace`: continues a trace, or begins one.

mod state;

use hedgerow_config::{Parent, Trace as Config};
use hedgerow_supervisor::Trace;
use http::{HeaderName, HeaderValue};

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use crate::chance;
use state::TraceState;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The attribute that tells the id of the trace.
const TRACE_ID: &str = "traceId";

pub(super) fn spec(name: &str, config: &Config) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "trace", move || TraceNode {
        sample: config.sample,
        parent: config.parent,
    })
}

struct TraceNode {
    sample: f64,
    parent: Parent,
}

impl TraceNode {
    /// The flags with whether the trace is recorded.
    fn flags(&self, came: Option<Trace>) -> u8 {
        let is_sampled = match came {
            Some(came) if self.parent == Parent::Follow => came.is_sampled(),
            _ => chance::hits(self.sample),
        };
        let random = came.map_or(Trace::RANDOM, Trace::flags) & Trace::RANDOM;
        if is_sampled {
            random | Trace::SAMPLED
        } else {
            random
        }
    }
}

impl Node for TraceNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let came = continued(head);
        let trace = match came {
            Some(came) => came.child(fresh_span()).unwrap_or(came),
            None => fresh(),
        };
        let trace = trace.with_flags(self.flags(came));
        if came.is_none() || !TraceState::of(head, &TRACESTATE).is_fit() {
            // What is beside an invalid one counts no more than that. Where nothing can be changed there is nothing to change.
            let _ = head.remove_header(&TRACESTATE);
        }
        if let Ok(value) = HeaderValue::from_bytes(&trace.traceparent()) {
            // Requests without headers have their trace in what goes with them.
            let _ = head.set_header(TRACEPARENT, value);
        }
        let id = u128::from_be_bytes(trace.trace_id());
        cx.attributes().set(TRACE_ID, format_args!("{id:032x}"));
        cx.set_trace(trace);
        Flow::Next
    }
}

/// The trace that a request came with, where it is said once and well.
fn continued(head: &dyn RequestHead) -> Option<Trace> {
    let (mut found, mut count) = (None, 0);
    head.each_header(&TRACEPARENT, &mut |value| {
        found = Trace::from_traceparent(value);
        count += 1;
    });
    found.filter(|_| count == 1)
}

/// A trace of which this is the first span.
fn fresh() -> Trace {
    loop {
        let id = u128::from(chance::draw()) << 64 | u128::from(chance::draw());
        // Once in 2^64 draws an id is all zeros, which no trace has.
        if let Some(trace) = Trace::new(id.to_be_bytes(), fresh_span(), Trace::RANDOM) {
            return trace;
        }
    }
}

fn fresh_span() -> [u8; 8] {
    chance::draw().max(1).to_be_bytes()
}
