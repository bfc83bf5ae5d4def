//! A request's deadline: where it waits, and where it arrives.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use super::super::{Arrival, Cx, Flow, Node, NodeSpec, RequestHead, TimeLeft, node_fn};
use super::{Get, chain, run};

const LIMIT: Duration = Duration::from_secs(2);

/// Waits for ever on `/ever`, else for so long.
struct Waits(Duration);

impl Node for Waits {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let time = self.0;
        if head.path() == "/ever" {
            cx.wait(pending::<()>())
        } else {
            cx.wait(tokio::time::sleep(time))
        }
    }
}

fn limit() -> NodeSpec {
    NodeSpec::new("limit", "test", || {
        node_fn(|_, cx| {
            cx.shorten_deadline(LIMIT);
            Flow::Next
        })
    })
}

fn waits(name: &str, time: Duration) -> NodeSpec {
    NodeSpec::new(name, "test", move || Waits(time))
}

#[test]
fn a_request_that_waits_is_refused_at_its_deadline_in_the_node_where_it_waits() {
    run(async {
        let (tree, chain) = chain(vec![limit(), waits("auth", LIMIT / 4)]).await;
        // More than once: the memory of the first one is used again.
        for _ in 0..3 {
            let begun = tokio::time::Instant::now();
            let turned = chain.enter().descend(&mut Get("/ever")).await.unwrap_err();
            assert_eq!(begun.elapsed(), LIMIT);
            assert_eq!(turned.status().as_u16(), 504);
            assert_eq!(
                turned.refusal().to_string(),
                "edge/node/auth; rule=deadline; limit=2s; observed=a wait without its end"
            );
            let Ok(Arrival::Through(mut passage)) = chain.enter().descend(&mut Get("/")).await else {
                panic!("turned back")
            };
            let left = LIMIT - LIMIT / 4;
            let time = TimeLeft {
                left,
                limit: LIMIT,
                ordinary: LIMIT,
            };
            assert_eq!(passage.deadline(), Some(time));
            tokio::time::advance(LIMIT).await;
            drop(passage);
        }
        assert_eq!(chain.contexts().made, 1);
        tree.stop().await;
    });
}

#[test]
fn two_waits_share_the_time_and_a_request_without_a_deadline_waits_for_ever() {
    run(async {
        let nodes = vec![limit(), waits("first", LIMIT * 3 / 4), waits("second", LIMIT / 2)];
        let (tree, with) = chain(nodes).await;
        let begun = tokio::time::Instant::now();
        let turned = with.enter().descend(&mut Get("/")).await.unwrap_err();
        assert_eq!(begun.elapsed(), LIMIT);
        assert_eq!(turned.refusal().id, "edge/node/second");
        tree.stop().await;

        let (tree, without) = chain(vec![waits("auth", LIMIT * 100)]).await;
        let Ok(Arrival::Through(mut passage)) = without.enter().descend(&mut Get("/")).await else {
            panic!("turned back")
        };
        assert_eq!(passage.deadline(), None);
        drop(passage);
        tree.stop().await;
    });
}

#[test]
fn a_deadline_that_comes_from_the_client_remembers_what_it_would_have_been() {
    run(async {
        let hurried = NodeSpec::new("hurried", "test", || {
            node_fn(|_, cx| {
                assert_eq!(cx.deadline().map(|at| at - cx.now()), Some(LIMIT));
                cx.shorten_deadline_as_asked(LIMIT / 20, LIMIT * 5);
                // Longer than what is set: nothing of it counts.
                cx.shorten_deadline_as_asked(LIMIT, LIMIT / 40);
                Flow::Next
            })
        });
        let (tree, chain) = chain(vec![limit(), hurried]).await;
        let Ok(Arrival::Through(mut passage)) = chain.enter().descend(&mut Get("/")).await else {
            panic!("turned back")
        };
        let time = passage.deadline().unwrap();
        assert_eq!((time.left, time.ordinary), (LIMIT / 20, LIMIT));
        assert!(!time.is_telling(LIMIT * 5));
        assert!(time.is_telling(LIMIT / 10));
        drop(passage);
        tree.stop().await;
    });
}

#[test]
fn work_beside_a_request_ends_at_its_deadline() {
    run(async {
        let (gone, going) = oneshot::channel::<()>();
        let gone = Arc::new(Mutex::new(Some(gone)));
        let works = NodeSpec::new("works", "test", move || {
            let gone = Arc::clone(&gone);
            node_fn(move |_, cx| {
                let gone = gone.lock().unwrap().take();
                cx.spawn(async move {
                    pending::<()>().await;
                    drop(gone);
                })
                .unwrap();
                Flow::Next
            })
        });
        let (tree, chain) = chain(vec![limit(), works]).await;
        let begun = tokio::time::Instant::now();
        let arrived = chain.enter().descend(&mut Get("/")).await;
        // Never sent, it is dropped with the work, while the request is still here.
        assert!(going.await.is_err());
        assert_eq!(begun.elapsed(), LIMIT);
        drop(arrived);
        tree.stop().await;
    });
}
