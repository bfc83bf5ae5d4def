//! What every engine must do, through the port and through the handle.

#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_store::{Change, Engine, Key, Memory, Prefix, Saved, Store, open_sled};

fn put(key: &str, record: &[u8]) -> Change {
    Change::Put {
        key: key.into(),
        record: record.to_vec(),
    }
}

fn remove(key: &str) -> Change {
    Change::Remove { key: key.into() }
}

fn pair(key: &str, record: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (key.into(), record.to_vec())
}

fn the_port_keeps_its_promises(engine: &mut dyn Engine) {
    assert_eq!(engine.load(b"a").unwrap(), None);
    assert_eq!(engine.scan(b"v1/").unwrap(), []);
    engine.apply(&[]).unwrap();
    engine.flush().unwrap();

    engine
        .apply(&[
            put("v1/b/1", b"one"),
            put("v1/b/2", b""),
            put("v1/a/1", b"other"),
            put("v1/b", b"short"),
        ])
        .unwrap();
    assert_eq!(
        engine.load(b"v1/b/1").unwrap().as_deref(),
        Some(&b"one"[..]),
        "visible before the flush"
    );
    assert_eq!(
        engine.load(b"v1/b/2").unwrap().as_deref(),
        Some(&b""[..]),
        "empty is not absent"
    );
    engine.flush().unwrap();
    assert_eq!(
        engine.scan(b"v1/b/").unwrap(),
        [pair("v1/b/1", b"one"), pair("v1/b/2", b"")]
    );

    engine
        .apply(&[
            put("v1/b/1", b"first"),
            remove("v1/b/1"),
            put("v1/b/2", b"2"),
            put("v1/b/2", b"3"),
        ])
        .unwrap();
    assert_eq!(
        engine.scan(b"v1/b/").unwrap(),
        [pair("v1/b/2", b"3")],
        "changes apply in order"
    );
    engine.apply(&[remove("never there")]).unwrap();

    let large = vec![7; 300_000];
    engine.apply(&[put("v1/large", &large)]).unwrap();
    engine.flush().unwrap();
    assert_eq!(engine.load(b"v1/large").unwrap(), Some(large));
}

#[test]
fn memory_keeps_the_promises_of_the_port() {
    let mut engine = Memory::new();
    the_port_keeps_its_promises(&mut engine);
    assert!(!engine.is_durable());
}

#[test]
fn the_failing_double_keeps_the_promises_of_the_port_while_it_is_not_told_to_fail() {
    let control = support::Control::default();
    the_port_keeps_its_promises(control.engine().as_mut());
    let before = control.engine().scan(b"v1/").unwrap();
    assert_eq!(
        before.len(),
        4,
        "its records outlive the engine, as those of a disk do"
    );
}

#[test]
fn sled_keeps_the_promises_of_the_port_and_the_records_over_a_reopen() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("state");
    let mut opened = open_sled(&dir).unwrap();
    the_port_keeps_its_promises(opened.engine.as_mut());
    assert!(opened.engine.is_durable());
    let before = opened.engine.scan(b"v1/").unwrap();
    drop(opened);
    assert_eq!(open_sled(&dir).unwrap().engine.scan(b"v1/").unwrap(), before);
}

fn key(kind: &str, name: &str, part: &str) -> Key {
    Key::new(kind, name, [part]).unwrap()
}

fn the_handle_keeps_its_promises(store: &Store, expected: Saved) {
    let (a, b) = (key("breaker", "pay", "a/b"), key("breaker", "payments", "é"));
    let other = key("outlier", "pay", "a");
    assert_eq!(store.load(&a).wait().unwrap(), None);
    for (key, value) in [(&b, "2"), (&a, "1"), (&other, "3")] {
        assert_eq!(store.save(key, value).wait(), Ok(expected));
    }
    let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
    assert_eq!(
        found.records,
        [(a.clone(), b"1".to_vec()), (b.clone(), b"2".to_vec())]
    );
    assert_eq!(found.unusable, []);
    let found = store.scan(&Prefix::name("breaker", "pay")).wait().unwrap();
    assert_eq!(
        found.records,
        [(a.clone(), b"1".to_vec())],
        "payments only begins like pay"
    );
    assert_eq!(store.delete(&a).wait(), Ok(expected));
    assert_eq!(store.load(&a).wait().unwrap(), None);
    assert_eq!(store.load(&other).wait().unwrap().as_deref(), Some(&b"3"[..]));
    assert_eq!(store.counters().saved, 4);
    assert_eq!(store.counters().failed, 0);
    assert_eq!(store.health().problem, None);
}

#[test]
fn a_store_in_memory_keeps_its_promises_and_says_that_it_forgets() {
    let store = Store::memory();
    the_handle_keeps_its_promises(&store, Saved::InMemory);
    assert_eq!(
        (store.health().backend, store.health().durable),
        ("memory", false)
    );
}

#[test]
fn a_store_on_the_failing_double_keeps_its_promises_also_after_an_outage() {
    let control = support::Control::default();
    let store = control.store();
    the_handle_keeps_its_promises(&store, Saved::Durable);
    control.break_down();
    assert!(store.save(&key("breaker", "pay", "a"), "held").wait().is_err());
    control.mend();
    support::until_well(&store);
    for left in [
        key("breaker", "pay", "a"),
        key("breaker", "payments", "\u{e9}"),
        key("outlier", "pay", "a"),
    ] {
        assert_eq!(store.delete(&left).wait(), Ok(Saved::Durable));
    }
    store.close();
    let store = control.store();
    the_handle_keeps_its_promises(&store, Saved::Durable);
}

#[test]
fn a_store_on_sled_keeps_its_promises_and_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("deep").join("state");
    let store = Store::open(&dir);
    the_handle_keeps_its_promises(&store, Saved::Durable);
    assert_eq!((store.health().backend, store.health().durable), ("sled", true));
    store.close();

    let store = Store::open(&dir);
    assert!(store.health().durable, "{:?}", store.health());
    let found = store.load(&key("breaker", "payments", "é")).wait().unwrap();
    assert_eq!(found.as_deref(), Some(&b"2"[..]));
    assert_eq!(
        store.load(&key("breaker", "pay", "a/b")).wait().unwrap(),
        None,
        "deleted stays deleted"
    );
}

#[test]
fn a_store_can_be_closed_and_opened_twenty_times_in_a_row() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20_u8 {
        let store = Store::open(dir.path());
        assert!(store.health().durable, "round {round}: {:?}", store.health());
        let last = store.load(&key("k", "n", "p")).wait().unwrap();
        assert_eq!(last, round.checked_sub(1).map(|last| vec![last]));
        store.save(&key("k", "n", "p"), [round]).wait().unwrap();
        // Every other round leaves the closing to the drop of the last handle.
        if round % 2 == 0 {
            store.close()
        } else {
            drop(store)
        }
    }
}
