//! The rules that requests are refused by, and the pages that list them.

use std::collections::BTreeSet;

use crate::literals::{Code, in_backticks, literals};
use crate::tree::Tree;
use crate::violation::{Violation, assert_none, places};

/// The page on all of them, and the one on what a listener refuses before the chain.
const PAGES: [&str; 2] = ["docs/operating/refusals.md", "docs/guide/edge.md"];

/// What makes a refusal, and which of its arguments is the rule.
const MAKERS: [(&str, usize); 5] = [
    ("Refusal::new(", 1),
    ("Refused::new(", 1),
    ("malformed(", 0),
    (".refusal(", 0),
    ("cx.refuse(", 1),
];

/// Each rule that the shipped code refuses by stands on a page, and each on the page is one.
fn rules(tree: &Tree) -> Vec<Violation> {
    let listed: BTreeSet<&str> = PAGES
        .iter()
        .flat_map(|page| cells(tree.text(page), 0, 2))
        .collect();
    let mut violations = Vec::new();
    let mut literal = BTreeSet::new();
    for file in tree.shipped() {
        let code = Code::of(file);
        literal.extend(code.all().into_iter().map(str::to_owned));
        for rule in made(&code).into_iter().filter(|rule| !listed.contains(rule)) {
            violations.push(Violation {
                rule: "a rule of a refusal is on a page",
                place: file.path.clone(),
                found: format!("`{rule}` refuses"),
                remedy: format!("say in {} with which status, why, and what to do", PAGES[0]),
            });
        }
    }
    let named = cells(tree.text(PAGES[0]), 0, 1);
    // One refusal is written byte for byte, in one literal with its whole answer.
    let is_told = |rule: &str| {
        literal.contains(rule) || literal.iter().any(|text| text.contains(&format!("rule={rule};")))
    };
    for rule in named.into_iter().filter(|rule| !is_told(rule)) {
        violations.push(Violation {
            rule: "a rule on the page is one that refuses",
            place: PAGES[0].into(),
            found: format!("`{rule}` is in no code"),
            remedy: "remove it, or write it as the code does".into(),
        });
    }
    violations
}

/// The rules that a file's refusals are made with: given as they are, or bound before as `let (rule, ..)`.
fn made(code: &Code) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (maker, nth) in MAKERS {
        for arguments in code.arguments(maker) {
            let argument = top_level(arguments).nth(nth).unwrap_or_default().trim();
            if argument.starts_with('"') {
                found.extend(literals(argument).into_iter().take(1));
            }
        }
    }
    for bound in code.pieces_behind("let (rule,") {
        let arms = bound.split("};").next().unwrap_or(bound);
        let pairs = arms
            .split("(\"")
            .skip(1)
            .filter_map(|rest| rest.split_once("\","));
        found.extend(pairs.map(|(rule, _)| rule));
    }
    // Other pairs stand there too, and other functions have these names: a rule is a name.
    found.retain(|rule| rule.chars().all(|c| c.is_ascii_alphanumeric() || c == '.'));
    found
}

/// Arguments apart, by the commas that stand in no parentheses and no text.
fn top_level(arguments: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quoted) = (0_u32, false);
    arguments.split(move |c| {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0 && !quoted
    })
}

/// What stands in backticks in the cells `from..to` of all tables of a page.
fn cells(page: &str, from: usize, to: usize) -> Vec<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.flat_map(|row| row.split(" | ").take(to).skip(from));
    cells.flat_map(in_backticks).collect()
}

#[test]
fn a_rule_of_a_refusal_is_on_a_page_and_none_is_there_that_refuses_nobody() {
    assert_none(&rules(&Tree::real()));
}

#[test]
fn a_rule_on_no_page_and_a_row_without_a_rule_are_found() {
    let code = "Refusal::new(f(a, b), \"known\", \"limit\");\nRefused::new(why,\n \"guarded\", x);\n\
        cx.refuse(status, \"lost\", \"x\");\nnode.refusal(\"gone\", y);\n\
        let (rule, limit) = match due { A => (\"bound\", 1), B => (\"known\", 2) };\nRefusal::new(id, rule, \"x\");";
    let tree = Tree::of(&[
        ("actors/src/a.rs", code),
        ("runtime/http/src/b.rs", "b\"x; rule=written; y\""),
        (PAGES[0], "| `known`, `written` | 503 |\n| `never` | 500 |"),
        (PAGES[1], "| 400 | `guarded` | x |"),
    ]);
    let found = rules(&tree);
    assert_eq!(
        places(&found),
        ["actors/src/a.rs", "actors/src/a.rs", "actors/src/a.rs", PAGES[0]]
    );
    let observed: Vec<&str> = found.iter().map(|violation| violation.found.as_str()).collect();
    assert_eq!(
        observed,
        [
            "`bound` refuses",
            "`gone` refuses",
            "`lost` refuses",
            "`never` is in no code"
        ]
    );
}
