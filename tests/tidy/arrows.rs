//! Which way imports run.

use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

/// Each member by folder, its crate, and the crates of the workspace it may depend on.
const MEMBERS: &[(&str, &str, &[&str])] = &[
    ("config", "hedgerow-config", &[]),
    ("runtime/gate", "hedgerow-gate", &[]),
    ("runtime/view", "hedgerow-view", &[]),
    ("runtime/store", "hedgerow-store", &[]),
    ("runtime/supervisor", "hedgerow-supervisor", &["hedgerow-view"]),
    (
        "actors",
        "hedgerow-actors",
        &[
            "hedgerow-supervisor",
            "hedgerow-store",
            "hedgerow-gate",
            "hedgerow-config",
            "hedgerow-view",
        ],
    ),
    (
        "runtime/http",
        "hedgerow-http",
        &[
            "hedgerow-actors",
            "hedgerow-supervisor",
            "hedgerow-gate",
            "hedgerow-config",
            "hedgerow-view",
        ],
    ),
    (
        "runtime/dashboard",
        "hedgerow-dashboard",
        &["hedgerow-supervisor", "hedgerow-view"],
    ),
    (
        "runtime/telemetry",
        "hedgerow-telemetry",
        &["hedgerow-supervisor", "hedgerow-view"],
    ),
    ("runtime/mesh", "hedgerow", EVERYTHING_BELOW_THE_FACADE),
    // What stands beside the product uses the facade, as its users do.
    ("examples", "hedgerow-examples", &["hedgerow"]),
    // Measured and attacked from any side.
    ("benches", "hedgerow-benches", ALL),
    ("tests", "hedgerow-tests", ALL),
    ("xtask", "xtask", &[]),
];

const EVERYTHING_BELOW_THE_FACADE: &[&str] = &[
    "hedgerow-config",
    "hedgerow-gate",
    "hedgerow-view",
    "hedgerow-store",
    "hedgerow-supervisor",
    "hedgerow-actors",
    "hedgerow-http",
    "hedgerow-dashboard",
    "hedgerow-telemetry",
];

const ALL: &[&str] = &[
    "hedgerow",
    "hedgerow-config",
    "hedgerow-gate",
    "hedgerow-view",
    "hedgerow-store",
    "hedgerow-supervisor",
    "hedgerow-actors",
    "hedgerow-http",
    "hedgerow-dashboard",
    "hedgerow-telemetry",
];

/// Crates from outside that only one member may depend on, also in its tests.
const CAPTIVES: [(&str, &str, &str); 3] = [
    (
        "sled",
        "hedgerow-store",
        "store through the port of hedgerow-store",
    ),
    (
        "backoff",
        "hedgerow-supervisor",
        "take the waits from hedgerow-supervisor's `backoff` module",
    ),
    (
        "loom",
        "hedgerow-gate",
        "move what needs a model of all interleavings into hedgerow-gate",
    ),
];

/// Dependencies between members run only along the arrows of [`MEMBERS`].
fn arrows(tree: &Tree) -> Vec<Violation> {
    let rule = "imports between crates run in one direction";
    let mut violations = Vec::new();
    for (folder, manifest) in tree.manifests() {
        let place = format!("{folder}/Cargo.toml");
        let Some((_, _, allowed)) = MEMBERS.iter().find(|(member, ..)| *member == folder) else {
            let remedy =
                "give it a row in MEMBERS of tests/tidy/arrows.rs, with what it may depend on".into();
            violations.push(Violation {
                rule,
                place,
                found: "a member without arrows".into(),
                remedy,
            });
            continue;
        };
        // A crate's own tests may look upward: cargo allows it, and nothing is shipped by it.
        for dependency in dependencies(&manifest, &["dependencies", "build-dependencies"]) {
            let ours = dependency == "xtask" || ALL.contains(&dependency.as_str());
            if ours && !allowed.contains(&dependency.as_str()) {
                violations.push(Violation {
                    rule,
                    place: place.clone(),
                    found: format!("{folder} depends on {dependency}"),
                    remedy: format!(
                        "it may depend on {allowed:?}; own a port here and let the other side implement it"
                    ),
                });
            }
        }
    }
    violations
}

