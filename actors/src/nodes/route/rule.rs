//! Whether a rule matches a request, and where it leads.

use hedgerow_config::{Destination, HeaderMatch, Reach, RouteRule};
use http::HeaderName;

use super::super::covers;
use super::split::Split;
use crate::chain::RequestHead;

/// A rule, in the form in which requests are compared with it.
pub(super) struct Rule {
    pub(super) path: PathRule,
    methods: Box<[Box<str>]>,
    headers: Box<[(HeaderName, HeaderMatch)]>,
    host: Option<HostRule>,
    to: To,
}

/// Which paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PathRule {
    /// This one and everything below it. Without the slash at its end.
    Below(Box<str>),
    /// This one.
    Exact(Box<str>),
}

/// Which hosts, without ports.
enum HostRule {
    Is(Box<str>),
    /// Any below this one; with the dot at its beginning.
    Below(Box<str>),
}

enum To {
    Lead(usize),
    Split(Split),
}

impl Rule {
    /// What a config cannot say is left out: it has been checked.
    pub(super) fn new(rule: &RouteRule, first_lead: usize) -> Self {
        let header = |(name, is): &(String, HeaderMatch)| Some((name.parse().ok()?, is.clone()));
        Self {
            path: match rule.reach {
                Reach::Below => PathRule::Below(rule.path.trim_end_matches('/').into()),
                Reach::Exact => PathRule::Exact(rule.path.as_str().into()),
            },
            methods: rule.methods.iter().map(|method| method.as_str().into()).collect(),
            headers: rule.headers.iter().filter_map(header).collect(),
            host: rule.host.as_deref().map(HostRule::new),
            to: match &rule.to {
                Destination::Upstream(_) => To::Lead(first_lead),
                Destination::Split(split) => To::Split(Split::new(split, first_lead)),
            },
        }
    }

    /// Whether it asks for a host.
    pub(super) fn asks_for_a_host(&self) -> bool {
        self.host.is_some()
    }

    /// Whether it matches a request with this path, to this [host](host_of).
    pub(super) fn matches(&self, path: &str, host: Option<&[u8]>, head: &dyn RequestHead) -> bool {
        let Self {
            path: paths,
            methods,
            headers,
            host: hosts,
            to: _,
        } = self;
        paths.match_one(path)
            && (methods.is_empty() || methods.iter().any(|method| **method == *head.method()))
            && hosts
                .as_ref()
                .is_none_or(|hosts| host.is_some_and(|host| hosts.match_one(host)))
            && headers.iter().all(|(name, is)| match (head.header(name), is) {
                (Some(_), HeaderMatch::Present) => true,
                (Some(value), HeaderMatch::Is(wanted)) => value == wanted.as_bytes(),
                (None, _) => false,
            })
    }

    /// The number of the lead that a request which it matches takes.
    pub(super) fn lead(&self, head: &dyn RequestHead) -> usize {
        match &self.to {
            To::Lead(lead) => *lead,
            To::Split(split) => split.lead(head),
        }
    }
}

impl PathRule {
    fn match_one(&self, path: &str) -> bool {
        match self {
            Self::Below(above) => covers(above, path),
            Self::Exact(only) => **only == *path,
        }
    }
}

impl HostRule {
    fn new(host: &str) -> Self {
        match host.strip_prefix('*') {
            Some(below) => Self::Below(below.into()),
            None => Self::Is(host.into()),
        }
    }

    fn match_one(&self, host: &[u8]) -> bool {
        match self {
            Self::Is(name) => host.eq_ignore_ascii_case(name.as_bytes()),
            Self::Below(below) => {
                let split = host.len().checked_sub(below.len()).filter(|length| *length > 0);
                split.is_some_and(|at| host[at..].eq_ignore_ascii_case(below.as_bytes()))
            }
        }
    }
}

/// The host of an authority: without its port, and without the dot of a name that is written to the root.
pub(super) fn host_of(authority: &str) -> &[u8] {
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map(|end| end + 1),
        None => authority.find(':'),
    };
    let host = &authority[..end.unwrap_or(authority.len())];
    host.strip_suffix('.').unwrap_or(host).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_authority_is_what_is_left_without_its_port() {
        let cases = [
            ("shop.example", "shop.example"),
            ("shop.example:8080", "shop.example"),
            ("shop.example.", "shop.example"),
            ("shop.example.:80", "shop.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ];
        for (authority, host) in cases {
            assert_eq!(host_of(authority), host.as_bytes(), "{authority}");
        }
    }
}
