//! Who else is told the lines of requests.

use std::fmt;
use std::sync::Arc;

/// Is told the lines of `accessLog` nodes, beside the output that each of them has: whole lines of JSON, as many as are written at
/// once, on the thread that writes them. It must not wait, as the output waits for it; requests never do.
#[derive(Clone)]
pub struct LineTap(Arc<Take>);

type Take = dyn Fn(&[u8]) + Send + Sync;

impl LineTap {
    /// One that hands the lines to this.
    pub fn new(take: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(super) fn tell(&self, lines: &[u8]) {
        (self.0)(lines);
    }
}

impl fmt::Debug for LineTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineTap").finish_non_exhaustive()
    }
}
