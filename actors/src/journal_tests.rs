//! Events across lives, on a disk that is a directory.

#![allow(clippy::unwrap_used)]

use std::path::Path as Directory;

use hedgerow_supervisor::{Arbiters, Clock, Ground};

use super::*;
// The disk is real and so is its time; that of the events stands, so that none waits too long for it.
use crate::paused::{run, until};

/// One life of a process: it resumes, emits, and ends in order or not.
struct Life {
    store: Store,
    events: Events,
}

impl Life {
    async fn begin(directory: &Directory) -> Self {
        Self::on(Store::open(directory)).await
    }

    async fn on(store: Store) -> Self {
        let events = Ground::new(Arbiters::current_thread()).events;
        resume(&store, &events, Clock::start().wall(), &Path::root("mesh")).await;
        Self { store, events }
    }

    fn emit(&self, cause: &str, persistence: Persistence) {
        let id = Identity::keyed("breaker", "payments", "endpoint", "127.0.0.1:9001");
        let path = Path::root("mesh").child("a/b");
        self.events
            .emit("breakerTransition", &path, Some(&id), cause, persistence);
    }

    /// As JSON, as the API shows them.
    fn told(&self) -> Vec<serde_json::Value> {
        let events = self.events.since(0);
        events
            .iter()
            .map(|event| serde_json::to_value(&**event).unwrap())
            .collect()
    }

    async fn until_told(&self, count: usize) -> Vec<serde_json::Value> {
        until(|| self.events.since(0).len() >= count).await;
        self.told()
    }
}

#[test]
fn after_an_end_in_order_every_event_is_there_as_it_was_told_and_the_numbers_go_on() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let life = Life::begin(home.path()).await;
        life.emit("tripped: \u{e9}", Persistence::Durable);
        life.emit("volatile", Persistence::Volatile);
        let told = life.until_told(2).await;
        assert_eq!(
            (&told[0]["persisted"], &told[1]["persisted"]),
            (&true.into(), &false.into())
        );
        life.events.end();
        life.store.close();

        let life = Life::begin(home.path()).await;
        assert_eq!(life.told(), told);
        life.emit("after", Persistence::Durable);
        assert_eq!(life.until_told(3).await[2]["seq"], 3);
        life.store.close();
    });
}

#[test]
fn after_a_crash_what_was_told_as_persisted_is_there_and_an_event_marks_the_gap() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let life = Life::begin(home.path()).await;
        // One by one: of several, those behind the first may be told without the journal, by the time of its thread.
        for n in 1..=20 {
            life.emit(&n.to_string(), Persistence::Durable);
            life.until_told(n).await;
        }
        let told = life.told();
        assert!(told.iter().all(|event| event["persisted"] == true));
        // It never says that this is the end.
        life.store.close();

        let life = Life::begin(home.path()).await;
        let now = life.until_told(21).await;
        assert_eq!(now[..20], told);
        let gap = &now[20];
        assert_eq!(
            (&gap["kind"], &gap["persisted"]),
            (&GAP.into(), &true.into()),
            "{gap}"
        );
        assert!(gap["seq"].as_u64().unwrap() > 1_000, "{gap}");
        let cause = gap["cause"].as_str().unwrap();
        assert!(cause.contains("events 21 to 1001 may have happened"), "{cause}");
        life.store.close();
    });
}

#[test]
fn a_store_that_cannot_be_read_is_said_so_and_no_number_of_its_journal_is_used_again() {
    run(async {
        let home = tempfile::tempdir().unwrap();
        let first = Life::begin(home.path()).await;
        first.emit("of the first", Persistence::Durable);
        first.until_told(1).await;
        let second = Life::begin(home.path()).await;
        let gap = second.until_told(1).await.remove(0);
        assert!(
            gap["cause"].as_str().unwrap().contains("in use by another store"),
            "{gap}"
        );
        assert_eq!(gap["persisted"], false);
        assert!(gap["seq"].as_u64().unwrap() > 1_700_000_000_000, "{gap}");
        second.store.close();
        first.store.close();
    });
}

#[test]
fn an_event_of_any_shape_comes_back_as_it_was_and_a_long_cause_is_cut() {
    let event = |id, cause: String| Event {
        seq: 7,
        at: (UNIX_EPOCH + Duration::from_millis(1_500)).into(),
        kind: "test",
        id,
        path: Path::root("mesh").child("x y/%"),
        cause,
        persisted: true,
    };
    let json = |event: &Event| serde_json::to_value(event).unwrap();
    for id in [None, Some(Identity::new("upstream", "a/b"))] {
        let event = event(id, "because".to_owned());
        assert_eq!(json(&decode(7, &encode(&event)).unwrap()), json(&event));
    }
    let long = event(None, "\u{20ac}".repeat(MAX_CAUSE));
    let cut = decode(7, &encode(&long)).unwrap().cause;
    assert!(
        cut.len() > MAX_CAUSE - 3 && cut.len() <= MAX_CAUSE,
        "{}",
        cut.len()
    );
    assert!(decode(7, b"{}").is_none());
}
