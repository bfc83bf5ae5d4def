//! A chunked body (RFC 9112, section 7.1), byte by byte.

use super::grammar::{is_blank, is_token, is_value};
use super::refused::{Grounds, Refused};
use super::sizes::{self, Sizes};

/// Where in a chunked body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size,
    /// Blanks behind a size, a name or a value of an extension. Only an extension may follow, or where `=` is set, its value.
    Blank {
        equals: bool,
    },
    /// Behind `;`: the name of an extension, none of which has come.
    NameStart,
    Name,
    /// Behind `=`: the value, none of which has come.
    ValueStart,
    Value,
    Quoted,
    Escaped,
    /// Behind a quoted value.
    QuotedEnd,
    SizeEnd,
    Data,
    DataCr,
    DataEnd,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerEnd,
    LastEnd,
}

/// The longest name that is looked at: `transfer-encoding`.
const LONGEST: usize = 17;
/// Fields that say where a message goes or where it ends. In a trailer they come too late (RFC 9110, section 6.5.1).
const TOO_LATE: [&[u8]; 3] = [b"host", b"content-length", b"transfer-encoding"];

/// The place in a chunked body.
#[derive(Debug)]
pub(crate) struct Chunked {
    at: At,
    /// The size that is being read, then what is left of the chunk.
    left: u64,
    digits: u8,
    /// Content so far, with the present chunk.
    content: u64,
    extensions: u64,
    trailers: usize,
    trailer_bytes: usize,
    name: [u8; LONGEST],
    name_len: usize,
}

