#![allow(clippy::unwrap_used)]

use hedgerow_actors::breaker::Means;
use hedgerow_actors::upstream::{self, UpstreamHandle};
use hedgerow_config::Upstream;
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Span};
use hedgerow_view::{Path, View};
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::dial::dial;
use super::send::Connection;
use super::*;
use crate::body::RequestBody;

/// An upstream with one endpoint that accepts in its backlog and never answers.
async fn site() -> (TcpListener, UpstreamHandle) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let addr = socket.local_addr().unwrap().to_string().parse().unwrap();
    let config = Upstream::new("payments", vec![addr]);
    let (_, upstream) = upstream::spec(&config, &means, None).unwrap();
    (socket, upstream)
}

/// What there is to send where nothing was written of the first one.
fn spare<A>(upstream: &UpstreamHandle, again: A) -> Spare<'_, A> {
    Spare {
        again,
        interim: None,
        after_silence: false,
        retries: upstream.retries(),
    }
}

/// Idle connections and dials, as they are shown.
fn shown(upstream: &UpstreamHandle) -> (u64, u64) {
    use hedgerow_supervisor::Inspect as _;
    match upstream.view(&Path::root("gateway")) {
        View::Upstream(view) => (view.endpoints[0].idle, view.endpoints[0].dials),
        _ => panic!("an upstream shows itself as one"),
    }
}

async fn dialled(shelf: &Shelf) -> Connection {
    let connection = dial(shelf, Duration::from_secs(5)).await.ok().unwrap();
    while !connection.is_ready() {
        tokio::task::yield_now().await;
    }
    connection
}

fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, body);
}

#[test]
fn so_many_are_dialled_at_once_and_who_waits_takes_a_connection_that_comes_back() {
    run(async {
        let (socket, upstream) = site().await;
        let shelf = Wire::default().shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let mut turns = Vec::new();
        for _ in 0..shelf::MOST_DIALS {
            turns.push(shelf.turn().await);
        }
        let asking = {
            let (shelf, upstream) = (shelf.clone(), upstream.clone());
            let request = Request::builder().uri("/").header("host", "shop");
            let request = request.body(RequestBody::none()).unwrap();
            async move {
                let spare = spare(&upstream, || None);
                call(&shelf, request, spare, Duration::from_secs(5), || Span::NONE)
                    .await
                    .is_ok()
            }
        };
        tokio::pin!(asking);
        let first =
            std::future::poll_fn(|task| std::task::Poll::Ready(asking.as_mut().poll(task).is_pending()));
        assert!(first.await, "it waits for its turn");
        assert_eq!(shown(&upstream), (0, 0));

        shelf.put(dialled(&shelf).await, Instant::now());
        drop(turns.pop());
        let (mut served, _) = socket.accept().await.unwrap();
        let answering = async {
            let mut head = [0; 64];
            assert!(served.read(&mut head).await.unwrap() > 0);
            served
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
        };
        let (is_answered, ()) = tokio::join!(asking, answering);
        assert!(is_answered);
        assert_eq!(shown(&upstream).1, 1, "nobody dialled for it");
    });
}

#[test]
fn a_connection_that_was_idle_for_too_long_is_not_used_again() {
    run(async {
        let (_socket, upstream) = site().await;
        let shelf = Wire::default().shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let start = Instant::now();
        shelf.put(dialled(&shelf).await, start);
        assert_eq!(shown(&upstream), (1, 1));
        let in_time = start + Duration::from_secs(30);
        let connection = shelf.take(in_time).unwrap();
        assert_eq!(shown(&upstream), (0, 1));
        shelf.put(connection, in_time);
        let late = in_time + Duration::from_millis(30_001);
        assert!(shelf.take(late).is_none());
        assert_eq!(shown(&upstream), (0, 1));
    });
}

