//! What the store keeps of a registration.

use std::time::Duration;

use hedgerow_store::{Key, KeyError};
use serde::{Deserialize, Serialize};

use super::book::Registration;
use super::machine::Who;

/// The kind of its records.
pub(super) const KIND: &str = "registration";

/// The version of the form below.
const FORM: u32 = 1;

/// Heartbeats are not in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    form: u32,
    addr: String,
    weight: u32,
    ttl_ms: u64,
    number: u64,
}

/// The key of a record.
///
/// # Errors
/// Where service and id together are too long to be one.
pub(super) fn key(who: Who<'_>) -> Result<Key, KeyError> {
    Key::new(KIND, who.service, [who.id])
}

pub(super) fn encode(registration: &Registration, number: u64) -> Vec<u8> {
    let kept = Kept {
        form: FORM,
        addr: registration.addr.to_string(),
        weight: registration.weight,
        ttl_ms: u64::try_from(registration.ttl.as_millis()).unwrap_or(u64::MAX),
        number,
    };
    serde_json::to_vec(&kept).expect("plain numbers and texts have a JSON form")
}

/// A registration and its number; `None` where it is no record of one.
pub(super) fn decode(bytes: &[u8]) -> Option<(Registration, u64)> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let registration = Registration {
        addr: kept.addr.parse().ok()?,
        weight: kept.weight,
        ttl: Duration::from_millis(kept.ttl_ms),
    };
    (kept.form == FORM).then_some((registration, kept.number))
}
