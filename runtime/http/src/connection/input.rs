//! Bytes that came, and how many of them may be seen.

use hyper::rt::ReadBufCursor;

/// Bytes that are read ahead of what the server asks for.
const AHEAD: usize = 16 * 1024;
/// An idle connection keeps no larger buffer.
const KEPT: usize = 2 * 1024;

/// What came and was not given to the server.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// Bytes in front that are gone.
    start: usize,
    /// Bytes in front of which all may be seen.
    seen: usize,
}

impl Input {
    /// Takes what came.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.seen -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// What nobody has judged.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.seen..]
    }

    /// The next bytes that were not judged may be seen.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.seen += bytes;
    }

    /// The next bytes that were not judged are dropped. Nothing that may be seen stands before them.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.seen += bytes;
        self.start = self.seen;
        self.reuse();
    }

    /// How many bytes may be seen and were not given.
    fn passed(&self) -> usize {
        self.seen - self.start
    }

    /// Gives what may be seen, as much as fits; says whether that is anything.
    pub(super) fn give(&mut self, into: &mut ReadBufCursor<'_>) -> bool {
        let bytes = self.passed().min(into.remaining());
        if bytes == 0 {
            return false;
        }
        into.put_slice(&self.bytes[self.start..self.start + bytes]);
        self.start += bytes;
        self.reuse();
        true
    }

    fn reuse(&mut self) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            (self.start, self.seen) = (0, 0);
        }
    }

    /// How many bytes are here.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Whether to read ahead.
    pub(super) fn has_room(&self) -> bool {
        self.waiting() < AHEAD
    }

    /// Gives memory back while nothing is here.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() && self.bytes.capacity() > KEPT {
            *self = Self::default();
        }
    }
}
