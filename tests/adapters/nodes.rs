//! The chain that stands around everything, and what its nodes have seen.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hedgerow::actors::chain::{
    Attributes, Cx, End, Flow, HeaderName, HeaderValue, Node, NodeSpec, Reply, ReplyHead, RequestHead,
    StatusCode,
};
use hedgerow::config::PanicBudget;
use hedgerow::prelude::*;
use hedgerow_tests::patience::until;

/// In the order in which requests meet them.
pub(crate) const NODES: [&str; 4] = ["first", "middle", "fragile", "last"];

/// Which nodes were entered, and how each was ended, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    entered: Vec<&'static str>,
    ended: Vec<(&'static str, End)>,
}

impl Log {
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap() = Seen::default();
    }

    /// Waits until as many nodes are ended as were entered, which must be `entered`, all with the same end.
    pub(crate) fn ended(&self, what: &str, entered: &[&'static str], end: End) {
        let seen = until(
            &format!("the end of {what}"),
            || self.0.lock().unwrap().clone(),
            |seen| seen.ended.len() >= entered.len() && seen.entered.len() >= entered.len(),
        );
        assert_eq!(seen.entered, entered, "{what}");
        let ended: Vec<_> = entered.iter().rev().map(|name| (*name, end)).collect();
        assert_eq!(seen.ended, ended, "{what}");
    }

    /// Waits until this node was entered.
    pub(crate) fn entered(&self, name: &str) {
        until(
            &format!("a request in {name}"),
            || self.0.lock().unwrap().entered.clone(),
            |entered| entered.contains(&name),
        );
    }
}

/// Does what the path says, and writes down that it was there.
struct Witness(&'static str, Log);

/// What a request asks for: the last segment of its path.
pub(crate) fn wish(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

impl Node for Witness {
    type State = String;

    fn on_request(&self, head: &mut dyn RequestHead, path: &mut String, cx: &mut Cx) -> Flow {
        self.1.0.lock().unwrap().entered.push(self.0);
        path.push_str(wish(head.path()));
        if self.0 != "middle" {
            return Flow::Next;
        }
        head.set_header(name("x-told"), HeaderValue::from_static("by a node"))
            .unwrap();
        head.remove_header(&name("x-secret")).unwrap();
        assert!(head.remove_header(&name("transfer-encoding")).is_err());
        match path.as_str() {
            "reply" => {
                let reply = Reply::new(StatusCode::CREATED).body(b"made here".as_slice());
                cx.reply(reply.header(name("x-node"), HeaderValue::from_static("middle")))
            }
            "quota" => {
                let refusal = Refusal::new("", "quota", "5", "6").retry_after(Duration::from_millis(2_500));
                cx.refuse_with(StatusCode::TOO_MANY_REQUESTS, refusal)
            }
            "moved" => {
                head.set_path("/cases/pass").unwrap();
                Flow::Next
            }
            "crash" => panic!("told to"),
            "wait-late" => {
                cx.shorten_deadline(Duration::from_millis(20));
                cx.wait(std::future::pending::<()>())
            }
            "small" => {
                cx.limit_body(4);
                Flow::Next
            }
            "overdue" => {
                cx.shorten_deadline(Duration::ZERO);
                Flow::Next
            }
            "late" => {
                cx.shorten_deadline(Duration::from_millis(20));
                Flow::Next
            }
            "wait" | "wait-refuse" => cx.wait(tokio::task::yield_now()),
            "wait-forever" => cx.wait(std::future::pending::<()>()),
            _ => Flow::Next,
        }
    }

    fn on_resume(&self, _: &mut dyn RequestHead, path: &mut String, cx: &mut Cx) -> Flow {
        match path.as_str() {
            "wait-refuse" => cx.refuse(StatusCode::FORBIDDEN, "known", "somebody", "nobody"),
            _ => Flow::Next,
        }
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, path: &mut String, _: &mut Attributes) {
        assert!(self.0 != "middle" || path != "crash-late", "told to, late");
        if self.0 == "first" {
            head.set_header(name("x-witness"), HeaderValue::try_from(path.as_str()).unwrap());
            head.remove_header(&name("x-private"));
        }
    }

    fn on_end(&self, end: End, _: &mut String, _: &Attributes) {
        self.1.0.lock().unwrap().ended.push((self.0, end));
    }
}

/// The chain, of nodes that are seen by `log`. One panic puts `fragile` out for an hour.
pub(crate) fn chain(log: &Log) -> Chain {
    let witness = |node: &'static str| {
        let log = log.clone();
        NodeSpec::new(node, "witness", move || Witness(node, log.clone())).panic_budget(None)
    };
    let budget = PanicBudget {
        rate: 0.01,
        min_calls: 1,
        per: Duration::from_secs(3_600),
        ..PanicBudget::default()
    };
    let seen = log.clone();
    let fragile = NodeSpec::new("fragile", "fragile", move || Fragile(seen.clone()));
    NODES
        .into_iter()
        .fold(Chain::new("edge"), |chain, node| match node {
            "fragile" => chain.own(fragile.clone().panic_budget(Some(budget))),
            node => chain.own(witness(node)),
        })
}

struct Fragile(Log);

impl Node for Fragile {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        self.0.0.lock().unwrap().entered.push("fragile");
        assert!(wish(head.path()) != "break-down", "told to, for good");
        Flow::Next
    }

    fn on_end(&self, end: End, (): &mut (), _: &Attributes) {
        self.0.0.lock().unwrap().ended.push(("fragile", end));
    }
}
