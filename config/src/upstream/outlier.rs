//! Which endpoints are left out of the choice.

/// When endpoints are left out of the choice (`outlier`).
#[derive(Debug, Clone, PartialEq)]
pub struct Outlier {
    /// Where less than this share of all endpoints is left, calls go to those that are ejected or unhealthy as well
    /// (`panicBelow`): that nearly all are bad at once is more often wrong than right, and the few good ones would break under
    /// the load. An open breaker is never passed over. 0 is off. Default 0.5.
    pub panic_below: f64,
}

impl Default for Outlier {
    fn default() -> Self {
        Self { panic_below: 0.5 }
    }
}
