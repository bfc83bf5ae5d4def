//! The status line (RFC 9112, section 4).

use crate::guard::{Refused, Version, is_value};

/// What a status line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) version: Version,
    pub(super) code: u16,
}

/// Bytes of a status line.
const MOST: usize = 4096;
/// Bytes of a version and the space behind it.
const VERSION: usize = "HTTP/1.1 ".len();
/// Bytes of a version, the space and a status.
const WITH_CODE: usize = VERSION + 3;

/// Looks at a line whose end has not come.
pub(super) fn check_start(line: &[u8]) -> Result<(), Refused> {
    let version = &line[..line.len().min(VERSION)];
    if !b"HTTP/1.1 ".starts_with(version) && !b"HTTP/1.0 ".starts_with(version) {
        return Err(bad("HTTP/1.1 or HTTP/1.0", line));
    }
    let rest = line.get(VERSION..).unwrap_or_default();
    let code = rest.iter().take(3);
    if !code.copied().all(|byte| byte.is_ascii_digit()) || rest.get(3).is_some_and(|byte| *byte != b' ') {
        return Err(bad("a status of three digits, and a space behind it", line));
    }
    if line.len() > MOST {
        return Err(Refused::malformed(
            "answer",
            "a status line of 4096 bytes",
            b"more",
        ));
    }
    Ok(())
}

/// Reads a whole line, without its end.
pub(super) fn read(line: &[u8]) -> Result<Status, Refused> {
    check_start(line)?;
    let Some(digits) = line.get(VERSION..WITH_CODE) else {
        return Err(bad("a version and a status", line));
    };
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    if !(100..600).contains(&code) {
        return Err(bad("a status from 100 to 599", line));
    }
    if !line[WITH_CODE..].iter().copied().all(is_value) {
        return Err(bad("a reason of printable characters", line));
    }
    let version = if line.starts_with(b"HTTP/1.0") {
        Version::Http10
    } else {
        Version::Http11
    };
    Ok(Status { version, code })
}

#[cold]
fn bad(limit: &str, line: &[u8]) -> Refused {
    Refused::malformed("answer", limit, line)
}
