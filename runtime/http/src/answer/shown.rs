//! How much of a refusal its client is told.

use hedgerow_config::Expose;
use hedgerow_view::Refusal;
use http::StatusCode;

use crate::escape::escaped;

/// A refusal as its client reads it.
pub(crate) struct Shown {
    /// The value of `x-hedgerow-refused`, where there is to be one.
    pub(crate) line: Option<String>,
    /// The body.
    pub(crate) text: String,
}

/// As much of this refusal as is exposed. What others said is made fit for a header field.
#[cold]
pub(crate) fn shown(expose: Expose, status: StatusCode, refusal: &Refusal, advice: &str) -> Shown {
    let rule = escaped(&refusal.rule);
    match expose {
        Expose::Full => {
            let id = escaped(&refusal.id);
            let (limit, observed) = (escaped(&refusal.limit), escaped(&refusal.observed));
            Shown {
                line: Some(format!("{id}; rule={rule}; limit={limit}; observed={observed}")),
                text: format!(
                    "{id} refused this request by the rule {rule}: the limit is {limit}, observed was {observed}; {advice}.\n"
                ),
            }
        }
        Expose::Code => Shown {
            line: Some(format!("rule={rule}")),
            text: format!("{status}; rule={rule}\n"),
        },
        Expose::Nothing => Shown {
            line: None,
            text: format!("{status}\n"),
        },
    }
}
