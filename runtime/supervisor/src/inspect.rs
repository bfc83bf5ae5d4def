//! What an actor shows of itself.

use hedgerow_view::{Path, View};

/// What an actor shows of itself beyond the tree's columns.
///
/// It belongs to the place, not to the incarnation: it reads what was published, sends no message and waits for
/// nobody, so that a blocked or dying actor can still be seen.
pub trait Inspect: Send + Sync {
    /// The view, for the actor that lives at `path`.
    fn view(&self, path: &Path) -> View;
}
