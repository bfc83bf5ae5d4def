//! Why a request was turned back.

use hedgerow_view::Refusal;
use http::StatusCode;

/// A request was turned back on its way down, or its reply on the way up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turned {
    /// No route leads on: 404.
    NoRoute(Refusal),
    /// A node refused it, with the status that it says.
    Refused {
        /// What its client is to be told.
        status: StatusCode,
        /// Who refused it, and why.
        refusal: Refusal,
    },
    /// A node crashed on this request: 500.
    NodeCrashed(Refusal),
    /// A node has not published its filter, or is over its panic budget: 503.
    NodeDown(Refusal),
}

impl Turned {
    /// Who turned it back, and why.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::NoRoute(refusal)
            | Self::Refused { refusal, .. }
            | Self::NodeCrashed(refusal)
            | Self::NodeDown(refusal) => refusal,
        }
    }

    /// The status that it has by HTTP.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute(_) => StatusCode::NOT_FOUND,
            Self::Refused { status, .. } => *status,
            Self::NodeCrashed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NodeDown(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
