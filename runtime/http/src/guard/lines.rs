//! The lines of a head, in both directions.

use super::grammar::{is_token, is_value};
use super::refused::{Grounds, Refused, shown};

/// How many bytes stand before the first one that only the end of a line may have.
pub(crate) fn text(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0));
    end.unwrap_or(bytes.len())
}

/// Whether a line ends where these bytes begin, which stand behind its [`text`]; if not, more must come.
pub(crate) fn is_end(bytes: &[u8]) -> Result<bool, Refused> {
    let bad = |observed: &[u8]| {
        let limit = "CR LF at the end of a line and nowhere else";
        Err(Refused::malformed("lineEnd", limit, observed))
    };
    match bytes {
        [] | [b'\r'] => Ok(false),
        [b'\r', b'\n', ..] => Ok(true),
        [b'\r', ..] => bad(b"CR alone"),
        [b'\n', ..] => bad(b"LF alone"),
        _ => bad(b"NUL"),
    }
}

/// The name and the value of a field line without its end.
pub(crate) fn name_and_value(line: &[u8]) -> Result<(&[u8], &[u8]), Refused> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(Refused::malformed("field", "a field on one line", line));
    }
    let length = line.iter().take_while(|byte| is_token(**byte)).count();
    if length == 0 || line.get(length) != Some(&b':') {
        return Err(Refused::malformed("field", "a name and a colon behind it", line));
    }
    let (name, value) = (&line[..length], &line[length + 1..]);
    if let Some(byte) = value.iter().find(|byte| !is_value(**byte)) {
        return Err(Refused::new(
            Grounds::Malformed,
            "field",
            "a value of printable characters",
            format!("the byte {byte:#04x} in {}", shown(name)),
        ));
    }
    Ok((name, value))
}
