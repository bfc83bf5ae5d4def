//! A deadline that a node gives a request, around a plain call.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hedgerow::actors::chain::{Attributes, Cx, End, Flow, Node, NodeSpec, RequestHead};
use hedgerow::prelude::*;

use crate::nodes::{self, Log, NODES};
use crate::stands::Ground;

/// Gives requests so much time, and writes down how each ended and what its client was told.
struct Brief(Duration, Arc<Mutex<Vec<String>>>);

impl Node for Brief {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        cx.tell_outcome();
        cx.shorten_deadline(self.0);
        Flow::Next
    }

    fn on_end(&self, end: End, (): &mut (), told: &Attributes) {
        let said = |key| told.get(key).unwrap_or("-").to_owned();
        let (status, by, rule) = (said("status"), said("refusedBy"), said("rule"));
        self.1
            .lock()
            .unwrap()
            .push(format!("{end:?} {status} {by} {rule}"));
    }
}

/// What a call is that never ends by itself, in so much time, and what its node saw.
fn called(time: Duration) -> (Result<(), CallError<()>>, Vec<String>) {
    let seen = Arc::default();
    let at_node = Arc::clone(&seen);
    let brief = NodeSpec::new("brief", "brief", move || Brief(time, Arc::clone(&at_node)));
    let (ground, chain) = Ground::new(Chain::new("edge").own(brief));
    let call = chain.call(CallHead::new("/work"), |_| pending());
    let outcome = ground.runtime.block_on(call);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (outcome, seen)
}

#[test]
fn a_call_that_is_cut_short_has_failed_and_its_nodes_hear_of_the_deadline() {
    let limit = Duration::from_millis(20);
    let (outcome, seen) = called(limit);
    assert_eq!(outcome, Err(CallError::Deadline { limit }));
    assert_eq!(seen, ["Failed 504 edge deadline"]);
}

#[test]
fn a_call_without_time_for_it_is_refused_and_its_nodes_hear_of_the_deadline() {
    let (outcome, seen) = called(Duration::ZERO);
    let Err(CallError::Refused(refusal)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((refusal.id.as_str(), refusal.rule.as_str()), ("edge", "deadline"));
    assert_eq!(seen, ["Refused 504 edge deadline"]);
}

#[test]
fn a_call_that_no_tokio_polls_needs_no_timer_for_its_deadline() {
    let log = Log::default();
    let (_ground, chain) = Ground::new(nodes::chain(&log));
    let mut task = Context::from_waker(Waker::noop());
    {
        let mut call = pin!(chain.call(CallHead::new("/late"), |_| pending::<Result<(), ()>>()));
        assert_eq!(call.as_mut().poll(&mut task), Poll::Pending);
    }
    log.ended("a call that was dropped", &NODES, End::Cancelled);
    let ready = |_| async { Ok::<_, ()>(7) };
    let call = pin!(chain.call(CallHead::new("/late"), ready));
    assert_eq!(call.poll(&mut task), Poll::Ready(Ok(7)));
}
