//! `${VAR}` and `${VAR:-default}`.

use crate::error::ProblemKind;

/// The text with its variables substituted; `None` when there is nothing to do.
///
/// As in a shell, `:-` also stands in for a variable that is set to nothing. `$${` is a literal `${`, and any
/// other `$` is itself.
///
/// # Errors
///
/// Every variable that is not set and has no default; the first `${` that is malformed.
pub(super) fn interpolate(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Outcome>, Vec<ProblemKind>> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut outcome = Outcome {
        text: String::with_capacity(text.len()),
        substituted: false,
    };
    let mut unset = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            outcome.text.push_str(before);
            outcome.text.push_str("${");
            rest = &from[2..];
            continue;
        }
        outcome.text.push_str(before);
        let malformed = || {
            let found = from.chars().take(40).collect();
            vec![ProblemKind::BadSubstitution { found }]
        };
        let (inside, after) = from[2..].split_once('}').ok_or_else(malformed)?;
        let (variable, default) = match inside.split_once(":-") {
            Some((variable, default)) => (variable, Some(default)),
            None => (inside, None),
        };
        // A default that holds another substitution would end at the wrong brace.
        if !is_variable(variable) || default.is_some_and(|default| default.contains("${")) {
            return Err(malformed());
        }
        match (environment(variable), default) {
            (Some(value), None) => outcome.text.push_str(&value),
            (Some(value), Some(_)) if !value.is_empty() => outcome.text.push_str(&value),
            (_, Some(default)) => outcome.text.push_str(default),
            (None, None) => {
                let variable = variable.to_owned();
                unset.push(ProblemKind::Unset { variable });
            }
        }
        outcome.substituted = true;
        rest = after;
    }
    outcome.text.push_str(rest);
    if unset.is_empty() {
        Ok(Some(outcome))
    } else {
        Err(unset)
    }
}

/// What became of a text with `${` in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) text: String,
    /// Whether a variable took part, not only an escape.
    pub(super) substituted: bool,
}

fn is_variable(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
