#![allow(clippy::unwrap_used)]

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Keeps what was copied, and says when this was among it.
struct Copied {
    bytes: Vec<u8>,
    awaited: &'static str,
    seen: Option<SyncSender<()>>,
}

impl Copied {
    fn new(awaited: &'static str) -> (Self, Receiver<()>) {
        let (seen, is_seen) = sync_channel(1);
        let copied = Self {
            bytes: Vec::new(),
            awaited,
            seen: Some(seen),
        };
        (copied, is_seen)
    }
}

impl Write for &mut Copied {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if String::from_utf8_lossy(&self.bytes).contains(self.awaited) {
            self.seen = None;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Were one of its processes left, it would hold stdout, and the copy would not end.
#[test]
fn a_program_that_does_not_end_is_ended_with_all_it_started_and_what_it_said_is_passed_on_before() {
    let script = "echo 'test one ... ok'; tail -f /dev/null & \
                  echo 'test two has been running for over 60 seconds'; printf 'test three ... '; wait";
    let (mut copied, is_seen) = Copied::new("three ... ");
    let (end, progress) = watch(&mut shell(script), &mut copied, |ended| {
        assert!(is_seen.recv().is_err(), "passed on while it runs");
        assert!(ended.try_recv().is_err(), "it does not end by itself");
        None
    })
    .unwrap();
    assert!(matches!(end, End::ByUs), "{end:?}");
    assert_eq!(progress.to_string(), "begun and not over: two, three");
    assert!(progress.is_within_a_line());
    assert!(copied.bytes.starts_with(b"test one ... ok\ntest two "));
}

#[test]
fn a_limit_that_is_over_ends_a_program_that_says_nothing() {
    let (end, _) = watch(&mut shell("tail -f /dev/null"), std::io::sink(), |ended| {
        ended.recv_timeout(Duration::from_millis(1)).ok()
    })
    .unwrap();
    assert!(matches!(end, End::ByUs), "{end:?}");
}

#[test]
fn a_program_that_ends_keeps_its_exit_code_and_what_it_left_behind_is_ended() {
    let (end, _) = watch(
        &mut shell("tail -f /dev/null & exit 3"),
        std::io::sink(),
        |ended| ended.recv().ok(),
    )
    .unwrap();
    let End::Itself(status) = end else {
        panic!("{end:?}")
    };
    assert_eq!(status.code(), Some(3));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = watch(&mut Command::new("/no/such-program"), std::io::sink(), |_| None).unwrap_err();
    assert!(
        error.to_string().starts_with("could not run `such-program`"),
        "{error}"
    );
}

#[test]
fn a_program_of_the_tests_is_named_without_its_hash_and_with_its_package() {
    let path = OsStr::new("/t/debug/deps/hedgerow_store-bda90c3f179bd12e");
    let named = name(path, "hedgerow-store");
    assert_eq!(named.as_deref(), Some("hedgerow_store of hedgerow-store"));
    assert_eq!(name(OsStr::new("/bin/no-hash"), "hedgerow-store"), None);
}

#[test]
fn a_guarded_command_is_the_same_behind_the_guard() {
    let guard = Guard {
        own: "/t/debug/xtask".into(),
    };
    let mut command = Command::new("cargo");
    command.args(["test", "--doc"]).current_dir("/t");
    let guarded = guard.around(&command);
    assert_eq!(line(&guarded), "xtask guard cargo test --doc");
    assert_eq!(guarded.get_current_dir(), Some(Path::new("/t")));
}

#[test]
fn the_line_that_names_a_program_is_found_again() {
    assert_eq!(
        told("xtask: ended kill of store: why"),
        Some("kill of store: why")
    );
    assert_eq!(told("test xtask: ended ... ok"), None);
}
