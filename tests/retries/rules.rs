//! After what a request is sent again, how often, and when.

use std::time::Duration;

use hedgerow_tests::client::request;
use hedgerow_tests::patience::now;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

use super::{ask, before, config, retries};

const QUICK: &str = "backoff: { initial: 1ms, max: 1ms }";

/// How often a request by this method reaches an endpoint that answers so, where the upstream has these keys.
fn sent(mood: Mood, method: &str, headers: &[(&str, &str)], keys: &str) -> usize {
    let endpoint = Endpoint::start("sick");
    endpoint.set(mood);
    let place = Place::new();
    let config = config(&[endpoint.addr()], "breaker: off").keys(keys);
    let gateway = Gateway::serve(&place, &config);
    let _ = request(gateway.addr(), method, "/", headers, b"");
    endpoint.calls()
}

#[test]
fn what_is_listed_is_retried_as_often_as_it_may_be_and_nothing_else_is() {
    let twice = format!("retry: {{ maxRetries: 2, {QUICK} }}");
    let listed = format!("retry: {{ maxRetries: 2, {QUICK}, on: [ 418, reset ] }}");
    let cases: [(Mood, &str, &str, usize); 12] = [
        (Mood::Answer(500), "GET", "", 2),
        (Mood::Answer(502), "GET", &twice, 3),
        (Mood::Answer(503), "PUT", &twice, 3),
        (Mood::Answer(504), "DELETE", &twice, 3),
        (Mood::Close, "OPTIONS", &twice, 3),
        (Mood::Answer(501), "GET", &twice, 1),
        (Mood::Answer(429), "GET", &twice, 1),
        (Mood::Answer(200), "GET", &twice, 1),
        (Mood::Babble, "GET", &twice, 1),
        (Mood::Answer(418), "GET", &listed, 3),
        (Mood::Answer(503), "GET", &listed, 1),
        (Mood::Answer(503), "GET", "retry: off", 1),
    ];
    for (mood, method, keys, expected) in cases {
        assert_eq!(
            sent(mood, method, &[], keys),
            expected,
            "{mood:?}, {method}, {keys}"
        );
    }
}

#[test]
fn a_header_can_say_that_a_request_may_be_repeated() {
    let by = "retry: { idempotentBy: \"header:idempotency-key\" }";
    let key = [("idempotency-key", "42")];
    assert_eq!(sent(Mood::Answer(503), "POST", &key, by), 2);
    assert_eq!(sent(Mood::Answer(503), "POST", &[], by), 1);
    assert_eq!(sent(Mood::Answer(503), "POST", &key, ""), 1);
}

#[test]
fn an_endpoint_is_told_which_attempt_it_is_and_a_caller_that_retries_is_left_to_it() {
    let endpoint = Endpoint::start("sick");
    endpoint.set(Mood::Answer(503));
    let keys = format!("breaker: off, retry: {{ maxRetries: 2, {QUICK} }}");
    let (_place, gateway) = before(&[endpoint.addr()], &keys);
    let told = |method, headers: &[(&str, &str)]| -> Vec<Option<String>> {
        let before = endpoint.calls();
        assert_eq!(ask(&gateway, method, headers, b"").status, 503);
        let heads = endpoint.heads();
        let fields = heads[before..]
            .iter()
            .map(|head| head.field("x-hedgerow-attempt"));
        fields.map(|field| field.map(str::to_owned)).collect()
    };
    let some = |number: &str| Some(number.to_owned());
    assert_eq!(told("GET", &[]), [some("1"), some("2"), some("3")]);
    assert_eq!(told("GET", &[("x-hedgerow-attempt", "2")]), [some("2")]);
    assert_eq!(
        told("GET", &[("x-hedgerow-attempt", "none")]),
        [some("1"), some("2"), some("3")]
    );
    // Of a request that is not repeated nobody says that it is.
    assert_eq!(told("POST", &[]), [None]);
    assert_eq!(retries(&gateway)["stoppedNested"], 1);
}

