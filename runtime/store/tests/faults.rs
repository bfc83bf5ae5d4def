//! Disks that refuse and engines that panic, by a double.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::mpsc::sync_channel;

use hedgerow_store::{
    EngineError, LoadError, MAX_QUEUED, OpenError, Operation, Prefix, Problem, SaveError, Saved,
};
use support::{Control, Fault, key, until, until_well};

#[test]
fn s7_a_flush_that_fails_acknowledges_nothing_and_the_engine_is_opened_anew() {
    let control = Control::default();
    let store = control.store();
    control.fail_next(Operation::Flush, Fault::Error);
    let error = store.save(&key("a"), "1").wait().unwrap_err();
    assert!(
        matches!(
            &error,
            SaveError::Failed(Problem::Engine(EngineError::Io {
                operation: Operation::Flush,
                ..
            }))
        ),
        "{error}"
    );
    until_well(&store);
    assert_eq!(
        control.on_disk("a").as_deref(),
        Some("1"),
        "saved again by itself"
    );

    assert_eq!(store.save(&key("b"), "2").wait(), Ok(Saved::Durable));
    assert_eq!(
        (control.opens(), store.counters().saved, store.counters().failed),
        (2, 1, 1)
    );
}

#[test]
fn a_batch_that_fails_fails_every_save_of_its_group() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("first"), "");
    hold.arrived();
    control.fail_next(Operation::Apply, Fault::Error);
    let replies = [store.save(&key("a"), "1"), store.save(&key("b"), "2")];
    hold.release();
    assert_eq!(first.wait(), Ok(Saved::Durable));
    for reply in replies {
        assert!(matches!(reply.wait(), Err(SaveError::Failed(_))));
    }
    until_well(&store);
    assert_eq!(
        control.flushes(),
        2,
        "a failed batch is not flushed; what it held is, once"
    );
}

#[test]
fn a_load_that_loses_the_engine_fails_the_unflushed_saves_before_it() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("first"), "");
    hold.arrived();
    control.fail_next(Operation::Load, Fault::Error);
    let save = store.save(&key("a"), "1");
    let load = store.load(&key("a"));
    hold.release();
    assert_eq!(first.wait(), Ok(Saved::Durable));
    assert!(matches!(load.wait(), Err(LoadError::Failed(_))));
    assert!(matches!(save.wait(), Err(SaveError::Failed(_))));
    until_well(&store);
    assert_eq!(control.on_disk("a").as_deref(), Some("1"));
    assert_eq!(store.save(&key("a"), "2").wait(), Ok(Saved::Durable));
}

#[test]
fn an_engine_that_panics_costs_the_request_and_not_the_store() {
    let control = Control::default();
    let store = control.store();
    for operation in [Operation::Apply, Operation::Flush] {
        control.fail_next(operation, Fault::Panic);
        let error = store.save(&key("a"), "1").wait().unwrap_err();
        assert!(
            error.to_string().contains("the double panics as it was told"),
            "{error}"
        );
        until_well(&store);
    }
    control.fail_next(Operation::Scan, Fault::Panic);
    assert!(matches!(
        store.scan(&Prefix::kind("breaker")).wait(),
        Err(LoadError::Failed(_))
    ));
    until_well(&store);
    assert_eq!(store.save(&key("a"), "1").wait(), Ok(Saved::Durable));
}

#[test]
fn an_engine_that_cannot_be_opened_again_is_tried_until_it_can() {
    let control = Control::default();
    let store = control.store();
    control.refuse_opens(2);
    control.fail_next(Operation::Flush, Fault::Error);
    assert!(store.save(&key("a"), "1").wait().is_err());
    until_well(&store);
    assert_eq!(control.tries(), 4, "the start, two in vain, and one that worked");
    assert_eq!(control.on_disk("a").as_deref(), Some("1"));
}

#[test]
fn an_engine_that_cannot_be_opened_at_the_start_gets_what_was_held_when_it_can() {
    let control = Control::default();
    control.refuse_opens(1);
    let store = control.store();
    let health = store.health();
    assert_eq!((health.backend, health.durable), ("memory", false));
    assert!(
        matches!(health.problem, Some(Problem::Open(OpenError::Locked { .. }))),
        "{health:?}"
    );
    // Whether it is held first or saved at once depends on when the engine is tried again.
    let _ = store.save(&key("a"), "1").wait();
    assert_eq!(store.load(&key("a")).wait().unwrap().as_deref(), Some(&b"1"[..]));
    until_well(&store);
    assert_eq!(store.health().backend, "double");
    assert_eq!(control.on_disk("a").as_deref(), Some("1"));
}