/// How far a body was read.
pub(crate) struct Read {
    pub(crate) bytes: usize,
    pub(crate) is_over: bool,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self {
            at: At::Size,
            left: 0,
            digits: 0,
            content: 0,
            extensions: 0,
            trailers: 0,
            trailer_bytes: 0,
            name: [0; LONGEST],
            name_len: 0,
        }
    }

    /// Reads on to the end of the body or of the bytes.
    pub(crate) fn read(&mut self, bytes: &[u8], sizes: &Sizes) -> Result<Read, Refused> {
        let mut place = 0;
        while place < bytes.len() {
            if self.at == At::Data {
                let here = (bytes.len() - place).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= here as u64;
                place += here;
                if self.left == 0 {
                    self.at = At::DataCr;
                }
                continue;
            }
            let over = self.at == At::LastEnd;
            self.step(bytes[place], sizes)?;
            place += 1;
            if over {
                return Ok(Read {
                    bytes: place,
                    is_over: true,
                });
            }
        }
        Ok(Read {
            bytes: place,
            is_over: false,
        })
    }

    fn step(&mut self, byte: u8, sizes: &Sizes) -> Result<(), Refused> {
        match self.at {
            At::Size
            | At::Blank { .. }
            | At::NameStart
            | At::Name
            | At::ValueStart
            | At::Value
            | At::Quoted
            | At::Escaped
            | At::QuotedEnd
            | At::SizeEnd => self.size_line(byte, sizes),
            At::DataCr => self.expect(byte, b'\r', At::DataEnd, "CR LF behind a chunk's content"),
            At::DataEnd => {
                self.digits = 0;
                self.expect(byte, b'\n', At::Size, "CR LF behind a chunk's content")
            }
            At::TrailerStart | At::TrailerName | At::TrailerValue | At::TrailerEnd | At::LastEnd => {
                self.trailer(byte, sizes)
            }
            At::Data => unreachable!("content is skipped as a whole"),
        }
    }

    fn size_line(&mut self, byte: u8, sizes: &Sizes) -> Result<(), Refused> {
        if !matches!(self.at, At::Size | At::SizeEnd) && byte != b'\r' {
            self.extensions += 1;
            if self.extensions > sizes::EXTENSIONS {
                let limit = format!("{} bytes of extensions", sizes::EXTENSIONS);
                return Err(Refused::new(Grounds::Malformed, "chunk", limit, "more"));
            }
        }
        let next = match (self.at, byte) {
            (At::Size, _) if byte.is_ascii_hexdigit() => return self.digit(byte),
            (At::Size, _) if self.digits == 0 => None,
            (At::Size | At::Name | At::Value | At::QuotedEnd, b'\r') => Some(At::SizeEnd),
            (At::Size | At::Name | At::Value | At::QuotedEnd | At::Blank { .. }, b';') => Some(At::NameStart),
            (At::Size | At::Value | At::QuotedEnd, b' ' | b'\t') => Some(At::Blank { equals: false }),
            (At::Name, b' ' | b'\t') => Some(At::Blank { equals: true }),
            (At::Blank { .. } | At::NameStart | At::ValueStart, b' ' | b'\t') => Some(self.at),
            (At::Name | At::Blank { equals: true }, b'=') => Some(At::ValueStart),
            (At::NameStart | At::Name, _) if is_token(byte) => Some(At::Name),
            (At::ValueStart, b'"') => Some(At::Quoted),
            (At::ValueStart | At::Value, _) if is_token(byte) => Some(At::Value),
            (At::Quoted, b'"') => Some(At::QuotedEnd),
            (At::Quoted, b'\\') => Some(At::Escaped),
            (At::Quoted | At::Escaped, _) if is_value(byte) => Some(At::Quoted),
            (At::SizeEnd, b'\n') => return self.chunk(sizes),
            _ => None,
        };
        self.at =
            next.ok_or_else(|| Self::refused(byte, "a size in hexadecimal digits, extensions, CR LF"))?;
        Ok(())
    }

    fn digit(&mut self, byte: u8) -> Result<(), Refused> {
        if self.digits == sizes::DIGITS {
            let limit = format!("{} digits of size", sizes::DIGITS);
            return Err(Refused::new(Grounds::Malformed, "chunk", limit, "more"));
        }
        if self.digits == 0 {
            self.left = 0;
        }
        self.digits += 1;
        let value = char::from(byte).to_digit(16).unwrap_or(0);
        self.left = self.left << 4 | u64::from(value);
        Ok(())
    }

    /// The end of a size line.
    fn chunk(&mut self, sizes: &Sizes) -> Result<(), Refused> {
        if self.left == 0 {
            self.at = At::TrailerStart;
            return Ok(());
        }
        self.at = At::Data;
        self.content = self.content.saturating_add(self.left);
        if self.content <= sizes.body {
            return Ok(());
        }
        let observed = format!("at least {} bytes", self.content);
        let limit = format!("{} bytes", sizes.body);
        Err(Refused::new(Grounds::BodyTooLarge, "bodyBytes", limit, observed))
    }

    fn trailer(&mut self, byte: u8, sizes: &Sizes) -> Result<(), Refused> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > sizes::TRAILERS {
            let limit = format!("{} bytes of trailers", sizes::TRAILERS);
            return Err(Refused::new(
                Grounds::FieldsTooLarge,
                "headerBytes",
                limit,
                "more",
            ));
        }
        let next = match (self.at, byte) {
            (At::TrailerStart, b'\r') => Some(At::LastEnd),
            (At::TrailerStart, _) if is_token(byte) => {
                self.trailers += 1;
                if self.trailers > sizes.count {
                    let limit = format!("{} trailers", sizes.count);
                    return Err(Refused::new(
                        Grounds::FieldsTooLarge,
                        "headerCount",
                        limit,
                        "more",
                    ));
                }
                self.name_len = 0;
                self.named(byte);
                Some(At::TrailerName)
            }
            (At::TrailerName, b':') => {
                self.check_name()?;
                Some(At::TrailerValue)
            }
            (At::TrailerName, _) if is_token(byte) => {
                self.named(byte);
                Some(At::TrailerName)
            }
            (At::TrailerValue, b'\r') => Some(At::TrailerEnd),
            (At::TrailerValue, _) if is_value(byte) => Some(At::TrailerValue),
            (At::TrailerEnd, b'\n') => Some(At::TrailerStart),
            // The caller knows that this was the last byte.
            (At::LastEnd, b'\n') => Some(At::LastEnd),
            _ => None,
        };
        let expected = "a name, a colon, a value, CR LF, as a trailer";
        self.at = next.ok_or_else(|| {
            Refused::new(
                Grounds::Malformed,
                "trailer",
                expected,
                format!("the byte {byte:#04x}"),
            )
        })?;
        Ok(())
    }

    fn named(&mut self, byte: u8) {
        if let Some(place) = self.name.get_mut(self.name_len) {
            *place = byte;
        }
        self.name_len += 1;
    }

    fn check_name(&self) -> Result<(), Refused> {
        let name = self.name.get(..self.name_len).unwrap_or_default();
        if TOO_LATE.iter().any(|late| name.eq_ignore_ascii_case(late)) {
            return Err(Refused::malformed(
                "trailer",
                "no field that frames or routes",
                name,
            ));
        }
        Ok(())
    }

    fn expect(&mut self, byte: u8, expected: u8, then: At, limit: &str) -> Result<(), Refused> {
        if byte != expected {
            return Err(Self::refused(byte, limit));
        }
        self.at = then;
        Ok(())
    }

    #[cold]
    fn refused(byte: u8, limit: &str) -> Refused {
        let observed = if is_blank(byte) {
            "a blank where none may be".to_owned()
        } else {
            format!("the byte {byte:#04x}")
        };
        Refused::new(Grounds::Malformed, "chunk", limit, observed)
    }
}
