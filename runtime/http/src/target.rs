//! Whom and what a request is for, as an endpoint is asked.

use std::borrow::Cow;

use http::header::{HOST, HeaderValue, MAX_FORWARDS};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Uri};

use crate::guard::{self, Grounds, Refused};
use crate::path;

/// Brings a head that passed the guard into the form in which it is routed and goes on: its path in the normal form, its
/// host in `Host` where only the target names it, and one hop less to go.
///
/// # Errors
/// Why it must not go on.
pub(crate) fn settle(head: &mut Parts) -> Result<(), Refused> {
    if head.method == Method::OPTIONS || head.method == Method::TRACE {
        spend_hop(head)?;
    }
    if !head.headers.contains_key(HOST)
        && let Some(authority) = head.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        head.headers.insert(HOST, host);
    }
    if let Cow::Owned(normal) = path::normal(head.uri.path())? {
        let whole = joined(normal, head.uri.query());
        head.uri = whole
            .try_into()
            .expect("a path that was taken apart and put together again is a path");
    }
    Ok(())
}

/// What to ask an endpoint for.
pub(crate) fn of(uri: Uri) -> PathAndQuery {
    let target = uri.into_parts().path_and_query;
    target.unwrap_or_else(|| PathAndQuery::from_static("/"))
}

/// Gives a target another path, in its normal form. The query stays.
///
/// # Errors
/// Why no request can have it.
pub(crate) fn set_path(target: &mut Uri, path: &str) -> Result<(), Refused> {
    guard::check_path(path.as_bytes())?;
    let whole = joined(path::normal(path)?.into_owned(), target.query());
    let bytes = whole.len();
    *target = whole.try_into().map_err(|_| {
        let (limit, observed) = ("a target that HTTP can have", format!("{bytes} bytes"));
        Refused::new(Grounds::TargetTooLong, "path", limit, observed)
    })?;
    Ok(())
}

fn joined(mut path: String, query: Option<&str>) -> String {
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    path
}

/// `Max-Forwards` (RFC 9110, section 7.6.2): whoever reads 0 is the last one, and does not pass the request on.
fn spend_hop(head: &mut Parts) -> Result<(), Refused> {
    let Some(left) = head.headers.get(MAX_FORWARDS) else {
        return Ok(());
    };
    let left: Option<u32> = left.to_str().ok().and_then(|left| left.parse().ok());
    match left {
        Some(0) => {
            let (limit, observed) = ("a request that may go on", "no hop left");
            Err(Refused::new(
                Grounds::NotImplemented,
                "maxForwards",
                limit,
                observed,
            ))
        }
        Some(left) => {
            head.headers.insert(MAX_FORWARDS, HeaderValue::from(left - 1));
            Ok(())
        }
        // What is no number is for the last one to judge.
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn k7_a_path_that_a_node_sets_has_its_normal_form_and_keeps_the_query() {
        let cases = [
            ("/a?q=1", "/b", "/b?q=1"),
            ("/a", "/b/../%63", "/c"),
            ("/a?q", "/b//c/./d", "/b/c/d?q"),
            ("http://shop/a?q", "/b", "/b?q"),
            ("*", "/b", "/b"),
        ];
        for (came, path, expected) in cases {
            let mut target: Uri = came.parse().unwrap();
            set_path(&mut target, path).unwrap();
            assert_eq!(target, expected, "{came} {path}");
        }
    }

    #[test]
    fn k7_a_path_that_no_request_can_have_is_refused_and_the_one_before_stays() {
        let long = "/a".repeat(40_000);
        for path in [
            "", "a", "*", "/a?b", "/a#b", "/a b", "/a%2fb", "/%", "/a\r\nb", "/..", "/\u{e4}", &long,
        ] {
            let mut target: Uri = "/before?q".parse().unwrap();
            assert!(set_path(&mut target, path).is_err(), "{path:.20}");
            assert_eq!(target, "/before?q");
        }
    }
}
