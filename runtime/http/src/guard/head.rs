//! A request's head, line by line as it comes.

use std::ops::Range;

use super::fields::Fields;
use super::framed::Framing;
use super::line::{self, Line};
use super::lines;
use super::refused::{Grounds, Refused};
use super::sizes::Sizes;

/// The place in a head, in bytes from its start.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Bytes that have been looked at.
    at: usize,
    /// Where the present line begins.
    start: usize,
    /// The request line, and where it ends.
    line: Option<(Line, usize)>,
    fields: Fields,
    count: usize,
}

/// What a whole head says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) bytes: usize,
    pub(super) framing: Framing,
    pub(super) persists: bool,
}

/// What is known of a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More of it must come.
    More,
    /// An empty line stands before it, which is skipped (RFC 9112, section 2.2).
    Blank,
    Whole(Whole),
}

impl Head {
    /// Reads on. `bytes` begins with the head each time.
    pub(super) fn read(&mut self, bytes: &[u8], sizes: &Sizes) -> Result<Progress, Refused> {
        while let Some(line) = self.next_line(bytes, sizes)? {
            if line.is_empty() {
                if self.line.is_none() {
                    return Ok(Progress::Blank);
                }
                return self.whole(bytes, sizes).map(Progress::Whole);
            }
            self.take(&bytes[line.clone()], line.start, sizes)?;
        }
        Ok(Progress::More)
    }

    /// The next line, if it has an end.
    fn next_line(&mut self, bytes: &[u8], sizes: &Sizes) -> Result<Option<Range<usize>>, Refused> {
        self.at += lines::text(bytes.get(self.at..).unwrap_or_default());
        // Before the end is looked at: the verdict must not depend on how much has come.
        self.check_sizes(bytes, sizes)?;
        if !lines::is_end(bytes.get(self.at..).unwrap_or_default())? {
            return Ok(None);
        }
        let line = self.start..self.at;
        self.at += 2;
        self.start = self.at;
        self.check_sizes(bytes, sizes)?;
        Ok(Some(line))
    }

    fn check_sizes(&self, bytes: &[u8], sizes: &Sizes) -> Result<(), Refused> {
        match &self.line {
            None => line::check_start(&bytes[self.start..self.at], sizes),
            Some((_, fields)) if self.at - fields > sizes.fields => {
                let limit = format!("{} bytes of fields", sizes.fields);
                Err(Refused::new(
                    Grounds::FieldsTooLarge,
                    "headerBytes",
                    limit,
                    "more",
                ))
            }
            Some(_) => Ok(()),
        }
    }

    fn take(&mut self, text: &[u8], offset: usize, sizes: &Sizes) -> Result<(), Refused> {
        let Some((line, _)) = &self.line else {
            self.line = Some((line::read(text, sizes)?, self.start));
            return Ok(());
        };
        self.count += 1;
        if self.count > sizes.count {
            let limit = format!("{} fields", sizes.count);
            return Err(Refused::new(
                Grounds::FieldsTooLarge,
                "headerCount",
                limit,
                "more",
            ));
        }
        self.fields.take(text, offset, line.version)
    }

    fn whole(&mut self, bytes: &[u8], sizes: &Sizes) -> Result<Whole, Refused> {
        let (line, _) = self.line.as_ref().expect("a head ends behind its request line");
        match (&self.fields.host, &line.authority) {
            (None, _) if line.version == line::Version::Http11 => {
                return Err(Refused::malformed("host", "one Host", b"none"));
            }
            (Some(host), Some(named)) if !bytes[host.clone()].eq_ignore_ascii_case(&bytes[named.clone()]) => {
                let limit = "the same host as the target names";
                return Err(Refused::malformed("host", limit, &bytes[host.clone()]));
            }
            _ => {}
        }
        let framing = self.fields.framing()?;
        if let Framing::Length(length) = framing
            && length > sizes.body
        {
            let (limit, observed) = (format!("{} bytes", sizes.body), format!("{length} bytes"));
            return Err(Refused::new(Grounds::BodyTooLarge, "bodyBytes", limit, observed));
        }
        if line.is_trace && framing != Framing::Length(0) {
            return Err(Refused::malformed("framing", "no content in TRACE", b"some"));
        }
        Ok(Whole {
            bytes: self.start,
            framing,
            persists: self.fields.persists(line.version),
        })
    }
}
