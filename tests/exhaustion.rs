//! The gateway without descriptors, and with more requests than it may have under way.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::patience::until;
use hedgerow_tests::recorder::Recorder;
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place, config};

#[test]
fn p4_without_descriptors_it_waits_instead_of_spinning_and_recovers_by_itself() {
    let recorder = Recorder::new();
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config::leading_to(recorder.addr()));
    assert_eq!(gateway.get("/before").status, 200);
    let mut events = gateway.events();

    let most = gateway.descriptors() + 3;
    gateway.limit_descriptors(most);
    let mut crowd: Vec<_> = (0..20)
        .map(|_| Connection::open(gateway.addr()).unwrap())
        .collect();
    events.wait_for("listenerExhausted", "cannot accept: ");
    // Those that were not let in are told so; the others have not asked for anything.
    let last = crowd.last_mut().unwrap().answer().unwrap();
    last.is_refused(503, "listener", "descriptors");
    assert_eq!(last.header("connection"), Some("close"));
    assert_eq!(last.header("retry-after"), Some("1"));
    drop(crowd);
    until(
        "descriptors to be given back",
        || gateway.descriptors(),
        |now| now + 2 < most,
    );
    // The store and the connections to the endpoint need descriptors, too, and give them back at times.
    until(
        "a request to be let in",
        || gateway.get("/after").status,
        |status| *status == 200,
    );
    let (attempts, refused) = loop {
        let told = events.wait_for("listenerRecovered", "accepts again, after ");
        let words = told["cause"].as_str().unwrap().split(' ');
        let counts: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
        if counts[1] > 0 {
            break (counts[0], counts[1]);
        }
    };
    assert!(attempts < 100, "it spins: {attempts} attempts");
    assert!(refused <= 20, "{refused}");

    until(
        "its descriptors to be given back",
        || gateway.descriptors(),
        |now| *now < 60,
    );
}

/// The value of a series.
fn metric(gateway: &Gateway, series: &str) -> u64 {
    let text = gateway.ask("/metrics").text().to_owned();
    let line = text
        .lines()
        .find(|line| line.starts_with(series) && !line.starts_with('#'));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// Ten times the requests that may be under way, whose clients try again at once when they are refused.
#[test]
fn p7_under_overload_what_is_admitted_is_served_and_the_rest_is_refused_while_the_admin_side_answers() {
    const UNDER_WAY: usize = 8;
    const WAITING: usize = 8;
    const CLIENTS: usize = 10 * UNDER_WAY;
    let shop = Endpoint::start("shop");
    let place = Place::new();
    let limits = format!("limits: {{ requests: {UNDER_WAY}, requestsWaiting: {WAITING}, requestWait: 60s }}");
    let gateway = Gateway::serve(&place, &config::leading_to(shop.addr()).listener(&limits));
    let mut events = gateway.events();

    shop.set(Mood::Hang);
    let mut clients: Vec<Connection> = (0..CLIENTS)
        .map(|_| Connection::open(gateway.addr()).unwrap())
        .collect();
    for client in &mut clients {
        client.send("GET", "/", &[], b"").unwrap();
    }
    let refused = CLIENTS - UNDER_WAY - WAITING;
    let overloaded = || metric(&gateway, "hedgerow_listener_overloaded_total");
    until("the rest to be refused", overloaded, |now| *now == refused as u64);
    assert_eq!(metric(&gateway, "hedgerow_listener_waited_total"), WAITING as u64);
    shop.reached_by(UNDER_WAY);
    events.wait_for("listenerOverloaded", "a thread has ");
    assert_eq!(gateway.ask("/livez").status, 200);
    assert_eq!(gateway.ask("/readyz").status, 200);
    assert_eq!(
        gateway.api("/api/upstreams")[0]["endpoints"][0]["inFlight"],
        UNDER_WAY
    );
    assert_eq!(shop.calls(), UNDER_WAY, "who waits or is refused costs no call");

    shop.set(Mood::Answer(200));
    let (mut served, mut told) = (0, 0);
    for client in &mut clients {
        let answer = client.answer().unwrap();
        if answer.status == 200 {
            served += 1;
        } else {
            answer.is_refused(503, "edge", "overload");
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.header("connection"), None, "its connection is kept");
            told += 1;
        }
    }
    assert_eq!((served, told), (UNDER_WAY + WAITING, refused));
    assert!(shop.connections() <= UNDER_WAY);
    for client in &mut clients {
        assert_eq!(client.ask("GET", "/", &[], b"").unwrap().status, 200);
    }
}
