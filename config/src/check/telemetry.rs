//! What is told to a collector, by itself.

use super::{Findings, Rule, Violation};
use crate::{KeyPath, Telemetry};

const ADVICE: &str = "write for example `http://127.0.0.1:4318`; a collector that is elsewhere and takes TLS alone is reached by one on this machine";

/// Most characters of what is said of the program.
const LONGEST_VALUE: usize = 1_000;

pub(crate) fn telemetry(telemetry: &Telemetry) -> Result<(), Vec<Violation>> {
    let Telemetry {
        otlp,
        sample,
        slow,
        access_log: _,
        service,
        resource,
        export,
        metrics_every,
        export_timeout,
        queue,
        flush_time,
    } = telemetry;
    let here = KeyPath::root();
    let mut findings = Findings::default();
    if let Some(otlp) = otlp.as_deref().filter(|otlp| !is_base(otlp)) {
        let expected = "`http://`, a host, and perhaps a port and a path";
        findings.odd(here.key("otlp"), expected, otlp, ADVICE);
    }
    if !(0.0..=1.0).contains(sample) {
        findings.add(here.key("sample"), Rule::Share { found: *sample });
    }
    if let Some(slow) = slow {
        findings.time(here.key("slow"), *slow);
    }
    if let Some(service) = service {
        findings.name(here.key("service"), service);
    }
    let resource_key = here.key("resource");
    for (name, value) in resource {
        let key = resource_key.key(name.as_str());
        findings.name(key.clone(), name);
        if value.chars().count() > LONGEST_VALUE || value.chars().any(char::is_control) {
            let expected = "at most 1,000 characters without control characters";
            findings.odd(key, expected, &value.escape_default().to_string(), "shorten it");
        }
    }
    let names = resource
        .iter()
        .map(|(name, _)| (resource_key.key(name.as_str()), name));
    findings.duplicates("attribute", |name| (*name).clone(), names);
    let signals = export.iter().enumerate();
    let signals = signals.map(|(index, signal)| (here.key("export").index(index), signal));
    findings.duplicates(
        "signal",
        |signal| format!("{signal:?}").to_ascii_lowercase(),
        signals,
    );
    findings.time(here.key("metricsEvery"), *metrics_every);
    findings.time(here.key("exportTimeout"), *export_timeout);
    findings.count(here.key("queue"), *queue, Telemetry::MOST_WAITING);
    if *flush_time > Telemetry::LONGEST_FLUSH {
        let (expected, found) = ("at most a minute", super::rule::shown(flush_time));
        let advice = "shorten it: the mesh ends no sooner where the collector does not answer";
        findings.odd(here.key("flushTime"), expected, &found, advice);
    }
    findings.into_result()
}

/// Whether requests can be sent there: `http://host`, perhaps a port, perhaps a path.
fn is_base(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://") else {
        return false;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // The colons of an IPv6 address are between brackets.
    let split = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => Some((host, Some(port))),
        _ => Some((authority, None)),
    };
    let Some((host, port)) = split else { return false };
    let is_host = !host.is_empty()
        && (host.starts_with('[') && host.ends_with(']') || !host.contains([':', '[', ']']))
        && host.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    is_host && is_port && path.bytes().all(crate::is_path_byte)
}
