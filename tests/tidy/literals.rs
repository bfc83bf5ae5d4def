//! Literals in the sources by what they are given to.

use crate::tree::File;

/// A piece of a file's code, without comments and inline tests.
pub(crate) struct Code {
    text: String,
}

impl Code {
    pub(crate) fn of(file: &File) -> Self {
        let lines: Vec<&str> = file.code().map(|(_, line)| line).collect();
        Self {
            text: lines.join("\n"),
        }
    }

    pub(crate) fn contains(&self, piece: &str) -> bool {
        self.text.contains(piece)
    }

    /// Every literal of text.
    pub(crate) fn all(&self) -> Vec<&str> {
        literals(&self.text)
    }

    /// The code behind each `opening`, up to the end of the file.
    pub(crate) fn pieces_behind(&self, opening: &str) -> Vec<&str> {
        let starts = self.text.match_indices(opening);
        starts.map(|(at, _)| &self.text[at + opening.len()..]).collect()
    }

    /// What stands between the parentheses behind each `opening`, which ends with one.
    pub(crate) fn arguments(&self, opening: &str) -> Vec<&str> {
        self.pieces_behind(opening)
            .into_iter()
            .map(up_to_its_end)
            .collect()
    }
}

/// The literals of text in `code`. A quote behind a backslash belongs to its literal.
pub(crate) fn literals(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find('"') {
        rest = &rest[start + 1..];
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { break };
        found.push(&rest[..end]);
        rest = &rest[end + 1..];
    }
    found
}

/// `code` up to the parenthesis that closes what was opened before it.
fn up_to_its_end(code: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1_u32, false, false);
    for (at, c) in code.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if depth == 0 {
            return &code[..at];
        }
    }
    code
}

/// Whether it is a name in the way of JSON, of more than one word: `childStarted`.
pub(crate) fn is_camel(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
        && text.contains(|c: char| c.is_ascii_uppercase())
}

/// What stands in backticks in the first cell of each row of the table behind `heading`.
pub(crate) fn first_cells<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let Some((_, section)) = page.split_once(heading) else {
        return Vec::new();
    };
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells.flat_map(in_backticks).collect()
}

/// Each piece of `text` in backticks.
pub(crate) fn in_backticks(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn a_literal_ends_at_its_own_quote_and_arguments_at_their_own_parenthesis() {
    let tree = crate::tree::Tree::of(&[("a.rs", "tell(f(\"a\\\"b)\"),\n\"c\"); // \"no\"\nlet x = \"d\";")]);
    let code = Code::of(&tree.files[0]);
    assert_eq!(code.all(), ["a\\\"b)", "c", "d"]);
    assert_eq!(code.arguments("tell("), ["f(\"a\\\"b)\"),\n\"c\""]);
}

#[test]
fn first_cells_are_those_of_one_section() {
    let page = "## A\n| x | y |\n|---|---|\n| `a`, `b` | `c` |\n\n## B\n| `d` | e |";
    assert_eq!(first_cells(page, "## A"), ["a", "b"]);
}
