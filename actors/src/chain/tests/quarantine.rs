//! Requests that keep crashing a node, and the door at which they are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use hedgerow_config::{OverBudget, PanicBudget, RequestQuarantine};
use hedgerow_supervisor::{Arguments, Inspect as _, Operate as _};
use hedgerow_view::chain::QuarantinedRequestView;
use hedgerow_view::{ChainView, Path, View};
use http::{HeaderName, StatusCode};
use proptest::prelude::*;

use super::super::step::Filter;
use super::super::{
    Arrival, Attributes, ChainHandle, Cx, End, Flow, Node, NodeSpec, Reply, ReplyHead, RequestHead,
    SerialLimits, SerialNode, Turned, node_fn,
};
use super::{bare, chain, run};

/// In which hook a request crashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Crash {
    #[default]
    Nowhere,
    OnRequest,
    OnReply,
    OnEnd,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    path: &'static str,
    tenant: &'static str,
    crash: Crash,
}

const PAY: Request = Request {
    path: "/pay",
    tenant: "acme",
    crash: Crash::Nowhere,
};

impl Request {
    fn crashes(self, crash: Crash) -> Self {
        Self { crash, ..self }
    }
}

impl RequestHead for Request {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        self.path
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        match name.as_str() {
            "x-tenant" => Some(self.tenant.as_bytes()),
            "x-crash" => Some(format!("{:?}", self.crash).leak().as_bytes()),
            _ => None,
        }
    }
}

/// Crashes where the request says so.
#[derive(Default)]
struct Touchy {
    seen: AtomicU64,
}

impl Node for Touchy {
    type State = Option<u8>;

    fn on_request(&self, head: &mut dyn RequestHead, crash: &mut Option<u8>, _: &mut Cx) -> Flow {
        self.seen.fetch_add(1, Ordering::SeqCst);
        *crash = match head.header(&HeaderName::from_static("x-crash")) {
            Some(b"OnRequest") => panic!("on request"),
            Some(b"OnReply") => Some(1),
            Some(b"OnEnd") => Some(2),
            _ => None,
        };
        Flow::Next
    }

    fn on_reply(&self, _: &mut dyn ReplyHead, crash: &mut Option<u8>, _: &mut Attributes) {
        assert_ne!(*crash, Some(1), "on reply");
    }

    fn on_end(&self, _: End, crash: &mut Option<u8>, _: &Attributes) {
        assert_ne!(*crash, Some(2), "on end");
    }
}

fn enter(chain: &ChainHandle, request: Request) -> Result<Arrival, Turned> {
    let mut request = request;
    let mut cursor = chain.enter();
    match cursor.poll_descend(&mut request, &mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(arrived) => arrived,
        Poll::Pending => panic!("it waits"),
    }
}

fn answer(arrival: Arrival) -> Result<(), Turned> {
    match arrival {
        Arrival::Through(passage) => passage.answer(&mut Reply::new(StatusCode::OK))?.complete(),
        Arrival::Replied(..) => panic!("answered"),
    }
    Ok(())
}

fn send(chain: &ChainHandle, request: Request) -> Result<(), Turned> {
    answer(enter(chain, request)?)
}

/// Whether the door refuses it.
fn is_refused(chain: &ChainHandle, request: Request) -> bool {
    matches!(send(chain, request), Err(turned) if turned.refusal().rule == "quarantine")
}

fn view(chain: &ChainHandle) -> ChainView {
    match chain.view(&Path::root("test")) {
        View::Chain(view) => view,
        other => panic!("{other:?}"),
    }
}

fn held(chain: &ChainHandle) -> Vec<QuarantinedRequestView> {
    view(chain).quarantined
}

fn guarded(nodes: Vec<Arc<dyn Filter>>) -> ChainHandle {
    let chain = bare(nodes);
    chain.quarantine(RequestQuarantine::by(["x-tenant"]));
    chain
}

fn touchy() -> ChainHandle {
    guarded(vec![Arc::new(Touchy::default())])
}

fn crash(chain: &ChainHandle, times: usize, at: Crash) {
    for _ in 0..times {
        let crashed = send(chain, PAY.crashes(at));
        assert!(
            matches!(crashed, Ok(()) | Err(Turned::NodeCrashed(_))),
            "{crashed:?}"
        );
    }
}

