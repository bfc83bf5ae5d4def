//! The fields that say where a message goes, where it ends, and what becomes of its connection.

use std::ops::Range;

use super::grammar::{elements, is_token, is_value, trimmed};
use super::host;
use super::line::Version;
use super::refused::{Grounds, Refused, shown};

/// What the fields of a head have said so far.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) host: Option<Range<usize>>,
    length: Option<u64>,
    chunked: bool,
    close: bool,
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

impl Fields {
    /// Takes a field line, without its end, which begins at `offset` of its head.
    pub(super) fn take(&mut self, line: &[u8], offset: usize, version: Version) -> Result<(), Refused> {
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
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        // By length first: nearly all fields are none of these.
        match length {
            4 if is(b"host") => {
                let value = trimmed(value);
                host::check(value)?;
                let start = offset + line.len() - tail_of(line, value);
                if self.host.replace(start..start + value.len()).is_some() {
                    return Err(Refused::malformed("host", "one Host", b"several"));
                }
            }
            6 if is(b"expect") => expect(trimmed(value))?,
            7 if is(b"upgrade") => return Err(upgrade(value)),
            10 if is(b"connection") => self.connection(value)?,
            14 if is(b"content-length") => self.content_length(trimmed(value))?,
            17 if is(b"transfer-encoding") => self.transfer_encoding(trimmed(value), version)?,
            14 if is(b"content_length") => return Err(look_alike(name)),
            17 if is(b"transfer_encoding") => return Err(look_alike(name)),
            _ => {}
        }
        Ok(())
    }

    fn connection(&mut self, value: &[u8]) -> Result<(), Refused> {
        for option in elements(value) {
            if !option.iter().all(|byte| is_token(*byte)) {
                return Err(Refused::malformed("connection", "a list of options", value));
            }
            if option.eq_ignore_ascii_case(b"upgrade") {
                return Err(upgrade(value));
            }
            self.close |= option.eq_ignore_ascii_case(b"close");
        }
        Ok(())
    }

    fn content_length(&mut self, value: &[u8]) -> Result<(), Refused> {
        let expected = "one number of decimal digits";
        if self.length.is_some() {
            return Err(Refused::malformed(
                "contentLength",
                "one Content-Length",
                b"several",
            ));
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Refused::malformed("contentLength", expected, value));
        }
        let digit = |sum: u64, byte: &u8| sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'));
        // Too large for a number is too large for anybody.
        self.length = Some(value.iter().try_fold(0, digit).unwrap_or(u64::MAX));
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8], version: Version) -> Result<(), Refused> {
        let malformed = |limit: &str| Err(Refused::malformed("transferEncoding", limit, value));
        if version == Version::Http10 {
            return malformed("none in HTTP/1.0");
        }
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return malformed("chunked, once and alone");
        }
        self.chunked = true;
        Ok(())
    }

    /// How the body is framed, once all fields have come.
    pub(super) fn framing(&self) -> Result<Framing, Refused> {
        match (self.length, self.chunked) {
            (Some(_), true) => Err(Refused::malformed(
                "framing",
                "Content-Length or Transfer-Encoding",
                b"both",
            )),
            (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
            (None, true) => Ok(Framing::Chunked),
        }
    }

    /// Whether another request may follow on the same connection.
    pub(super) fn persists(&self, version: Version) -> bool {
        // A proxy keeps no connection with HTTP/1.0 (RFC 9112, appendix C.2.2).
        version == Version::Http11 && !self.close
    }
}

/// Bytes from where `value`, a trimmed end of `line`, begins, to the end of the line.
fn tail_of(line: &[u8], value: &[u8]) -> usize {
    let blanks = line
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    value.len() + blanks
}

fn expect(value: &[u8]) -> Result<(), Refused> {
    if value.eq_ignore_ascii_case(b"100-continue") {
        return Ok(());
    }
    Err(Refused::new(
        Grounds::Expectation,
        "expect",
        "100-continue",
        shown(value),
    ))
}

#[cold]
fn upgrade(value: &[u8]) -> Refused {
    let observed = format!("Upgrade: {}", shown(trimmed(value)));
    Refused::new(
        Grounds::NotImplemented,
        "tunnel",
        "requests and answers",
        observed,
    )
}

/// Where fields become variables, `_` and `-` are one (RFC 3875, section 4.1.18).
#[cold]
fn look_alike(name: &[u8]) -> Refused {
    Refused::malformed("field", "no field that is read as another one", name)
}
