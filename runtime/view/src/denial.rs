//! A request that was denied, as `GET /api/why` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::Stamp;

/// One request that Hedgerow answered itself, whoever said no: who, by which rule, and what is known of the request. Neither
/// its query nor a header beside its ids is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DenialView {
    /// The id that its answer bears as `x-request-id`; `null` where it was a call that brought none.
    #[schema(required)]
    pub request_id: Option<String>,
    /// The trace that it belongs to, as 32 hexadecimal digits; `null` where none is known.
    #[schema(required)]
    pub trace_id: Option<String>,
    /// When it was denied.
    pub at: Stamp,
    /// The status of its answer.
    pub status: u16,
    /// Who denied it: a chain, a node of it, a gate, an endpoint.
    pub id: String,
    /// By which rule.
    pub rule: String,
    /// The rule's limit.
    pub limit: String,
    /// What was observed instead.
    pub observed: String,
    /// After how long a new try makes sense, in milliseconds; `null` where that is not known.
    #[schema(required)]
    pub retry_after_ms: Option<u64>,
    /// The chain that it came to.
    pub chain: String,
    /// The revision of the chain that it ran under; `null` where it was denied at the door.
    #[schema(required)]
    pub revision: Option<u64>,
    /// Its method; `null` where it was denied before it could be read, or long after.
    #[schema(required)]
    pub method: Option<String>,
    /// Its path without the query; `null` where `method` is.
    #[schema(required)]
    pub path: Option<String>,
    /// The upstream that it was led to; `null` where it did not come so far.
    #[schema(required)]
    pub upstream: Option<String>,
    /// How often it was sent to an endpoint, or was about to be; 0 where it did not come so far.
    pub attempts: u32,
}