#[test]
fn after_its_third_crash_a_request_is_refused_before_any_node_sees_it_and_others_pass() {
    run(async {
        let first = Arc::new(Touchy::default());
        let above = node_fn(|_, _| Flow::Next);
        let chain = guarded(vec![Arc::new(above), first.clone()]);
        crash(&chain, 3, Crash::OnRequest);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let turned = send(&chain, PAY).unwrap_err();
        assert_eq!(turned.status(), StatusCode::SERVICE_UNAVAILABLE);
        let refusal = turned.refusal();
        let entry = held(&chain).remove(0);
        assert_eq!(
            refusal.to_string(),
            format!(
                "bare/node/n1; rule=quarantine; limit=3 crashes in 60s; observed=3 crashes of fingerprint {}",
                entry.fingerprint
            )
        );
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(540)));
        assert_eq!(
            (entry.node.as_str(), entry.crashes, entry.refused, entry.left_ms),
            ("n1", 3, 1, 540_000)
        );
        assert_eq!(first.seen.load(Ordering::SeqCst), 3);
        let other_tenant = Request {
            tenant: "other",
            ..PAY
        };
        let other_path = Request {
            path: "/pay/1",
            ..PAY
        };
        send(&chain, other_tenant).unwrap();
        send(&chain, other_path).unwrap();
        let nodes = view(&chain).nodes;
        let figures: Vec<_> = nodes.iter().map(|node| (node.calls, node.refused)).collect();
        assert_eq!(
            figures,
            [(5, 0), (5, 0)],
            "who is refused at the door reaches no node"
        );
    });
}

#[test]
fn nothing_is_refused_where_nobody_has_asked_for_it() {
    run(async {
        let chain = bare(vec![Arc::new(Touchy::default())]);
        crash(&chain, 10, Crash::OnRequest);
        send(&chain, PAY).unwrap();
        assert!(!chain.actions().contains(&"release") && held(&chain).is_empty());
        assert_eq!(chain.release("somebody"), 0);
    });
}

#[test]
fn one_that_was_handled_between_the_crashes_keeps_its_kind_out_of_the_quarantine() {
    run(async {
        let chain = touchy();
        crash(&chain, 2, Crash::OnRequest);
        send(&chain, PAY).unwrap();
        crash(&chain, 10, Crash::OnRequest);
        send(&chain, PAY).unwrap();
        tokio::time::sleep(Duration::from_millis(60_001)).await;
        crash(&chain, 3, Crash::OnRequest);
        assert!(is_refused(&chain, PAY), "the exemption has a time");
    });
}

#[test]
fn one_that_was_handled_while_its_node_was_passed_by_says_nothing_of_that_node() {
    crate::paused::run(async {
        let budget = PanicBudget {
            min_calls: 10,
            then: OverBudget::FailOpen,
            ..PanicBudget::default()
        };
        let touchy = NodeSpec::new("touchy", "test", Touchy::default).panic_budget(Some(budget));
        let behind = NodeSpec::new("behind", "test", || node_fn(|_, _| Flow::Next));
        let (tree, chain) = chain(vec![touchy, behind]).await;
        chain.quarantine(RequestQuarantine::by(["x-tenant"]));
        crash(&chain, 2, Crash::OnRequest);
        for tenant in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let other = Request { tenant, ..PAY };
            assert!(send(&chain, other.crashes(Crash::OnRequest)).is_err(), "{tenant}");
        }
        crate::paused::until(|| view(&chain).nodes[0].standing == "failOpen").await;
        send(&chain, PAY.crashes(Crash::OnRequest)).unwrap();
        crate::paused::pass_until(|| view(&chain).nodes[0].standing == "served").await;
        crash(&chain, 1, Crash::OnRequest);
        assert!(
            is_refused(&chain, PAY),
            "its third crash, and none of its kind was handled"
        );
        tree.stop().await;
    });
}

#[test]
fn one_that_was_under_way_and_is_handled_ends_the_quarantine() {
    run(async {
        let chain = touchy();
        crash(&chain, 1, Crash::OnRequest);
        let under_way = enter(&chain, PAY).unwrap();
        let goes_away = enter(&chain, PAY).unwrap();
        crash(&chain, 2, Crash::OnRequest);
        assert!(is_refused(&chain, PAY));
        drop(goes_away);
        assert!(is_refused(&chain, PAY), "who has gone says nothing");
        answer(under_way).unwrap();
        assert!(!is_refused(&chain, PAY));
        crash(&chain, 10, Crash::OnRequest);
        assert!(!is_refused(&chain, PAY), "exempt");
    });
}

#[test]
fn crashes_with_the_reply_and_at_the_end_count_from_the_second_one_on() {
    run(async {
        for at in [Crash::OnReply, Crash::OnEnd] {
            let chain = touchy();
            crash(&chain, 3, at);
            assert!(held(&chain).is_empty(), "the first one has left no fingerprint");
            crash(&chain, 1, at);
            assert!(is_refused(&chain, PAY), "{at:?}");
        }
    });
}

#[test]
fn released_by_hand_or_by_time_a_request_is_let_in_with_no_crash_to_its_name() {
    run(async {
        let chain = touchy();
        assert!(chain.actions().contains(&"release"));
        crash(&chain, 3, Crash::OnRequest);
        assert!(is_refused(&chain, PAY));
        assert_eq!(chain.release("a test"), 1);
        crash(&chain, 2, Crash::OnRequest);
        assert!(held(&chain).is_empty());
        crash(&chain, 1, Crash::OnRequest);
        let said = chain.act("release", &Arguments::new(), "a test").await.unwrap();
        assert_eq!(said, serde_json::json!({ "released": 1 }));
        assert!(held(&chain).is_empty());
        crash(&chain, 3, Crash::OnRequest);
        tokio::time::sleep(Duration::from_secs(599)).await;
        assert!(is_refused(&chain, PAY));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(held(&chain).is_empty());
        crash(&chain, 2, Crash::OnRequest);
        assert!(!is_refused(&chain, PAY));
    });
}

