//! What must hold of retries, whatever happens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hedgerow_tests::client::Connection;
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint, Gateway, Mood, Place};

use super::{ask, before, config, retries};

/// Gateways in a row, each of which retries three times; the last one stands in front of the endpoint.
fn row(levels: usize, endpoint: &Endpoint) -> Vec<(Place, Gateway)> {
    let retry = "breaker: off, retry: { maxRetries: 3, backoff: { initial: 1ms, max: 1ms } }";
    let mut row: Vec<(Place, Gateway)> = Vec::new();
    for _ in 0..levels {
        let next = row.last().map_or(endpoint.addr(), |(_, gateway)| gateway.addr());
        let place = Place::new();
        let gateway = Gateway::serve(&place, &config(&[next], retry));
        row.push((place, gateway));
    }
    row.reverse();
    row
}

#[test]
fn b5_three_gateways_in_front_of_what_is_dead_send_a_tenth_more_than_is_wanted() {
    for mood in [Mood::Answer(503), Mood::Reset] {
        let dead = Endpoint::start("dead");
        dead.set(mood);
        let row = row(3, &dead);
        let edge = &row[0].1;
        // Nobody but the first of them retries: one request is sent four times, and not 64 times.
        assert!(ask(edge, "GET", &[], b"").status >= 500);
        let reached = || match mood {
            // One that is reset has not been read.
            Mood::Reset => dead.connections(),
            _ => dead.calls(),
        };
        assert_eq!(reached(), 4, "{mood:?}");
        let mut connection = Connection::open(edge.addr()).unwrap();
        for _ in 1..500 {
            assert!(connection.ask("GET", "/", &[], b"").unwrap().status >= 500);
        }
        let sent = reached();
        println!("{mood:?}: 500 wanted, {sent} sent; without bounds 32000");
        assert!((500..=550).contains(&sent), "{mood:?}: {sent}");
        let told = retries(edge);
        assert!(told["stoppedByBudget"].as_u64().unwrap() > 400, "{told}");
        assert_eq!(told["retries"].as_u64(), Some(sent as u64 - 500), "{told}");
        for (_, behind) in &row[1..] {
            let told = retries(behind);
            assert_eq!(told["retries"], 0, "{told}");
            assert!(told["stoppedNested"].as_u64().unwrap() > 400, "{told}");
        }
    }
}

#[test]
fn no_get_fails_where_one_of_two_endpoints_is_dead_or_dies() {
    let closed = ClosedPort::new();
    for mood in [
        Some(Mood::Answer(500)),
        Some(Mood::Answer(503)),
        Some(Mood::Close),
        Some(Mood::Reset),
        None,
    ] {
        let (well, sick) = (Endpoint::start("well"), Endpoint::start("sick"));
        let other = mood.map_or(closed.addr(), |_| sick.addr());
        let (_place, gateway) = before(&[well.addr(), other], "");
        let failed = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut connection = Connection::open(gateway.addr()).unwrap();
                    for call in 0..200 {
                        if let (50, Some(mood)) = (call, mood) {
                            sick.set(mood);
                        }
                        let answer = connection.ask("GET", "/", &[], b"").unwrap();
                        if answer.status != 200 {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let told = retries(&gateway);
        println!("{mood:?}: {} retries for 800 calls", told["retries"]);
        assert_eq!(failed.into_inner(), 0, "{mood:?}: {told}");
        assert!(told["retries"].as_u64().unwrap() > 0, "{mood:?}: {told}");
    }
}

#[test]
fn b6_what_may_have_been_acted_on_is_not_sent_twice() {
    for (mood, status) in [
        (Mood::Answer(500), 500),
        (Mood::Answer(503), 503),
        (Mood::Close, 502),
        (Mood::BreakOff, 0),
    ] {
        let endpoint = Endpoint::start("orders");
        endpoint.set(mood);
        let keys = "breaker: off, retry: { maxRetries: 3 }, hedge: { after: 1ms }";
        let (_place, gateway) = before(&[endpoint.addr()], keys);
        for (method, body) in [("POST", &b"order"[..]), ("POST", b""), ("PATCH", b"order")] {
            let before = endpoint.calls();
            let answer = hedgerow_tests::client::request(gateway.addr(), method, "/", &[], body);
            match answer {
                Ok(answer) => assert_eq!(answer.status, status, "{method}, {mood:?}: {answer:?}"),
                // An answer that broke off was begun.
                Err(_) => assert_eq!(status, 0, "{method}, {mood:?}"),
            }
            assert_eq!(endpoint.calls(), before + 1, "{method}, {mood:?}");
        }
        assert_eq!(retries(&gateway)["retries"], 0);
    }
}

#[test]
fn b6_a_post_of_which_nothing_was_written_goes_to_another_endpoint() {
    let (closed, well) = (ClosedPort::new(), Endpoint::start("well"));
    well.set(Mood::Echo);
    let keys = "breaker: off";
    let (_place, gateway) = before(&[closed.addr(), well.addr()], keys);
    for (call, body) in [&b"one"[..], &b"two"[..], &[b'x'; 200_000][..]]
        .into_iter()
        .enumerate()
    {
        for fields in [&[][..], &[("x-other", "yes")]] {
            let answer = ask(&gateway, "POST", fields, body);
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body == body, "what was sent is what came");
        }
        assert_eq!(well.calls(), 2 * (call + 1), "each has come once");
    }
    assert_eq!(retries(&gateway)["retries"], 3);
}

#[test]
fn b10_what_is_sent_again_over_a_fresh_connection_is_paid_out_of_the_budget() {
    use hedgerow_tests::script::{Part, Scripted, Then, seen};
    let endpoint = Scripted::new();
    let place = Place::new();
    let keys = "retry: { budget: { ratio: 0, min: 1 } }";
    let gateway = Gateway::with_one_worker(&place, &config(&[endpoint.addr()], keys));
    assert_eq!(retries(&gateway)["budget"], 10);
    // More often than the budget would pay for: it is sent again in any case, and nobody sees an error.
    for round in 0..15_u64 {
        let first = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst";
        endpoint.play(Part::new(first, Then::Stay).and_next(Part::new("", Then::Close)));
        assert!(seen(gateway.addr(), "GET").is_whole(200, "first"));
        assert!(seen(gateway.addr(), "GET").is_whole(200, "clean"), "{round}");
        let told = retries(&gateway);
        assert_eq!(told["resent"], round + 1, "{told}");
        assert!(
            told["budget"].as_u64().unwrap() <= 10_u64.saturating_sub(round),
            "{told}"
        );
    }
}

#[test]
fn what_became_of_retries_is_told_in_metrics() {
    let endpoint = Endpoint::start("sick");
    endpoint.set(Mood::Answer(503));
    let keys = "breaker: off, retry: { budget: { ratio: 0, min: 0 } }";
    let (_place, gateway) = before(&[endpoint.addr()], keys);
    assert_eq!(ask(&gateway, "GET", &[], b"").status, 503);
    let metrics = gateway.ask("/metrics");
    for expected in [
        "hedgerow_upstream_retries_total{upstream=\"payments\"} 0",
        "hedgerow_upstream_retries_stopped_total{reason=\"budget\",upstream=\"payments\"} 1",
        "hedgerow_upstream_retry_budget{upstream=\"payments\"} 0",
    ] {
        assert!(
            metrics.text().lines().any(|line| line == expected),
            "no {expected}"
        );
    }
    until(
        "the budget's refusal in the API",
        || retries(&gateway),
        |told| told["stoppedByBudget"] == 1,
    );
}
