//! How mistakes are shown to people and to programs.
#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_config::{Format, ProblemKind, Rule};
use support::parse;

const TWO_MISTAKES: &str = r#"version: 1
listeners: [ { bind: 127.0.0.1:8080, chain: egde } ]
chains: { edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: "wéb.ui" } ] } ] } }
upstreams:
  wéb.ui: { endpoints: [ "127.0.0.1:9001" ], timeout: 5 }
"#;

#[test]
fn a_mistake_is_printed_with_file_line_column_key_and_advice() {
    let errors = parse(Format::Yaml, TWO_MISTAKES).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "mesh.yaml:2:45: listeners[0].chain: there is no chain `egde`; did you mean `edge`?\n\
         mesh.yaml:5:55: upstreams.\"wéb.ui\".timeout: expected a duration, found the number 5; \
         write the unit, as in `5ms` or `5s`"
    );
}

#[test]
fn mistakes_are_serialized_as_an_array_of_flat_objects() {
    let errors = parse(Format::Yaml, TWO_MISTAKES).unwrap_err();
    assert_eq!(
        serde_json::to_value(&errors).unwrap()[0],
        serde_json::json!({
            "file": "mesh.yaml", "line": 2, "column": 45, "key": "listeners[0].chain",
            "message": "there is no chain `egde`; did you mean `edge`?",
        })
    );
}

#[test]
fn a_program_can_tell_mistakes_apart_by_their_kind() {
    let errors = parse(Format::Yaml, TWO_MISTAKES).unwrap_err();
    let kinds: Vec<_> = errors.iter().map(|problem| &problem.kind).collect();
    assert!(matches!(
        kinds[0],
        ProblemKind::Rule(Rule::UnknownName { nearest: Some(nearest), .. }) if nearest == "edge"
    ));
    assert!(matches!(kinds[1], ProblemKind::Unexpected { .. }));
}

#[test]
fn a_long_or_odd_value_is_shown_short_and_on_one_line() {
    let text = TWO_MISTAKES.replace(
        "timeout: 5",
        &format!("timeout: \"a\\n\\u001b[1m{}\"", "x".repeat(500)),
    );
    let errors = parse(Format::Yaml, &text).unwrap_err();
    let line = errors.to_string().lines().nth(1).unwrap().to_owned();
    assert!(line.contains(r"found the text `a\n\u{1b}[1mxxx"), "{line}");
    assert!(line.contains("xxx...`;"), "{line}");
    assert!(line.len() < 300, "{line}");
}
