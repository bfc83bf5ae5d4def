//! `kind: rewrite`.

use super::{Findings, Rule, path};
use crate::{KeyPath, Rewrite};

pub(super) fn check(rewrite: &Rewrite, key: &KeyPath, findings: &mut Findings) {
    let Rewrite {
        strip_prefix,
        replace_prefix,
        add_prefix,
        host,
    } = rewrite;
    if *rewrite == Rewrite::new() {
        let rule = Rule::Odd {
            expected: "at least one change",
            found: "none".to_owned(),
            advice: "write for example `stripPrefix: /shop`, or remove the node",
        };
        findings.add(key.key("stripPrefix"), rule);
    }
    for (key, prefix) in [
        (key.key("stripPrefix"), strip_prefix),
        (key.key("addPrefix"), add_prefix),
    ] {
        if let Some(prefix) = prefix {
            path(prefix, key, findings);
        }
    }
    if let Some((from, to)) = replace_prefix {
        let key = key.key("replacePrefix");
        path(from, key.key("from"), findings);
        path(to, key.key("to"), findings);
        if strip_prefix.is_some() {
            let rule = Rule::Odd {
                expected: "`stripPrefix` or `replacePrefix`",
                found: "both".to_owned(),
                advice: "remove one, or write two nodes",
            };
            findings.add(key, rule);
        }
    }
    if let Some(host) = host
        && !is_host(host)
    {
        let rule = Rule::Odd {
            expected: "a host, and a colon and a port where one is meant",
            found: host.clone(),
            advice: "write for example `shop.internal` or `shop.internal:8080`",
        };
        findings.add(key.key("host"), rule);
    }
}

/// A name, an IPv4 address, or an IPv6 address in brackets; and perhaps a port.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
            ("six", port.strip_prefix(':').or(port.is_empty().then_some("1")))
        }
        Some(_) => return false,
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, Some("1")),
        },
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = port.is_some_and(|port| is_number(port) && port.parse::<u16>().is_ok_and(|port| port > 0));
    !name.is_empty() && name.bytes().all(is_name) && has_port
}
