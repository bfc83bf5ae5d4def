//! The disk under a gateway that fills up: no request notices, everyone is told, and it comes back by itself.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped must be seen")]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use hedgerow_tests::client::request;
use hedgerow_tests::config::in_front_of;
use hedgerow_tests::patience::until;
use hedgerow_tests::stream::Stream;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A file system in memory, in a place; unmounted when it is dropped.
struct Disk(PathBuf);

impl Disk {
    /// None, and a line that says why, where nothing may be mounted.
    fn mounted(place: &Place) -> Option<Self> {
        let dir = place.path("disk");
        fs::create_dir(&dir).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(&dir);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self(dir)),
            refused => {
                eprintln!("SKIPPED: no small file system can be mounted here ({refused:?}); run it as root");
                None
            }
        }
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for block in [64 << 10, 4 << 10, 1] {
            while file.write_all(&vec![7; block]).is_ok() {}
        }
    }

    fn make_space(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn readiness(gateway: &Gateway) -> String {
    let answer = request(gateway.admin(), "GET", "/readyz?verbose", &[], b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

/// Trips the breaker and has its probe close it, and returns the last of the three transitions.
fn trip_and_close(gateway: &Gateway, payments: &Endpoint, events: &mut Stream) -> Value {
    payments.set(Mood::Answer(500));
    assert_eq!(gateway.get("/").status, 500, "the endpoint's own answer");
    events.wait_for("breakerTransition", "open to halfOpen");
    payments.set(Mood::Answer(200));
    assert_eq!(gateway.get("/").status, 200, "the probe");
    events.wait_for("breakerTransition", "halfOpen to closed")
}

#[test]
#[ignore = "needs root, to mount a small file system"]
fn component_s4_a_full_disk_fails_no_request_is_said_loudly_and_is_over_when_there_is_space() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let Some(disk) = Disk::mounted(&place) else { return };
    let config = in_front_of(
        &payments,
        "consecutiveFailures: 1, failureRate: off, openFor: 20ms, halfOpen: { permits: 1, successes: 1 }",
    );
    let config = place.file("mesh.yaml", &config);
    let state = disk.0.join("state");
    let args = [
        "--config",
        config.to_str().unwrap(),
        "--state",
        state.to_str().unwrap(),
    ];
    let gateway = Gateway::start(&place, &args, &[]);
    let mut events = gateway.events();
    let breaker = || gateway.breaker("payments", payments.addr());
    until("a kept breaker", breaker, |breaker| breaker["persisted"] == true);

    disk.fill();
    // Each round is three transitions, and each of them a record that the disk may have no room for.
    until(
        "a store that says that its disk is full",
        || {
            trip_and_close(&gateway, &payments, &mut events);
            assert_eq!(gateway.get("/").status, 200);
            gateway.log()
        },
        |log| log.contains("the store has failed") && log.contains("No space left on device"),
    );
    // The engine may find room by tidying up: the outage need not last, and must be told all the same.
    events.wait_for("storeProblem", "serving from memory");

    disk.make_space();
    until("a kept breaker again", breaker, |breaker| {
        breaker["persisted"] == true
    });
    until(
        "a store that is well",
        || readiness(&gateway),
        |said| !said.contains("[!] store"),
    );
    events.wait_for("storeRecovered", "");
    // What is no breaker's is told before the journal has it, and is there once it has a later one.
    until(
        "a transition that the journal has",
        || trip_and_close(&gateway, &payments, &mut events),
        |closed| closed["persisted"] == true,
    );
    gateway.kill();

    let again = Gateway::start(&place, &args, &[]);
    let all = again.api("/api/events?since=0");
    let kinds = all
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned());
    let kinds: Vec<String> = kinds.collect();
    for kind in ["storeProblem", "storeRecovered"] {
        assert!(
            kinds.iter().any(|known| known == kind),
            "{kind} is not in the journal: {kinds:?}"
        );
    }
    assert_eq!(again.breaker("payments", payments.addr())["persisted"], true);
}
