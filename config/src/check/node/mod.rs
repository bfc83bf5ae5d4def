//! The rules for each kind of node, each in a file of its own. The name is that of the kind.

mod body_limit;
mod cors;
mod deadline;
mod headers;
mod inject;
mod reply;
mod request_id;
mod rewrite;
mod route;

use super::{Findings, Rule};
use crate::header;
use crate::{KeyPath, NodeKind};

/// What this kind of node says, at this key.
pub(super) fn kind(kind: &NodeKind, key: &KeyPath, findings: &mut Findings) {
    match kind {
        NodeKind::BodyLimit(node) => body_limit::check(node, key, findings),
        NodeKind::Cors(node) => cors::check(node, key, findings),
        NodeKind::Deadline(node) => deadline::check(node, key, findings),
        NodeKind::Headers(node) => headers::check(node, key, findings),
        NodeKind::Inject(node) => inject::check(node, key, findings),
        NodeKind::Reply(node) => reply::check(node, key, findings),
        NodeKind::RequestId(node) => request_id::check(node, key, findings),
        NodeKind::Rewrite(node) => rewrite::check(node, key, findings),
        NodeKind::Route(node) => route::check(node, key, findings),
    }
}

/// A path that requests can have, written in one way: not ended by a slash, but `/` alone.
fn path(path: &str, key: KeyPath, findings: &mut Findings) {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
    if !path.starts_with('/') || (path.len() > 1 && path.ends_with('/')) || path.contains(odd) {
        let found = path.to_owned();
        findings.add(key, Rule::BadPath { found });
    }
}

/// The name of a header that a node may write.
fn header_name(name: &str, key: KeyPath, findings: &mut Findings) {
    let (expected, advice) = if !header::is_name(name) {
        ("the name of a header", "write letters, digits and hyphens")
    } else if header::frames(name) {
        (
            "a header that is not the server's own",
            "remove it: the server says itself where a message ends and how its connection goes on",
        )
    } else {
        return;
    };
    findings.add(
        key,
        Rule::Odd {
            expected,
            found: name.to_owned(),
            advice,
        },
    );
}

/// The value of a header.
fn header_value(value: &str, key: KeyPath, findings: &mut Findings) {
    if !header::is_value(value) {
        let expected = "the value of a header: visible ASCII characters, and blanks between them";
        let advice = "change or remove it";
        findings.add(
            key,
            Rule::Odd {
                expected,
                found: value.to_owned(),
                advice,
            },
        );
    }
}
