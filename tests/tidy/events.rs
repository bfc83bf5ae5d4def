//! The events that are told, and the page that lists them.

use std::collections::BTreeSet;

use crate::literals::{Code, first_cells, is_camel, literals};
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

const PAGE: &str = "docs/SEMANTICS.md";
const HEADING: &str = "\n## Events\n";

/// What tells an event, or hands its kind on to who does.
const TELLERS: [&str; 6] = [
    "emit(",
    "tell(",
    "tell_as(",
    "tell_of(",
    "tell_ordered(",
    "tell_unless(",
];

/// Each kind of event that the shipped code tells has a row, and each row is told somewhere.
fn events(tree: &Tree) -> Vec<Violation> {
    let listed: BTreeSet<&str> = first_cells(tree.text(PAGE), HEADING).into_iter().collect();
    let mut violations = Vec::new();
    let mut literal = BTreeSet::new();
    for file in tree.shipped() {
        let code = Code::of(file);
        literal.extend(code.all().into_iter().map(str::to_owned));
        for kind in told(&code) {
            if !listed.contains(kind.as_str()) {
                violations.push(Violation {
                    rule: "each kind of event has a row",
                    place: file.path.clone(),
                    found: format!("`{kind}` is told"),
                    remedy: format!("say when and why it is told in the table `## Events` of {PAGE}"),
                });
            }
        }
    }
    for kind in listed.iter().filter(|kind| !literal.contains(**kind)) {
        violations.push(Violation {
            rule: "each row is an event that is told",
            place: PAGE.into(),
            found: format!("`{kind}` is told by nobody"),
            remedy: "remove it from the table, or write it as the code does".into(),
        });
    }
    violations
}

/// The kinds that a file tells: what is given to who tells, and in a file that emits also constants, arms of a match, and pairs of kind and cause.
fn told(code: &Code) -> BTreeSet<String> {
    let mut given: Vec<&str> = TELLERS
        .iter()
        .flat_map(|teller| code.arguments(teller))
        .flat_map(literals)
        .collect();
    given.extend(behind(code, "kind: \"").filter(|_| code.contains("News {")));
    if code.contains("emit(") {
        let bound = [": &str = \"", "=> \"", "(\""];
        given.extend(bound.into_iter().flat_map(|opening| behind(code, opening)));
    }
    let kinds = given
        .into_iter()
        .filter(|text| is_camel(text) || *text == "audit");
    kinds.map(str::to_owned).collect()
}

/// The literals that follow on `opening`, which ends with their quote.
fn behind<'a>(code: &'a Code, opening: &'a str) -> impl Iterator<Item = &'a str> {
    code.pieces_behind(opening)
        .into_iter()
        .filter_map(|rest| rest.split('"').next())
}

#[test]
fn each_kind_of_event_has_a_row_and_each_row_is_told() {
    assert_none(&events(&Tree::real()));
}

#[test]
fn an_event_without_a_row_is_found_however_it_is_told_and_a_row_without_an_event() {
    let page = "\n## Events\n\n| kind | when |\n|---|---|\n| `cellOpened` | now |\n| `cellGone` | never |\n";
    let tree = Tree::of(&[
        (PAGE, page),
        (
            "actors/src/a.rs",
            "self.tell(\"cellOpened\", cause);\nself.tell_of(\n  slot,\n  \"cellA\");",
        ),
        ("actors/src/b.rs", "News {\n  kind: \"cellB\",\n  cause }"),
        ("actors/src/c.rs", "const C: &str = \"cellC\";\nevents.emit(C);"),
        (
            "actors/src/d.rs",
            "let (kind, cause) = (\"cellD\", cause);\nevents.emit(kind);",
        ),
        (
            "actors/src/dd.rs",
            "let kind = match x { A => \"cellDD\", B => b };\nevents.emit(kind);",
        ),
        ("actors/src/e.rs", "Refusal::new(id, \"aRule\");"),
    ]);
    let expected = [
        "actors/src/a.rs",
        "actors/src/b.rs",
        "actors/src/c.rs",
        "actors/src/d.rs",
        "actors/src/dd.rs",
        PAGE,
    ];
    assert_eq!(places(&events(&tree)), expected);
}
