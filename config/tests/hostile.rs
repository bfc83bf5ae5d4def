//! What a hostile or broken text can do: be refused within the limits, and never make the parser panic.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt::Write;

use hedgerow_config::{Errors, Format, ProblemKind};
use proptest::prelude::*;
use support::parse;

const FORMATS: [Format; 3] = [Format::Yaml, Format::Json, Format::Toml];

const YAML: &str = r#"version: 1
listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]
chains: { edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: "${X:-web}" } ] } ] } }
upstreams:
  web: &w
    endpoints: [ "127.0.0.1:9001" ]
    timeout: 2s
    breaker: { failureRate: 0.5, consecutiveFailures: off, openFor: { initial: 1s }, window: { timeMs: 9 } }
  web2: *w
"#;

const JSON: &str = r#"{ "version": 1, "listeners": [ { "bind": "127.0.0.1:8080", "chain": "edge" } ],
  "chains": { "edge": { "nodes": [ { "kind": "route", "rules": [ { "path": "\/\u0041", "upstream": "web" } ] } ] } },
  "upstreams": { "web": { "endpoints": [ "127.0.0.1:9001" ], "breaker": { "failureRate": 5e-1, "minCalls": null } } } }"#;

const TOML: &str = r#"version = 1
[[listeners]]
bind = "127.0.0.1:8080"
chain = "edge"
[[chains.edge.nodes]]
kind = "route"
rules = [ { path = "/", upstream = "web" } ]
[upstreams.web]
endpoints = [ "127.0.0.1:9001" ]
breaker.window.timeMs = 1_000
breaker.failureRate = 5e-1
"#;

/// The limit that the text runs into.
fn limit(format: Format, text: &str) -> &'static str {
    let errors = parse(format, text).unwrap_err();
    let mut limits = errors.iter().filter_map(|problem| match problem.kind {
        ProblemKind::TooBig { what, .. } => Some(what),
        _ => None,
    });
    limits.next().unwrap_or("no limit")
}

#[test]
fn a_text_of_more_than_a_mebibyte_is_refused() {
    for format in FORMATS {
        assert_eq!(limit(format, &"# \n".repeat(400_000)), "bytes");
    }
}

#[test]
fn deep_nesting_is_refused_in_every_format() {
    let levels = "levels of nesting";
    for depth in [33, 1_000, 200_000] {
        assert_eq!(limit(Format::Yaml, &"[".repeat(depth)), levels, "{depth}");
        assert_eq!(limit(Format::Yaml, &"- ".repeat(depth)), levels, "{depth}");
        assert_eq!(limit(Format::Json, &"[".repeat(depth)), levels, "{depth}");
        assert_eq!(limit(Format::Json, &"{\"a\":".repeat(depth)), levels, "{depth}");
    }
    let nested = |depth: usize| format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(limit(Format::Toml, &nested(40)), levels);
    assert!(parse(Format::Toml, &nested(200_000)).is_err());
    let dotted = format!("{}a = 1", "a.".repeat(40));
    assert_eq!(limit(Format::Toml, &dotted), levels);
}

#[test]
fn nesting_by_aliases_counts_as_nesting() {
    let mut text = String::from("a0: &a0 [ 1 ]\n");
    for level in 1..40 {
        writeln!(text, "a{level}: &a{level} [ *a{} ]", level - 1).unwrap();
    }
    assert_eq!(limit(Format::Yaml, &text), "levels of nesting");
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = String::from("a0: &a0 [ lol, lol, lol, lol, lol, lol, lol, lol, lol, lol ]\n");
    for level in 1..10 {
        let repeated = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [ {repeated} ]").unwrap();
    }
    assert_eq!(limit(Format::Yaml, &text), "keys and values");
}

#[test]
fn a_long_text_repeated_by_aliases_or_variables_is_refused() {
    let expanded = "bytes of text once aliases and variables are expanded";
    let aliases = format!(
        "a: &a {}\nb: [ {} ]\n",
        "x".repeat(100_000),
        vec!["*a"; 100].join(", ")
    );
    assert_eq!(limit(Format::Yaml, &aliases), expanded);
    let source = hedgerow_config::Source {
        name: "mesh.yaml",
        text: &format!("b: [ {} ]", vec!["\"${A}\""; 100].join(", ")),
        format: Format::Yaml,
    };
    let errors: Errors =
        hedgerow_config::Revision::parse(&source, &|_| Some("x".repeat(100_000))).unwrap_err();
    assert!(errors.to_string().contains(expanded), "{errors}");
}