#[test]
fn requests_are_looked_at_only_while_something_is_known() {
    run(async {
        let chain = touchy();
        let looks = || chain.slot().watching_ward().is_some();
        send(&chain, PAY).unwrap();
        assert!(!looks());
        for at in [Crash::OnRequest, Crash::OnReply] {
            crash(&chain, 1, at);
            assert!(looks());
            tokio::time::sleep(Duration::from_secs(59)).await;
            let other = Request {
                path: "/other",
                ..PAY
            };
            send(&chain, other).unwrap();
            assert!(looks());
            tokio::time::sleep(Duration::from_secs(2)).await;
            send(&chain, other).unwrap();
            assert!(!looks(), "it is over with the first request after the window");
        }
        crash(&chain, 2, Crash::OnRequest);
        send(&chain, PAY).unwrap();
        assert!(!looks(), "the suspect is cleared");
    });
}

#[test]
fn whoever_varies_what_tells_requests_apart_takes_no_more_room() {
    run(async {
        let chain = touchy();
        for index in 0..1_000_usize {
            let tenant: &'static str = index.to_string().leak();
            for _ in 0..=(index % 3) {
                let hostile = Request {
                    tenant,
                    ..PAY.crashes(Crash::OnRequest)
                };
                send(&chain, hostile).unwrap_err();
            }
        }
        assert_eq!(held(&chain).len(), 64);
        assert!(chain.slot().ward.get().unwrap().known_count() <= 128);
    });
}

/// Crashes in its actor's mailbox.
struct Serial;

impl SerialNode for Serial {
    type Request = String;
    type Answer = ();

    fn take(head: &dyn RequestHead, _: &mut Cx) -> Option<String> {
        Some(head.path().to_owned())
    }

    fn on_request(&mut self, path: String) {
        assert_ne!(path, "/pay", "told to");
    }

    fn on_answer((): (), _: &mut dyn RequestHead, _: &mut Cx) -> Flow {
        Flow::Next
    }
}

#[test]
fn a_crash_in_a_serialised_node_counts_as_one_in_any_other() {
    run(async {
        let spec = NodeSpec::serialised("serial", "test", SerialLimits::default(), || Serial);
        let (tree, chain) = chain(vec![spec]).await;
        chain.quarantine(RequestQuarantine::by(["x-tenant"]));
        for _ in 0..3 {
            let crashed = chain.enter().descend(&mut PAY.clone()).await;
            assert!(matches!(crashed, Err(Turned::NodeCrashed(_))));
        }
        assert!(is_refused(&chain, PAY));
        tree.stop().await;
    });
}

/// What a slow reading of the rule knows of one fingerprint.
#[derive(Default)]
struct Known {
    crashes: Vec<Duration>,
    handled: Option<Duration>,
    since: Option<Duration>,
}

impl Known {
    fn is_refused(&mut self, now: Duration) -> bool {
        if self
            .since
            .is_some_and(|since| now - since >= Duration::from_secs(600))
        {
            *self = Self::default();
        }
        self.since.is_some()
    }

    fn ends(&mut self, crashed: bool, now: Duration) {
        let recent = |at: &Duration| now - *at <= Duration::from_secs(60);
        self.crashes.retain(recent);
        self.handled = self.handled.filter(recent);
        if crashed && self.handled.is_none() {
            self.crashes.push(now);
            self.since = (self.crashes.len() == 3).then_some(now);
        }
        if !crashed && !self.crashes.is_empty() {
            self.crashes.clear();
            self.handled = Some(now);
        }
    }
}

proptest! {
    #[test]
    fn the_door_refuses_exactly_what_a_slow_reading_of_the_rule_refuses(
        steps in prop::collection::vec((0..2_usize, 0..2_usize, prop::bool::weighted(0.8), 0..40_u64), 0..60),
    ) {
        run(async move {
            let chain = touchy();
            let mut model: [Known; 4] = Default::default();
            let mut now = Duration::ZERO;
            for (path, tenant, crashes, seconds) in steps {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                now += Duration::from_secs(seconds);
                let request = Request {
                    path: ["/a", "/b"][path],
                    tenant: ["one", "two"][tenant],
                    crash: if crashes { Crash::OnRequest } else { Crash::Nowhere },
                };
                let known = &mut model[2 * path + tenant];
                let refused = known.is_refused(now);
                assert_eq!(is_refused(&chain, request), refused);
                if !refused {
                    known.ends(crashes, now);
                }
            }
        });
    }
}
