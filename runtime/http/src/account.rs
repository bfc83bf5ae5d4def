//! What is known of a request that was denied, for whoever asks why.

use hedgerow_actors::chain::RequestHead;
use hedgerow_supervisor::{Denials, Trace};
use hedgerow_view::{DenialView, Identity, Refusal};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What is known of a request that was denied. None is made of one that is served.
#[derive(Debug, Default)]
pub(crate) struct Account {
    method: Option<String>,
    path: Option<String>,
    trace: Option<Trace>,
    upstream: Option<String>,
    attempts: u32,
}

/// What the answer to a denied request says of it beside the refusal.
pub(crate) struct Answered<'a> {
    pub(crate) chain: &'a Identity,
    pub(crate) id: Option<&'a HeaderValue>,
    pub(crate) revision: Option<u64>,
    pub(crate) status: StatusCode,
    pub(crate) refusal: &'a Refusal,
}

impl Account {
    /// Of a request with this method and path, whose head says these traces: said twice, it is none.
    #[cold]
    pub(crate) fn said<'a>(method: &str, path: &str, mut traces: impl Iterator<Item = &'a [u8]>) -> Self {
        let trace = traces.next().filter(|_| traces.next().is_none());
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            trace: trace.and_then(Trace::from_traceparent),
            ..Self::default()
        }
    }

    /// Of a request with this head.
    #[cold]
    pub(crate) fn of(method: &Method, target: &Uri, headers: &HeaderMap) -> Self {
        let said = headers.get_all(TRACEPARENT).iter();
        Self::said(method.as_str(), target.path(), said.map(HeaderValue::as_bytes))
    }

    /// Of a request with this head, whatever brought it.
    #[cold]
    pub(crate) fn of_head(head: &dyn RequestHead) -> Self {
        let mut said = Vec::new();
        head.each_header(&TRACEPARENT, &mut |value| said.push(value.to_vec()));
        Self::said(head.method(), head.path(), said.iter().map(Vec::as_slice))
    }

    /// The same, which belongs to this trace if its head has not said another one.
    #[must_use]
    pub(crate) fn or_of(self, trace: Option<Trace>) -> Self {
        Self {
            trace: self.trace.or(trace),
            ..self
        }
    }

    /// Of one whose head is gone, which belongs to this trace.
    #[cold]
    pub(crate) fn of_trace(trace: Option<Trace>) -> Self {
        Self {
            trace,
            ..Self::default()
        }
    }

    /// The same, led to this upstream, after so many attempts.
    #[must_use]
    pub(crate) fn led_to(self, upstream: &str, attempts: u32) -> Self {
        Self {
            upstream: Some(upstream.to_owned()),
            attempts,
            ..self
        }
    }

    /// Keeps it among the denied.
    #[cold]
    pub(crate) fn keep(self, denials: &Denials, answered: &Answered<'_>) {
        denials.keep(|at| {
            let Refusal {
                id,
                rule,
                limit,
                observed,
                retry_after,
            } = answered.refusal.clone();
            let millis = |time: std::time::Duration| time.as_millis().try_into().unwrap_or(u64::MAX);
            let trace = self.trace.map(|trace| u128::from_be_bytes(trace.trace_id()));
            DenialView {
                request_id: answered
                    .id
                    .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
                trace_id: trace.map(|trace| format!("{trace:032x}")),
                at,
                status: answered.status.as_u16(),
                id,
                rule,
                limit,
                observed,
                retry_after_ms: retry_after.map(millis),
                chain: answered.chain.to_string(),
                revision: answered.revision,
                method: self.method,
                path: self.path,
                upstream: self.upstream,
                attempts: self.attempts,
            }
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_query_is_not_told_and_a_trace_that_is_said_twice_is_none() {
        let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, parent.clone());
        let target = Uri::from_static("/pay?card=4111");
        let once = Account::of(&Method::POST, &target, &headers);
        assert_eq!(
            (once.method.as_deref(), once.path.as_deref()),
            (Some("POST"), Some("/pay"))
        );
        assert!(once.trace.is_some());
        headers.append(TRACEPARENT, parent);
        assert!(Account::of(&Method::POST, &target, &headers).trace.is_none());
    }
}
