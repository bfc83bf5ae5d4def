//! `kind: reply`.

use super::{Findings, Rule, header_name, header_value, path};
use crate::{KeyPath, StaticReply};

pub(super) fn check(reply: &StaticReply, key: &KeyPath, findings: &mut Findings) {
    let StaticReply {
        status,
        headers,
        body: _,
        path: only,
    } = reply;
    if !(200..=599).contains(status) {
        let (expected, found) = ("a status from 200 to 599", status.to_string());
        let advice = "write for example `200` or `503`";
        findings.add(
            key.key("status"),
            Rule::Odd {
                expected,
                found,
                advice,
            },
        );
    }
    let headers_key = key.key("headers");
    for (name, value) in headers {
        header_name(name, headers_key.key(name.as_str()), findings);
        header_value(value, headers_key.key(name.as_str()), findings);
    }
    if let Some(only) = only {
        path(only, key.key("path"), findings);
    }
}
