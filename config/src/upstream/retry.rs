//! When a request is sent again.

/// When a request to an upstream is sent again (`retry`).
///
/// For now there is one reason: the connection that it was sent over had been idle, and ended before a byte of an answer
/// came. Then a request by an idempotent method, without a body, is sent once more over a fresh connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often it is sent again, 0 to [`MOST`](Self::MOST); 0 is never (`maxRetries`). Default 1.
    pub max_retries: u32,
}

impl RetryPolicy {
    /// The most retries that can be asked for: whoever is sent again goes over a fresh connection, which cannot have ended
    /// while it was idle.
    pub const MOST: u32 = 1;

    /// Never.
    pub fn off() -> Self {
        Self { max_retries: 0 }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 1 }
    }
}
