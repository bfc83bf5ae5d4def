//! The advisories that are accepted, the same in every list.

use std::collections::BTreeSet;

use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

/// backoff, instant (by backoff and sled), fxhash (by sled).
const ACCEPTED: [&str; 3] = ["RUSTSEC-2025-0012", "RUSTSEC-2024-0384", "RUSTSEC-2025-0057"];

/// The crate behind a seam and the only crate that may depend on it.
const WRAPPERS: [(&str, &str); 2] = [("backoff", "hedgerow-supervisor"), ("sled", "hedgerow-store")];

fn lists(tree: &Tree) -> Vec<Violation> {
    let accepted: BTreeSet<String> = ACCEPTED.iter().map(|id| (*id).to_owned()).collect();
    let places = ["deny.toml", ".cargo/audit.toml", "docs/dependency-exceptions.md"];
    let mut violations = Vec::new();
    for place in places {
        let found = ids(tree.text(place));
        if found != accepted {
            violations.push(Violation {
                rule: "exactly the accepted advisories are listed, everywhere the same",
                place: place.into(),
                found: format!("{found:?} instead of {accepted:?}"),
                remedy: format!(
                    "bring {} and ACCEPTED in tests/tidy/exceptions.rs together",
                    places.join(", ")
                ),
            });
        }
    }
    violations
}

fn wrappers(tree: &Tree) -> Vec<Violation> {
    let deny: toml::Table = tree.text("deny.toml").parse().unwrap();
    let bans = deny
        .get("bans")
        .and_then(|bans| bans.get("deny"))
        .and_then(|deny| deny.as_array());
    let mut violations = Vec::new();
    for (name, owner) in WRAPPERS {
        let entry = bans
            .into_iter()
            .flatten()
            .find(|ban| ban.get("crate").and_then(|c| c.as_str()) == Some(name));
        let wrappers = entry
            .and_then(|ban| ban.get("wrappers"))
            .and_then(|wrappers| wrappers.as_array());
        let right =
            wrappers.is_some_and(|wrappers| wrappers.len() == 1 && wrappers[0].as_str() == Some(owner));
        if !right {
            violations.push(Violation {
                rule: "an unmaintained crate has one crate around it",
                place: "deny.toml".into(),
                found: format!("the wrappers of {name} are {wrappers:?}"),
                remedy: format!("write {{ crate = \"{name}\", wrappers = [\"{owner}\"] }} under [bans] deny"),
            });
        }
    }
    violations
}

/// The ids of advisories in `text`, each once.
fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words
        .filter(|word| word.starts_with("RUSTSEC-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn exactly_the_accepted_advisories_are_listed_everywhere_the_same() {
    assert_none(&lists(&Tree::real()));
}

#[test]
fn an_unmaintained_crate_has_one_crate_around_it() {
    assert_none(&wrappers(&Tree::real()));
}

#[test]
fn a_list_with_an_id_too_few_or_too_many_is_found() {
    let right = ACCEPTED.join(" ");
    let tree = Tree::of(&[
        ("deny.toml", &format!("# {right} RUSTSEC-2099-0001")),
        (".cargo/audit.toml", ACCEPTED[0]),
        ("docs/dependency-exceptions.md", &right),
    ]);
    assert_eq!(places(&lists(&tree)), ["deny.toml", ".cargo/audit.toml"]);
}

#[test]
fn a_second_wrapper_or_none_is_found() {
    let deny =
        "[bans]\ndeny = [{ crate = \"backoff\", wrappers = [\"hedgerow-supervisor\", \"hedgerow-actors\"] }]";
    assert_eq!(wrappers(&Tree::of(&[("deny.toml", deny)])).len(), 2);
}