#[test]
fn an_endpoint_that_asks_for_time_gets_it_or_is_not_asked_again() {
    let endpoint = Endpoint::start("sick");
    endpoint.set(Mood::Answer(503));
    let keys = format!("breaker: off, retry: {{ maxRetries: 1, {QUICK} }}");
    let (_place, gateway) = before(&[endpoint.addr()], &keys);
    let cases = [
        (("retry-after", "1"), 2, Duration::from_secs(1)),
        (("retry-after", "60"), 1, Duration::ZERO),
        (("grpc-retry-pushback-ms", "300"), 2, Duration::from_millis(300)),
        (("grpc-retry-pushback-ms", "-1"), 1, Duration::ZERO),
    ];
    for (field, expected, least) in cases {
        endpoint.add(Some(field));
        let (before, begun) = (endpoint.calls(), now());
        let answer = ask(&gateway, "GET", &[], b"");
        assert_eq!(
            (answer.status, endpoint.calls() - before),
            (503, expected),
            "{field:?}"
        );
        assert!(begun.elapsed() >= least, "{field:?}: {:?}", begun.elapsed());
        assert_eq!(
            answer.header(field.0),
            Some(field.1),
            "the client is told as well"
        );
    }
    assert_eq!(retries(&gateway)["stoppedByPushback"], 2);
}

#[test]
fn what_one_endpoint_asks_for_is_not_asked_of_another() {
    let (sick, well) = (Endpoint::start("sick"), Endpoint::start("well"));
    sick.set(Mood::Answer(503));
    sick.add(Some(("retry-after", "3600")));
    let (_place, gateway) = before(&[sick.addr(), well.addr()], "breaker: off");
    for _ in 0..4 {
        assert_eq!(ask(&gateway, "GET", &[], b"").text(), "well");
    }
    assert_eq!(sick.calls(), 2);
}

#[test]
fn an_attempt_that_takes_too_long_is_followed_by_one_at_another_endpoint() {
    let (silent, well) = (Endpoint::start("silent"), Endpoint::start("well"));
    silent.set(Mood::Hang);
    let keys = "breaker: off, timeout: 1m, retry: { perTryTimeout: 200ms }";
    let (_place, gateway) = before(&[silent.addr(), well.addr()], keys);
    for _ in 0..2 {
        let answer = ask(&gateway, "GET", &[], b"");
        assert_eq!(answer.text(), "well", "{answer:?}");
    }
    assert_eq!(silent.calls(), 1);
    // What may have been acted on is not repeated, and ends with the attempt.
    let posted: Vec<_> = (0..2).map(|_| ask(&gateway, "POST", &[], b"")).collect();
    let late = posted.iter().find(|answer| answer.status != 200).unwrap();
    late.is_refused(504, &format!("payments/endpoint/{}", silent.addr()), "timeout");
    assert_eq!(
        late.header("x-hedgerow-refused").unwrap().split("; ").nth(2),
        Some("limit=200ms")
    );
    silent.set(Mood::Close);
}

#[test]
fn each_attempt_is_told_less_time_and_none_begins_that_cannot_end() {
    let endpoint = Endpoint::start("sick");
    endpoint.set(Mood::Answer(503));
    endpoint.add(Some(("grpc-retry-pushback-ms", "300")));
    let place = Place::new();
    let node = "{ kind: deadline, default: 30s }";
    let keys = "breaker: off, retry: { maxRetries: 9 }";
    let gateway = Gateway::serve(&place, &config(&[endpoint.addr()], keys).node(node));
    let begun = now();
    let fields = [("x-hedgerow-deadline-ms", "1000"), ("grpc-timeout", "2S")];
    let answer = ask(&gateway, "GET", &fields, b"");
    assert_eq!(
        answer.status, 503,
        "the last answer is better than none: {answer:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let heads = endpoint.heads();
    let left: Vec<u64> = heads
        .iter()
        .map(|head| head.field("x-hedgerow-deadline-ms").unwrap().parse().unwrap())
        .collect();
    assert!((2..=4).contains(&left.len()), "{left:?}");
    assert!(left.windows(2).all(|two| two[0] >= two[1] + 300), "{left:?}");
    let by_grpc = heads.last().unwrap().field("grpc-timeout").unwrap().to_owned();
    assert_eq!(by_grpc, format!("{}m", left.last().unwrap()));
    assert_eq!(retries(&gateway)["stoppedByDeadline"], 1);
}

#[test]
fn where_every_breaker_is_open_nothing_is_retried_and_nothing_is_spent() {
    let endpoint = Endpoint::start("sick");
    endpoint.set(Mood::Answer(500));
    let keys = "breaker: { consecutiveFailures: 1, openFor: 1h }, retry: { maxRetries: 3 }";
    let (_place, gateway) = before(&[endpoint.addr()], keys);
    assert_eq!(
        ask(&gateway, "GET", &[], b"").text(),
        "sick",
        "its own answer comes through"
    );
    let refused = ask(&gateway, "GET", &[], b"");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.header("x-hedgerow-refused").is_some(), "{refused:?}");
    assert_eq!((endpoint.calls(), &retries(&gateway)["budget"]), (1, &30.into()));
}
