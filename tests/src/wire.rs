//! Heads and bodies of HTTP/1.1, for both sides.

use std::io::{self, BufRead, Read};

/// The lines of a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The first line.
    pub first: String,
    /// The fields, with their names in small letters.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// Reads a head; `None` where the other side closed before its first byte.
    ///
    /// # Errors
    /// Where the other side closes within it.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut first = String::new();
        if from.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            let line = line(from)?;
            let Some((name, value)) = line.split_once(':') else {
                let first = first.trim_end().to_owned();
                return Ok(Some(Self { first, fields }));
            };
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// How the body is framed.
    pub fn framing(&self) -> Framing {
        if self
            .field("transfer-encoding")
            .is_some_and(|coding| coding == "chunked")
        {
            Framing::Chunked
        } else {
            let length = self
                .field("content-length")
                .and_then(|length| length.parse().ok());
            length.map_or(Framing::None, Framing::Length)
        }
    }
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// It has so many bytes.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// A body that is read piece by piece.
#[derive(Debug)]
pub struct Body<'a, R> {
    from: &'a mut R,
    /// Bytes left: of the body, or of this chunk.
    left: u64,
    chunked: bool,
    over: bool,
}

impl<'a, R: BufRead> Body<'a, R> {
    /// A body that begins here.
    pub fn new(from: &'a mut R, framing: Framing) -> Self {
        let (left, chunked) = match framing {
            Framing::None => (0, false),
            Framing::Length(length) => (length, false),
            Framing::Chunked => (0, true),
        };
        let over = !chunked && left == 0;
        Self {
            from,
            left,
            chunked,
            over,
        }
    }

    /// Begins the next chunk.
    fn next_chunk(&mut self) -> io::Result<()> {
        let size = line(self.from)?;
        let size = size.split(';').next().unwrap_or_default();
        self.left = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
        if self.left == 0 {
            // The end of the trailers.
            while !line(self.from)?.is_empty() {}
            self.over = true;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.chunked && self.left == 0 && !self.over {
            self.next_chunk()?;
        }
        if self.over {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = self.from.read(&mut into[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        if self.left == 0 {
            if self.chunked {
                line(self.from)?;
            } else {
                self.over = true;
            }
        }
        Ok(read)
    }
}

/// One line without its end.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Head, io::Result<String>) {
        let mut from = text.as_bytes();
        let head = Head::read(&mut from).unwrap().unwrap();
        let mut body = String::new();
        let read = Body::new(&mut from, head.framing()).read_to_string(&mut body);
        (head, read.map(|_| body))
    }

    #[test]
    fn both_framings_are_read_to_their_end_and_no_further() {
        let (head, body) = read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npaidHTTP/1.1");
        assert_eq!(
            (head.first.as_str(), body.unwrap().as_str()),
            ("HTTP/1.1 200 OK", "paid")
        );
        let (_, body) =
            read("GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\npa\r\n2;x\r\nid\r\n0\r\n\r\nrest");
        assert_eq!(body.unwrap(), "paid");
    }

    #[test]
    fn a_body_that_is_cut_off_is_an_error() {
        for cut in [
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npai",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npaid\r\n",
        ] {
            assert!(read(cut).1.is_err(), "{cut}");
        }
    }
}
