//! An error answer of the admin API: RFC 9457.

use serde::Serialize;
use utoipa::ToSchema;

/// A problem document, sent as `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What went wrong, in a few words that do not vary.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was observed, and what to do.
    pub detail: String,
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: u16, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            status,
            detail: detail.into(),
        }
    }
}
