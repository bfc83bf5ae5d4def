//! Endpoints that are discovered: what is accepted, and what it becomes.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{Discovery, DnsDiscovery, DnsRecords, Format, RegistryDiscovery, Upstream};
use support::parse;

fn discovery(text: &str) -> Discovery {
    let text = format!(
        "version: 1\nlisteners: [ {{ bind: '127.0.0.1:8080', chain: edge }} ]\nchains: {{ edge: {{ nodes: [ {{ kind: route, \
         rules: [ {{ path: /, upstream: web }} ] }} ] }} }}\nupstreams: {{ web: {{ discovery: {text} }} }}\n"
    );
    let upstream = parse(Format::Yaml, &text).unwrap().upstreams.remove(0);
    assert_eq!(upstream.endpoints, []);
    upstream.discovery.unwrap()
}

#[test]
fn a_name_has_its_defaults() {
    let by_address = DnsDiscovery::new("web.internal", DnsRecords::Addresses { port: 8080 });
    assert_eq!(
        discovery("{ dns: { name: web.internal, port: 8080 } }"),
        Discovery::Dns(by_address.clone())
    );
    assert_eq!(
        discovery("{ dns: { name: web.internal, port: 8080, srv: false, maxStale: off } }"),
        Discovery::Dns(by_address)
    );
    assert_eq!(
        discovery("{ dns: { name: _http._tcp.web.internal., srv: true } }"),
        Discovery::Dns(DnsDiscovery::new(
            "_http._tcp.web.internal.",
            DnsRecords::Services
        ))
    );
}

#[test]
fn every_key_of_a_name_arrives() {
    let expected = DnsDiscovery {
        every: Duration::from_secs(60),
        min_ttl: Duration::from_millis(500),
        max_stale: Some(Duration::from_secs(3_600)),
        empty_answers: 3,
        resolver: Some("127.0.0.1:5353".parse().unwrap()),
        ..DnsDiscovery::new("web.internal", DnsRecords::Addresses { port: 80 })
    };
    let text = "{ dns: { name: web.internal, port: 80, every: 1m, minTtlMs: 500, maxStale: 1h, emptyAnswers: 3, \
                resolver: '127.0.0.1:5353' } }";
    assert_eq!(discovery(text), Discovery::Dns(expected));
}

#[test]
fn a_service_is_called_as_its_upstream_where_nothing_else_is_said() {
    let service = |service: &str| {
        Discovery::Registry(RegistryDiscovery {
            service: service.to_owned(),
        })
    };
    assert_eq!(discovery("registry"), service("web"));
    assert_eq!(discovery("{ registry: {} }"), service("web"));
    assert_eq!(discovery("{ registry: { service: next } }"), service("next"));
}

#[test]
fn what_is_declared_in_code_goes_by_the_same_rules() {
    let dns = DnsDiscovery::new("127.0.0.1", DnsRecords::Addresses { port: 0 });
    let violations = Upstream::discovered("web", Discovery::Dns(dns))
        .check()
        .unwrap_err();
    let shown: Vec<_> = violations
        .iter()
        .map(|violation| violation.key.to_string())
        .collect();
    assert_eq!(
        shown,
        [
            "upstreams.web.discovery.dns.name",
            "upstreams.web.discovery.dns.port"
        ]
    );
}
