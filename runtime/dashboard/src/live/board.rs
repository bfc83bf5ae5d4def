//! One look a second for all viewers together.
//!
//! There is no task that looks: the first viewer whose turn has come takes the snapshot, and the others are given what it
//! found. So nothing is looked at while nobody looks, and a viewer that reads slowly holds nothing but the number of what it
//! has seen: it is given the changes since, or, too far behind, all of it again.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use hedgerow_view::Stamp;
use serde_json::json;
use tokio::time::Instant;

use super::past::Past;
use super::snapshot::Snapshot;

/// Time from one snapshot to the next while somebody looks.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// Changes that are kept for those who read slowly. Who is further behind is sent everything again.
const KEPT: usize = 8;

/// What all viewers are shown. Frames are shared: ten viewers cost little more than one.
#[derive(Debug, Default)]
pub(crate) struct Board {
    state: Mutex<State>,
    pub(super) past: Past,
}

#[derive(Debug, Default)]
struct State {
    latest: Option<Latest>,
    /// The changes that led to the latest snapshot, the newest last.
    changes: VecDeque<Bytes>,
}

#[derive(Debug)]
struct Latest {
    number: u64,
    taken: Instant,
    at: Stamp,
    snapshot: Snapshot,
    /// All of it as frames, once somebody wanted that.
    whole: Option<Bytes>,
}

/// What a viewer is sent next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The number of the snapshot that it has seen with this.
    pub(super) number: u64,
    /// The frames.
    pub(super) frames: Bytes,
}

impl Board {
    /// What a viewer is sent who has seen `number`; nothing where it has seen all there is. Takes a snapshot where one is due.
    pub(super) fn show(
        &self,
        number: Option<u64>,
        now: Instant,
        look: impl FnOnce() -> (Stamp, Snapshot),
    ) -> Option<Shown> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.due().is_none_or(|due| now >= due) {
            let (at, snapshot) = look();
            self.past.add(now, || snapshot.rates.clone());
            state.put(at, snapshot, now);
        }
        state.next(number)
    }

    /// When the next snapshot is due.
    pub(super) fn due(&self, now: Instant) -> Instant {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.due().unwrap_or(now)
    }
}

impl State {
    fn due(&self) -> Option<Instant> {
        self.latest.as_ref().map(|latest| latest.taken + EVERY)
    }

    fn put(&mut self, at: Stamp, snapshot: Snapshot, now: Instant) {
        let number = match &self.latest {
            Some(latest) => {
                let changes = snapshot.since(&latest.snapshot);
                self.changes.push_back(frames(changes, at));
                if self.changes.len() > KEPT {
                    self.changes.pop_front();
                }
                latest.number + 1
            }
            None => 0,
        };
        self.latest = Some(Latest {
            number,
            taken: now,
            at,
            snapshot,
            whole: None,
        });
    }

    fn next(&mut self, seen: Option<u64>) -> Option<Shown> {
        let latest = self.latest.as_mut()?;
        let behind = seen.map(|seen| latest.number - seen);
        let (number, frames) = match behind {
            Some(0) => return None,
            Some(behind) if behind <= self.changes.len() as u64 => {
                let at = self.changes.len() - behind as usize;
                (latest.number - behind + 1, self.changes[at].clone())
            }
            _ => {
                let whole = latest
                    .whole
                    .get_or_insert_with(|| frames(latest.snapshot.whole(), latest.at));
                (latest.number, whole.clone())
            }
        };
        Some(Shown { number, frames })
    }
}

/// One event a view, and one that says when it was looked at: it comes also where nothing has changed.
fn frames(views: impl Iterator<Item = (&'static str, String)>, at: Stamp) -> Bytes {
    let mut text = String::new();
    for (name, data) in views {
        write_frame(&mut text, name, &data);
    }
    write_frame(&mut text, "seen", &json!({ "at": at }));
    Bytes::from(text)
}

/// JSON has no line breaks of its own, so one `data:` line holds it.
pub(super) fn write_frame(into: &mut String, name: &str, data: &impl fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(into, "event: {name}\ndata: {data}\n\n");
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
