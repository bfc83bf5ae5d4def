//! What cargo would leave out without a word.

use crate::tree::{File, Tree};
use crate::violation::{Violation, assert_none, places};

/// Every file of examples, benches and tests belongs to a target that their manifest lists.
fn listed(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, manifest) in tree.manifests() {
        if !["examples", "benches", "tests"].contains(&folder) {
            continue;
        }
        let targets = targets(&manifest);
        for file in tree.sources() {
            let Some(inside) = file
                .path
                .strip_prefix(folder)
                .and_then(|path| path.strip_prefix('/'))
            else {
                continue;
            };
            if !targets.iter().any(|target| covers(target, inside)) {
                violations.push(Violation {
                    rule: "every file of examples, benches and tests is built",
                    place: file.path.clone(),
                    found: format!("no target of {folder}/Cargo.toml has it"),
                    remedy: format!(
                        "list it there as [[test]], [[example]] or [[bench]] with path = \"{inside}\""
                    ),
                });
            }
        }
    }
    violations
}

/// The root files of the targets that a manifest lists, and the library's.
fn targets(manifest: &toml::Table) -> Vec<String> {
    let mut paths = vec!["src/lib.rs".to_owned()];
    for kind in ["test", "example", "bench", "bin"] {
        let listed = manifest
            .get(kind)
            .and_then(|list| list.as_array())
            .into_iter()
            .flatten();
        paths.extend(
            listed
                .filter_map(|target| target.get("path")?.as_str())
                .map(str::to_owned),
        );
    }
    paths
}

/// Whether `file` is the root of the target or a module in its folder.
fn covers(target: &str, file: &str) -> bool {
    let folder = target.rsplit_once('/').map(|(folder, _)| folder);
    target == file
        || folder.is_some_and(|folder| {
            file.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        })
}

/// Every module file is declared by a file beside or above it.
fn declared(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.sources() {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let Some((home, module)) = module(folder, name) else {
            continue;
        };
        let root = is_root(tree, file);
        // A parent is in the module's folder (mod.rs, lib.rs) or named after the folder.
        let parent = format!("{home}.rs");
        let mut parents = tree.sources().filter(|other| {
            let beside = other
                .path
                .rsplit_once('/')
                .is_some_and(|(folder, _)| folder == home);
            (beside || other.path == parent) && other.path != file.path
        });
        if !root && !parents.any(|parent| declares(parent, module, name)) {
            violations.push(Violation {
                rule: "every source file is a module of its crate",
                place: file.path.clone(),
                found: format!("no `mod {module};` beside it: it is never compiled"),
                remedy: format!("declare `mod {module};` in its parent, or remove the file"),
            });
        }
    }
    violations
}

/// The folder whose files may declare the module, and the module's name; none for roots by their name.
fn module<'a>(folder: &'a str, name: &'a str) -> Option<(&'a str, &'a str)> {
    match name {
        "lib.rs" | "main.rs" | "build.rs" => None,
        "mod.rs" => folder.rsplit_once('/'),
        _ => Some((folder, name.strip_suffix(".rs").unwrap_or(name))),
    }
}

/// Whether `file` is the root of a target: listed, or found by cargo in `tests/` and `benches/` of a crate.
fn is_root(tree: &Tree, file: &File) -> bool {
    tree.manifests().iter().any(|(folder, manifest)| {
        let Some(inside) = file
            .path
            .strip_prefix(folder)
            .and_then(|path| path.strip_prefix('/'))
        else {
            return false;
        };
        let found = ["tests/", "benches/", "examples/"]
            .iter()
            .any(|kind| inside.strip_prefix(kind).is_some_and(|name| !name.contains('/')));
        found || targets(manifest).iter().any(|target| target == inside)
    })
}

fn declares(parent: &File, module: &str, name: &str) -> bool {
    let declaration = format!("mod {module};");
    let path = format!("#[path = \"{name}\"]");
    parent.text.lines().any(|line| {
        let line = line.trim();
        let public = line.starts_with("pub") && line.ends_with(&format!(" {declaration}"));
        line == declaration || public || line == path
    })
}

/// Every package is a member, and every member obeys the workspace's lints.
fn members(tree: &Tree) -> Vec<Violation> {
    let rule = "every package is a member under the workspace's lints";
    let workspace: toml::Table = tree.text("Cargo.toml").parse().unwrap();
    let listed = workspace["workspace"]["members"].as_array().unwrap();
    let mut violations = Vec::new();
    for (folder, manifest) in tree.manifests() {
        let place = format!("{folder}/Cargo.toml");
        if !listed.iter().any(|member| member.as_str() == Some(folder)) {
            let remedy = "add its folder to `members` in the root Cargo.toml".into();
            violations.push(Violation {
                rule,
                place: place.clone(),
                found: "not a member".into(),
                remedy,
            });
        }
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(|on| on.as_bool());
        if lints != Some(true) {
            let remedy = "add `[lints]` with `workspace = true`".into();
            violations.push(Violation {
                rule,
                place,
                found: "lints of its own".into(),
                remedy,
            });
        }
    }
    violations
}

#[test]
fn every_file_of_examples_benches_and_tests_is_built() {
    assert_none(&listed(&Tree::real()));
}

#[test]
fn every_source_file_is_a_module_of_its_crate() {
    assert_none(&declared(&Tree::real()));
}

#[test]
fn every_package_is_a_member_under_the_workspaces_lints() {
    assert_none(&members(&Tree::real()));
}

#[test]
fn an_unlisted_file_is_found() {
    let manifest = "[[example]]\nname = \"gateway\"\npath = \"gateway/main.rs\"\n[[example]]\nname = \"any\"\npath = \"any.rs\"";
    let tree = Tree::of(&[
        ("examples/Cargo.toml", manifest),
        ("examples/src/lib.rs", ""),
        ("examples/any.rs", ""),
        ("examples/gateway/main.rs", ""),
        ("examples/gateway/demo.rs", ""),
        ("examples/forgotten.rs", ""),
        ("examples/gatewaylike/main.rs", ""),
    ]);
    assert_eq!(
        places(&listed(&tree)),
        ["examples/forgotten.rs", "examples/gatewaylike/main.rs"]
    );
}

#[test]
fn a_module_that_nothing_declares_is_found() {
    let tree = Tree::of(&[
        ("actors/Cargo.toml", ""),
        (
            "actors/src/lib.rs",
            "pub mod breaker;\npub(crate) mod pool;\n// mod lost;",
        ),
        ("actors/src/breaker/mod.rs", "mod machine;"),
        ("actors/src/breaker/machine.rs", "#[cfg(test)]\nmod tests;"),
        ("actors/src/breaker/machine/tests.rs", ""),
        ("actors/src/pool.rs", "#[path = \"pool_tests.rs\"]\nmod tests;"),
        ("actors/src/pool_tests.rs", ""),
        ("actors/src/lost.rs", ""),
        ("actors/tests/crash.rs", ""),
        ("actors/src/orphan/mod.rs", ""),
    ]);
    assert_eq!(
        places(&declared(&tree)),
        ["actors/src/lost.rs", "actors/src/orphan/mod.rs"]
    );
}

#[test]
fn a_package_outside_the_workspace_is_found() {
    let tree = Tree::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"config\"]"),
        ("config/Cargo.toml", "[lints]\nworkspace = true"),
        ("cellar/Cargo.toml", "[lints]\nworkspace = true"),
    ]);
    assert_eq!(places(&members(&tree)), ["cellar/Cargo.toml"]);
}
