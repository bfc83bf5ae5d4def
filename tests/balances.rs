//! Which endpoint a request goes to, through the gateway.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashMap};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

/// A gateway in front of these endpoints, with these keys of their upstream.
fn gateway(place: &Place, endpoints: &[SocketAddr], keys: &str) -> Gateway {
    let config = Config::to("/", "web", endpoints).keys("breaker: off").keys(keys);
    Gateway::serve(place, &config)
}

fn listed(endpoints: &[&Endpoint]) -> Vec<SocketAddr> {
    endpoints.iter().map(|endpoint| endpoint.addr()).collect()
}

/// A server that takes so long for each answer.
struct Slow {
    addr: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl Slow {
    fn start(time: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let slow = Self {
            addr: listener.local_addr().unwrap(),
            calls: Arc::default(),
        };
        let calls = Arc::clone(&slow.calls);
        // It accepts until the test's process ends.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let calls = Arc::clone(&calls);
                thread::spawn(move || serve_slowly(stream, &calls, time));
            }
        });
        slow
    }
}

/// Answers one request after the other, until the other side closes.
fn serve_slowly(mut stream: TcpStream, calls: &AtomicUsize, time: Duration) {
    let mut head = [0; 4096];
    loop {
        stream.set_read_timeout(None).unwrap();
        if !matches!(stream.read(&mut head), Ok(1..)) {
            return;
        }
        calls.fetch_add(1, Ordering::Relaxed);
        // Nothing more comes: the time of waiting for it is that of the answer.
        stream.set_read_timeout(Some(time)).unwrap();
        let _ = stream.read(&mut head);
        if stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow")
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn u1_an_endpoint_that_falls_silent_is_called_no_more_at_once_long_before_a_time_out() {
    let (place, well, silent) = (Place::new(), Endpoint::start("well"), Endpoint::start("silent"));
    let gateway = gateway(&place, &listed(&[&well, &silent]), "timeout: 10s");
    for _ in 0..20 {
        assert_eq!(gateway.get("/").status, 200);
    }
    silent.set(Mood::Hang);
    let (before, answered) = (silent.calls(), AtomicUsize::new(0));
    let hung = || silent.calls() - before;
    thread::scope(|scope| {
        // Each waits for the one before it, unless that hangs.
        let mut made = 0;
        let mut calls = Vec::new();
        let mut call = || {
            calls.push(scope.spawn(|| {
                let answer = gateway.get("/");
                answered.fetch_add(1, Ordering::SeqCst);
                answer
            }));
            made += 1;
            let settled = || answered.load(Ordering::SeqCst) + hung();
            until("an answer, or none", settled, |settled| *settled >= made);
        };
        // Until somebody meets it: who has been the swifter one is a matter of chance.
        while hung() == 0 {
            call();
        }
        (0..100).for_each(|_| call());
        assert!(hung() <= 5, "{} of 100", hung());
        silent.set(Mood::Answer(200));
        assert!(calls.into_iter().all(|call| call.join().unwrap().status == 200));
    });
}

#[test]
fn the_swift_endpoint_gets_more_than_the_slow_one_and_both_are_shown_as_they_are() {
    let (place, swift, slow) = (
        Place::new(),
        Endpoint::start("swift"),
        Slow::start(Duration::from_millis(30)),
    );
    let gateway = gateway(&place, &[swift.addr(), slow.addr], "timeout: 10s");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(gateway.get("/").status, 200);
                }
            });
        }
    });
    let (swift_calls, slow_calls) = (swift.calls(), slow.calls.load(Ordering::Relaxed));
    assert_eq!(swift_calls + slow_calls, 200);
    assert!((1..40).contains(&slow_calls), "{slow_calls} of 200");
    let shown = &gateway.api("/api/upstreams")[0];
    assert_eq!(shown["balance"], "p2cEwma");
    let ewma = |index: usize| shown["endpoints"][index]["ewmaMs"].as_f64().unwrap();
    assert!(ewma(0) < ewma(1), "{shown}");
    assert_eq!(shown["endpoints"][0]["weight"], 1);
}

#[test]
fn a_user_stays_at_one_endpoint_and_users_are_at_all_of_them() {
    let names = ["one", "two", "three"];
    let (place, endpoints) = (Place::new(), names.map(Endpoint::start));
    let [one, two, three] = &endpoints;
    for kind in ["ringHash", "maglev"] {
        let keys = format!("balance: {{ kind: {kind}, key: \"header:x-user\" }}");
        let gateway = gateway(&place, &listed(&[one, two, three]), &keys);
        let ask = |user: &str| {
            let answer = request(gateway.addr(), "GET", "/", &[("x-user", user)], b"").unwrap();
            answer.text().to_owned()
        };
        let mut homes: HashMap<String, BTreeSet<String>> = HashMap::new();
        for _ in 0..3 {
            for user in 0..30 {
                let user = format!("user-{user}");
                let home = ask(&user);
                homes.entry(user).or_default().insert(home);
            }
        }
        assert!(homes.values().all(|homes| homes.len() == 1), "{homes:?}");
        let all: BTreeSet<_> = homes.values().flatten().collect();
        assert_eq!(all.len(), 3, "{all:?}");
    }
}

#[test]
fn turns_are_taken_as_the_weights_of_the_config_say() {
    let (place, light, heavy) = (Place::new(), Endpoint::start("light"), Endpoint::start("heavy"));
    let (light_addr, heavy_addr) = (light.addr(), heavy.addr());
    let weighted = format!("endpoints: [ \"{light_addr}\", {{ addr: \"{heavy_addr}\", weight: 3 }} ]");
    let gateway = gateway(&place, &[], &format!("{weighted}, balance: weighted"));
    for _ in 0..80 {
        assert_eq!(gateway.get("/").status, 200);
    }
    // Each worker takes turns by itself, and may stand within a round.
    assert!((12..=28).contains(&light.calls()), "{}", light.calls());
    let metrics = gateway.ask("/metrics");
    let weight = format!(
        "hedgerow_endpoint_weight{{endpoint=\"{}\",upstream=\"web\"}} 3",
        heavy.addr()
    );
    assert!(metrics.text().contains(&weight), "{}", metrics.text());
}
