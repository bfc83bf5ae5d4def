//! What is recorded of a request, from the door to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use hedgerow_config::{Node as Kind, Parent, Trace as Tracing};
use hedgerow_supervisor::{
    AttributeValue, Clock, Context, Sampling, Span, SpanKind, SpanRecord, SpanStatus, Spans, Trace, Tree,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::super::{
    Arrival, ChainHandle, Cx, Flow, NodeSpec, NotEditable, Reply, RequestHead, SerialLimits, SerialNode,
    node_fn,
};
use super::{chain, run};
use crate::nodes::configured;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const CAME: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A request with headers.
#[derive(Default)]
struct Asked {
    path: &'static str,
    headers: HeaderMap,
    is_trusted: bool,
}

impl Asked {
    fn of(path: &'static str) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    fn came(mut self) -> Self {
        self.headers.insert(TRACEPARENT, HeaderValue::from_static(CAME));
        self
    }

    fn trace(&self) -> Option<Trace> {
        Trace::from_traceparent(self.headers.get(TRACEPARENT)?.as_bytes())
    }
}

impl RequestHead for Asked {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        self.path
    }

    fn authority(&self) -> Option<&str> {
        Some("shop.example:8080")
    }

    fn protocol_version(&self) -> Option<&'static str> {
        Some("1.1")
    }

    fn is_from_trusted_hop(&self) -> bool {
        self.is_trusted
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        let values = self.headers.get_all(name).iter();
        values.for_each(|value| look(value.as_bytes()));
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.headers.insert(name, value);
        Ok(())
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        self.headers.remove(name);
        Ok(())
    }
}

struct Stage {
    tree: Tree,
    chain: ChainHandle,
    spans: Spans,
}

impl Stage {
    async fn of(share: f64, nodes: Vec<NodeSpec>) -> Self {
        let (tree, chain) = chain(nodes).await;
        let spans = Spans::new(Clock::start(), Sampling::share(share));
        chain.record(&spans);
        Self { tree, chain, spans }
    }

    /// Has a request pass and answered with this status. What goes on of it.
    async fn pass(&self, mut asked: Asked, status: StatusCode) -> Asked {
        let Ok(Arrival::Through(passage)) = self.chain.enter().descend(&mut asked).await else {
            panic!("it does not pass")
        };
        passage.answer(&mut Reply::new(status)).unwrap().complete();
        asked
    }

    fn recorded(&self) -> Vec<SpanRecord> {
        self.spans.drain().spans
    }
}

fn text(span: &SpanRecord, key: &str) -> String {
    span.attribute(key)
        .map(|value| value.to_string())
        .unwrap_or_default()
}

/// Each span with the name of its parent. There is one root, and every parent is there.
fn parents(spans: &[SpanRecord]) -> Vec<(&str, &str)> {
    let by_id: BTreeMap<_, _> = spans
        .iter()
        .map(|span| (span.trace().span_id(), span.name()))
        .collect();
    assert_eq!(by_id.len(), spans.len(), "each has an id of its own");
    let roots = spans.iter().filter(|span| span.parent().is_none());
    assert_eq!(roots.count(), 1, "{spans:?}");
    let traces = spans
        .iter()
        .filter(|span| span.trace().trace_id() != spans[0].trace().trace_id());
    assert_eq!(traces.count(), 0, "{spans:?}");
    let mut parents: Vec<_> = spans
        .iter()
        .map(|span| (span.name(), span.parent().map_or("", |parent| by_id[&parent])))
        .collect();
    parents.sort_unstable();
    parents
}

fn passing(name: &'static str, pass: fn(&mut Cx)) -> NodeSpec {
    NodeSpec::new(name, "test", move || {
        node_fn(move |_, cx| {
            pass(cx);
            Flow::Next
        })
    })
}

