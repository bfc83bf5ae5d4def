//! A tree declared in code: every mistake at once, and what is declared can be called.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow::Error;
use hedgerow::actix::{Actor, Handler, Message};
use hedgerow::prelude::*;

#[tokio::test]
async fn every_mistake_in_declared_parts_is_told_at_once_and_nothing_is_started() {
    let bad = BreakerPolicy {
        failure_rate: Some(1.5),
        ..BreakerPolicy::default()
    };
    let tree = Supervisor::one_for_one("shop")
        .child(Upstream::new("empty"))
        .child(
            Upstream::new("payments")
                .endpoints(["127.0.0.1", "127.0.0.1:9001"])
                .timeout(Duration::ZERO),
        )
        .child(Supervisor::one_for_one("inner").child(Breaker::new("ledger").policy(bad)))
        .child(Breaker::new("ledger"));
    let error = Mesh::new(tree).start().await.unwrap_err();
    assert!(error.is_usage());
    let Error::Declared(mistakes) = &error else {
        panic!("{error}")
    };
    let told: Vec<String> = mistakes
        .iter()
        .map(|mistake| format!("{} {}", mistake.kind, mistake.path))
        .collect();
    let expected = [
        "upstream mesh/shop/empty",
        "upstream mesh/shop/payments",
        "upstream mesh/shop/payments",
        "breaker mesh/shop/inner/ledger",
        "breaker mesh/shop/ledger",
    ];
    assert_eq!(told, expected, "{error}");
}

#[tokio::test]
async fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(Breaker::new("ledger")))
        .start()
        .await
        .unwrap();
    assert_eq!(
        mesh.breaker("leger").unwrap_err().to_string(),
        "there is no breaker `leger`: there are ledger"
    );
    assert_eq!(
        mesh.upstream("x").unwrap_err().to_string(),
        "there is no upstream `x`: there are none"
    );
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn two_meshes_in_one_process_do_not_meet_and_a_dropped_one_ends_its_threads() {
    let start = || Mesh::new(Supervisor::one_for_one("shop").child(Breaker::new("ledger"))).start();
    let (first, second) = (start().await.unwrap(), start().await.unwrap());
    drop(first);
    let ledger = second.breaker("ledger").unwrap();
    assert_eq!(ledger.call(|| async { Ok::<_, ()>(7) }).await, Ok(7));
    second.shutdown().await.unwrap();
    assert_eq!(
        ledger.call(|| async { Ok::<_, ()>(7) }).await,
        Ok(7),
        "the last published state goes on to hold"
    );
}

#[test]
fn a_mesh_starts_and_ends_without_any_runtime_of_the_caller() {
    let mut mesh = std::pin::pin!(async {
        let mesh = Mesh::new(Supervisor::one_for_one("shop").child(Breaker::new("ledger")))
            .start()
            .await
            .unwrap();
        mesh.shutdown().await.unwrap();
    });
    // The smallest executor: it parks its thread until it is woken.
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    while mesh
        .as_mut()
        .poll(&mut std::task::Context::from_waker(&waker))
        .is_pending()
    {
        std::thread::park();
    }
}

#[tokio::test]
async fn what_a_mesh_adds_of_its_own_takes_no_name_and_no_strategy_of_the_declared_tree() {
    let (crasher, crash) = ChildSpec::actor("crasher", || Crasher);
    let tree = Supervisor::one_for_all("shop")
        .child(Upstream::new("store").endpoints(["127.0.0.1:9001"]))
        .child(crasher);
    let mesh = Mesh::new(tree).dashboard("127.0.0.1:0").start().await.unwrap();
    assert!(crash.ask(Crash).await.is_err());
    let restarts = |path: &str| {
        let tree = mesh.directory().tree();
        let (mine, all) = path.split_once('/').unwrap_or((path, ""));
        let child = tree
            .children
            .into_iter()
            .find(|child| child.path.to_string() == format!("mesh/{mine}"));
        let child = child.unwrap();
        match all {
            "" => child.restarts,
            name => {
                child
                    .children
                    .iter()
                    .find(|child| child.path.to_string().ends_with(name))
                    .unwrap()
                    .restarts
            }
        }
    };
    while restarts("shop/crasher") == 0 {
        tokio::task::yield_now().await;
    }
    for own in ["store", "registry", "admin", "readiness"] {
        assert_eq!(restarts(own), 0, "{own}");
    }
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_declared_tree_that_gives_up_ends_the_mesh_with_its_reason() {
    let (crasher, crash) = ChildSpec::actor("crasher", || Crasher);
    let tree = Supervisor::one_for_one("shop")
        .intensity(0, Duration::from_secs(1))
        .child(crasher);
    let mesh = Mesh::new(tree).start().await.unwrap();
    assert!(crash.ask(Crash).await.is_err());
    assert!(matches!(mesh.wait().await, Exit::IntensityReached(reached) if reached.child == "crasher"));
    let error = mesh.shutdown().await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the tree gave up: intensityReached"),
        "{error}"
    );
}

