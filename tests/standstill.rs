//! A gateway that is stopped for a while, with calls under way, and goes on.
#![allow(clippy::unwrap_used)]

use std::thread;
use std::time::Duration;

use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

const TIMEOUT: Duration = Duration::from_secs(2);
/// How much longer than a call's limit the gateway stands still: more than what is taken for a busy machine.
const BEYOND: Duration = Duration::from_millis(1_500);
const CALLS: usize = 6;

fn config(payments: &Endpoint) -> Config {
    let breaker = "consecutiveTimeouts: 3, consecutiveFailures: 3, openFor: 1h, window: { time: 1h },
        slowCall: { over: 1s, rate: 0.5 }, minCalls: 3";
    Config::to("/", "payments", &[payments.addr()])
        .keys(&format!("timeout: {TIMEOUT:?}"))
        .keys(&format!("breaker: {{ {breaker} }}"))
}

/// Makes calls that hang, has the gateway stand still until after their limit, does that meanwhile, and returns the statuses
/// of their answers.
fn across_a_standstill(gateway: &Gateway, payments: &Endpoint, meanwhile: impl FnOnce()) -> Vec<u16> {
    payments.set(Mood::Hang);
    let before = payments.calls();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..CALLS)
            .map(|_| scope.spawn(|| gateway.get("/").status))
            .collect();
        payments.reached_by(before + CALLS);
        gateway.suspend();
        meanwhile();
        let since = now();
        until(
            "the calls' limit to pass",
            || since.elapsed(),
            |passed| *passed > TIMEOUT + BEYOND,
        );
        gateway.resume();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

#[test]
fn p8_calls_whose_limit_passed_while_the_gateway_stood_still_open_no_breaker() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&payments));
    assert_eq!(across_a_standstill(&gateway, &payments, || ()), [504; CALLS]);
    let breaker = gateway.breaker("payments", payments.addr());
    assert_eq!(breaker["state"], "closed", "{breaker:#}");

    payments.set(Mood::Answer(200));
    assert_eq!(gateway.get("/").status, 200);
    let breaker = until(
        "the last call to be counted",
        || gateway.breaker("payments", payments.addr()),
        |breaker| breaker["window"]["calls"] != 0,
    );
    assert_eq!(
        (&breaker["window"]["calls"], &breaker["window"]["failures"]),
        (&1.into(), &0.into())
    );

    // Time-outs of a gateway that runs count.
    payments.set(Mood::Hang);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(gateway.get("/").status, 504));
        }
    });
    until(
        "the breaker to open",
        || gateway.breaker("payments", payments.addr()),
        |breaker| breaker["state"] == "open",
    );
}

#[test]
fn p8_answers_that_came_while_the_gateway_stood_still_are_passed_on() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&payments));
    let statuses = across_a_standstill(&gateway, &payments, || payments.set(Mood::Answer(200)));
    assert_eq!(statuses, [200; CALLS]);
    // Nor were they slow: a gate that shuts does so at once.
    assert_eq!(gateway.get("/").status, 200);
    let breaker = gateway.breaker("payments", payments.addr());
    assert_eq!(breaker["state"], "closed", "{breaker:#}");
}
