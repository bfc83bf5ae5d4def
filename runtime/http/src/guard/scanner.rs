//! Requests, one behind the other.

use super::chunked::Chunked;
use super::framed::Framing;
use super::head::{Head, Progress, Whole};
use super::refused::Refused;
use super::sizes::Sizes;

/// Reads what a client sends, and says how much of it the server may see.
///
/// It does no I/O and keeps no bytes. Whoever holds them asks again with what was not taken and what has come since; the
/// verdicts are the same however the bytes are cut.
#[derive(Debug)]
pub(crate) struct Scanner {
    sizes: Sizes,
    state: State,
    /// Whether another request may follow the one that is read.
    persists: bool,
    /// Whether a blank line was skipped since the last message.
    skipped: bool,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Length(u64),
    Chunked(Chunked),
    /// The connection's last request is over.
    Over,
}

/// What becomes of the first bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// So many of them, at least one, may be passed on.
    Pass(usize),
    /// So many of them are of no message, and are dropped.
    Skip(usize),
    /// More must come before anything can be said.
    More,
}

/// Where between requests a scanner stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before a request, or in its head.
    Head,
    /// In a request's body.
    Body,
    /// Behind the last request of the connection.
    Over,
}

impl Scanner {
    pub(crate) fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            state: State::Head(Head::default()),
            persists: true,
            skipped: false,
        }
    }

    pub(crate) fn place(&self) -> Place {
        match self.state {
            State::Head(_) => Place::Head,
            State::Length(_) | State::Chunked(_) => Place::Body,
            State::Over => Place::Over,
        }
    }

    /// Bytes of the present body that are still to come, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        match self.state {
            State::Length(left) => Some(left),
            State::Chunked(_) => None,
            State::Head(_) | State::Over => Some(0),
        }
    }

    /// Judges the bytes that come next. A head is passed as a whole; a body in parts, never beyond its end.
    ///
    /// # Errors
    /// Why the request is refused. Nothing that follows it can be read.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Result<Verdict, Refused> {
        if bytes.is_empty() {
            return Ok(Verdict::More);
        }
        match &mut self.state {
            State::Head(head) => match head.read(bytes, &self.sizes)? {
                Progress::More => Ok(Verdict::More),
                Progress::Blank if self.skipped => Err(Refused::malformed(
                    "requestLine",
                    "one empty line at most",
                    b"several",
                )),
                Progress::Blank => {
                    self.skipped = true;
                    self.state = State::Head(Head::default());
                    Ok(Verdict::Skip(2))
                }
                Progress::Whole(whole) => Ok(self.whole(&whole)),
            },
            State::Length(left) => {
                let here = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= here as u64;
                if *left == 0 {
                    self.end();
                }
                Ok(Verdict::Pass(here))
            }
            State::Chunked(chunked) => {
                let read = chunked.read(bytes, &self.sizes)?;
                if read.is_over {
                    self.end();
                }
                Ok(Verdict::Pass(read.bytes))
            }
            State::Over => Ok(Verdict::Skip(bytes.len())),
        }
    }

    fn whole(&mut self, whole: &Whole) -> Verdict {
        self.persists = whole.persists;
        match whole.framing {
            Framing::Length(0) => self.end(),
            Framing::Length(length) => self.state = State::Length(length),
            Framing::Chunked => self.state = State::Chunked(Chunked::new()),
        }
        Verdict::Pass(whole.bytes)
    }

    fn end(&mut self) {
        self.skipped = false;
        self.state = if self.persists {
            State::Head(Head::default())
        } else {
            State::Over
        };
    }
}
