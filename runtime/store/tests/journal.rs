//! The journal: order, numbers, limits, and what a crash leaves of it.

#![allow(clippy::unwrap_used)]

mod support;

use std::num::NonZeroU32;
use std::sync::mpsc::sync_channel;

use hedgerow_store::{Ended, Journal, Limits, Past, RESERVED, Saved, Store};
use support::Control;

const UNREAD: u64 = 1_800_000_000_000;

fn limits(entries: u32, bytes: usize) -> Limits {
    Limits {
        entries: NonZeroU32::new(entries).unwrap(),
        bytes,
    }
}

fn open(store: &Store, limits: Limits) -> (Journal, Past) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime
        .block_on(Journal::open(store, "events", limits, UNREAD))
        .unwrap()
}

/// Appends, and returns when the entry is on the disk.
fn append(journal: &Journal, seq: u64) {
    let (tell, told) = sync_channel(1);
    journal
        .append(seq, format!("entry {seq}").as_bytes(), move |answer| {
            tell.send(answer).unwrap();
        })
        .unwrap();
    assert_eq!(told.recv().unwrap(), Ok(Saved::Durable));
}

fn numbers(past: &Past) -> Vec<u64> {
    for (seq, payload) in &past.entries {
        assert_eq!(payload, format!("entry {seq}").as_bytes());
    }
    assert_eq!(past.unusable, []);
    past.entries.iter().map(|(seq, _)| *seq).collect()
}

#[test]
fn what_was_appended_is_read_back_in_order_and_the_numbers_go_on() {
    let home = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for life in 0..3 {
        let store = Store::open(home.path());
        let (journal, past) = open(&store, Limits::default());
        let ended = if life == 0 { Ended::Never } else { Ended::InOrder };
        assert_eq!(
            (numbers(&past), past.next, &past.ended),
            (expected.clone(), 1 + 12 * life, &ended)
        );
        for seq in past.next..past.next + 12 {
            append(&journal, seq);
            expected.push(seq);
        }
        journal.end(past.next + 11);
        store.close();
    }
}

#[test]
fn only_the_last_entries_are_kept_and_the_oldest_make_room() {
    let control = Control::default();
    let store = control.store();
    let (journal, _) = open(&store, limits(10, 1 << 20));
    for seq in 1..=37 {
        append(&journal, seq);
    }
    journal.end(37);
    let (_, past) = open(&store, limits(10, 1 << 20));
    assert_eq!((numbers(&past), past.next), ((28..=37).collect(), 38));
}

#[test]
fn no_more_bytes_are_kept_than_allowed_and_the_newest_entry_always_is() {
    let control = Control::default();
    let store = control.store();
    let (journal, _) = open(&store, limits(100, 45));
    for seq in 10..=40 {
        append(&journal, seq);
    }
    journal.append(41, &[b'x'; 200], |_| {}).unwrap();
    let (_, past) = open(&store, limits(100, 45));
    assert_eq!(
        past.entries.len(),
        1,
        "the newest is larger than all that is allowed"
    );
    for seq in 42..=60 {
        append(&journal, seq);
    }
    let (_, past) = open(&store, limits(100, 45));
    assert_eq!(
        numbers(&past),
        (56..=60).collect::<Vec<_>>(),
        "five of eight bytes"
    );
}

#[test]
fn after_a_crash_no_number_is_used_again_and_how_many_may_be_missing_is_known() {
    let control = Control::default();
    let store = control.store();
    let (journal, past) = open(&store, Limits::default());
    assert_eq!(past.next, 1);
    for seq in 1..=5 {
        append(&journal, seq);
    }
    store.close();
    let store = control.store();
    let (journal, past) = open(&store, Limits::default());
    let last = 1 + RESERVED;
    assert_eq!(
        (numbers(&past), &past.ended),
        (vec![1, 2, 3, 4, 5], &Ended::Crashed { last })
    );
    assert_eq!(past.next, last + 1);
    append(&journal, past.next);
    let (_, past) = open(&store, Limits::default());
    assert_eq!(
        numbers(&past),
        [1, 2, 3, 4, 5, last + 1],
        "numbers that are left out cost no entry its place"
    );
}

#[test]
fn numbers_that_are_used_up_are_set_aside_before_anything_shows_them() {
    let control = Control::default();
    let store = control.store();
    let (journal, past) = open(&store, Limits::default());
    for seq in (past.next..past.next + 5 * RESERVED).step_by(100) {
        append(&journal, seq);
        let Ended::Crashed { last } = peek(&control) else {
            panic!("it was not ended")
        };
        assert!(last >= seq, "{seq} is used, and only {last} was set aside");
    }
}

/// How a life that began now would see the one before, without beginning one.
fn peek(control: &Control) -> Ended {
    let copy = control.copy();
    let store = copy.store();
    let (_, past) = open(&store, Limits::default());
    store.close();
    past.ended
}

#[test]
fn a_journal_that_cannot_be_read_begins_with_a_number_that_was_never_used() {
    let control = Control::default();
    let store = control.store();
    let (journal, _) = open(&store, Limits::default());
    append(&journal, 1);
    control.break_down();
    assert!(store.save(&support::key("a"), "").wait().is_err());
    let (journal, past) = open(&store, Limits::default());
    assert!(matches!(past.ended, Ended::Unread(_)), "{past:?}");
    assert_eq!((numbers(&past), past.next), (vec![], UNREAD));
    let (tell, told) = sync_channel(1);
    let tell = move |answer: Result<Saved, _>| tell.send(answer.is_ok()).unwrap();
    journal
        .append(UNREAD, format!("entry {UNREAD}").as_bytes(), tell)
        .unwrap();
    assert!(!told.recv().unwrap(), "nobody may be told that it is on the disk");
    control.mend();
    support::until_well(&store);
    let (_, past) = open(&store, Limits::default());
    assert_eq!(
        numbers(&past),
        [1, UNREAD],
        "what was held is in the journal, in its place"
    );
}

#[test]
fn appending_never_waits_for_the_disk() {
    let control = Control::default();
    let store = control.store();
    let (journal, _) = open(&store, limits(10, 1 << 20));
    let hold = control.hold_next_flush();
    let first = store.save(&support::key("first"), "");
    hold.arrived();
    // This thread alone can release the disk.
    for seq in 1..=10_000 {
        journal
            .append(seq, format!("entry {seq}").as_bytes(), |_| {})
            .unwrap();
    }
    hold.release();
    assert_eq!(first.wait(), Ok(Saved::Durable));
    let (_, past) = open(&store, limits(10, 1 << 20));
    assert_eq!(numbers(&past), (9_991..=10_000).collect::<Vec<_>>());
}
