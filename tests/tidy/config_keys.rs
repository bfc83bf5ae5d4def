//! The keys of the config file, and the pages that list them.

use std::collections::BTreeSet;

use crate::literals::{Code, in_backticks, literals};
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

/// The page on the file as a whole, and the one on the kinds of nodes.
const PAGES: [&str; 2] = ["docs/guide/config.md", "docs/guide/node-kinds.md"];
const READERS: &str = "config/src/read/";

/// Each key and each word that the reader takes is written as code on one of the two pages.
fn keys(tree: &Tree) -> Vec<Violation> {
    let shown: BTreeSet<&str> = PAGES
        .iter()
        .flat_map(|page| words_of_code(tree.text(page)))
        .collect();
    let mut violations = Vec::new();
    for file in tree.shipped().filter(|file| file.path.starts_with(READERS)) {
        let code = Code::of(file);
        let lists = code.pieces_behind("Keys::of(&[");
        let taken = lists.into_iter().filter_map(|rest| rest.split(']').next());
        for key in taken.flat_map(literals).filter(|key| !shown.contains(key)) {
            violations.push(Violation {
                rule: "a key that is acted on is on a page",
                place: file.path.clone(),
                found: format!("`{key}` is taken"),
                remedy: format!("say what it means in {} or {}", PAGES[0], PAGES[1]),
            });
        }
    }
    violations
}

/// The words of a page that are written as code: between backticks, indented, or in a fenced block.
fn words_of_code(page: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    let pieces = page.lines().flat_map(move |line| {
        if line.starts_with("```") {
            fenced = !fenced;
            Vec::new()
        } else if fenced || line.starts_with("    ") {
            vec![line]
        } else {
            in_backticks(line)
        }
    });
    pieces.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric()))
}

#[test]
fn a_key_that_is_acted_on_is_on_a_page() {
    assert_none(&keys(&Tree::real()));
}

#[test]
fn a_key_on_no_page_is_found_and_prose_does_not_count() {
    let reader = "const A: Keys = Keys::of(&[\"one\", \"two\", \"three\",\n  \"four\", \"fiveMs\"]).planning(&[\"six\"]);";
    let page = "`one`, two\n\n    - { three: 3 }\n\n```yaml\nfour: 4\n```\n`fiveMs: 1`\n";
    let tree = Tree::of(&[("config/src/read/a.rs", reader), (PAGES[0], page)]);
    let found = keys(&tree);
    assert_eq!(places(&found), ["config/src/read/a.rs"]);
    assert_eq!(found[0].found, "`two` is taken");
}
