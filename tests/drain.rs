//! A gateway that is told to end while it is busy.
#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hedgerow_tests::config::{Config, ONE_TRY, leading_to};
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};

/// How often the gateway is ended under load; `DRAIN_ROUNDS` says another number.
const ROUNDS: usize = 10;
/// Clients that keep their connection, and clients that open one for each request.
const KEEPING: usize = 6;
const OPENING: usize = 2;
/// What requests that are under way are given.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// What the log says where that was not enough.
const CUT_OFF: &str = "at the drain limit connections or copies were left and have been closed";

/// What clients have seen.
#[derive(Debug, Default)]
struct Tally {
    answered: AtomicUsize,
    /// New connections that were reset without a byte.
    not_accepted: AtomicUsize,
    lost: AtomicUsize,
}

/// Asks until nobody listens any more, by turns without a body and with one that does not go out in one piece. A client that
/// keeps its connection asks on it until it is told not to.
fn load(addr: SocketAddr, keeps: bool, tally: &Tally) {
    let count = |what: &AtomicUsize| what.fetch_add(1, Ordering::Relaxed);
    let fields: &[(&str, &str)] = if keeps { &[] } else { &[("connection", "close")] };
    let body = vec![b'x'; 200_000];
    let mut orders = [("GET", &b""[..]), ("POST", &body[..])].into_iter().cycle();
    'open: loop {
        let Ok(mut connection) = Connection::open(addr) else {
            return;
        };
        let mut is_new = true;
        loop {
            let Some((method, body)) = orders.next() else {
                return;
            };
            let answer = connection.ask(method, "/", fields, body);
            match answer {
                Ok(answer) if answer.status == 200 => {
                    count(&tally.answered);
                    is_new = false;
                    if answer.header("connection") == Some("close") {
                        continue 'open;
                    }
                }
                Err(error) if is_new && is_reset(error.kind()) => {
                    count(&tally.not_accepted);
                    continue 'open;
                }
                _ => {
                    count(&tally.lost);
                    continue 'open;
                }
            }
        }
    }
}

/// Before a byte of an answer.
fn is_reset(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// Waits until nobody listens there.
fn is_closed(addr: SocketAddr) {
    // Who knocks at the very end is not heard, and would knock again after a second.
    let knock = || TcpStream::connect_timeout(&addr, Duration::from_millis(100));
    let refused = || knock().err().map(|error| error.kind());
    until("the listener to close", refused, |refused| {
        *refused == Some(ErrorKind::ConnectionRefused)
    });
}

fn rounds() -> usize {
    let told = std::env::var("DRAIN_ROUNDS").ok();
    told.map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

#[test]
fn p1_ended_under_full_load_again_and_again_it_loses_no_request() {
    let web = Endpoint::start("web");
    let rounds = rounds();
    let mut not_accepted = 0;
    for round in 0..rounds {
        let place = Place::new();
        let mut gateway = Gateway::serve(&place, &leading_to(web.addr()));
        let tally = Tally::default();
        thread::scope(|scope| {
            for client in 0..KEEPING + OPENING {
                let (addr, tally) = (gateway.addr(), &tally);
                scope.spawn(move || load(addr, client < KEEPING, tally));
            }
            let answered = || tally.answered.load(Ordering::Relaxed);
            until("load", answered, |answered| *answered > 200);
            gateway.terminate();
        });
        let (code, took) = gateway.ended();
        let log = gateway.log();
        assert_eq!(code, Some(0), "{round}: {log}");
        assert!(took < DRAIN_LIMIT, "{round}: {took:?}");
        assert_eq!(tally.lost.into_inner(), 0, "{round}: {log}");
        assert!(log.contains("every request was answered"), "{round}: {log}");
        not_accepted += tally.not_accepted.into_inner();
    }
    // Nobody is let in that nobody serves. What is left is a handshake whose last packet crosses the end of the listener.
    assert!(
        not_accepted <= rounds.div_ceil(10),
        "{not_accepted} in {rounds} rounds"
    );
}

#[test]
fn p1_a_connection_that_is_idle_when_the_drain_begins_may_ask_once_more() {
    let web = Endpoint::start("web");
    let place = Place::new();
    let mut gateway = Gateway::serve(&place, &leading_to(web.addr()));
    let mut connection = Connection::open(gateway.addr()).unwrap();
    assert_eq!(connection.ask("GET", "/", &[], b"").unwrap().status, 200);
    // What holds the drain up is another request.
    web.set(Mood::Hang);
    let mut other = Connection::open(gateway.addr()).unwrap();
    other.send("GET", "/", &[], b"").unwrap();
    web.reached_by(2);
    gateway.terminate();
    is_closed(gateway.addr());
    connection.send("GET", "/", &[], b"").unwrap();
    web.reached_by(3);
    web.set(Mood::Answer(200));
    for connection in [&mut connection, &mut other] {
        let last = connection.answer().unwrap();
        assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    }
    assert_eq!(gateway.ended().0, Some(0));
}

#[test]
fn p1_while_it_drains_nobody_is_let_in_to_wait_in_vain() {
    let web = Endpoint::start("web");
    let place = Place::new();
    let mut gateway = Gateway::serve(&place, &leading_to(web.addr()));
    web.set(Mood::Hang);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    connection.send("GET", "/", &[], b"").unwrap();
    web.reached_by(1);
    gateway.terminate();
    is_closed(gateway.addr());
    // The admin side stays, so that the drain can be watched.
    assert_eq!(gateway.ask("/livez").status, 200);
    web.set(Mood::Answer(200));
    assert_eq!(connection.answer().unwrap().status, 200);
    assert_eq!(gateway.ended().0, Some(0));
}

#[test]
fn p2_a_request_that_is_stuck_meets_the_drain_limit_and_not_more() {
    let web = Endpoint::start("web");
    let place = Place::new();
    let mut gateway = Gateway::serve(&place, &leading_to(web.addr()));
    web.set(Mood::Hang);
    let mut stuck = Connection::open(gateway.addr()).unwrap();
    stuck.send("GET", "/", &[], b"").unwrap();
    web.reached_by(1);
    let signal = now();
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0), "{}", gateway.log());
    let took = signal.elapsed();
    assert!(took >= DRAIN_LIMIT, "{took:?}");
    assert!(took < DRAIN_LIMIT + Duration::from_secs(3), "{took:?}");
    assert!(gateway.log().contains(CUT_OFF), "{}", gateway.log());
    assert!(stuck.answer().is_err());
}

