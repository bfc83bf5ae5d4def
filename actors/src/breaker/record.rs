//! What a breaker keeps across a crash.

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{State, Sums};
use serde::{Deserialize, Serialize};

use super::fnv::fnv1a;
use super::{Machine, Transition};

/// The persisted state of one breaker. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its state.
    #[serde(with = "state_name")]
    pub state: State,
    /// Since when.
    pub since: u64,
    /// When it turns half-open; present exactly while open.
    pub half_open_at: Option<u64>,
    /// Openings in a row without having been closed.
    pub open_count: u32,
    /// Which rules it went by: [`policy_hash`].
    pub policy: u64,
    /// What the window held.
    pub window: Held,
    /// The last move, if there was one.
    pub last_transition: Option<Summary>,
}

/// What a window held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Calls that ended in it.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
}

/// A move, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The state it left.
    #[serde(with = "state_name")]
    pub from: State,
    /// The state it went to.
    #[serde(with = "state_name")]
    pub to: State,
    /// Rule, limit and observed value, in words.
    pub cause: String,
    /// The rule alone.
    pub rule: String,
    /// Its limit.
    pub limit: String,
    /// What was observed.
    pub observed: String,
    /// When.
    pub at: u64,
}

/// Bytes that are no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not the JSON of a record: damaged, or of another version.
    #[error("the bytes are not a breaker record; set it aside and start afresh")]
    Malformed(#[source] serde_json::Error),
    /// An end of the open time and the state open come together or not at all.
    #[error(
        "the record says {state} and halfOpenAt {half_open_at:?}, which contradict; set it aside and start afresh"
    )]
    Contradiction {
        /// The state it says.
        state: State,
        /// The end of the open time that it says.
        half_open_at: Option<u64>,
    },
}

impl Record {
    pub(super) fn of(machine: &Machine) -> Self {
        Self {
            state: machine.state(),
            since: machine.since_unix_ms(),
            half_open_at: machine.half_open_at_unix_ms(),
            open_count: machine.open_count,
            policy: policy_hash(machine.policy()),
            window: Held::from(machine.window().totals()),
            last_transition: machine.last_transition().cloned(),
        }
    }

    /// As JSON. Version and checksum are the store's.
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
    ///
    /// [`RecordError`] where the bytes are no record, or one that contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let record: Self = serde_json::from_slice(bytes).map_err(RecordError::Malformed)?;
        if (record.state == State::Open) != record.half_open_at.is_some() {
            return Err(RecordError::Contradiction {
                state: record.state,
                half_open_at: record.half_open_at,
            });
        }
        Ok(record)
    }
}

impl From<Sums> for Held {
    fn from(sums: Sums) -> Self {
        Self {
            calls: sums.calls(),
            failures: sums.failures,
        }
    }
}

impl From<&Transition> for Summary {
    fn from(transition: &Transition) -> Self {
        Self {
            from: transition.from,
            to: transition.to,
            cause: transition.cause.to_string(),
            rule: transition.cause.rule().to_owned(),
            limit: transition.cause.limit(),
            observed: transition.cause.observed(),
            at: transition.at_unix_ms,
        }
    }
}

/// A number that is the same for the same rules, across processes, machines and versions: FNV-1a over the rules'
/// numbers, 64 bits, in the order in which the policy declares them.
pub fn policy_hash(policy: &BreakerPolicy) -> u64 {
    // Destructured, so that a new rule cannot be forgotten here.
    let BreakerPolicy {
        window,
        failure_rate,
        consecutive_failures,
        min_calls,
        open_for,
        half_open,
    } = policy;
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    // A rule that is off is told apart from one of any value by the word in front.
    let numbers = [
        nanos(*window),
        u64::from(failure_rate.is_some()),
        failure_rate.unwrap_or(0.0).to_bits(),
        u64::from(consecutive_failures.is_some()),
        u64::from(consecutive_failures.unwrap_or(0)),
        u64::from(*min_calls),
        nanos(open_for.initial),
        nanos(open_for.max),
        open_for.jitter.to_bits(),
        u64::from(half_open.permits),
        u64::from(half_open.successes),
    ];
    fnv1a(numbers.iter().flat_map(|number| number.to_le_bytes()))
}

/// A state by its name.
mod state_name {
    use hedgerow_gate::State;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(state.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<State, D::Error> {
        let name = String::deserialize(deserializer)?;
        State::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| de::Error::unknown_variant(&name, &["closed", "open", "halfOpen"]))
    }
}
