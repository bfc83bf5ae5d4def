//! The page on what the project stands on.

use std::collections::BTreeSet;

use crate::literals::in_backticks;
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

const PAGE: &str = "docs/dependencies.md";
const ROOT: &str = "Cargo.toml";

/// Each crate from outside has its version in the root manifest and one row on the page, and each row is one of them.
fn dependencies(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut complain = |rule: &'static str, place: &str, found: String, remedy: &str| {
        violations.push(Violation {
            rule,
            place: place.into(),
            found,
            remedy: remedy.into(),
        });
    };
    let root: toml::Table = tree.text(ROOT).parse().unwrap();
    let used: BTreeSet<&str> = root["workspace"]["dependencies"]
        .as_table()
        .into_iter()
        .flatten()
        .filter(|(_, detail)| detail.get("path").is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    for (folder, manifest) in tree.manifests() {
        for (name, detail) in crate::arrows::tables(&manifest, &crate::arrows::KINDS) {
            let of_workspace = detail.get("workspace").is_some() || detail.get("path").is_some();
            if !of_workspace {
                complain(
                    "a version is said once, at the root",
                    &format!("{folder}/Cargo.toml"),
                    format!("`{name}` has a version of its own"),
                    "put it into [workspace.dependencies] and write `workspace = true` here",
                );
            }
        }
    }
    let mut listed = BTreeSet::new();
    for row in tree.text(PAGE).lines().filter(|line| line.starts_with("| `")) {
        for name in row.split(" | ").next().into_iter().flat_map(in_backticks) {
            if !listed.insert(name) {
                complain(
                    "a crate from outside has one row",
                    PAGE,
                    format!("`{name}` has two"),
                    "keep one, and say all of it there",
                );
            }
        }
    }
    for name in used.difference(&listed) {
        complain(
            "a crate from outside has one row",
            PAGE,
            format!("`{name}` has none"),
            "say what it is for and why this one",
        );
    }
    for name in listed.difference(&used) {
        complain(
            "a row is a crate that is used",
            PAGE,
            format!("`{name}` is in no manifest"),
            "remove the row",
        );
    }
    violations
}

#[test]
fn each_crate_from_outside_has_its_version_at_the_root_and_one_row_on_the_page() {
    assert_none(&dependencies(&Tree::real()));
}

#[test]
fn a_crate_without_a_row_a_row_without_a_crate_and_a_version_of_its_own_are_found() {
    let root =
        "[workspace.dependencies]\nours = { path = \"ours\" }\nonce = \"1\"\ntwice = \"1\"\nnew = \"1\"\n";
    let page =
        "| crate | for |\n|---|---|\n| `once` | one |\n| `twice`, `gone` | two |\n| `twice` | three |\n";
    let tree = Tree::of(&[
        (ROOT, root),
        (
            "ours/Cargo.toml",
            "[dependencies]\nonce.workspace = true\n[dev-dependencies]\nown = \"2\"\n",
        ),
        (PAGE, page),
    ]);
    let found = dependencies(&tree);
    assert_eq!(places(&found), ["ours/Cargo.toml", PAGE, PAGE, PAGE]);
    let observed: Vec<&str> = found[1..]
        .iter()
        .map(|violation| violation.found.as_str())
        .collect();
    assert_eq!(
        observed,
        ["`twice` has two", "`new` has none", "`gone` is in no manifest"]
    );
}
