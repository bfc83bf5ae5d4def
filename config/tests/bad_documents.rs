//! Every mistake of a table of bad documents is reported, at its place, and nothing else is.
//!
//! A case in `bad_documents/*.txt` is a line `### what is wrong`, the document, and one line `>>> ` for each error
//! that is printed, without the name of the file.
#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_config::Format;
use support::errors;

const YAML: &[&str] = &[
    include_str!("bad_documents/discovery.txt"),
    include_str!("bad_documents/balance.txt"),
    include_str!("bad_documents/retry.txt"),
    include_str!("bad_documents/access_log.txt"),
    include_str!("bad_documents/trace.txt"),
    include_str!("bad_documents/telemetry.txt"),
    include_str!("bad_documents/inject.txt"),
    include_str!("bad_documents/quarantine.txt"),
    include_str!("bad_documents/route.txt"),
    include_str!("bad_documents/outlier.txt"),
    include_str!("bad_documents/values.txt"),
    include_str!("bad_documents/keys_and_names.txt"),
    include_str!("bad_documents/yaml.txt"),
    include_str!("bad_documents/limits.txt"),
    include_str!("bad_documents/pool.txt"),
    include_str!("bad_documents/head_nodes.txt"),
];
const JSON: &str = include_str!("bad_documents/json.txt");
const TOML: &str = include_str!("bad_documents/toml.txt");

/// The least number of bad documents that the project promises to refuse.
const PROMISED: usize = 60;

struct Case {
    title: String,
    document: String,
    expected: Vec<String>,
}

fn cases(table: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in table.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            cases.push(Case {
                title: title.to_owned(),
                document: String::new(),
                expected: Vec::new(),
            });
        } else if let Some(case) = cases.last_mut() {
            match line.strip_prefix(">>> ") {
                Some(expected) => case.expected.push(expected.to_owned()),
                None => case.document += &format!("{line}\n"),
            }
        }
    }
    cases
}

fn check(table: &str, format: Format, name: &str) {
    let mut wrong = String::new();
    for Case {
        title,
        document,
        expected,
    } in cases(table)
    {
        assert!(
            !expected.is_empty(),
            "`{title}` expects no error: it belongs to the valid documents"
        );
        let found = errors(format, &document);
        let expected: Vec<_> = expected.iter().map(|line| format!("{name}:{line}")).collect();
        if found != expected {
            wrong += &format!("### {title}\n{document}expected {expected:#?}\nfound {found:#?}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn bad_yaml_documents_are_refused_with_every_mistake_at_its_place() {
    for table in YAML {
        check(table, Format::Yaml, "mesh.yaml");
    }
}

#[test]
fn bad_json_documents_are_refused_with_every_mistake_at_its_place() {
    check(JSON, Format::Json, "mesh.json");
}

#[test]
fn bad_toml_documents_are_refused_with_every_mistake_at_its_place() {
    check(TOML, Format::Toml, "mesh.toml");
}

#[test]
fn the_tables_hold_as_many_bad_documents_as_promised() {
    let all = YAML.iter().chain([&JSON, &TOML]).map(|table| cases(table).len());
    assert!(all.sum::<usize>() >= PROMISED);
}
