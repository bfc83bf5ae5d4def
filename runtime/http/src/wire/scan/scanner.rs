//! Answers, one for each request.

use std::mem;

use super::head::{self, Head, Whole};
use crate::guard::{Chunked, Framing, Grounds, MOST, Refused, Sizes};

/// Interim answers before one answer. More would keep a client waiting for ever.
const INTERIM: u8 = 16;

/// Of these, a chunked body looks at the number of trailers and at the content's size, which no answer is limited in.
const SIZES: Sizes = Sizes {
    target: 0,
    fields: 0,
    count: head::COUNT,
    body: MOST,
};

/// Reads what an endpoint sends on one connection, and says how much of it belongs to the present answer.
///
/// It does no I/O. It keeps the beginning of a head that comes in several pieces, and nothing else; the verdicts are the same
/// however the bytes are cut.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    state: State,
    /// Whether the present request is one whose answer may have a body.
    wants_body: bool,
    interim: u8,
    /// Heads of interim answers that have come and were not taken.
    hints: Vec<Vec<u8>>,
    /// What has come of a head that is not whole.
    held: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    /// No answer is waited for.
    #[default]
    Silent,
    Head(Head),
    Length(u64),
    Chunked(Chunked),
    /// The rest of the connection is the body.
    UntilClose,
    /// What comes can be trusted no more.
    Spoiled,
}

impl Scanner {
    /// A request is on its way. Its answer is the next one.
    pub(crate) fn ask(&mut self, wants_body: bool) {
        if matches!(self.state, State::Silent) {
            self.state = State::Head(Head::default());
            self.wants_body = wants_body;
            self.interim = 0;
        }
    }

    /// Whether the last answer came to its end, and nothing behind it.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.state, State::Silent)
    }

    /// Whether something came that belongs to no answer.
    pub(crate) fn is_spoiled(&self) -> bool {
        matches!(self.state, State::Spoiled)
    }

    /// The interim answers that have come since they were last asked for, each as its head was read.
    pub(crate) fn take_hints(&mut self) -> Vec<Vec<u8>> {
        mem::take(&mut self.hints)
    }

    /// Takes the bytes that come next. So many of them belong to the answer; the others, where there are any, to none.
    ///
    /// # Errors
    /// Why the answer is refused. Nothing that follows it can be read.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Result<usize, Refused> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_spoiled() {
            let rest = &bytes[taken..];
            match self.step(rest) {
                Ok(Some(here)) => taken += here,
                Ok(None) => self.spoil(),
                Err(refused) => {
                    self.spoil();
                    return Err(refused);
                }
            }
        }
        Ok(taken)
    }

    /// How many of these bytes, of which there is at least one, come next in the present part; `None` where none is waited for.
    fn step(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refused> {
        let here = match &mut self.state {
            State::Silent | State::Spoiled => return Ok(None),
            State::Head(_) => self.head(bytes)?,
            State::Length(left) => {
                let here = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= here as u64;
                if *left == 0 {
                    self.state = State::Silent;
                }
                here
            }
            State::Chunked(chunked) => {
                let read = chunked.read(bytes, &SIZES)?;
                if read.is_over {
                    self.state = State::Silent;
                }
                read.bytes
            }
            State::UntilClose => bytes.len(),
        };
        Ok(Some(here))
    }

    /// Nearly every head comes in one piece, and is read where it lies.
    fn head(&mut self, bytes: &[u8]) -> Result<usize, Refused> {
        let State::Head(head) = &mut self.state else {
            return Ok(0);
        };
        let before = self.held.len();
        let whole = if before == 0 {
            head.read(bytes)?
        } else {
            self.held.extend_from_slice(bytes);
            head.read(&self.held)?
        };
        match whole {
            None => {
                if before == 0 {
                    self.held.extend_from_slice(bytes);
                }
                Ok(bytes.len())
            }
            Some(whole) => {
                let (state, taken) = (self.behind(whole)?, whole.bytes - before);
                if matches!(state, State::Head(_)) {
                    let head = if before == 0 { bytes } else { &self.held };
                    self.hints.push(head[..whole.bytes].to_vec());
                }
                self.held = Vec::new();
                self.state = state;
                Ok(taken)
            }
        }
    }

    /// What comes behind a head (RFC 9112, section 6.3).
    fn behind(&mut self, whole: Whole) -> Result<State, Refused> {
        let state = match (whole.code, whole.framing) {
            (101, _) => {
                let observed = b"101, which nobody asked for";
                return Err(Refused::malformed("answer", "an answer", observed));
            }
            (100..200, _) => {
                self.interim += 1;
                if self.interim > INTERIM {
                    let limit = "16 interim answers";
                    return Err(Refused::malformed("answer", limit, b"more"));
                }
                State::Head(Head::default())
            }
            (204 | 304, _) | (_, Some(Framing::Length(0))) => State::Silent,
            _ if !self.wants_body => State::Silent,
            (_, Some(Framing::Length(length))) if length > MOST => {
                let (limit, observed) = (format!("{MOST} bytes"), "more");
                return Err(Refused::new(Grounds::BodyTooLarge, "answer", limit, observed));
            }
            (_, Some(Framing::Length(length))) => State::Length(length),
            (_, Some(Framing::Chunked)) => State::Chunked(Chunked::new()),
            (_, None) => State::UntilClose,
        };
        Ok(state)
    }

    fn spoil(&mut self) {
        self.state = State::Spoiled;
        self.held = Vec::new();
    }
}
