//! What `kill -9` may and may not take: a child saves, its parent kills it.
//!
//! `HEDGEROW_KILL_ROUNDS` (default 300) and `HEDGEROW_KILL_SEED` (default 1) set how
//! often, and which moments.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hedgerow_store::{Journal, Key, Limits, Past, Prefix, Saved, Store};

const DIR: &str = "HEDGEROW_TEST_CHILD_DIR";
const CHILD: &str = "the_child_saves_until_it_ends";

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

fn key(name: &str) -> Key {
    Key::new("breaker", name, [""; 0]).unwrap()
}

/// Does nothing in an ordinary run. As a child: saves new keys and one old one, in
/// groups, and prints a line for each acknowledgement; ends after
/// `HEDGEROW_TEST_CHILD_GROUPS` groups, or never; a group has
/// `HEDGEROW_TEST_CHILD_FRESH_KEYS` new keys.
#[test]
fn the_child_saves_until_it_ends() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let groups = number("HEDGEROW_TEST_CHILD_GROUPS", u64::MAX);
    let round = number("HEDGEROW_TEST_CHILD_ROUND", 0);
    let fresh_keys = number("HEDGEROW_TEST_CHILD_FRESH_KEYS", 4);
    let store = Store::open(dir);
    let (journal, past) = open_journal(&store);
    let mut out = std::io::stdout();
    let mut slowest = Duration::ZERO;
    for (group, seq) in (0..groups).zip(past.next..) {
        // Its answer is told by the store's thread, between the lines of this one.
        let append = journal.append(seq, &seq.to_le_bytes(), move |answer| {
            if answer == Ok(Saved::Durable) {
                let line = format!("kept {seq}\n");
                let _ = std::io::stdout().write_all(line.as_bytes());
            }
        });
        append.unwrap();
        let hot = format!("{round}.{group}");
        let saves = (0..fresh_keys)
            .map(|n| (format!("{round}-{group}-{n}"), hot.clone()))
            .chain([("hot".to_owned(), hot.clone())])
            .map(|(name, value)| {
                let (reply, took) = timed(|| store.save(&key(&name), &value));
                slowest = slowest.max(took);
                (reply, name, value)
            });
        for (reply, name, value) in saves.collect::<Vec<_>>() {
            // One write per line: what the parent reads is what was acknowledged.
            let line = match reply.wait() {
                Ok(Saved::Durable) => format!("saved {name} {value}\n"),
                Ok(Saved::InMemory) => format!("memory {:?}\n", store.health()),
                Err(error) => format!("failed {name} {error}\n"),
            };
            out.write_all(line.as_bytes()).unwrap();
            out.flush().unwrap();
        }
    }
    let line = format!("slowest {}\n", slowest.as_micros());
    out.write_all(line.as_bytes()).unwrap();
    store.close();
}

fn open_journal(store: &Store) -> (Journal, Past) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let opened = Journal::open(store, "events", Limits::default(), u64::MAX / 2);
    runtime.block_on(opened).unwrap()
}