#[test]
fn a_connection_that_the_endpoint_closed_is_not_used_again() {
    run(async {
        let (socket, upstream) = site().await;
        let shelf = Wire::default().shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let start = Instant::now();
        shelf.put(dialled(&shelf).await, start);
        let (accepted, _) = socket.accept().await.unwrap();
        let second = dialled(&shelf).await;
        drop(accepted);
        loop {
            let Some(connection) = shelf.take(start) else {
                break;
            };
            shelf.put(connection, start);
            tokio::task::yield_now().await;
        }
        shelf.put(second, start);
        assert!(shelf.take(start).is_some(), "the other one lives");
    });
}

#[test]
fn a_request_of_which_nothing_was_written_is_sent_anew_even_if_it_may_not_be_repeated() {
    run(async {
        let (socket, upstream) = site().await;
        let shelf = Wire::default().shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let connection = dialled(&shelf).await;
        let (accepted, _) = socket.accept().await.unwrap();
        shelf.put(connection, Instant::now());
        // Reset, so that not even writing succeeds; and not noticed yet, as nobody has looked.
        accepted.set_zero_linger().unwrap();
        drop(accepted);
        let order = || {
            let mut order = Request::new(RequestBody::none());
            *order.method_mut() = http::Method::POST;
            order
        };
        let spare = spare(&upstream, || Some(order()));
        let answers = async {
            let (mut fresh, _) = socket.accept().await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            while fresh.read(&mut [0; 1024]).await.unwrap() == 0 {}
            fresh.write_all(answer).await.unwrap();
            fresh
        };
        let limit = Duration::from_secs(5);
        let both = async { tokio::join!(call(&shelf, order(), spare, limit, || Span::NONE), answers) };
        let (answer, _fresh) = tokio::time::timeout(limit, both).await.unwrap();
        assert_eq!(answer.ok().unwrap().response.status(), 200);
        assert_eq!(shown(&upstream).1, 2);
    });
}

#[test]
fn the_oldest_makes_room_at_the_limit_and_all_are_counted_off_when_the_worker_ends() {
    run(async {
        let (socket, upstream) = site().await;
        let wire = Wire::default();
        let shelf = wire.shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let start = Instant::now();
        let mut accepted = Vec::new();
        for _ in 0..257 {
            let connection = dialled(&shelf).await;
            accepted.push(socket.accept().await.unwrap());
            shelf.put(connection, start);
        }
        assert_eq!(shown(&upstream), (256, 257));
        drop((shelf, wire));
        assert_eq!(shown(&upstream), (0, 257));
    });
}

#[test]
fn what_nobody_takes_is_closed_soon_after_its_time_and_nothing_is_swept_then() {
    run(async {
        let (_socket, upstream) = site().await;
        let wire = Wire::default();
        let shelf = wire.shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let connections = [dialled(&shelf).await, dialled(&shelf).await];
        tokio::time::pause();
        let sweeps_until = async |left: u64| {
            while shown(&upstream).0 != left {
                tokio::time::advance(sweep::EVERY).await;
                tokio::task::yield_now().await;
            }
        };
        let [first, second] = connections;
        let begun = Instant::now();
        shelf.put(first, begun);
        tokio::time::advance(Duration::from_secs(20)).await;
        shelf.put(second, Instant::now());
        sweeps_until(1).await;
        let first = begun.elapsed();
        assert!((30..=33).contains(&first.as_secs()), "{first:?}");
        sweeps_until(0).await;
        let second = begun.elapsed();
        assert!((50..=53).contains(&second.as_secs()), "{second:?}");
    });
}

#[test]
fn a_connection_that_has_lived_for_long_enough_is_closed_when_it_comes_back_and_not_before() {
    run(async {
        let (_socket, upstream) = site().await;
        let shelf = Wire::default().shelf(&upstream.endpoints()[0], upstream.pool().policy());
        let mut connection = dialled(&shelf).await;
        let start = Instant::now();
        connection.set_life(shelf.life(start));
        let mut now = start;
        // Five minutes less a tenth at the most, used once in 20 s.
        while now < start + Duration::from_secs(260) {
            shelf.put(connection, now);
            now += Duration::from_secs(20);
            connection = shelf.take(now).expect("it is young enough");
        }
        shelf.put(connection, start + Duration::from_secs(301));
        assert_eq!(shown(&upstream), (0, 1));
    });
}
