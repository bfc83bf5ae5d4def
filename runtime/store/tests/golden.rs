//! Stores as each format wrote them, kept as text in `golden/`: what is old must be read for ever.
//!
//! `HEDGEROW_TEST_WRITE_GOLDEN=FILE` makes `the_golden_store_is_written_when_that_is_asked_for` write the file of the
//! format of today, to be kept when a release brings a new one.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hedgerow_store::{Key, OpenError, Prefix, Problem, Saved, Store};

const FORMAT_1: &str = include_str!("golden/format-1.txt");

/// What every golden store holds.
fn records() -> Vec<(Key, Vec<u8>)> {
    let key = |name: &str, parts: &[&str]| Key::new("breaker", name, parts.iter().copied()).unwrap();
    vec![
        (key("payments", &["endpoint", "127.0.0.1:9001"]), b"open".to_vec()),
        (key("payments", &["user", "a/b % \u{e9}"]), vec![0, 255, 0]),
        (key("users", &[]), Vec::new()),
        (key("users", &["large"]), vec![0x5A; 3_000]),
    ]
}

/// A file: a line with name and length, then its bytes as `HEX` or `HEX*TIMES`, runs of one byte being counted.
fn pack(dir: &Path) -> String {
    let mut names: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let mut text = String::new();
    for path in names.iter().filter(|path| path.is_file()) {
        let bytes = fs::read(path).unwrap();
        writeln!(
            text,
            "{} {}",
            path.file_name().unwrap().to_str().unwrap(),
            bytes.len()
        )
        .unwrap();
        let mut rest = &bytes[..];
        while let Some(first) = rest.first() {
            let run = rest.iter().take_while(|byte| *byte == first).count();
            if run > 8 {
                writeln!(text, "  {first:02x}*{run}").unwrap();
                rest = &rest[run..];
                continue;
            }
            let line = rest.len().min(48);
            let until = rest[..line]
                .windows(9)
                .position(|bytes| bytes.iter().all(|byte| *byte == bytes[0]));
            let (now, later) = rest.split_at(until.unwrap_or(line).max(1));
            text.push_str("  ");
            now.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
            text.push('\n');
            rest = later;
        }
    }
    text
}

fn unpack(text: &str, dir: &Path) {
    fs::create_dir_all(dir.join("blobs")).unwrap();
    let mut file = None::<(PathBuf, usize, Vec<u8>)>;
    let finish = |file: Option<(PathBuf, usize, Vec<u8>)>| {
        if let Some((path, length, bytes)) = file {
            assert_eq!(bytes.len(), length, "{}", path.display());
            fs::write(path, bytes).unwrap();
        }
    };
    let byte = |hex: &str| u8::from_str_radix(hex, 16).unwrap();
    for line in text.lines() {
        match (line.strip_prefix("  "), &mut file) {
            (Some(content), Some((_, _, bytes))) => match content.split_once('*') {
                Some((hex, times)) => {
                    bytes.resize(bytes.len() + times.parse::<usize>().unwrap(), byte(hex));
                }
                None => bytes.extend((0..content.len()).step_by(2).map(|at| byte(&content[at..at + 2]))),
            },
            _ => {
                let (name, length) = line.split_once(' ').unwrap();
                finish(file.replace((dir.join(name), length.parse().unwrap(), Vec::new())));
            }
        }
    }
    finish(file);
}

#[test]
fn the_golden_store_is_written_when_that_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    let store = Store::open(&dir);
    for (key, payload) in records() {
        assert_eq!(store.save(&key, payload).wait(), Ok(Saved::Durable));
    }
    store.close();
    let text = pack(&dir);
    let copy = home.path().join("copy");
    unpack(&text, &copy);
    assert_eq!(pack(&copy), text, "packing loses nothing");
    if let Ok(file) = std::env::var("HEDGEROW_TEST_WRITE_GOLDEN") {
        fs::write(file, text).unwrap();
    }
}

#[test]
fn s9_a_store_of_format_1_is_read_and_written() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    unpack(FORMAT_1, &dir);
    for round in 0..2_u8 {
        let store = Store::open(&dir);
        let health = store.health();
        assert!(health.durable && health.set_aside.is_none(), "{health:?}");
        let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
        assert_eq!((found.records, found.unusable), (records(), Vec::new()));
        let added = Key::new("added", "later", [""; 0]).unwrap();
        let before = store.load(&added).wait().unwrap();
        assert_eq!(before, round.checked_sub(1).map(|last| vec![last]));
        assert_eq!(store.save(&added, [round]).wait(), Ok(Saved::Durable));
        store.close();
    }
}

#[test]
fn s9_a_store_of_a_newer_format_is_refused_by_name_and_not_a_byte_of_it_is_touched() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    unpack(FORMAT_1, &dir);
    fs::write(dir.join("format"), "hedgerow store 2\n").unwrap();
    let before = pack(&dir);
    let store = Store::open(&dir);
    let Some(Problem::Open(refused @ OpenError::Newer { .. })) = store.health().problem else {
        panic!("not refused: {:?}", store.health())
    };
    let said = refused.to_string();
    assert!(
        said.contains("hedgerow store 2")
            && said.contains("hedgerow store 1")
            && said.contains("newer release"),
        "{said}"
    );
    assert!(store.save(&records()[0].0, "held").wait().is_err());
    store.close();
    assert_eq!(pack(&dir), before);
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        1,
        "nothing was set aside"
    );
}
