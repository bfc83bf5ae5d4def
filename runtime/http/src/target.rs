//! Whom and what a request is for, as an endpoint is asked.

use std::borrow::Cow;

use http::header::{HOST, HeaderValue, MAX_FORWARDS};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Uri};

use crate::guard::{Grounds, Refused};
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
        head.uri = with_query(normal, head.uri.query());
    }
    Ok(())
}

/// What to ask an endpoint for.
pub(crate) fn of(uri: Uri) -> PathAndQuery {
    let target = uri.into_parts().path_and_query;
    target.unwrap_or_else(|| PathAndQuery::from_static("/"))
}

fn with_query(mut path: String, query: Option<&str>) -> Uri {
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    path.try_into()
        .expect("a path that was taken apart and put together again is a path")
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
