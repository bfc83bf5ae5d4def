//! The limits of a listener.

use super::{Findings, Rule, Violation};
use crate::{KeyPath, ListenerLimits};

pub(crate) fn limits(limits: &ListenerLimits) -> Result<(), Vec<Violation>> {
    let ListenerLimits {
        target_bytes,
        header_bytes,
        header_count,
        body_bytes,
        header_time,
        body_time,
        body_rate,
        idle_time,
        write_time,
        write_rate,
        half_closed_time,
        connections,
        connections_per_address,
        requests,
        requests_waiting,
        request_wait,
        utilization,
    } = *limits;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    let any = u32::MAX;
    let counts = [
        ("targetBytes", target_bytes, ListenerLimits::MOST_TARGET_BYTES),
        ("headerBytes", header_bytes, ListenerLimits::MOST_HEADER_BYTES),
        ("headerCount", header_count, ListenerLimits::MOST_HEADERS),
        ("bodyBytes", body_bytes.unwrap_or(1), any),
        ("bodyRate", body_rate, any),
        ("writeRate", write_rate, any),
        ("connections", connections, any),
        ("connectionsPerAddress", connections_per_address.unwrap_or(1), any),
        ("requests", requests, any),
        ("requestsWaiting", requests_waiting, any),
    ];
    for (key, found, most) in counts {
        findings.count(root.key(key), found, most);
    }
    let times = [
        ("headerTime", header_time),
        ("bodyTime", body_time),
        ("idleTime", idle_time),
        ("writeTime", write_time),
        ("halfClosedTime", half_closed_time),
        ("requestWait", request_wait),
    ];
    for (key, time) in times {
        findings.time(root.key(key), time);
    }
    // A share that is no number is not above 0.
    if let Some(found) = utilization.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
        findings.add(root.key("utilization"), Rule::Rate { found });
    }
    findings.into_result()
}
