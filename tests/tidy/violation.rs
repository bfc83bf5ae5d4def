//! What a rule says when it is broken.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The rule, as a sentence.
    pub(crate) rule: &'static str,
    /// The file, with the line where there is one: `runtime/gate/src/word.rs:12`.
    pub(crate) place: String,
    /// What was found there.
    pub(crate) found: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.found)?;
        writeln!(f, "    rule: {}", self.rule)?;
        write!(f, "    do:   {}", self.remedy)
    }
}

/// Fails with every violation, so that one run shows them all.
#[track_caller]
pub(crate) fn assert_none(violations: &[Violation]) {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "\n{}\n", lines.join("\n"));
}

/// The places of `violations`, for tests of the rules themselves.
pub(crate) fn places(violations: &[Violation]) -> Vec<&str> {
    violations
        .iter()
        .map(|violation| violation.place.as_str())
        .collect()
}

#[test]
fn a_message_says_the_place_the_rule_and_the_remedy() {
    let violation = Violation {
        rule: "stones lie still",
        place: "src/stone.rs:3".into(),
        found: "a stone that rolls".into(),
        remedy: "stop it".into(),
    };
    let text = "src/stone.rs:3: a stone that rolls\n    rule: stones lie still\n    do:   stop it";
    assert_eq!(violation.to_string(), text);
}
