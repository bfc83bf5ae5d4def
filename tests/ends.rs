//! How the gateway ends.
#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};

/// What requests that are under way are given.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

fn serve() -> (Place, Endpoint, Gateway) {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let config = Config::to("/", "web", &[web.addr()]).keys("timeout: 60s");
    let gateway = Gateway::serve(&place, &config);
    (place, web, gateway)
}

/// Waits for its end, with every request answered.
fn ends_in_time(gateway: &mut Gateway) {
    let (code, took) = gateway.ended();
    assert_eq!(code, Some(0));
    assert!(took < DRAIN_LIMIT, "{took:?}");
    assert!(
        gateway.log().contains("every request was answered"),
        "{}",
        gateway.log()
    );
}

/// One request of a client under load: when it had been sent, and what came of it.
type Asked = (Instant, Result<u16, ErrorKind>);

/// Asks by one kept connection after the other until nobody listens any more, or one breaks before an answer began.
fn keep_asking(gateway: &Gateway, made: &AtomicUsize) -> Vec<Asked> {
    let mut asked = Vec::new();
    let Ok(mut connection) = Connection::open(gateway.addr()) else {
        return asked;
    };
    loop {
        let sent = connection.send("GET", "/", &[], b"");
        let at = now();
        let answer = sent.and_then(|()| connection.answer());
        made.fetch_add(1, Ordering::Relaxed);
        let Ok(answer) = answer else {
            asked.push((at, Err(answer.unwrap_err().kind())));
            return asked;
        };
        asked.push((at, Ok(answer.status)));
        if answer.header("connection") == Some("close") {
            match Connection::open(gateway.addr()) {
                Ok(fresh) => connection = fresh,
                Err(_) => return asked,
            }
        }
    }
}

#[test]
fn under_load_no_request_is_lost_that_was_sent_before_the_signal() {
    let (_place, web, mut gateway) = serve();
    let made = AtomicUsize::new(0);
    let (signal, asked) = thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| keep_asking(&gateway, &made)))
            .collect();
        until("load", || made.load(Ordering::Relaxed), |made| *made > 200);
        let signal = now();
        gateway.terminate();
        let asked = clients.into_iter().flat_map(|client| client.join().unwrap());
        (signal, asked.collect::<Vec<_>>())
    });
    let (code, took) = gateway.ended();
    assert_eq!(code, Some(0), "{}", gateway.log());
    assert!(took < DRAIN_LIMIT, "{took:?}");

    let lost: Vec<_> = asked
        .iter()
        .filter(|(at, answer)| *at < signal && *answer != Ok(200))
        .collect();
    assert!(lost.is_empty(), "{} of {}: {lost:?}", lost.len(), asked.len());
    let served = asked.iter().filter(|(_, answer)| *answer == Ok(200)).count();
    assert_eq!(served, web.calls(), "what reached the endpoint is answered");
    // A request that crosses the end of its connection gets no byte of an answer, and can be sent again; an answer that
    // has begun is finished.
    let unclear: Vec<_> = asked
        .iter()
        .map(|(_, answer)| answer)
        .filter(|answer| match answer {
            Ok(status) => *status != 200,
            Err(kind) => ![
                ErrorKind::ConnectionAborted,
                ErrorKind::ConnectionReset,
                ErrorKind::BrokenPipe,
            ]
            .contains(kind),
        })
        .collect();
    assert!(unclear.is_empty(), "{unclear:?}");
}

#[test]
fn requests_under_way_are_answered_before_it_ends() {
    let (_place, web, mut gateway) = serve();
    web.set(Mood::Hang);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(gateway.addr()).unwrap();
                    connection.ask("GET", "/", &[], b"").unwrap().status
                })
            })
            .collect();
        web.reached_by(6);
        gateway.terminate();
        // The admin side stays to the end, so that a drain can be watched.
        let listener = format!("gateway/listeners/{}", gateway.addr());
        until(
            "the listener to drain",
            || gateway.actor(&listener)["state"].clone(),
            |state| state == "stopping",
        );
        web.set(Mood::Answer(200));
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 6]);
    ends_in_time(&mut gateway);
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let (_place, _web, mut gateway) = serve();
    let mut idle = Connection::open(gateway.addr()).unwrap();
    assert_eq!(idle.ask("GET", "/", &[], b"").unwrap().status, 200);
    let _silent = Connection::open(gateway.addr()).unwrap();
    let _watching = gateway.events();
    gateway.terminate();
    ends_in_time(&mut gateway);
}

#[test]
fn after_a_clean_end_the_store_is_free_and_the_port_too() {
    let (place, web, mut gateway) = serve();
    assert_eq!(gateway.get("/").status, 200);
    let addr = gateway.addr().to_string();
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0));
    let file = place.path("mesh.yaml");
    let args = ["--config", file.to_str().unwrap(), "--listen", &addr];
    let again = Gateway::start(&place, &args, &[]);
    assert_eq!(again.addr().to_string(), addr);
    assert_eq!(
        again.ask("/readyz?verbose").text(),
        "ready\n[+] store: sled, durable\n"
    );
    assert_eq!((again.get("/").status, web.calls()), (200, 2));
}
