//! What is kept of the endpoints of an upstream, and what of it holds after a while.

use std::time::Duration;

use hedgerow_config::{EndpointAddr, OutlierPolicy};
use serde::{Deserialize, Serialize};

use crate::balance::Known;
use crate::fnv::fnv1a;

/// The version of the form in which records are written.
pub const RECORD_VERSION: u32 = 1;

/// A record that is older says nothing any more.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(600);

/// So many endpoints are kept at most: those that are ejected, then those that fail most.
pub(super) const MOST: usize = 256;

/// An endpoint with a smaller share of failures is well. A single failure is above it for 27 s.
pub(super) const LEAST_FAILING: f64 = 0.01;

/// What is known of the endpoints of one upstream. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of its form: [`RECORD_VERSION`].
    pub version: u32,
    /// As of when.
    pub at: u64,
    /// Which rules endpoints were ejected by: `policy_hash`.
    pub policy: u64,
    /// The average time of an answer of those that are well, in nanoseconds; 0 where there is none.
    pub usual_ns: f64,
    /// Those that are not well.
    pub endpoints: Vec<Unwell>,
}

/// An endpoint that fails, is ejected, or was of late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unwell {
    /// Who it is.
    pub addr: String,
    /// The average time of its answers, in nanoseconds; 0 where there was none.
    pub average_ns: f64,
    /// The share of its failures, 0 to 1.
    pub failing: f64,
    /// When its ejection ends, where it is ejected.
    pub ejected_until: Option<u64>,
    /// How many times `ejectFor` its last ejection was, less one for each quiet interval since.
    pub times: u32,
}

/// Bytes that are no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Written by a later version of Hedgerow.
    #[error(
        "the record is of version {found}, and {RECORD_VERSION} is the latest that is known; it is left out"
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// Not the JSON of a record: damaged.
    #[error(
        "the bytes are no record of a reputation; it is left out, and written anew with the next failure"
    )]
    Malformed(#[source] serde_json::Error),
}

/// What of a record can be read whatever its version.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What of an endpoint's past holds now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Past {
    pub(super) known: Known,
    /// How long its ejection still lasts, where it does.
    pub(super) ejected_for: Option<Duration>,
    pub(super) times: u32,
}

impl Record {
    /// As JSON. The checksum is the store's.
    ///
    /// # Panics
    ///
    /// Never: a record has no map with foreign keys and no writer that can fail.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record of plain numbers and texts has a JSON form")
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`RecordError`] where the bytes are no record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        // The version first: what else a later one says may not be readable.
        let Version { version: found } = serde_json::from_slice(bytes).map_err(RecordError::Malformed)?;
        if found > RECORD_VERSION {
            return Err(RecordError::Newer { found });
        }
        serde_json::from_slice(bytes).map_err(RecordError::Malformed)
    }

    /// How old it is. One from the future is of now: the clock was set back, and its times are clamped.
    fn age(&self, unix_ms: u64) -> Duration {
        Duration::from_millis(unix_ms.saturating_sub(self.at))
    }

    /// What of it holds now, for each endpoint by its address; nothing where it is too old. An ejection lasts no longer than
    /// it may by `policy`, and is none where that is another one.
    pub(crate) fn pasts(&self, policy: &OutlierPolicy, unix_ms: u64) -> Vec<(EndpointAddr, Past)> {
        if self.age(unix_ms) > KEPT_FOR {
            return Vec::new();
        }
        let past = |unwell: &Unwell| Some((unwell.addr.parse().ok()?, self.past(unwell, policy, unix_ms)));
        self.endpoints.iter().take(MOST).filter_map(past).collect()
    }

    fn past(&self, unwell: &Unwell, policy: &OutlierPolicy, unix_ms: u64) -> Past {
        let age = self.age(unix_ms);
        let known = Known {
            nanos: plausible(unwell.average_ns),
            failing: plausible(unwell.failing).min(1.0),
        };
        if self.policy != policy_hash(policy) {
            return Past {
                known: known.after(age),
                ejected_for: None,
                times: 0,
            };
        }
        let left = |until: u64| {
            // Not longer than it was to last when it was written, whatever the clock did since.
            let most = Duration::from_millis(until.saturating_sub(self.at)).min(policy.max_eject_for);
            Duration::from_millis(until.saturating_sub(unix_ms)).min(most)
        };
        let ejected_for = unwell.ejected_until.map(left).filter(|left| !left.is_zero());
        let quiet = match (ejected_for, unwell.ejected_until) {
            (Some(_), _) => Duration::ZERO,
            (None, Some(until)) => Duration::from_millis(unix_ms.saturating_sub(until)).min(age),
            (None, None) => age,
        };
        let intervals = quiet.as_nanos() / policy.every.as_nanos().max(1);
        Past {
            known: known.after(age),
            ejected_for,
            times: unwell
                .times
                .min(most_times(policy))
                .saturating_sub(u32::try_from(intervals).unwrap_or(u32::MAX)),
        }
    }

    /// How fast those answer that were well; `None` where that is not known, or too old. It does not fade: it is a guess for
    /// those of whom nothing is known, so that they are not taken for slow beside one that fails.
    pub(crate) fn usual(&self, unix_ms: u64) -> Option<Known> {
        let known = Known {
            nanos: plausible(self.usual_ns),
            failing: 0.0,
        };
        (self.age(unix_ms) <= KEPT_FOR && known.nanos > 0.0).then_some(known)
    }
}

/// The most that the machine counts: no more than it takes to reach the longest ejection.
fn most_times(policy: &OutlierPolicy) -> u32 {
    let most = policy
        .max_eject_for
        .as_nanos()
        .div_ceil(policy.eject_for.as_nanos().max(1));
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// What a damaged or foreign record says is no reason to calculate with infinities.
fn plausible(number: f64) -> f64 {
    /// A day, in nanoseconds.
    const MOST: f64 = 86_400e9;
    if number.is_finite() {
        number.clamp(0.0, MOST)
    } else {
        0.0
    }
}

/// A number that is the same for the same rules on ejections, across processes, machines and versions: FNV-1a over the form
/// in which they are told, 64 bits.
pub(crate) fn policy_hash(policy: &OutlierPolicy) -> u64 {
    // Destructured, so that a new rule cannot be forgotten here.
    let OutlierPolicy {
        consecutive,
        success_rate,
        failure_percentage,
        latency,
        every,
        eject_for,
        max_eject_for,
        jitter,
        max_eject,
        always_eject_one,
        panic_below,
    } = policy;
    let rules = format!("{consecutive:?} {success_rate:?} {failure_percentage:?} {latency:?}");
    let times = format!("{every:?} {eject_for:?} {max_eject_for:?} {jitter}");
    let bounds = format!("{max_eject} {always_eject_one} {panic_below}");
    fnv1a(format!("{rules} {times} {bounds}").bytes())
}