#[test]
fn a_sampled_request_is_a_span_by_the_conventions_and_who_is_called_continues_it() {
    run(async {
        let stage = Stage::of(1.0, vec![]).await;
        let went = stage.pass(Asked::of("/pay/7"), StatusCode::NOT_FOUND).await;
        let spans = stage.recorded();
        assert_eq!(parents(&spans), [("GET", "")]);
        let span = &spans[0];
        assert_eq!(
            (span.kind(), span.status()),
            (SpanKind::Server, SpanStatus::Unset)
        );
        for (key, value) in [
            ("http.request.method", "GET"),
            ("http.response.status_code", "404"),
            ("url.path", "/pay/7"),
            ("server.address", "shop.example"),
            ("server.port", "8080"),
            ("network.protocol.version", "1.1"),
            ("hedgerow.revision", "1"),
            ("error.type", ""),
        ] {
            assert_eq!(text(span, key), value, "{key}");
        }
        assert_eq!(went.trace(), Some(span.trace()));
        stage.tree.stop().await;
    });
}

#[test]
fn who_is_not_trusted_does_not_say_what_is_recorded_and_the_trace_goes_on_unsampled() {
    run(async {
        let stage = Stage::of(0.0, vec![]).await;
        let came = Trace::from_traceparent(CAME.as_bytes()).unwrap();
        let went = stage
            .pass(Asked::of("/").came(), StatusCode::OK)
            .await
            .trace()
            .unwrap();
        assert_eq!((went.trace_id(), went.is_sampled()), (came.trace_id(), false));
        assert!(stage.recorded().is_empty());
        let trusted = Asked {
            is_trusted: true,
            ..Asked::of("/").came()
        };
        let went = stage.pass(trusted, StatusCode::OK).await.trace().unwrap();
        let spans = stage.recorded();
        assert_eq!(
            (spans[0].trace(), spans[0].parent()),
            (went, Some(came.span_id()))
        );
        // Nothing came that would have to be taken back.
        assert_eq!(stage.pass(Asked::of("/"), StatusCode::OK).await.trace(), None);
        stage.tree.stop().await;
    });
}

#[test]
fn a_request_that_fails_is_refused_or_slow_is_kept_though_its_trace_is_not_sampled() {
    run(async {
        let refusing = NodeSpec::new("refusing", "test", || {
            node_fn(|head, cx| {
                let _span = cx.span("never recorded");
                match head.path() {
                    "/refused" => cx.refuse(StatusCode::TOO_MANY_REQUESTS, "rate", "5", "6"),
                    "/crash" => panic!("told to"),
                    _ => Flow::Next,
                }
            })
        });
        let stage = Stage::of(0.0, vec![refusing.panic_budget(None)]).await;
        stage.pass(Asked::of("/"), StatusCode::OK).await;
        assert!(stage.recorded().is_empty());

        stage.pass(Asked::of("/"), StatusCode::BAD_GATEWAY).await;
        assert!(
            stage
                .chain
                .enter()
                .descend(&mut Asked::of("/refused"))
                .await
                .is_err()
        );
        assert!(
            stage
                .chain
                .enter()
                .descend(&mut Asked::of("/crash"))
                .await
                .is_err()
        );
        let mut slow = Asked::of("/slow");
        let Ok(Arrival::Through(passage)) = stage.chain.enter().descend(&mut slow).await else {
            panic!("it does not pass")
        };
        tokio::time::advance(Duration::from_secs(1)).await;
        passage
            .answer(&mut Reply::new(StatusCode::OK))
            .unwrap()
            .complete();
        let spans = stage.recorded();
        let told: Vec<_> = spans
            .iter()
            .map(|span| {
                let said = [
                    "hedgerow.kept",
                    "http.response.status_code",
                    "error.type",
                    "url.path",
                ];
                (span.status(), said.map(|key| text(span, key)).join(" "))
            })
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(status, said)| (*status, said.as_str()))
            .collect();
        let kept = [
            (SpanStatus::Error, "failed 502 502 /"),
            (SpanStatus::Unset, "refused 429  /refused"),
            (SpanStatus::Error, "refused 500 nodeCrashed /crash"),
            (SpanStatus::Unset, "slow 200  /slow"),
        ];
        assert_eq!(told, kept);
        // Where a node turns a request back its head is still at hand.
        let hosts: Vec<_> = spans.iter().map(|span| text(span, "server.address")).collect();
        assert_eq!(hosts, ["", "shop.example", "shop.example", ""]);
        let refusal = ["by", "rule", "limit", "observed"]
            .map(|part| text(&spans[1], &format!("hedgerow.refused.{part}")));
        assert_eq!(refusal, ["edge/node/refusing", "rate", "5", "6"]);
        assert_eq!(spans[3].took(), Duration::from_secs(1));
        stage.tree.stop().await;
    });
}

