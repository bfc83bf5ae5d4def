//! What a breaker keeps across a crash.

use hedgerow_config::{BreakerPolicy, TripWhen, WindowLength};
use hedgerow_gate::{State, Sums};
use serde::{Deserialize, Serialize};

use super::restore::UNKNOWN_AUTHOR;
use super::{Machine, Transition};
use crate::fnv::fnv1a;

/// The version of the form in which records are written. Those of the versions before are read:
///
/// | version | brought |
/// |---|---|
/// | 1 | state, times, window, last move |
/// | 2 | `version`, forced states and their `author`, slow calls |
pub const RECORD_VERSION: u32 = 2;

fn first_version() -> u32 {
    1
}

/// The persisted state of one breaker. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of its form: [`RECORD_VERSION`]. A record without one is of the first.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Its state.
    #[serde(with = "state_name")]
    pub state: State,
    /// Since when.
    pub since: u64,
    /// When it turns half-open; present exactly while open.
    pub half_open_at: Option<u64>,
    /// Openings in a row.
    pub open_count: u32,
    /// Who ordered the state; present where it is forced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Box<str>>,
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
    /// Those of them that were slow.
    #[serde(default)]
    pub slow: u64,
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
    /// The operator who ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Box<str>>,
    /// When.
    pub at: u64,
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
            version: RECORD_VERSION,
            state: machine.state(),
            since: machine.since_unix_ms(),
            half_open_at: machine.half_open_at_unix_ms(),
            open_count: machine.open_count,
            author: machine.forced_by().map(Into::into),
            policy: policy_hash(machine.policy()),
            window: Held::from(machine.window().totals()),
            last_transition: machine.last_transition().cloned(),
        }
    }

    /// Who ordered the state.
    pub(super) fn author(&self) -> Box<str> {
        self.author.clone().unwrap_or_else(|| UNKNOWN_AUTHOR.into())
    }

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
    ///
    /// [`RecordError`] where the bytes are no record, or one that contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        // The version first: what else a later one says may not be readable.
        let Version { version: found } = serde_json::from_slice(bytes).map_err(RecordError::Malformed)?;
        if found > RECORD_VERSION {
            return Err(RecordError::Newer { found });
        }
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

/// What of a record can be read whatever its version.
#[derive(Deserialize)]
struct Version {
    #[serde(default = "first_version")]
    version: u32,
}

impl From<Sums> for Held {
    fn from(sums: Sums) -> Self {
        Self {
            calls: sums.calls(),
            failures: sums.failures,
            slow: sums.slow,
        }
    }
}

impl From<&Transition> for Summary {
    fn from(transition: &Transition) -> Self {
        Self {
            from: transition.from,
            to: transition.to,
            cause: transition.cause.to_string(),
            rule: transition.cause.rule(),
            limit: transition.cause.limit(),
            observed: transition.cause.observed(),
            author: transition.author.clone(),
            at: transition.at_unix_ms,
        }
    }
}

/// A number that is the same for the same rules, across processes, machines and versions: FNV-1a over the rules'
/// numbers, 64 bits.
pub fn policy_hash(policy: &BreakerPolicy) -> u64 {
    // Destructured, so that a new rule cannot be forgotten here.
    let BreakerPolicy {
        window,
        trip_when,
        failure_rate,
        slow_call,
        consecutive_failures,
        consecutive_timeouts,
        min_calls,
        open_for,
        half_open,
    } = policy;
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    // A rule that is off is told apart from one of any value by the word in front.
    let count = |rule: &Option<u32>| [u64::from(rule.is_some()), u64::from(rule.unwrap_or(0))];
    let window = match window {
        WindowLength::Time(time) => [0, nanos(*time)],
        WindowLength::Calls(calls) => [1, u64::from(*calls)],
    };
    let slow = slow_call.map_or([0; 3], |slow| [1, nanos(slow.over), slow.rate.to_bits()]);
    let rest = [
        u64::from(*trip_when == TripWhen::All),
        u64::from(failure_rate.is_some()),
        failure_rate.unwrap_or(0.0).to_bits(),
        u64::from(*min_calls),
        nanos(open_for.initial),
        nanos(open_for.max),
        open_for.jitter.to_bits(),
        u64::from(half_open.permits),
        nanos(half_open.every),
        nanos(half_open.timeout),
        u64::from(half_open.successes),
        nanos(half_open.max_stay),
    ];
    let runs = [count(consecutive_failures), count(consecutive_timeouts)];
    let numbers: Vec<u64> = [&window[..], &slow, runs.as_flattened(), &rest].concat();
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
            .ok_or_else(|| {
                de::Error::unknown_variant(
                    &name,
                    &[
                        "closed",
                        "open",
                        "halfOpen",
                        "forcedOpen",
                        "disabled",
                        "metricsOnly",
                    ],
                )
            })
    }
}
