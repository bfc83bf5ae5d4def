//! Names, lengths and words of files.

use crate::tree::{Tree, has_word};
use crate::violation::{Violation, assert_none, places};

/// Names that say nothing, so that anything ends up behind them.
const EMPTY_NAMES: [&str; 10] = [
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "core", "base", "types",
];

/// More than this is more than one subject.
const LONGEST: usize = 500;

/// Files that may be longer, each with the reason.
const LONGER: [(&str, &str); 0] = [];

fn names(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.sources() {
        let parts = file
            .path
            .split('/')
            .map(|part| part.strip_suffix(".rs").unwrap_or(part));
        for name in parts.filter(|part| EMPTY_NAMES.contains(part)) {
            violations.push(Violation {
                rule: "a file or folder is named after its subject",
                place: file.path.clone(),
                found: format!("`{name}` names no subject"),
                remedy: "split it by subject and name each part after what it is about".into(),
            });
        }
    }
    violations
}

fn lengths(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree
        .sources()
        .filter(|file| !LONGER.iter().any(|(path, _)| *path == file.path))
    {
        let lines = file.text.lines().count();
        if lines > LONGEST {
            violations.push(Violation {
                rule: "a file has one subject",
                place: file.path.clone(),
                found: format!("{lines} lines, {LONGEST} are allowed"),
                remedy: "move its tests to a tests.rs beside it, then split it by subject; or say in LONGER why it is one".into(),
            });
        }
    }
    violations
}

fn unfinished(tree: &Tree) -> Vec<Violation> {
    // Written in two parts, so that this file does not break its own rule.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let found = |line: &str| words.iter().find(|word| has_word(line, word)).copied();
    let remedy = "do it now, or write what is so today and open an issue for the rest";
    each_line(tree, "what is in the tree is finished", found, remedy)
}

fn pointers(tree: &Tree) -> Vec<Violation> {
    let words = [
        concat!("../", "shared"),
        concat!("/work/", "main"),
        concat!("/work/", "shared"),
        concat!("/tmp/", "briefs"),
    ];
    let found = |line: &str| words.iter().find(|word| line.contains(**word)).copied();
    let remedy = "say here what the reader needs; nothing outside the project can be opened by them";
    each_line(tree, "the project speaks of itself alone", found, remedy)
}

fn each_line(
    tree: &Tree,
    rule: &'static str,
    found: impl Fn(&str) -> Option<&'static str>,
    remedy: &str,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(word) = found(line) {
                let place = file.at(index + 1);
                violations.push(Violation {
                    rule,
                    place,
                    found: format!("`{word}`"),
                    remedy: remedy.into(),
                });
            }
        }
    }
    violations
}

fn heads(tree: &Tree) -> Vec<Violation> {
    let roots = tree
        .sources()
        .filter(|file| file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs"));
    let bare = roots.filter(|file| !file.text.starts_with("//! "));
    bare.map(|file| Violation {
        rule: "a crate says in its first line what it is for",
        place: file.at(1),
        found: "no `//!` line".into(),
        remedy: "begin the file with one `//!` sentence".into(),
    })
    .collect()
}

#[test]
fn a_file_or_folder_is_named_after_its_subject() {
    assert_none(&names(&Tree::real()));
}

#[test]
fn a_file_has_one_subject() {
    assert_none(&lengths(&Tree::real()));
}

#[test]
fn a_file_that_may_be_longer_exists_and_needs_it() {
    let tree = Tree::real();
    for (path, reason) in LONGER {
        assert!(
            tree.text(path).lines().count() > LONGEST,
            "{path} needs no place in LONGER any more"
        );
        assert!(!reason.is_empty(), "{path}");
    }
}

#[test]
fn what_is_in_the_tree_is_finished() {
    assert_none(&unfinished(&Tree::real()));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    assert_none(&pointers(&Tree::real()));
}

#[test]
fn a_crate_says_in_its_first_line_what_it_is_for() {
    assert_none(&heads(&Tree::real()));
}

#[test]
fn an_empty_name_is_found_in_files_and_folders() {
    let tree = Tree::of(&[
        ("actors/src/utils.rs", ""),
        ("actors/src/common/mod.rs", ""),
        ("actors/src/baseline.rs", ""),
        ("docs/core/page.md", ""),
    ]);
    assert_eq!(
        places(&names(&tree)),
        ["actors/src/utils.rs", "actors/src/common/mod.rs"]
    );
}

#[test]
fn one_line_too_many_is_found() {
    let (just, over) = ("\n".repeat(LONGEST), "\n".repeat(LONGEST + 1));
    let tree = Tree::of(&[
        ("a/src/just.rs", &just),
        ("a/src/over.rs", &over),
        ("a/page.md", &over),
    ]);
    assert_eq!(places(&lengths(&tree)), ["a/src/over.rs"]);
}

#[test]
fn unfinished_work_and_pointers_outside_are_found_in_any_text() {
    let mark = format!("fine\n// {}: later", concat!("TO", "DO"));
    let pointer = format!("see {}/page.md", concat!("../", "shared"));
    let tree = Tree::of(&[
        ("a.rs", mark.as_str()),
        ("page.md", pointer.as_str()),
        ("b.rs", "XXXL todos"),
    ]);
    assert_eq!(places(&unfinished(&tree)), ["a.rs:2"]);
    assert_eq!(places(&pointers(&tree)), ["page.md:1"]);
}

#[test]
fn a_crate_without_a_first_sentence_is_found() {
    let tree = Tree::of(&[("a/src/lib.rs", "//! What a is for."), ("b/src/lib.rs", "mod c;")]);
    assert_eq!(places(&heads(&tree)), ["b/src/lib.rs:1"]);
}
