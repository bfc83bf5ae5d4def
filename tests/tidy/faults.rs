//! The table of faults, and the tests that are named after them.

use std::collections::{BTreeMap, BTreeSet};

use crate::literals::in_backticks;
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

const PAGE: &str = "docs/faults.md";

/// The letters that ids begin with.
const LETTERS: &str = "abscdukwp";

/// Each test that is named after a fault has a row that names its file, or that of another test of the fault; and the files that
/// a row names are there.
fn faults(tree: &Tree) -> Vec<Violation> {
    let mut rows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut violations = Vec::new();
    let mut complain = |rule: &'static str, place: String, found: String, remedy: &str| {
        violations.push(Violation {
            rule,
            place,
            found,
            remedy: remedy.into(),
        });
    };
    for (index, line) in tree.text(PAGE).lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, _, _, tests] = cells[..] else { continue };
        if !is_id(&id.to_lowercase()) {
            continue;
        }
        let place = format!("{PAGE}:{}", index + 1);
        let files = in_backticks(tests);
        for file in files.iter().filter(|path| tree.file(path).is_none()) {
            complain(
                "a row names files that are there",
                place.clone(),
                format!("`{file}` is not there"),
                "name the file that the tests are in now",
            );
        }
        if files.is_empty() && tests != "none" {
            complain(
                "a row names its tests, or says that there are none",
                place.clone(),
                format!("{id} says `{tests}`"),
                "write `none`",
            );
        }
        if rows.insert(id.to_lowercase(), files).is_some() {
            complain("a fault has one row", place, format!("{id} has two"), "keep one");
        }
    }
    let mut tests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in tree
        .sources()
        .filter(|file| !file.path.starts_with("tests/tidy/"))
    {
        for code in file.text.split("fn ").skip(1) {
            if let Some(id) = fault_of(code) {
                tests.entry(id).or_default().insert(&file.path);
            }
        }
    }
    for (id, files) in tests {
        let named = rows
            .get(id)
            .into_iter()
            .flatten()
            .any(|path| files.contains(path));
        if !named {
            let first = files.first().copied().unwrap_or_default();
            complain(
                "a fault that is tested has a row that names a test",
                first.into(),
                format!("a test is named after {}", id.to_uppercase()),
                "name this file in that fault's row of docs/faults.md, or name the test otherwise",
            );
        }
    }
    violations
}

/// The fault that the test at the beginning of this code is named after: `s4` of `component_s4_a_full_disk_fails_no_request`. Of other functions no name is a
/// sentence.
fn fault_of(code: &str) -> Option<&str> {
    let name = code
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next()?;
    let name = name.strip_prefix("component_").unwrap_or(name);
    let (id, sentence) = name.split_once('_')?;
    let is_sentence = sentence.matches('_').count() > 2;
    (is_id(id) && is_sentence).then_some(id)
}

fn is_id(text: &str) -> bool {
    let mut chars = text.chars();
    let letter = chars.next().is_some_and(|c| LETTERS.contains(c));
    letter && !chars.as_str().is_empty() && chars.all(|c| c.is_ascii_digit())
}

#[test]
fn a_fault_that_is_tested_has_a_row_and_the_files_of_rows_are_there() {
    assert_none(&faults(&Tree::real()));
}

#[test]
fn a_fault_without_a_row_a_row_that_denies_its_test_and_a_file_that_is_gone_are_found() {
    let page = "| id | fault | does | tests |\n|---|---|---|---|\n| A1 | x | y | `a.rs`, `gone.rs` |\n| S4 | x | y | none |\n";
    let tree = Tree::of(&[
        (PAGE, page),
        (
            "a.rs",
            "fn a1_one_of_the_four() {}\nfn add_one() {}\nfn p95_latency() {}",
        ),
        (
            "b.rs",
            "async fn a1_two_of_the_four() {}\nfn component_s4_a_disk_is_full() {}\nfn k11_a_line_is_lost() {}",
        ),
    ]);
    let found = faults(&tree);
    assert_eq!(places(&found), ["docs/faults.md:3", "b.rs", "b.rs"]);
    assert_eq!(found[1].found, "a test is named after K11");
    assert_eq!(found[2].found, "a test is named after S4");
}