#[test]
fn a_list_of_more_values_than_allowed_is_refused_in_every_format() {
    let items = vec!["1"; 150_000].join(",");
    assert_eq!(limit(Format::Yaml, &format!("a: [{items}]")), "keys and values");
    assert_eq!(
        limit(Format::Json, &format!("{{\"a\": [{items}]}}")),
        "keys and values"
    );
    assert_eq!(limit(Format::Toml, &format!("a = [{items}]")), "keys and values");
}

#[test]
fn of_thousands_of_mistakes_a_hundred_are_printed_and_all_are_counted() {
    let mut text = String::from("version: 1\nlisteners:\n");
    for _ in 0..5_000 {
        text += "- { bind: \"127.0.0.1:0\", chain: nowhere }\n";
    }
    text += "chains: {}\nupstreams: {}\n";
    let errors = parse(Format::Yaml, &text).unwrap_err();
    assert_eq!(errors.total(), 5_000);
    assert_eq!(errors.iter().count(), 1_000);
    let printed = errors.to_string();
    assert_eq!(printed.lines().count(), 101);
    assert!(printed.ends_with("\nand 4900 more"));
}

/// One byte range of a text replaced by something else, cut back to what is UTF-8.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        any::<Vec<u8>>(),
        prop::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\"", "'", "\\", "&a ", "*a", "*w", "${", "}", "!!x ", "<<: ",
            "\n", "\t", "- ", "? ", "|\n", ">\n", "---\n", "null", "off", "0", "-1", "1e999", "\u{feff}",
            "=", "[[", "\"\"\"",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    (0..text.len(), 0..12_usize, pieces).prop_map(move |(start, length, piece)| {
        let end = (start + length).min(text.len());
        let bytes = [&text.as_bytes()[..start], &piece, &text.as_bytes()[end..]].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Reads the text; a panic fails the test. What is accepted must be right.
fn read(format: Format, text: &str) {
    match parse(format, text) {
        Ok(revision) => assert_eq!(revision.check(), Ok(())),
        Err(errors) => {
            assert!(errors.total() > 0);
            // YAML ends a line also at a carriage return alone.
            let lines = u32::try_from(text.matches(['\n', '\r']).count()).unwrap() + 1;
            for problem in &errors {
                assert!(
                    (1..=lines).contains(&problem.line),
                    "{problem} is outside of {text:?}"
                );
                assert!(problem.column >= 1);
            }
        }
    }
}

#[test]
fn a_key_that_ends_the_text_is_on_its_last_line() {
    read(Format::Yaml, "? ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in any::<Vec<u8>>()) {
        for format in FORMATS {
            read(format, &String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn no_text_of_the_signs_of_the_formats_makes_the_parser_panic(
        text in r#"[-\[\]{}:,&*!|>'"%@`#?<=.~${}a1 \n\t\\]{0,60}"#
    ) {
        for format in FORMATS {
            read(format, &text);
        }
    }

    #[test]
    fn no_change_of_a_valid_yaml_document_makes_the_parser_panic(text in mutated(YAML)) {
        read(Format::Yaml, &text);
    }

    #[test]
    fn no_change_of_a_valid_json_document_makes_the_parser_panic(text in mutated(JSON)) {
        read(Format::Json, &text);
        read(Format::Yaml, &text);
    }

    #[test]
    fn no_change_of_a_valid_toml_document_makes_the_parser_panic(text in mutated(TOML)) {
        read(Format::Toml, &text);
    }
}

#[test]
fn every_beginning_of_a_document_is_read_without_a_panic() {
    for (format, text) in [(Format::Yaml, YAML), (Format::Json, JSON), (Format::Toml, TOML)] {
        for length in 0..text.len() {
            read(format, &text[..length]);
        }
    }
}

#[test]
fn half_a_json_document_is_never_accepted() {
    for length in 0..JSON.len() {
        assert!(parse(Format::Json, &JSON[..length]).is_err(), "{length}");
    }
}