#[test]
fn s4_a_full_disk_means_memory_and_the_newest_of_each_key_is_saved_when_there_is_space() {
    let control = Control::default();
    let store = control.store();
    for name in ["a", "gone", "untouched"] {
        assert_eq!(store.save(&key(name), "before").wait(), Ok(Saved::Durable));
    }
    control.break_down();
    for value in ["1", "2", "3"] {
        let held = store.save(&key("a"), value).wait();
        assert!(matches!(held, Err(SaveError::Failed(_))), "{held:?}");
    }
    assert!(store.delete(&key("gone")).wait().is_err());
    let health = store.health();
    assert!(
        !health.durable && health.held == 2 && health.problem.is_some(),
        "{health:?}"
    );
    assert_eq!(store.load(&key("a")).wait().unwrap().as_deref(), Some(&b"3"[..]));
    assert_eq!(store.load(&key("gone")).wait().unwrap(), None);
    assert!(
        matches!(store.load(&key("untouched")).wait(), Err(LoadError::Failed(_))),
        "what is on the disk only is not known now"
    );
    assert!(store.scan(&Prefix::kind("breaker")).wait().is_err());
    assert_eq!(control.on_disk("a").as_deref(), Some("before"));

    control.mend();
    until_well(&store);
    assert_eq!(control.on_disk("a").as_deref(), Some("3"));
    assert_eq!(control.on_disk("gone"), None);
    assert_eq!(control.on_disk("untouched").as_deref(), Some("before"));
    assert_eq!(store.save(&key("a"), "4").wait(), Ok(Saved::Durable));
}

#[test]
fn what_is_held_is_tried_once_more_when_the_store_is_closed() {
    let control = Control::default();
    let store = control.store();
    control.break_down();
    assert!(store.save(&key("a"), "1").wait().is_err());
    // The pauses grow: the fourth try is followed by one of 400 ms.
    until("four tries", || control.tries(), |tries| *tries >= 4);
    control.mend();
    store.close();
    assert_eq!(control.on_disk("a").as_deref(), Some("1"));
}

#[test]
fn s6_a_slow_disk_blocks_no_caller_and_the_queue_is_as_long_as_there_are_keys() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("first"), "");
    hold.arrived();
    // This thread is the only one that can release the disk: a save that waited would hang here.
    let mut replies = Vec::new();
    for n in 0..MAX_QUEUED {
        replies.push(store.save(&key(&n.to_string()), "1"));
    }
    for value in 0..10_000_u32 {
        drop(store.save(&key("7"), value.to_le_bytes()));
    }
    let refused = store.save(&key("one too many"), "").wait();
    assert!(
        matches!(
            refused,
            Err(SaveError::Full {
                entries: MAX_QUEUED,
                ..
            })
        ),
        "{refused:?}"
    );
    hold.release();
    assert_eq!(first.wait(), Ok(Saved::Durable));
    for reply in replies {
        assert_eq!(reply.wait(), Ok(Saved::Durable));
    }
    assert_eq!(control.flushes(), 2);
    assert_eq!(
        store.load(&key("7")).wait().unwrap().as_deref(),
        Some(&9_999_u32.to_le_bytes()[..])
    );
}

#[test]
fn who_cannot_wait_is_called_with_the_answer_once_whatever_it_is() {
    let control = Control::default();
    let store = control.store();
    let (tell, told) = sync_channel(1);
    let save = |value: &str| {
        let tell = tell.clone();
        store.save_then(&key("a"), value, move |answer| {
            tell.send(answer).unwrap();
        })
    };
    save("1").unwrap();
    assert_eq!(told.recv().unwrap(), Ok(Saved::Durable));
    control.fail_next(Operation::Flush, Fault::Error);
    save("2").unwrap();
    assert!(matches!(told.recv().unwrap(), Err(SaveError::Failed(_))));
    store
        .save_then(&key("a"), "3", |_| panic!("what comes after the save panics"))
        .unwrap();
    until_well(&store);
    save("4").unwrap();
    assert_eq!(told.recv().unwrap(), Ok(Saved::Durable));
    let other = store.clone();
    store.close();
    let refused = other.save_then(&key("a"), "5", |_| panic!("nothing was queued"));
    assert_eq!(refused, Err(SaveError::Closed));
}
