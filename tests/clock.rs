//! A wall clock that is wrong at the restart, or jumps while the gateway runs: it strands no breaker open, closes none without a
//! probe, and gives nobody a quota anew.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped must be seen")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use hedgerow_tests::config::in_front_of;
use hedgerow_tests::patience::{now, stamp_ms, unix_ms, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

/// Where Debian's package `libfaketime` puts the library, by machine.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

const OPEN_MS: u64 = 60_000;

/// The library, and nothing where it is missing.
fn libfaketime() -> Option<&'static str> {
    let library = LIBRARIES.into_iter().find(|path| Path::new(path).exists());
    if library.is_none() {
        eprintln!("SKIPPED: libfaketime is missing: apt-get install libfaketime");
    }
    library
}

#[test]
#[ignore = "needs libfaketime"]
fn component_s10_a_clock_an_hour_back_or_a_year_on_neither_strands_a_breaker_nor_closes_it() {
    let Some(library) = libfaketime() else { return };
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
            ("LD_PRELOAD", library),
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

/// Sets the wall clock of a gateway that reads it by way of this file.
fn set_wall(place: &Place, offset: &str) {
    let whole = place.file("wall.new", offset);
    // Nobody reads half of it.
    fs::rename(whole, place.path("wall")).unwrap();
}

/// A gateway whose wall clock is right until it is [set](set_wall).
fn with_a_wall_clock_to_set(place: &Place, config: &Path, library: &str) -> Gateway {
    set_wall(place, "+0");
    let file = place.path("wall");
    Gateway::start(
        place,
        &["--config", config.to_str().unwrap()],
        &[
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ],
    )
}

#[test]
#[ignore = "needs libfaketime"]
fn component_b11_a_wall_clock_that_jumps_gives_nobody_a_quota_anew() {
    let Some(library) = libfaketime() else { return };
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ kind: rateLimit, perHour: 2, burst: 2 }";
    let config = in_front_of(&payments, "consecutiveFailures: 5").node(quota);
    let config = place.file("mesh.yaml", &config);
    let gateway = with_a_wall_clock_to_set(&place, &config, library);
    assert_eq!([gateway.get("/").status, gateway.get("/").status], [200, 200]);
    for jump in ["+0", "+1d", "-1d", "+365d"] {
        set_wall(&place, jump);
        gateway
            .get("/")
            .is_refused(429, "edge/node/rateLimit", "rateLimit");
    }
}

#[test]
#[ignore = "needs libfaketime"]
fn component_s10_a_wall_clock_that_jumps_while_it_runs_moves_no_open_time() {
    /// The wall clock's lead over ours, at most this far from what was set.
    const NEAR_MS: i64 = 60_000;
    const HOUR_MS: i64 = 3_600_000;
    let open_for = Duration::from_secs(3);
    let Some(library) = libfaketime() else { return };
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = in_front_of(
        &payments,
        "consecutiveFailures: 1, failureRate: off, openFor: 3s, halfOpen: { permits: 1, successes: 1 }",
    );
    let config = place.file("mesh.yaml", &config);
    let gateway = with_a_wall_clock_to_set(&place, &config, library);
    let until_state = |state: &str| {
        until(
            state,
            || gateway.breaker("payments", payments.addr()),
            |breaker| breaker["state"] == state,
        )
    };
    let lead = |breaker: &serde_json::Value| {
        let (stamp, ours) = (stamp_ms(&breaker["since"]), unix_ms());
        i64::try_from(stamp).unwrap() - i64::try_from(ours).unwrap()
    };
    let assert_near = |found: i64, expected: i64| {
        assert!(
            (found - expected).abs() < NEAR_MS,
            "the wall clock leads by {found} ms, not by {expected}"
        );
    };
    for (before, jump, after) in [(0, "-1h", -HOUR_MS), (-HOUR_MS, "+365d", 365 * 24 * HOUR_MS)] {
        payments.set(Mood::Answer(500));
        let called = now();
        assert_eq!(gateway.get("/").status, 500);
        let open = until_state("open");
        let opened = now();
        assert_near(lead(&open), before);

        set_wall(&place, jump);
        let answer = gateway.get("/");
        assert_eq!(answer.status, 503, "{jump}: {answer:?}");
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(wait <= open_for.as_secs(), "{jump}: {wait} s more");

        let half_open = until_state("halfOpen");
        assert!(
            called.elapsed() >= open_for,
            "{jump}: half-open after {:?}",
            called.elapsed()
        );
        assert!(
            opened.elapsed() < 2 * open_for,
            "{jump}: open for {:?}",
            opened.elapsed()
        );
        assert_near(lead(&half_open), after);
        payments.set(Mood::Answer(200));
        assert_eq!(gateway.get("/").status, 200, "the probe");
        until_state("closed");
    }
}
