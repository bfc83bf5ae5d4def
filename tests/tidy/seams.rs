//! Each unmaintained crate is named by one file.

use crate::tree::{File, Tree};
use crate::violation::{Violation, assert_none, places};

/// The crate, and the only file that may name it.
const SEAMS: [(&str, &str); 2] = [
    ("sled", "runtime/store/src/sled.rs"),
    ("backoff", "runtime/supervisor/src/backoff.rs"),
];

fn seams(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, seam) in SEAMS {
        // Tests may damage what the crate wrote; the manifests still hold them to the owner's package.
        for file in tree.shipped().filter(|file| file.path != seam) {
            violations.extend(mentions(file, name).map(|line| Violation {
                rule: "an unmaintained crate is named by one file",
                place: file.at(line),
                found: format!("the crate {name} is named outside {seam}"),
                remedy: format!(
                    "go through what {seam} offers; where a module of ours is meant, write `self::{name}::` or `crate::{name}::`"
                ),
            }));
        }
    }
    violations
}

/// The lines of `file` that name the outside crate, as against a module of the same name.
fn mentions(file: &File, name: &str) -> impl Iterator<Item = usize> {
    let path = format!("{name}::");
    // In a file that has such a module, the bare name is the module.
    let module = file.code().any(|(_, line)| {
        let line = line
            .trim()
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ");
        let local = ["crate", "self", "super"]
            .iter()
            .any(|root| line == format!("use {root}::{name};"));
        local || line == format!("mod {name};")
    });
    file.code().filter_map(move |(line, code)| {
        let bare =
            !module && (code.contains(&format!("use {name};")) || code.contains(&format!("use {name} as")));
        let declared = code.contains(&format!("extern crate {name}"));
        let pathed = code
            .match_indices(&path)
            .any(|(at, _)| outside(&code[..at], module));
        (bare || declared || pathed).then_some(line)
    })
}

/// Whether a path that follows `before` begins at the crates, not at a module of ours.
fn outside(before: &str, module: bool) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    match before.strip_suffix("::") {
        // `::sled::` is the crate, `x::sled::` a module in x.
        Some(root) => !root.ends_with(part),
        None => !module && !before.ends_with(part),
    }
}

#[test]
fn an_unmaintained_crate_is_named_by_one_file() {
    assert_none(&seams(&Tree::real()));
}

#[test]
fn each_seam_is_reported_where_the_crate_leaks() {
    let tree = Tree::of(&[
        ("runtime/store/src/sled.rs", "use sled::Db;"),
        ("runtime/store/src/memory.rs", "\nuse sled::Db;"),
        (
            "actors/src/retry.rs",
            "let x = ::backoff::ExponentialBackoff::default();",
        ),
        ("runtime/mesh/src/lib.rs", "fn open() -> sled::Db {}"),
        ("runtime/mesh/src/boot.rs", "use sled as disk;"),
        (
            "runtime/store/src/lib.rs",
            "mod sled;\nuse sled::Sled;\nuse ::sled::Db;",
        ),
    ]);
    let expected = [
        "runtime/store/src/memory.rs:2",
        "runtime/mesh/src/lib.rs:1",
        "runtime/mesh/src/boot.rs:1",
        "runtime/store/src/lib.rs:3",
        "actors/src/retry.rs:1",
    ];
    assert_eq!(places(&seams(&tree)), expected);
}

#[test]
fn a_module_of_ours_with_the_same_name_is_no_leak() {
    let tree = Tree::of(&[
        (
            "runtime/store/src/lib.rs",
            "mod sled;\npub use sled::Sled;\nlet x = sled::Sled::open();",
        ),
        (
            "runtime/supervisor/src/cell.rs",
            "use crate::backoff::Backoff;\n// backoff::ExponentialBackoff",
        ),
        (
            "runtime/supervisor/src/child.rs",
            "use crate::backoff;\nlet x = backoff::Backoff::new();",
        ),
        ("runtime/store/src/sled/tests.rs", "use sled::Db;"),
    ]);
    assert_none(&seams(&tree));
}
