//! Why a request was refused: the same in error, header, metric and dashboard.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// We said no, by this rule.
///
/// ```
/// use hedgerow_view::Refusal;
///
/// let refusal = Refusal::new("payments/endpoint/127.0.0.1:9001", "consecutiveFailures", "7", "7");
/// assert_eq!(
///     refusal.to_string(),
///     "payments/endpoint/127.0.0.1:9001; rule=consecutiveFailures; limit=7; observed=7",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Who refused, as the API shows ids.
    pub id: String,
    /// By which rule.
    pub rule: String,
    /// The rule's limit.
    pub limit: String,
    /// What was observed instead.
    pub observed: String,
    /// After how long a new try makes sense, where that is known.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal without a known end.
    pub fn new(
        id: impl Into<String>,
        rule: impl Into<String>,
        limit: impl Into<String>,
        observed: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            rule: rule.into(),
            limit: limit.into(),
            observed: observed.into(),
            retry_after: None,
        }
    }

    /// The same, with the time after which a new try makes sense.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl fmt::Display for Refusal {
    /// The value of the `x-hedgerow-refused` header, before escaping.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; rule={}; limit={}; observed={}",
            self.id, self.rule, self.limit, self.observed
        )
    }
}
