//! How large the parts of a request may be.

use hedgerow_config::ListenerLimits;

/// The sizes that a scanner allows. A part that has exactly its size is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Bytes of the target.
    pub(crate) target: usize,
    /// Bytes of all field lines together, with their ends.
    pub(crate) fields: usize,
    /// Field lines; of the trailer section the same.
    pub(crate) count: usize,
    /// Bytes of the body's content, at most [`MOST`].
    pub(crate) body: u64,
}

impl Sizes {
    /// What the limits of a listener allow.
    pub(crate) fn of(limits: &ListenerLimits) -> Self {
        Self {
            target: limits.target_bytes as usize,
            fields: limits.header_bytes as usize,
            count: limits.header_count as usize,
            body: limits.body_bytes.map_or(MOST, u64::from),
        }
    }
}

/// The largest body that the server behind can count.
pub(crate) const MOST: u64 = i64::MAX as u64;

/// Bytes of a method. The longest one that is registered has 17 (`UPDATEREDIRECTREF`).
pub(super) const METHOD: usize = 32;
/// Bytes of all chunk extensions of a message together. Nobody needs them, and the server behind takes no more than 16 KiB.
pub(super) const EXTENSIONS: u64 = 4096;
/// Bytes of a trailer section. The server behind takes no more than 16 KiB.
pub(super) const TRAILERS: usize = 8192;
/// Digits of a chunk's size: all that the server behind can hold.
pub(super) const DIGITS: u8 = 16;