/// A crate behind a seam is a dependency of the seam's crate only.
fn captives(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, manifest) in tree.manifests() {
        let member = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(|name| name.as_str());
        let all = dependencies(&manifest, &KINDS);
        for (captive, owner, remedy) in CAPTIVES {
            if member != Some(owner) && all.iter().any(|dependency| dependency == captive) {
                violations.push(Violation {
                    rule: "a crate behind a seam has one owner",
                    place: format!("{folder}/Cargo.toml"),
                    found: format!("{captive} is a dependency, and belongs to {owner}"),
                    remedy: remedy.into(),
                });
            }
        }
    }
    violations
}

/// The tables of a manifest that say what a member depends on.
pub(crate) const KINDS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// The names of the crates in the named tables, also those of one target or `cfg` only.
fn dependencies(manifest: &toml::Table, tables: &[&str]) -> Vec<String> {
    let named = self::tables(manifest, tables).map(|(name, detail)| {
        // `package` is the crate's own name where the member calls it otherwise.
        let package = detail.get("package").and_then(|package| package.as_str());
        package.unwrap_or(name).to_owned()
    });
    named.collect()
}

/// What stands in the named tables, also in those of one target or `cfg` only.
pub(crate) fn tables<'a>(
    manifest: &'a toml::Table,
    tables: &'a [&str],
) -> impl Iterator<Item = (&'a str, &'a toml::Value)> {
    let per_target = manifest.get("target").and_then(|target| target.as_table());
    let targets = per_target
        .into_iter()
        .flat_map(toml::Table::values)
        .filter_map(|target| target.as_table());
    let scopes = std::iter::once(manifest).chain(targets);
    let found = scopes.flat_map(|scope| tables.iter().filter_map(|table| scope.get(*table)?.as_table()));
    found.flatten().map(|(name, detail)| (name.as_str(), detail))
}

#[test]
fn imports_between_crates_run_in_one_direction() {
    assert_none(&arrows(&Tree::real()));
}

#[test]
fn a_crate_behind_a_seam_has_one_owner() {
    assert_none(&captives(&Tree::real()));
}

#[test]
fn every_arrow_points_at_a_member() {
    for (folder, _, allowed) in MEMBERS {
        for target in *allowed {
            assert!(
                MEMBERS.iter().any(|(_, name, _)| name == target),
                "{folder} -> {target}"
            );
        }
    }
}

#[test]
fn a_wrong_arrow_is_found_in_every_kind_of_table() {
    let tree = Tree::of(&[
        (
            "runtime/view/Cargo.toml",
            "[dependencies]\nhedgerow-gate.workspace = true",
        ),
        (
            "runtime/dashboard/Cargo.toml",
            "[dependencies]\nseen = { package = \"hedgerow-actors\", path = \"x\" }",
        ),
        (
            "runtime/gate/Cargo.toml",
            "[target.'cfg(unix)'.build-dependencies]\nhedgerow-view = \"0\"",
        ),
        (
            "actors/Cargo.toml",
            "[dependencies]\nhedgerow-gate.workspace = true\n[dev-dependencies]\nhedgerow-http = \"0\"",
        ),
        ("cellar/Cargo.toml", ""),
    ]);
    let found = arrows(&tree);
    let expected = [
        "runtime/view/Cargo.toml",
        "runtime/dashboard/Cargo.toml",
        "runtime/gate/Cargo.toml",
        "cellar/Cargo.toml",
    ];
    assert_eq!(places(&found), expected);
    assert_eq!(found[1].found, "runtime/dashboard depends on hedgerow-actors");
}

#[test]
fn a_second_owner_of_a_captive_is_found_even_in_its_tests() {
    let tree = Tree::of(&[
        (
            "runtime/store/Cargo.toml",
            "[package]\nname = \"hedgerow-store\"\n[dependencies]\nsled = \"0.34\"",
        ),
        (
            "tests/Cargo.toml",
            "[package]\nname = \"hedgerow-tests\"\n[dev-dependencies]\nsled = \"0.34\"",
        ),
    ]);
    assert_eq!(places(&captives(&tree)), ["tests/Cargo.toml"]);
}
