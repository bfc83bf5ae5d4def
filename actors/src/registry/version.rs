//! What a registration is compared by before it is changed.

use std::fmt;
use std::str::FromStr;

/// Which registration under an id it is, and how often that was changed or renewed: `1732300000000.4`. Whoever registered is
/// given one with each answer, and shows it with the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The registration: no two have the same.
    pub(crate) number: u64,
    /// Its changes and renewals so far.
    pub(crate) revision: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.revision)
    }
}

/// The text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no version: it is the text that the last answer gave, as `1732300000000.4`")]
pub struct InvalidVersion {
    text: String,
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            // The parser of numbers alone would accept a sign.
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain)
        };
        let parts = text.split_once('.');
        let version = parts.and_then(|(registration, revision)| {
            Some(Self {
                number: number(registration)?,
                revision: number(revision)?,
            })
        });
        version.ok_or_else(|| InvalidVersion {
            text: text.chars().take(60).collect(),
        })
    }
}
