//! Real file systems that are full, read-only, closed to us, or gone for a while.
//!
//! A small file system is mounted where this may be done; where it may not, the test says so
//! and checks nothing.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped must be seen")]

mod support;

use std::fs;
use std::io;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hedgerow_store::{EngineError, OpenError, Prefix, Problem, SaveError, Saved, Store};
use support::{key, until, until_well};

/// A file system in memory of a few mebibytes, unmounted when it is dropped.
struct Disk {
    home: tempfile::TempDir,
}

impl Disk {
    /// None, and a line that says why, where nothing may be mounted.
    fn mounted(mebibytes: u32) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], home.path());
        match mounted {
            Ok(()) => Some(Self { home }),
            Err(refused) => {
                eprintln!("SKIPPED: no small file system can be mounted here ({refused}); run it as root");
                None
            }
        }
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn filler(&self) -> PathBuf {
        self.home.path().join("filler")
    }

    /// Fills what is left of it to the last byte.
    fn fill(&self) {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        for block in [64 << 10, 4 << 10, 1] {
            while file.write_all(&vec![7; block]).is_ok() {}
        }
    }

    fn make_space(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn set_aside(&self) -> usize {
        let names = fs::read_dir(self.home.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.contains("corrupt")).count()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.home.path()).status();
    }
}