/// Answers in the mailbox of its actor, with a span of its own.
struct Pricing;

impl SerialNode for Pricing {
    type Request = ();
    type Answer = ();

    fn take(_: &dyn RequestHead, _: &mut Cx) -> Option<()> {
        Some(())
    }

    fn on_request(&mut self, (): ()) {
        drop(Span::begin("price"));
    }

    fn on_answer((): (), _: &mut dyn RequestHead, _: &mut Cx) -> Flow {
        Flow::Next
    }
}

#[test]
fn what_nodes_do_wait_for_and_begin_beside_a_request_is_a_part_of_it() {
    run(async {
        let nodes = vec![
            passing("spanning", |cx| {
                let charge = cx.span("charge").client().attribute("shop.till", 7_u16);
                drop(charge.child("card"));
                cx.annotate("shop.tenant", "acme");
            }),
            NodeSpec::serialised("pricing", "test", SerialLimits::default(), || Pricing),
            passing("spawning", |cx| {
                cx.spawn(async { drop(Span::begin("beside")) }).unwrap();
            }),
        ];
        let stage = Stage::of(1.0, nodes).await;
        let mut asked = Asked::of("/");
        let Ok(Arrival::Through(mut passage)) = stage.chain.enter().descend(&mut asked).await else {
            panic!("it does not pass")
        };
        let around = passage.recorded();
        around.enter(|| drop(Span::begin("service")));
        let mut spans = stage.recorded();
        while !spans.iter().any(|span| span.name() == "spawned") {
            tokio::task::yield_now().await;
            spans.extend(stage.recorded());
        }
        passage
            .answer(&mut Reply::new(StatusCode::OK))
            .unwrap()
            .complete();
        spans.extend(stage.recorded());
        let known = [
            ("Ask", "GET"),
            ("GET", ""),
            ("beside", "spawned"),
            ("card", "charge"),
            ("charge", "GET"),
            ("price", "Ask"),
            ("service", "GET"),
            ("spawned", "GET"),
        ];
        assert_eq!(parents(&spans), known);
        let by_name = |name| spans.iter().find(|span| span.name() == name).unwrap();
        assert_eq!(
            by_name("charge").attribute("shop.till"),
            Some(AttributeValue::Integer(7))
        );
        assert_eq!(text(by_name("GET"), "shop.tenant"), "acme");
        assert_eq!(by_name("Ask").kind(), SpanKind::Consumer);
        assert_eq!(text(by_name("spawned"), "hedgerow.node"), "spawning");
        stage.tree.stop().await;
    });
}

#[test]
fn a_request_inside_of_another_span_is_a_part_of_that() {
    run(async {
        let stage = Stage::of(0.0, vec![]).await;
        let outer = stage.spans.root(Trace::fresh(Trace::SAMPLED), None, "outer");
        outer
            .scope(async { stage.pass(Asked::of("/").came(), StatusCode::OK).await })
            .await;
        let spans = stage.recorded();
        assert_eq!(parents(&spans), [("GET", "outer"), ("outer", "")]);
        assert_eq!(spans[0].kind(), SpanKind::Internal);
        let unsampled = Context::default().with_trace(Trace::fresh(0));
        unsampled
            .scope(async { stage.pass(Asked::of("/").came(), StatusCode::OK).await })
            .await;
        assert!(stage.recorded().is_empty());
        stage.tree.stop().await;
    });
}

