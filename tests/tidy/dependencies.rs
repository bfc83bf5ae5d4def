//! What the project stands on: the page on it, and that each of it is used.

use std::collections::BTreeSet;

use crate::literals::in_backticks;
use crate::tree::{File, Tree};
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

/// Each dependency of a member is named where it is for: in what the member ships, or for one of its tests alone anywhere in it;
/// and each crate of the root manifest is a dependency of a member.
fn unused(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut complain = |place: String, name: &str, found: &str| {
        violations.push(Violation {
            rule: "what a manifest asks for is used",
            place,
            found: format!("`{name}` {found}"),
            remedy: "remove it, or let only the tests depend on it".into(),
        });
    };
    let root: toml::Table = tree.text(ROOT).parse().unwrap();
    let known = root["workspace"]["dependencies"].as_table().into_iter().flatten();
    let mut unasked: BTreeSet<&str> = known.map(|(name, _)| name.as_str()).collect();
    for (folder, manifest) in tree.manifests() {
        let inside = |file: &&File| {
            let path = file.path.strip_prefix(folder);
            path.is_some_and(|path| path.starts_with('/'))
        };
        let sources: Vec<_> = tree.sources().filter(inside).collect();
        let beside: Vec<_> = sources.iter().flat_map(|file| taken_in(tree, file)).collect();
        for (name, _) in crate::arrows::tables(&manifest, &["dependencies", "build-dependencies"]) {
            unasked.remove(name);
            let path = format!("{}::", name.replace('-', "_"));
            let mut shipped = sources.iter().filter(|file| !is_test_of(folder, &file.path));
            if !shipped.any(|file| file.code().any(|(_, line)| is_named(line, &path))) {
                complain(
                    format!("{folder}/Cargo.toml"),
                    name,
                    "is in nothing that is shipped",
                );
            }
        }
        for (name, _) in crate::arrows::tables(&manifest, &["dev-dependencies"]) {
            unasked.remove(name);
            let path = format!("{}::", name.replace('-', "_"));
            // Also in an example of the documentation.
            let mut texts = sources.iter().chain(&beside);
            if !texts.any(|file| is_named(&file.text, &path)) {
                complain(format!("{folder}/Cargo.toml"), name, "is in no test");
            }
        }
    }
    for name in unasked {
        complain(ROOT.into(), name, "is a dependency of no member");
    }
    violations
}

/// Pages and sources elsewhere that a source takes in.
fn taken_in<'t>(tree: &'t Tree, source: &File) -> impl Iterator<Item = &'t File> {
    let marks = ["include_str!(\"../", "#[path = \"../"];
    let behind = marks.into_iter().flat_map(|mark| source.text.split(mark).skip(1));
    let paths = behind.filter_map(|text| text.split('"').next());
    paths.filter_map(|path| tree.file(path.trim_start_matches("../")))
}

/// Whether the file at `path` is a test of the member in `folder`, whatever that is called.
fn is_test_of(folder: &str, path: &str) -> bool {
    let inside = &path[folder.len()..];
    inside.ends_with("tests.rs") || inside.contains("/tests/")
}

/// Whether `text` has this path, and not as the end of a longer name.
fn is_named(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn what_a_manifest_asks_for_is_used() {
    assert_none(&unused(&Tree::real()));
}

#[test]
fn a_dependency_that_only_tests_use_one_that_nobody_uses_and_one_of_no_member_are_found() {
    let root = "[workspace.dependencies]\nshipped-one = \"1\"\ntested = \"1\"\nidle = \"1\"\nstray = \"1\"\n";
    let ours = "[dependencies]\nshipped-one.workspace = true\ntested.workspace = true\n\
         [dev-dependencies]\ntested.workspace = true\nidle.workspace = true\n";
    let tree = Tree::of(&[
        (ROOT, root),
        ("ours/Cargo.toml", ours),
        (
            "ours/src/lib.rs",
            "use shipped_one::Name;\n// tested::Name, not_idle::Name",
        ),
        ("ours/src/lib_tests.rs", "use tested::Name;"),
        ("oursel/src/lib.rs", "use idle::Name;"),
    ]);
    let found = unused(&tree);
    let observed: Vec<&str> = found.iter().map(|violation| violation.found.as_str()).collect();
    assert_eq!(
        observed,
        [
            "`tested` is in nothing that is shipped",
            "`idle` is in no test",
            "`stray` is a dependency of no member"
        ]
    );
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
