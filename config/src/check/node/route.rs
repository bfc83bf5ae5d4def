//! `kind: route`.

use std::collections::HashMap;

use super::{Findings, Rule, header_named, header_value, path};
use crate::{Destination, HeaderMatch, KeyPath, Reach, Route, RouteRule, Split, Sticky, header};

/// Segments of a path that are looked at for a rule that takes everything below: none that is meant is as deep.
const DEEPEST: usize = 100;

pub(super) fn check(route: &Route, key: &KeyPath, findings: &mut Findings) {
    let Route { rules } = route;
    let rules_key = key.key("rules");
    if rules.is_empty() {
        findings.add(rules_key.clone(), Rule::NoRules);
    }
    let mut wholes: HashMap<&str, KeyPath> = HashMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let key = rules_key.index(index);
        let path_key = path_key(&key, rule);
        path(&rule.path, path_key.clone(), findings);
        conditions(rule, &key, findings);
        if let Destination::Split(split) = &rule.to {
            self::split(split, &key, findings);
        }
        let is_whole = rule.reach == Reach::Below && rule.asks_for_a_path_alone();
        let own = rule.path.trim_end_matches('/');
        // A whole rule for the same path is a duplicate.
        let above = ancestors(&rule.path).chain((!is_whole).then_some(own));
        if let Some(by) = above.into_iter().find_map(|above| wholes.get(above)) {
            findings.add(path_key, Rule::Shadowed { by: by.clone() });
        } else if is_whole {
            wholes.entry(own).or_insert(key);
        }
    }
    let matched = rules.iter().enumerate().map(|(index, rule)| {
        let key = path_key(&rules_key.index(index), rule);
        (key, matches(rule))
    });
    findings.duplicates("path", ToString::to_string, matched);
}

/// The key of its path.
fn path_key(key: &KeyPath, rule: &RouteRule) -> KeyPath {
    key.key(match rule.reach {
        Reach::Below => "path",
        Reach::Exact => "exact",
    })
}

/// The paths above this one, from the root on, without a slash at their ends.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').take(DEEPEST);
    ends.map(|(end, _)| &path[..end]).filter(move |_| path != "/")
}

/// What it matches, in one form.
fn matches(rule: &RouteRule) -> String {
    let mut same = rule.clone();
    same.methods.sort_unstable();
    let name = |(name, is): (String, HeaderMatch)| (name.to_ascii_lowercase(), is);
    same.headers = same.headers.into_iter().map(name).collect();
    same.headers
        .sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    same.host = same.host.map(|host| host.to_ascii_lowercase());
    same.to_string()
}

fn conditions(rule: &RouteRule, key: &KeyPath, findings: &mut Findings) {
    let methods_key = key.key("methods");
    for (index, method) in rule.methods.iter().enumerate() {
        if !header::is_name(method) || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            let (expected, advice) = ("a method in capitals", "write for example `GET`");
            findings.odd(methods_key.index(index), expected, method, advice);
        }
    }
    let headers_key = key.key("headers");
    for (name, is) in &rule.headers {
        header_named(name, headers_key.key(name.as_str()), findings);
        if let HeaderMatch::Is(value) = is {
            header_value(value, headers_key.key(name.as_str()), findings);
        }
    }
    if let Some(host) = &rule.host
        && !is_host(host)
    {
        let expected = "the name of a host without a port, or `*.` and one";
        findings.odd(
            key.key("host"),
            expected,
            host,
            "write for example `shop.example`",
        );
    }
}

/// As it stands in requests, without a port; or any host below one.
fn is_host(host: &str) -> bool {
    let host = host.strip_prefix("*.").unwrap_or(host);
    let is_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    host.bytes().all(is_byte) && !host.starts_with('.') && !host.ends_with('.') && !host.is_empty()
}

fn split(split: &Split, key: &KeyPath, findings: &mut Findings) {
    let Split { targets, sticky } = split;
    let split_key = key.key("split");
    if targets.iter().all(|target| target.weight == 0) {
        findings.add(split_key.clone(), Rule::NoWeight);
    }
    let names = targets.iter().enumerate().map(|(index, target)| {
        let key = split_key.index(index).key("upstream");
        (key, target.upstream.as_str())
    });
    findings.duplicates("upstream of the split", |name| (*name).to_owned(), names);
    if let Some(Sticky::Header(name) | Sticky::Cookie(name)) = sticky {
        header_named(name, key.key("sticky"), findings);
    }
}