#[tokio::test]
async fn every_shutdown_waits_for_the_end_and_what_was_held_is_free_afterwards() {
    let state = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let tree = Supervisor::one_for_one("shop").child(Breaker::new("ledger"));
        let mesh = Mesh::new(tree)
            .store(state.path().join("state"))
            .dashboard("127.0.0.1:0")
            .start()
            .await
            .unwrap();
        let health = mesh
            .directory()
            .views()
            .into_iter()
            .find_map(|(_, view)| match view {
                hedgerow::view::View::Store(store) => Some(store),
                _ => None,
            });
        let health = health.unwrap();
        assert!(health.durable && health.problem.is_none(), "{health:?}");
        let (first, second, third) = (mesh.clone(), mesh.clone(), mesh);
        let ends = tokio::join!(first.shutdown(), second.shutdown(), third.shutdown());
        assert!(matches!(ends, (Ok(()), Ok(()), Ok(()))));
    }
}

#[tokio::test]
async fn a_start_that_fails_gives_back_what_it_held() {
    let state = tempfile::tempdir().unwrap();
    let start = |spec| {
        let tree = Supervisor::one_for_one("shop").child(spec);
        Mesh::new(tree).store(state.path().join("state")).start()
    };
    let (failing, _) = ChildSpec::actor("failing", || -> Crasher { panic!("no wish to start") });
    let error = start(failing).await.unwrap_err();
    assert!(error.to_string().contains("no wish to start"), "{error}");
    let (fine, _) = ChildSpec::actor("fine", || Crasher);
    let mesh = start(fine).await.unwrap();
    let durable = mesh
        .directory()
        .views()
        .into_iter()
        .any(|(_, view)| matches!(view, hedgerow::view::View::Store(store) if store.durable));
    assert!(durable, "the store of the failed start is free again");
    mesh.shutdown().await.unwrap();
}

#[test]
fn a_builder_that_is_printed_keeps_its_token_to_itself() {
    let builder = Mesh::new(Supervisor::one_for_one("shop")).admin_token("s3cret");
    assert!(!format!("{builder:?}").contains("s3cret"));
}

struct Crasher;

impl Actor for Crasher {
    type Context = CellContext<Self>;
}

struct Crash;

impl Message for Crash {
    type Result = ();
}

impl Handler<Crash> for Crasher {
    type Result = ();

    fn handle(&mut self, _: Crash, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

#[tokio::test]
async fn a_chain_that_is_declared_is_walked_and_its_mistakes_are_told() {
    use hedgerow::actors::chain::{Arrival, NodeSpec, RequestHead, StatusCode, node_fn};
    use hedgerow::config::{Route, StaticReply};

    struct Get(&'static str);
    impl RequestHead for Get {
        fn method(&self) -> &str {
            "GET"
        }
        fn path(&self) -> &str {
            self.0
        }
    }
    let teapot = || {
        NodeSpec::new("teapot", "own", || {
            node_fn(|_, cx| cx.refuse(StatusCode::IM_A_TEAPOT, "tea", "coffee", "tea"))
        })
    };
    let edge = Chain::new("edge")
        .node("health", StaticReply::new(204).path("/health"))
        .own(teapot());
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(edge))
        .start()
        .await
        .unwrap();
    let chain = mesh.chain("edge").unwrap();
    match chain.enter().descend(&mut Get("/health")).await {
        Ok(Arrival::Replied(reply, ending)) => {
            ending.complete();
            assert_eq!(reply.status, StatusCode::NO_CONTENT);
        }
        other => panic!("{other:?}"),
    }
    let turned = chain.enter().descend(&mut Get("/tea")).await.unwrap_err();
    assert_eq!(
        turned.refusal().to_string(),
        "edge/node/teapot; rule=tea; limit=coffee; observed=tea"
    );
    mesh.shutdown().await.unwrap();

    let wrong = Chain::new("edge")
        .own(teapot())
        .node("teapot", StaticReply::new(99))
        .node("route", Route::new().rule("/", "nobody"));
    let told = Mesh::new(Supervisor::one_for_one("shop").child(wrong))
        .start()
        .await
        .unwrap_err()
        .to_string();
    for part in ["nodes[1].status", "node name `teapot` is taken"] {
        assert!(told.contains(part), "{told}");
    }
    let nobody = Chain::new("edge").node("route", Route::new().rule("/", "nobody"));
    let told = Mesh::new(Supervisor::one_for_one("shop").child(nobody))
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(told.contains("upstream `nobody`"), "{told}");
}
