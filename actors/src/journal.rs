//! The journal of the event stream: the last events, kept in the store, for the next life of the process.
//!
//! What is promised: an event that is told as persisted is there after `kill -9`, and after a power cut as far as the
//! disk keeps its word, unless a thousand later ones took its place ([`Limits`]). An event that is told as not
//! persisted is kept too as soon as the disk has taken it, which is soon but not before it was told; a crash may take the
//! last of these, and an event of its own ([`GAP`]) then says which numbers may be missing. While the disk fails, events
//! are told as not persisted, and the newest are brought to the disk when it works again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hedgerow_store::{Ended, Journal, Limits, Past, Saved, Store};
use hedgerow_supervisor::{Events, Persistence};
use hedgerow_view::{Event, Identity, Path};
use serde::{Deserialize, Serialize};

use crate::unix::unix_ms;

/// The kind of the event that says which events of the life before may be missing.
pub const GAP: &str = "journalGap";

/// The name of the stream in the store.
const STREAM: &str = "events";

/// A cause is cut to this many bytes in the journal, so that a thousand events fit in its limits.
const MAX_CAUSE: usize = 4_096;

/// Kinds of events and identities that are remembered from a journal. There are some thirty; a journal with more than
/// this was not written by this program.
const MAX_KINDS: usize = 256;

/// An event as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Milliseconds since the Unix epoch.
    at: u64,
    kind: String,
    /// Kind and escaped id.
    id: Option<(String, String)>,
    path: String,
    cause: String,
    persisted: bool,
}

struct EventJournal(Journal);

impl hedgerow_supervisor::Journal for EventJournal {
    fn append(&self, event: &Event, kept: Box<dyn FnOnce(bool) + Send>) -> bool {
        let answered = move |answer| kept(answer == Ok(Saved::Durable));
        self.0.append(event.seq, &encode(event), answered).is_ok()
    }

    fn end(&self, last: u64) {
        self.0.end(last);
    }
}

/// Has `events` go on where the journal in `store` ends, and keep there what it tells from now on. The place at `path`
/// tells if events of the life before may be missing. Call it before the first event is emitted.
pub async fn resume(store: &Store, events: &Events, now: SystemTime, path: &Path) {
    let unread = unix_ms(now);
    let opened = Journal::open(store, STREAM, Limits::default(), unread).await;
    let (journal, past) = opened.expect("the name of the stream makes a key");
    let mut unusable = past.unusable.len();
    let mut kept = Vec::with_capacity(past.entries.len());
    for (seq, payload) in &past.entries {
        match decode(*seq, payload) {
            Some(event) => kept.push(event),
            None => unusable += 1,
        }
    }
    let newest = kept.last().map_or(0, |event| event.seq);
    events.resume(Arc::new(EventJournal(journal)), kept, past.next);
    for cause in gaps(&past, newest, unusable) {
        events.emit(GAP, path, None, cause, Persistence::Durable);
    }
}

/// What may be missing, in words.
fn gaps(past: &Past, newest: u64, unusable: usize) -> Vec<String> {
    let mut causes = Vec::new();
    match &past.ended {
        Ended::Never | Ended::InOrder => {}
        Ended::Crashed { last } => causes.push(format!(
            "the process before ended without closing: events {} to {last} may have happened and are not in the \
             journal, none of them told as persisted; the numbers go on at {}",
            newest + 1,
            past.next
        )),
        Ended::Unread(error) => causes.push(format!(
            "the journal of the life before could not be read: {error}; the numbers go on at {}, and its events are \
             shown after a start with a store that can be read",
            past.next
        )),
    }
    if unusable > 0 {
        causes.push(format!(
            "{unusable} events of the journal are damaged and left out"
        ));
    }
    causes
}

fn encode(event: &Event) -> Vec<u8> {
    let kept = Kept {
        at: unix_ms(event.at.into()),
        kind: event.kind.to_owned(),
        id: event.id.as_ref().map(|id| (id.kind().to_owned(), id.to_string())),
        path: event.path.to_string(),
        cause: cut(&event.cause).to_owned(),
        persisted: event.persisted,
    };
    serde_json::to_vec(&kept).expect("plain numbers and texts have a JSON form")
}

fn cut(cause: &str) -> &str {
    let mut ends = (0..=MAX_CAUSE.min(cause.len())).rev();
    let end = ends.find(|end| cause.is_char_boundary(*end));
    &cause[..end.unwrap_or(0)]
}

fn decode(seq: u64, payload: &[u8]) -> Option<Event> {
    let kept: Kept = serde_json::from_slice(payload).ok()?;
    let id = match kept.id {
        Some((kind, id)) => Some(Identity::parse(name_of(kind)?, &id)?),
        None => None,
    };
    Some(Event {
        seq,
        at: UNIX_EPOCH.checked_add(Duration::from_millis(kept.at))?.into(),
        kind: name_of(kept.kind)?,
        id,
        path: Path::parse(&kept.path)?,
        cause: kept.cause,
        persisted: kept.persisted,
    })
}

/// The same text for as long as the process lives: kinds are names in the program, and only come back from a journal.
fn name_of(kind: String) -> Option<&'static str> {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = names.get(kind.as_str()) {
        return Some(name);
    }
    if names.len() >= MAX_KINDS {
        return None;
    }
    let name: &'static str = kind.leak();
    names.insert(name);
    Some(name)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
