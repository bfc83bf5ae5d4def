//! How large a body may be.

/// Refuses requests whose body is too large, beside the limit of the listener: the smaller one counts.
///
/// ```
/// use hedgerow_config::BodyLimit;
///
/// let limit = BodyLimit::new(65_536);
/// # let _ = limit;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLimit {
    /// Bytes of a body (`max`). Default 1048576 (1 MiB).
    pub max: u32,
}

impl BodyLimit {
    /// One of so many bytes.
    pub fn new(max: u32) -> Self {
        Self { max }
    }
}

impl Default for BodyLimit {
    fn default() -> Self {
        Self::new(1_048_576)
    }
}
