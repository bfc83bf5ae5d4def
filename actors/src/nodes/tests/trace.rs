//! `trace`.

use std::collections::BTreeSet;
use std::sync::mpsc::sync_channel;

use hedgerow_config::{Node, Parent, Trace as Config};
use hedgerow_supervisor::{Arbiters, Context, Ground, Supervisor, Trace, Tree};
use http::{HeaderName, HeaderValue};

use super::super::configured;
use super::{Asked, Stage, run};
use crate::chain::{Arrival, Flow, NodeSpec, node_fn, spec};
use crate::chance;
use crate::revision::Revisions;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
const ID: &str = "0af7651916cd43dd8448eb211c80319c";
const CAME: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn asked(headers: &[(HeaderName, &'static str)]) -> Asked {
    let mut asked = Asked::get("/");
    for (name, value) in headers {
        asked
            .headers
            .append(name.clone(), HeaderValue::from_static(value));
    }
    asked
}

/// What goes on of a request, which has one `traceparent`.
fn passed(stage: &Stage, mut asked: Asked) -> (Trace, Asked) {
    let Ok(Arrival::Through(passage)) = stage.walk(&mut asked) else {
        panic!("it does not pass")
    };
    passage.fail();
    let values: Vec<_> = asked.headers.get_all(TRACEPARENT).iter().collect();
    assert_eq!(values.len(), 1, "{values:?}");
    (Trace::from_traceparent(values[0].as_bytes()).unwrap(), asked)
}

fn id(trace: Trace) -> String {
    format!("{:032x}", u128::from_be_bytes(trace.trace_id()))
}

#[test]
fn a_trace_goes_on_with_its_state_and_a_span_of_our_own() {
    run(async {
        let stage = Stage::of(vec![Node::new("trace", Config::new().sample(0.0))]).await;
        let state = [(TRACEPARENT, CAME), (TRACESTATE, "a=1, b=2"), (TRACESTATE, "c=3")];
        let (trace, went) = passed(&stage, asked(&state));
        assert_eq!((id(trace), trace.flags()), (ID.to_owned(), Trace::SAMPLED));
        assert_ne!(
            trace.span_id(),
            Trace::from_traceparent(CAME.as_bytes()).unwrap().span_id()
        );
        let states: Vec<_> = went.headers.get_all(TRACESTATE).iter().collect();
        assert_eq!(states, ["a=1, b=2", "c=3"]);
        let (again, _) = passed(&stage, asked(&state));
        assert_ne!(again.span_id(), trace.span_id(), "each request is a span");
        stage.end().await;
    });
}

#[test]
fn an_invalid_trace_is_replaced_and_its_state_goes_no_further() {
    run(async {
        let stage = Stage::of(vec![Node::new("trace", Config::new())]).await;
        let upper = "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01";
        let mut ids = BTreeSet::new();
        for headers in [
            &[][..],
            &[(TRACEPARENT, upper)],
            &[(TRACEPARENT, "")],
            &[(TRACEPARENT, CAME), (TRACEPARENT, CAME)],
            &[(TRACEPARENT, upper), (TRACEPARENT, CAME)],
        ] {
            let headers = [headers, &[(TRACESTATE, "a=1")]].concat();
            let (trace, went) = passed(&stage, asked(&headers));
            assert_eq!(went.headers.get(TRACESTATE), None, "{headers:?}");
            assert_eq!(trace.flags() & Trace::RANDOM, Trace::RANDOM);
            ids.insert(id(trace));
        }
        assert_eq!((ids.len(), ids.contains(ID)), (5, false));
        // A state that cannot be read costs itself alone.
        let (trace, went) = passed(&stage, asked(&[(TRACEPARENT, CAME), (TRACESTATE, "A=1")]));
        assert_eq!((id(trace), went.headers.get(TRACESTATE)), (ID.to_owned(), None));
        stage.end().await;
    });
}

#[test]
fn baggage_goes_on_as_it_came_and_what_is_malformed_or_too_large_is_dropped_and_counted() {
    run(async {
        let stage = Stage::of(vec![Node::new("trace", Config::new())]).await;
        let came = [(BAGGAGE, "tenant=acme;p=1"), (BAGGAGE, "region=north, a = %20")];
        let (_, went) = passed(&stage, asked(&came));
        let values: Vec<_> = went.headers.get_all(BAGGAGE).iter().collect();
        assert_eq!(values, ["tenant=acme;p=1", "region=north, a = %20"]);
        assert_eq!(stage.gauge("trace", "baggageDropped"), 0);
        let many: &'static str = vec!["a=1"; 181].join(",").leak();
        let long: &'static str = format!("a={}", "x".repeat(8_191)).leak();
        for (dropped, value) in ["no pair", many, long].into_iter().enumerate() {
            // All of its fields go, and nothing else does.
            let headers = [(TRACEPARENT, CAME), (BAGGAGE, "a=1"), (BAGGAGE, value)];
            let (trace, went) = passed(&stage, asked(&headers));
            assert_eq!((id(trace), went.headers.get(BAGGAGE)), (ID.to_owned(), None));
            assert_eq!(stage.gauge("trace", "baggageDropped"), dropped as u64 + 1);
        }
        stage.end().await;
    });
}

/// How many of 10,000 requests are marked as recorded.
async fn sampled(config: Config, headers: &[(HeaderName, &'static str)]) -> u32 {
    let stage = Stage::of(vec![Node::new("trace", config)]).await;
    chance::seed(11);
    let marked = (0..10_000).filter(|_| passed(&stage, asked(headers)).0.is_sampled());
    let marked = u32::try_from(marked.count()).unwrap();
    stage.end().await;
    marked
}

#[test]
fn who_sends_a_request_says_whether_its_trace_is_recorded_and_else_a_share_is() {
    run(async {
        let not = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let tenth = Config::new();
        // Five standard deviations: 150.
        assert!(sampled(tenth.clone(), &[]).await.abs_diff(1_000) < 150);
        assert_eq!(sampled(tenth.clone(), &[(TRACEPARENT, CAME)]).await, 10_000);
        assert_eq!(sampled(tenth.clone(), &[(TRACEPARENT, not)]).await, 0);
        let ours = tenth.parent(Parent::Ignore);
        for came in [CAME, not] {
            assert!(
                sampled(ours.clone(), &[(TRACEPARENT, came)])
                    .await
                    .abs_diff(1_000)
                    < 150
            );
        }
        assert_eq!(sampled(ours.sample(0.0), &[(TRACEPARENT, CAME)]).await, 0);
    });
}

#[test]
fn nodes_behind_it_and_what_they_begin_beside_the_request_know_the_trace() {
    run(async {
        let (tell, told) = sync_channel(2);
        let looking = NodeSpec::new("looking", "test", move || {
            let tell = tell.clone();
            node_fn(move |_, cx| {
                let id = cx.attributes().get("traceId").map(str::to_owned);
                tell.send((cx.trace(), id)).unwrap();
                let beside = tell.clone();
                let work = async move { beside.send((Context::current().trace(), None)).unwrap() };
                cx.spawn(work).unwrap();
                Flow::Next
            })
        });
        let trace = configured("edge", &Node::new("trace", Config::new()), Vec::new());
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![trace, looking]);
        let ground = Ground::new(Arbiters::current_thread());
        let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
            .await
            .unwrap();
        let mut request = asked(&[(TRACEPARENT, CAME)]);
        let arrived = chain.enter().descend(&mut request).await.unwrap();
        let went = Trace::from_traceparent(request.headers[TRACEPARENT].as_bytes());
        assert_eq!(told.recv().unwrap(), (went, Some(ID.to_owned())));
        let mut beside = told.try_recv();
        while beside.is_err() {
            tokio::task::yield_now().await;
            beside = told.try_recv();
        }
        assert_eq!(beside.unwrap(), (went, None));
        drop(arrived);
        tree.stop().await;
    });
}
