//! Whether a listener that is stopped will be started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Word that listeners which are stopped from now on will not be started again. Cheap to clone; all clones are one.
///
/// A listener that may be started again leaves its socket open, so that clients who connect meanwhile are served then. After
/// this word it closes the socket, so that nobody waits in vain.
#[derive(Debug, Clone, Default)]
pub struct Closing(Arc<AtomicBool>);

impl Closing {
    /// Gives the word, which is not taken back.
    pub fn announce(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was given.
    pub(super) fn is_announced(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Two are equal where they are one.
impl PartialEq for Closing {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Closing {}
