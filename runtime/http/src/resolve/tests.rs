#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_actors::discovery::{Answer, Question, Resolve as _, ResolveError, Resolved, Resolver};
use hedgerow_config::DnsRecords;
use hedgerow_tests::NameServer;
use hedgerow_tests::names::{Record, Temper};

use super::Dns;

const NAME: &str = "payments.internal";

fn run<F: Future>(body: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(body)
}

fn resolver(server: &NameServer) -> Box<dyn Resolver> {
    Dns.resolver(Some(server.addr())).unwrap()
}

async fn addresses(resolver: &dyn Resolver) -> Result<Resolved, ResolveError> {
    let question = Question {
        name: NAME.to_owned(),
        records: DnsRecords::Addresses { port: 80 },
    };
    resolver.look_up(&question).await
}

async fn services(resolver: &dyn Resolver) -> Result<Resolved, ResolveError> {
    let question = Question {
        name: format!("_http._tcp.{NAME}"),
        records: DnsRecords::Services,
    };
    resolver.look_up(&question).await
}

/// Each with its weight, as `127.0.0.1:80*1`, and where it is not 0 its priority, as `127.0.0.1:80*1@2`.
fn shown(answer: &Answer) -> Vec<String> {
    let members = answer.members.iter();
    members
        .map(|member| match (member.share.weight, member.share.priority) {
            (weight, 0) => format!("{}*{weight}", member.addr),
            (weight, priority) => format!("{}*{weight}@{priority}", member.addr),
        })
        .collect()
}

fn found(resolved: Result<Resolved, ResolveError>) -> Answer {
    match resolved {
        Ok(Resolved::Found(answer)) => answer,
        other => panic!("nothing found: {other:?}"),
    }
}

fn service(priority: u16, weight: u16, port: u16, target: &str) -> Record {
    Record::Service {
        ttl: 60,
        priority,
        weight,
        port,
        target: target.to_owned(),
    }
}

#[test]
fn both_kinds_of_addresses_are_found_with_the_shortest_time_that_they_live() {
    run(async {
        let server = NameServer::start();
        server.set(
            NAME,
            [
                Record::Address("10.0.0.1".parse().unwrap(), 30),
                Record::Address("10.0.0.2".parse().unwrap(), 30),
                Record::Address("::1".parse().unwrap(), 7),
            ],
        );
        let answer = found(addresses(&*resolver(&server)).await);
        assert_eq!(shown(&answer), ["10.0.0.1:80*1", "10.0.0.2:80*1", "[::1]:80*1"]);
        assert_eq!((answer.ttl, answer.unresolved), (Duration::from_secs(7), 0));
    });
}

#[test]
fn each_look_up_asks_again_whatever_lived_longer() {
    run(async {
        let server = NameServer::start();
        let resolver = resolver(&server);
        server.set_addresses(NAME, 3_600, &["10.0.0.1"]);
        assert_eq!(shown(&found(addresses(&*resolver).await)), ["10.0.0.1:80*1"]);
        server.set_addresses(NAME, 3_600, &["10.0.0.2"]);
        assert_eq!(shown(&found(addresses(&*resolver).await)), ["10.0.0.2:80*1"]);
    });
}

#[test]
fn a_name_that_does_not_exist_and_one_without_addresses_are_nothing_and_a_failure_is_a_failure() {
    run(async {
        let server = NameServer::start();
        let resolver = resolver(&server);
        server.nothing_for(9);
        let nothing = Resolved::Nothing {
            ttl: Some(Duration::from_secs(9)),
        };
        assert_eq!(addresses(&*resolver).await, Ok(nothing.clone()));
        server.set(NAME, [service(0, 0, 80, "elsewhere.internal")]);
        assert_eq!(addresses(&*resolver).await, Ok(nothing));
        server.turn(Temper::Failing);
        let error = addresses(&*resolver).await.unwrap_err();
        assert!(error.to_string().contains("answered"), "{error}");
    });
}

#[test]
fn d4_a_hundred_records_come_over_tcp_where_they_are_too_long_for_one_packet() {
    run(async {
        let server = NameServer::start();
        let all: Vec<String> = (0..100).map(|host| format!("10.0.0.{host}")).collect();
        server.set_addresses(NAME, 0, &all.iter().map(String::as_str).collect::<Vec<_>>());
        let answer = found(addresses(&*resolver(&server)).await);
        assert_eq!((answer.members.len(), answer.ttl), (100, Duration::ZERO));
        assert!(server.asked_over_tcp() > 0);
    });
}

#[test]
fn services_have_their_own_ports_weights_and_priorities_and_the_best_counts_of_an_address() {
    run(async {
        let server = NameServer::start();
        server.set(
            "_http._tcp.payments.internal",
            [
                service(1, 30, 8_001, "a.internal"),
                service(1, 0, 8_002, "b.internal"),
                service(2, 5, 8_003, "a.internal"),
                service(3, 5, 8_001, "a.internal"),
            ],
        );
        server.set(
            "_heavy._tcp.payments.internal",
            [
                service(1, 50_000, 8_001, "a.internal"),
                service(1, 25_000, 8_002, "b.internal"),
                service(2, 100, 8_003, "b.internal"),
            ],
        );
        server.set_addresses("a.internal", 5, &["10.0.0.1"]);
        server.set_addresses("b.internal", 50, &["10.0.0.2"]);
        let answer = found(services(&*resolver(&server)).await);
        assert_eq!(
            shown(&answer),
            ["10.0.0.1:8001*30@1", "10.0.0.1:8003*5@2", "10.0.0.2:8002*1@1"]
        );
        assert_eq!((answer.ttl, answer.unresolved), (Duration::from_secs(5), 0));
        let question = Question {
            name: "_heavy._tcp.payments.internal".to_owned(),
            records: DnsRecords::Services,
        };
        let heavy = found(resolver(&server).look_up(&question).await);
        assert_eq!(
            shown(&heavy),
            [
                "10.0.0.1:8001*1000@1",
                "10.0.0.2:8002*500@1",
                "10.0.0.2:8003*100@2"
            ]
        );
    });
}

#[test]
fn services_of_a_later_priority_count_where_those_of_the_first_are_not_there() {
    run(async {
        let server = NameServer::start();
        server.set(
            "_http._tcp.payments.internal",
            [
                service(1, 1, 8_001, "gone.internal"),
                service(2, 1, 8_002, "b.internal"),
            ],
        );
        server.set_addresses("b.internal", 5, &["10.0.0.2"]);
        assert_eq!(
            shown(&found(services(&*resolver(&server)).await)),
            ["10.0.0.2:8002*1@2"]
        );
    });
}

#[test]
fn a_service_that_is_said_not_to_be_there_is_nothing() {
    run(async {
        let server = NameServer::start();
        server.set("_http._tcp.payments.internal", [service(0, 0, 0, "")]);
        let resolved = services(&*resolver(&server)).await;
        assert!(matches!(resolved, Ok(Resolved::Nothing { .. })), "{resolved:?}");
    });
}

#[test]
fn what_is_no_name_is_not_asked_for() {
    run(async {
        let server = NameServer::start();
        let resolver = resolver(&server);
        let question = Question {
            name: "a".repeat(64),
            records: DnsRecords::Services,
        };
        let error = resolver.look_up(&question).await.unwrap_err();
        assert!(matches!(error, ResolveError::BadName { .. }), "{error}");
    });
}
