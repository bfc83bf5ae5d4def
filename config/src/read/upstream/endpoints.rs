//! The endpoints of an upstream, one by one.

use std::collections::HashMap;

use super::{Field, Section, keys};
use crate::EndpointAddr;
use crate::error::Problems;

/// What a list of endpoints says.
pub(super) struct Listed {
    pub(super) addrs: Vec<EndpointAddr>,
    /// Of those that have one.
    pub(super) weights: HashMap<EndpointAddr, u32>,
    /// Of those that have one.
    pub(super) priorities: HashMap<EndpointAddr, u16>,
}

/// One endpoint of it.
#[derive(Default)]
struct Item {
    addr: Option<EndpointAddr>,
    weight: Option<u32>,
    priority: Option<u16>,
}

/// The endpoints, with the weights and priorities of those that have one.
pub(super) fn endpoints(field: &Field<'_>, problems: &mut Problems) -> Listed {
    let advice = "write for example `[\"127.0.0.1:9001\"]`";
    let items = field
        .items("a list of endpoints", advice, problems)
        .unwrap_or_default();
    let mut listed = Listed {
        addrs: Vec::with_capacity(items.len()),
        weights: HashMap::new(),
        priorities: HashMap::new(),
    };
    for (index, item) in items.iter().enumerate() {
        let Item {
            addr,
            weight,
            priority,
        } = endpoint(item, problems);
        // The place in the list must stay that of the document; port and name are never a duplicate.
        let addr = addr.unwrap_or_else(|| {
            format!("unreadable-{index}.invalid:1")
                .parse()
                .expect("the stand-in is a legal endpoint address")
        });
        // Of one that stands twice, the first one counts; it is an error anyway.
        if let Some(weight) = weight.filter(|weight| *weight != 1) {
            listed.weights.entry(addr.clone()).or_insert(weight);
        }
        if let Some(priority) = priority.filter(|priority| *priority != 0) {
            listed.priorities.entry(addr.clone()).or_insert(priority);
        }
        listed.addrs.push(addr);
    }
    listed
}

/// An address, or a map with one, a weight and a priority.
fn endpoint(item: &Field<'_>, problems: &mut Problems) -> Item {
    let Some(section) = Section::opened(item) else {
        return Item {
            addr: addr(item, problems),
            ..Item::default()
        };
    };
    section.check_keys(&keys::ENDPOINT, problems);
    let addr = section
        .require("addr", "addr: \"127.0.0.1:9001\"", problems)
        .and_then(|field| addr(&field, problems));
    if addr.is_none() {
        problems.hide(section.path());
    }
    Item {
        addr,
        weight: section.count("weight", problems),
        priority: section
            .field("priority")
            .and_then(|field| priority(&field, problems)),
    }
}

fn priority(field: &Field<'_>, problems: &mut Problems) -> Option<u16> {
    let priority = field.scalar().and_then(|scalar| scalar.text.parse().ok());
    if priority.is_none() {
        let expected = "a whole number from 0 to 65535, of which the lowest is the best";
        field.unexpected(expected, "write for example `1`", problems);
    }
    priority
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
