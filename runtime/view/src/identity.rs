//! Who an actor is.
//!
//! An [`Identity`] is `(kind, name, key)`: config, store, metrics and API go by
//! it. A [`Path`](crate::Path) is a place in the tree: it may change when the tree does.
//! Both are shown escaped by segment, ready to stand behind a URL.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::escape::{escaped, segments};

/// Who an actor is: kind, name, and, where there is one of it per something, a scope and key.
///
/// ```
/// use hedgerow_view::Identity;
///
/// let breaker = Identity::keyed("breaker", "payments", "endpoint", "127.0.0.1:9001");
/// assert_eq!(breaker.to_string(), "payments/endpoint/127.0.0.1:9001");
/// assert_eq!(Identity::parse("breaker", "payments/endpoint/127.0.0.1:9001"), Some(breaker));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    kind: &'static str,
    name: String,
    key: Option<(String, String)>,
}

impl Identity {
    /// The only one of `kind` with this name.
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            key: None,
        }
    }

    /// One of several of `kind` under `name`: one per `scope`, told apart by `key`.
    pub fn keyed(
        kind: &'static str,
        name: impl Into<String>,
        scope: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            key: Some((scope.into(), key.into())),
        }
    }

    /// Reads an id as the API shows it. `None` where it has not one or three segments, or one of them is empty or, unescaped, not UTF-8.
    pub fn parse(kind: &'static str, id: &str) -> Option<Self> {
        let mut segments = segments(id)?.into_iter();
        let name = segments.next()?;
        let key = match (segments.next(), segments.next(), segments.next()) {
            (None, None, None) => None,
            (Some(scope), Some(key), None) => Some((scope, key)),
            _ => return None,
        };
        Some(Self { kind, name, key })
    }

    /// The kind: `breaker`, `upstream`, ...
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The configured name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Scope and key, where there is one per something.
    pub fn key(&self) -> Option<(&str, &str)> {
        self.key
            .as_ref()
            .map(|(scope, key)| (scope.as_str(), key.as_str()))
    }
}

impl fmt::Display for Identity {
    /// `name`, or `name/scope/key`, escaped by segment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escaped(&self.name))?;
        if let Some((scope, key)) = &self.key {
            write!(f, "/{}/{}", escaped(scope), escaped(key))?;
        }
        Ok(())
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_slash_in_its_name_survives_the_round_trip() {
        let id = Identity::keyed("breaker", "a/b", "tenant", "x y/é");
        assert_eq!(id.to_string(), "a%2Fb/tenant/x%20y%2F%C3%A9");
        assert_eq!(Identity::parse("breaker", &id.to_string()), Some(id));
    }

    #[test]
    fn an_id_of_two_or_four_segments_is_none() {
        assert_eq!(Identity::parse("breaker", "a/b"), None);
        assert_eq!(Identity::parse("breaker", "a/b/c/d"), None);
        assert_eq!(Identity::parse("breaker", ""), None);
        assert_eq!(Identity::parse("breaker", "a//b/c"), None);
        assert_eq!(Identity::parse("breaker", "a/tenant/%ff"), None);
    }
}
