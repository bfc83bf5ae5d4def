//! Order, merging and group commit, on an engine that counts and waits.

#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_store::{LoadError, MAX_PAYLOAD, Prefix, SaveError, Saved, Store};
use support::{Control, key};

#[test]
fn five_hundred_saves_that_wait_together_cost_one_flush() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("first"), "1");
    hold.arrived();
    let replies: Vec<_> = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..10)
            .map(|saver| {
                let store = store.clone();
                scope.spawn(move || {
                    (0..50)
                        .map(|n| store.save(&key(&format!("{saver}-{n}")), "x"))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        savers
            .into_iter()
            .flat_map(|saver| saver.join().unwrap())
            .collect()
    });
    hold.release();
    assert_eq!(first.wait(), Ok(Saved::Durable));
    for reply in replies {
        assert_eq!(reply.wait(), Ok(Saved::Durable));
    }
    assert_eq!(
        control.flushes(),
        2,
        "one for the first, one for the five hundred"
    );
    assert_eq!((store.counters().commits, store.counters().saved), (2, 501));
}

#[test]
fn a_load_sees_the_saves_before_it_and_none_after_it() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("other"), "");
    hold.arrived();
    let k = key("k");
    let one = store.save(&k, "1");
    let sees_one = store.load(&k);
    let two = store.save(&k, "2");
    let scans_two = store.scan(&Prefix::name("breaker", "k"));
    let gone = store.delete(&k);
    let sees_none = store.load(&k);
    hold.release();
    assert_eq!(sees_one.wait().unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(scans_two.wait().unwrap().records, [(k, b"2".to_vec())]);
    assert_eq!(sees_none.wait().unwrap(), None);
    for saved in [first, one, two, gone] {
        assert_eq!(saved.wait(), Ok(Saved::Durable));
    }
    assert_eq!(control.flushes(), 2);
}

#[test]
fn a_save_is_queued_when_it_is_called_and_not_withdrawn_when_its_reply_is_dropped() {
    let store = Store::memory();
    drop(store.save(&key("k"), "1"));
    assert_eq!(store.load(&key("k")).wait().unwrap().as_deref(), Some(&b"1"[..]));
}

#[test]
fn closing_saves_what_is_queued_and_refuses_what_comes_later() {
    let control = Control::default();
    let store = control.store();
    let hold = control.hold_next_flush();
    let first = store.save(&key("a"), "1");
    hold.arrived();
    let queued = store.save(&key("b"), "2");
    let other = store.clone();
    let closing = std::thread::spawn(move || store.close());
    hold.release();
    closing.join().unwrap();
    assert_eq!(
        (first.wait(), queued.wait()),
        (Ok(Saved::Durable), Ok(Saved::Durable))
    );
    assert_eq!(other.save(&key("c"), "3").wait(), Err(SaveError::Closed));
    assert_eq!(other.load(&key("a")).wait(), Err(LoadError::Closed));
    assert_eq!(
        control.store().load(&key("b")).wait().unwrap().as_deref(),
        Some(&b"2"[..])
    );
}

#[test]
fn a_payload_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let store = Store::memory();
    let payload = vec![0; MAX_PAYLOAD + 1];
    assert_eq!(
        store.save(&key("k"), &payload).wait(),
        Err(SaveError::TooLarge {
            length: MAX_PAYLOAD + 1
        })
    );
    assert_eq!(store.save(&key("k"), &payload[1..]).wait(), Ok(Saved::InMemory));
    assert_eq!((store.counters().saved, store.counters().failed), (1, 1));
}

#[test]
fn replies_can_be_awaited_on_a_runtime_and_sent_between_its_threads() {
    fn assert_send<T: Send + 'static>(value: T) -> T {
        value
    }
    let store = Store::memory();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        assert_eq!(assert_send(store.save(&key("k"), "1")).await, Ok(Saved::InMemory));
        assert_eq!(
            assert_send(store.load(&key("k"))).await.unwrap().as_deref(),
            Some(&b"1"[..])
        );
    });
}
