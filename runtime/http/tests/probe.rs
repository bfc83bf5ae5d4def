//! Endpoints are asked whether they are there and well.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use hedgerow_actors::probe::Probe as _;
use hedgerow_config::EndpointAddr;
use hedgerow_http::Prober;
use hedgerow_tests::{ClosedPort, Endpoint, FullPort, Mood};

/// More than anything takes that answers.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(50);

fn at(addr: SocketAddr) -> EndpointAddr {
    addr.to_string().parse().unwrap()
}

fn run(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(body);
}

#[test]
fn the_status_is_answered_whatever_it_is_and_each_question_has_a_connection_of_its_own() {
    run(async {
        let (prober, web) = (Prober::default(), Endpoint::start("web"));
        for status in [200, 204, 404, 503] {
            web.set(Mood::Answer(status));
            let answer = prober
                .http(at(web.addr()), "/healthz?deep".to_owned(), LONG)
                .await;
            assert_eq!(answer, Ok(status));
        }
        assert_eq!((web.connections(), web.calls()), (4, 4));
        let head = &web.heads()[0];
        assert_eq!(head.field("host"), Some(web.addr().to_string().as_str()));
        assert_eq!(head.field("connection"), Some("close"));
    });
}

#[test]
fn what_is_no_answer_is_an_error_that_says_why() {
    run(async {
        let (prober, web, closed) = (Prober::default(), Endpoint::start("web"), ClosedPort::new());
        let ask = |addr: SocketAddr, limit| prober.http(at(addr), "/".to_owned(), limit);
        assert_eq!(
            ask(closed.addr(), LONG).await,
            Err("connection refused".to_owned())
        );
        web.set(Mood::Babble);
        assert!(ask(web.addr(), LONG).await.is_err());
        web.set(Mood::Close);
        assert!(ask(web.addr(), LONG).await.is_err());
        web.set(Mood::Hang);
        let late = Err("no answer within 50 ms".to_owned());
        assert_eq!(ask(web.addr(), SHORT).await, late);
    });
}

#[test]
fn a_connection_is_opened_or_not() {
    run(async {
        let (prober, web, closed, full) = (
            Prober::default(),
            Endpoint::start("web"),
            ClosedPort::new(),
            FullPort::new(),
        );
        assert_eq!(prober.tcp(at(web.addr()), LONG).await, Ok(()));
        let refused = Err("connection refused".to_owned());
        assert_eq!(prober.tcp(at(closed.addr()), LONG).await, refused);
        let late = Err("no answer within 50 ms".to_owned());
        assert_eq!(prober.tcp(at(full.addr()), SHORT).await, late);
        assert_eq!(web.calls(), 0);
    });
}

#[test]
fn questions_that_hang_delay_no_other_and_one_that_is_dropped_is_given_up() {
    run(async {
        let (prober, hangs, web) = (
            Prober::default(),
            Endpoint::start("hangs"),
            Endpoint::start("web"),
        );
        hangs.set(Mood::Hang);
        let waiting: Vec<_> = (0..20)
            .map(|_| prober.http(at(hangs.addr()), "/".to_owned(), LONG))
            .collect();
        hangs.reached_by(20);
        assert_eq!(prober.http(at(web.addr()), "/".to_owned(), LONG).await, Ok(200));
        drop(waiting);
        // A prober that is dropped answers nobody any more.
        let left = prober.http(at(hangs.addr()), "/".to_owned(), LONG);
        drop(prober);
        assert_eq!(left.await, Err("the question was given up".to_owned()));
    });
}
