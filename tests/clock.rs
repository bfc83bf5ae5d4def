//! A wall clock that is wrong at the restart: it strands no breaker open, and closes none without a probe.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped must be seen")]

use std::path::Path;

use hedgerow_tests::config::in_front_of;
use hedgerow_tests::patience::{stamp_ms, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

/// Where Debian's package `libfaketime` puts the library, by machine.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

const OPEN_MS: u64 = 60_000;

#[test]
#[ignore = "needs libfaketime"]
fn component_s10_a_clock_an_hour_back_or_a_year_on_neither_strands_a_breaker_nor_closes_it() {
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        eprintln!("SKIPPED: libfaketime is missing: apt-get install libfaketime");
        return;
    };
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = in_front_of(
        &payments,
        "consecutiveFailures: 1, failureRate: off, openFor: 60s, halfOpen: { permits: 1, successes: 1 }",
    );
    let config = place.file("mesh.yaml", &config);
    let args = ["--config", config.to_str().unwrap()];
    let start = |faked: &[(&str, &str)]| Gateway::start(&place, &args, faked);
    let at = |offset| {
        [
            ("LD_PRELOAD", *library),
            ("FAKETIME", offset),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ]
    };
    let gateway = start(&[]);
    payments.set(Mood::Answer(500));
    gateway.get("/");
    let seen = |gateway: &Gateway| gateway.breaker("payments", payments.addr());
    until(
        "an open breaker that is kept",
        || seen(&gateway),
        |breaker| breaker["state"] == "open" && breaker["persisted"] == true,
    );
    gateway.kill();

    let back = start(&at("-1h"));
    let breaker = seen(&back);
    assert_eq!(breaker["state"], "open", "{breaker:#}");
    let answer = back.get("/");
    assert_eq!(answer.status, 503);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait * 1_000 <= OPEN_MS, "open for {wait} s more: stranded");
    let since = stamp_ms(&breaker["since"]);
    let until_half_open = stamp_ms(&breaker["halfOpenAt"]);
    assert!(until_half_open - since <= OPEN_MS, "{breaker:#}");
    back.kill();

    let on = start(&at("+365d"));
    assert_eq!(
        seen(&on)["state"],
        "halfOpen",
        "closed without a probe, or stranded"
    );
    payments.set(Mood::Answer(200));
    assert_eq!(on.get("/").status, 200, "the probe");
    until(
        "a closed breaker",
        || seen(&on),
        |breaker| breaker["state"] == "closed",
    );
}
