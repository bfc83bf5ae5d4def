//! Where the endpoints of an upstream come from.

use super::{Field, Section, keys};
use crate::error::{ProblemKind, Problems};
use crate::read::section::Either;
use crate::{Discovery, DnsDiscovery, DnsRecords, RegistryDiscovery};

const EXAMPLE: &str = "{ dns: { name: payments.internal, port: 8080 } }` or `registry";

/// Of the upstream with this name. What cannot be read is hidden, so that nobody is told that there are no endpoints.
pub(super) fn discovery(field: &Field<'_>, name: &str, problems: &mut Problems) -> Discovery {
    let unread = Discovery::Registry(RegistryDiscovery {
        service: name.to_owned(),
    });
    if let Some(scalar) = field.scalar() {
        if scalar.text != "registry" {
            let advice = format!("write for example `{EXAMPLE}`");
            field.unexpected("a map, or `registry`", advice, problems);
            problems.hide(&field.path);
        }
        return unread;
    }
    let Some(section) = Section::open(field, &keys::DISCOVERY, EXAMPLE, problems) else {
        problems.hide(&field.path);
        return unread;
    };
    match (section.field("dns"), section.field("registry")) {
        (Some(_), Some(registry)) => {
            let (first, second) = ("dns".to_owned(), "registry".to_owned());
            problems.report(
                registry.at,
                &registry.path,
                ProblemKind::BothForms { first, second },
            );
            unread
        }
        (Some(field), None) => Discovery::Dns(dns(&field, problems)),
        (None, Some(field)) => Discovery::Registry(registry(&field, name, problems)),
        (None, None) => {
            if section.field("etcd").is_none() {
                section.require("dns", "dns: { name: payments.internal, port: 8080 }", problems);
            }
            problems.hide(&field.path);
            unread
        }
    }
}

fn registry(field: &Field<'_>, name: &str, problems: &mut Problems) -> RegistryDiscovery {
    let service = Section::open(field, &keys::REGISTRY, "{ service: payments }", problems)
        .and_then(|section| section.field("service"))
        .and_then(|field| field.text("the name of a service", "payments", problems));
    RegistryDiscovery {
        service: service.unwrap_or(name).to_owned(),
    }
}

fn dns(field: &Field<'_>, problems: &mut Problems) -> DnsDiscovery {
    let mut dns = DnsDiscovery::new("unreadable.invalid", DnsRecords::Services);
    let example = "{ name: payments.internal, port: 8080 }";
    let Some(section) = Section::open(field, &keys::DNS, example, problems) else {
        problems.hide(&field.path);
        return dns;
    };
    let name = section
        .require("name", "name: payments.internal", problems)
        .and_then(|field| field.text("a domain name", "payments.internal", problems));
    if let Some(name) = name {
        dns.name = name.to_owned();
    }
    if let Some(records) = records(&section, problems) {
        dns.records = records;
    }
    if let Some(time) = section.time("every", problems) {
        dns.every = time;
    }
    if let Some(time) = section.time("minTtl", problems) {
        dns.min_ttl = time;
    }
    let max_stale = section.either("maxStale", "Ms", problems);
    let is_off = matches!(&max_stale, Some(Either::Plain(field) | Either::WithUnit(field)) if field.is_off());
    if max_stale.is_some() && !is_off {
        dns.max_stale = section.time("maxStale", problems);
    }
    if let Some(count) = section.count("emptyAnswers", problems) {
        dns.empty_answers = count;
    }
    if let Some(field) = section.field("resolver") {
        let text = field.text("an address and a port", "\"127.0.0.1:53\"", problems);
        match text.map(str::parse) {
            Some(Ok(addr)) => dns.resolver = Some(addr),
            Some(Err(_)) => {
                let advice = "write for example `\"127.0.0.1:53\"`; it cannot be a name";
                field.unexpected("an address and a port", advice, problems);
            }
            None => {}
        }
    }
    dns
}

/// By `port` or by `srv: true`, and not by both.
fn records(section: &Section<'_>, problems: &mut Problems) -> Option<DnsRecords> {
    let srv = match section.field("srv") {
        Some(field) => field.flag(problems)?.then_some(field),
        None => None,
    };
    match (srv, section.field("port")) {
        (None, None) => {
            section.require("port", "port: 8080` or `srv: true", problems);
            None
        }
        (None, Some(field)) => {
            let port = field.scalar().and_then(|scalar| scalar.text.parse().ok());
            if port.is_none() {
                field.unexpected("a port from 1 to 65535", "write for example `8080`", problems);
            }
            Some(DnsRecords::Addresses { port: port? })
        }
        (Some(_), None) => Some(DnsRecords::Services),
        (Some(_), Some(port)) => {
            let advice = "remove it: with `srv: true` each record has a port of its own";
            port.unexpected("no port", advice, problems);
            None
        }
    }
}