#[test]
fn p3_a_second_signal_ends_it_at_once_and_what_was_acknowledged_is_in_the_store() {
    let payments = Endpoint::start("payments");
    let place = Place::new();
    let config = Config::to("/pay", "payments", &[payments.addr()])
        .also("/")
        .keys("required: false, breaker: { per: route, consecutiveFailures: 3, openFor: 60s }")
        .keys(ONE_TRY);
    let mut gateway = Gateway::serve(&place, &config);
    payments.set(Mood::Answer(500));
    for _ in 0..3 {
        assert_eq!(gateway.get("/pay").status, 500);
    }
    let open = |gateway: &Gateway| {
        let breakers = gateway.api("/api/breakers");
        let breakers = breakers.as_array().unwrap().iter();
        let mut open = breakers.filter(|breaker| breaker["state"] == "open");
        open.next().cloned()
    };
    let persisted = until(
        "the open breaker on the disk",
        || open(&gateway),
        |breaker| {
            breaker
                .as_ref()
                .is_some_and(|breaker| breaker["persisted"] == true)
        },
    );
    payments.set(Mood::Hang);
    let mut stuck = Connection::open(gateway.addr()).unwrap();
    stuck.send("GET", "/other", &[], b"").unwrap();
    payments.reached_by(4);
    gateway.terminate();
    gateway.is_draining();
    let second = now();
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0), "{}", gateway.log());
    assert!(second.elapsed() < DRAIN_LIMIT / 2, "{:?}", second.elapsed());
    assert!(!gateway.log().contains(CUT_OFF), "{}", gateway.log());

    let again = Gateway::serve(&place, &config);
    assert_eq!(
        again.ask("/readyz?verbose").text(),
        "ready\n[+] store: sled, durable\n"
    );
    let told = open(&again);
    let same = ["id", "since", "lastTransition"];
    let of = |breaker: &Option<serde_json::Value>| same.map(|key| breaker.as_ref().unwrap()[key].clone());
    assert_eq!(of(&told), of(&persisted));
    assert_eq!(again.get("/pay").status, 503);
}
