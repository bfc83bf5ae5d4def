//! What only certain crates may do.

use crate::tree::{Tree, has_word};
use crate::violation::{Violation, assert_none, places};

/// Words that belong to some rooms only.
struct Privilege {
    rule: &'static str,
    /// Folders whose sources may use the words.
    rooms: &'static [&'static str],
    words: &'static [&'static str],
    remedy: &'static str,
}

const PRIVILEGES: [Privilege; 5] = [
    Privilege {
        // Telemetry alone knows its collector, and imports nothing of http.
        rule: "only http and dashboard, and telemetry to its collector, open sockets",
        rooms: &["runtime/http/", "runtime/dashboard/", "runtime/telemetry/"],
        words: &[
            "TcpListener",
            "TcpStream",
            "TcpSocket",
            "UdpSocket",
            "UnixListener",
            "UnixStream",
            "HttpServer",
        ],
        remedy: "own a port (a trait) here and implement it in runtime/http",
    },
    Privilege {
        rule: "only store writes to a disk",
        rooms: &["runtime/store/"],
        words: &[
            "fs::write",
            "fs::create_dir",
            "fs::create_dir_all",
            "fs::remove_file",
            "fs::remove_dir",
            "fs::remove_dir_all",
            "fs::rename",
            "fs::copy",
            "File::create",
            "File::create_new",
            "OpenOptions",
            "DirBuilder",
        ],
        remedy: "hand the bytes to the store's port: load, save, scan, append",
    },
    Privilege {
        rule: "only supervisor starts actors and owns their threads",
        rooms: &["runtime/supervisor/"],
        words: &["Arbiter", "SyncArbiter", "SystemRunner", "start_in_arbiter"],
        remedy: "give the supervisor a child spec",
    },
    Privilege {
        // A connection is driven on the runtime of the caller who dialled it, where no actor is.
        rule: "only supervisor, and http for its connections, spawn on the current thread",
        rooms: &["runtime/supervisor/", "runtime/http/"],
        words: &["spawn_local"],
        remedy: "spawn the work in the actor's context, where it ends with the actor",
    },
    Privilege {
        rule: "only gate is modelled under loom",
        rooms: &["runtime/gate/"],
        words: &["loom"],
        remedy: "move what needs a model of all interleavings into runtime/gate",
    },
];

fn privileges(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for Privilege {
        rule,
        rooms,
        words,
        remedy,
    } in &PRIVILEGES
    {
        for file in tree
            .shipped()
            .filter(|file| !rooms.iter().any(|room| file.path.starts_with(room)))
        {
            for (line, code) in file.code() {
                if let Some(word) = words.iter().find(|word| has_word(code, word)) {
                    let found = format!("`{word}`");
                    violations.push(Violation {
                        rule,
                        place: file.at(line),
                        found,
                        remedy: (*remedy).into(),
                    });
                }
            }
        }
    }
    violations
}

/// The files of pure decisions beside those that are called `machine`.
const PURE: [&str; 34] = [
    "actors/src/balance/ewma.rs",
    "actors/src/balance/maglev.rs",
    "actors/src/balance/rendezvous.rs",
    "actors/src/balance/ring.rs",
    "actors/src/balance/slow_start.rs",
    "actors/src/balance/two_choices.rs",
    "actors/src/breaker/half_open.rs",
    "actors/src/breaker/open_time.rs",
    "actors/src/breaker/restore.rs",
    "actors/src/breaker/retune.rs",
    "actors/src/breaker/trip.rs",
    "actors/src/breaker/window.rs",
    "actors/src/chain/budget.rs",
    "actors/src/chain/lineup.rs",
    "actors/src/concurrency/gradient.rs",
    "actors/src/outlier/latencies.rs",
    "actors/src/outlier/rules.rs",
    "actors/src/outlier/streak.rs",
    "actors/src/pool/resource/bound.rs",
    "actors/src/pool/resource/contract.rs",
    "actors/src/pool/resource/turn.rs",
    "actors/src/rate/pace.rs",
    "actors/src/registry/book.rs",
    "actors/src/retry/budget.rs",
    "actors/src/retry/latency.rs",
    "actors/src/retry/tries.rs",
    "actors/src/shed/levels.rs",
    "actors/src/shed/overload.rs",
    "runtime/gate/src/rules.rs",
    "runtime/http/src/admission/utilization.rs",
    "runtime/supervisor/src/intensity.rs",
    "runtime/supervisor/src/poison.rs",
    "runtime/supervisor/src/supervision/decide.rs",
    "runtime/supervisor/src/supervision/validate.rs",
];

