//! What is not shown.

use serde_json::{Map, Value};

/// Stands for what is not shown.
const MASK: &str = "***";

/// Parts of the names of what is a secret more often than not.
const TELLING: [&str; 11] = [
    "auth",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "key",
    "pass",
    "secret",
    "session",
    "signature",
    "token",
];

/// Names and values in one map, without the values of secrets.
pub(super) fn map<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>) -> Value {
    let shown = pairs
        .into_iter()
        .map(|(name, value)| (name.clone(), shown(name, value).into()));
    Value::Object(shown.collect::<Map<_, _>>())
}

/// The value, unless its name tells that it is a secret.
pub(super) fn shown<'v>(name: &str, value: &'v str) -> &'v str {
    let name = name.to_ascii_lowercase();
    if TELLING.iter().any(|part| name.contains(part)) {
        MASK
    } else {
        value
    }
}

/// A URL without its credentials, and without a query, which may hold some.
pub(super) fn url(url: &str) -> String {
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, format!("?{MASK}")),
        None => (url, String::new()),
    };
    let Some((scheme, rest)) = url.split_once("://") else {
        return format!("{url}{query}");
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{MASK}@{host}{path}{query}"),
        None => format!("{url}{query}"),
    }
}
