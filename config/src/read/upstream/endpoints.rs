//! The endpoints of an upstream, one by one.

use std::collections::HashMap;

use super::{Field, Section, keys};
use crate::EndpointAddr;
use crate::error::Problems;

/// The endpoints, and the weights of those that have one.
pub(super) fn endpoints(
    field: &Field<'_>,
    problems: &mut Problems,
) -> (Vec<EndpointAddr>, HashMap<EndpointAddr, u32>) {
    let advice = "write for example `[\"127.0.0.1:9001\"]`";
    let items = field
        .items("a list of endpoints", advice, problems)
        .unwrap_or_default();
    let mut endpoints = Vec::with_capacity(items.len());
    let mut weights = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let (addr, weight) = endpoint(item, problems);
        // The place in the list must stay that of the document; port and name are never a duplicate.
        let addr = addr.unwrap_or_else(|| {
            format!("unreadable-{index}.invalid:1")
                .parse()
                .expect("the stand-in is a legal endpoint address")
        });
        // Of one that stands twice, the first one counts; it is an error anyway.
        if let Some(weight) = weight.filter(|weight| *weight != 1) {
            weights.entry(addr.clone()).or_insert(weight);
        }
        endpoints.push(addr);
    }
    (endpoints, weights)
}

/// An address, or a map with one and a weight.
fn endpoint(item: &Field<'_>, problems: &mut Problems) -> (Option<EndpointAddr>, Option<u32>) {
    let Some(section) = Section::opened(item) else {
        return (addr(item, problems), None);
    };
    section.check_keys(&keys::ENDPOINT, problems);
    let addr = section
        .require("addr", "addr: \"127.0.0.1:9001\"", problems)
        .and_then(|field| addr(&field, problems));
    if addr.is_none() {
        problems.hide(section.path());
    }
    (addr, section.count("weight", problems))
}

fn addr(field: &Field<'_>, problems: &mut Problems) -> Option<EndpointAddr> {
    let text = field.scalar().map_or("", |scalar| scalar.text.as_str());
    let addr = text.parse().ok();
    if addr.is_none() {
        let advice = "write for example `\"127.0.0.1:9001\"`";
        field.unexpected("host:port with a port from 1 to 65535", advice, problems);
        problems.hide(&field.path);
    }
    addr
}
