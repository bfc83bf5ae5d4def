//! The endpoints of an upstream, one by one.

use super::Field;
use crate::EndpointAddr;
use crate::error::Problems;

pub(super) fn endpoints(field: &Field<'_>, problems: &mut Problems) -> Vec<EndpointAddr> {
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
