//! Documents that were broken at random: each is refused with places that are in it, or says what is right.
//!
//! The corpus is the table of bad documents: one mistake each, so that it takes one step more or less to be accepted.
//! `HEDGEROW_FUZZ_CASES` says how many are made of it (4000), `HEDGEROW_FUZZ_SEED` which ones (1). A failure names both, and
//! the smallest input that it could find.
#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_config::Format;
use hedgerow_tests::fuzz;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::parse;

const CORPUS: [(Format, &str); 5] = [
    (Format::Yaml, include_str!("bad_documents/values.txt")),
    (Format::Yaml, include_str!("bad_documents/keys_and_names.txt")),
    (Format::Yaml, include_str!("bad_documents/yaml.txt")),
    (Format::Json, include_str!("bad_documents/json.txt")),
    (Format::Toml, include_str!("bad_documents/toml.txt")),
];

/// What documents are broken with.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ",",
    "\"",
    "'",
    "\\",
    "&a ",
    "*a",
    "${",
    "${HOST}",
    "${NONE:-x}",
    "!!int ",
    "<<: ",
    "\n",
    "\r",
    "\t",
    "- ",
    "? ",
    "|\n",
    "---\n",
    "null",
    "off",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "1h",
    "2s",
    "edge",
    "web",
    "\u{feff}",
    "é",
    "\u{202e}",
    "\0",
    "=",
    "[[",
    "\"\"\"",
    "# ",
];

/// The documents of a table, without what is said of them.
fn documents(table: &str) -> impl Iterator<Item = String> + '_ {
    table.split("### ").skip(1).map(|case| {
        let lines = case.lines().skip(1).filter(|line| !line.starts_with(">>> "));
        lines.flat_map(|line| [line, "\n"]).collect()
    })
}

fn corpus() -> Vec<(Format, String)> {
    let tables = CORPUS.into_iter();
    tables
        .flat_map(|(format, table)| documents(table).map(move |text| (format, text)))
        .filter(|(_, text)| text.len() < 4_000)
        .collect()
}

fn broken() -> impl Strategy<Value = (Format, String)> {
    let places = (any::<Index>(), 0..8_usize, select(PIECES));
    (select(corpus()), prop::collection::vec(places, 0..4)).prop_map(|((format, text), places)| {
        let mut bytes = text.into_bytes();
        for (at, length, piece) in places {
            let start = at.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, piece.bytes());
        }
        (format, String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn is_read(format: Format, text: &str) -> Result<(), TestCaseError> {
    let read = parse(format, text);
    prop_assert_eq!(&read, &parse(format, text), "another time it is read otherwise");
    match read {
        Ok(revision) => prop_assert_eq!(revision.check(), Ok(())),
        Err(errors) => {
            prop_assert!(errors.total() > 0);
            // YAML ends a line also at a carriage return alone.
            let lines = u32::try_from(text.matches(['\n', '\r']).count()).unwrap() + 1;
            for problem in &errors {
                prop_assert!(
                    (1..=lines).contains(&problem.line) && problem.column >= 1,
                    "{problem} is outside of the text"
                );
                let told = problem.to_string();
                prop_assert!(
                    !told.contains(char::is_control),
                    "{told:?} is not one line of plain text"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn a_document_that_was_broken_at_random_is_refused_in_plain_lines_or_says_what_is_right() {
    fuzz(4_000, &broken(), |(format, text)| is_read(format, &text));
}
