//! Requests that are shared among several upstreams.

use std::str::FromStr;

use crate::header;

/// Upstreams, and how much each of them gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The upstreams, each once. Their order means nothing.
    pub targets: Vec<Target>,
    /// What requests that belong together go to the same upstream by (`sticky`). Default: nothing, each is drawn by itself.
    pub sticky: Option<Sticky>,
}

/// An upstream in a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name (`upstream`).
    pub upstream: String,
    /// Its part of the sum of all weights (`weight`). With 0 it gets nothing.
    pub weight: u32,
}

impl Split {
    /// Among these, with their weights.
    pub fn new<N: Into<String>>(targets: impl IntoIterator<Item = (N, u32)>) -> Self {
        let target = |(upstream, weight): (N, u32)| Target {
            upstream: upstream.into(),
            weight,
        };
        Self {
            targets: targets.into_iter().map(target).collect(),
            sticky: None,
        }
    }
}

/// What requests that belong together have in common. A request that has nothing of the kind is drawn by itself.
///
/// ```
/// use hedgerow_config::Sticky;
///
/// assert_eq!("header:x-user".parse(), Ok(Sticky::Header("x-user".to_owned())));
/// assert_eq!("address".parse(), Ok(Sticky::Address));
/// assert!("user".parse::<Sticky>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sticky {
    /// The value of this header (`header:NAME`).
    Header(String),
    /// The value of this cookie (`cookie:NAME`).
    Cookie(String),
    /// The IP address of who sent them, as the connection says (`address`).
    Address,
}

impl FromStr for Sticky {
    type Err = InvalidSticky;

    fn from_str(text: &str) -> Result<Self, InvalidSticky> {
        let named = |name: &str| header::is_name(name).then(|| name.to_owned());
        let sticky = match text.split_once(':') {
            None => (text == "address").then_some(Self::Address),
            Some(("header", name)) => named(name).map(Self::Header),
            Some(("cookie", name)) => named(name).map(Self::Cookie),
            Some(_) => None,
        };
        sticky.ok_or(InvalidSticky)
    }
}

/// A text that does not say what requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `header:` or `cookie:` and a name, or `address`; write for example `header:x-user`")]
#[non_exhaustive]
pub struct InvalidSticky;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sticky_has_a_name_or_is_the_address() {
        let cases = [
            ("header:X-User", Some(Sticky::Header("X-User".to_owned()))),
            ("cookie:sid", Some(Sticky::Cookie("sid".to_owned()))),
            ("address", Some(Sticky::Address)),
            ("", None),
            ("header", None),
            ("header:", None),
            ("header:a b", None),
            ("header: a", None),
            ("cookie:a=b", None),
            ("address:", None),
            ("Address", None),
        ];
        for (text, sticky) in cases {
            assert_eq!(text.parse().ok(), sticky, "{text:?}");
        }
    }
}
