//! Nodes that answer their requests in the mailbox of their actor.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use hedgerow_supervisor::{Context, Inspect as _, Tree};
use hedgerow_view::{Path, View};
use http::StatusCode;
use proptest::prelude::*;

use super::super::{
    Arrival, ChainHandle, Cursor, Cx, Flow, NodeSpec, Reply, RequestHead, SerialLimits, SerialNode, Turned,
};
use super::{Get, chain, run};

/// Numbers requests, and writes down which it was given.
struct Numbering {
    /// Not `Send`: it never leaves its thread.
    given: Rc<Cell<u64>>,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl SerialNode for Numbering {
    type Request = String;
    type Answer = u64;

    fn take(head: &dyn RequestHead, _: &mut Cx) -> Option<String> {
        (head.path() != "/by").then(|| head.path().to_owned())
    }

    fn on_request(&mut self, path: String) -> u64 {
        let known = PATHS.iter().find(|known| **known == path).unwrap();
        self.log.lock().unwrap().push(known);
        assert_ne!(path, "/crash", "as told");
        self.given.set(self.given.get() + 1);
        self.given.get()
    }

    fn on_answer(number: u64, _: &mut dyn RequestHead, cx: &mut Cx) -> Flow {
        cx.reply(Reply::new(StatusCode::OK).body(number.to_string().into_bytes()))
    }
}

const PATHS: [&str; 4] = ["/a", "/b", "/crash", "/by"];

struct Stage {
    tree: Tree,
    chain: ChainHandle,
    log: Arc<Mutex<Vec<&'static str>>>,
}

async fn stage(limits: SerialLimits) -> Stage {
    let log: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let kept = Arc::clone(&log);
    let spec = NodeSpec::serialised("numbers", "numbering", limits, move || Numbering {
        given: Rc::default(),
        log: Arc::clone(&kept),
    });
    let (tree, chain) = chain(vec![spec.panic_budget(None)]).await;
    Stage { tree, chain, log }
}

/// The number that a request was given.
async fn number(chain: &ChainHandle, path: &'static str) -> Result<u64, Turned> {
    match chain.enter().descend(&mut Get(path)).await? {
        Arrival::Replied(reply, ending) => {
            ending.complete();
            Ok(str::from_utf8(&reply.body).unwrap().parse().unwrap())
        }
        Arrival::Through(_) => Ok(0),
    }
}

/// Has a request ask, and leaves it there.
fn ask(chain: &ChainHandle, path: &'static str) -> (Cursor, Poll<Result<Arrival, Turned>>) {
    let mut cursor = chain.enter();
    let polled = cursor.poll_descend(&mut Get(path), &mut task::Context::from_waker(Waker::noop()));
    (cursor, polled)
}

fn panics(chain: &ChainHandle) -> u64 {
    match chain.view(&Path::root("test")) {
        View::Chain(view) => view.nodes[0].panics,
        other => panic!("{other:?}"),
    }
}

#[test]
fn requests_are_answered_one_at_a_time_in_the_order_in_which_they_came() {
    run(async {
        let Stage { tree, chain, log } = stage(SerialLimits::default()).await;
        let paths = ["/a", "/b", "/by", "/a", "/b"];
        let numbers = join_all(paths.map(|path| number(&chain, path))).await;
        let numbers: Result<Vec<u64>, Turned> = numbers.into_iter().collect();
        assert_eq!(numbers.unwrap(), [1, 2, 0, 3, 4]);
        assert_eq!(*log.lock().unwrap(), ["/a", "/b", "/a", "/b"]);
        tree.stop().await;
    });
}

#[test]
fn a_request_that_finds_the_mailbox_full_is_refused_at_once_and_those_before_it_are_answered() {
    run(async {
        let limits = SerialLimits {
            mailbox: 2,
            ..SerialLimits::default()
        };
        let Stage { tree, chain, log } = stage(limits).await;
        // Its actor's turn comes when this one waits.
        let waiting = [ask(&chain, "/a"), ask(&chain, "/b")];
        let (_, Poll::Ready(Err(turned))) = ask(&chain, "/a") else {
            panic!("it waits")
        };
        assert_eq!(turned.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            turned.refusal().to_string(),
            "edge/node/numbers; rule=mailbox; limit=2 that wait; observed=one more"
        );
        for (mut cursor, polled) in waiting {
            assert!(polled.is_pending());
            let answered = std::future::poll_fn(|task| cursor.poll_descend(&mut Get("/a"), task)).await;
            assert!(matches!(answered, Ok(Arrival::Replied(..))));
        }
        assert_eq!(*log.lock().unwrap(), ["/a", "/b"]);
        tree.stop().await;
    });
}

#[test]
fn a_request_that_is_not_answered_in_time_is_refused_and_never_begun_with() {
    run(async {
        let hurried = SerialLimits {
            within: Duration::ZERO,
            ..SerialLimits::default()
        };
        for (limits, context) in [
            (hurried, Context::default()),
            (
                SerialLimits::default(),
                Context::default().with_deadline_in(Duration::ZERO),
            ),
        ] {
            let Stage { tree, chain, log } = stage(limits).await;
            let (_, Poll::Ready(Err(turned))) = context.enter(|| ask(&chain, "/a")) else {
                panic!("it waits")
            };
            assert_eq!(turned.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(
                turned.refusal().to_string(),
                "edge/node/numbers; rule=deadline; limit=0ns; observed=not begun with"
            );
            tree.stop().await;
            assert!(log.lock().unwrap().is_empty());
        }
    });
}

#[test]
fn a_request_whose_client_has_gone_is_never_begun_with() {
    run(async {
        let Stage { tree, chain, log } = stage(SerialLimits::default()).await;
        drop(ask(&chain, "/a"));
        assert_eq!(number(&chain, "/b").await.unwrap(), 1);
        assert_eq!(*log.lock().unwrap(), ["/b"]);
        tree.stop().await;
    });
}

#[test]
fn a_crash_costs_its_request_alone_and_the_next_one_meets_a_fresh_value() {
    run(async {
        let Stage { tree, chain, .. } = stage(SerialLimits::default()).await;
        assert_eq!(number(&chain, "/a").await.unwrap(), 1);
        let paths = ["/a", "/crash", "/b", "/crash", "/b"];
        let numbers = join_all(paths.map(|path| number(&chain, path))).await;
        for (path, number) in paths.into_iter().zip(&numbers) {
            match number {
                Ok(number) if path == "/a" => assert_eq!(*number, 2),
                Ok(number) => assert_eq!((path, *number), ("/b", 1), "a fresh value"),
                Err(turned) => {
                    assert_eq!(path, "/crash");
                    assert!(matches!(turned, Turned::NodeCrashed(_)));
                    let said = turned.refusal().to_string();
                    assert!(
                        said.starts_with("edge/node/numbers; rule=nodeCrashed; limit=no panic; observed="),
                        "{said}"
                    );
                }
            }
        }
        assert_eq!(panics(&chain), 2, "each is counted once");
        let actor = || tree.directory().tree().children[0].children[0].clone();
        while actor().restarts == 0 {
            tokio::task::yield_now().await;
        }
        assert!(actor().last_exit.unwrap().message.unwrap().contains("as told"));
        assert_eq!(number(&chain, "/b").await.unwrap(), 1);
        tree.stop().await;
    });
}

#[test]
fn a_request_to_a_node_whose_actor_is_stopped_is_refused() {
    run(async {
        let Stage { tree, chain, .. } = stage(SerialLimits::default()).await;
        tree.stop().await;
        let turned = number(&chain, "/a").await.unwrap_err();
        assert_eq!(turned.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            turned.refusal().to_string(),
            "edge/node/numbers; rule=nodeDown; limit=a running actor; observed=none"
        );
    });
}

proptest! {
    #[test]
    fn whatever_crashes_or_goes_away_all_others_are_answered_once_and_in_order(
        requests in prop::collection::vec((0..PATHS.len(), prop::bool::weighted(0.3)), 0..40),
    ) {
        run(async move {
            let Stage { tree, chain, log } = stage(SerialLimits::default()).await;
            let asked: Vec<_> = requests
                .iter()
                .map(|&(path, leaves)| (PATHS[path], leaves, ask(&chain, PATHS[path])))
                .collect();
            let mut expected = Vec::new();
            let mut stays = Vec::new();
            for (path, leaves, (cursor, polled)) in asked {
                assert_eq!(polled.is_ready(), path == "/by");
                if !leaves && path != "/by" {
                    expected.push(path);
                    stays.push((path, cursor));
                }
            }
            for (path, mut cursor) in stays {
                let answered = std::future::poll_fn(|task| cursor.poll_descend(&mut Get(path), task)).await;
                assert_eq!(answered.is_err(), path == "/crash");
            }
            assert_eq!(*log.lock().unwrap(), expected);
            let crashes = expected.iter().filter(|path| **path == "/crash").count();
            assert_eq!(panics(&chain), crashes as u64);
            tree.stop().await;
        });
    }
}
