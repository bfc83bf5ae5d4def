//! How large a request's body may be.

/// How large a request's body may be, as the nodes have said: whoever reads the body holds it to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit {
    pub(super) bytes: u64,
    /// The node that has said it.
    pub(super) node: usize,
}

impl BodyLimit {
    /// The bytes that it may have.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
