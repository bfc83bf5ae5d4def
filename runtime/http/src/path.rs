//! The one form of a path: what is authorised, routed and forwarded.

use std::borrow::Cow;

use hedgerow_config::{AmbiguousPath, normal_path};

use crate::guard::{Grounds, Refused};

/// Brings a path into its normal form. It costs nothing where it is that already.
///
/// # Errors
/// What is ambiguous in it.
pub(crate) fn normal(path: &str) -> Result<Cow<'_, str>, Refused> {
    normal_path(path).map_err(|AmbiguousPath { expected, .. }| ambiguous(expected, path))
}

#[cold]
fn ambiguous(limit: &str, observed: &str) -> Refused {
    Refused::new(Grounds::Malformed, "path", limit, observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k7_what_is_read_in_two_ways_is_refused_as_malformed_and_says_why() {
        let refused = normal("/a%2fb")
            .err()
            .map(|refused| (refused.grounds, refused.rule, refused.limit));
        let limit = "no encoded slash, backslash or NUL".to_owned();
        assert_eq!(refused, Some((Grounds::Malformed, "path", limit)));
        assert_eq!(normal("//pay").ok().as_deref(), Some("/pay"));
    }
}
