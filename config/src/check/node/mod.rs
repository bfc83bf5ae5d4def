//! The rules for each kind of node, each in a file of its own. The name is that of the kind.

mod access_log;
mod body_limit;
mod concurrency;
mod cors;
mod deadline;
mod headers;
mod inject;
mod rate_limit;
mod reply;
mod request_id;
mod rewrite;
mod route;
mod shed;
mod trace;

use super::{Findings, Rule};
use crate::{AmbiguousPath, KeyPath, NodeKind, header, normal};

/// What this kind of node says, at this key.
pub(super) fn kind(kind: &NodeKind, key: &KeyPath, findings: &mut Findings) {
    match kind {
        NodeKind::AccessLog(node) => access_log::check(node, key, findings),
        NodeKind::Concurrency(node) => concurrency::check(node, key, findings),
        NodeKind::BodyLimit(node) => body_limit::check(node, key, findings),
        NodeKind::Cors(node) => cors::check(node, key, findings),
        NodeKind::Deadline(node) => deadline::check(node, key, findings),
        NodeKind::Headers(node) => headers::check(node, key, findings),
        NodeKind::Inject(node) => inject::check(node, key, findings),
        NodeKind::RateLimit(node) => rate_limit::check(node, key, findings),
        NodeKind::Reply(node) => reply::check(node, key, findings),
        NodeKind::RequestId(node) => request_id::check(node, key, findings),
        NodeKind::Rewrite(node) => rewrite::check(node, key, findings),
        NodeKind::Route(node) => route::check(node, key, findings),
        NodeKind::Shed(node) => shed::check(node, key, findings),
        NodeKind::Trace(node) => trace::check(node, key, findings),
    }
}

/// A path that requests can have, written in their normal form, and in one way: not ended by a slash, but `/` alone.
fn path(path: &str, key: KeyPath, findings: &mut Findings) {
    let found = path.to_owned();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
    if !path.starts_with('/') || (path.len() > 1 && path.ends_with('/')) || path.contains(odd) {
        findings.add(key, Rule::BadPath { found });
        return;
    }
    match normal::as_requested(path) {
        Ok(requested) if requested == path => {}
        Ok(mut normal) => {
            if normal.len() > 1 && normal.ends_with('/') {
                normal.pop();
            }
            findings.add(key, Rule::NotNormal { found, normal });
        }
        Err(AmbiguousPath { expected }) => findings.add(key, Rule::Ambiguous { found, expected }),
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

/// The name of a header or a cookie that a node looks at.
fn header_named(name: &str, key: KeyPath, findings: &mut Findings) {
    if !header::is_name(name) {
        findings.odd(key, "a name", name, "write letters, digits and hyphens");
    }
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
