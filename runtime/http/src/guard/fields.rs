//! The fields that say where a message goes, where it ends, and what becomes of its connection.

use std::ops::Range;

use super::framed::{Framed, Framing};
use super::grammar::{elements, is_token, trimmed};
use super::host;
use super::line::Version;
use super::lines::name_and_value;
use super::refused::{Grounds, Refused, shown};

/// What the fields of a head have said so far.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) host: Option<Range<usize>>,
    framed: Framed,
    close: bool,
}

impl Fields {
    /// Takes a field line, without its end, which begins at `offset` of its head.
    pub(super) fn take(&mut self, line: &[u8], offset: usize, version: Version) -> Result<(), Refused> {
        let (name, value) = name_and_value(line)?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        // By length first: nearly all fields are none of these.
        match name.len() {
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
            14 | 17 if self.framed.take(name, value, version)? => {}
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

    /// How the body is framed, once all fields have come.
    pub(super) fn framing(&self) -> Result<Framing, Refused> {
        Ok(self.framed.told()?.unwrap_or(Framing::Length(0)))
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
