//! The gateway without descriptors.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::patience::until;
use hedgerow_tests::recorder::Recorder;
use hedgerow_tests::{Connection, Gateway, Place, config};

#[test]
fn p4_without_descriptors_it_waits_instead_of_spinning_and_recovers_by_itself() {
    let recorder = Recorder::new();
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config::leading_to(recorder.addr(), ""));
    assert_eq!(gateway.get("/before").status, 200);
    let mut events = gateway.events();

    gateway.limit_descriptors(gateway.descriptors() + 3);
    let crowd: Vec<_> = (0..20)
        .map(|_| Connection::open(gateway.addr()).unwrap())
        .collect();
    events.wait_for("listenerExhausted", "cannot accept: ");
    drop(crowd);
    assert_eq!(gateway.get("/after").status, 200);
    let told = events.wait_for("listenerRecovered", "accepts again, after ");
    let cause = told["cause"].as_str().unwrap();
    let attempts: u32 = cause.split(' ').rev().nth(2).unwrap().parse().unwrap();
    assert!(attempts < 100, "it spins: {cause}");

    until(
        "its descriptors to be given back",
        || gateway.descriptors(),
        |now| *now < 60,
    );
}
