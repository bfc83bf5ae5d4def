//! Every document and every node that a page shows is accepted.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use hedgerow_config::{Format, PoolContract, Source};
use support::{environment, parse};

/// What a part of a document needs around it: each of these where the part does not have it.
const AROUND: [(&str, &str); 4] = [
    ("version:", "version: 1\n"),
    (
        "listeners:",
        "listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]\n",
    ),
    ("chains:", "chains: { edge: { nodes: [ { kind: reply } ] } }\n"),
    (
        "upstreams:",
        "upstreams: { payments: { endpoints: [ \"a:1\" ] }, web: { endpoints: [ \"b:1\" ] }, web-next: { endpoints: [ \"c:1\" ] } }\n",
    ),
];

/// A piece of a page: where it is, and its text.
struct Piece {
    place: String,
    text: String,
}

/// The README and the pages of the guide.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let guide = fs::read_dir(root.join("docs/guide")).unwrap();
    let mut pages: Vec<PathBuf> = guide.map(|entry| entry.unwrap().path()).collect();
    pages.push(root.join("README.md"));
    pages.sort();
    pages
}

/// The blocks of YAML of all pages.
fn documents() -> Vec<Piece> {
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (number, block) in text.split("```yaml\n").skip(1).enumerate() {
            let (text, _) = block.split_once("```").unwrap();
            found.push(Piece {
                place: format!("{}, block {}", page.display(), number + 1),
                text: text.to_owned(),
            });
        }
    }
    found
}

/// The nodes that pages show: indented lists, each a run of lines.
fn nodes() -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let mut begun: Option<Piece> = None;
        for (index, line) in text.lines().enumerate() {
            let inside = line.strip_prefix("    ");
            if let (Some(piece), Some(line)) = (&mut begun, inside) {
                piece.text.push_str(&format!("      {line}\n"));
            } else if let Some(line) = inside.filter(|line| line.starts_with("- ") && line.contains("kind:"))
            {
                begun = Some(Piece {
                    place: format!("{}:{}", page.display(), index + 1),
                    text: format!("      {line}\n"),
                });
            } else {
                found.extend(begun.take());
            }
        }
        found.extend(begun);
    }
    found
}

#[test]
fn every_document_of_a_page_is_accepted() {
    let documents = documents();
    assert!(documents.len() > 8, "only {} were found", documents.len());
    for Piece { place, text } in documents {
        if text.starts_with("pool:") {
            let source = Source {
                name: "pool.yaml",
                format: Format::Yaml,
                text: &text,
            };
            let read = PoolContract::parse(&source, &environment);
            assert!(read.is_ok(), "{place}: {}", read.unwrap_err());
            continue;
        }
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        let around: String = AROUND
            .iter()
            .filter(|(key, _)| !has(key))
            .map(|(_, text)| *text)
            .collect();
        let read = parse(Format::Yaml, &format!("{around}{text}"));
        assert!(read.is_ok(), "{place}: {}", read.unwrap_err());
    }
}

#[test]
fn every_node_of_a_page_is_accepted() {
    let nodes = nodes();
    assert!(nodes.len() > 12, "only {} were found", nodes.len());
    let [version, listeners, _, upstreams] = AROUND.map(|(_, text)| text);
    for Piece { place, text } in nodes {
        let last = if text.contains("kind: route") {
            ""
        } else {
            "      - { name: the-last, kind: reply }\n"
        };
        let document = format!("{version}{listeners}{upstreams}chains:\n  edge:\n    nodes:\n{text}{last}");
        let read = parse(Format::Yaml, &document);
        assert!(read.is_ok(), "{place}: {}", read.unwrap_err());
    }
}
