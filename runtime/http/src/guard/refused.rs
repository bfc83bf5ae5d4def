//! Why a request is refused.

/// What a refusal is for. Each has a status of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grounds {
    /// It is not HTTP, or peers could read it differently: 400.
    Malformed,
    /// It did not come in time: 408.
    TooSlow,
    /// Its body is too large: 413.
    BodyTooLarge,
    /// Its target is too long: 414.
    TargetTooLong,
    /// It expects what nobody here does: 417.
    Expectation,
    /// It is for a scheme that is not spoken here: 421.
    Misdirected,
    /// Its fields are too many or too large: 431.
    FieldsTooLarge,
    /// It asks for a tunnel, for another protocol, or by a method that nobody knows: 501.
    NotImplemented,
    /// Its client has too many connections: 503.
    Crowded,
    /// Its version is not spoken here: 505.
    Version,
}

/// A request that is refused before anybody acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) grounds: Grounds,
    /// The rule that it breaks.
    pub(crate) rule: &'static str,
    /// What the rule allows.
    pub(crate) limit: String,
    /// What came instead.
    pub(crate) observed: String,
}

/// Bytes of what came that a refusal shows.
const SHOWN: usize = 100;

impl Refused {
    #[cold]
    pub(crate) fn new(
        grounds: Grounds,
        rule: &'static str,
        limit: impl ToString,
        observed: impl ToString,
    ) -> Self {
        Self {
            grounds,
            rule,
            limit: limit.to_string(),
            observed: observed.to_string(),
        }
    }

    /// Malformed: `rule` asks for `limit`, and these bytes came.
    #[cold]
    pub(crate) fn malformed(rule: &'static str, limit: &str, observed: &[u8]) -> Self {
        Self::new(Grounds::Malformed, rule, limit, shown(observed))
    }
}

/// Bytes as text that is short.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    if bytes.len() > SHOWN {
        text.push_str("...");
    }
    text
}