/// A decision that is pure can be tested by a table: state, event, now.
fn machines(tree: &Tree) -> Vec<Violation> {
    let words = ["Instant", "SystemTime", "actix", "actix_rt", "tokio"];
    let mut violations = Vec::new();
    let named = |path: &str| path.ends_with("/machine.rs") || path.contains("/machine/");
    let pure = |path: &str| named(path) || PURE.contains(&path);
    for file in tree.shipped().filter(|file| pure(&file.path)) {
        for (line, code) in file.code() {
            if let Some(word) = words.iter().find(|word| has_word(code, word)) {
                violations.push(Violation {
                    rule: "a machine has no clock and no mailbox",
                    place: file.at(line),
                    found: format!("`{word}`"),
                    remedy: "take `now: Duration` since the mesh's epoch as an argument, return effects, and act on them in actor.rs".into(),
                });
            }
        }
    }
    violations
}

#[test]
fn each_pure_file_that_is_listed_is_there() {
    let tree = Tree::real();
    let gone = PURE.iter().filter(|path| tree.file(path).is_none());
    assert_eq!(
        gone.collect::<Vec<_>>(),
        [&""; 0],
        "take it off PURE, or list its new name"
    );
}

#[test]
fn sockets_disks_actors_and_models_stay_in_their_rooms() {
    assert_none(&privileges(&Tree::real()));
}

#[test]
fn a_machine_has_no_clock_and_no_mailbox() {
    assert_none(&machines(&Tree::real()));
}

#[test]
fn each_privilege_is_missed_outside_its_rooms_and_granted_inside() {
    for Privilege {
        rule, rooms, words, ..
    } in &PRIVILEGES
    {
        for word in *words {
            let inside = format!("{}src/lib.rs", rooms[0]);
            let tree = Tree::of(&[
                ("actors/src/lib.rs", word),
                (&inside, word),
                ("tests/gateway.rs", word),
            ]);
            let found = privileges(&tree);
            let of_rule: Vec<_> = found
                .iter()
                .filter(|violation| violation.rule == *rule)
                .cloned()
                .collect();
            assert_eq!(places(&of_rule), ["actors/src/lib.rs:1"], "{word}");
        }
    }
}

#[test]
fn words_that_only_look_alike_are_free() {
    let code = "let a: SocketAddr;\nlet b: ArbiterHandle;\nlet c = fs::read_to_string(x);\n// TcpListener";
    assert_none(&privileges(&Tree::of(&[("runtime/mesh/src/lib.rs", code)])));
}

#[test]
fn a_machine_that_reads_a_clock_is_found() {
    let tree = Tree::of(&[
        (
            "actors/src/breaker/machine.rs",
            "use std::time::Duration;\nlet now = Instant::now();",
        ),
        ("actors/src/breaker/machine/tests.rs", "Instant::now()"),
        ("actors/src/breaker/actor.rs", "use actix::Actor;"),
        ("actors/src/breaker/trip.rs", "use tokio::time::sleep;"),
    ]);
    let expected = ["actors/src/breaker/machine.rs:2", "actors/src/breaker/trip.rs:1"];
    assert_eq!(places(&machines(&tree)), expected);
}
