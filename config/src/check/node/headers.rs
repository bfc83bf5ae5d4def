//! `kind: headers`.

use super::{Findings, Rule, header_name, header_value};
use crate::{HeaderEdits, Headers, KeyPath};

pub(super) fn check(headers: &Headers, key: &KeyPath, findings: &mut Findings) {
    let Headers { request, reply } = headers;
    if *request == HeaderEdits::new() && *reply == HeaderEdits::new() {
        let rule = Rule::Odd {
            expected: "at least one edit",
            found: "none".to_owned(),
            advice: "write for example `request: { set: { x-edge: eu-1 } }`, or remove the node",
        };
        findings.add(key.key("request"), rule);
    }
    edits(request, &key.key("request"), findings);
    edits(reply, &key.key("reply"), findings);
    host(request, &key.key("request"), findings);
}

fn edits(edits: &HeaderEdits, key: &KeyPath, findings: &mut Findings) {
    let HeaderEdits { remove, set, add } = edits;
    for (index, name) in remove.iter().enumerate() {
        header_name(name, key.key("remove").index(index), findings);
    }
    for (key, headers) in [(key.key("set"), set), (key.key("add"), add)] {
        for (name, value) in headers {
            header_name(name, key.key(name.as_str()), findings);
            header_value(value, key.key(name.as_str()), findings);
        }
    }
    let key = key.key("set");
    let names = set.iter().map(|(name, _)| {
        let key = key.key(name.as_str());
        (key, name.to_ascii_lowercase())
    });
    findings.duplicates("header", String::clone, names);
}

/// Whom a request is for is no header like others: an endpoint is told whom it came for as well.
fn host(request: &HeaderEdits, key: &KeyPath, findings: &mut Findings) {
    let is_host = |name: &str| name.eq_ignore_ascii_case("host");
    let removed = request.remove.iter().enumerate();
    let removed = removed.map(|(index, name)| (key.key("remove").index(index), name));
    let set = request
        .set
        .iter()
        .map(|(name, _)| (key.key("set").key(name.as_str()), name));
    let added = request
        .add
        .iter()
        .map(|(name, _)| (key.key("add").key(name.as_str()), name));
    for (key, name) in removed.chain(set).chain(added).filter(|(_, name)| is_host(name)) {
        let rule = Rule::Odd {
            expected: "any header but the host",
            found: name.clone(),
            advice: "write a node `{ kind: rewrite, host: shop.internal }`",
        };
        findings.add(key, rule);
    }
}
