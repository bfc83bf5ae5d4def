//! The spans of a request through a listener: one root, and every parent is there.
#![allow(clippy::unwrap_used)]

mod kit;

use std::cell::Cell;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::chain::{self, Lead};
use hedgerow_actors::nodes;
use hedgerow_actors::revision::Revisions;
use hedgerow_actors::upstream;
use hedgerow_config::{
    HedgeAfter, HedgePolicy, Node, RetryBackoff, RetryCause, RetryPolicy, Route, Upstream,
};
use hedgerow_http::listener::{self, Options};
use hedgerow_store::Store;
use hedgerow_supervisor::{
    Arbiters, Ground, Sampling, SpanKind, SpanRecord, SpanStatus, Spans, Supervisor, Trace, Tree,
};
use kit::{Answer, Client, Endpoint, run};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

struct Stage {
    tree: Tree,
    addr: SocketAddr,
    spans: Spans,
    arbiters: Arbiters,
}

impl Stage {
    /// A listener before these endpoints, of whose requests this share is sampled.
    async fn of(share: f64, endpoints: &[&Endpoint], change: impl FnOnce(&mut Upstream)) -> Self {
        let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
        let ground = Ground::new(arbiters.clone());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let addrs = endpoints
            .iter()
            .map(|endpoint| endpoint.addr.to_string().parse().unwrap());
        let mut config = Upstream::new("payments", addrs.collect());
        change(&mut config);
        let (upstream, handle) = upstream::spec(&config, &means, None).unwrap();
        let route = Node::new("route", Route::new().rule("/pay", "payments"));
        let leads = vec![Lead::new(handle, "edge", "/pay")];
        let route = nodes::configured("edge", &route, leads);
        let (chain, chain_handle) = chain::spec("edge", &Revisions::beginning_at(1), vec![route]);
        let spans = Spans::new(ground.clock, Sampling::share(share));
        chain_handle.record(&spans);
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = socket.local_addr().unwrap();
        let options = Options {
            workers: NonZeroUsize::MIN,
            ..Options::default()
        };
        let listener = listener::spec("public", socket, chain_handle, options, &ground.events);
        let root = Supervisor::one_for_one("gateway")
            .child(upstream)
            .child(chain)
            .child(listener);
        let tree = Tree::start(root, &ground).await.unwrap();
        Self {
            tree,
            addr,
            spans,
            arbiters,
        }
    }

    async fn ask(&self, path: &str, headers: &str) -> Answer {
        let mut client = Client::connect(self.addr).await;
        client.ask("GET", path, headers).await
    }

    /// All that was recorded, once so many spans are there. Those of one request end before its answer does, but for its own.
    async fn recorded(&self, count: usize) -> Vec<SpanRecord> {
        let mut spans = self.spans.drain().spans;
        while spans.len() < count {
            tokio::task::yield_now().await;
            spans.extend(self.spans.drain().spans);
        }
        assert_eq!(spans.len(), count, "{spans:?}");
        spans
    }

    async fn stop(self) {
        self.tree.stop().await;
        self.arbiters.shutdown().await;
    }
}

fn text(span: &SpanRecord, key: &str) -> String {
    span.attribute(key)
        .map(|value| value.to_string())
        .unwrap_or_default()
}

/// The spans with this name, in the order in which they began. The whole is one tree with one root, whose parent is `came`.
fn named<'a>(spans: &'a [SpanRecord], name: &str, came: Option<[u8; 8]>) -> Vec<&'a SpanRecord> {
    let is_there = |id| spans.iter().any(|span| span.trace().span_id() == id);
    let roots = spans.iter().filter(|span| span.parent() == came);
    assert_eq!(roots.count(), 1, "{spans:?}");
    for span in spans {
        assert_eq!(span.trace().trace_id(), spans[0].trace().trace_id());
        assert!(
            span.parent() == came || span.parent().is_some_and(is_there),
            "{spans:?}"
        );
    }
    let mut named: Vec<_> = spans.iter().filter(|span| span.name() == name).collect();
    named.sort_by_key(|span| span.start());
    named
}

fn sent(endpoint: &Endpoint) -> Option<Trace> {
    let (_, fields) = endpoint.last_head();
    let (_, value) = fields.into_iter().find(|(name, _)| name == "traceparent")?;
    Trace::from_traceparent(value.as_bytes())
}

#[test]
fn a_request_its_attempt_and_the_dial_are_a_tree_that_the_endpoint_continues() {
    run(async {
        let endpoint = Endpoint::answering(OK).await;
        let stage = Stage::of(1.0, &[&endpoint], |_| ()).await;
        let came = Trace::fresh(Trace::SAMPLED);
        let header = String::from_utf8(came.traceparent().to_vec()).unwrap();
        let headers = format!("traceparent: {header}\r\ntracestate: a=1\r\n");
        assert_eq!(stage.ask("/pay/7", &headers).await.status, 200);
        let spans = stage.recorded(3).await;
        let parent = Some(came.span_id());
        let server = named(&spans, "GET /pay", parent)[0];
        let attempt = named(&spans, "GET payments", parent)[0];
        let dial = named(&spans, "dial", parent)[0];
        assert_eq!(
            (server.kind(), attempt.kind()),
            (SpanKind::Server, SpanKind::Client)
        );
        assert_eq!(attempt.parent(), Some(server.trace().span_id()));
        assert_eq!(dial.parent(), Some(attempt.trace().span_id()));
        assert_eq!(sent(&endpoint), Some(attempt.trace()));
        assert_eq!(server.trace().trace_id(), came.trace_id());
        for (key, value) in [
            ("http.route", "/pay"),
            ("url.path", "/pay/7"),
            ("http.response.status_code", "200"),
            ("network.protocol.version", "1.1"),
            ("hedgerow.upstream", "payments"),
        ] {
            assert_eq!(text(server, key), value, "{key}");
        }
        assert_eq!(text(attempt, "server.port"), endpoint.addr.port().to_string());
        assert_eq!(text(attempt, "http.request.resend_count"), "");
        stage.stop().await;
    });
}

