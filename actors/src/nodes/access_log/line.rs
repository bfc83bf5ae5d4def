//! One line of JSON.

use std::fmt::{self, Write as _};

/// Writes fields of one JSON object: every value is bounded, and plain ASCII without control characters, whatever it was.
pub(super) struct Fields<'l> {
    line: &'l mut Vec<u8>,
}

/// Bytes that a value takes, escaped; a longer one is cut and ends with `...`.
pub(super) const LONGEST: usize = 512;

impl<'l> Fields<'l> {
    /// Begins the object.
    pub(super) fn begin(line: &'l mut Vec<u8>) -> Self {
        line.push(b'{');
        Self { line }
    }

    fn name(&mut self, name: &str) {
        if self.line.last() != Some(&b'{') {
            self.line.push(b',');
        }
        self.line.push(b'"');
        self.line.extend_from_slice(name.as_bytes());
        self.line.extend_from_slice(b"\":");
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        self.line.push(b'"');
        let end = self.line.len() + LONGEST;
        let mut escaping = Escaping { line: self.line, end };
        // It fails where the value is too long, and has been cut.
        if write!(escaping, "{value}").is_err() {
            self.line.extend_from_slice(b"...");
        }
        self.line.push(b'"');
    }

    /// A number.
    pub(super) fn number(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        // Writing to a vector cannot fail.
        let _ = io_write(self.line, format_args!("{value}"));
    }

    /// Ends the object and its line.
    pub(super) fn end(self) {
        self.line.extend_from_slice(b"}\n");
    }
}

fn io_write(line: &mut Vec<u8>, value: fmt::Arguments<'_>) -> std::io::Result<()> {
    std::io::Write::write_fmt(line, value)
}

struct Escaping<'l> {
    line: &'l mut Vec<u8>,
    /// Where the line must be no longer.
    end: usize,
}

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for sign in text.chars() {
            // The longest escape: two halves of a sign beyond the first 65,536.
            if self.line.len() + 12 > self.end {
                return Err(fmt::Error);
            }
            match sign {
                '"' | '\\' => self.line.extend_from_slice(&[b'\\', sign as u8]),
                ' '..='~' => self.line.push(sign as u8),
                _ => {
                    for unit in sign.encode_utf16(&mut [0; 2]) {
                        let _ = io_write(self.line, format_args!("\\u{unit:04x}"));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn line(value: &str) -> String {
        let mut line = Vec::new();
        let mut fields = Fields::begin(&mut line);
        fields.text("a", value);
        fields.number("b", 7);
        fields.end();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn what_strangers_send_stays_within_its_value() {
        for (value, written) in [
            ("/pay", "/pay"),
            ("a\"b\\c", "a\\\"b\\\\c"),
            (
                "a\r\n\u{1b}[2J\0\u{7f}",
                "a\\u000d\\u000a\\u001b[2J\\u0000\\u007f",
            ),
            ("\u{202e}\u{9b}\u{e4}", "\\u202e\\u009b\\u00e4"),
            ("\u{1f600}", "\\ud83d\\ude00"),
        ] {
            let line = line(value);
            assert_eq!(line, format!("{{\"a\":\"{written}\",\"b\":7}}\n"));
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(read["a"], value);
        }
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        for sign in ["a", "\u{1f600}", "\""] {
            let line = line(&sign.repeat(10_000));
            assert!(line.len() < LONGEST + 30, "{}", line.len());
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(read["a"].as_str().unwrap().ends_with("..."));
        }
    }
}
