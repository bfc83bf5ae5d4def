//! A tree declared in code: every mistake at once, and what is declared can be called.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow::Error;
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
        .child(Supervisor::one_for_one("inner").child(Breaker::new("ledger").policy(bad)));
    let error = Mesh::new(tree).start().await.unwrap_err();
    assert!(error.is_usage());
    let Error::Declared(mistakes) = &error else {
        panic!("{error}")
    };
    let who: Vec<&str> = mistakes.iter().map(|mistake| mistake.name.as_str()).collect();
    assert_eq!(who, ["empty", "payments", "payments", "ledger"], "{error}");
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
