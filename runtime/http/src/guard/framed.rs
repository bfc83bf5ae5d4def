//! What the fields of a message say of where its body ends, in both directions.

use super::grammar::trimmed;
use super::line::Version;
use super::refused::Refused;

/// What has been said so far.
#[derive(Debug, Default)]
pub(crate) struct Framed {
    length: Option<u64>,
    chunked: bool,
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

impl Framed {
    /// Takes a field; whether it is one that frames.
    pub(crate) fn take(&mut self, name: &[u8], value: &[u8], version: Version) -> Result<bool, Refused> {
        if name.eq_ignore_ascii_case(b"content-length") {
            self.content_length(trimmed(value))?;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.transfer_encoding(trimmed(value), version)?;
        } else {
            return Ok(false);
        }
        Ok(true)
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

    /// How the body is framed, once all fields have come; `None` where none of them says it.
    pub(crate) fn told(&self) -> Result<Option<Framing>, Refused> {
        match (self.length, self.chunked) {
            (Some(_), true) => Err(Refused::malformed(
                "framing",
                "Content-Length or Transfer-Encoding",
                b"both",
            )),
            (length, false) => Ok(length.map(Framing::Length)),
            (None, true) => Ok(Some(Framing::Chunked)),
        }
    }
}