fn mount(options: &[&str], at: &Path) -> Result<(), String> {
    let output = Command::new("mount").args(options).arg(at).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn is_full(error: &SaveError) -> bool {
    matches!(
        error,
        SaveError::Failed(
            Problem::Engine(EngineError::Io {
                kind: io::ErrorKind::StorageFull,
                ..
            }) | Problem::Open(OpenError::Io {
                kind: io::ErrorKind::StorageFull,
                ..
            })
        )
    )
}

#[test]
#[ignore = "needs root, to mount a small file system"]
fn component_s4_a_disk_that_fills_up_loses_nothing_and_is_used_again_when_there_is_space() {
    let Some(disk) = Disk::mounted(24) else { return };
    let store = Store::open(disk.dir());
    assert_eq!(store.save(&key("hot"), "before").wait(), Ok(Saved::Durable));
    disk.fill();
    let mut acknowledged = Vec::new();
    let mut held = Vec::new();
    for n in 0..200 {
        let name = n.to_string();
        match store.save(&key(&name), vec![n as u8; 20_000]).wait() {
            Ok(saved) => {
                assert_eq!(saved, Saved::Durable);
                acknowledged.push(n);
            }
            Err(error) => {
                assert!(is_full(&error), "{error}");
                held.push(n);
            }
        }
    }
    assert!(
        held.len() > 100,
        "the disk never filled up: {}",
        acknowledged.len()
    );
    assert!(store.save(&key("hot"), "newest").wait().is_err());
    let health = store.health();
    assert!(!health.durable && health.held > 100, "{health:?}");
    assert_eq!(
        store.load(&key("hot")).wait().unwrap().as_deref(),
        Some(&b"newest"[..])
    );

    disk.make_space();
    until_well(&store);
    for n in acknowledged.iter().chain(&held) {
        let found = store.load(&key(&n.to_string())).wait().unwrap();
        assert_eq!(found, Some(vec![*n as u8; 20_000]), "record {n}");
    }
    store.close();
    let store = Store::open(disk.dir());
    assert!(store.health().durable, "{:?}", store.health());
    let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
    assert_eq!((found.records.len(), found.unusable), (201, Vec::new()));
    assert_eq!(disk.set_aside(), 0, "a full disk is no damage");
}

#[test]
#[ignore = "needs root, to mount a small file system"]
fn component_s4_a_store_that_starts_on_a_full_disk_finds_its_records_when_there_is_space() {
    let Some(disk) = Disk::mounted(24) else { return };
    let store = Store::open(disk.dir());
    assert_eq!(store.save(&key("old"), "kept").wait(), Ok(Saved::Durable));
    store.close();
    disk.fill();
    let store = Store::open(disk.dir());
    let mut held = 0;
    // It may open while every byte that it must write is there already, but it cannot grow.
    for n in 0..100 {
        held += usize::from(store.save(&key(&n.to_string()), vec![7; 20_000]).wait().is_err());
    }
    assert!(held > 0, "the disk never filled up");
    disk.make_space();
    until_well(&store);
    assert_eq!(
        store.load(&key("old")).wait().unwrap().as_deref(),
        Some(&b"kept"[..])
    );
    let found = store.scan(&Prefix::kind("breaker")).wait().unwrap();
    assert_eq!(found.records.len(), 101);
    assert_eq!(disk.set_aside(), 0, "a full disk is no damage");
}

#[test]
#[ignore = "needs root, to mount a small file system"]
fn component_s5_a_read_only_file_system_means_memory_until_it_may_be_written() {
    let Some(disk) = Disk::mounted(24) else { return };
    let store = Store::open(disk.dir());
    assert_eq!(store.save(&key("old"), "kept").wait(), Ok(Saved::Durable));
    store.close();
    mount(&["-o", "remount,ro"], disk.home.path()).unwrap();
    let store = Store::open(disk.dir());
    let problem = store.health().problem;
    assert!(
        matches!(problem, Some(Problem::Open(OpenError::Permission { .. }))),
        "{problem:?}"
    );
    assert!(store.save(&key("new"), "held").wait().is_err());
    assert_eq!(
        store.load(&key("new")).wait().unwrap().as_deref(),
        Some(&b"held"[..])
    );
    mount(&["-o", "remount,rw"], disk.home.path()).unwrap();
    until_well(&store);
    for (name, value) in [("old", "kept"), ("new", "held")] {
        let found = store.load(&key(name)).wait().unwrap();
        assert_eq!(found.as_deref(), Some(value.as_bytes()), "{name}");
    }
    assert_eq!(disk.set_aside(), 0, "a read-only disk is no damage");
}

#[test]
fn s5_a_directory_that_is_gone_for_a_while_is_used_again_when_it_is_back() {
    let home = tempfile::tempdir().unwrap();
    let (dir, away) = (home.path().join("state"), home.path().join("away"));
    let store = Store::open(&dir);
    assert_eq!(store.save(&key("a"), "1").wait(), Ok(Saved::Durable));
    // The directory's place is taken, so that no new store is made there meanwhile.
    fs::rename(&dir, &away).unwrap();
    fs::write(&dir, "no directory").unwrap();
    assert!(store.save(&key("a"), "2").wait().is_err());
    assert!(store.save(&key("b"), "1").wait().is_err());
    assert!(!store.health().durable);
    fs::remove_file(&dir).unwrap();
    fs::rename(&away, &dir).unwrap();
    until_well(&store);
    store.close();
    let store = Store::open(&dir);
    for (name, value) in [("a", "2"), ("b", "1")] {
        let found = store.load(&key(name)).wait().unwrap();
        assert_eq!(found.as_deref(), Some(value.as_bytes()), "{name}");
    }
}

const DIR: &str = "HEDGEROW_TEST_ORDERED_DIR";
const CHILD: &str = "the_child_saves_when_it_is_told";

/// Does nothing in an ordinary run. As a child: for each line that it reads it saves the line,
/// and says whether that is on the disk.
#[test]
#[allow(clippy::print_stdout, reason = "it answers its parent")]
fn the_child_saves_when_it_is_told() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let store = Store::open(dir);
    for line in io::stdin().lines() {
        match store.save(&key("told"), line.unwrap()).wait() {
            Ok(saved) => println!("saved {saved:?}"),
            Err(error) => println!("held {error}"),
        }
    }
}

#[test]
fn s5_a_permission_that_is_lost_for_a_while_costs_no_record() {
    /// Who no file belongs to; where this runs as root, permissions would stop nobody else.
    const NOBODY: u32 = 65_534;
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    fs::create_dir(&dir).unwrap();
    // A copy, because the way to the original may be closed to others.
    let program = home.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new(&program);
    command
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(DIR, &dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if std::os::unix::fs::chown(&dir, Some(NOBODY), Some(NOBODY)).is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut child = command.spawn().unwrap();
    let mut orders = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut save = |value: &str| {
        writeln!(orders, "{value}").unwrap();
        let mut lines = answers.by_ref().map(|line| line.unwrap());
        lines
            .find(|line| line.contains("saved ") || line.contains("held "))
            .unwrap_or_else(|| panic!("the child ended"))
    };
    assert!(save("1").contains("saved Durable"));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o000)).unwrap();
    let held = save("2");
    assert!(held.contains("held ") && held.contains("ermission"), "{held}");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let saved = until(
        "a save that reaches the disk",
        || save("3"),
        |line| line.contains("saved"),
    );
    assert!(saved.contains("saved Durable"), "{saved}");
    drop(orders);
    assert!(child.wait().unwrap().success());
}
