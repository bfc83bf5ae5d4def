//! What a listener outlives, and how it ends.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use hedgerow_supervisor::Order;
use hedgerow_view::tree::ActorState;
use kit::{Client, Endpoint, Gateway, Numbers, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[test]
fn a_listener_tells_where_it_serves() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let told = gateway.told("listenerServing", 1).await;
        assert_eq!(told, [format!("serves on {}", gateway.addr)]);
        gateway.stop().await;
    });
}

#[test]
fn after_a_restart_by_hand_it_serves_again_on_the_same_port() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        assert_eq!(gateway.client().await.get("/pay").await.status, 200);
        gateway.order(Order::Restart).await;
        gateway.told("listenerServing", 2).await;
        gateway.until(|shown| shown.idle == 0).await;
        let drained = gateway.told("listenerDrained", 1).await;
        assert_eq!(
            drained,
            [format!(
                "no longer serves on {}: every request was answered",
                gateway.addr
            )]
        );
        assert_eq!(gateway.client().await.get("/pay").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn while_it_is_stopped_clients_wait_and_are_served_after_its_start() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        gateway.order(Order::Stop).await;
        gateway.until_listener(ActorState::Stopped).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        gateway.order(Order::Start).await;
        assert_eq!(client.answer("GET").await.status, 200);
        gateway.stop().await;
    });
}

/// An endpoint that answers half, and the rest when it is told to.
async fn halting() -> (Endpoint, tokio::sync::oneshot::Sender<()>) {
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let released = std::cell::RefCell::new(Some(released));
    let endpoint = Endpoint::scripted(move |mut conn, _| {
        let released = released.borrow_mut().take();
        async move {
            conn.head().await;
            conn.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst")
                .await;
            if let Some(released) = released {
                let _ = released.await;
            }
            conn.send("other").await;
            conn.rest().await;
        }
    })
    .await;
    (endpoint, release)
}

async fn half_answered(gateway: &Gateway) -> Client {
    let mut client = gateway.client().await;
    client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
    client.head().await;
    assert_eq!(client.exactly(5).await, b"first");
    client
}

#[test]
fn a_stop_lets_a_request_that_is_under_way_finish_and_closes_idle_connections() {
    run(async {
        let (endpoint, release) = halting().await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut idle = gateway.client().await;
        assert_eq!(idle.get("/nowhere").await.status, 404);
        let mut client = half_answered(&gateway).await;
        gateway.order(Order::Stop).await;
        assert!(idle.is_closed().await);
        assert!(
            gateway
                .events
                .since(0)
                .iter()
                .all(|event| event.kind != "listenerDrained")
        );
        release.send(()).unwrap();
        assert_eq!(client.exactly(5).await, b"other");
        assert!(client.is_closed().await);
        let told = gateway.told("listenerDrained", 1).await;
        assert!(told[0].ends_with("every request was answered"), "{told:?}");
        gateway.until_listener(ActorState::Stopped).await;
        gateway.stop().await;
    });
}

#[test]
fn at_the_drain_limit_what_is_left_is_closed() {
    run(async {
        let (endpoint, release) = halting().await;
        let numbers = Numbers {
            drain: Duration::from_millis(50),
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut client = half_answered(&gateway).await;
        gateway.order(Order::Stop).await;
        assert!(client.is_closed().await);
        let told = gateway.told("listenerDrained", 1).await;
        assert!(
            told[0].ends_with("connections or copies were left and have been closed"),
            "{told:?}"
        );
        drop(release);
        gateway.stop().await;
    });
}
