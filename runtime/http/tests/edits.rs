//! A chain is edited while requests come in over real sockets: each meets the nodes of one revision, the one that it tells.
#![allow(clippy::unwrap_used)]

mod kit;

use std::cell::Cell;
use std::collections::HashMap;

use hedgerow_actors::chain::{
    Attributes, Cx, Edit, Flow, HeaderName, HeaderValue, Node, NodeSpec, ReplyHead, RequestHead,
};
use kit::{Endpoint, Gateway, Numbers, run};

const SEEN: HeaderName = HeaderName::from_static("x-seen");

/// Marks replies with its name; they come by in reverse.
struct Stamp(String);

impl Node for Stamp {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (): &mut (), _: &mut Attributes) {
        let behind = head
            .header(&SEEN)
            .map(|seen| String::from_utf8_lossy(seen).into_owned());
        let seen = behind.map_or_else(|| self.0.clone(), |behind| format!("{} {behind}", self.0));
        head.set_header(SEEN, HeaderValue::try_from(seen).unwrap());
    }
}

fn stamp(index: u64) -> NodeSpec {
    let name = name(index);
    NodeSpec::new(name.clone(), "stamp", move || Stamp(name.clone()))
}

fn name(index: u64) -> String {
    format!("n{index}")
}

/// The edit of this number on a plain list: they come, are moved, and leave.
fn edit(number: u64, list: &mut Vec<u64>) -> Edit {
    let at = usize::try_from(number * 7).unwrap() % (list.len() + 1);
    let before = |list: &[u64], at: usize| {
        Some(
            list.get(at)
                .map_or_else(|| "crash".to_owned(), |index| name(*index)),
        )
    };
    match number % 4 {
        0 if list.len() > 2 => Edit::Remove {
            name: name(list.remove(at % list.len())),
        },
        1 if list.len() > 1 => {
            let moved = list.remove(at % list.len());
            let to = (at + 1) % (list.len() + 1);
            let before = before(list, to);
            list.insert(to, moved);
            Edit::Move {
                name: name(moved),
                before,
            }
        }
        _ => {
            let before = before(list, at);
            list.insert(at, number);
            Edit::Insert {
                node: stamp(number),
                before,
            }
        }
    }
}

fn stamps(list: &[u64]) -> String {
    let names: Vec<_> = list.iter().map(|index| name(*index)).collect();
    names.join(" ")
}

#[test]
fn two_hundred_edits_under_load_fail_no_request_and_mix_none() {
    run(async {
        let endpoint = Endpoint::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        let gateway = Gateway::through(Vec::new(), endpoint.addr, Numbers::default()).await;
        let over = Cell::new(false);
        let client = async || {
            let mut client = gateway.client().await;
            let mut seen = Vec::new();
            while !over.get() {
                let answer = client.get("/pay").await;
                assert_eq!((answer.status, answer.text()), (200, "hello"));
                let revision: u64 = answer.header("x-hedgerow-revision").unwrap().parse().unwrap();
                seen.push((revision, answer.header("x-seen").unwrap_or_default()));
            }
            seen
        };
        let edits = async {
            let mut list = Vec::new();
            let mut revisions = HashMap::from([(7, String::new())]);
            for number in 1..=200 {
                let revision = gateway.chain.edit(edit(number, &mut list)).await.unwrap();
                // An order that is as before is no edit.
                revisions.insert(revision, stamps(&list));
            }
            over.set(true);
            revisions
        };
        let (revisions, one, other, third) = tokio::join!(edits, client(), client(), client());
        for (revision, seen) in one.iter().chain(&other).chain(&third) {
            assert_eq!(revisions.get(revision), Some(seen), "under revision {revision}");
        }
        assert!(one.len() > 20, "{} requests are no load", one.len());
        gateway.stop().await;
    });
}

#[test]
fn an_answer_that_streams_ends_under_the_revision_that_it_began_under() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.head().await;
            conn.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
                .await;
            conn.rest().await;
        })
        .await;
        let gateway = Gateway::through(vec![stamp(1)], endpoint.addr, Numbers::default()).await;
        let mut streaming = gateway.client().await;
        streaming.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        let (_, fields) = streaming.head().await;
        let told = |name: &str| {
            fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(
            (told("x-hedgerow-revision"), told("x-seen")),
            (Some("7"), Some("n1"))
        );
        let removed = gateway.chain.edit(Edit::Remove { name: name(1) }).await;
        assert_eq!(removed, Ok(8));
        assert_eq!(gateway.chain.contexts().in_use(), 1, "it is still under way");
        streaming.reset();
        while gateway.chain.contexts().in_use() > 0 {
            tokio::task::yield_now().await;
        }
        let mut client = gateway.client().await;
        let refused = client.get("/nowhere").await;
        let told = |name| refused.header(name);
        assert_eq!(
            (refused.status, told("x-hedgerow-revision").as_deref()),
            (404, Some("8"))
        );
        gateway.stop().await;
    });
}
