//! Decision records, the glossary, and the links of every page.

use std::collections::BTreeMap;

use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

const RECORDS: &str = "docs/adr/README.md";
const GLOSSARY: &str = "docs/GLOSSARY.md";

/// The list of decision records links each record, and no record that is not there.
fn records(tree: &Tree) -> Vec<Violation> {
    let rule = "every decision record is in the list";
    let list = tree.text(RECORDS);
    let mut violations = Vec::new();
    let names = tree
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("docs/adr/"));
    for name in names.filter(|name| *name != "README.md") {
        if !list.contains(&format!("({name})")) {
            let place = format!("docs/adr/{name}");
            let remedy = format!("add a row that links it to {RECORDS}");
            violations.push(Violation {
                rule,
                place,
                found: format!("not in {RECORDS}"),
                remedy,
            });
        }
    }
    for name in list
        .split(['(', ')'])
        .filter(|part| part.starts_with('0') && part.ends_with(".md"))
    {
        if tree.file(&format!("docs/adr/{name}")).is_none() {
            let found = format!("a link to {name}, which is not there");
            let remedy = "remove the row, or write the record".into();
            violations.push(Violation {
                rule,
                place: RECORDS.into(),
                found,
                remedy,
            });
        }
    }
    violations
}

/// One word for one thing: a term has one row, and the row says what it means.
fn glossary(tree: &Tree) -> Vec<Violation> {
    let rule = "a term has one row in the glossary";
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    let mut violations = Vec::new();
    let mut complain = |line: usize, found: String, remedy: &str| {
        let place = format!("{GLOSSARY}:{line}");
        violations.push(Violation {
            rule,
            place,
            found,
            remedy: remedy.into(),
        });
    };
    for (index, line) in tree.text(GLOSSARY).lines().enumerate() {
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let (line, cells) = (index + 1, cells.split(" | ").collect::<Vec<_>>());
        let [term, meaning] = cells[..] else {
            complain(
                line,
                format!("{} cells", cells.len()),
                "a row is | term | meaning |",
            );
            continue;
        };
        if term == "term" {
            continue;
        }
        if meaning.trim().is_empty() {
            complain(
                line,
                format!("`{term}` without a meaning"),
                "say what it means in one line",
            );
        }
        // `open, closed` are two terms in one row.
        for word in term.split([',', '/']).map(|word| word.trim().to_lowercase()) {
            if let Some(first) = rows.insert(word.clone(), line) {
                complain(
                    line,
                    format!("`{word}` stands in line {first} too"),
                    "keep one row, or find two words",
                );
            }
        }
    }
    if rows.is_empty() {
        complain(
            1,
            "no row at all".into(),
            "write the terms as a table: | term | meaning |",
        );
    }
    violations
}

/// A link of a page to a file of the project leads to one.
fn links(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for page in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (index, line) in page.text.lines().enumerate() {
            let targets = line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split_once(')'))
                .map(|(target, _)| target);
            for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
                let path = resolved(folder, target.split('#').next().unwrap_or(target));
                let below = format!("{path}/");
                if !tree
                    .files
                    .iter()
                    .any(|file| file.path == path || file.path.starts_with(&below))
                {
                    violations.push(Violation {
                        rule: "a link leads to a file of the project",
                        place: page.at(index + 1),
                        found: format!("{path} is not there"),
                        remedy: "correct the path, which is taken from the page's own folder".into(),
                    });
                }
            }
        }
    }
    violations
}

/// `target` as seen from `folder`, from the root of the workspace.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn a_link_leads_to_a_file_of_the_project() {
    assert_none(&links(&Tree::real()));
}

#[test]
fn a_link_to_nowhere_is_found() {
    let text = "[a](adr/one.md) [b](../LICENSE#x)\n[c](https://x.y) [d](#here) [e](gone.md) [f](adr/)";
    let tree = Tree::of(&[("docs/page.md", text), ("docs/adr/one.md", ""), ("LICENSE", "")]);
    assert_eq!(places(&links(&tree)), ["docs/page.md:2"]);
}

#[test]
fn every_decision_record_is_in_the_list() {
    assert_none(&records(&Tree::real()));
}

#[test]
fn a_term_has_one_row_in_the_glossary() {
    assert_none(&glossary(&Tree::real()));
}

#[test]
fn a_record_without_a_row_and_a_row_without_a_record_are_found() {
    let tree = Tree::of(&[
        (RECORDS, "| [0001](0001-own.md) |\n| [0009](0009-gone.md) |"),
        ("docs/adr/0001-own.md", ""),
        ("docs/adr/0002-new.md", ""),
    ]);
    assert_eq!(places(&records(&tree)), ["docs/adr/0002-new.md", RECORDS]);
}

#[test]
fn a_term_with_two_rows_or_no_meaning_is_found() {
    let text = "| term | meaning |\n|---|---|\n| gate | a word |\n| open, closed | calls |\n| Closed | shut |\n| bell |  |";
    let found = glossary(&Tree::of(&[(GLOSSARY, text)]));
    assert_eq!(places(&found), ["docs/GLOSSARY.md:5", "docs/GLOSSARY.md:6"]);
    assert_eq!(glossary(&Tree::of(&[])).len(), 1);
}