fn child(program: &mut Command, dir: &Path, round: u64) -> std::process::Child {
    program
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env("HEDGEROW_TEST_CHILD_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The number that orders the values of the hot key: round, then group.
fn order(value: &str) -> (u64, u64) {
    let (round, group) = value.split_once('.').unwrap();
    (round.parse().unwrap(), group.parse().unwrap())
}

#[test]
#[allow(clippy::print_stdout, reason = "the seed must be known when a round fails")]
fn s1_every_acknowledged_save_is_there_after_kill_9() {
    let rounds = number("HEDGEROW_KILL_ROUNDS", 300);
    let seed = number("HEDGEROW_KILL_SEED", 1);
    println!("HEDGEROW_KILL_SEED={seed} HEDGEROW_KILL_ROUNDS={rounds}");
    let mut random = seed;
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    let mut acknowledged = BTreeMap::new();
    let mut kept = Vec::new();
    let mut opened = Vec::new();
    for round in 0..rounds {
        let mut child = child(&mut Command::new(std::env::current_exe().unwrap()), &dir, round);
        // One round in eight dies while it opens; the others at a random acknowledgement.
        let die_at = if next(&mut random).is_multiple_of(8) {
            0
        } else {
            next(&mut random) % 40
        };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        if die_at == 0 {
            child.kill().unwrap();
        }
        for line in lines {
            let line = line.unwrap();
            assert!(
                !line.starts_with("memory ") && !line.starts_with("failed "),
                "round {round}: {line}"
            );
            if let Some((name, value)) = line.strip_prefix("saved ").and_then(|rest| rest.split_once(' ')) {
                acknowledged.insert(name.to_owned(), value.to_owned());
                seen += 1;
                if seen == die_at {
                    child.kill().unwrap();
                }
            } else if let Some(seq) = line.strip_prefix("kept ") {
                kept.push(seq.parse::<u64>().unwrap());
            }
        }
        child.wait().unwrap();
        assert!(
            seen >= die_at,
            "round {round}: the child ended by itself after {seen} saves"
        );

        let (store, took) = timed(|| Store::open(&dir));
        opened.push(took);
        let health = store.health();
        assert!(
            health.durable && health.set_aside.is_none(),
            "round {round}, seed {seed}: {health:?}"
        );
        let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
        assert_eq!(found.unusable, []);
        let found: BTreeMap<_, _> = found.records.into_iter().collect();
        for (name, value) in &acknowledged {
            let found = found.get(&key(name));
            let found = found.unwrap_or_else(|| panic!("round {round}, seed {seed}: {name} is lost"));
            let found = std::str::from_utf8(found).unwrap();
            if name == "hot" {
                assert!(
                    order(found) >= order(value),
                    "round {round}, seed {seed}: {found} is older than {value}"
                );
            } else {
                assert_eq!(found, value, "round {round}, seed {seed}: {name}");
            }
        }
        let (_, past) = open_journal(&store);
        // Those that were appended and not acknowledged have places in the journal too.
        let newest = kept.len().saturating_sub(500);
        for seq in &kept[newest..] {
            let at = past.entries.binary_search_by_key(seq, |(seq, _)| *seq);
            let at = at.unwrap_or_else(|_| panic!("round {round}, seed {seed}: entry {seq} is lost"));
            assert_eq!(past.entries[at].1, seq.to_le_bytes());
        }
        assert!(kept.iter().all(|seq| *seq < past.next), "a number is used again");
        store.close();
    }
    opened.sort();
    let (p50, p99) = (opened[opened.len() / 2], opened[opened.len() * 99 / 100]);
    println!(
        "{rounds} rounds: {} saves and {} entries of the journal acknowledged, 0 lost; 0 of {rounds} openings failed, \
         p50 {p50:?}, p99 {p99:?}",
        acknowledged.len(),
        kept.len(),
    );
    assert!(kept.len() > 1, "no entry was ever kept");
    assert!(acknowledged.len() > 1, "no child ever saved");
}

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

fn strace(trace: &Path, options: &[&str], dir: &Path, fresh_keys: u32) -> String {
    let version = Command::new("strace").arg("-V").output();
    assert!(version.is_ok(), "strace is missing: apt-get install strace");
    let mut program = Command::new("strace");
    program
        .args(["-f", "-y", "-o"])
        .arg(trace)
        .args(options)
        .arg(std::env::current_exe().unwrap());
    program
        .env("HEDGEROW_TEST_CHILD_GROUPS", "20")
        .env("HEDGEROW_TEST_CHILD_FRESH_KEYS", fresh_keys.to_string());
    let output = child(&mut program, dir, 0).wait_with_output().unwrap();
    assert!(output.status.success(), "the child under strace failed");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs strace"]
fn component_every_acknowledgement_comes_after_an_fdatasync_of_the_log() {
    let home = tempfile::tempdir().unwrap();
    let (dir, trace) = (home.path().join("state"), home.path().join("trace"));
    // One save at a time, so that every acknowledgement needs a commit of its own.
    strace(
        &trace,
        &["-e", "trace=fdatasync,pwrite64,write", "-s", "64"],
        &dir,
        0,
    );
    let log = format!("{}>", dir.join("db").display());
    let mut acknowledged = 0;
    let (mut written, mut synced) = (false, false);
    for line in std::fs::read_to_string(&trace).unwrap().lines() {
        if line.contains("pwrite64(") && line.contains(&log) {
            written = true;
        } else if line.contains("fdatasync") && line.ends_with("= 0") {
            // A call that another thread interrupts ends on a line without the path; only
            // the store's thread calls fdatasync, and no blob is written here.
            synced = written && (line.contains(&log) || line.contains("resumed"));
        } else if line.contains("write(1<") && line.contains("saved hot") {
            assert!(
                written && synced,
                "acknowledged without an fdatasync after the write: {line}"
            );
            (written, synced) = (false, false);
            acknowledged += 1;
        }
    }
    assert_eq!(acknowledged, 20);
}

#[test]
#[ignore = "needs strace"]
fn component_s7_an_fdatasync_that_fails_fails_its_saves_and_they_are_saved_when_it_works() {
    let home = tempfile::tempdir().unwrap();
    let (dir, trace) = (home.path().join("state"), home.path().join("trace"));
    // Three calls of the store's thread fail; it makes at least twenty, so the last succeed.
    let inject = "inject=fdatasync:error=EIO:when=10..12";
    let output = strace(&trace, &["-e", "trace=fdatasync", "-e", inject], &dir, 4);
    let injected = std::fs::read_to_string(&trace)
        .unwrap()
        .matches("(INJECTED)")
        .count();
    assert_eq!(injected, 3, "calls that were made to fail");
    let lines = |start: &str| output.lines().filter(|line| line.starts_with(start)).count();
    assert!(
        lines("failed ") > 0 && lines("saved ") > 0 && lines("memory ") == 0,
        "{output}"
    );
    let store = Store::open(&dir);
    assert!(
        store.health().durable && store.health().set_aside.is_none(),
        "{:?}",
        store.health()
    );
    for line in output.lines() {
        // What failed was held in memory, and was brought to the disk when that worked again.
        let name = match line.split_once(' ') {
            Some(("saved" | "failed", rest)) => rest.split(' ').next().unwrap(),
            _ => continue,
        };
        let found = store.load(&key(name)).wait().unwrap();
        let found = found.unwrap_or_else(|| panic!("{name} is lost: {line}"));
        assert!(name != "hot" || found == b"0.19", "an older value is on the disk");
    }
}

#[test]
#[ignore = "needs strace"]
fn component_s6_an_fdatasync_that_takes_a_second_makes_no_caller_wait_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (dir, trace) = (home.path().join("state"), home.path().join("trace"));
    let inject = "inject=fdatasync:delay_enter=1000000:when=10..12";
    let output = strace(&trace, &["-e", "trace=fdatasync", "-e", inject], &dir, 4);
    let delayed = std::fs::read_to_string(&trace)
        .unwrap()
        .matches("(DELAYED)")
        .count();
    assert_eq!(delayed, 3, "calls that were made to take a second");
    let lines = |start: &str| output.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("saved "), lines("failed ")), (100, 0), "{output}");
    let slowest = output.lines().find_map(|line| line.strip_prefix("slowest "));
    let slowest: u64 = slowest.unwrap().parse().unwrap();
    assert!(slowest < 500_000, "a call of save took {slowest} µs");
}
