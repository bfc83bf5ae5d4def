//! Listeners.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::scalar::Setting;
use super::{Field, Keys, Section, keys};
use crate::error::Problems;
use crate::{Expose, Listener, ListenerLimits, Network};

/// Stands in for an address that could not be read. Port 0 is never a duplicate.
const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

const EXPOSE: Keys = Keys::of(&Expose::NAMES);

pub(super) fn listener(field: &Field<'_>, problems: &mut Problems) -> Listener {
    let mut listener = Listener {
        bind: ANY,
        chain: String::new(),
        tenant: None,
        expose: None,
        limits: ListenerLimits::default(),
        trusted_hops: Vec::new(),
    };
    let example = "{ bind: 127.0.0.1:8080, chain: edge }";
    let Some(section) = Section::open(field, &keys::LISTENER, example, problems) else {
        problems.hide(&field.path);
        return listener;
    };
    let bound = section
        .require("bind", "bind: 127.0.0.1:8080", problems)
        .and_then(|field| bind(&field, problems));
    if let Some(bind) = bound {
        listener.bind = bind;
    }
    let chain = section
        .require("chain", "chain: edge", problems)
        .and_then(|field| field.text("the name of a chain", "edge", problems));
    if let Some(chain) = chain {
        listener.chain = chain.to_owned();
    }
    if let Some(field) = section.field("tenant") {
        listener.tenant = field.header_name("header:x-tenant", problems);
    }
    let expose = section.choice("expose", &EXPOSE, problems);
    listener.expose = expose.and_then(Expose::named);
    if let Some(field) = section.field("limits") {
        listener.limits = limits(&field, problems);
    }
    if let Some(field) = section.field("trustedHops") {
        listener.trusted_hops = networks(&field, problems);
    }
    listener
}

fn bind(field: &Field<'_>, problems: &mut Problems) -> Option<SocketAddr> {
    let bind = field.scalar().and_then(|scalar| scalar.text.parse().ok());
    if bind.is_none() {
        field.unexpected(
            "an IP address and a port up to 65535",
            "write for example `127.0.0.1:8080` or `\"[::1]:8080\"`",
            problems,
        );
    }
    bind
}

fn limits(field: &Field<'_>, problems: &mut Problems) -> ListenerLimits {
    let mut limits = ListenerLimits::default();
    let example = "{ headerTime: 10s, bodyBytes: 104857600 }";
    let Some(section) = Section::open(field, &keys::LIMITS, example, problems) else {
        return limits;
    };
    let counts = [
        ("targetBytes", &mut limits.target_bytes),
        ("headerBytes", &mut limits.header_bytes),
        ("headerCount", &mut limits.header_count),
        ("bodyRate", &mut limits.body_rate),
        ("writeRate", &mut limits.write_rate),
        ("connections", &mut limits.connections),
        ("requests", &mut limits.requests),
        ("requestsWaiting", &mut limits.requests_waiting),
    ];
    for (key, limit) in counts {
        if let Some(count) = section.count(key, problems) {
            *limit = count;
        }
    }
    let settings = [
        ("bodyBytes", &mut limits.body_bytes),
        ("connectionsPerAddress", &mut limits.connections_per_address),
    ];
    for (key, limit) in settings {
        if let Some(setting) = section.count_or_off(key, problems) {
            *limit = Setting::on(setting);
        }
    }
    let times = [
        ("headerTime", &mut limits.header_time),
        ("bodyTime", &mut limits.body_time),
        ("idleTime", &mut limits.idle_time),
        ("writeTime", &mut limits.write_time),
        ("halfClosedTime", &mut limits.half_closed_time),
        ("requestWait", &mut limits.request_wait),
    ];
    for (key, limit) in times {
        if let Some(time) = section.time(key, problems) {
            *limit = time;
        }
    }
    if let Some(setting) = section.share_or_off("utilization", problems) {
        limits.utilization = setting.on();
    }
    limits
}

fn networks(field: &Field<'_>, problems: &mut Problems) -> Vec<Network> {
    let advice = "write for example `[ 10.0.0.0/8 ]`";
    let items = field
        .items("a list of networks", advice, problems)
        .unwrap_or_default();
    let mut networks = Vec::with_capacity(items.len());
    for item in &items {
        match item.scalar().and_then(|scalar| scalar.text.parse().ok()) {
            Some(network) => networks.push(network),
            None => {
                let advice = "write for example `10.0.0.0/8`, `192.0.2.1` or `\"2001:db8::/32\"`";
                item.unexpected("an IP address, or one and the bits that count", advice, problems);
            }
        }
    }
    networks
}
