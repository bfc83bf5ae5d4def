//! Where in a trace something happens.

use std::fmt;

/// Set in the flags where the caller records the trace.
const SAMPLED: u8 = 1;

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

    /// All flags as they came, those included that are not known here.
    pub const fn flags(self) -> u8 {
        self.flags
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
