//! `inject`.

use std::time::Duration;

use hedgerow_config::{Fault, FaultKind, Inject, Node};
use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use super::{Asked, Stage, run};
use crate::chain::{Arrival, Turned};
use crate::chance;
use crate::paused::passing;

const HEADER: HeaderName = HeaderName::from_static("x-inject");

fn chaos(inject: Inject) -> Vec<Node> {
    vec![Node::new("chaos", inject)]
}

fn asking(value: &'static [u8]) -> Asked {
    let mut asked = Asked::get("/");
    asked
        .headers
        .insert(HEADER, HeaderValue::from_bytes(value).unwrap());
    asked
}

/// What becomes of it, with the time that it took.
async fn outcome(stage: &Stage, asked: &mut Asked) -> (Result<(), Turned>, Duration) {
    let begun = Instant::now();
    let arrived = passing(stage.chain.enter().descend(asked)).await;
    let came = arrived.map(|arrival| match arrival {
        Arrival::Through(passage) => passage.fail(),
        Arrival::Replied(..) => panic!("answered"),
    });
    (came, begun.elapsed())
}

fn told(came: Result<(), Turned>) -> (u16, String) {
    let turned = came.unwrap_err();
    (turned.status().as_u16(), turned.refusal().to_string())
}

#[test]
fn a_request_gets_what_its_header_asks_for_and_the_header_goes_no_further() {
    run(async {
        let stage = Stage::of(chaos(Inject::by_header("X-Inject"))).await;

        let mut asked = asking(b"delay=200ms");
        let (came, took) = outcome(&stage, &mut asked).await;
        assert_eq!((came, took), (Ok(()), Duration::from_millis(200)));
        assert!(asked.headers.is_empty(), "{:?}", asked.headers);

        let (came, took) = outcome(&stage, &mut asking(b"abort=429")).await;
        let refused = "edge/node/chaos; rule=inject; limit=asked for by x-inject; observed=abort=429";
        assert_eq!((told(came), took), ((429, refused.to_owned()), Duration::ZERO));

        let (came, took) = outcome(&stage, &mut asking(b" abort=503 ,\tdelay=1s")).await;
        assert_eq!((told(came).0, took), (503, Duration::from_secs(1)));

        for asks in [&b"panic"[..], b"delay=1ms, panic"] {
            let (came, _) = outcome(&stage, &mut asking(asks)).await;
            let crashed = "edge/node/chaos; rule=nodeCrashed; limit=no panic; \
                           observed=injected: asked for by x-inject";
            assert_eq!(told(came), (500, crashed.to_owned()));
        }

        let (came, took) = outcome(&stage, &mut Asked::get("/")).await;
        assert_eq!((came, took), (Ok(()), Duration::ZERO));
        stage.end().await;
    });
}

#[test]
fn what_cannot_be_made_out_or_is_not_allowed_is_refused_and_told() {
    run(async {
        let inject = Inject::by_header("x-inject")
            .allow([FaultKind::Delay, FaultKind::Abort])
            .max_delay(Duration::from_secs(2));
        let stage = Stage::of(chaos(inject)).await;
        let form = "panic, abort=STATUS or delay=TIME";
        let both = "one delay, and one of panic and abort";
        let cases = [
            (&b""[..], form, ""),
            (b"delay=200ms,", form, "delay=200ms,"),
            (b"reset", form, "reset"),
            (b"abort=200", form, "abort=200"),
            (b"\xff\x80", form, "\\xff\\x80"),
            (b"panic", "delay, abort", "panic"),
            (b"delay=2001ms", "a delay of at most 2s", "delay=2001ms"),
            (b"delay=1s, delay=1s", both, "delay=1s, delay=1s"),
            (b"abort=503,abort=500", both, "abort=503,abort=500"),
        ];
        for (asks, limit, observed) in cases {
            let (came, took) = outcome(&stage, &mut asking(asks)).await;
            let refused = format!("edge/node/chaos; rule=inject; limit={limit}; observed={observed}");
            assert_eq!((told(came), took), ((400, refused), Duration::ZERO));
        }
        let (came, took) = outcome(&stage, &mut asking(b"delay=2s")).await;
        assert_eq!((came, took), (Ok(()), Duration::from_secs(2)));
        let (came, _) = outcome(&stage, &mut asking(&[b'a'; 10_000])).await;
        assert!(told(came).1.len() < 200);
        stage.end().await;
    });
}

#[test]
fn a_share_of_the_requests_gets_faults_that_they_did_not_ask_for() {
    run(async {
        let inject = Inject::share(0.1)
            .fault(Fault::Abort(503))
            .fault(Fault::Delay(Duration::from_millis(20)));
        let stage = Stage::of(chaos(inject)).await;
        chance::seed(1);
        let mut hit = 0_u32;
        for _ in 0..2_000 {
            let (came, took) = outcome(&stage, &mut Asked::get("/")).await;
            if came.is_err() {
                let refused = "edge/node/chaos; rule=inject; limit=a share of 0.1; observed=abort=503";
                assert_eq!((told(came), took.as_millis()), ((503, refused.to_owned()), 20));
                hit += 1;
            } else {
                assert!(took.is_zero());
            }
        }
        // Five standard deviations: 67.
        assert!(hit.abs_diff(200) < 67, "{hit}");
        chance::seed(1);
        let again = (0..2_000).filter(|_| chance::hits(0.1)).count();
        assert_eq!(again, hit as usize, "the same seed, the same faults");
        stage.end().await;
    });
}

#[test]
fn a_header_asks_beside_a_share_and_is_not_drawn_as_well() {
    run(async {
        let mut inject = Inject::by_header("x-inject").fault(Fault::Abort(500));
        inject.share = 1.0;
        let stage = Stage::of(chaos(inject)).await;
        let (came, _) = outcome(&stage, &mut asking(b"delay=0ms")).await;
        assert_eq!(came, Ok(()));
        let (came, _) = outcome(&stage, &mut Asked::get("/")).await;
        assert_eq!(told(came).0, 500);
        stage.end().await;
    });
}

#[test]
fn a_client_that_goes_away_while_it_is_held_up_ends_as_any_that_waits() {
    run(async {
        let stage = Stage::of(chaos(Inject::by_header("x-inject"))).await;
        let mut cursor = stage.chain.enter();
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(
            cursor
                .poll_descend(&mut asking(b"delay=1s, abort=503"), &mut task)
                .is_pending()
        );
        drop(cursor);
        // The state is used again, with nothing left in it.
        let (came, took) = outcome(&stage, &mut Asked::get("/")).await;
        assert_eq!((came, took), (Ok(()), Duration::ZERO));
        stage.end().await;
    });
}

#[test]
fn a_delay_where_there_is_no_timer_is_refused_and_told() {
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    run(async {
        let stage = Stage::of(chaos(Inject::by_header("x-inject"))).await;
        let chain = stage.chain.clone();
        let walk = move || {
            let mut cursor = chain.enter();
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            let came = cursor.poll_descend(&mut asking(b"delay=1s"), &mut task);
            send.send(came.map(|came| came.map(drop))).unwrap();
        };
        std::thread::spawn(walk).join().unwrap();
        let std::task::Poll::Ready(came) = receive.recv().unwrap() else {
            panic!("it waits for nothing")
        };
        let refused = "edge/node/chaos; rule=inject; limit=a caller with tokio's timer; observed=none";
        assert_eq!(told(came), (501, refused.to_owned()));
        stage.end().await;
    });
}
