//! Upstreams.

use super::{Field, Section, breaker, hedge, keys, retry};
use crate::error::Problems;
use crate::{EndpointAddr, Upstream};

pub(super) fn upstream(name: &str, field: &Field<'_>, problems: &mut Problems) -> Upstream {
    let mut upstream = Upstream::new(name, Vec::new());
    let example = "{ endpoints: [\"127.0.0.1:9001\"] }";
    let Some(section) = Section::open(field, &keys::UPSTREAM, example, problems) else {
        problems.hide(&field.path);
        return upstream;
    };
    let example = "endpoints: [\"127.0.0.1:9001\"]";
    if let Some(field) = section.require("endpoints", example, problems) {
        upstream.endpoints = endpoints(&field, problems);
    }
    if let Some(timeout) = section.time("timeout", problems) {
        upstream.timeout = timeout;
    }
    if let Some(connect_timeout) = section.time("connectTimeout", problems) {
        upstream.connect_timeout = connect_timeout;
    }
    if let Some(field) = section.field("retry") {
        upstream.retry = retry::retry(&field, problems);
    }
    if let Some(field) = section.field("hedge") {
        upstream.hedge = hedge::hedge(&field, problems);
    }
    if let Some(field) = section.field("breaker") {
        upstream.breaker = breaker::breaker(&field, problems);
        (upstream.per, upstream.keys) = breaker::scope(&field, problems);
    }
    upstream
}

fn endpoints(field: &Field<'_>, problems: &mut Problems) -> Vec<EndpointAddr> {
    let advice = "write for example `[\"127.0.0.1:9001\"]`";
    let items = field
        .items("a list of endpoints", advice, problems)
        .unwrap_or_default();
    let mut endpoints = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let text = item.scalar().map_or("", |scalar| scalar.text.as_str());
        if let Ok(endpoint) = text.parse() {
            endpoints.push(endpoint);
        } else {
            let advice = "write for example `\"127.0.0.1:9001\"`";
            item.unexpected("host:port with a port from 1 to 65535", advice, problems);
            problems.hide(&item.path);
            // The place in the list must stay that of the document; port and name are never a duplicate.
            let stand_in = format!("unreadable-{index}.invalid:1");
            endpoints.push(
                stand_in
                    .parse()
                    .expect("the stand-in is a legal endpoint address"),
            );
        }
    }
    endpoints
}
