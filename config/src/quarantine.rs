//! Which requests are refused because they keep crashing a node.

use std::time::Duration;

use crate::{Violation, check};

/// Which requests are refused at a chain's door, because those like them keep crashing one of its nodes (`quarantine`).
///
/// A request goes by its *fingerprint*: its method, its path, and the headers that are listed here.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::RequestQuarantine;
///
/// let rule = RequestQuarantine::by(["x-tenant"]);
/// assert_eq!((rule.crashes, rule.per), (3, Duration::from_secs(60)));
/// assert!(RequestQuarantine::by(["no name"]).check().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestQuarantine {
    /// The headers whose first values tell requests apart, at least one (`headers`).
    pub headers: Vec<String>,
    /// How many requests with the same fingerprint must crash in the same node (`crashes`). Default 3; at least 2, as one
    /// crash says nothing of those that succeed.
    pub crashes: u32,
    /// Within what time (`per`). Default 1 min. One that is handled without a crash meanwhile clears its fingerprint.
    pub per: Duration,
    /// For how long they are refused then, unless they are released by hand (`for`). Default 10 min.
    pub lasts: Duration,
}

impl RequestQuarantine {
    /// Requests are told apart by these headers; the rest is as it is by default.
    pub fn by<H: Into<String>>(headers: impl IntoIterator<Item = H>) -> Self {
        Self {
            headers: headers.into_iter().map(Into::into).collect(),
            crashes: 3,
            per: Duration::from_secs(60),
            lasts: Duration::from_secs(600),
        }
    }

    /// Checks its headers, its count and its times.
    ///
    /// # Errors
    /// Every rule that is broken, each with its key within the `quarantine` of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::quarantine(self)
    }
}
