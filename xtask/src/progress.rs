//! Which tests of one program have begun and are not over, as far as its output tells.

use std::fmt;

/// What the test harness has said so far. It names a test that is over, one that has run for a minute, and, where tests
/// run one by one, the one that runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    running: Vec<String>,
    /// The line that is not complete.
    line: Vec<u8>,
}

impl Progress {
    /// Reads on: lines may come in pieces.
    pub(crate) fn read(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take(String::from_utf8_lossy(&line).trim_end());
            }
        }
    }

    /// Whether the output ends in the middle of a line.
    pub(crate) fn is_within_a_line(&self) -> bool {
        !self.line.is_empty()
    }

    fn take(&mut self, line: &str) {
        let Some(said) = line.strip_prefix("test ") else {
            return;
        };
        if let Some((name, _)) = said.split_once(" has been running for over ") {
            self.running.push(name.to_owned());
        } else if let Some((name, _)) = said.split_once(" ... ") {
            self.running.retain(|running| running != name);
        }
    }

    /// The test that was announced in the line which is not complete.
    fn announced(&self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        let (name, _) = line.strip_prefix("test ")?.split_once(" ... ")?;
        Some(name.to_owned())
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.running.clone();
        names.extend(self.announced());
        if names.is_empty() {
            return f.write_str("its output does not tell which tests had begun");
        }
        write!(f, "begun and not over: {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&str]) -> String {
        let mut progress = Progress::default();
        for piece in pieces {
            progress.read(piece.as_bytes());
        }
        progress.to_string()
    }

    #[test]
    fn a_test_that_runs_for_long_is_named_until_it_is_over() {
        let long = "test a::slow has been running for over 60 seconds\n";
        assert_eq!(after(&[long]), "begun and not over: a::slow");
        assert_eq!(
            after(&[long, "test b::slow has been running for over 60 seconds\n"]),
            "begun and not over: a::slow, b::slow"
        );
        let unknown = "its output does not tell which tests had begun";
        assert_eq!(after(&[long, "test a::slow ... ok\n"]), unknown);
        assert_eq!(after(&["running 2 tests\n", "test a ... FAILED\n"]), unknown);
    }

    #[test]
    fn a_test_that_was_announced_is_named_also_when_its_line_comes_in_pieces() {
        assert_eq!(
            after(&["test a ... ok\nte", "st b ", "... "]),
            "begun and not over: b"
        );
        assert_eq!(
            after(&["test b ... ", "said by the test"]),
            "begun and not over: b"
        );
    }
}
