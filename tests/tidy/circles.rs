//! Rooms of one crate that know each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::literals::Code;
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

/// The sources of the crates that have rooms.
const CRATES: [&str; 10] = [
    "actors/src/",
    "config/src/",
    "runtime/dashboard/src/",
    "runtime/gate/src/",
    "runtime/http/src/",
    "runtime/mesh/src/",
    "runtime/store/src/",
    "runtime/supervisor/src/",
    "runtime/telemetry/src/",
    "runtime/view/src/",
];

/// Arrows that close a circle and are borne.
const BORNE: [(&str, &str, &str); 19] = [
    // An upstream holds what is known of its endpoints by those who look after them, and each of those knows the endpoints.
    ("actors/src/", "outlier", "reputation"),
    ("actors/src/", "upstream", "discovery"),
    ("actors/src/", "upstream", "health"),
    ("actors/src/", "upstream", "outlier"),
    ("actors/src/", "upstream", "readiness"),
    ("actors/src/", "upstream", "reputation"),
    // Members of a service are told by the registry as discovery knows them.
    ("actors/src/", "registry", "discovery"),
    // The admin side holds what these keep between requests, and they are handed it with each of them.
    ("runtime/dashboard/src/", "admin", "api"),
    ("runtime/dashboard/src/", "admin", "audit"),
    ("runtime/dashboard/src/", "admin", "live"),
    // What a thread counts of those who wait is told with the figures of its listener, which has admission look at its thread.
    ("runtime/http/src/", "admission", "listener"),
    // A body owns what ends with it, such as the connection that it comes over, and a connection sends bodies.
    ("runtime/http/src/", "body", "wire"),
    // A worker takes connections and requests in, and those who look after them are handed what it has for its thread.
    ("runtime/http/src/", "connection", "ingress"),
    ("runtime/http/src/", "exchange", "ingress"),
    // A denial is recorded with the status that its answer has.
    ("runtime/http/src/", "denied", "answer"),
    // A worker is made as its listener was asked to be, which runs it.
    ("runtime/http/src/", "ingress", "listener"),
    // A mesh begins as what it is built from, and what is built is one.
    ("runtime/mesh/src/", "mesh", "builder"),
    // A supervisor reaches its children by their slots, and the slot of a supervisor starts one.
    ("runtime/supervisor/src/", "slot", "supervision"),
    // A context carries its span, and a span belongs to the trace of a context.
    ("runtime/supervisor/src/", "context", "span"),
];

/// The rooms of one crate: each, which other rooms it knows, and the first file that knows it.
struct Arrows<'t> {
    of: &'static str,
    known: BTreeMap<&'t str, BTreeMap<&'t str, &'t str>>,
}

/// The room of a file of these sources; `None` for the root of the crate, which knows all.
fn room<'t>(of: &str, path: &'t str) -> Option<&'t str> {
    let inside = path.strip_prefix(of)?;
    let room = inside.split('/').next()?;
    let room = room.strip_suffix(".rs").unwrap_or(room);
    (room != "lib").then_some(room)
}

impl<'t> Arrows<'t> {
    fn of(of: &'static str, tree: &'t Tree) -> Self {
        let files = || {
            tree.shipped()
                .filter_map(|file| Some((room(of, &file.path)?, file)))
        };
        let rooms: BTreeSet<&str> = files().map(|(room, _)| room).collect();
        let mut arrows = BTreeMap::<&str, BTreeMap<&str, &str>>::new();
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
        Self { of, known: arrows }
    }

    /// Whether this one is borne.
    fn bears(&self, from: &str, to: &str) -> bool {
        BORNE.contains(&(self.of, from, to))
    }

    /// Whether arrows lead from one room to the other, but for the borne ones.
    fn lead(&self, from: &str, to: &str) -> bool {
        let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(room) = next.pop() {
            for known in self.known.get(room).into_iter().flat_map(BTreeMap::keys) {
                if self.bears(room, known) {
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

    /// Those that close a circle, and are not borne.
    fn circles(&self) -> impl Iterator<Item = Violation> {
        let all = self.known.iter().flat_map(|(from, known)| {
            let known = known.iter();
            known.map(move |(to, file)| (*from, *to, *file))
        });
        let closing = all.filter(|(from, to, _)| !self.bears(from, to) && self.lead(to, from));
        closing.map(|(from, to, file)| Violation {
            rule: "the rooms of a crate know each other in one direction",
            place: file.to_owned(),
            found: format!("`{from}` knows `{to}`, which knows `{from}` by itself or by others"),
            remedy:
                "move what both need to the one below, or own a trait there and let the one above implement it"
                    .to_owned(),
        })
    }
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

fn circles(tree: &Tree) -> Vec<Violation> {
    let crates = CRATES.map(|of| Arrows::of(of, tree));
    crates.iter().flat_map(Arrows::circles).collect()
}

/// Arrows that are borne and close no circle any more.
fn needless(tree: &Tree) -> Vec<Violation> {
    let crates = CRATES.map(|of| Arrows::of(of, tree));
    let needless = BORNE.into_iter().filter(|(of, from, to)| {
        !crates.iter().any(|arrows| {
            let known = arrows.known.get(from);
            arrows.of == *of && known.is_some_and(|known| known.contains_key(to)) && arrows.lead(to, from)
        })
    });
    let told = needless.map(|(of, from, to)| Violation {
        rule: "an arrow that is borne closes a circle",
        place: format!("{of}{from}"),
        found: format!("`{from}` and `{to}` are in no circle"),
        remedy: "take it out of BORNE in tests/tidy/circles.rs".to_owned(),
    });
    told.collect()
}

#[test]
fn the_rooms_of_a_crate_know_each_other_in_one_direction() {
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
        ("runtime/http/src/pool.rs", "use crate::wire::Wire;"),
        ("runtime/http/src/wire.rs", "use crate::pool::Pool;"),
    ]);
    assert_eq!(
        places(&circles(&tree)),
        [
            "actors/src/chain/walk.rs",
            "actors/src/pool/mod.rs",
            "actors/src/revision/mod.rs",
            "runtime/http/src/pool.rs",
            "runtime/http/src/wire.rs"
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
