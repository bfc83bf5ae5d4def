//! Where the endpoints of an upstream come from.

use super::{Findings, Rule};
use crate::{Discovery, DnsDiscovery, DnsRecords, KeyPath};

/// Of the upstream with this name.
pub(super) fn discovery(here: &KeyPath, name: &str, discovery: &Discovery, findings: &mut Findings) {
    match discovery {
        Discovery::Dns(dns) => by_dns(&here.key("dns"), dns, findings),
        // The name of the upstream is checked where it stands.
        Discovery::Registry(registry) if registry.service == name => {}
        Discovery::Registry(registry) => {
            findings.name(here.key("registry").key("service"), &registry.service);
        }
    }
}

fn by_dns(here: &KeyPath, dns: &DnsDiscovery, findings: &mut Findings) {
    let DnsDiscovery {
        name,
        records,
        every,
        min_ttl,
        max_stale,
        empty_answers,
        resolver,
    } = dns;
    if !is_domain(name) {
        findings.odd(
            here.key("name"),
            "a domain name",
            name,
            "write for example `payments.internal`",
        );
    }
    if *records == (DnsRecords::Addresses { port: 0 }) {
        findings.odd(
            here.key("port"),
            "a port from 1 to 65535",
            "0",
            "write for example `8080`",
        );
    }
    findings.time(here.key("every"), *every);
    findings.time(here.key("minTtl"), *min_ttl);
    if min_ttl > every {
        let rule = Rule::MinTtlBeyondEvery {
            min_ttl: *min_ttl,
            every: *every,
        };
        findings.add(here.key("minTtl"), rule);
    }
    if let Some(max_stale) = max_stale {
        findings.time(here.key("maxStale"), *max_stale);
    }
    findings.count(
        here.key("emptyAnswers"),
        *empty_answers,
        DnsDiscovery::MOST_EMPTY_ANSWERS,
    );
    if resolver.is_some_and(|resolver| resolver.port() == 0) {
        findings.odd(
            here.key("resolver"),
            "a port from 1 to 65535",
            "0",
            "write for example `53`",
        );
    }
}

/// A name of RFC 1123, underscores allowed, perhaps with a dot at its end; no address.
fn is_domain(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(legal);
    let is_numeric = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.len() <= 253 && name.split('.').all(is_label) && !is_numeric
}