#[test]
fn a_node_trace_goes_on_with_what_the_door_has_and_decides_in_its_place() {
    run(async {
        for (share, tracing, came, is_recorded) in [
            (0.0, Tracing::new(), true, true),
            (
                0.0,
                Tracing::new().parent(Parent::Ignore).sample(0.0),
                true,
                false,
            ),
            (
                1.0,
                Tracing::new().parent(Parent::Ignore).sample(0.0),
                true,
                false,
            ),
            (1.0, Tracing::new().sample(1.0), false, true),
        ] {
            let trace = configured("edge", &Kind::new("trace", tracing), Vec::new());
            let after = passing("after", |cx| drop(cx.span("part")));
            let stage = Stage::of(share, vec![trace, after]).await;
            let asked = if came {
                Asked::of("/").came()
            } else {
                Asked::of("/")
            };
            let parent = asked.trace().map(Trace::span_id);
            let went = stage.pass(asked, StatusCode::OK).await.trace().unwrap();
            let spans = stage.recorded();
            assert_eq!(went.is_sampled(), is_recorded);
            if is_recorded {
                let [part, root] = &spans[..] else {
                    panic!("{spans:?}")
                };
                assert_eq!((root.trace(), root.parent()), (went, parent));
                assert_eq!(part.parent(), Some(went.span_id()));
                assert_eq!(text(root, "server.address"), "shop.example");
            } else {
                assert!(spans.is_empty(), "{spans:?}");
            }
            stage.tree.stop().await;
        }
    });
}

#[test]
fn a_request_that_is_given_up_says_so_and_its_context_is_used_again_without_it() {
    run(async {
        let stage = Stage::of(1.0, vec![]).await;
        drop(
            stage
                .chain
                .enter()
                .descend(&mut Asked::of("/first"))
                .await
                .unwrap(),
        );
        stage.pass(Asked::of("/"), StatusCode::OK).await;
        let spans = stage.recorded();
        assert_eq!(text(&spans[0], "hedgerow.cancelled"), "true");
        assert_eq!(
            (text(&spans[0], "url.path"), text(&spans[1], "url.path")),
            ("/first".into(), "/".into())
        );
        assert_eq!(text(&spans[1], "hedgerow.cancelled"), "");
        assert_ne!(spans[0].trace().trace_id(), spans[1].trace().trace_id());
        stage.tree.stop().await;
    });
}

#[test]
fn the_door_lets_no_more_of_a_trace_go_on_than_the_node_does() {
    let many = vec!["a=1"; 33].join(",");
    let later = CAME.replacen("00", "ff", 1);
    run(async {
        for share in [0.0, 1.0] {
            let stage = Stage::of(share, vec![]).await;
            let cases: [(&[&str], &str, bool, bool); 6] = [
                // traceparent, tracestate; whether each goes on
                (&[CAME], "a=1", true, true),
                (&[CAME], "bad key=1", true, false),
                (&[CAME], &many, true, false),
                (&[CAME, CAME], "a=1", false, false),
                (&[&later], "a=1", false, false),
                (&[], "a=1", false, false),
            ];
            for (parents, state, is_continued, goes_on) in cases {
                let mut asked = Asked::of("/");
                asked.headers.insert("tracestate", state.parse().unwrap());
                for parent in parents {
                    asked.headers.append(TRACEPARENT, parent.parse().unwrap());
                }
                let came = asked.trace().map(Trace::trace_id);
                let went = stage.pass(asked, StatusCode::OK).await;
                let told: Vec<_> = went.headers.get_all(TRACEPARENT).iter().collect();
                assert!(
                    told.len() <= 1 && (told.len() == 1 || parents.is_empty()),
                    "{told:?}"
                );
                let trace = went.trace().map(Trace::trace_id);
                assert_eq!(
                    trace.is_some() && trace == came,
                    is_continued,
                    "{parents:?}: {told:?}"
                );
                assert!(trace.is_some() || parents.is_empty(), "{parents:?}: {told:?}");
                assert_eq!(
                    went.headers.contains_key("tracestate"),
                    goes_on,
                    "{parents:?} {state}"
                );
            }
            stage.tree.stop().await;
        }
    });
}
