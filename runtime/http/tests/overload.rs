//! How many requests are under way at once, and what becomes of the others.
#![allow(clippy::unwrap_used)]

mod kit;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use hedgerow_config::ListenerLimits;
use kit::{Client, Endpoint, Gateway, Numbers, run};
use tokio::sync::Notify;

const ASK: &str = "GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n";

/// What an endpoint has to do before it may answer, and what it has seen.
#[derive(Default)]
struct Gate {
    opened: Notify,
    is_open: Cell<bool>,
    asked: Cell<usize>,
    /// Requests that wait for their answer, and most of them at once.
    at_once: Cell<usize>,
    most: Cell<usize>,
}

/// Answers once the gate is open.
async fn gated(gate: &Rc<Gate>) -> Endpoint {
    let gate = gate.clone();
    Endpoint::scripted(move |mut conn, _| {
        let gate = gate.clone();
        async move {
            while conn.speaks().await {
                conn.head().await;
                gate.asked.set(gate.asked.get() + 1);
                gate.at_once.set(gate.at_once.get() + 1);
                gate.most.set(gate.most.get().max(gate.at_once.get()));
                while !gate.is_open.get() {
                    gate.opened.notified().await;
                }
                gate.at_once.set(gate.at_once.get() - 1);
                conn.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npaid")
                    .await;
            }
        }
    })
    .await
}

impl Gate {
    fn open(&self) {
        self.is_open.set(true);
        self.opened.notify_waiters();
    }

    async fn until_asked(&self, times: usize) {
        while self.asked.get() < times {
            tokio::task::yield_now().await;
        }
    }
}

async fn until_waited(gateway: &Gateway, times: u64) {
    while gateway.listener().waited < times {
        tokio::task::yield_now().await;
    }
}

async fn with(endpoint: &Endpoint, requests: u32, requests_waiting: u32, wait: Duration) -> Gateway {
    let numbers = Numbers {
        timeout: Duration::from_secs(100),
        limits: ListenerLimits {
            requests,
            requests_waiting,
            request_wait: wait,
            ..ListenerLimits::default()
        },
        ..Numbers::default()
    };
    Gateway::with(endpoint.addr, numbers).await
}

/// Clients of which each has asked, one after the other, so that they stand in the line in this order.
async fn asking(gateway: &Gateway, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = gateway.client().await;
        client.send(ASK).await;
        clients.push(client);
    }
    clients
}

#[test]
fn so_many_are_under_way_the_next_ones_wait_and_those_beyond_are_refused_at_once() {
    run(async {
        let gate = Rc::new(Gate::default());
        let endpoint = gated(&gate).await;
        let gateway = with(&endpoint, 2, 3, Duration::from_secs(100)).await;
        let mut served = asking(&gateway, 2).await;
        gate.until_asked(2).await;
        served.extend(asking(&gateway, 3).await);
        until_waited(&gateway, 3).await;

        let mut late = gateway.client().await;
        for _ in 0..3 {
            let refused = late.get("/pay").await;
            assert_eq!(refused.status, 503);
            assert_eq!(
                refused.header("x-hedgerow-refused").unwrap(),
                "edge; rule=overload; limit=2 requests under way on a thread, 3 waiting; observed=more"
            );
            assert_eq!(refused.header("retry-after").unwrap(), "1");
            assert_eq!(refused.header("connection"), None, "it is kept");
        }
        assert_eq!(gate.asked.get(), 2, "who waits or is refused costs no call");
        assert_eq!((gateway.listener().waited, gateway.listener().overloaded), (3, 3));
        let told = gateway.told("listenerOverloaded", 1).await;
        assert!(
            told[0].starts_with("a thread has 2 requests under way and 3 that wait"),
            "{told:?}"
        );

        gate.open();
        for client in &mut served {
            assert_eq!(client.answer("GET").await.text(), "paid");
        }
        assert_eq!(late.get("/pay").await.text(), "paid", "there is room again");
        assert_eq!(gate.most.get(), 2);
        gateway.stop().await;
    });
}

#[test]
fn no_berth_is_lost_where_clients_vanish_while_they_wait_or_are_served() {
    run(async {
        let gate = Rc::new(Gate::default());
        let endpoint = gated(&gate).await;
        let gateway = with(&endpoint, 2, 4, Duration::from_secs(100)).await;
        let served = asking(&gateway, 2).await;
        gate.until_asked(2).await;
        let mut waiting = asking(&gateway, 4).await;
        until_waited(&gateway, 4).await;
        waiting.remove(0).reset();
        waiting.remove(1).reset();
        for client in served {
            client.reset();
        }
        gate.open();
        for client in &mut waiting {
            assert_eq!(client.answer("GET").await.text(), "paid");
        }

        // Both berths are there again.
        gate.is_open.set(false);
        let before = gate.asked.get();
        let mut both = asking(&gateway, 2).await;
        gate.until_asked(before + 2).await;
        gate.open();
        for client in &mut both {
            assert_eq!(client.answer("GET").await.text(), "paid");
        }
        gateway.stop().await;
    });
}

#[test]
fn who_has_waited_for_too_long_is_refused_and_keeps_its_connection() {
    run(async {
        let gate = Rc::new(Gate::default());
        let endpoint = gated(&gate).await;
        let gateway = with(&endpoint, 1, 9, Duration::from_millis(20)).await;
        let mut served = asking(&gateway, 1).await;
        gate.until_asked(1).await;
        let mut client = gateway.client().await;
        let refused = client.get("/pay").await;
        assert_eq!(refused.status, 503);
        assert_eq!(
            refused.header("x-hedgerow-refused").unwrap(),
            "edge; rule=overload; limit=1 requests under way on a thread, 20ms of waiting; observed=more"
        );
        gate.open();
        assert_eq!(served[0].answer("GET").await.text(), "paid");
        assert_eq!(client.get("/pay").await.text(), "paid");
        gateway.stop().await;
    });
}

#[test]
fn a_berth_is_kept_until_the_last_byte_of_the_answer() {
    run(async {
        let last = Rc::new(Notify::new());
        let (waits, asked) = (last.clone(), Rc::new(RefCell::new(0)));
        let count = asked.clone();
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let (waits, count) = (waits.clone(), count.clone());
            async move {
                while conn.speaks().await {
                    conn.head().await;
                    *count.borrow_mut() += 1;
                    conn.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npai").await;
                    waits.notified().await;
                    conn.send("d").await;
                }
            }
        })
        .await;
        let gateway = with(&endpoint, 1, 1, Duration::from_secs(100)).await;
        let mut first = asking(&gateway, 1).await.remove(0);
        first.head().await;
        let mut second = asking(&gateway, 1).await.remove(0);
        until_waited(&gateway, 1).await;
        assert_eq!(*asked.borrow(), 1);
        last.notify_one();
        assert_eq!(first.exactly(4).await, b"paid");
        second.head().await;
        last.notify_one();
        assert_eq!(second.exactly(4).await, b"paid");
        gateway.stop().await;
    });
}

#[test]
fn as_many_as_may_be_are_under_way_where_the_endpoint_takes_its_time() {
    run(async {
        let gate = Rc::new(Gate::default());
        let endpoint = gated(&gate).await;
        let gateway = with(&endpoint, 200, 1, Duration::from_secs(100)).await;
        let mut clients = asking(&gateway, 200).await;
        gate.until_asked(200).await;
        assert_eq!(gateway.listener().overloaded, 0);
        gate.open();
        for client in &mut clients {
            assert_eq!(client.answer("GET").await.text(), "paid");
        }
        gateway.stop().await;
    });
}
