//! Text on one line of its own.

use std::fmt::{self, Write};

/// Passes on what is written, with control characters escaped as in Rust's literals: what a document says must neither begin
/// a line in a terminal or a log, nor move a cursor there.
pub(crate) struct Plain<W>(pub(crate) W);

impl<W: Write> Write for Plain<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(char::is_control) {
            let (before, odd) = rest.split_at(at);
            self.0.write_str(before)?;
            let mut signs = odd.chars();
            if let Some(sign) = signs.next() {
                write!(self.0, "{}", sign.escape_default())?;
            }
            rest = signs.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_all_else_is_as_it_was() {
        for (text, expected) in [
            ("", ""),
            ("größe `a`\\", "größe `a`\\"),
            ("a\r\n\t\0b", "a\\r\\n\\t\\u{0}b"),
            ("\u{1b}[2J\u{7f}\u{9b}", "\\u{1b}[2J\\u{7f}\\u{9b}"),
        ] {
            let mut written = String::new();
            assert_eq!(Plain(&mut written).write_str(text), Ok(()));
            assert_eq!(written, expected);
        }
    }
}
