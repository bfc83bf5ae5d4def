//! `kind: cors`.

use super::{Findings, Rule};
use crate::header::is_name;
use crate::{Cors, KeyPath};

pub(super) fn check(cors: &Cors, key: &KeyPath, findings: &mut Findings) {
    let Cors {
        origins,
        methods,
        headers,
        expose_headers,
        credentials,
        max_age,
    } = cors;
    let odd = |expected, found: &str, advice| Rule::Odd {
        expected,
        found: found.to_owned(),
        advice,
    };
    let all = origins.iter().any(|origin| origin == "*");
    if origins.is_empty() {
        let rule = odd(
            "at least one origin",
            "none",
            "write for example `[ \"https://shop.example\" ]`",
        );
        findings.add(key.key("origins"), rule);
    }
    if all && origins.len() > 1 {
        let rule = odd("`*` alone", "`*` among others", "remove it, or all others");
        findings.add(key.key("origins"), rule);
    }
    if all && *credentials {
        let advice = "name the origins: any page of any origin could act in its visitor's name";
        findings.add(
            key.key("credentials"),
            odd("no credentials where `origins` is `*`", "true", advice),
        );
    }
    for (index, origin) in origins.iter().enumerate() {
        if origin != "*" && !is_origin(origin) {
            let expected =
                "an origin: a scheme, a host in small letters, a port where it is not the scheme's own";
            let advice = "write for example `https://shop.example`, `https://*.shop.example` or `*`";
            findings.add(key.key("origins").index(index), odd(expected, origin, advice));
        }
    }
    if methods.is_empty() {
        let rule = odd(
            "at least one method",
            "none",
            "leave it out for GET, HEAD and POST",
        );
        findings.add(key.key("methods"), rule);
    }
    let names = [
        ("methods", methods, "a method", "write for example `PUT`"),
        (
            "headers",
            headers,
            "the name of a header",
            "write letters, digits and hyphens",
        ),
        (
            "exposeHeaders",
            expose_headers,
            "the name of a header",
            "write letters, digits and hyphens",
        ),
    ];
    for (list, names, expected, advice) in names {
        for (index, name) in names.iter().enumerate() {
            let key = key.key(list).index(index);
            if name == "*" {
                let advice = "name them: browsers take `*` in more than one way";
                findings.add(key, odd("names", name, advice));
            } else if !is_name(name) {
                findings.add(key, odd(expected, name, advice));
            }
        }
    }
    if let Some(max_age) = max_age {
        findings.time(key.key("maxAge"), *max_age);
        if max_age.subsec_nanos() > 0 {
            let found = format!("{max_age:?}");
            findings.add(
                key.key("maxAge"),
                odd("whole seconds", &found, "round it, as in `10m`"),
            );
        }
    }
}

/// As a browser writes it (RFC 6454, section 6.2); its host may begin with `*.`.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else {
        return false;
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (host, None),
    };
    let is_own = matches!((scheme, port), ("http", Some("80")) | ("https", Some("443")));
    let has_port = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let host = host.strip_prefix("*.").unwrap_or(host);
    let is_small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match six {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let labels = host.split('.');
            labels.clone().all(|label| {
                !label.is_empty() && label.bytes().all(|byte| is_small(byte) || b"-_".contains(&byte))
            })
        }
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|byte| is_small(byte) || b"+-.".contains(&byte));
    is_scheme && is_host && has_port && !is_own
}
