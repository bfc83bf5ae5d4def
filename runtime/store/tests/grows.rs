//! The size of a store that lives long.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use hedgerow_store::{Prefix, Saved, Store};
use support::key;

fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => size(&entry.path()),
            false => entry.metadata().unwrap().len(),
        })
        .sum()
}

/// As many saves as a thousand breakers make in a bad week; `HEDGEROW_TEST_SAVES` for more.
#[test]
#[allow(clippy::print_stdout, reason = "the figure is worth seeing")]
fn s11_a_thousand_keys_saved_two_hundred_times_each_take_no_more_than_a_bounded_multiple() {
    const KEYS: usize = 1_000;
    const RECORD: usize = 300;
    let saves = std::env::var("HEDGEROW_TEST_SAVES").map_or(200 * KEYS, |text| text.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    let store = Store::open(&dir);
    let keys: Vec<_> = (0..KEYS).map(|n| key(&n.to_string())).collect();
    let mut largest = 0;
    for n in 0..saves {
        let mut record = vec![b'x'; RECORD];
        record[..8].copy_from_slice(&(n as u64).to_le_bytes());
        let saved = store.save(&keys[n % KEYS], record);
        if n % KEYS == KEYS - 1 {
            assert_eq!(saved.wait(), Ok(Saved::Durable));
            largest = largest.max(size(&dir));
        }
    }
    store.close();
    let live = (KEYS * (RECORD + keys[0].to_string().len())) as u64;
    let end = size(&dir);
    println!(
        "{saves} saves of {KEYS} keys: {live} bytes live, {end} at the end = {:.1} x, {largest} at most = {:.1} x",
        end as f64 / live as f64,
        largest as f64 / live as f64
    );
    assert!(largest < 30 * live, "{largest} bytes for {live} live ones");
    let store = Store::open(&dir);
    let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
    assert_eq!((found.records.len(), found.unusable.len()), (KEYS, 0));
    for (_, record) in found.records {
        let n = u64::from_le_bytes(record[..8].try_into().unwrap());
        assert!(n >= (saves - KEYS) as u64, "{n} is not the newest of its key");
    }
}
