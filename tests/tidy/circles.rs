//! Rooms of the actors that know each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::literals::Code;
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

const ACTORS: &str = "actors/src/";

/// Arrows that close a circle and are borne: an upstream holds what is known of its endpoints by those who look after them,
/// and each of those knows the endpoints; and members of a service are told by the registry as discovery knows them.
const BORNE: [(&str, &str); 7] = [
    ("outlier", "reputation"),
    ("registry", "discovery"),
    ("upstream", "discovery"),
    ("upstream", "health"),
    ("upstream", "outlier"),
    ("upstream", "readiness"),
    ("upstream", "reputation"),
];

/// Each room, which other rooms it knows, and the first file that knows it.
type Arrows<'t> = BTreeMap<&'t str, BTreeMap<&'t str, &'t str>>;

/// The room of a file; `None` for the root of the crate, which knows all.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(ACTORS)?;
    let room = inside.split('/').next()?;
    let room = room.strip_suffix(".rs").unwrap_or(room);
    (room != "lib").then_some(room)
}

fn arrows(tree: &Tree) -> Arrows<'_> {
    let files = || tree.shipped().filter_map(|file| Some((room(&file.path)?, file)));
    let rooms: BTreeSet<&str> = files().map(|(room, _)| room).collect();
    let mut arrows = Arrows::new();
    for (from, file) in files() {
        let known = arrows.entry(from).or_default();
        let code = Code::of(file);
        for to in code.pieces_behind("crate::").into_iter().flat_map(named) {
            if let Some(to) = rooms.get(to)
                && *to != from
            {
                known.entry(*to).or_insert(&file.path);
            }
        }
    }
    arrows
}

/// What stands behind `crate::`: one name, or the first names in a group of them.
fn named(path: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let first = |text| {
        let text: &str = text;
        &text[..word(text).unwrap_or(text.len())]
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![first(path)];
    };
    let mut depth = 0_u32;
    let mut names = vec![first(group.trim_start())];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
}

/// Whether arrows lead from one room to the other, but for the borne ones.
fn leads(arrows: &Arrows<'_>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(room) = next.pop() {
        for known in arrows.get(room).into_iter().flat_map(BTreeMap::keys) {
            if BORNE.contains(&(room, known)) {
                continue;
            }
            if *known == to {
                return true;
            }
            if seen.insert(known) {
                next.push(known);
            }
        }
    }
    false
}

fn circles(tree: &Tree) -> Vec<Violation> {
    let arrows = arrows(tree);
    let all = arrows.iter().flat_map(|(from, known)| {
        let known = known.iter();
        known.map(move |(to, file)| (*from, *to, *file))
    });
    let closing = all.filter(|(from, to, _)| !BORNE.contains(&(from, to)) && leads(&arrows, to, from));
    let closed = closing.map(|(from, to, file)| Violation {
        rule: "the rooms of the actors know each other in one direction",
        place: file.to_owned(),
        found: format!("`{from}` knows `{to}`, which knows `{from}` by itself or by others"),
        remedy:
            "move what both need to the one below, or own a trait there and let the one above implement it"
                .to_owned(),
    });
    closed.collect()
}

/// Arrows that are borne and close no circle any more.
fn needless(tree: &Tree) -> Vec<Violation> {
    let arrows = arrows(tree);
    let needless = BORNE.into_iter().filter(|(from, to)| {
        let is_there = arrows.get(from).is_some_and(|known| known.contains_key(to));
        !is_there || !leads(&arrows, to, from)
    });
    let told = needless.map(|(from, to)| Violation {
        rule: "an arrow that is borne closes a circle",
        place: format!("{ACTORS}{from}"),
        found: format!("`{from}` and `{to}` are in no circle"),
        remedy: "take it out of BORNE in tests/tidy/circles.rs".to_owned(),
    });
    told.collect()
}

#[test]
fn the_rooms_of_the_actors_know_each_other_in_one_direction() {
    assert_none(&circles(&Tree::real()));
}

#[test]
fn an_arrow_that_is_borne_closes_a_circle() {
    assert_none(&needless(&Tree::real()));
}

#[test]
fn a_circle_is_found_in_each_of_its_rooms_also_by_groups_and_paths_in_code() {
    let tree = Tree::of(&[
        ("actors/src/lib.rs", "use crate::chain::Cursor;"),
        (
            "actors/src/chain/walk.rs",
            "use crate::{fnv, pool::{Lease, Pool}};\n// crate::nodes::reply",
        ),
        (
            "actors/src/pool/mod.rs",
            "fn spare() { crate::revision::written(); }",
        ),
        (
            "actors/src/revision/mod.rs",
            "use crate::chain::Cursor;\n#[cfg(test)]\nmod tests {\n    use crate::nodes::reply;\n}",
        ),
        ("actors/src/nodes/reply.rs", "use crate::chain::Cursor;"),
        ("actors/src/nodes/tests/reply.rs", "use crate::revision::spec;"),
        ("actors/src/fnv.rs", "pub(crate) fn fnv1a() {}"),
        ("runtime/http/src/chain/mod.rs", "use crate::pool::Pool;"),
    ]);
    assert_eq!(
        places(&circles(&tree)),
        [
            "actors/src/chain/walk.rs",
            "actors/src/pool/mod.rs",
            "actors/src/revision/mod.rs"
        ]
    );
}

#[test]
fn an_arrow_that_is_borne_without_need_is_found() {
    let tree = Tree::of(&[
        ("actors/src/upstream/mod.rs", "use crate::health::Vitals;"),
        ("actors/src/health/mod.rs", "use crate::upstream::Endpoint;"),
    ]);
    assert_eq!(needless(&tree).len(), BORNE.len() - 1);
    assert_none(&circles(&tree));
}
