//! The bell of a place that was made before its actor.

use std::sync::OnceLock;

use hedgerow_gate::Bell;
use hedgerow_supervisor::Doorbell;

/// Rings nobody until it is connected to a doorbell.
#[derive(Default)]
pub(crate) struct LateBell(OnceLock<Doorbell>);

impl LateBell {
    /// Connects it. The first doorbell stays: a place has one actor, over all its incarnations.
    pub(crate) fn connect(&self, doorbell: Doorbell) {
        self.0.get_or_init(|| doorbell);
    }
}

impl Bell for LateBell {
    fn ring(&self) {
        if let Some(doorbell) = self.0.get() {
            doorbell.ring();
        }
    }
}
