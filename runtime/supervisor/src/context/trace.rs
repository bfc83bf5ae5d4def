//! Where in a trace something happens.

use std::fmt;

use crate::chance;

/// Set in the flags where the caller records the trace.
const SAMPLED: u8 = 1;

/// Set in the flags where at least the right half of the trace's id was drawn at random.
const RANDOM: u8 = 2;

/// The ids of [W3C Trace Context](https://www.w3.org/TR/trace-context/) as bytes: the trace, the span in it that
/// caused what happens now, and the flags.
///
/// ```
/// use hedgerow_supervisor::Trace;
///
/// let trace = Trace::new([0xab; 16], [0xcd; 8], 1).ok_or("an id is all zeros")?;
/// assert!(trace.is_sampled());
/// assert_eq!(Trace::new([0; 16], [0xcd; 8], 1), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
}

impl Trace {
    /// Bytes of a `traceparent` of version 00.
    pub const TRACEPARENT: usize = 55;

    /// The flag of a trace that its caller records.
    pub const SAMPLED: u8 = SAMPLED;

    /// The flag of a trace whose id was drawn at random.
    pub const RANDOM: u8 = RANDOM;

    /// A place in a trace. `None` where either id is all zeros, which the standard calls invalid.
    pub const fn new(trace_id: [u8; 16], span_id: [u8; 8], flags: u8) -> Option<Self> {
        if u128::from_be_bytes(trace_id) == 0 || u64::from_be_bytes(span_id) == 0 {
            return None;
        }
        Some(Self {
            trace_id,
            span_id,
            flags,
        })
    }

    /// A trace of which this is the first span, by ids that were drawn at random, with these flags beside
    /// [`RANDOM`](Self::RANDOM).
    pub fn fresh(flags: u8) -> Self {
        loop {
            let [left, right, span] = chance::draws();
            let id = u128::from(left) << 64 | u128::from(right);
            // Hardly ever an id is all zeros, which no trace has.
            if let Some(trace) = Self::new(id.to_be_bytes(), span.to_be_bytes(), flags | RANDOM) {
                return trace;
            }
        }
    }

    /// The trace that the current [`Context`](super::Context) belongs to.
    #[inline]
    pub fn current() -> Option<Self> {
        if super::is_set() {
            super::Context::current().trace()
        } else {
            None
        }
    }

    /// The same trace, seen from a span below whose id is drawn at random.
    #[must_use]
    pub fn descend(self) -> Self {
        Self {
            span_id: drawn(),
            ..self
        }
    }

    /// The same trace, seen from a span below. `None` where the id is all zeros.
    pub const fn child(self, span_id: [u8; 8]) -> Option<Self> {
        Self::new(self.trace_id, span_id, self.flags)
    }

    /// The id of the whole trace, never all zeros.
    pub const fn trace_id(self) -> [u8; 16] {
        self.trace_id
    }

    /// The id of the span that caused what happens now, never all zeros.
    pub const fn span_id(self) -> [u8; 8] {
        self.span_id
    }

    /// What a `traceparent` says, read to the letter of
    /// [W3C Trace Context](https://www.w3.org/TR/trace-context/#traceparent-header): of a later version as much as this one
    /// knows. `None` where it is invalid; then neither it nor what came beside it counts.
    ///
    /// ```
    /// use hedgerow_supervisor::Trace;
    ///
    /// let came = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let trace = Trace::from_traceparent(came).ok_or("it is right")?;
    /// assert_eq!(trace.traceparent(), *came);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn from_traceparent(value: &[u8]) -> Option<Self> {
        let (known, more) = value.split_at_checked(Self::TRACEPARENT)?;
        let dashes = [2, 35, 52].iter().all(|at| known[*at] == b'-');
        let [version]: [u8; 1] = bytes(&known[..2])?;
        let is_whole = match version {
            0 => more.is_empty(),
            0xff => false,
            _ => more.is_empty() || more[0] == b'-',
        };
        if !dashes || !is_whole {
            return None;
        }
        let [flags] = bytes(&known[53..])?;
        Self::new(bytes(&known[3..35])?, bytes(&known[36..52])?, flags)
    }

    /// As a `traceparent` of version 00, with the flags that this version knows: `sampled` and `random`. The others must be 0.
    pub fn traceparent(self) -> [u8; Self::TRACEPARENT] {
        let mut value = [b'-'; Self::TRACEPARENT];
        hexadecimal(&[0], &mut value[..2]);
        hexadecimal(&self.trace_id, &mut value[3..35]);
        hexadecimal(&self.span_id, &mut value[36..52]);
        hexadecimal(&[self.flags & (SAMPLED | RANDOM)], &mut value[53..]);
        value
    }

    /// All flags as they came, those included that are not known here.
    pub const fn flags(self) -> u8 {
        self.flags
    }

    /// The same place, recorded or not.
    #[must_use]
    pub const fn with_flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }

    /// Whether the caller says that it records the trace.
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }
}

impl fmt::Debug for Trace {
    /// Trace, span and flags in hexadecimal, as tracing tools show them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = u128::from_be_bytes(self.trace_id);
        let span = u64::from_be_bytes(self.span_id);
        write!(f, "Trace({trace:032x}-{span:016x}-{:02x})", self.flags)
    }
}

/// An id for a span.
fn drawn() -> [u8; 8] {
    chance::draw().max(1).to_be_bytes()
}

/// Bytes out of twice as many hexadecimal digits in small letters, which the standard asks for.
fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

/// Writes bytes as twice as many hexadecimal digits in small letters.
fn hexadecimal(bytes: &[u8], into: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(into.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
