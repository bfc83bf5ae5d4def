//! Directories that are damaged, in use, or someone else's.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use hedgerow_store::{LoadError, OpenError, Prefix, Problem, SaveError, Saved, Store};
use support::{key, until_well};

#[test]
fn s8_a_second_store_on_a_directory_serves_from_memory_and_leaves_the_first_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path());
    first.save(&key("a"), "first").wait().unwrap();
    // Even damage that it could see must not make it move what is in use.
    fs::write(dir.path().join("conf"), "garbage that is no setting").unwrap();
    let second = Store::open(dir.path());
    assert_eq!(
        second.health().problem,
        Some(Problem::Open(OpenError::Locked {
            dir: dir.path().to_owned()
        }))
    );
    let held = second.save(&key("a"), "second").wait();
    assert!(matches!(held, Err(SaveError::Failed(_))), "{held:?}");
    assert_eq!(
        second.load(&key("a")).wait().unwrap().as_deref(),
        Some(&b"second"[..])
    );
    assert_eq!(
        first.load(&key("a")).wait().unwrap().as_deref(),
        Some(&b"first"[..])
    );
    assert_eq!(first.save(&key("b"), "more").wait(), Ok(Saved::Durable));
    assert_eq!(set_aside_dirs(dir.path()), [] as [PathBuf; 0]);
}

#[test]
fn s8_a_second_store_takes_over_by_itself_when_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path());
    first.save(&key("old"), "first").wait().unwrap();
    let second = Store::open(dir.path());
    assert!(second.save(&key("new"), "second").wait().is_err());
    let unknown = second.load(&key("old")).wait();
    assert!(
        matches!(
            unknown,
            Err(LoadError::Failed(Problem::Open(OpenError::Locked { .. })))
        ),
        "a record that may be on the disk was said not to be: {unknown:?}"
    );
    first.close();
    until_well(&second);
    for (name, value) in [("old", "first"), ("new", "second")] {
        let found = second.load(&key(name)).wait().unwrap();
        assert_eq!(found.as_deref(), Some(value.as_bytes()), "{name}");
    }
    assert_eq!(second.save(&key("new"), "third").wait(), Ok(Saved::Durable));
}

fn set_aside_dirs(dir: &Path) -> Vec<PathBuf> {
    let prefix = format!("{}.corrupt-", dir.file_name().unwrap().to_str().unwrap());
    let beside = fs::read_dir(dir.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    beside
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&prefix))
        .collect()
}

fn filled(dir: &Path) {
    let store = Store::open(dir);
    for n in 0..200 {
        drop(store.save(&key(&n.to_string()), format!("value {n}")));
    }
    store.close();
}

/// Opens a damaged copy, and returns whether it was moved aside.
fn survives(dir: &Path) -> bool {
    let store = Store::open(dir);
    let health = store.health();
    assert!(health.durable, "{health:?}");
    let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
    assert_eq!(found.unusable, []);
    for (key, value) in &found.records {
        assert_eq!(
            value,
            format!("value {}", key.name()).as_bytes(),
            "a wrong value for {key}"
        );
    }
    assert_eq!(set_aside_dirs(dir).len(), usize::from(health.set_aside.is_some()));
    if let Some(set_aside) = &health.set_aside {
        assert!(set_aside.to.join("db").exists() || set_aside.to.join("format").exists());
        assert!(
            matches!(set_aside.cause, OpenError::Damaged { .. }),
            "{set_aside:?}"
        );
        assert_eq!(found.records, [], "a fresh directory is empty");
    }
    assert_eq!(store.save(&key("new"), "value new").wait(), Ok(Saved::Durable));
    store.close();
    health.set_aside.is_some()
}

#[test]
fn s2_a_damaged_directory_is_moved_aside_and_a_fresh_one_serves() {
    type Damage = (&'static str, fn(&Path));
    let damages: [Damage; 8] = [
        ("log emptied", |dir| fs::write(dir.join("db"), b"").unwrap()),
        ("log is garbage", |dir| {
            let length = fs::metadata(dir.join("db")).unwrap().len() as usize;
            fs::write(dir.join("db"), vec![0xA5; length]).unwrap();
        }),
        ("log is zeros", |dir| {
            let length = fs::metadata(dir.join("db")).unwrap().len() as usize;
            fs::write(dir.join("db"), vec![0; length]).unwrap();
        }),
        ("log removed", |dir| fs::remove_file(dir.join("db")).unwrap()),
        ("log and snapshots removed", |dir| {
            fs::remove_file(dir.join("db")).unwrap();
            for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.file_name().unwrap().to_str().unwrap().starts_with("snap.") {
                    fs::remove_file(entry).unwrap();
                }
            }
        }),
        ("settings are garbage", |dir| {
            fs::write(dir.join("conf"), [0xFF; 64]).unwrap()
        }),
        ("format file is garbage", |dir| {
            fs::write(dir.join("format"), b"what?").unwrap()
        }),
        ("log cut to a page", |dir| {
            fs::OpenOptions::new()
                .write(true)
                .open(dir.join("db"))
                .unwrap()
                .set_len(4_096)
                .unwrap();
        }),
    ];
    for (what, damage) in damages {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("state");
        filled(&dir);
        damage(&dir);
        assert!(survives(&dir), "{what}: not noticed");
    }
}

#[test]
fn s3_a_byte_flipped_anywhere_in_a_store_never_gives_a_wrong_value() {
    let home = tempfile::tempdir().unwrap();
    let original = home.path().join("original");
    filled(&original);
    let log = fs::read(original.join("db")).unwrap();
    // Spread over the written part of the log, with a step that hits every alignment.
    let written = log.iter().rposition(|byte| *byte != 0).unwrap();
    for round in 0..24 {
        let at = written * round / 24 + round;
        let dir = home.path().join(format!("copy-{round}"));
        fs::create_dir_all(dir.join("blobs")).unwrap();
        for entry in fs::read_dir(&original)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if entry.is_file() {
                fs::copy(&entry, dir.join(entry.file_name().unwrap())).unwrap();
            }
        }
        let mut flipped = log.clone();
        flipped[at] ^= 0x10;
        fs::write(dir.join("db"), flipped).unwrap();
        survives(&dir);
    }
}

#[test]
fn a_directory_with_someone_elses_files_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "chapter 1").unwrap();
    let store = Store::open(dir.path());
    let problem = store.health().problem;
    assert!(
        matches!(&problem, Some(Problem::Open(OpenError::Foreign { found, .. })) if found == "thesis.txt")
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_path_that_is_a_file_means_memory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let store = Store::open(&file);
    assert!(
        matches!(store.health().problem, Some(Problem::Open(OpenError::Io { .. }))),
        "{:?}",
        store.health()
    );
    assert!(store.save(&key("a"), "1").wait().is_err());
}
