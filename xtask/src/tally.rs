//! Adds up the `test result:` lines of the test harness.

use std::fmt;

/// How many tests passed, failed and were left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that held.
    pub(crate) passed: u64,
    /// Tests that did not.
    pub(crate) failed: u64,
    /// Tests marked `#[ignore]` that were not run.
    pub(crate) ignored: u64,
}

impl Tally {
    /// Adds the counts of `line` if it is a result line; any other line counts nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(what)) = (
                words.next().and_then(|word| word.parse::<u64>().ok()),
                words.next(),
            ) else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    /// Joins the run without components with the run of the ignored tests.
    pub(crate) fn with_ignored_run(self, ignored: Self) -> Self {
        Self {
            passed: self.passed + ignored.passed,
            failed: self.failed + ignored.failed,
            ignored: self.ignored.saturating_sub(ignored.passed + ignored.failed),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} not run",
            self.passed, self.failed, self.ignored
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_added_up_and_other_lines_ignored() {
        let mut tally = Tally::default();
        tally.read("running 3 tests");
        tally.read(
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s",
        );
        tally.read("test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s");
        assert_eq!(
            tally,
            Tally {
                passed: 7,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn a_test_run_as_a_component_test_is_no_longer_left_out() {
        let quick = Tally {
            passed: 10,
            failed: 0,
            ignored: 3,
        };
        let components = Tally {
            passed: 2,
            failed: 0,
            ignored: 0,
        };
        assert_eq!(
            quick.with_ignored_run(components),
            Tally {
                passed: 12,
                failed: 0,
                ignored: 1
            }
        );
    }
}
