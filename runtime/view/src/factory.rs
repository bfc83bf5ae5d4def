//! A factory, as `GET /api/factories` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path};

/// One factory: what is there, what it has made, and what it promises beside what was measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FactoryView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives.
    pub path: Path,
    /// `global`: one thing for all; `edge`: one for each key.
    pub scope: &'static str,
    /// Why the mesh waits for it: it is required, and was not made yet. Otherwise `null`.
    #[schema(required)]
    pub unmade: Option<String>,
    /// Why the latest attempt has failed; `null` where it has not.
    #[schema(required)]
    pub problem: Option<String>,
    /// Things that are there.
    pub there: u64,
    /// Things that are being made.
    pub making: u64,
    /// Things that are not made for a while, as that has failed.
    pub resting: u64,
    /// How many keys there may be; `null` where it makes one for all.
    #[schema(required)]
    pub max_keys: Option<u32>,
    /// Leases that were given.
    pub leased: u64,
    /// Leases that were refused.
    pub refused: u64,
    /// Leases that had to be waited for, in vain or not.
    pub waited: u64,
    /// Attempts that were begun.
    pub attempts: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Attempts that succeeded.
    pub made: u64,
    /// Things that a holder has called broken.
    pub invalidated: u64,
    /// Things that a holder wanted reset.
    pub reset: u64,
    /// Things whose life was over.
    pub expired: u64,
    /// Things that nobody had used for long enough.
    pub unused: u64,
    /// Things that are not closed: those that are there, and those that are on their way out.
    pub open: u64,
    /// What it promises, and what was measured of that.
    pub slo: FactorySloView,
}

/// What a factory promises, and what was measured of that.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FactorySloView {
    /// How long a first attempt may take.
    pub cold_start_ms: u64,
    /// The share of first attempts that are to succeed within that time.
    pub first_time_success: f64,
    /// The time that it is measured over.
    pub window_ms: u64,
    /// First attempts that ended in the window.
    pub attempts: u64,
    /// The share of them that succeeded within that time; `null` where there was none.
    #[schema(required)]
    pub observed: Option<f64>,
    /// How long the longest of them took that succeeded; `null` where none did.
    #[schema(required)]
    pub slowest_ms: Option<u64>,
    /// Whether the promise is broken.
    pub breached: bool,
}

impl FactoryView {
    /// Why it keeps the mesh from being ready, if it does.
    pub fn awaited(&self) -> Option<String> {
        self.unmade.clone()
    }
}
