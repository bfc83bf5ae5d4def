#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_tests::NameServer;
use hedgerow_tests::names::Temper;

use super::{Lookups, StaticName};

const NAME: &str = "payments.internal";

fn run<F: Future>(body: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let limited = async { tokio::time::timeout(Duration::from_secs(60), body).await };
    runtime.unwrap().block_on(limited).unwrap()
}

fn asked(server: &NameServer) -> Arc<StaticName> {
    StaticName::of(NAME, &Lookups::asking(server.addr())).unwrap()
}

fn at(ips: &[&str]) -> Vec<SocketAddr> {
    ips.iter()
        .map(|ip| SocketAddr::new(ip.parse().unwrap(), 80))
        .collect()
}

#[test]
fn an_address_needs_no_look_up() {
    let lookups = Lookups::default();
    for host in ["127.0.0.1", "::1", "[::1]"] {
        assert!(StaticName::of(host, &lookups).is_none(), "{host}");
    }
    assert!(StaticName::of("localhost", &lookups).is_some());
}

#[test]
fn a_name_of_the_system_s_hosts_is_found_there() {
    run(async {
        let name = StaticName::of("localhost", &Lookups::default()).unwrap();
        let addrs = name.addrs(80).await.unwrap();
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback()), "{addrs:?}");
    });
}

#[test]
fn an_answer_is_kept_for_its_time_and_who_is_gone_then_is_noticed() {
    run(async {
        let server = NameServer::start();
        server.set_addresses(NAME, 3_600, &["10.0.0.1"]);
        let long = asked(&server);
        assert_eq!(long.addrs(80).await, Ok(at(&["10.0.0.1"])));
        let before = "10.0.0.1".parse().unwrap();
        server.set_addresses(NAME, 0, &["10.0.0.1"]);
        let short = asked(&server);
        assert_eq!(short.addrs(80).await, Ok(at(&["10.0.0.1"])));
        server.set_addresses(NAME, 0, &["10.0.0.2", "10.0.0.3"]);
        // Nobody dials: who asks whether a connection is still good finds out.
        while short.has(before) {
            tokio::task::yield_now().await;
        }
        assert_eq!(short.addrs(80).await, Ok(at(&["10.0.0.2", "10.0.0.3"])));
        assert!(long.has(before));
        assert_eq!(long.addrs(80).await, Ok(at(&["10.0.0.1"])));
    });
}

#[test]
fn while_nobody_answers_the_last_good_answer_stays_and_without_one_the_reason_is_told() {
    run(async {
        let server = NameServer::start();
        server.set_addresses(NAME, 0, &["10.0.0.1"]);
        let known = asked(&server);
        assert_eq!(known.addrs(80).await, Ok(at(&["10.0.0.1"])));
        for temper in [Temper::Failing, Temper::Denying] {
            server.turn(temper);
            while known.problem().is_none() {
                assert_eq!(known.addrs(80).await, Ok(at(&["10.0.0.1"])));
            }
            let unknown = asked(&server).addrs(80).await.unwrap_err();
            assert!(
                unknown.starts_with("`payments.internal` cannot be looked up: "),
                "{unknown}"
            );
            server.turn(Temper::Helpful);
            while known.problem().is_some() {
                assert_eq!(known.addrs(80).await, Ok(at(&["10.0.0.1"])));
            }
        }
    });
}
