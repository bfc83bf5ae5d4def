//! `trace`: continues a trace, or begins one.

mod baggage;

use std::sync::Arc;

use hedgerow_config::{Parent, Trace as Config};
use hedgerow_supervisor::Trace;
use http::HeaderName;

use crate::chain::came::{trim_state, write};
use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use crate::chance;
use baggage::{BaggageFields, Lost};

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// The attribute that tells the id of the trace.
const TRACE_ID: &str = "traceId";

pub(super) fn spec(name: &str, config: &Config) -> NodeSpec {
    let config = config.clone();
    NodeSpec::keeping(name, "trace", Lost::default(), move |lost: Arc<Lost>| TraceNode {
        sample: config.sample,
        parent: config.parent,
        lost,
    })
}

struct TraceNode {
    sample: f64,
    parent: Parent,
    lost: Arc<Lost>,
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
        let came = cx.came_with(head);
        let trace = match (cx.trace(), came) {
            // The request has its place by now: where it came in.
            (Some(known), _) => known,
            (None, Some(came)) => came.descend(),
            (None, None) => Trace::fresh(0),
        };
        let trace = trace.with_flags(self.flags(came));
        trim_state(head, came);
        if !BaggageFields::of(head, &BAGGAGE).is_fit() {
            self.lost.count();
            let _ = head.remove_header(&BAGGAGE);
        }
        write(head, trace);
        let id = u128::from_be_bytes(trace.trace_id());
        cx.attributes().set(TRACE_ID, format_args!("{id:032x}"));
        cx.set_trace_of(head, trace);
        Flow::Next
    }
}
