//! When a second attempt is made before the first has failed.

use std::time::Duration;

use crate::{Violation, check};

/// When another attempt is made while the first is still waited for (`hedge`): of requests that may be sent again, at another
/// endpoint, out of the budget of the retries. The first good answer counts, and the other attempts are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HedgePolicy {
    /// How long each attempt is waited for (`after`).
    pub after: HedgeAfter,
    /// How many further attempts there may be, 1 to [`MOST`](Self::MOST) (`max`). Default 1.
    pub max: u32,
}

impl HedgePolicy {
    /// The most further attempts that can be asked for.
    pub const MOST: u32 = 3;

    /// One further attempt after that.
    pub fn after(after: HedgeAfter) -> Self {
        Self { after, max: 1 }
    }

    /// Checks its times and its count.
    ///
    /// # Errors
    /// Every rule that is broken, each with its key within the `hedge` of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::hedge(self)
    }
}

/// How long an attempt is waited for before the next one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HedgeAfter {
    /// So long (`50ms`).
    Time(Duration),
    /// As long as this percentage of the answers took of late, 50 to 99 (`p95`). No hedge is made before enough of them have
    /// come.
    Percentile(u8),
}