#[test]
fn each_retry_is_a_sibling_of_the_attempt_before_and_says_which_it_is() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            let mut answers = [BUSY, OK].into_iter();
            while conn.speaks().await {
                let _ = conn.head().await;
                conn.send(answers.next().unwrap()).await;
            }
        })
        .await;
        let stage = Stage::of(1.0, &[&endpoint], |config| {
            config.retry = RetryPolicy {
                on: vec![RetryCause::Status(503)],
                backoff: RetryBackoff {
                    initial: Duration::from_millis(1),
                    max: Duration::from_millis(1),
                },
                ..RetryPolicy::default()
            };
        })
        .await;
        assert_eq!(stage.ask("/pay", "").await.status, 200);
        let spans = stage.recorded(4).await;
        let server = named(&spans, "GET /pay", None)[0];
        let attempts = named(&spans, "GET payments", None);
        let told: Vec<_> = attempts
            .iter()
            .map(|span| {
                let said = [
                    "hedgerow.attempt",
                    "http.request.resend_count",
                    "http.response.status_code",
                ];
                (span.status(), said.map(|key| text(span, key)).join(","))
            })
            .collect();
        let expected = [
            (SpanStatus::Error, "1,,503".to_owned()),
            (SpanStatus::Unset, "2,1,200".to_owned()),
        ];
        assert_eq!(told, expected);
        for attempt in attempts {
            assert_eq!(attempt.parent(), Some(server.trace().span_id()));
        }
        stage.stop().await;
    });
}

#[test]
fn a_hedge_is_a_sibling_of_the_attempt_beside_it_which_says_that_it_was_given_up() {
    run(async {
        // Whoever is asked first keeps silent.
        let asked = Rc::new(Cell::new(0));
        let endpoint = || {
            let asked = Rc::clone(&asked);
            Endpoint::scripted(move |mut conn, _| {
                let asked = Rc::clone(&asked);
                async move {
                    let _ = conn.head().await;
                    if asked.replace(asked.get() + 1) > 0 {
                        conn.send(OK).await;
                    }
                    std::future::pending::<()>().await;
                }
            })
        };
        let endpoints = [endpoint().await, endpoint().await];
        let stage = Stage::of(1.0, &[&endpoints[0], &endpoints[1]], |config| {
            let after = HedgeAfter::Time(Duration::from_millis(5));
            config.hedge = Some(HedgePolicy::after(after));
        })
        .await;
        assert_eq!(stage.ask("/pay", "").await.status, 200);
        let spans = stage.recorded(5).await;
        let server = named(&spans, "GET /pay", None)[0];
        let attempts = named(&spans, "GET payments", None);
        let told: Vec<_> = attempts
            .iter()
            .map(|span| ["hedgerow.hedge", "hedgerow.cancelled"].map(|key| text(span, key)))
            .collect();
        assert_eq!(
            told,
            [
                ["".to_owned(), "true".to_owned()],
                ["true".to_owned(), "".to_owned()]
            ]
        );
        for attempt in attempts {
            assert_eq!(attempt.parent(), Some(server.trace().span_id()));
        }
        stage.stop().await;
    });
}

#[test]
fn what_is_refused_or_fails_is_kept_and_what_is_not_sampled_tells_endpoints_nothing() {
    run(async {
        let endpoint = Endpoint::answering(OK).await;
        let stage = Stage::of(0.0, &[&endpoint], |_| ()).await;
        assert_eq!(stage.ask("/pay", "").await.status, 200);
        assert_eq!(sent(&endpoint), None);
        let came = Trace::fresh(Trace::SAMPLED);
        let header = String::from_utf8(came.traceparent().to_vec()).unwrap();
        assert_eq!(
            stage
                .ask("/pay", &format!("traceparent: {header}\r\n"))
                .await
                .status,
            200
        );
        let went = sent(&endpoint).unwrap();
        assert_eq!((went.trace_id(), went.is_sampled()), (came.trace_id(), false));

        assert_eq!(stage.ask("/nowhere", "").await.status, 404);
        // By the guard, before the chain.
        assert_eq!(stage.ask("/pay%00", "").await.status, 400);
        let spans = stage.recorded(2).await;
        let told: Vec<_> = spans
            .iter()
            .map(|span| {
                let said = [
                    "hedgerow.kept",
                    "http.response.status_code",
                    "hedgerow.refused.rule",
                ];
                said.map(|key| text(span, key)).join(",")
            })
            .collect();
        assert_eq!(told, ["refused,404,route", "refused,400,path"]);
        stage.stop().await;
    });
}
