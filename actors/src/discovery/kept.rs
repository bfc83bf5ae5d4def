//! What the store keeps of the last answer, for a start at which nobody answers.

use std::time::Duration;

use hedgerow_store::{Key, KeyError};
use serde::{Deserialize, Serialize};

use super::member::{Member, Members};
use crate::upstream::Share;

/// The kind of its records.
pub(super) const KIND: &str = "discovery";

/// The version of the form below.
const FORM: u32 = 1;

/// A record that is older says nothing any more, as its addresses may be others' by then: a day. A shorter `maxStale` counts in
/// its place.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// A record is made anew in each such part of the time that it is kept for, though nothing has changed.
const PARTS: u32 = 24;

/// No sooner than this.
const LEAST_PAUSE: Duration = Duration::from_secs(10);

/// The last good answer. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    form: u32,
    /// What was asked.
    pub(super) asked: String,
    /// When it was answered.
    pub(super) at: u64,
    /// Address, weight and priority of each.
    members: Vec<(String, u32, u16)>,
}

/// The key of an upstream's record.
///
/// # Errors
/// Where its name is empty or too long to be one.
pub(super) fn key(upstream: &str) -> Result<Key, KeyError> {
    Key::new(KIND, upstream, [""; 0])
}

/// How long a record counts, where config bounds how long an answer does.
pub(super) fn kept_for(max_stale: Option<Duration>) -> Duration {
    max_stale.map_or(KEPT_FOR, |most| most.min(KEPT_FOR))
}

/// How old a record may be before it is made anew.
pub(super) fn renewed_after(max_stale: Option<Duration>) -> Duration {
    (kept_for(max_stale) / PARTS).max(LEAST_PAUSE)
}

impl Kept {
    pub(super) fn new(asked: &str, at: u64, members: &Members) -> Self {
        let member = |member: &Member| {
            let Share { weight, priority } = member.share;
            (member.addr.as_str().to_owned(), weight, priority)
        };
        Self {
            form: FORM,
            asked: asked.to_owned(),
            at,
            members: members.iter().map(member).collect(),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain numbers and texts have a JSON form")
    }

    /// `None` where it is no record of an answer, or one of a later form.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let kept: Self = serde_json::from_slice(bytes).ok()?;
        (kept.form == FORM).then_some(kept)
    }

    /// Who was there and how old that is, where the same is asked now and it is not too old. One from the future is of now: the
    /// clock was set back.
    pub(super) fn usable(&self, asked: &str, now: u64, kept_for: Duration) -> Option<(Members, Duration)> {
        let age = Duration::from_millis(now.saturating_sub(self.at));
        if self.asked != asked || age > kept_for {
            return None;
        }
        let member = |(addr, weight, priority): &(String, u32, u16)| {
            let share = Share {
                weight: *weight,
                priority: *priority,
            };
            Some(Member {
                addr: addr.parse().ok()?,
                share,
            })
        };
        let members: Members = self.members.iter().filter_map(member).collect();
        (!members.is_empty()).then_some((members, age))
    }
}
